"""Loops: how items are spread over batches, how many run at once, and what their outputs give together.

Source: https://help.aliyun.com/zh/oos/user-guide/loop
"""

import itertools
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployer.oos.effects import Effect, Signal, Spawn, Steps, Suspend
from deployer.oos.execution import Notification, Status, TaskRun
from deployer.oos.failures import TaskFailure

if TYPE_CHECKING:
    from deployer.oos.runner import Runner

MAXIMUM_ITEMS = 1000
DEFAULT_CONCURRENCY_IN_BATCHES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Items `start` to `stop` (without it), at most `concurrency` of them at once."""

    start: int
    stop: int
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopPlan:
    """A rate control worked out for a number of items."""

    batches: tuple[Batch, ...]
    max_errors: int
    pause_option: str = "Automatic"

    def pauses_after(self, number: int) -> bool:
        """Whether somebody has to approve after the batch of that number, counted from 1. Never after the last."""
        if number >= len(self.batches):
            return False
        return self.pause_option == "EveryBatchPause" or (self.pause_option == "FirstBatchPause" and number == 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """How one item ended: its outputs, and the message when it failed."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    failure: str | None = None
    run: TaskRun | None = None  # of the item, where it is one task


Body = Callable[[Any, int], Generator[Effect, Any, ItemResult]]


def plan_loop(rate_control: Any, count: int, *, loop_mode: str = "Automatic", one_by_one: bool = False) -> LoopPlan:
    """The batches for `count` items.

    Assumed: percentages of concurrency are rounded up and those of errors down; when batch sizes do not add up, the
    last size is repeated; `BatchPauseOption` of the template goes before `LoopMode` of the start.
    Errors: TaskFailure.
    """
    control = {} if rate_control is None else rate_control
    if not isinstance(control, Mapping):
        raise TaskFailure("RateControl must be a map")
    mode = control.get("Mode") or ("Batch" if "Batch" in control else "Concurrency")
    concurrency = control.get("Concurrency")
    sizes = control.get("Batch") if mode == "Batch" else (concurrency if isinstance(concurrency, list) else None)
    if mode not in {"Batch", "Concurrency"} or (mode == "Batch" and not isinstance(sizes, list)):
        raise TaskFailure("RateControl needs Mode Concurrency, or Mode Batch with a list `Batch`")
    if sizes is not None and mode == "Batch":
        at_once = control.get("ConcurrencyInBatches") or [DEFAULT_CONCURRENCY_IN_BATCHES]
    elif sizes is not None:
        at_once = sizes  # the old style: a batch runs as a whole
    else:
        sizes, at_once = [count], [1 if concurrency is None else concurrency]
    if not isinstance(at_once, list):
        at_once = [at_once]
    return LoopPlan(
        batches=tuple(_batches(sizes, at_once, count, one_by_one=one_by_one)),
        max_errors=_amount(control.get("MaxErrors") or 0, count, round_up=False),
        pause_option=str(control.get("BatchPauseOption") or loop_mode or "Automatic"),
    )


def _batches(sizes: list[Any], at_once: list[Any], count: int, *, one_by_one: bool) -> list[Batch]:
    found: list[Batch] = []
    start = 0
    for number in itertools.count():
        if start >= count:
            return found
        size = max(1, _amount(_at(sizes, number), count))
        concurrency = 1 if one_by_one else max(1, _amount(_at(at_once, number), size))
        found.append(Batch(start=start, stop=min(start + size, count), concurrency=concurrency))
        start += size
    return found


def _at(values: list[Any], index: int) -> Any:
    """The value at that place, the last one beyond the end."""
    return values[min(index, len(values) - 1)] if values else 1


def _amount(value: Any, whole: int, *, round_up: bool = True) -> int:
    """A number, or a percentage of `whole`.

    Errors: TaskFailure.
    """
    try:
        if isinstance(value, str) and value.strip().endswith("%"):
            product = int(value.strip()[:-1]) * whole
            return -(-product // 100) if round_up else product // 100
        return int(value)
    except (TypeError, ValueError):
        raise TaskFailure(f"{value!r} is neither a number nor a percentage") from None


def check_items(items: Any) -> list[Any]:
    """The items of a loop.

    Errors: TaskFailure, for what is no list, and for more than 1,000 items.
    Source: https://help.aliyun.com/document_detail/122210.html
    """
    if not isinstance(items, list):
        raise TaskFailure(f"loop items must be a list, not {type(items).__name__}")
    if len(items) > MAXIMUM_ITEMS:
        raise TaskFailure(f"a loop takes at most {MAXIMUM_ITEMS} items, found {len(items)}")
    return items


class ItemPool:
    """Runs items, a batch at a time and in a batch as many at once as allowed, until too many have failed."""

    def __init__(self, runner: "Runner", run: TaskRun, items: list[Any], plan: LoopPlan, body: Body) -> None:
        self._runner = runner
        self._run = run
        self._items = items
        self._plan = plan
        self._body = body
        self._active = 0
        self._failures: dict[int, str] = {}  # by item, in the order they failed
        self._approved: set[int] = set()  # batches after which nobody needs to be asked any more
        self._freed = Signal()
        self.results: list[ItemResult | None] = [None] * len(items)

    @property
    def has_failed(self) -> bool:
        return len(self._failures) > self._plan.max_errors

    @property
    def failure(self) -> str:
        """What a loop that failed says."""
        first = next(iter(self._failures.values()))
        return f"{len(self._failures)} of {len(self._items)} items failed (MaxErrors {self._plan.max_errors}): {first}"

    @property
    def failed_runs(self) -> tuple[TaskRun, ...]:
        """The runs of the items that failed."""
        return tuple(result.run for index in self._failures if (result := self.results[index]) and result.run)

    def run(self) -> Generator[Effect, Any, None]:
        """Run what has no result yet. Items under way when too many have failed are let finish, others are not started.

        Assumed: just that. Errors: TaskFailure, when a pause between batches is rejected.
        """
        for number, batch in enumerate(self._plan.batches, start=1):
            for index in range(batch.start, batch.stop):
                if self.results[index] is not None:
                    continue
                while self._active >= batch.concurrency:
                    yield Suspend(signal=self._freed)
                if self.has_failed:
                    break
                self._active += 1
                process = yield Spawn(steps=self._one(index, number))
                self._runner.execution.processes.append(process)
            while self._active:
                yield Suspend(signal=self._freed)
            if self.has_failed:
                return
            if self._plan.pauses_after(number) and number not in self._approved:
                yield from self._runner.ask_approval(self._run, "BatchPause")
                self._approved.add(number)

    def retry(self, notification: Notification) -> None:
        """Forget how the failed items went that the notification names: `run` runs them again."""
        for index in self._named(notification):
            del self._failures[index]
            self.results[index] = None

    def skip(self, notification: Notification) -> None:
        """Go on as if the failed items that the notification names had not failed."""
        for index in self._named(notification):
            del self._failures[index]
            result = self.results[index]
            if result is not None and result.run is not None:
                result.run.status = Status.SKIPPED

    def _named(self, notification: Notification) -> list[int]:
        """The failed items it is about: by the ids of their tasks, by the item itself, or all."""
        ids, item = notification.task_execution_ids, notification.loop_item
        named = []
        for index in self._failures:
            result = self.results[index]
            run_id = result.run.task_execution_id if result and result.run else ""
            names_all = not ids or self._run.task_execution_id in ids
            if (names_all or run_id in ids) and (not item or str(self._items[index]) == item):
                named.append(index)
        return named

    def _one(self, index: int, batch_number: int) -> Steps:
        result = yield from self._body(self._items[index], batch_number)
        self.results[index] = result
        if result.failure is not None:
            self._failures[index] = result.failure
        self._active -= 1
        self._freed.fire()


def aggregate(kind: str, values: list[Any]) -> Any:
    """Outputs of all items together: a list in item order with null for an item without one, or a sum.

    Errors: TaskFailure.
    """
    if kind.casefold() != "fn::sum":
        return values
    try:
        return sum(
            float(v) if isinstance(v, str) and "." in v else int(v) if isinstance(v, str) else v
            for v in values
            if v is not None
        )
    except (TypeError, ValueError):
        raise TaskFailure("Fn::Sum needs numbers") from None
