"""What instances, disks and security groups exist, and where to find them.

Cloud Assistant and the port publisher build on this: `get_instance`, `find_instance`, `instances`,
`inbound_allowed`, `lifecycle`, `add_taggable`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.context import Context
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.ecs.firewall import SecurityGroup, lets_in
from deployer.emulator.services.ecs.images import Image, public_images_in
from deployer.emulator.services.ecs.instances import Disk, Instance
from deployer.emulator.services.ecs.interfaces import NetworkInterface
from deployer.emulator.services.ecs.key_pairs import KeyPair
from deployer.emulator.services.ecs.launch_templates import LaunchTemplate
from deployer.emulator.services.ecs.lifecycle import Lifecycle
from deployer.emulator.services.ecs.own_images import OwnImage
from deployer.emulator.services.ecs.snapshots import Snapshot
from deployer.emulator.services.ecs.stock import Stock
from deployer.emulator.services.refusals import missing_parameter
from deployer.emulator.services.vpc.networks import EipStatus
from deployer.emulator.services.vpc.state import VpcState

ANYBODY = "0.0.0.0"  # noqa: S104  (the source of a packet, nothing is bound to it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taggable:
    """A kind of resource that carries tags: `find(id, region id)` gives its tags, `every(region id)` all of them."""

    find: Callable[[str, str], dict[str, str] | None]
    every: Callable[[str], Mapping[str, dict[str, str]]]


class EcsState:
    """The instances of one account, in all regions. `region_id` None means any region."""

    def __init__(self, context: Context, vpc_state: VpcState) -> None:
        self.context = context
        self.vpc_state = vpc_state
        self.tokens = ClientTokens()
        self.stock = Stock()
        self.lifecycle = Lifecycle(context, self)
        self.disks: dict[str, Disk] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.own_images: dict[str, OwnImage] = {}
        self.launch_templates: dict[str, LaunchTemplate] = {}
        self.interfaces: dict[str, NetworkInterface] = {}  # secondary ones
        self.security_groups: dict[str, SecurityGroup] = {}
        self.key_pairs: dict[tuple[str, str], KeyPair] = {}  # by region and name
        self.ram_roles: set[str] | None = None  # None: every name is a role that trusts ECS
        self.taggables: dict[str, Taggable] = {}
        self._instances: dict[str, Instance] = {}
        self._interfaces: dict[str, Instance] = {}  # whose network interface still exists, by interface id
        vpc_state.connect_instances(self)

    # Instances

    def instances(self, region_id: str | None) -> list[Instance]:
        """The instances calls can see, newest first."""
        found = [
            instance
            for instance in self._instances.values()
            if region_id in {None, instance.region_id} and instance.is_visible
        ]
        for instance in found:
            self.lifecycle.settle(instance)
        return found[::-1]

    def find_instance(self, instance_id: str, region_id: str | None) -> Instance | None:
        """The instance of that id; None when there is none, or no call can see it yet."""
        instance = self._instances.get(instance_id)
        if instance is None or region_id not in {None, instance.region_id} or not instance.is_visible:
            return None
        self.lifecycle.settle(instance)
        return instance

    def get_instance(self, instance_id: str, region_id: str | None) -> Instance:
        """The instance of that id. Errors: 404 InvalidInstanceId.NotFound."""
        instance = self.find_instance(instance_id, region_id)
        if instance is None:
            raise ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
        return instance

    def find_bindable(self, bindable_id: str, region_id: str | None) -> Instance | NetworkInterface | None:
        """The instance or secondary interface an elastic IP address may be bound to."""
        interface = self.interfaces.get(bindable_id)
        if interface is not None and region_id in {None, interface.region_id}:
            return interface
        return self.find_instance(bindable_id, region_id)

    def add_instance(self, instance: Instance, *, start: bool) -> None:
        """Keep a new instance with its disks and let it come up; `lifecycle.release` takes it away again."""
        self._instances[instance.instance_id] = instance
        self._interfaces[instance.network_interface_id] = instance
        self.disks.update({disk.disk_id: disk for disk in instance.disks})
        self.lifecycle.launch(instance, start=start)

    def forget_instance(self, instance: Instance) -> None:
        """The id disappears; disks that are not deleted with the instance stay behind."""
        self._instances.pop(instance.instance_id, None)
        for disk in instance.disks:
            disk.instance_id, disk.attached_at = None, None
            if disk.delete_with_instance:
                self.disks.pop(disk.disk_id, None)

    def free_interface(self, instance: Instance) -> None:
        """The network interface disappears, and with it its place in security groups and vSwitch."""
        self._interfaces.pop(instance.network_interface_id, None)
        for interface in self.interfaces_of(instance):
            interface.instance_id = None
            if interface.delete_on_release:
                self.remove_interface(interface)
        instance.vswitch.release_addresses(instance.network_interface_id)
        self.release_public_ip(instance)
        self._take_eip_off(instance)

    def assign_public_ip(self, instance: Instance) -> None:
        """Give the instance an address of its own. Errors: 400 InsufficientPublicIp."""
        if instance.public_ip is None:
            instance.public_ip = self.vpc_state.public_addresses.take()
            if instance.public_ip is None:
                raise ApiError(400, "InsufficientPublicIp", "There are not enough public IP addresses.")

    def release_public_ip(self, instance: Instance) -> None:
        """Take the instance's own address away, if it has one."""
        if instance.public_ip is not None:
            self.vpc_state.public_addresses.release(instance.public_ip)
            instance.public_ip = None

    def vcpus_in_use(self, region_id: str) -> int:
        """The vCPUs of all instances of a region, those no call sees yet included."""
        return sum(
            instance.instance_type.cores for instance in self._instances.values() if instance.region_id == region_id
        )

    def every_interface(self, region_id: str) -> list[Instance]:
        """The instances whose network interface exists, released ones for a moment longer."""
        return [instance for instance in self._interfaces.values() if instance.region_id == region_id]

    # Secondary interfaces

    def interfaces_of(self, instance: Instance) -> list[NetworkInterface]:
        return [one for one in self.interfaces.values() if one.instance_id == instance.instance_id]

    def settle_interface(self, interface: NetworkInterface, *, meanwhile: str) -> None:
        """Let the interface be in that state for a moment."""
        interface.under_way = meanwhile

        def finish() -> None:
            interface.under_way = ""

        self.context.scheduler.after(self.context.assumptions.network_pending_seconds, finish)

    def remove_interface(self, interface: NetworkInterface) -> None:
        """The interface and its addresses are gone; an elastic one is free again."""
        self._take_eip_off(interface)
        interface.vswitch.release_addresses(interface.network_interface_id)
        self.interfaces.pop(interface.network_interface_id, None)

    def _take_eip_off(self, target: Instance | NetworkInterface) -> None:
        eip = target.eip
        if eip is not None and eip.instance_id == target.bindable_id and eip.status is not EipStatus.UNASSOCIATING:
            self.vpc_state.unbind_eip(eip, target)

    # Security groups

    def find_group(self, security_group_id: str, region_id: str | None) -> SecurityGroup | None:
        group = self.security_groups.get(security_group_id)
        return group if group is not None and region_id in {None, group.region_id} else None

    def get_group(self, security_group_id: str, region_id: str | None) -> SecurityGroup:
        """The group of that id. Errors: 404 InvalidSecurityGroupId.NotFound."""
        group = self.find_group(security_group_id, region_id)
        if group is None:
            raise ApiError(404, "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.")
        return group

    def members(self, security_group_id: str) -> list[Instance]:
        """The instances in a group, those whose interface is still to disappear included."""
        return [instance for instance in self._interfaces.values() if security_group_id in instance.security_group_ids]

    def is_group_in_use(self, security_group_id: str) -> bool:
        """True while an interface is in the group, that of a released instance for a moment longer."""
        secondary = any(security_group_id in one.security_group_ids for one in self.interfaces.values())
        return secondary or bool(self.members(security_group_id))

    def inbound_allowed(self, instance: Instance, port: int, protocol: str = "tcp", source: str = ANYBODY) -> bool:
        """True when the instance's security groups let a packet from `source` in to that port.

        The default source stands for anybody: only rules open to the whole world match it.
        """
        found = (self.find_group(group_id, instance.region_id) for group_id in instance.security_group_ids)
        groups = [group for group in found if group is not None]

        def is_member(security_group_id: str, address: str) -> bool:
            return any(member.private_ip == address for member in self.members(security_group_id))

        return lets_in(groups, protocol=protocol, port=port, source=source, is_member=is_member)

    # Disks and snapshots

    def get_disk(self, disk_id: str, region_id: str | None) -> Disk:
        """The disk of that id. Errors: 404 InvalidDiskId.NotFound."""
        disk = self.disks.get(disk_id)
        if disk is None or region_id not in {None, disk.region_id}:
            raise ApiError(404, "InvalidDiskId.NotFound", "The specified disk does not exist.")
        return disk

    def settle_disk(self, disk: Disk, *, meanwhile: str) -> None:
        """Let the disk be in that state for a moment, and then in the one that follows from what it belongs to."""
        disk.under_way = meanwhile

        def finish() -> None:
            disk.under_way = ""

        self.context.scheduler.after(self.context.assumptions.disk_change_seconds, finish)

    def get_snapshot(self, snapshot_id: str, region_id: str | None) -> Snapshot:
        """The snapshot of that id. Errors: 404 InvalidSnapshotId.NotFound."""
        snapshot = self.snapshots.get(snapshot_id)
        if snapshot is None or region_id not in {None, snapshot.region_id}:
            raise ApiError(404, "InvalidSnapshotId.NotFound", "The specified snapshot does not exist.")
        return snapshot

    # Images

    def images_in(self, region_id: str) -> list[Image]:
        """What instances can be made of in a region: own images, newest first, then the public ones."""
        own = [one.image for one in self.own_images.values() if one.region_id == region_id and one.is_ready]
        return [*own[::-1], *public_images_in(region_id)]

    def find_image(self, region_id: str, image_id: str) -> Image | None:
        """The image of that id in that region; None when nothing can be made of it there."""
        return next((image for image in self.images_in(region_id) if image.image_id == image_id), None)

    def find_newest_of_family(self, region_id: str, image_family: str) -> Image | None:
        """The newest image of the family that is not Deprecated; None for a family nobody knows."""
        deprecated = {one.image.image_id for one in self.own_images.values() if one.is_deprecated}
        family = (image for image in self.images_in(region_id) if image.image_family == image_family)
        return next((image for image in family if image.image_id not in deprecated), None)

    # Launch templates

    def get_launch_template(self, call: Call) -> LaunchTemplate:
        """The template of LaunchTemplateId or LaunchTemplateName. Errors: 404 InvalidLaunchTemplate.NotFound."""
        template_id, name = call.params.get("LaunchTemplateId"), call.params.get("LaunchTemplateName")
        if template_id is None and name is None:
            raise missing_parameter("LaunchTemplateId")
        for template in self.launch_templates.values():
            is_meant = template_id == template.template_id if template_id is not None else name == template.name
            if is_meant and template.region_id == call.region_id:
                return template
        raise ApiError(404, "InvalidLaunchTemplate.NotFound", "The specified launch template does not exist.")

    # Key pairs

    def get_key_pair(self, key_pair_name: str, region_id: str) -> KeyPair:
        """The pair of that name. Errors: 404 InvalidKeyPair.NotFound."""
        pair = self.key_pairs.get((region_id, key_pair_name))
        if pair is None:
            raise ApiError(404, "InvalidKeyPair.NotFound", "The specified KeyPairName does not exist.")
        return pair

    # Tags

    def add_taggable(self, resource_type: str, taggable: Taggable) -> None:
        """Let TagResources and its siblings serve a kind of resource another service keeps (`command`, …)."""
        self.taggables[resource_type] = taggable
