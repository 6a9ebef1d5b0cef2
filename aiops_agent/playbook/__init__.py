"""Repairs written by people: load, lint, run as a dialogue, execute."""
