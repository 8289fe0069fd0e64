"""Elastic Compute Service without Cloud Assistant: offers, instances, security groups, tags, prices."""
