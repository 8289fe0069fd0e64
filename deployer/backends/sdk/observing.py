"""What is there before anything changes. Only reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deployer.backends.base import Content
from deployer.backends.sdk.bucket import find_bucket_name
from deployer.backends.sdk.tags import DEPLOY_ID_TAG, NETWORK_TAGS, group_tags, member_tags
from deployer.cloud.cloud import Cloud
from deployer.cloud.network import InboundRule, VpcFacts, VSwitchFacts
from deployer.cloud.session import CONTROL_REGION_ID
from deployer.errors.base import DeployerError
from deployer.errors.cloud import ApiRefused, InstanceUnfit, OutOfStock, RegionUnknown, Unreachable
from deployer.ledger.names import LedgerNames
from deployer.ledger.records import GOOD, ReleaseHistory, ReleaseRecord
from deployer.models.config import DeployConfig, ExistingInstance, NewInstance
from deployer.models.plan import GroupState, InstanceFacts, LastRelease, Network, Observed

VPC_CIDR = "172.20.0.0/16"
DISK_CATEGORIES = ("cloud_essd", "cloud_essd_entry", "cloud_auto", "cloud_efficiency", "cloud_ssd")


@contextmanager
def known_region(cloud: Cloud) -> Iterator[None]:
    """Reads of a region that may not exist: what its endpoints then say becomes RegionUnknown."""
    try:
        yield
    except (ApiRefused, Unreachable) as error:
        open_region_ids = _open_region_ids(cloud)
        if not open_region_ids or cloud.region_id in open_region_ids:
            raise
        facts = {name: error.facts[name] for name in ("action", "api_code", "request_id") if error.facts.get(name)}
        raise RegionUnknown(cloud.region_id, open_region_ids, **facts) from error


def _open_region_ids(cloud: Cloud) -> tuple[str, ...]:
    """Asked of the control region, which is there for everybody; empty when it does not answer either."""
    try:
        return Cloud(cloud.session, CONTROL_REGION_ID).ecs.list_region_ids()
    except DeployerError:
        return ()


def observe(cloud: Cloud, config: DeployConfig, content: Content) -> Observed:
    """Account, bucket, group, instances, network and the last good release."""
    identity = cloud.sts.get_identity()
    names = LedgerNames(application_name=config.application_name, application_group_name=config.application_group_name)
    bucket_name = find_bucket_name(cloud.oss, identity.account_id)
    group = cloud.oos.find_group(config.application_name, config.application_group_name)
    members = cloud.ecs.list_instances(tags=member_tags(config.application_name, config.application_group_name))
    instances = _chosen(cloud, config, members)
    application_exists = group is not None or cloud.oos.application_exists(config.application_name)
    history = ReleaseHistory(cloud.oss, bucket_name, names) if bucket_name is not None else None
    newest = history.find_newest() if history else None
    return Observed(
        account_id=identity.account_id,
        identity_arn=identity.arn,
        bucket_name=bucket_name,
        group_state=_group_state(group_exists=group is not None, members=members),
        application_exists=application_exists,
        group_exists=group is not None,
        instances=instances,
        network=_network(cloud, config, instances),
        image_id=_image_id(cloud, config.instance)
        if isinstance(config.instance, NewInstance) and not instances
        else None,
        artifact_exists=bucket_name is not None
        and cloud.oss.find_object(bucket_name, names.artifact(content.artifact_sha256)) is not None,
        last_release=_last_release(newest) if newest else None,
        other_applications=_neighbours(instances, config) if isinstance(config.instance, ExistingInstance) else (),
        leftover_groups=_leftovers(cloud, config) if application_exists and group is not None and not members else (),
        replaces_running=_replaces_running(members, newest, history),
    )


def _replaces_running(
    members: tuple[InstanceFacts, ...], newest: ReleaseRecord | None, history: ReleaseHistory | None
) -> bool:
    """False for instances that only a failed or killed first deploy of ours ever had: nothing runs there to be lost."""
    if any(DEPLOY_ID_TAG not in dict(member.tags) for member in members):
        return True
    if newest is not None and newest.status == GOOD:
        return True
    return history is not None and history.find_newest(status=GOOD) is not None


def _group_state(*, group_exists: bool, members: tuple[InstanceFacts, ...]) -> GroupState:
    if members:
        return GroupState.HAS_ECS
    return GroupState.NO_ECS if group_exists else GroupState.NOT_EXISTS


def _chosen(cloud: Cloud, config: DeployConfig, members: tuple[InstanceFacts, ...]) -> tuple[InstanceFacts, ...]:
    """The instances the release goes to: the named existing one, else the group's own, none when one has to be made."""
    if isinstance(config.instance, ExistingInstance):
        instance = cloud.ecs.get_instance(config.instance.instance_id)
        check_usable(cloud, instance)
        return (instance,)
    for member in members:
        if member.status not in {"Running", "Starting", "Pending"}:
            raise InstanceUnfit(
                member.instance_id,
                f"it is {member.status}",
                f"start it in the console (region {member.deploy_region_id}), or delete the group and deploy again",
            )
    return members


def check_usable(cloud: Cloud, instance: InstanceFacts) -> None:
    """Refuse an instance that cannot take a release, each with its own reason. Errors: InstanceUnfit."""
    if instance.status != "Running":
        raise InstanceUnfit(instance.instance_id, f"it is {instance.status}", "start it, then deploy again")
    if instance.os_type.lower() != "linux":
        raise InstanceUnfit(
            instance.instance_id, f"it runs {instance.os_name or instance.os_type}", "choose a Linux one"
        )
    if not cloud.assistant.is_ready(instance.instance_id):
        raise InstanceUnfit(
            instance.instance_id,
            "its Cloud Assistant agent does not answer",
            "install or restart the agent: https://www.alibabacloud.com/help/en/ecs/user-guide/install-the-cloud-assistant-agent",
        )


def _neighbours(instances: tuple[InstanceFacts, ...], config: DeployConfig) -> tuple[str, ...]:
    """Other applications of ours on the chosen instance, as `application/group`."""
    found = set()
    for instance in instances:
        for key, value in instance.tags:
            if key.startswith("app-") and (key, value) != (
                f"app-{config.application_name}",
                config.application_group_name,
            ):
                found.add(f"{key.removeprefix('app-')}/{value}")
    return tuple(sorted(found))


def _leftovers(cloud: Cloud, config: DeployConfig) -> tuple[str, ...]:
    return tuple(sorted(group.name for group in cloud.oos.list_groups(config.application_name)))


def _last_release(record: ReleaseRecord) -> LastRelease:
    return LastRelease(
        release_id=record.release_id,
        artifact_sha256=record.artifact_sha256,
        scripts_sha256=f"{record.start_sha256}:{record.stop_sha256}",
        settings_sha256=record.settings_sha256,
        instance_ids=record.instance_ids,
        status=record.status,
        finished_at=record.finished_at if record.status == GOOD else "",
    )


def _image_id(cloud: Cloud, wanted: NewInstance) -> str:
    """The named image, else the newest Alibaba Cloud Linux 3 for the type's architecture."""
    if wanted.image_id:
        return wanted.image_id
    facts = cloud.ecs.get_instance_type(wanted.instance_type)
    if facts is None:
        raise ApiRefused(
            "ecs:DescribeInstanceTypes",
            "InvalidInstanceType.ValueNotSupported",
            f"there is no instance type `{wanted.instance_type}` in {cloud.region_id}",
        )
    image_id = cloud.ecs.find_image_id(facts.architecture)
    if image_id is None:
        raise ApiRefused(
            "ecs:DescribeImageFromFamily",
            "InvalidImageFamily.MissingAvailableImage",
            f"{cloud.region_id} has no Alibaba Cloud Linux 3 image for {facts.architecture}",
        )
    return image_id


def _network(cloud: Cloud, config: DeployConfig, instances: tuple[InstanceFacts, ...]) -> Network:
    """Where the instances live, or where a new one can."""
    if instances or isinstance(config.instance, ExistingInstance):
        return _network_of(cloud, config, instances[0])
    return _new_network(cloud, config, config.instance)


def _network_of(cloud: Cloud, config: DeployConfig, instance: InstanceFacts) -> Network:
    """The network of an instance that is there. Only a security group of ours is named: others are never changed."""
    own = {
        group_id
        for group_id, _ in cloud.security_groups.list_ids(
            group_tags(config.application_name, config.application_group_name)
        )
    }
    rules = [
        rule for group_id in instance.security_group_ids for rule in cloud.security_groups.list_inbound_rules(group_id)
    ]
    return Network(
        vpc_id=instance.vpc_id,
        vswitch_id=None,
        zone_id=instance.zone_id,
        vpc_cidr="",
        vswitch_cidr="",
        security_group_id=next((one for one in instance.security_group_ids if one in own), None),
        open_ports=_open_ports(config, tuple(rules)),
        system_disk_category="",
    )


def _open_ports(config: DeployConfig, rules: tuple[InboundRule, ...]) -> tuple[int, ...]:
    return tuple(port for port in (config.port,) if port and any(rule.lets_in(port) for rule in rules))


def _new_network(cloud: Cloud, config: DeployConfig, wanted: NewInstance) -> Network:
    """A zone that sells the type, a vSwitch there, the group's security group."""
    zones = cloud.ecs.list_selling_zones(wanted.instance_type)
    if not zones:
        raise OutOfStock(wanted.instance_type, cloud.region_id, (), ())
    vpcs = [vpc for vpc in cloud.vpc.list_vpcs(NETWORK_TAGS) if vpc.status == "Available"]
    vpc = vpcs[0] if vpcs else None
    place = choose_vswitch(cloud, vpc, zones)
    groups = cloud.security_groups.list_ids(group_tags(config.application_name, config.application_group_name))
    security_group_id = next(
        (group_id for group_id, vpc_id in groups if vpc is not None and vpc_id == vpc.vpc_id), None
    )
    rules = cloud.security_groups.list_inbound_rules(security_group_id) if security_group_id else ()
    return Network(
        vpc_id=vpc.vpc_id if vpc else None,
        vswitch_id=place.vswitch_id,
        zone_id=place.zone_id,
        vpc_cidr=vpc.cidr_block if vpc else VPC_CIDR,
        vswitch_cidr=place.cidr_block,
        security_group_id=security_group_id,
        open_ports=_open_ports(config, rules),
        system_disk_category=_disk_category(cloud, wanted.instance_type, place.zone_id),
    )


def _disk_category(cloud: Cloud, instance_type: str, zone_id: str) -> str:
    """The best known disk kind that the zone sells for the type."""
    sold = cloud.ecs.list_disk_categories(instance_type, zone_id)
    return next((category for category in DISK_CATEGORIES if category in sold), DISK_CATEGORIES[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A zone and the vSwitch in it; `vswitch_id` None when one has to be made with `cidr_block`."""

    zone_id: str
    vswitch_id: str | None
    cidr_block: str


def choose_vswitch(cloud: Cloud, vpc: VpcFacts | None, zones: tuple[str, ...]) -> Place:
    """An existing vSwitch with free addresses in one of the zones, else the first zone and a free /24 of the VPC."""
    existing = cloud.vpc.list_vswitches(vpc.vpc_id) if vpc else ()
    for zone_id in zones:
        for vswitch in existing:
            if vswitch.zone_id == zone_id and vswitch.free_addresses > 0 and vswitch.status == "Available":
                return Place(zone_id=zone_id, vswitch_id=vswitch.vswitch_id, cidr_block=vswitch.cidr_block)
    return Place(
        zone_id=zones[0], vswitch_id=None, cidr_block=free_block(vpc.cidr_block if vpc else VPC_CIDR, existing)
    )


def free_block(vpc_cidr: str, existing: tuple[VSwitchFacts, ...]) -> str:
    """The first /24 of the VPC that no vSwitch overlaps."""
    from ipaddress import ip_network

    taken = [ip_network(vswitch.cidr_block) for vswitch in existing if vswitch.cidr_block]
    network = ip_network(vpc_cidr)
    for candidate in network.subnets(new_prefix=max(24, network.prefixlen)):
        if not any(candidate.overlaps(one) for one in taken):
            return str(candidate)
    raise ApiRefused("vpc:CreateVSwitch", "QuotaExceeded.VSwitch", f"no address block is left in {vpc_cidr}")
