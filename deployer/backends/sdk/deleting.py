"""Take a group down until nothing of it is left: instance, security group, network, group, application, objects.

The order follows what depends on what; a deletion that was cut short goes on when it is run again.
"""

from collections.abc import Callable, Sequence

from deployer.backends.base import DeleteScope, Removal
from deployer.backends.sdk.bucket import find_bucket_name
from deployer.backends.sdk.tags import NETWORK_TAGS, group_tags, is_made_for, member_tags
from deployer.cloud.cloud import Cloud
from deployer.cloud.polling import Wait, wait_until
from deployer.errors.base import DeployerError
from deployer.errors.cloud import GroupNotFound, InstanceNotFound, InstanceShared
from deployer.events import Emit, ResourceChanged, WaitProgressed, WarningRaised
from deployer.ledger.names import LedgerNames
from deployer.models.plan import InstanceFacts

BUSY_TIMEOUT_SECONDS = 180  # network interfaces of a released instance linger for about a minute
BUSY_CODES = (
    "DependencyViolation",
    "IncorrectInstanceStatus",
    "IncorrectVpcStatus",
    "TaskConflict",
    "OperationConflict",
)


def plan_removals(cloud: Cloud, scope: DeleteScope, account_id: str) -> Sequence[Removal]:
    """What `delete` would remove or keep; changes nothing.

    Errors: GroupNotFound when there is nothing at all; InstanceShared.
    """
    removals = _instance_removals(cloud, scope)
    groups = cloud.security_groups.list_ids(group_tags(scope.application_name, scope.application_group_name))
    stays = any(one.kind == "instance" and one.kept and scope.keep_instance for one in removals)
    removals += [Removal(kind="security group", id=group_id, detail="", kept=stays) for group_id, _ in groups]
    if cloud.oos.find_group(scope.application_name, scope.application_group_name) is not None:
        removals.append(
            Removal(kind="application group", id=f"{scope.application_name}/{scope.application_group_name}", detail="")
        )
        others = [g for g in cloud.oos.list_groups(scope.application_name) if g.name != scope.application_group_name]
        removals.append(
            Removal(
                kind="application",
                id=scope.application_name,
                detail=f"has {len(others)} other groups" if others else "",
                kept=bool(others),
            )
        )
    removals += _object_removals(cloud, scope, account_id)
    if not removals:
        raise GroupNotFound(scope.application_name, scope.application_group_name, cloud.oos.list_application_names())
    removals += _network_removals(cloud, scope)
    return tuple(removals)


def _instance_removals(cloud: Cloud, scope: DeleteScope) -> list[Removal]:
    """The instances of the group; one that was not made for it stays, as do all with `keep_instance`."""
    name, group = scope.application_name, scope.application_group_name
    removals: list[Removal] = []
    for instance in cloud.ecs.list_instances(tags=member_tags(name, group)):
        made_here = is_made_for(dict(instance.tags), name, group)
        kept = scope.keep_instance or not made_here
        if not kept:
            _refuse_shared(cloud, instance, name)
        detail = instance.instance_name if made_here else "not made for it: only the application on it is removed"
        removals.append(Removal(kind="instance", id=instance.instance_id, detail=detail, kept=kept))
    return removals


def _refuse_shared(cloud: Cloud, instance: InstanceFacts, application_name: str) -> None:
    """Errors: InstanceShared when another application of ours lives on it, which would go down with it."""
    for key, group in instance.tags:
        other = key.removeprefix("app-")
        if key.startswith("app-") and other != application_name and cloud.oos.find_group(other, group) is not None:
            raise InstanceShared(instance.instance_id, other, group, instance.deploy_region_id)


def _object_removals(cloud: Cloud, scope: DeleteScope, account_id: str) -> list[Removal]:
    bucket_name = find_bucket_name(cloud.oss, account_id)
    if bucket_name is None:
        return []
    prefix = _names(scope).prefix
    every = cloud.oss.list_object_names(bucket_name, "")
    count = sum(name.startswith(prefix) for name in every)
    if not count:
        return []
    others = len(every) - count
    bucket = Removal(
        kind="bucket",
        id=bucket_name,
        detail=f"holds {others} objects of other groups" if others else "empty then",
        kept=bool(others) or not scope.purge_artifacts,
    )
    objects = Removal(
        kind="objects",
        id=f"oss://{bucket_name}/{prefix}",
        detail=f"{count} objects",
        kept=not scope.purge_artifacts,
    )
    return [objects, bucket]


def _network_removals(cloud: Cloud, scope: DeleteScope) -> list[Removal]:
    """The region's VPC and vSwitches, unless another group still lives in them."""
    removals: list[Removal] = []
    for vpc in cloud.vpc.list_vpcs(NETWORK_TAGS):
        in_use = _others_in_vpc(cloud, vpc.vpc_id, scope)
        detail = f"also used by {in_use}" if in_use else ""
        removals += [
            Removal(kind="vswitch", id=one.vswitch_id, detail=detail, kept=bool(in_use))
            for one in cloud.vpc.list_vswitches(vpc.vpc_id)
        ]
        removals.append(Removal(kind="vpc", id=vpc.vpc_id, detail=detail, kept=bool(in_use)))
    return removals


def _others_in_vpc(cloud: Cloud, vpc_id: str, scope: DeleteScope) -> str:
    mine = group_tags(scope.application_name, scope.application_group_name)
    for instance in cloud.ecs.list_instances():
        is_mine = mine.items() <= dict(instance.tags).items() and not scope.keep_instance
        if instance.vpc_id == vpc_id and not is_mine:
            return instance.instance_id
    own = {group_id for group_id, _ in cloud.security_groups.list_ids(mine)}
    for group_id, of_vpc in cloud.security_groups.list_ids({}):
        if of_vpc == vpc_id and group_id not in own:
            return group_id
    return ""


class Remover:
    """Carries out removals in the order of their dependencies, waiting where the cloud is slow to let go."""

    def __init__(self, cloud: Cloud, scope: DeleteScope, emit: Emit) -> None:
        self._cloud = cloud
        self._scope = scope
        self._emit = emit

    def remove(self, removal: Removal, uninstall: Callable[[InstanceFacts], None]) -> None:
        """Remove one thing until it is really gone; kept things are told, an instance of yours is only emptied."""
        if removal.kind == "instance" and removal.kept:
            self._leave_instance(removal, uninstall)
        elif not removal.kept and self._is_removed(removal):
            self._emit(ResourceChanged(kind=removal.kind, id=removal.id, change="removed"))

    def _is_removed(self, removal: Removal) -> bool:
        """Remove it; False when it turned out to be in use by somebody else."""
        cloud, scope = self._cloud, self._scope
        match removal.kind:
            case "instance":
                self._delete_instance(removal.id)
            case "security group":
                self._patiently(removal, lambda: cloud.security_groups.delete(removal.id))
            case "vswitch":
                self._patiently(removal, lambda: cloud.vpc.delete_vswitch(removal.id))
            case "vpc":
                self._patiently(removal, lambda: cloud.vpc.delete_vpc(removal.id))
            case "application group":
                cloud.oos.delete_group(scope.application_name, scope.application_group_name)
            case "application":
                cloud.oos.delete_application(removal.id)
            case "objects":
                self._delete_objects(removal)
            case "bucket":
                return self._delete_bucket(removal.id)
        return True

    def _leave_instance(self, removal: Removal, uninstall: Callable[[InstanceFacts], None]) -> None:
        try:
            instance = self._cloud.ecs.get_instance(removal.id)
        except InstanceNotFound:
            return
        if not self._scope.keep_instance:
            uninstall(instance)
        name, group = self._scope.application_name, self._scope.application_group_name
        made_here = is_made_for(dict(instance.tags), name, group)
        keys = (*member_tags(name, group), *(group_tags(name, group) if made_here else ()))
        self._cloud.ecs.untag_instances((removal.id,), keys)
        self._emit(ResourceChanged(kind="instance", id=removal.id, change="changed", detail="tags removed"))

    def _delete_instance(self, instance_id: str) -> None:
        self._patiently(
            Removal(kind="instance", id=instance_id, detail=""), lambda: self._cloud.ecs.delete_instance(instance_id)
        )
        wait_until(
            lambda: self._cloud.ecs.list_instances(instance_ids=(instance_id,)),
            lambda found: not found,
            Wait(what=f"the release of instance {instance_id}", timeout_seconds=BUSY_TIMEOUT_SECONDS),
            status=lambda found: found[0].status if found else "released",
            clock=self._cloud.session.clock,
        )

    def _delete_bucket(self, bucket_name: str) -> bool:
        """False when somebody put something into it meanwhile: it stays theirs."""
        try:
            self._cloud.oss.delete_bucket(bucket_name)
        except DeployerError as error:
            if error.facts.get("api_code") == "NoSuchBucket":
                return True
            if error.facts.get("api_code") != "BucketNotEmpty":
                raise
            message = f"the bucket {bucket_name} stays: somebody put something into it meanwhile"
            self._emit(WarningRaised(code="delete.bucket_in_use", message=message))
            return False
        return True

    def _delete_objects(self, removal: Removal) -> None:
        bucket_name = removal.id.removeprefix("oss://").partition("/")[0]
        prefix = _names(self._scope).prefix
        self._cloud.oss.delete_objects(bucket_name, self._cloud.oss.list_object_names(bucket_name, prefix))

    def _patiently(self, removal: Removal, delete: Callable[[], None]) -> None:
        """Delete, again and again while something that is just going away is still counted as inside."""
        what = f"{removal.kind} {removal.id}"

        def attempt() -> str:
            try:
                delete()
            except DeployerError as error:
                api_code = str(error.facts.get("api_code", ""))
                if api_code.startswith(BUSY_CODES):
                    return api_code
                raise
            return "removed"

        wait_until(
            attempt,
            lambda status: status == "removed",
            Wait(what=what, timeout_seconds=BUSY_TIMEOUT_SECONDS),
            status=str,
            clock=self._cloud.session.clock,
            on_change=lambda status, elapsed: self._emit(
                WaitProgressed(what=what, status=status, elapsed_seconds=elapsed, timeout_seconds=BUSY_TIMEOUT_SECONDS)
            ),
        )


def _names(scope: DeleteScope) -> LedgerNames:
    return LedgerNames(application_name=scope.application_name, application_group_name=scope.application_group_name)
