"""How items are spread over batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.oos.failures import TaskFailure
from deployer.oos.looping import aggregate, check_items, plan_loop


def batches(rate_control, count, **more):
    return [(b.start, b.stop, b.concurrency) for b in plan_loop(rate_control, count, **more).batches]


@pytest.mark.parametrize(
    ("rate_control", "count", "expected"),
    [
        (None, 3, [(0, 3, 1)]),
        ({"Mode": "Concurrency", "Concurrency": 2}, 5, [(0, 5, 2)]),
        ({"Mode": "Concurrency", "Concurrency": "40%"}, 4, [(0, 4, 2)]),
        ({"Concurrency": "1%"}, 4, [(0, 4, 1)]),
        ({"Mode": "Batch", "Batch": [1, 2, 3]}, 6, [(0, 1, 20), (1, 3, 20), (3, 6, 20)]),
        ({"Mode": "Batch", "Batch": [2, 2], "ConcurrencyInBatches": [1, 2]}, 4, [(0, 2, 1), (2, 4, 2)]),
        ({"Mode": "Batch", "Batch": ["50%", "50%"], "ConcurrencyInBatches": [1]}, 4, [(0, 2, 1), (2, 4, 1)]),
        ({"Concurrency": [2, 1], "BatchPauseOption": "FirstBatchPause"}, 3, [(0, 2, 2), (2, 3, 1)]),
        ({"Mode": "Concurrency", "Concurrency": 2}, 0, []),
    ],
)
def test_a_rate_control_becomes_batches(rate_control, count, expected):
    assert batches(rate_control, count) == expected


def test_in_debug_mode_items_run_one_by_one():
    assert batches({"Concurrency": 5}, 5, one_by_one=True) == [(0, 5, 1)]


@pytest.mark.parametrize(
    "rate_control",
    ["ten", {"Mode": "Wave"}, {"Mode": "Batch"}, {"Concurrency": "many"}, {"MaxErrors": "few"}, {"Concurrency": {}}],
)
def test_a_rate_control_that_cannot_be_read_fails_the_task(rate_control):
    with pytest.raises(TaskFailure):
        plan_loop(rate_control, 3)


@pytest.mark.parametrize(("max_errors", "allowed"), [(None, 0), (2, 2), ("10%", 1), ("5%", 0), ("100%", 10)])
def test_errors_allowed(max_errors, allowed):
    assert plan_loop({"MaxErrors": max_errors}, 10).max_errors == allowed


@pytest.mark.parametrize(
    ("option", "mode", "pauses"),
    [
        ("Automatic", "Automatic", []),
        ("FirstBatchPause", "Automatic", [1]),
        ("EveryBatchPause", "Automatic", [1, 2]),
        (None, "EveryBatchPause", [1, 2]),
        ("Automatic", "EveryBatchPause", []),
    ],
)
def test_pauses_come_after_batches_but_not_after_the_last(option, mode, pauses):
    plan = plan_loop({"Mode": "Batch", "Batch": [1, 1, 1], "BatchPauseOption": option}, 3, loop_mode=mode)
    assert [number for number in (1, 2, 3) if plan.pauses_after(number)] == pauses


@given(sizes=st.lists(st.integers(1, 50), min_size=1, max_size=8), count=st.integers(0, 200))
def test_every_item_is_in_exactly_one_batch(sizes, count):
    found = [n for start, stop, _ in batches({"Mode": "Batch", "Batch": sizes}, count) for n in range(start, stop)]
    assert found == list(range(count))


def test_items_are_a_list():
    with pytest.raises(TaskFailure, match="must be a list"):
        check_items("a,b")


@pytest.mark.parametrize(("kind", "value"), [("Fn::ListJoin", [1, None, "2"]), ("fn::sum", 3)])
def test_outputs_of_all_items_are_gathered(kind, value):
    assert aggregate(kind, [1, None, "2"]) == value


def test_what_is_no_number_has_no_sum():
    with pytest.raises(TaskFailure):
        aggregate("Fn::Sum", ["x"])
