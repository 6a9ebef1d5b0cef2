"""Lines become error records: prefilter, grouping, redaction, fingerprint."""
