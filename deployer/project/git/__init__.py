"""Projects that are named by the address of a git repository."""
