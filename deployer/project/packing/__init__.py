"""The project as one archive: what goes in, and the bytes of it."""
