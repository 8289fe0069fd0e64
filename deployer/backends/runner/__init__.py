"""The runner: the bash that performs a release on an instance, what renders it, and what reads its evidence."""
