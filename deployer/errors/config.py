"""Errors about the configuration file, flags and answers."""
