"""What was done, provably: seal, journal, keys, verify."""
