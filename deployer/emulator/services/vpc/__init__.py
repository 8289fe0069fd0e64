"""Virtual Private Cloud: VPCs, vSwitches, elastic IP addresses."""
