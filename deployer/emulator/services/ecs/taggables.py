"""Which things of ECS itself carry tags, and where those are."""

from collections.abc import Callable, Mapping
from typing import Protocol

from deployer.emulator.services.ecs.state import EcsState, Taggable


class Tagged(Protocol):
    """A thing with tags, in one region."""

    tags: dict[str, str]

    @property
    def region_id(self) -> str: ...


def add_taggables(state: EcsState) -> None:
    """Let TagResources and its siblings serve what the ECS state keeps."""
    state.add_taggable(
        "instance",
        Taggable(
            find=lambda instance_id, region_id: _tags(state.find_instance(instance_id, region_id)),
            every=lambda region_id: {one.instance_id: one.tags for one in state.instances(region_id)},
        ),
    )
    state.add_taggable("disk", kept_in(lambda: state.disks))
    state.add_taggable("keypair", kept_in(lambda: {pair.key_pair_id: pair for pair in state.key_pairs.values()}))
    state.add_taggable("launchtemplate", kept_in(lambda: state.launch_templates))
    state.add_taggable("snapshot", kept_in(lambda: state.snapshots))
    state.add_taggable("image", kept_in(lambda: state.own_images))
    state.add_taggable("securitygroup", kept_in(lambda: state.security_groups))
    state.add_taggable(
        "eni",
        Taggable(
            find=lambda key, region_id: _interfaces(state, region_id).get(key),
            every=lambda region_id: _interfaces(state, region_id),
        ),
    )


def kept_in(kept: Callable[[], Mapping[str, Tagged]]) -> Taggable:
    """The tags of what a mapping by id keeps."""

    def every(region_id: str) -> dict[str, dict[str, str]]:
        return {key: one.tags for key, one in kept().items() if one.region_id == region_id}

    return Taggable(find=lambda key, region_id: every(region_id).get(key), every=every)


def _interfaces(state: EcsState, region_id: str) -> dict[str, dict[str, str]]:
    primary = {owner.network_interface_id: owner.interface_tags for owner in state.every_interface(region_id)}
    return primary | {key: one.tags for key, one in state.interfaces.items() if one.region_id == region_id}


def _tags(found: Tagged | None) -> dict[str, str] | None:
    return found.tags if found is not None else None
