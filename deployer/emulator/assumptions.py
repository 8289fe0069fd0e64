"""Every guess of the emulator, named and reasoned, in one place. No test claims one of these of the real cloud.

Each is a field of `Assumptions` with the reason behind it; a service reads it from the `Emulator` it belongs to, so a
test (or a user who knows better) can change one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Values nobody published; change one with `dataclasses.replace`."""

    # How long a new instance stays Pending and Starting, in seconds. Documented only as "seconds".
    instance_pending_seconds: float = 1.0
    instance_starting_seconds: float = 1.5
    # Seconds from Running until Cloud Assistant answers. Documented: later than Running; observed: tens of seconds.
    agent_ready_seconds: float = 1.0
    # Seconds a new instance id is missing from DescribeInstances. Documented as asynchronous, no figure.
    describe_lag_seconds: float = 0.3
    # Seconds a VPC or vSwitch stays Pending.
    network_pending_seconds: float = 0.3
    # Seconds a released instance keeps its network interface in the security group and vSwitch.
    release_lag_seconds: float = 0.5
