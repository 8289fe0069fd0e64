"""Every error a user can meet, one file per family; the tree and the exit codes stand in `base`."""
