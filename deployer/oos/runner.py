"""Runs an execution: its tasks in list order, their conditions, jumps, loops and pauses, as steps driven from outside.

Source: https://help.aliyun.com/zh/oos/user-guide/task
"""

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, field
from typing import Any

from deployer.clock import Clock
from deployer.oos.actions import ACTIONS, ChildRequest, run_child
from deployer.oos.api_calls import CallApi, CallRest, DescribeApi, RestCall
from deployer.oos.effects import Effect, Spawn, Steps, Suspend, Wait
from deployer.oos.execution import Execution, Notification, Status, TaskRun, Waiter
from deployer.oos.failures import ExpressionError, TaskFailure
from deployer.oos.looping import ItemPool, ItemResult, aggregate, check_items, plan_loop
from deployer.oos.scope import Frame, ReadParameter, Scope
from deployer.oos.template import Task, Template
from deployer.oos.web import SendWebRequest, WebAnswer, WebRequest

_END, _NEXT = "acs::end", "acs::next"
_IN_DEBUG_MODE = frozenset({"ExecuteTask", "SkipTask", "CancelTask", "CompleteExecution"})
_AFTER_FAILURE = frozenset({"RetryTask", "SkipTask", "CancelTask", "CompleteExecution"})


class _Interrupted(Exception):
    """Somebody ended a task that waited for a decision about its failed items."""

    def __init__(self, answer: Notification) -> None:
        super().__init__(answer.notify_type)
        self.answer = answer


def _no_parameter_store(name: str, _is_secret: bool) -> str:  # noqa: FBT001  (the shape of ReadParameter)
    raise ExpressionError(f"there is no parameter `{name}` in the Parameter Store")


def _no_rest_calls(call: RestCall) -> dict[str, Any]:
    raise TaskFailure(f"{call.service} {call.api}: calls by URI and body cannot be made here")


def _no_web(request: WebRequest) -> WebAnswer:
    raise TaskFailure(f"{request.url} cannot be reached from here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What nobody published about how executions run; whoever runs them decides."""

    task_seconds: float = 0.0  # what starting a task takes
    failed_execution_has_outputs: bool = True  # whether Outputs are worked out although a task failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What the interpreter asks of whoever runs it.

    `find_template(name, version)` answers templates and cloud product actions alike (folded or not);
    `add_execution` is told of child executions; `send_message` sends what Notify and Approve tasks say and must not fail.
    """

    clock: Clock
    call_api: CallApi
    describe_api: DescribeApi = lambda _service, _api: None
    find_template: Callable[[str, str], Template | None] = lambda _name, _version: None
    read_parameter: ReadParameter = _no_parameter_store
    add_execution: Callable[[Execution], None] = lambda _execution: None
    call_rest: CallRest = _no_rest_calls
    send_web_request: SendWebRequest = _no_web
    send_message: Callable[[WebRequest], None] = lambda _request: None
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where the run goes after a task, and the failure it ends with, if it does."""

    jump: str
    failure: str | None = None


class Runner:
    """One execution being run. Drive `steps()`; read the `execution`."""

    def __init__(self, host: Host, execution: Execution) -> None:
        self.host = host
        self.execution = execution
        self._is_chosen = False  # whether somebody named the task that comes next

    def steps(self) -> Steps:
        """From Started to a final status."""
        execution = self.execution
        execution.status = Status.RUNNING
        execution.started_at = execution.updated_at = self.host.clock.now()
        execution.log(execution.started_at, "Execution Running")
        scope = Scope(execution, self.host.clock, self.host.read_parameter)
        try:
            execution.parameters = scope.fill_in_defaults()
            execution.secrets |= _hidden(execution)
            execution.ram_role = str(scope.evaluate(execution.template.ram_role) or "")
        except ExpressionError as error:
            execution.finish(self.host.clock.now(), Status.FAILED, str(error))
            return
        tasks = execution.template.tasks
        if execution.trigger_outputs is not None:
            scope.set_outputs(tasks[0], execution.trigger_outputs)
            tasks = tasks[1:]
        failure = yield from self.run_tasks(tasks, Frame(scope=scope))
        if failure is None or self.host.settings.failed_execution_has_outputs:
            try:
                execution.outputs = {n: scope.evaluate(o.value) for n, o in execution.template.outputs.items()}
            except ExpressionError as error:
                failure = failure or f"outputs: {error}"
        status = Status.SUCCESS if failure is None else Status.FAILED
        execution.finish(self.host.clock.now(), status, failure or "")

    def run_tasks(self, tasks: tuple[Task, ...], frame: Frame) -> Generator[Effect, Any, str | None]:
        """Run a list of tasks; the message of the failure that ended it, or None.

        After a jump the run goes on in list order from the task jumped to.
        Assumed: a failure that `OnError` sent elsewhere is forgotten when that path ends well.
        """
        places = {task.name.casefold(): index for index, task in enumerate(tasks)}
        index = 0
        while index < len(tasks):
            step = yield from self._run_task(tasks[index], frame)
            jump = step.jump.casefold()
            if jump == _END:
                return step.failure
            index = index + 1 if jump == _NEXT else places[jump]
        return None

    def _run_task(self, task: Task, frame: Frame) -> Generator[Effect, Any, Step]:
        run = self._new_run(task, frame)
        if self.execution.mode == "Debug" and frame.parent is None:
            elsewhere = yield from self._ask_what_is_next(task, run)
            if elsewhere is not None:
                return elsewhere
        try:
            if task.when is not None and not frame.scope.evaluator.is_true(task.when):
                self._end(run, Status.SKIPPED)
                return Step(jump=_NEXT)
        except ExpressionError as error:
            self._end(run, Status.FAILED, f"When: {error}")
            return self._after_failure(task, run)
        while True:
            try:
                jump = yield from self._try(task, frame, run)
            except _Interrupted as interrupted:
                return self._after_answer(task, run, interrupted.answer)
            if run.status is Status.SUCCESS:
                return Step(jump=jump or task.on_success)
            if not self._pauses_on_failure(frame):
                return self._after_failure(task, run)
            answer = yield from self.wait_for(run, _AFTER_FAILURE, "FailurePause", marks_run=False)
            if answer.notify_type != "RetryTask":
                return self._after_answer(task, run, answer)
            run = self._new_run(task, frame)

    def _ask_what_is_next(self, task: Task, run: TaskRun) -> Generator[Effect, Any, Step | None]:
        """Debug mode, before each task: None to run it, else where to go instead; any task can be named.

        Source: https://help.aliyun.com/document_detail/120777.html (ExecuteTask, TaskName)
        """
        if self._is_chosen:
            self._is_chosen = False
            return None
        names = frozenset(known.name.casefold() for known in self.execution.template.tasks)
        answer = yield from self.wait_for(run, _IN_DEBUG_MODE, "Debug", names=names)
        if answer.notify_type != "ExecuteTask":
            return self._after_answer(task, run, answer)
        if answer.task_name.casefold() in {"", task.name.casefold()}:
            return None
        self.execution.task_runs.remove(run)
        self._is_chosen = True
        return Step(jump=answer.task_name)

    def _try(self, task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
        """Run a task once; its run has its final status afterwards. Gives the task that a Choice chose."""
        self._begin(run)
        if self.host.settings.task_seconds:
            yield Wait(seconds=self.host.settings.task_seconds)
        try:
            if task.loop is not None:
                jump = None
                yield from self._run_loop(task, frame, run)
            else:
                jump = yield from self.perform(task, frame, run)
        except (TaskFailure, ExpressionError) as error:
            self._end(run, Status.FAILED, str(error))
            frame.scope.set_outputs(task, run.outputs)
            return None
        self._end(run, Status.SUCCESS)
        frame.scope.set_outputs(task, run.outputs)
        return jump

    def perform(self, task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
        """What the task's action does; outputs are left in the run.

        Errors: TaskFailure, ExpressionError.
        """
        action = ACTIONS.get(task.action_key)
        if action is not None:
            return (yield from action(self, task, frame, run))
        run.properties = frame.scope.evaluate(dict(task.properties))
        request = ChildRequest(template_name=task.action, parameters=run.properties)
        yield from run_child(self, task, frame, run, request)
        return None

    def _run_loop(self, task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, None]:
        loop = task.loop
        assert loop is not None
        items = check_items(frame.scope.evaluate(loop.items))
        rate_control = frame.scope.evaluate(loop.rate_control)
        run.loop = {"Items": items, "RateControl": rate_control}

        def body(item: Any, batch_number: int) -> Generator[Effect, Any, ItemResult]:
            inner = Frame(scope=frame.scope.inside_loop(item), parent=run, loop_item=item, batch_number=batch_number)
            item_run = self._new_run(task, inner)
            self._begin(item_run)
            try:
                yield from self.perform(task, inner, item_run)
            except (TaskFailure, ExpressionError) as error:
                self._end(item_run, Status.FAILED, str(error))
                return ItemResult(outputs=item_run.outputs, failure=str(error), run=item_run)
            self._end(item_run, Status.SUCCESS)
            return ItemResult(outputs={**(item_run.child_outputs or {}), **item_run.outputs}, run=item_run)

        pool = yield from self.run_pool(run, items, rate_control, body)
        wanted = {name: (name, "Fn::ListJoin") for name in task.outputs}
        wanted |= {output.name: (output.aggregate_field, output.aggregate_type) for output in loop.outputs.values()}
        run.outputs = {
            name: aggregate(kind, [_named(result, source) for result in pool.results])
            for name, (source, kind) in wanted.items()
        }
        if pool.has_failed:
            raise TaskFailure(pool.failure)

    def run_pool(
        self, run: TaskRun, items: list[Any], rate_control: Any, body: Any
    ) -> Generator[Effect, Any, ItemPool]:
        """Run `body` for each item under the rate control. In Debug mode items run one by one."""
        plan = plan_loop(
            rate_control, len(items), loop_mode=self.execution.loop_mode, one_by_one=self.execution.mode == "Debug"
        )
        pool = ItemPool(self, run, items, plan, body)
        yield from pool.run()
        while pool.has_failed and self.execution.mode == "FailurePause" and not run.parent_id:
            yield from self._decide(run, pool)
            yield from pool.run()
        return pool

    def _decide(self, run: TaskRun, pool: ItemPool) -> Generator[Effect, Any, None]:
        """Ask what becomes of the failed items.

        Assumed: a notification that names none of them means all; when it skips the loop itself, what is left is run.
        """
        answer = yield from self.wait_for(run, _AFTER_FAILURE, "FailurePause", parts=pool.failed_runs)
        if answer.notify_type == "RetryTask":
            pool.retry(answer)
        elif answer.notify_type == "SkipTask":
            pool.skip(answer)
        else:
            raise _Interrupted(answer)

    def _pauses_on_failure(self, frame: Frame) -> bool:
        return self.execution.mode == "FailurePause" and frame.parent is None

    def wait_for(
        self,
        run: TaskRun,
        kinds: Collection[str],
        reason: str,
        *,
        marks_run: bool = True,
        parts: tuple[TaskRun, ...] = (),
        names: frozenset[str] = frozenset(),
    ) -> Generator[Effect, Any, Notification]:
        """Wait until somebody notifies the execution; it is Waiting meanwhile."""
        execution = self.execution
        waiter = Waiter(run=run, kinds=frozenset(kinds), reason=reason, parts=parts, names=names)
        execution.waiters.append(waiter)
        before, run.status = run.status, Status.WAITING if marks_run else run.status
        execution.log(self.host.clock.now(), f"Waiting: {reason}", run.task_execution_id)
        self._show_whether_it_waits()
        while waiter.answer is None:
            yield Suspend(signal=execution.changed)
        execution.waiters.remove(waiter)
        run.status = before
        self._show_whether_it_waits()
        execution.log(self.host.clock.now(), f"Notified: {waiter.answer.notify_type}", run.task_execution_id)
        return waiter.answer

    def follow_child(self, run: TaskRun, child: Execution) -> Generator[Effect, Any, None]:
        """Start a child execution and wait until it has ended, however it does."""
        run.child_execution_id = child.execution_id
        self.host.add_execution(child)
        child.processes.append((yield Spawn(steps=Runner(self.host, child).steps())))
        while not child.status.is_final:
            run.status = Status.WAITING if child.status is Status.WAITING else Status.RUNNING
            self._show_whether_it_waits()
            yield Suspend(signal=child.changed)
        self._show_whether_it_waits()

    def _show_whether_it_waits(self) -> None:
        """Assumed: an execution is Waiting when a task of it waits, in a child execution or here."""
        before = self.execution.status
        self.execution.status = Status.WAITING if self.execution.waits else Status.RUNNING
        if self.execution.status is not before:
            self.execution.changed.fire()

    def ask_approval(self, run: TaskRun, reason: str) -> Generator[Effect, Any, None]:
        """Wait for Approve.

        Errors: TaskFailure, when it is Reject.
        """
        answer = yield from self.wait_for(run, {"Approve", "Reject"}, reason)
        if answer.notify_type == "Reject":
            raise TaskFailure(f"rejected ({reason})" + (f": {answer.note}" if answer.note else ""))

    def _after_failure(self, task: Task, run: TaskRun) -> Step:
        return Step(jump=task.on_error, failure=f"Task {task.name} failed: {run.status_message}")

    def _after_answer(self, task: Task, run: TaskRun, answer: Notification) -> Step:
        """Where to go after SkipTask, CancelTask or CompleteExecution."""
        if answer.notify_type == "SkipTask":
            self._end(run, Status.SKIPPED, run.status_message)
            return Step(jump=_NEXT)
        if answer.notify_type == "CompleteExecution" and answer.execution_status == Status.SUCCESS.value:
            return Step(jump=_END)
        if not run.status.is_final:
            self._end(run, Status.CANCELLED)
        return Step(jump=_END, failure=f"Task {task.name}: {answer.notify_type}")

    def _new_run(self, task: Task, frame: Frame) -> TaskRun:
        now = self.host.clock.now()
        run = TaskRun(
            task_execution_id=f"{self.execution.execution_id}.t{len(self.execution.task_runs) + 1:04d}",
            name=task.name,
            action=task.action,
            created_at=now,
            updated_at=now,
            parent_id=frame.parent.task_execution_id if frame.parent else "",
            loop_item=frame.loop_item,
            loop_batch_number=frame.batch_number,
        )
        self.execution.task_runs.append(run)
        return run

    def _begin(self, run: TaskRun) -> None:
        run.status = Status.RUNNING
        run.started_at = run.updated_at = self.execution.updated_at = self.host.clock.now()
        self.execution.log(run.started_at, f"Task {run.name} Running", run.task_execution_id)

    def _end(self, run: TaskRun, status: Status, message: str = "") -> None:
        run.status, run.status_message = status, message
        run.ended_at = run.updated_at = self.execution.updated_at = self.host.clock.now()
        text = f"Task {run.name} {status.value}" + (f": {message}" if message else "")
        self.execution.log(run.ended_at, text, run.task_execution_id)


def _named(result: ItemResult | None, name: str) -> Any:
    """An item's output by name; null when it did not run, failed before, or has none."""
    outputs = {} if result is None else result.outputs
    return next((value for key, value in outputs.items() if key.casefold() == name.casefold()), None)


def _hidden(execution: Execution) -> set[str]:
    """The values of parameters that are marked NoEcho."""
    parameters = execution.template.parameters
    values = [value for name, value in execution.parameters.items() if parameters[name].no_echo]
    return {value for value in values if isinstance(value, str) and value}
