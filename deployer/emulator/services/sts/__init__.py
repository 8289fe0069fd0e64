"""STS: who the caller is, and temporary keys of a role."""
