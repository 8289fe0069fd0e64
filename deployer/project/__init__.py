"""The user's folder: opened, understood, packed, and given its scripts. No network."""
