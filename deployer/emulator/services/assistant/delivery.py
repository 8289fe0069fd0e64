"""How an invocation reaches its instances and what becomes of it there.

A record moves on when somebody looks, and by itself while it runs, so that an end is noticed without anybody looking.
"""

import contextlib
import time
from functools import partial

from deployer.clock import VirtualClock
from deployer.emulator.actions import ApiError
from deployer.emulator.context import Context
from deployer.emulator.machines.base import CommandSpec, CommandState, Machine, MachineError
from deployer.emulator.services.assistant.agents import Agents
from deployer.emulator.services.assistant.builtins import BuiltIns, UnknownBuiltInError
from deployer.emulator.services.assistant.content import fill_in
from deployer.emulator.services.assistant.output import cut_output
from deployer.emulator.services.assistant.state import Invocation, Record
from deployer.emulator.services.assistant.statuses import InvocationStatus
from deployer.emulator.services.ecs.instances import Instance, InstanceStatus
from deployer.emulator.services.ecs.state import EcsState

# Exit codes by which a script asks for more.
# Source: https://github.com/aliyun/aliyun_assist_client (exit code 193 powers off, 194 reboots)
_POWER_OFF = 193
_REBOOT = 194
_TIMEOUT_EXIT_CODE = 1
_FIRST_LOOK_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
# In virtual time nothing passes while a real process works: a look waits this long of real time for it.
_PATIENCE_SECONDS = 0.25
_PATIENCE_STEP_SECONDS = 0.002

_EXPLANATIONS = {
    "ClientNotRunning": "the Cloud Assistant client is not running",
    "ClientNotResponse": "the Cloud Assistant client does not respond",
    "InstanceNotRunning": "the instance is not running",
    "InstanceReleased": "the instance has been released",
    "ExecutionTimeout": "the command execution has been timeout",
    "ExecutionInterrupted": "the command execution was interrupted",
    "ExitCodeNonzero": "the exit code of the command is not 0",
    "InvalidSystemBuiltInParameter": "the built-in parameter is invalid",
}


class Delivery:
    """Hands commands to machines and follows them."""

    def __init__(self, context: Context, ecs_state: EcsState, agents: Agents) -> None:
        self._context = context
        self._ecs_state = ecs_state
        self._built_ins = BuiltIns(context)
        self.agents = agents

    def dispatch(self, invocation: Invocation) -> None:
        """Let every record start in a moment; until then it is Pending."""
        for record in invocation.records.values():
            self._context.scheduler.after(
                self._context.assumptions.command_delivery_seconds, partial(self._start, invocation, record)
            )

    def look(self, invocation: Invocation) -> None:
        """Bring every record up to date."""
        for record in invocation.records.values():
            self._progress(invocation, record)
        if isinstance(self._context.clock, VirtualClock) and self._context.driver.info.name != "scripted":
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while time.monotonic() < deadline and any(found.running for found in invocation.records.values()):
                time.sleep(_PATIENCE_STEP_SECONDS)
                for record in invocation.records.values():
                    self._progress(invocation, record)

    def stop(self, invocation: Invocation, record: Record) -> None:
        """Cancelled when it has not begun; Stopping when it runs, Terminated a moment later; else nothing."""
        self._progress(invocation, record)
        now = self._context.clock.now()
        if record.status is InvocationStatus.PENDING:
            record.stopped_at = now
            self._end(record, InvocationStatus.CANCELLED)
        elif record.status is InvocationStatus.RUNNING and record.running is not None:
            record.status, record.stopped_at, record.updated_at = InvocationStatus.STOPPING, now, now
            record.stopping_until = self._context.clock.monotonic() + self._context.assumptions.command_stop_seconds
            record.running.stop(process_tree=invocation.termination_mode == "ProcessTree")

    def _start(self, invocation: Invocation, record: Record) -> None:
        if record.status is not InvocationStatus.PENDING:
            return
        instance = self._ecs_state.find_instance(record.instance_id, invocation.region_id)
        machine = instance.machine if instance is not None else None
        if instance is None:
            self._end(record, InvocationStatus.ABORTED, "InstanceReleased")
        elif instance.status is not InstanceStatus.RUNNING:
            self._end(record, InvocationStatus.ABORTED, "InstanceNotRunning")
        elif machine is None or not self.agents.answers(instance):
            self._end(record, InvocationStatus.ABORTED, "ClientNotRunning")
        else:
            self._run(invocation, record, instance, machine)

    def _run(self, invocation: Invocation, record: Record, instance: Instance, machine: Machine) -> None:
        try:
            command = CommandSpec(
                command_id=invocation.invoke_id,
                content=self._script_for(invocation, instance),
                working_dir=invocation.working_dir,
                username=invocation.username,
                timeout_seconds=float(invocation.timeout_seconds),
                kill_process_tree=invocation.termination_mode == "ProcessTree",
            )
            record.running = self.agents.start(instance, machine, command)
        except UnknownBuiltInError as error:
            self._end(record, InvocationStatus.INVALID, "InvalidSystemBuiltInParameter", str(error))
        except MachineError as error:
            self._end(record, InvocationStatus.ERROR, error.code, str(error))
        except OSError as error:
            self._end(record, InvocationStatus.ERROR, "ExecutionException", str(error))
        else:
            record.status = InvocationStatus.RUNNING
            record.repeats = 1
            record.started_at = record.updated_at = self._context.clock.now()
            record.deadline = self._context.clock.monotonic() + invocation.timeout_seconds
            self._look_later(invocation, record, _FIRST_LOOK_SECONDS)

    def _script_for(self, invocation: Invocation, instance: Instance) -> bytes:
        if not invocation.command.enable_parameter:
            return invocation.command.content
        return fill_in(
            invocation.command.content,
            invocation.parameters,
            lambda name: self._built_ins.value_of(name, invocation, instance),
        )

    def _look_later(self, invocation: Invocation, record: Record, pause: float) -> None:
        def look() -> None:
            self._progress(invocation, record)
            if record.running is not None:
                self._look_later(invocation, record, min(pause * 2, _LONGEST_PAUSE_SECONDS))

        self._context.scheduler.after(pause, look)

    def _progress(self, invocation: Invocation, record: Record) -> None:
        if record.running is None:
            return
        if self.agents.is_silent(record.instance_id):
            self._wait_for_word(record)
            return
        state = record.running.state()
        record.output, cut = cut_output(state.output, self._context.assumptions.command_output_head_bytes)
        record.dropped = cut + state.dropped_bytes
        now = self._context.clock.monotonic()
        if record.status is InvocationStatus.STOPPING:
            if not state.running and now >= record.stopping_until:
                self._end(record, InvocationStatus.TERMINATED)
        elif not state.running:
            self._conclude(invocation, record, state)
        elif now >= record.deadline:
            record.running.stop(process_tree=invocation.termination_mode == "ProcessTree")
            self._time_out(record)

    def _wait_for_word(self, record: Record) -> None:
        """Nothing is known of a command whose agent went silent, until its time is over."""
        if self._context.clock.monotonic() >= record.deadline:
            self._end(record, InvocationStatus.FAILED, "ClientNotResponse")

    def _conclude(self, invocation: Invocation, record: Record, state: CommandState) -> None:
        if state.timed_out:
            self._time_out(record)
        elif state.exit_code is None:
            instance = self._ecs_state.find_instance(record.instance_id, invocation.region_id)
            gone = "InstanceReleased" if instance is None else "ExecutionInterrupted"
            self._end(record, InvocationStatus.FAILED, gone)
        else:
            record.exit_code = state.exit_code
            succeeded = state.exit_code == 0
            self._end(
                record,
                InvocationStatus.SUCCESS if succeeded else InvocationStatus.FAILED,
                "" if succeeded else "ExitCodeNonzero",
            )
            self._obey(invocation, record, state.exit_code)

    def _time_out(self, record: Record) -> None:
        record.exit_code = _TIMEOUT_EXIT_CODE
        self._end(record, InvocationStatus.TIMEOUT, "ExecutionTimeout")

    def _obey(self, invocation: Invocation, record: Record, exit_code: int) -> None:
        instance = self._ecs_state.find_instance(record.instance_id, invocation.region_id)
        if instance is not None:
            with contextlib.suppress(ApiError):  # it may be on its way down already
                if exit_code == _POWER_OFF:
                    self._ecs_state.lifecycle.stop(instance, stopped_mode="KeepCharging")
                elif exit_code == _REBOOT:
                    self._ecs_state.lifecycle.reboot(instance)

    def _end(self, record: Record, status: InvocationStatus, error_code: str = "", error_info: str = "") -> None:
        record.running = None
        record.status = status
        record.error_code = error_code
        record.error_info = error_info or _EXPLANATIONS.get(error_code, "")
        record.finished_at = record.updated_at = self._context.clock.now()
