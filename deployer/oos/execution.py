"""The state of an execution and of its tasks while they run; the interpreter writes it, others read it.

Source of the statuses: https://help.aliyun.com/document_detail/122212.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from deployer.oos.effects import Process, Signal
from deployer.oos.template import Template


class Status(str, Enum):
    """Statuses of executions and of task executions; the last three (and Skipped) are final."""

    STARTED = "Started"
    QUEUED = "Queued"
    PENDING = "Pending"
    RUNNING = "Running"
    WAITING = "Waiting"
    SUCCESS = "Success"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    SKIPPED = "Skipped"

    @property
    def is_final(self) -> bool:
        return self in {Status.SUCCESS, Status.FAILED, Status.CANCELLED, Status.SKIPPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What somebody told a waiting execution: `NotifyExecution`."""

    notify_type: str
    task_name: str = ""
    task_execution_ids: tuple[str, ...] = ()
    loop_item: str = ""
    execution_status: str = ""
    note: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)  # what a trigger was told


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of an execution's log."""

    at: datetime
    message: str
    task_execution_id: str = ""
    log_type: str = "System"


@dataclass(slots=True, kw_only=True)
class TaskRun:
    """One run of one task, or of one item of a looped one (then with `parent_id`)."""

    task_execution_id: str
    name: str
    action: str
    created_at: datetime
    status: Status = Status.PENDING
    status_message: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    properties: Any = None
    outputs: dict[str, Any] = field(default_factory=dict)
    parent_id: str = ""
    loop_item: Any = None
    loop_batch_number: int | None = None
    loop: dict[str, Any] | None = None
    child_execution_id: str = ""
    invoke_id: str = ""  # of the Cloud Assistant invocation the task made
    child_outputs: Mapping[str, Any] | None = None
    extra_data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Waiter:
    """A task that waits for one of some notifications."""

    run: TaskRun
    kinds: frozenset[str]
    reason: str
    parts: tuple[TaskRun, ...] = ()  # items of a loop that can be named in its stead
    names: frozenset[str] = frozenset()  # tasks beside its own that can be named, folded
    answer: Notification | None = None

    def wants(self, notification: Notification) -> bool:
        ids, name, item = notification.task_execution_ids, notification.task_name, notification.loop_item
        runs = (self.run, *self.parts)
        return (
            notification.notify_type in self.kinds
            and (not ids or any(run.task_execution_id in ids for run in runs))
            and (not name or name.casefold() in {self.run.name.casefold(), *self.names})
            and (not item or any(str(run.loop_item) == item for run in runs))
        )


@dataclass(slots=True, kw_only=True)
class Execution:
    """One run of a template. `changed` fires whenever its status may have changed."""

    execution_id: str
    template: Template
    parameters: Mapping[str, Any]
    region_id: str
    account_id: str
    created_at: datetime
    execute_user: str = ""
    template_name: str = ""
    template_version: str = ""
    mode: str = "Automatic"
    loop_mode: str = "Automatic"
    safety_check: str = "Skip"
    parent_execution_id: str = ""
    trigger_outputs: Mapping[str, Any] | None = None  # set in what a trigger started: it skips the trigger
    next_trigger_at: datetime | None = None  # when the timer it waits for fires
    ram_role: str = ""
    status: Status = Status.STARTED
    status_message: str = ""
    status_reason: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)  # texts nobody is to be shown; shared with child executions
    task_runs: list[TaskRun] = field(default_factory=list)
    logs: list[LogLine] = field(default_factory=list)
    waiters: list[Waiter] = field(default_factory=list)
    children: "list[Execution]" = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    changed: Signal = field(default_factory=Signal)

    @property
    def waits(self) -> bool:
        """Whether a task waits for somebody, here or in a child execution."""
        return bool(self.waiters) or any(child.status is Status.WAITING for child in self.children)

    @property
    def waiting_reason(self) -> str:
        """What the first waiting task waits for; empty when none waits."""
        if self.waiters:
            return self.waiters[0].reason
        return next((child.waiting_reason for child in self.children if child.status is Status.WAITING), "")

    @property
    def triggered(self) -> "list[Execution]":
        """What its trigger has started so far."""
        return [child for child in self.children if child.trigger_outputs is not None]

    @property
    def current_runs(self) -> list[TaskRun]:
        """Tasks under way, without the items of loops."""
        return [run for run in self.task_runs if not run.parent_id and run.started_at and not run.status.is_final]

    def new_child(
        self,
        template: Template,
        parameters: Mapping[str, Any],
        *,
        created_at: datetime,
        template_name: str,
        template_version: str,
    ) -> "Execution":
        """A child execution, known to this one, that inherits who and where it is."""
        child = Execution(
            execution_id=f"{self.execution_id}.{len(self.children) + 1:04d}",
            template=template,
            parameters=parameters,
            region_id=self.region_id,
            account_id=self.account_id,
            created_at=created_at,
            execute_user=self.execute_user,
            template_name=template_name,
            template_version=template_version,
            safety_check=self.safety_check,
            parent_execution_id=self.execution_id,
            secrets=self.secrets,
        )
        self.children.append(child)
        return child

    def counters(self) -> dict[str, int]:
        """`{"Failed": 0, "Success": 1, "Total": 2}`: tasks by how they ended, over the tasks of the template."""
        ended = {run.name.casefold(): run.status for run in self.task_runs if not run.parent_id}
        return {
            "Failed": sum(status is Status.FAILED for status in ended.values()),
            "Success": sum(status is Status.SUCCESS for status in ended.values()),
            "Total": len(self.template.tasks),
        }

    def log(self, at: datetime, message: str, task_execution_id: str = "") -> None:
        self.logs.append(LogLine(at=at, message=message, task_execution_id=task_execution_id))

    def finish(self, at: datetime, status: Status, message: str = "") -> None:
        """The execution reaches its final status."""
        self.status, self.status_message = status, message
        self.ended_at = self.updated_at = at
        self.waiters.clear()
        self.log(at, f"Execution {status.value}" + (f": {message}" if message else ""))
        self.changed.fire()


def notify(execution: Execution, notification: Notification) -> bool:
    """Whether a task of the execution was waiting for the notification; it goes on now.

    Without a task named, every task that waits for this kind of notification is told, in child executions too.
    """
    told = [waiter for waiter in execution.waiters if waiter.answer is None and waiter.wants(notification)]
    for waiter in told:
        waiter.answer = notification
    if told:
        execution.changed.fire()
    waiting = [child for child in execution.children if child.status is Status.WAITING]
    told_children = [notify(child, notification) for child in waiting]
    return bool(told) or any(told_children)


def cancel(execution: Execution, at: datetime, message: str = "") -> None:
    """Stop an execution where it stands, with its child executions; what runs outside of OOS goes on.

    Source: https://help.aliyun.com/document_detail/120760.html
    """
    if execution.status.is_final:
        return
    for process in execution.processes:  # before the children, or their end would wake it once more
        process.stop()
    for run in execution.task_runs:
        if not run.status.is_final:
            run.status = Status.CANCELLED
            run.ended_at = run.updated_at = at
    for child in execution.children:
        cancel(child, at, message)
    execution.finish(at, Status.CANCELLED, message)
