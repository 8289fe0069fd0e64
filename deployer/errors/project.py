"""Errors about the user's directory."""
