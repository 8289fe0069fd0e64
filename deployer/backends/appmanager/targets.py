"""The instances a release of the CLI goes to; those it made are marked as made here, so that `delete` knows them."""

from deployer.backends.appmanager.answers import CliGroup
from deployer.backends.sdk.run import DeployRun
from deployer.backends.sdk.tags import instance_tags
from deployer.cloud.cloud import Cloud
from deployer.errors.access import PermissionDenied
from deployer.events import WarningRaised
from deployer.models.config import ExistingInstance
from deployer.models.plan import InstanceFacts, Plan
from deployer.models.release import Target


class TargetFinder:
    """Finds the instances of one plan's group, and remembers which of them it has noted already."""

    def __init__(self, cloud: Cloud, plan: Plan, run: DeployRun) -> None:
        self._cloud = cloud
        self._plan = plan
        self._run = run
        self._known = {one.instance_id for one in plan.observed.instances}
        self._created: set[str] = set()

    def find(self, group: CliGroup | None) -> tuple[Target, ...]:
        """Every instance the CLI names, not only the first; the one of the configuration where it names none yet."""
        wanted = self._plan.config.instance
        own = (wanted.instance_id,) if isinstance(wanted, ExistingInstance) else ()
        instance_ids = (group.instance_ids if group is not None else ()) or own
        facts = self._facts(instance_ids)
        for instance_id in instance_ids:
            if instance_id not in self._known:
                self._note_created(instance_id)
        return tuple(self._target(one, facts.get(one), group) for one in instance_ids)

    def _facts(self, instance_ids: tuple[str, ...]) -> dict[str, InstanceFacts]:
        if not instance_ids:
            return {}
        try:
            return {one.instance_id: one for one in self._cloud.ecs.list_instances(instance_ids=instance_ids)}
        except PermissionDenied:
            return {}  # the CLI's answer has ids and addresses

    def _note_created(self, instance_id: str) -> None:
        self._known.add(instance_id)
        self._created.add(instance_id)
        self._run.created("instance", instance_id, "by the CLI")
        config = self._plan.config
        tags = instance_tags(config.application_name, config.application_group_name, self._run.deploy_id)

        def tag(_token: str) -> str:
            self._cloud.ecs.tag_instances((instance_id,), tags)
            return instance_id

        try:
            self._run.change("TagResources", "instance_id", tag, instance=instance_id)
        except PermissionDenied as error:
            message = f"{error.message}: `delete` will not know that {instance_id} was made by this deploy"
            self._run.emit(WarningRaised(code="appmanager.not_marked", message=message))

    def _target(self, instance_id: str, facts: InstanceFacts | None, group: CliGroup | None) -> Target:
        public_ips = group.public_ips if group is not None and len(group.instance_ids) == 1 else ()
        return Target(
            instance_id=instance_id,
            instance_name=facts.instance_name if facts else "",
            deploy_region_id=self._plan.config.deploy_region_id,
            public_ip=(facts.public_ip if facts else None) or next(iter(public_ips), None),
            private_ip=facts.private_ip if facts else None,
            created=instance_id in self._created,
        )
