"""Cloud Assistant: commands, their invocations on machines, and files sent to machines."""
