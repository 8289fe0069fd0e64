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
    # Seconds an instance of CreateInstance stays Pending. Documented as a state it passes through; clients that work start
    # it at once.
    created_pending_seconds: float = 0.0
    # Seconds from Running until Cloud Assistant answers. Documented: later than Running; observed: tens of seconds.
    agent_ready_seconds: float = 1.0
    # Seconds a new instance id is missing from DescribeInstances. Documented as asynchronous, no figure.
    describe_lag_seconds: float = 0.3
    # Seconds a new VPC, vSwitch or security group is missing from Describe calls, and seconds until a filter by tag finds
    # it, or a new instance. Clients have to expect both; usually neither is seen.
    list_lag_seconds: float = 0.0
    tag_lag_seconds: float = 0.0
    # Seconds a VPC or vSwitch stays Pending.
    network_pending_seconds: float = 0.3
    # Seconds a disk is Creating, Attaching, Detaching or ReIniting. Documented as states it passes through; public
    # templates attach a disk in the task behind the one that made it.
    disk_change_seconds: float = 0.05
    # Seconds a snapshot takes, and an image made of it. The cloud takes minutes for what has content.
    snapshot_seconds: float = 2.0
    image_seconds: float = 3.0
    # Seconds a released instance keeps its network interface in the security group and vSwitch.
    release_lag_seconds: float = 0.5
    # Seconds from StopInstance until Stopped. Documented only as asynchronous.
    instance_stopping_seconds: float = 1.0
    # Seconds a released instance is still listed by DescribeInstances. Documented: may be listed for a moment.
    instance_delete_seconds: float = 0.5
    # Pay-as-you-go vCPUs an account may hold in a region. Real quotas differ by account and are shown in Quota Center.
    postpaid_vcpu_quota: int = 2000
    # Whether a group or an instance for which no network is named gets the default one, which is made when it is first
    # needed. New accounts have one; where they do not, such a call is refused.
    has_default_network: bool = True
    # VPCs an account may hold in a region. Quotas can be raised, so the figure of an account may differ.
    vpc_quota: int = 10
    # The same for vSwitches of a VPC, security groups of a region and elastic addresses. These figures are documented
    # as those of a new account.
    vswitch_quota: int = 150
    security_group_quota: int = 100
    eip_quota: int = 20
    # What a month by subscription costs, as a part of the same time by the hour.
    subscription_price_fraction: float = 0.65
    # What a spot instance costs, as a part of the list price. Real prices move with demand.
    spot_price_fraction: float = 0.3
    # SSH key pairs an account may hold in a region. Documented as a figure that can be raised.
    key_pair_quota: int = 500
    # Snapshots of one disk, and own images, an account may hold. The first is documented, the second can be raised.
    snapshots_of_disk_quota: int = 256
    own_image_quota: int = 100
    # What StopInstance does without StoppedMode. The account setting that decides is not in the API: KeepCharging is
    # its initial value.
    default_stopped_mode: str = "KeepCharging"
    # BSS counts InternetMaxBandwidthOut in Kbit/s: the documented example sends 1024 for 1 Mbit/s, some clients disagree.
    bss_bandwidth_in_kbit: bool = True
    # HTTP status of BSS business failures such as NotApplicable. Clients check Success and Code even on HTTP 200.
    bss_failure_status: int = 200
    # On loopback the host names no region, so the region a V4 signature was made for stands for the endpoint's: a client
    # set to another region than the bucket's is told the right endpoint, as it would be by the real one's host.
    oss_signing_region_is_endpoint: bool = True
    # A V4 signature for another region than the host's is refused, with 400. Others quote the answer, not its status.
    oss_checks_signing_region: bool = True
    # OSS's own hosts refuse path style. Said of new buckets and public hosts; which old ones still take it is not.
    oss_refuses_path_style: bool = True
    # PutBucket succeeds for a bucket that is the caller's already, in this region. No page says so; clients rely on it.
    oss_own_bucket_can_be_put_again: bool = True
    # Whether the account has opened KMS, which encryption with SSE-KMS needs.
    oss_kms_is_open: bool = False
    # Seconds until an archived object can be read. Documented: about a minute for Archive, hours for the colder classes.
    oss_restore_seconds: float = 60.0
    # Seconds from the moment a lifecycle rule's days are over until it acts. The cloud looks about once a day.
    oss_lifecycle_lag_seconds: float = 0.0
    # Seconds an execution stays Started, and seconds each of its tasks takes to start. Documented only as statuses.
    oos_started_seconds: float = 0.3
    oos_task_seconds: float = 0.1
    # What StartExecution does without SafetyCheck: an API page of 2024 says this, and the cloud's own client stops
    # instances without sending it and waits for the end; SDK and CLI texts of 2026 say ConfirmEveryHighRiskAction.
    oos_default_safety_check: str = "Skip"
    # Whether a failed execution has Outputs. No page says; a client should not need them.
    oos_failed_execution_has_outputs: bool = True
    # HTTP statuses of OOS codes. Clients known to work match on the code alone.
    oos_not_exists_status: int = 404
    oos_already_exists_status: int = 409
    oos_delete_conflict_status: int = 409
    # The code for a template that cannot be read or run, and for a notification or deletion its status does not allow.
    oos_invalid_template_code: str = "InvalidTemplate"
    oos_wrong_status_code: str = "InvalidExecutionStatus"
    # The code for deploying to a group that is being deployed to, or continuing one where nothing waits.
    oos_wrong_group_status_code: str = "InvalidApplicationGroupStatus"
    # Seconds from RunCommand until the agent starts the script. Documented only as asynchronous.
    command_delivery_seconds: float = 0.05
    # Seconds a stopped invocation stays Stopping at least. Documented as a state it passes through.
    command_stop_seconds: float = 0.2
    # Bytes of a command's beginning that are kept when its output is cut to 24 KB. The agent's code keeps what it
    # streamed already, then the tail.
    command_output_head_bytes: int = 12 * 1024
    # Whether InstallCloudAssistant works before the next boot. Documented: the instance has to be restarted.
    assistant_install_needs_reboot: bool = True
    # What DescribeCloudAssistantStatus says; newer than every version a documented feature asks for.
    assistant_version: str = "2.2.4.1024"
