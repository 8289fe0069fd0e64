"""Ways to reach the cloud, one package each, behind the `Backend` protocol."""
