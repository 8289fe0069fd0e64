"""What runs inside an emulated machine, as its first process: standard library only, nothing read after the start."""
