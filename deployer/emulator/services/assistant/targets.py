"""Which instances a call means, all of them fit for it."""

from collections.abc import Mapping, Sequence
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.services.ecs.instances import Instance
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.tagging import carries

_WINDOWS_TYPES = frozenset({"RunBatScript", "RunPowerShellScript"})


def find_targets(ecs_state: EcsState, instance_ids: Sequence[str], region_id: str, *, most: int) -> list[Instance]:
    """The instances of these ids, each once; one that is missing refuses all.

    Errors: 403 InstanceIds.ExceedLimit, 404 InvalidInstance.NotFound.
    """
    if len(instance_ids) > most:
        raise ApiError(403, "InstanceIds.ExceedLimit", "The number of instance IDs exceeds the upper limit.")
    found = [ecs_state.find_instance(instance_id, region_id) for instance_id in dict.fromkeys(instance_ids)]
    if None in found:
        raise ApiError(404, "InvalidInstance.NotFound", "The specified instances do not exist.")
    return [instance for instance in found if instance is not None]


def find_command_targets(
    ecs_state: EcsState, params: Mapping[str, Any], region_id: str, command_type: str
) -> list[Instance]:
    """The instances a command goes to, by InstanceId or by ResourceTag; one that is unfit refuses all.

    Errors: 400 MissingParam.InstanceId, InvalidResourceTag.ConflictWithInstanceIds,
    InvalidResourceTag.InstanceNotFound, InvalidInstance.NotMatch; those of `find_targets`.
    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand
    """
    instance_ids, wanted = params.get("InstanceId", []), params.get("ResourceTag", [])
    if instance_ids and wanted:
        raise ApiError(
            400,
            "InvalidResourceTag.ConflictWithInstanceIds",
            "The parameters ResourceTag and InstanceId cannot be specified at the same time.",
        )
    if wanted:
        instance_ids = [one.instance_id for one in ecs_state.instances(region_id) if carries(one.tags, wanted)]
        if not instance_ids:
            raise ApiError(
                400, "InvalidResourceTag.InstanceNotFound", "No instances are found by the specified resource tags."
            )
    if not instance_ids:
        raise ApiError(400, "MissingParam.InstanceId", "The parameter InstanceId is missing.")
    found = find_targets(ecs_state, instance_ids, region_id, most=100)
    if any((instance.os_type == "windows") != (command_type in _WINDOWS_TYPES) for instance in found):
        raise ApiError(
            400, "InvalidInstance.NotMatch", "The type of the command does not match the OS type of an instance."
        )
    return found
