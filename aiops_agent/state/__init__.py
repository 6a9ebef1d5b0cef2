"""What must survive a restart: offsets, incidents, actions, approvals, outbox, in SQLite."""
