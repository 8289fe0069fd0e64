"""What the user asked for: file, environment and flags become one checked `DeployConfig`."""
