"""What RunInstances and CreateInstance take: their parameters checked, one rule after the other."""

import base64
import re
from datetime import datetime, timedelta
from ipaddress import AddressValueError, IPv4Address

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.services import names, timestamps
from deployer.emulator.services.ecs.firewall import SecurityGroup
from deployer.emulator.services.ecs.images import Image
from deployer.emulator.services.ecs.instance_types import INSTANCE_TYPES, InstanceType
from deployer.emulator.services.ecs.instances import MetadataOptions
from deployer.emulator.services.ecs.sequences import INSTANCE_ID, name_at
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.ecs.stock import offers_type
from deployer.emulator.services.refusals import missing_parameter, not_implemented, refuse_unsupported
from deployer.emulator.services.regions import get_region, get_zone
from deployer.emulator.services.vpc.networks import NetworkStatus, VSwitch

MAX_GROUPS_OF_INSTANCE = 5
_MAX_USER_DATA = 32 * 1024
_MAX_BANDWIDTH = 100
_PASSWORD_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[()`~!@#$%^&*\-_+=|{}\[\]:;'<>,.?/]")

# Parts of the product that are not emulated; asking for one is refused aloud.
_UNSUPPORTED = (
    "ClusterId",
    "CpuOptions",
    "DedicatedHostId",
    "DeploymentSetId",
    "HibernationOptions",
    "HostNames",
    "HpcClusterId",
    "InnerIpAddress",
    "Ipv6Address",
    "Ipv6AddressCount",
    "ManagedHostId",
    "NetworkInterface",
    "PrivatePoolOptions",
    "SchedulerOptions",
    "StorageSetId",
)


def check_supported(call: Call) -> None:
    """Raise for what the emulator leaves out of launching. Errors: 501 Emulator.NotImplemented."""
    refuse_unsupported(call, *_UNSUPPORTED)
    if call.params.get("InstanceChargeType", "PostPaid") == "PrePaid":
        raise not_implemented(call, "InstanceChargeType=PrePaid")
    if call.params.get("SpotStrategy", "NoSpot") != "NoSpot":
        raise not_implemented(call, f"SpotStrategy={call.params['SpotStrategy']}")
    if any("SnapshotId" in disk for disk in call.params.get("DataDisk", [])):
        raise not_implemented(call, "DataDisk.N.SnapshotId")


def check_texts(call: Call) -> None:
    """Raise for a name, host name, description or password no instance can have.

    Errors: 400 InvalidInstanceName.Malformed, InvalidHostName.Malformed, InvalidDescription.Malformed,
    InvalidPassword.Malformed.
    """
    for name, is_valid, code in (
        ("InstanceName", _is_instance_name, "InvalidInstanceName.Malformed"),
        ("HostName", _is_hostname, "InvalidHostName.Malformed"),
        ("Description", names.is_valid_description, "InvalidDescription.Malformed"),
        ("Password", is_valid_password, "InvalidPassword.Malformed"),
    ):
        if name in call.params and not is_valid(call.params[name]):
            raise ApiError(400, code, f'The specified parameter "{name}" is not valid.')


def _is_instance_name(pattern: str) -> bool:
    return names.is_valid_name(name_at(pattern, 0))


def _is_hostname(pattern: str) -> bool:
    return names.is_valid_hostname(name_at(pattern, 0).replace(INSTANCE_ID, "i-0"))


def check_payment(call: Call) -> None:
    """Raise unless it is to be paid as it goes, at once.

    Errors: 404 InvalidInstanceChargeType.NotFound, 400 InvalidAutoPay.PostPaidUnsupported.
    """
    if call.params.get("InstanceChargeType", "PostPaid") != "PostPaid":
        raise ApiError(404, "InvalidInstanceChargeType.NotFound", "The InstanceChargeType does not exist.")
    if call.params.get("AutoPay") is False:
        raise ApiError(400, "InvalidAutoPay.PostPaidUnsupported", "AutoPay must be true for pay-as-you-go instances.")


def is_valid_password(password: str) -> bool:
    """8 to 30 characters of three of four classes. Source: RunInstances page, Password."""
    classes = sum(re.search(pattern, password) is not None for pattern in _PASSWORD_CLASSES)
    return 8 <= len(password) <= 30 and classes >= 3


def read_instance_type(call: Call) -> InstanceType:
    """The type asked for. Errors: 400 MissingParameter, InvalidInstanceType.ValueNotSupported."""
    name = call.params.get("InstanceType")
    if name is None:
        raise missing_parameter("InstanceType")
    instance_type = INSTANCE_TYPES.get(name)
    if instance_type is None:
        raise ApiError(
            400,
            "InvalidInstanceType.ValueNotSupported",
            "The specified InstanceType does not exist or beyond the permitted range.",
        )
    return instance_type


def read_image(call: Call, state: EcsState, instance_type: InstanceType) -> Image:
    """The image asked for by id or by family.

    Errors: 400 UnexpectedImageFamily.ImageIdSupplied, MissingParameter; 403
    InvalidImageFamily.MissingAvailableImage, ImageNotSupportInstanceType; 404 InvalidImageId.NotFound.
    """
    image_id, family = call.params.get("ImageId"), call.params.get("ImageFamily")
    if image_id and family:
        raise ApiError(
            400,
            "UnexpectedImageFamily.ImageIdSupplied",
            "The specified ImageFamily is unexpected because ImageId was supplied.",
        )
    if image_id:
        image = state.find_image(call.region_id, image_id)
        if image is None:
            raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
    elif family:
        image = state.find_newest_of_family(call.region_id, family)
        if image is None:
            raise ApiError(
                403,
                "InvalidImageFamily.MissingAvailableImage",
                "There is no available image in the specified ImageFamily.",
            )
    else:
        raise missing_parameter("ImageId")
    if image.architecture != instance_type.image_architecture:
        raise ApiError(
            403, "ImageNotSupportInstanceType", "The specified image don't support the InstanceType instance."
        )
    return image


def read_vswitch(call: Call, state: EcsState) -> VSwitch:
    """The vSwitch asked for, which decides VPC and zone.

    Errors: 400 InvalidVSwitchId.Necessary, IncorrectVSwitchStatus; 403 InvalidParameter.NotMatch; 404
    InvalidVSwitchId.NotFound, InvalidZoneId.NotFound.
    """
    vswitch_id, zone_id = call.params.get("VSwitchId"), call.params.get("ZoneId")
    if zone_id is not None:
        get_zone(call.region_id, zone_id)
    if vswitch_id is None:
        return _default_vswitch(call, state)
    vswitch = state.vpc_state.find_vswitch(vswitch_id, call.region_id)
    if vswitch is None:
        raise ApiError(404, "InvalidVSwitchId.NotFound", "The specified VSwitchId does not exist.")
    if zone_id not in {None, vswitch.zone_id}:
        raise ApiError(403, "InvalidParameter.NotMatch", "The specified VSwitchId is not in the specified zone.")
    if vswitch.status is not NetworkStatus.AVAILABLE:
        raise ApiError(400, "IncorrectVSwitchStatus", "The current status of virtual switch does not support this.")
    return vswitch


def _default_vswitch(call: Call, state: EcsState) -> VSwitch:
    """Where an instance goes whose groups are in the default VPC, or that names none. Errors as `read_vswitch`."""
    group_ids = [*call.params.get("SecurityGroupIds", []), *filter(None, [call.params.get("SecurityGroupId")])]
    groups = [state.get_group(group_id, call.region_id) for group_id in group_ids]
    zone_id = call.params.get("ZoneId") or get_region(call.region_id).zone_ids[0]
    vswitch = None
    if all(state.vpc_state.vpcs[group.vpc_id].is_default for group in groups):
        vswitch = state.vpc_state.default_vswitch(call.region_id, zone_id)
    if vswitch is None:
        raise ApiError(400, "InvalidVSwitchId.Necessary", "The VSwitchId is necessary.")
    return vswitch


def read_groups(call: Call, state: EcsState, vswitch: VSwitch) -> list[SecurityGroup]:
    """The security groups asked for, all in the VPC of the vSwitch and of one type.

    Errors: 400 InvalidParameter.Conflict, MissingParameter, InvalidParameter.Mismatch, JoinedGroupLimitExceed; 404
    InvalidSecurityGroupId.NotFound.
    """
    single, several = call.params.get("SecurityGroupId"), call.params.get("SecurityGroupIds")
    if single and several:
        raise ApiError(
            400,
            "InvalidParameter.Conflict",
            "The specified parameter SecurityGroupId conflicts with parameter SecurityGroupIds.",
        )
    group_ids = list(dict.fromkeys(several or ([single] if single else [])))
    if not group_ids:
        raise missing_parameter("SecurityGroupId")
    if len(group_ids) > MAX_GROUPS_OF_INSTANCE:
        raise ApiError(400, "JoinedGroupLimitExceed", "The number of joined groups exceeds the limit.")
    groups = [state.get_group(group_id, call.region_id) for group_id in group_ids]
    if any(group.vpc_id != vswitch.vpc.vpc_id for group in groups):
        raise ApiError(
            400,
            "InvalidParameter.Mismatch",
            "The specified security group and virtual switch are not in the same VPC.",
        )
    if len({group.group_type for group in groups}) > 1:
        raise ApiError(400, "InvalidParameter.Mismatch", "The specified security groups are of different types.")
    return groups


def check_on_sale(call: Call, state: EcsState, zone_id: str, instance_type: InstanceType) -> None:
    """Raise unless the zone sells the type. How many are left is another matter.

    Errors: 403 Zone.NotOnSale, InvalidInstanceType.ZoneNotSupported.
    """
    if state.stock.is_off_sale(zone_id):
        raise ApiError(403, "Zone.NotOnSale", "The specified zone is not available for purchase.")
    if not offers_type(call.region_id, zone_id, instance_type):
        raise ApiError(
            403, "InvalidInstanceType.ZoneNotSupported", "The specified zone does not support this instancetype."
        )


def read_bandwidth(call: Call) -> tuple[int, str]:
    """Outbound Mbit/s and how it is charged.

    Errors: 400 InvalidInternetMaxBandwidthOut.Malformed, InvalidInternetChargeType.ValueNotSupported.
    """
    bandwidth = call.params.get("InternetMaxBandwidthOut", 0)
    if not 0 <= bandwidth <= _MAX_BANDWIDTH:
        raise ApiError(
            400,
            "InvalidInternetMaxBandwidthOut.Malformed",
            'The specified parameter "InternetMaxBandwidthOut" is not valid.',
        )
    charge_type = call.params.get("InternetChargeType", "PayByTraffic")
    if charge_type not in {"PayByTraffic", "PayByBandwidth"}:
        raise ApiError(
            400, "InvalidInternetChargeType.ValueNotSupported", "The specified InternetChargeType is not valid."
        )
    return bandwidth, charge_type


def read_metadata_options(call: Call) -> MetadataOptions:
    """How the metadata service is to answer.

    Errors: 400 InvalidHttpTokens.NotSupported, InvalidHttpEndpoint.NotSupported.
    """
    tokens, endpoint = call.params.get("HttpTokens", "optional"), call.params.get("HttpEndpoint", "enabled")
    if tokens not in {"optional", "required"}:
        raise ApiError(400, "InvalidHttpTokens.NotSupported", "The specified HttpTokens is not supported.")
    if endpoint not in {"enabled", "disabled"}:
        raise ApiError(400, "InvalidHttpEndpoint.NotSupported", "The specified HttpEndpoint is not supported.")
    return MetadataOptions(
        http_tokens=tokens, http_endpoint=endpoint, hop_limit=call.params.get("HttpPutResponseHopLimit", 1)
    )


def read_auto_release(call: Call, now: datetime) -> datetime | None:
    """When the instance releases itself: 30 minutes to 3 years ahead. Errors: 400 InvalidAutoReleaseTime.Malformed."""
    text = call.params.get("AutoReleaseTime")
    if text is None:
        return None
    refusal = ApiError(400, "InvalidAutoReleaseTime.Malformed", "The specified AutoReleaseTime is not valid.")
    try:
        moment = timestamps.parse(text)
    except ValueError as error:
        raise refusal from error
    if not timedelta(minutes=30) <= moment - now + timedelta(minutes=1) or moment - now > timedelta(days=3 * 365 + 1):
        raise refusal
    return moment


def read_user_data(call: Call) -> bytes | None:
    """The script to run at the first boot. Errors: 400 InvalidUserData.NotSupported, InvalidUserData.SizeExceeded."""
    text = call.params.get("UserData")
    if text is None:
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ApiError(400, "InvalidUserData.NotSupported", "The specified UserData is not base64.") from error
    if len(raw) > _MAX_USER_DATA:
        raise ApiError(400, "InvalidUserData.SizeExceeded", "The specified UserData exceeds 32 KB.")
    if not raw.startswith(b"#!"):
        raise not_implemented(call, "UserData that is no script")
    return raw


def read_private_ip(call: Call, vswitch: VSwitch, amount: int) -> IPv4Address | None:
    """The private address asked for.

    Errors: 400 InvalidPrivateIpAddress.Malformed, InvalidPrivateIpAddress.Duplicated; 403 InvalidParam.Amount.
    """
    text = call.params.get("PrivateIpAddress")
    if text is None:
        return None
    try:
        address = IPv4Address(text)
    except AddressValueError as error:
        raise ApiError(
            400, "InvalidPrivateIpAddress.Malformed", "Specified private IP address is malformed."
        ) from error
    if not vswitch.is_usable(address):
        raise ApiError(400, "InvalidPrivateIpAddress.Malformed", "Specified private IP address is not in the VSwitch.")
    if address in vswitch.owners:
        raise ApiError(400, "InvalidPrivateIpAddress.Duplicated", "Specified private IP address is duplicated.")
    if amount > 1:
        raise ApiError(403, "InvalidParam.Amount", "PrivateIpAddress can be used for a single instance only.")
    return address


def read_key_pair(call: Call, state: EcsState, image: Image) -> str:
    """The name of the key pair, "" for none; Windows has no use for one. Errors: 404 InvalidKeyPairName.NotFound."""
    name: str = call.params.get("KeyPairName", "")
    if name and (call.region_id, name) not in state.key_pairs:
        raise ApiError(404, "InvalidKeyPairName.NotFound", "The specified KeyPairName does not exist.")
    return name if image.os_type != "windows" else ""


def check_ram_role(call: Call, state: EcsState) -> str:
    """The name of the instance role, "" for none. Errors: 404 InvalidRamRole.NotFound."""
    name: str = call.params.get("RamRoleName", "")
    if name and state.ram_roles is not None and name not in state.ram_roles:
        raise ApiError(404, "InvalidRamRole.NotFound", "The specified RamRoleName does not exist.")
    return name
