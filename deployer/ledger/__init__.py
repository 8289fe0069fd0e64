"""What happened, kept in the account's own bucket: lock, journal and release records. No local state."""
