"""What a user can ask for: one file, one command, one API function."""
