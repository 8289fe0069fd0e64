"""The command line: one file per command, loaded when it is called; parse, ask the API, give the exit code."""
