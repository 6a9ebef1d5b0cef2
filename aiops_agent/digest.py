"""BLAKE2b without OpenSSL: `hashlib` loads that library first, which costs a tick 2 ms and 4 MB for nothing."""

try:
    from _blake2 import blake2b as blake2b
except ImportError:  # a Python built to take all digests from OpenSSL
    from hashlib import blake2b as blake2b
