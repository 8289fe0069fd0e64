"""What an emulated instance really is: a sandbox that runs the scripts it is told to run."""
