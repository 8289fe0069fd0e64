"""`ACS::SelectTargets`: the instances that targets name, as DescribeInstances answers them.

A target is `{"Type": "ResourceIds", "ResourceIds": [...]}`, `{"Type": "Tags", "Tags": [{"Key", "Value"}]}`, a resource
group, or all of a region, each with an optional `RegionId` and further `Parameters` of DescribeInstances.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deployer.oos.effects import Effect
from deployer.oos.execution import TaskRun
from deployer.oos.failures import ApiFailure, TaskFailure
from deployer.oos.polling import call_service, select_outputs
from deployer.oos.scope import Frame
from deployer.oos.template import Task

if TYPE_CHECKING:
    from deployer.oos.runner import Runner

_INSTANCE = "aliyun::ecs::instance"
# Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinstances
_IDS_IN_ONE_CALL = 100


def select_targets(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """Every instance that one of the filters names, once. Ids that do not exist are left out.

    Errors: TaskFailure, also for resources that are no ECS instances: those are of services that are not here.
    """
    run.properties = properties = frame.scope.evaluate(dict(task.properties))
    yield from ()
    resource_type = str(properties.get("ResourceType") or "ALIYUN::ECS::Instance")
    if resource_type.casefold() != _INSTANCE:
        raise TaskFailure(f"targets of type {resource_type} cannot be selected here")
    found: dict[str, Any] = {}
    for parameters in _queries(properties, runner.execution.region_id):
        try:
            body = call_service(runner.host, {"Service": "ECS", "API": "DescribeInstances", "Parameters": parameters})
        except ApiFailure as failure:
            raise TaskFailure(f"{failure.code}: {failure.message}") from None
        for instance in body["Instances"]["Instance"]:
            found.setdefault(instance["InstanceId"], instance)
    answer = {"Instances": {"Instance": list(found.values())}, "TotalCount": len(found)}
    run.outputs = select_outputs(task, frame.scope, answer)
    return None


def _queries(properties: Mapping[str, Any], region_id: str) -> Iterator[dict[str, Any]]:
    """The parameters of each DescribeInstances call."""
    filters = properties.get("Filters")
    for entry in filters if isinstance(filters, list) else [filters]:
        target = _target(entry)
        region = target.get("RegionId") or properties.get("RegionId") or region_id
        further = target.get("Parameters") or {}
        if not isinstance(further, Mapping):
            raise TaskFailure("the Parameters of a target must be a map")
        common = {**further, "RegionId": region, "MaxResults": _IDS_IN_ONE_CALL}
        if "ResourceIds" in target:
            ids = target["ResourceIds"]
            if not isinstance(ids, list):
                raise TaskFailure("the ResourceIds of a target must be a list")
            for start in range(0, len(ids), _IDS_IN_ONE_CALL):
                yield {**common, "InstanceIds": ids[start : start + _IDS_IN_ONE_CALL]}
        elif target.get("Tags"):
            yield {**common, "Tags": target["Tags"]}
        elif target.get("ResourceGroupId"):
            yield {**common, "ResourceGroupId": target["ResourceGroupId"]}
        elif str(target.get("Type", "")).casefold() == "all" or further:
            yield common
        else:
            raise TaskFailure(f"a target names no instances: {json.dumps(target, ensure_ascii=False)}")


def _target(entry: Any) -> Mapping[str, Any]:
    """One filter; it may be a map, or the map as JSON text.

    Errors: TaskFailure.
    """
    if isinstance(entry, str):
        try:
            entry = json.loads(entry)
        except ValueError:
            raise TaskFailure(f"{entry!r} is no target") from None
    if not isinstance(entry, Mapping):
        raise TaskFailure("a target must be a map")
    return entry
