"""Alibaba Cloud on localhost: signatures, wire forms, state machines and machines that run bash.

It shares no code with the clients in `deployer.cloud`: two readings of the same API documents check each other.
"""
