"""The changing steps up to an instance that runs and answers: network, security group, instance, application group."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from typing_extensions import assert_never

from deployer.backends.sdk.observing import choose_vswitch
from deployer.backends.sdk.run import DeployRun
from deployer.backends.sdk.tags import NETWORK_TAGS, group_tags, instance_tags, member_tags
from deployer.cloud.cloud import Cloud
from deployer.cloud.ecs import InstanceRequest
from deployer.cloud.polling import Wait, wait_until
from deployer.errors.base import DeployerError
from deployer.errors.cloud import InstanceNotFound, InstanceUnfit, OutOfStock
from deployer.events import WaitProgressed
from deployer.models.plan import (
    EnsureApplicationGroup,
    EnsureBucket,
    EnsureSecurityGroup,
    EnsureVpc,
    EnsureVSwitch,
    InstanceFacts,
    OpenPort,
    Plan,
    RunInstance,
    StartRelease,
    Step,
    TagInstances,
    UploadArtifact,
)
from deployer.models.release import Target

NETWORK_TIMEOUT_SECONDS = 120
INSTANCE_TIMEOUT_SECONDS = 600  # terraform waits as long
AGENT_TIMEOUT_SECONDS = 300
OTHER_ZONE_CODES = {
    "OperationDenied.NoStock",
    "Zone.NotOnSale",
    "Zone.NotOpen",
    "InvalidInstanceType.ZoneNotSupported",
    "ResourceNotAvailable",
}
BUSY_VSWITCH_CODES = {"IncorrectVSwitchStatus", "IncorrectVpcStatus", "TaskConflict", "OperationConflict"}


@dataclass(slots=True, kw_only=True)
class Place:
    """What the steps found or made so far."""

    vpc_id: str = ""
    vswitch_id: str = ""
    security_group_id: str = ""
    instance_id: str = ""


class Provisioner:
    """Carries out a plan's steps in order, each of them safe to repeat."""

    def __init__(self, cloud: Cloud, plan: Plan, run: DeployRun) -> None:
        self._cloud = cloud
        self._plan = plan
        self._run = run
        self._place = Place()

    def carry_out(self, step: Step) -> None:  # noqa: C901, PLR0912  (one case for each kind of step)
        """Make the step's change, or note that there is nothing to change."""
        match step:
            case EnsureBucket() | UploadArtifact() | StartRelease():
                pass  # the bucket holds the lock that is held already; the others are stages of their own
            case EnsureVpc(vpc_id=None, cidr_block=cidr_block):
                self._create_vpc(cidr_block)
            case EnsureVpc():
                self._place.vpc_id = step.vpc_id or ""
                self._run.reused("vpc", self._place.vpc_id)
            case EnsureVSwitch(vswitch_id=None, zone_id=zone_id, cidr_block=cidr_block):
                self._create_vswitch(zone_id, cidr_block)
            case EnsureVSwitch():
                self._place.vswitch_id = step.vswitch_id or ""
                self._run.reused("vswitch", self._place.vswitch_id)
            case EnsureSecurityGroup(security_group_id=None, name=name):
                self._create_security_group(name)
            case EnsureSecurityGroup():
                self._place.security_group_id = step.security_group_id or ""
                self._run.reused("security group", self._place.security_group_id)
            case OpenPort(is_open=False, port=port, cidr_block=cidr_block):
                self._open_port(port, cidr_block)
            case OpenPort():
                pass
            case RunInstance():
                self._run_instance(step)
            case TagInstances(instance_ids=instance_ids):
                self._tag(instance_ids or (self._place.instance_id,))
            case EnsureApplicationGroup():
                self._ensure_application_group(step)
            case _:
                assert_never(step)

    def targets(self) -> tuple[Target, ...]:
        """The instances the release goes to, all running and answering. Errors: WaitedTooLong, InstanceUnfit."""
        observed = self._plan.observed.instances
        instance_ids = (
            (self._place.instance_id,) if self._place.instance_id else tuple(one.instance_id for one in observed)
        )
        return tuple(self._ready_target(instance_id) for instance_id in instance_ids)

    def _create_vpc(self, cidr_block: str) -> None:
        vpc_id = self._run.change(
            "CreateVpc",
            "vpc_id",
            lambda token: self._cloud.vpc.create_vpc(cidr_block, "deployer", token, NETWORK_TAGS),
            cidr_block=cidr_block,
        )
        self._run.created("vpc", vpc_id, cidr_block)
        self._wait(f"VPC {vpc_id}", lambda: self._cloud.vpc.get_vpc_status(vpc_id) or "not listed yet")
        self._place.vpc_id = vpc_id

    def _create_vswitch(self, zone_id: str, cidr_block: str) -> None:
        """A vSwitch in the zone. Only one at a time is made in a VPC: while another is, this one waits."""
        vpc_id = self._place.vpc_id

        def create(token: str) -> str:
            return wait_until(
                lambda: self._try_create_vswitch(zone_id, cidr_block, token),
                bool,
                Wait(what=f"another vSwitch of {vpc_id}", timeout_seconds=NETWORK_TIMEOUT_SECONDS),
                status=lambda made: "Available" if made else "Pending",
                clock=self._cloud.session.clock,
            )

        vswitch_id = self._run.change(
            "CreateVSwitch", "vswitch_id", create, vpc_id=vpc_id, zone_id=zone_id, cidr_block=cidr_block
        )
        self._run.created("vswitch", vswitch_id, f"{zone_id} {cidr_block}")
        self._wait(f"vSwitch {vswitch_id}", lambda: self._vswitch_status(vswitch_id))
        self._place.vswitch_id = vswitch_id

    def _try_create_vswitch(self, zone_id: str, cidr_block: str, token: str) -> str:
        try:
            return self._cloud.vpc.create_vswitch(
                self._place.vpc_id, zone_id, cidr_block, name="deployer", client_token=token, tags=NETWORK_TAGS
            )
        except DeployerError as error:
            if error.facts.get("api_code") in BUSY_VSWITCH_CODES:
                return ""
            raise

    def _vswitch_status(self, vswitch_id: str) -> str:
        for vswitch in self._cloud.vpc.list_vswitches(self._place.vpc_id):
            if vswitch.vswitch_id == vswitch_id:
                return vswitch.status
        return "not listed yet"

    def _create_security_group(self, name: str) -> None:
        tags = group_tags(self._plan.config.application_name, self._plan.config.application_group_name)
        group_id = self._run.change(
            "CreateSecurityGroup",
            "security_group_id",
            lambda token: self._cloud.security_groups.create(name, self._place.vpc_id, tags, token),
            name=name,
            vpc_id=self._place.vpc_id,
        )
        self._run.created("security group", group_id, name)
        self._place.security_group_id = group_id

    def _open_port(self, port: int, cidr_block: str) -> None:
        group_id = self._place.security_group_id

        def open_port(token: str) -> str:
            self._cloud.security_groups.open_port(group_id, port, cidr_block, token)
            return f"{port}"

        self._run.change("AuthorizeSecurityGroup", "port", open_port, port=port, source=cidr_block, group=group_id)
        self._run.created("security group rule", f"{group_id} TCP {port} from {cidr_block}")

    def _run_instance(self, step: RunInstance) -> None:
        """Create the instance, in another zone of the region when the planned one sold out meanwhile."""
        tried: list[str] = []
        while True:
            try:
                instance_id = self._create_instance(step)
            except DeployerError as error:
                if error.facts.get("api_code") not in OTHER_ZONE_CODES:
                    raise
                tried.append(self._zone_id())
                self._move_to_other_zone(step.instance_type, tuple(tried))
            else:
                break
        self._place.instance_id = instance_id
        self._run.created("instance", instance_id, f"{step.instance_type} {step.instance_name}")
        self._repair_tags(instance_id)

    def _create_instance(self, step: RunInstance) -> str:
        config = self._plan.config
        wanted = InstanceRequest(
            instance_name=step.instance_name,
            instance_type=step.instance_type,
            image_id=step.image_id,
            vswitch_id=self._place.vswitch_id,
            security_group_id=self._place.security_group_id,
            system_disk_category=step.system_disk_category,
            system_disk_gib=step.system_disk_gib,
            bandwidth_mbps=step.bandwidth_mbps,
            tags=instance_tags(config.application_name, config.application_group_name, self._run.deploy_id),
        )
        return self._run.change(
            "RunInstances",
            "instance_id",
            lambda token: self._cloud.ecs.run_instance(wanted, token),
            **asdict(wanted),
        )

    def _zone_id(self) -> str:
        for vswitch in self._cloud.vpc.list_vswitches(self._place.vpc_id):
            if vswitch.vswitch_id == self._place.vswitch_id:
                return vswitch.zone_id
        return ""

    def _move_to_other_zone(self, instance_type: str, tried: tuple[str, ...]) -> None:
        zones = tuple(zone for zone in self._cloud.ecs.list_selling_zones(instance_type) if zone not in tried)
        if not zones:
            raise OutOfStock(instance_type, self._cloud.region_id, tried, ())
        vpc = next(vpc for vpc in self._cloud.vpc.list_vpcs(NETWORK_TAGS) if vpc.vpc_id == self._place.vpc_id)
        place = choose_vswitch(self._cloud, vpc, zones)
        if place.vswitch_id is None:
            self._create_vswitch(place.zone_id, place.cidr_block)
        else:
            self._place.vswitch_id = place.vswitch_id
            self._run.reused("vswitch", place.vswitch_id, place.zone_id)

    def _repair_tags(self, instance_id: str) -> None:
        """Read the tags of a new instance back and set what is missing; they have been seen to get lost."""
        config = self._plan.config
        wanted = instance_tags(config.application_name, config.application_group_name, self._run.deploy_id)
        facts = self._wait_for_instance(instance_id)
        if not wanted.items() <= dict(facts.tags).items():
            self._cloud.ecs.tag_instances((instance_id,), wanted)

    def _tag(self, instance_ids: tuple[str, ...]) -> None:
        config = self._plan.config
        tags = member_tags(config.application_name, config.application_group_name)

        def tag(_token: str) -> str:
            self._cloud.ecs.tag_instances(instance_ids, tags)
            return ",".join(instance_ids)

        self._run.change("TagResources", "instance_ids", tag, instance_ids=list(instance_ids))

    def _ensure_application_group(self, step: EnsureApplicationGroup) -> None:
        config, oos = self._plan.config, self._cloud.oos
        name, group = config.application_name, config.application_group_name

        def create_application(token: str) -> str:
            oos.create_application(name, token)
            return name

        def create_group(token: str) -> str:
            oos.create_group(name, group, config.deploy_region_id, token)
            return group

        if not step.application_exists:
            self._run.change("CreateApplication", "application_name", create_application, name=name)
            self._run.created("application", name)
        if not step.group_exists:
            self._run.change("CreateApplicationGroup", "group_name", create_group, name=name, group=group)
            self._run.created("application group", f"{name}/{group}")

    def _ready_target(self, instance_id: str) -> Target:
        facts = self._wait_for_instance(instance_id)
        self._wait(
            f"Cloud Assistant on {instance_id}",
            lambda: "ready" if self._cloud.assistant.is_ready(instance_id) else "not ready",
            done=frozenset({"ready"}),
            timeout_seconds=AGENT_TIMEOUT_SECONDS,
        )
        if facts.public_ip is None and self._plan.config.port is not None:
            facts = self._cloud.ecs.get_instance(instance_id)
        return Target(
            instance_id=instance_id,
            instance_name=facts.instance_name,
            deploy_region_id=facts.deploy_region_id,
            public_ip=facts.public_ip,
            private_ip=facts.private_ip,
            created=instance_id == self._place.instance_id,
        )

    def _wait_for_instance(self, instance_id: str) -> InstanceFacts:
        """The instance once it runs. A new id may be missing from the list for a moment."""
        seen: dict[str, InstanceFacts] = {}

        def look() -> str:
            try:
                seen["facts"] = self._cloud.ecs.get_instance(instance_id)
            except InstanceNotFound:
                return "not listed yet"
            status = seen["facts"].status
            if status in {"Stopping", "Stopped"}:
                raise InstanceUnfit(instance_id, f"it is {status}", "start it in the console, then deploy again")
            return status

        self._wait(f"instance {instance_id}", look, frozenset({"Running"}), INSTANCE_TIMEOUT_SECONDS)
        return seen["facts"]

    def _wait(
        self,
        what: str,
        look: Callable[[], str],
        done: frozenset[str] = frozenset({"Available"}),
        timeout_seconds: float = NETWORK_TIMEOUT_SECONDS,
    ) -> None:
        def tell(status: str, elapsed: float) -> None:
            self._run.emit(
                WaitProgressed(what=what, status=status, elapsed_seconds=elapsed, timeout_seconds=timeout_seconds)
            )

        wait_until(
            look,
            done.__contains__,
            Wait(what=what, timeout_seconds=timeout_seconds),
            status=str,
            clock=self._cloud.session.clock,
            on_change=tell,
        )
