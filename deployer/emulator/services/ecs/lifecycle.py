"""How an instance moves from state to state, and the machine below with it. Each move has one method here."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from deployer.emulator.actions import ApiError
from deployer.emulator.context import Context
from deployer.emulator.machines.base import CommandSpec, MachineError, MachineSpec
from deployer.emulator.services.ecs.instances import Instance, InstanceStatus


class Registry(Protocol):
    """Where instances are kept, as their life cycle sees it."""

    def forget_instance(self, instance: Instance) -> None:
        """No call finds the instance any more."""
        ...

    def free_interface(self, instance: Instance) -> None:
        """Its network interface, addresses and disks are gone."""
        ...

    def assign_public_ip(self, instance: Instance) -> None: ...

    def release_public_ip(self, instance: Instance) -> None: ...


class Lifecycle:
    """Moves instances. A move that was overtaken by another one does nothing when its time comes."""

    def __init__(self, context: Context, registry: Registry) -> None:
        self._context = context
        self._registry = registry

    def launch(self, instance: Instance, *, start: bool) -> None:
        """Pending at once; then Starting and Running, or Stopped when it is not to be started.

        Source: https://www.alibabacloud.com/help/en/ecs/user-guide/overview-of-instance-states
        """
        instance.status = InstanceStatus.PENDING
        assumptions = self._context.assumptions
        if start:
            self._later(instance, assumptions.instance_pending_seconds, self._start_now)
        else:
            self._later(instance, assumptions.created_pending_seconds, self._rest)
        self.release_at(instance, instance.auto_release_at)

    def start(self, instance: Instance) -> None:
        """Starting at once, Running a moment later. Errors: 403 IncorrectInstanceStatus unless it is Stopped."""
        self.require(instance, InstanceStatus.STOPPED)
        if instance.stopped_mode == "StopCharging" and instance.internet_max_bandwidth_out > 0 and not instance.eip:
            self._registry.assign_public_ip(instance)
        self._start_now(instance)

    def stop(self, instance: Instance, *, stopped_mode: str) -> None:
        """Stopping at once, Stopped a moment later. Errors: 403 IncorrectInstanceStatus unless it is Running."""
        self.require(instance, InstanceStatus.RUNNING)
        instance.status = InstanceStatus.STOPPING
        instance.running_since = None

        def finish(stopped: Instance) -> None:
            self._power_off(stopped)
            stopped.status, stopped.stopped_mode = InstanceStatus.STOPPED, stopped_mode
            if stopped_mode == "StopCharging":
                self._registry.release_public_ip(stopped)

        self._later(instance, self._context.assumptions.instance_stopping_seconds, finish)

    def reboot(self, instance: Instance) -> None:
        """Its processes end at once; Starting, then Running. Errors: 403 IncorrectInstanceStatus unless Running."""
        self.require(instance, InstanceStatus.RUNNING)
        self._power_off(instance)
        self._start_now(instance)

    def release(self, instance: Instance) -> None:
        """Power cut; still listed for a moment; its network interface disappears a moment after that."""
        if instance.releasing:
            return
        instance.releasing = True
        instance.status = (
            InstanceStatus.STOPPED if instance.status is InstanceStatus.STOPPED else InstanceStatus.STOPPING
        )
        instance.machine, instance.running_since = None, None
        self._context.driver.destroy(instance.instance_id)
        self._later(instance, self._context.assumptions.instance_delete_seconds, self._disappear)

    def release_at(self, instance: Instance, moment: datetime | None) -> None:
        """Let the instance release itself at that moment, or not at all; an earlier wish no longer counts."""
        instance.auto_release_at = moment
        if moment is not None:
            seconds = (moment - self._context.clock.now()).total_seconds()
            self._context.scheduler.after(seconds, lambda: self._release_in_time(instance))

    def settle(self, instance: Instance) -> None:
        """Notice a machine that went down by itself: its instance is Stopped from now on."""
        if instance.status is InstanceStatus.RUNNING and instance.machine is not None and not instance.machine.alive:
            instance.plan_number += 1
            instance.machine, instance.running_since = None, None
            instance.status, instance.stopped_mode = InstanceStatus.STOPPED, "KeepCharging"

    def require(self, instance: Instance, *statuses: InstanceStatus) -> None:
        """Raise unless the instance is in one of these states. Errors: 403 IncorrectInstanceStatus."""
        if instance.status not in statuses or instance.releasing:
            raise ApiError(
                403, "IncorrectInstanceStatus", "The current status of the resource does not support this operation."
            )

    def _start_now(self, instance: Instance) -> None:
        instance.status = InstanceStatus.STARTING
        instance.stopped_mode = "Not-applicable"
        instance.started_at = self._context.clock.now()
        self._later(instance, self._context.assumptions.instance_starting_seconds, self._run)

    def _rest(self, instance: Instance) -> None:
        instance.status, instance.stopped_mode = InstanceStatus.STOPPED, "KeepCharging"

    def _run(self, instance: Instance) -> None:
        instance.status = InstanceStatus.RUNNING
        instance.running_since = self._context.clock.monotonic()
        instance.boot_error = None
        spec = MachineSpec(
            instance_id=instance.instance_id,
            hostname=instance.hostname,
            private_ip=instance.private_ip,
            os_name=instance.image.os_name,
        )
        try:
            instance.machine = self._context.driver.boot(spec)
            self._run_user_data(instance)
        except (MachineError, OSError) as error:
            # As in the cloud: an instance whose system does not come up is Running, and its agent never answers.
            instance.boot_error = str(error)

    def _run_user_data(self, instance: Instance) -> None:
        """The script given as UserData runs once, as root, at the first boot.

        Source: https://www.alibabacloud.com/help/en/ecs/user-guide/customize-the-initialization-configuration-for-an-instance
        """
        first_boot, instance.booted_before = not instance.booted_before, True
        if first_boot and instance.user_data and instance.machine is not None:
            script = CommandSpec(command_id="user-data", content=instance.user_data, timeout_seconds=3600)
            instance.machine.start_command(script)

    def _power_off(self, instance: Instance) -> None:
        machine, instance.machine, instance.running_since = instance.machine, None, None
        if machine is not None:
            machine.power_off()

    def _disappear(self, instance: Instance) -> None:
        self._registry.forget_instance(instance)
        self._context.scheduler.after(
            self._context.assumptions.release_lag_seconds, lambda: self._registry.free_interface(instance)
        )

    def _release_in_time(self, instance: Instance) -> None:
        if instance.auto_release_at is not None and self._context.clock.now() >= instance.auto_release_at:
            self.release(instance)

    def _later(self, instance: Instance, seconds: float, move: Callable[[Instance], None]) -> None:
        """Let `move` happen after that time, unless another move was planned by then."""
        instance.plan_number += 1
        planned = instance.plan_number
        self._context.scheduler.after(seconds, lambda: move(instance) if instance.plan_number == planned else None)
