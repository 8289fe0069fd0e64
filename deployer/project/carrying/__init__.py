"""The packages of a Python application as wheels in its archive, for instances that reach no package index (U7)."""
