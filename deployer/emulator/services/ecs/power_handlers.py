"""Start, stop, reboot and delete, one instance or many."""

from collections.abc import Callable, Sequence
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.instances import Instance, InstanceStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.ecs.stock import Supply
from deployer.emulator.services.refusals import invalid_parameter, refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region, region_asked

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_BATCH = 100
Change = Callable[[Instance], None]


class PowerActions:
    """The operations that move instances from state to state."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("StartInstance", source=_HELP + "startinstance")
    def start_instance(self, call: Call) -> Body:
        """Nothing; the instance is Starting."""
        return self._change_one(call, self._check_start, self._state.lifecycle.start)

    @action("StopInstance", source=_HELP + "stopinstance")
    def stop_instance(self, call: Call) -> Body:
        """Nothing; the instance is Stopping."""
        refuse_unsupported(call, "Hibernate")
        return self._change_one(call, self._check_stop, self._stop(call))

    @action("RebootInstance", source=_HELP + "rebootinstance")
    def reboot_instance(self, call: Call) -> Body:
        """Nothing; the instance is Starting, its processes are gone."""
        return self._change_one(call, self._check_stop, self._state.lifecycle.reboot)

    @action("DeleteInstance", source=_HELP + "deleteinstance")
    def delete_instance(self, call: Call) -> Body:
        """Nothing; the instance is on its way out."""
        return self._change_one(call, self._check_delete(call), self._state.lifecycle.release)

    @action("StartInstances", source=_HELP + "startinstances")
    def start_instances(self, call: Call) -> Body:
        """What became of each instance."""
        return self._change_many(call, self._check_start, self._state.lifecycle.start)

    @action("StopInstances", source=_HELP + "stopinstances")
    def stop_instances(self, call: Call) -> Body:
        """What became of each instance."""
        return self._change_many(call, self._check_stop, self._stop(call))

    @action("RebootInstances", source=_HELP + "rebootinstances")
    def reboot_instances(self, call: Call) -> Body:
        """What became of each instance."""
        return self._change_many(call, self._check_stop, self._state.lifecycle.reboot)

    @action("DeleteInstances", source=_HELP + "deleteinstances")
    def delete_instances(self, call: Call) -> Body:
        """Nothing; all instances are on their way out. One that cannot be deleted refuses the whole call."""
        return self._state.tokens.once(call, lambda: self._delete_many(call))

    def _change_one(self, call: Call, check: Change, change: Change) -> Body:
        instance = self._state.get_instance(call.params["InstanceId"], region_asked(call))
        check(instance)
        stop_dry_run(call)
        change(instance)
        return {}

    def _change_many(self, call: Call, check: Change, change: Change) -> Body:
        """AllTogether: one bad instance refuses the call; SuccessFirst: each gets its own answer.

        Source: aliyun-openapi-meta, StartInstances, BatchOptimization.
        """
        instances = self._get_batch(call)
        if call.params.get("BatchOptimization", "AllTogether") == "AllTogether":
            for instance in instances:
                check(instance)
        _stop_batch_dry_run(call)
        responses = [_answer_for(instance, check, change) for instance in instances]
        return {"InstanceResponses": {"InstanceResponse": responses}}

    def _delete_many(self, call: Call) -> Body:
        instances = self._get_batch(call)
        for instance in instances:
            self._check_delete(call)(instance)
        _stop_batch_dry_run(call)
        for instance in instances:
            self._state.lifecycle.release(instance)
        return {}

    def _get_batch(self, call: Call) -> Sequence[Instance]:
        """Errors: 403 InvalidParameter.TooManyInstanceIds, 404 InvalidInstanceIds.NotFound."""
        get_region(call.region_id)
        instance_ids = list(dict.fromkeys(call.params["InstanceId"]))
        if len(instance_ids) > _MAX_BATCH:
            raise ApiError(403, "InvalidParameter.TooManyInstanceIds", "At most 100 instances can be given.")
        if call.params.get("BatchOptimization", "AllTogether") not in {"AllTogether", "SuccessFirst"}:
            raise invalid_parameter("BatchOptimization")
        found = [self._state.find_instance(instance_id, call.region_id) for instance_id in instance_ids]
        instances = [instance for instance in found if instance is not None]
        if len(instances) < len(instance_ids):
            raise ApiError(404, "InvalidInstanceIds.NotFound", "The specified InstanceIds does not exist.")
        return instances

    def _check_start(self, instance: Instance) -> None:
        self._state.lifecycle.require(instance, InstanceStatus.STOPPED)
        supply = self._state.stock.supply(instance.region_id, instance.zone_id, instance.instance_type.instance_type_id)
        if instance.stopped_mode == "StopCharging" and supply is Supply.WITHOUT_STOCK:
            raise ApiError(403, "OperationDenied.NoStock", "The resource is out of usage.")

    def _check_stop(self, instance: Instance) -> None:
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING)

    def _stop(self, call: Call) -> Change:
        mode = call.params.get("StoppedMode", self._state.context.assumptions.default_stopped_mode)
        return lambda instance: self._state.lifecycle.stop(instance, stopped_mode=mode)

    def _check_delete(self, call: Call) -> Change:
        """Force works on a running instance, but never against deletion protection or right after creation.

        Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-deleteinstance
        """
        force = call.params.get("Force", False)

        def check(instance: Instance) -> None:
            if instance.deletion_protection:
                raise ApiError(
                    403,
                    "InvalidOperation.DeletionProtection",
                    "The operation is not allowed due to deletion protection.",
                )
            if instance.status is InstanceStatus.PENDING:
                raise ApiError(
                    403,
                    "IncorrectInstanceStatus.Initializing",
                    "The specified instance status does not support this operation: it is being initialized.",
                )
            if not force and not instance.releasing:
                self._state.lifecycle.require(instance, InstanceStatus.STOPPED)

        return check


def _answer_for(instance: Instance, check: Change, change: Change) -> dict[str, Any]:
    before = instance.status.value
    code, message = "200", "success"
    try:
        check(instance)
        change(instance)
    except ApiError as error:
        code, message = error.code, error.message
    return {
        "InstanceId": instance.instance_id,
        "PreviousStatus": before,
        "CurrentStatus": instance.status.value,
        "Code": code,
        "Message": message,
    }


def _stop_batch_dry_run(call: Call) -> None:
    """Batch calls say `DRYRUN.SUCCESS` where the others say `DryRunOperation`.

    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-deleteinstances
    """
    if call.params.get("DryRun"):
        raise ApiError(400, "DRYRUN.SUCCESS", "Request validation has been passed with DryRun flag set.")
