"""Calls about many instances that answer for each of them: the call succeeds even when single instances fail."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.services.ecs.instances import Instance
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.refusals import invalid_parameter


def answer_each(
    state: EcsState, region_id: str, instance_ids: Sequence[str], change: Callable[[Instance], None]
) -> list[dict[str, Any]]:
    """One entry per id with InstanceId, Code (`200` when it went well), Message and Success."""
    results: list[dict[str, Any]] = []
    for instance_id in instance_ids:
        code, message = "200", "success"
        try:
            change(state.get_instance(instance_id, region_id))
        except ApiError as error:
            if error.status == 501:
                raise
            code, message = error.code, error.message
        results.append({"InstanceId": instance_id, "Code": code, "Message": message, "Success": code == "200"})
    return results


def read_ids(params: Mapping[str, Any], name: str, at_most: int) -> list[str] | None:
    """A JSON array of texts, parsed already or not; None when it was not given. Errors: 400 InvalidParameter."""
    given = params.get(name)
    if given is None:
        return None
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise invalid_parameter(name) from error
    if not isinstance(given, list) or len(given) > at_most:
        raise invalid_parameter(name)
    return [str(item) for item in given]
