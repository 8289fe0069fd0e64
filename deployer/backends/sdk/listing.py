"""Applications, their groups, and what is known of one of them. Only reads."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from deployer.backends.base import GroupStatus, GroupSummary, PastRelease
from deployer.backends.console import console_urls
from deployer.backends.sdk.bucket import find_bucket_name
from deployer.backends.sdk.tags import member_tags
from deployer.cloud.cloud import Cloud
from deployer.cloud.oos import ApplicationGroup
from deployer.errors.cloud import GroupNotFound, ReleaseNotFound
from deployer.ledger.names import LedgerNames
from deployer.ledger.records import ReleaseHistory, ReleaseRecord
from deployer.models.plan import InstanceFacts

RELEASES_SHOWN = 10


def list_groups(cloud: Cloud, application_name: str | None) -> Sequence[GroupSummary]:
    """Every group of the application (of all applications without one), by name."""
    names = (application_name,) if application_name else cloud.oos.list_application_names()
    regions = RegionClouds(cloud)
    summaries = [_summarize(regions, group) for name in names for group in _groups_of(cloud, name)]
    return tuple(sorted(summaries, key=lambda one: (one.application_name, one.application_group_name)))


def _groups_of(cloud: Cloud, application_name: str) -> tuple[ApplicationGroup, ...]:
    if not cloud.oos.application_exists(application_name):
        raise GroupNotFound(application_name, None, cloud.oos.list_application_names())
    return cloud.oos.list_groups(application_name)


class RegionClouds:
    """The clients and the bucket of each region that a list touches, looked for once."""

    def __init__(self, cloud: Cloud) -> None:
        self._clouds = {cloud.region_id: cloud}
        self._buckets: dict[str, str | None] = {}
        self._session = cloud.session

    def cloud(self, region_id: str) -> Cloud:
        return self._clouds.setdefault(region_id, Cloud(self._session, region_id))

    def bucket_name(self, region_id: str) -> str | None:
        if region_id not in self._buckets:
            self._buckets[region_id] = _own_bucket_name(self.cloud(region_id))
        return self._buckets[region_id]


def _summarize(regions: RegionClouds, group: ApplicationGroup) -> GroupSummary:
    """The group with its instances and its newest release, from the cloud of its own region."""
    cloud = regions.cloud(group.deploy_region_id)
    instances = cloud.ecs.list_instances(tags=member_tags(group.application_name, group.name))
    history = _history(cloud, regions.bucket_name(group.deploy_region_id), group.application_name, group.name)
    return _summary(group, instances, history.find_newest() if history else None)


def _summary(
    group: ApplicationGroup, instances: tuple[InstanceFacts, ...], record: ReleaseRecord | None
) -> GroupSummary:
    status = {"good": "Released", "failed": "ReleaseFailed", "started": "Releasing"}.get(
        record.status if record else "", group.status
    )
    return GroupSummary(
        application_name=group.application_name,
        application_group_name=group.name,
        deploy_region_id=group.deploy_region_id,
        status=status,
        instance_ids=tuple(one.instance_id for one in instances),
        public_ips=tuple(one.public_ip for one in instances if one.public_ip),
        release_id=record.release_id if record else None,
        updated_at=(record.finished_at or record.started_at) if record else group.updated_at,
    )


def find_history(cloud: Cloud, application_name: str, group_name: str) -> ReleaseHistory | None:
    """The group's release records; None while the account has no bucket of ours."""
    return _history(cloud, _own_bucket_name(cloud), application_name, group_name)


def _own_bucket_name(cloud: Cloud) -> str | None:
    return find_bucket_name(cloud.oss, cloud.sts.get_identity().account_id)


def _history(cloud: Cloud, bucket_name: str | None, application_name: str, group_name: str) -> ReleaseHistory | None:
    if bucket_name is None:
        return None
    names = LedgerNames(application_name=application_name, application_group_name=group_name)
    return ReleaseHistory(cloud.oss, bucket_name, names)


def get_past_release(cloud: Cloud, application_name: str, group_name: str, release_id: str) -> PastRelease:
    """Errors: ReleaseNotFound."""
    history = find_history(cloud, application_name, group_name)
    record = history.find(release_id) if history else None
    if record is None:
        raise ReleaseNotFound(release_id, history.list_ids() if history else ())
    return past_release(record)


def past_release(record: ReleaseRecord) -> PastRelease:
    """What a record says that is needed to release the same again."""
    return PastRelease(
        release_id=record.release_id,
        artifact_sha256=record.artifact_sha256,
        artifact_bytes=record.artifact_bytes,
        start_sha256=record.start_sha256,
        stop_sha256=record.stop_sha256,
        settings_sha256=record.settings_sha256,
        port=record.port,
        health_path=record.health_path,
    )


def get_status(cloud: Cloud, application_name: str, group_name: str) -> GroupStatus:
    """Everything known of the group. Errors: GroupNotFound listing what exists."""
    group = cloud.oos.find_group(application_name, group_name)
    if group is None:
        raise GroupNotFound(application_name, group_name, _existing(cloud, application_name))
    instances = cloud.ecs.list_instances(tags=member_tags(application_name, group_name))
    history = find_history(cloud, application_name, group_name)
    records: list[ReleaseRecord] = []
    for release_id in history.list_ids()[:RELEASES_SHOWN] if history else ():
        record = history.find(release_id) if history else None
        if record is not None:
            records.append(record)
    newest = records[0] if records else None
    return GroupStatus(
        summary=_summary(group, instances, newest),
        instances=instances,
        releases=tuple(_shown(record) for record in records),
        execution_id=newest.execution_id if newest else group.execution_id,
        execution_log=_messages(newest) if newest else "",
        console_urls=console_urls(application_name, group_name, newest.status if newest else "", cloud.region_id),
    )


def _messages(record: ReleaseRecord) -> str:
    """What the runner said on each instance, a line each; instances it said nothing on are left out."""
    said = {name: one.get("message") for name, one in record.evidence.items() if isinstance(one, dict)}
    return "\n".join(f"{instance_id}: {message}" for instance_id, message in said.items() if message)


def _existing(cloud: Cloud, application_name: str) -> tuple[str, ...]:
    if cloud.oos.application_exists(application_name):
        return tuple(f"{application_name}/{one.name}" for one in cloud.oos.list_groups(application_name))
    return cloud.oos.list_application_names()


def _shown(record: ReleaseRecord) -> dict[str, Any]:
    value = asdict(record)
    value["instance_ids"] = list(record.instance_ids)
    return value
