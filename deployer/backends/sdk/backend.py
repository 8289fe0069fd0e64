"""The default backend: observe, price, provision, release and delete by the official SDKs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from deployer.backends.base import (
    Check,
    Content,
    DeleteScope,
    GroupStatus,
    GroupSummary,
    LogRequest,
    PastRelease,
    Removal,
    Settings,
)
from deployer.backends.sdk.checking import check_cloud, source_name
from deployer.backends.sdk.deleting import Remover, plan_removals
from deployer.backends.sdk.inspecting import Inspector
from deployer.backends.sdk.listing import (
    RegionClouds,
    find_history,
    get_past_release,
    get_status,
    list_groups,
    past_release,
)
from deployer.backends.sdk.observing import known_region, observe
from deployer.backends.sdk.provisioning import Provisioner
from deployer.backends.sdk.quoting import quote
from deployer.backends.sdk.releasing import Releaser
from deployer.backends.sdk.run import DeployRun, Intent, begin_deploy, begin_run
from deployer.backends.sdk.tags import member_tags
from deployer.backends.sdk.uploading import upload
from deployer.cloud.cloud import Cloud
from deployer.cloud.session import Session
from deployer.events import Emit
from deployer.ledger.names import LedgerNames
from deployer.models.config import DeployConfig
from deployer.models.package import Package
from deployer.models.plan import InstanceFacts, Observed, Plan, Quote
from deployer.models.release import Artifact, InstanceVerification, Release, Target


class SdkBackend:
    """Implements `Backend`. One per run; the region of the deploy is that of its `Cloud`."""

    name = "sdk"

    def __init__(self, settings: Settings) -> None:
        self._session: Session = settings.session
        self._cloud = Cloud(self._session, settings.deploy_region_id)
        self._run: DeployRun | None = None

    def check(self) -> Sequence[Check]:
        return check_cloud(self._cloud)

    def identify(self) -> str:
        identity = self._cloud.sts.get_identity()
        return f"{identity.arn} from {source_name(identity.source)}"

    def draft_config(self, values: Mapping[str, Any]) -> str | None:  # noqa: ARG002  (there is no such tool)
        return None

    def list_region_ids(self) -> Sequence[str]:
        return self._cloud.ecs.list_region_ids()

    def list_instances(self, deploy_region_id: str) -> Sequence[InstanceFacts]:
        cloud = RegionClouds(self._cloud).cloud(deploy_region_id)
        with known_region(cloud):
            return cloud.ecs.list_instances()

    def observe(self, config: DeployConfig, content: Content) -> Observed:
        with known_region(self._cloud):
            return observe(self._cloud, config, content)

    def quote(self, config: DeployConfig, observed: Observed, artifact_bytes: int) -> Quote:
        return quote(self._cloud, config, observed, artifact_bytes)

    @contextmanager
    def begin(self, plan: Plan, command: str, emit: Emit) -> Iterator[list[dict[str, str]]]:
        """Hold the group's lock and keep its journal while the block runs; gives the growing list of what was made."""
        with begin_deploy(self._cloud, plan, command, emit) as run:
            self._run = run
            try:
                yield run.made
            finally:
                self._run = None

    def _running(self) -> DeployRun:
        assert self._run is not None, "changes are made inside `begin`"
        return self._run

    def provision(self, plan: Plan) -> Sequence[Target]:
        provisioner = Provisioner(self._cloud, plan, self._running())
        for step in plan.steps:
            provisioner.carry_out(step)
        return provisioner.targets()

    def upload(self, plan: Plan, package: Package | None) -> Artifact:
        return upload(self._cloud.oss, plan, package, self._running())

    def release(self, plan: Plan, artifact: Artifact, targets: Sequence[Target]) -> Release:
        return Releaser(self._cloud, plan, self._running()).release(artifact, tuple(targets))

    def inspect(self, request: LogRequest) -> Sequence[InstanceVerification]:
        return Inspector(self._cloud).inspect(request)

    def list_groups(self, application_name: str | None) -> Sequence[GroupSummary]:
        return list_groups(self._cloud, application_name)

    def list_group_names(self, application_name: str) -> Sequence[str]:
        if not self._cloud.oos.application_exists(application_name):
            return ()
        return tuple(group.name for group in self._cloud.oos.list_groups(application_name))

    def is_leftover(self, application_name: str, group_name: str) -> bool:
        if self._cloud.ecs.list_instances(tags=member_tags(application_name, group_name)):
            return False
        history = find_history(self._cloud, application_name, group_name)
        return history is None or not history.list_ids()

    def find_newest_release(self, application_name: str, group_name: str) -> PastRelease | None:
        history = find_history(self._cloud, application_name, group_name)
        record = history.find_newest() if history else None
        return past_release(record) if record else None

    def get_release(self, application_name: str, group_name: str, release_id: str) -> PastRelease:
        return get_past_release(self._cloud, application_name, group_name, release_id)

    def get_status(self, application_name: str, group_name: str) -> GroupStatus:
        return get_status(self._cloud, application_name, group_name)

    def plan_delete(self, scope: DeleteScope) -> Sequence[Removal]:
        return plan_removals(self._cloud, scope, self._cloud.sts.get_identity().account_id)

    def delete(self, scope: DeleteScope, removals: Sequence[Removal], emit: Emit) -> None:
        """Carry the removals out; the objects, and with them lock and journal, go last, then the bucket."""
        remover = Remover(self._cloud, scope, emit)
        inspector = Inspector(self._cloud)
        stored = [removal for removal in removals if removal.kind in {"objects", "bucket"}]
        bucket_name = next((one.id for one in stored if one.kind == "bucket"), None)
        names = LedgerNames(
            application_name=scope.application_name, application_group_name=scope.application_group_name
        )
        others = [removal for removal in removals if removal not in stored]
        if bucket_name is None:
            for removal in others:
                remover.remove(removal, lambda instance: inspector.uninstall(instance, scope.application_name))
            return
        account_id = self._cloud.sts.get_identity().account_id
        with begin_run(self._cloud, names, bucket_name, Intent(account_id=account_id, command="delete"), emit):
            for removal in others:
                remover.remove(removal, lambda instance: inspector.uninstall(instance, scope.application_name))
        for removal in stored:
            remover.remove(removal, lambda _instance: None)
