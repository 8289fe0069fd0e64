"""References, functions and selectors."""

from datetime import datetime, timezone

import pytest

from deployer.oos.expressions import Evaluator, references
from deployer.oos.failures import ExpressionError
from deployer.oos.functions import calculate_batches
from deployer.oos.selectors import select, select_all
from deployer.oos.time_functions import parse_duration

VALUES = {"n": 5, "text": "hello", "yes": True, "list": ["a", 1], "map": {"k": "v"}, "none": None, "task.out": 0}


def evaluate(value, **conditions):
    return Evaluator(
        lookup=lambda name: VALUES[name.casefold()],
        now=lambda: datetime(2026, 1, 1, tzinfo=timezone.utc),
        conditions=conditions,
    ).evaluate(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{{ n }}", 5),
        ("{{n}}", 5),
        ("{{ N }}", 5),
        (" {{ list }} ", ["a", 1]),
        ("{{ none }}", None),
        ("{{ Task.OUT }}", 0),
        ("n is {{ n }}, {{ yes }}", "n is 5, true"),
        ("{{ list }}!", '["a", 1]!'),
        ("{{ map }}/{{text}}", '{"k": "v"}/hello'),
        ("docker ps --format '{{.ID}}' ${n}", "docker ps --format '{{.ID}}' ${n}"),
        ({"a": ["{{ n }}", {"{{ text }}": 1}]}, {"a": [5, {"hello": 1}]}),
        (7, 7),
    ],
)
def test_a_whole_reference_keeps_its_type_and_text_is_filled_in(written, value):
    assert evaluate(written) == value


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ({"Fn::Base64Encode": "hi"}, "aGk="),
        ({"fn::base64decode": "aGk="}, "hi"),
        ({"Fn::Base64Decode": "{{ none }}"}, None),
        ({"Fn::Join": ["-", ["a", 1, True]]}, "a-1-true"),
        ({"Fn::Join": [",", "{{ list }}"]}, "a,1"),
        ({"Fn::Split": [".", "a.b"]}, ["a", "b"]),
        ({"Fn::Select": [1, "{{ list }}"]}, 1),
        ({"Fn::Select": ["1", "{{ list }}"]}, 1),
        ({"Fn::Select": ["k", "{{ map }}"]}, "v"),
        ({"Fn::Select": ["k", "{{ none }}"]}, None),
        ({"Fn::Select": ["other", "{{ map }}"]}, None),
        ({"Fn::Replace": [{".": "_"}, "a.b.c"]}, "a_b_c"),
        ({"Fn::Min": [3, 1, 2]}, 1),
        ({"Fn::Max": [[3, 1, 2]]}, 3),
        ({"Fn::First": {"Fn::Split": ["/", "a/b"]}}, "a"),
        ({"Fn::Last": {"Fn::Split": ["/", "a/b"]}}, "b"),
        ({"Fn::ListJoin": ["{{ n }}", "x"]}, [5, "x"]),
        ({"Fn::MergeList": [["a"], ["b", "c"]]}, ["a", "b", "c"]),
        ({"Fn::MergeMapToList": [{"A": [1, 2]}, {"B": [3, 4]}]}, [{"A": 1, "B": 3}, {"A": 2, "B": 4}]),
        ({"Fn::MergeMap": [{"a": 1}, {"b": 2}]}, {"a": 1, "b": 2}),
        ({"Fn::MapJoin": [["a", "b"], [1, 2]]}, {"a": 1, "b": 2}),
        ({"Fn::ConvertMapToList": [{"a": 1}]}, [{"Key": "a", "Value": 1}]),
        ({"Fn::RangeSelect": [0, -1, [1, 2, 3]]}, [1, 2]),
        ({"Fn::ContainsSubString": ["hello", "ell"]}, True),
        ({"Fn::Sub": ["${a} and ${b}", {"a": "{{ n }}"}]}, "5 and ${b}"),
        ({"Fn::Intersection": [[1, 2, 3], [2, 3], [3, 4]]}, [3]),
        ({"Fn::Union": [[1, 2], [2, 3]]}, [1, 2, 3]),
        ({"Fn::Difference": [[1, 2], [2, 3]]}, [1, 3]),
        ({"Fn::IsIpInCIDR": ["10.0.0.9", "10.0.0.0/28"]}, True),
        ({"Fn::Eval": ["-{{ n }}*24"]}, -120),
        ({"Fn::Eval": "(1 + 2) * 3 >= 9"}, True),
        ({"Fn::Escape": ['say "$x"', "powershell"]}, 'say `"`$x`"'),
        ({"Fn::AddHour": ["2026-01-01T00:00:00Z", -1]}, "2025-12-31T23:00:00Z"),
        ({"Fn::FormatUTCTime": ["2026-01-01T02:03:04Z", "%Y%m%d%H"]}, "2026010102"),
        ({"Fn::DurationBetween": ["22:00:00Z", "06:30:00Z"]}, "PT30600S"),
        ({"Fn::DurationBetween": ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"]}, "PT3600S"),
        ({"Fn::CalculateBatch": [3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}, [4, 3, 3]),
        ({"Fn::Sum": [1, "2", 3.5]}, 6.5),
        ({"Fn::Jq": ["First", ".k", "{{ map }}"]}, "v"),
        ({"Fn::Jq": ["All", ".[]", "[1,2]"]}, [1, 2]),
        ({"Fn::Jq": ["First", ".[0] > {{ n }}", [6]]}, True),
        ({"Fn::Equals": ["{{ task.out }}", 0]}, True),
        ({"Fn::Equals": [1, 1.0]}, True),
        ({"Fn::Equals": [True, 1]}, False),
        ({"Fn::Equals": ["1", 1]}, False),
        ({"Fn::Equals": [[], []]}, True),
        ({"Fn::Not": {"Fn::Equals": [1, 2]}}, True),
        ({"Fn::And": [{"Fn::Equals": [1, 1]}, "{{ yes }}"]}, True),
        ({"Fn::Or": [{"Fn::Equals": [1, 2]}, {"Fn::Equals": [1, 3]}]}, False),
        ({"Fn::If": ["{{ yes }}", "a", {"Fn::Select": [9, []]}]}, "a"),
        ({"Fn::If": [{"Fn::Equals": [1, 2]}, "a", "{{ n }}"]}, 5),
    ],
)
def test_functions(call, value):
    assert evaluate(call) == value


def test_a_condition_can_be_named():
    assert evaluate({"Fn::If": ["Big", 1, 2]}, big={"Fn::Equals": ["{{ n }}", 5]}) == 1


@pytest.mark.parametrize(
    "call",
    [
        {"Fn::Nope": 1},
        {"Fn::FindMatchedPackage": ["a", "b"]},
        {"Fn::If": [1, 2]},
        {"Fn::If": ["perhaps", 1, 2]},
        {"Fn::Select": [5, [1]]},
        {"Fn::Eval": "__import__('os').system('true')"},
        {"Fn::Eval": "9**9**9"},
        {"Fn::Eval": "1/0"},
        {"Fn::Join": "a"},
        {"Fn::Base64Decode": "x"},
        {"Fn::Jq": ["Some", ".", 1]},
        {"Fn::AddHour": ["yesterday", 1]},
    ],
)
def test_what_cannot_be_worked_out_is_an_expression_error(call):
    with pytest.raises(ExpressionError):
        evaluate(call)


def test_references_are_found_with_their_place():
    value = {"a": ["{{ x }} {{y.z}}"], "{{ k }}": 1}
    assert list(references(value, "P")) == [("P.a[0]", "x"), ("P.a[0]", "y.z"), ("P", "k")]


ANSWER = {"Instances": {"Instance": [{"InstanceId": "i-1", "Tags": {"Tag": []}}, {"InstanceId": "i-2"}]}, "n": None}


@pytest.mark.parametrize(
    ("selector", "output_type", "value"),
    [
        ("Instances.Instance[].InstanceId", "List", ["i-1", "i-2"]),
        (".Instances.Instance[].InstanceId", "List", ["i-1", "i-2"]),
        ("Instances.Instance[0].InstanceId", "String", "i-1"),
        ("Instances.Instance[0].InstanceId", "List", ["i-1"]),
        ("Instances.Instance[9].InstanceId", "String", None),
        ("n.deeper.still", "String", None),
        ("Instances.Instance[0].Tags", "List", [{"Tag": []}]),
        ("Instances.Instance[0].Tags.Tag[]", "String", None),
        (".Instances.Instance | length", "Number", 2),
        ('Instances.Instance | map(.InstanceId) | join(",")', "String", "i-1,i-2"),
        ("length", "Number", 2),
        (".", "Json", ANSWER),
    ],
)
def test_selectors_are_jq_with_the_leading_dot_optional(selector, output_type, value):
    assert select(selector, ANSWER, output_type) == value


@pytest.mark.parametrize("selector", [".n[]", ".Instances[0]", ".Instances.Instance.x", ".[", "range(200000)"])
def test_a_selector_that_fails_says_so(selector):
    with pytest.raises(ExpressionError):
        select_all(selector, ANSWER)


@pytest.mark.parametrize(
    "selector", ["Instances.Instance[].InstanceId", "Instances.Instance[1].Tags.Tag", "n", "Instances[]"]
)
def test_plain_paths_give_what_jq_gives(selector):
    assert select_all(selector, ANSWER) == select_all(f".{selector} | .", ANSWER)


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT15M", 900), ("15m", 900), ("pt1h30m", 5400), ("P1DT1S", 86401), ("5S", 5)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "15", "M15", None])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


@pytest.mark.parametrize(("count", "items", "sizes"), [(3, 10, [4, 3, 3]), (5, 2, [1, 1]), (1, 4, [4]), (2, 0, [])])
def test_batches_are_as_even_as_can_be(count, items, sizes):
    assert calculate_batches(count, items) == sizes
