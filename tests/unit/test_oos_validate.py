"""What the strict validator takes and what it refuses, each refusal with its place."""

import json

import pytest

from deployer.oos.documents import read_document
from deployer.oos.failures import TemplateError
from deployer.oos.template import parse_template
from deployer.oos.validate import check_template, find_problems

HEAD = "FormatVersion: OOS-2019-06-01\n"
LIST = "{Name: list, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: DescribeInstances}, Outputs: {ids: {Type: List, ValueSelector: 'Instances.Instance[].InstanceId'}}}"

BOMB = "\n".join(
    [
        "a: &a [x,x,x,x,x,x,x,x,x,x]",
        *(f"{n}: &{n} [{','.join([f'*{p}'] * 10)}]" for p, n in zip("abcd", "bcde", strict=True)),
    ]
)


def problems(text: str) -> list[str]:
    return [str(problem) for problem in find_problems(read_document(HEAD + text))]


def one_task(text: str, *, before: str = "", after: str = "") -> str:
    return f"Tasks:\n{before}  - {text}\n{after}"


@pytest.mark.parametrize(
    "text",
    [
        f"Tasks: [{LIST}]",
        f"Description: {{en: a, zh-cn: b}}\nMetadata: {{x: 1}}\nTasks: [{LIST}]",
        "Tasks: [{Name: a, Action: acs::ecs::runcommand, Properties: {InstanceID: i-1, commandContent: ls}}]",
        "Tasks: [{Name: a, Action: ACS::DBS::Restore_It, Properties: {anything: 1}}]",
        "Parameters: {x: {Type: String, Default: '${x}'}}\nTasks: [{Name: a, Action: ACS::Pause}]",
        "Parameters: {x: {Type: Json}}\nTasks: [{Name: a, Action: ACS::Sleep, Properties: {Duration: {Fn::Jq: [First, '{x}', '{{ x }}']}}}]",
        "Parameters: {a: {Type: String, Default: 1}, b: {Type: List, Default: '{{ a }}'}}\nTasks: [{Name: a, Action: ACS::Pause}]",
        f"Tasks: [{LIST}, {{Name: b, Action: ACS::Sleep, Properties: {{Duration: '{{{{LIST.IDS}}}}'}}}}]",
        "Conditions: {big: {Fn::Equals: [1, 1]}}\nTasks: [{Name: a, When: big, Action: ACS::Pause}]",
        "Tasks: [{Name: a, Action: ACS::TimerTrigger, Properties: {Type: cron, Expression: x, EndDate: y}}]",
    ],
)
def test_what_the_service_runs_passes(text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            one_task("{Name: a, Action: ACS::RunCommand}"),
            "Tasks[0].Action: unknown action `ACS::RunCommand`; is `ACS::ECS::RunCommand` meant?",
        ),
        (one_task("{Name: a, Action: ACS::Flow::ForEach}"), "Tasks[0].Action: unknown action `ACS::Flow::ForEach`"),
        (one_task("{Name: a, Action: ACS::ExecuteScript}"), "Tasks[0].Action: unknown action `ACS::ExecuteScript`"),
        (
            "Parameters: {x: {Type: String}}\n"
            + one_task("{Name: a, Action: ACS::Sleep, Properties: {Duration: '{x}'}}"),
            "Tasks[0].Properties.Duration: `{x}` is plain text; a reference is written `{{ x }}`",
        ),
        (
            "Parameters: {x: {Type: Number}}\n"
            + one_task("{Name: a, Action: ACS::Notify, Properties: {NotifyType: WebHook, WebHook: '{{ x + 1 }}'}}"),
            "Tasks[0].Properties.WebHook: `{{ x + 1 }}` is no reference",
        ),
        (
            one_task("{Name: a, Action: ACS::Sleep, Properties: {Duration: soon}}"),
            "Tasks[0].Properties.Duration: 'soon' is no duration",
        ),
        (
            one_task("{Name: a, Action: ACS::Sleep, Properties: {EndDate: tomorrow}}"),
            "Tasks[0].Properties.EndDate: 'tomorrow' is no UTC time",
        ),
        (
            one_task("{Name: a, Action: ACS::ECS::RunCommand, Properties: {instanceId: i-1, command: ls}}"),
            "Tasks[0].Properties.command: unknown key `command`",
        ),
        (
            one_task("{Name: a, Action: ACS::ECS::RunCommand, Properties: {instanceId: i-1}}"),
            "Tasks[0].Properties.commandContent: is required",
        ),
        (
            one_task("{Name: a, Action: ACS::Sleep, Properties: {Duration: {Fn::If: [true, PT1S]}}}"),
            "Tasks[0].Properties.Duration: `Fn::If` takes 3 arguments, found 2",
        ),
        (
            "Parameters: {x: {Type: String, Default: [a]}}\n" + one_task("{Name: a, Action: ACS::Pause}"),
            "Parameters.x.Default: is no value of type String",
        ),
        (
            one_task("{Name: a, Action: ACS::Pause}", after="  - {Name: b, Action: ACS::TimerTrigger}\n"),
            "Tasks[1].Action: `ACS::TimerTrigger` has to be the first task",
        ),
        (
            "Parameters: {x: {Type: [String]}}\n" + one_task("{Name: a, Action: ACS::Pause}"),
            "Parameters.x.Type: must be one of",
        ),
        (
            one_task(
                "{Name: a, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: X}, Outputs: true, "
                "Loop: {Items: [1], Outputs: {x: {AggregateType: Fn::ListJoin, AggregateField: y}}}}"
            ),
            "Tasks[0].Loop.Outputs.x.AggregateField: the task declares no output `y`",
        ),
        (one_task("{Name: a, Action: ACS::ExecuteHttpRequest}"), "Tasks[0].Properties.URL: is required"),
        (
            one_task("{Name: a, Action: ACS::SelectTargets, Properties: {Targets: []}}"),
            "Tasks[0].Properties.Targets: unknown key `Targets`",
        ),
        (one_task("{Name: a b, Action: ACS::Pause}"), "Tasks[0].Name: must be 1 to 200 letters"),
        (one_task("{Name: a, Action: ACS::Pause, DependsOn: b}"), "Tasks[0].DependsOn: unknown key `DependsOn`"),
        (
            one_task("{Name: a, Action: ACS::Pause, Ouputs: {}}"),
            "Tasks[0].Ouputs: unknown key `Ouputs`; is `Outputs` meant?",
        ),
        (
            one_task("{Name: a, Action: ACS::ExecuteAPI, Properties: {Service: ECS}}"),
            "Tasks[0].Properties.API: is required",
        ),
        (
            one_task("{Name: a, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: X, Action: X}}"),
            "Tasks[0].Properties.Action: unknown key `Action`",
        ),
        (
            one_task("{Name: a, Action: ACS::Sleep, Properties: {Duration: '{{ nowhere }}'}}"),
            "Tasks[0].Properties.Duration: `nowhere` names no parameter and no earlier task",
        ),
        (
            one_task(
                "{Name: a, Action: ACS::Sleep, Properties: {Duration: '{{ list.ids }}'}}",
                after=f"  - {LIST}\n",
            ),
            "Tasks[0].Properties.Duration: `list.ids` names no parameter and no earlier task",
        ),
        (
            one_task(
                "{Name: a, Action: ACS::Sleep, Properties: {Duration: '{{ list.names }}'}}", before=f"  - {LIST}\n"
            ),
            "Tasks[1].Properties.Duration: `list.names` names no output that task `list` declares",
        ),
        (
            one_task("{Name: a, Action: ACS::Sleep, Properties: {Duration: '{{ ACS::Now }}'}}"),
            "Tasks[0].Properties.Duration: unknown built-in name `ACS::Now`",
        ),
        (
            one_task("{Name: a, Action: ACS::Sleep, Properties: {Duration: '{{ ACS::TaskLoopItem }}'}}"),
            "Tasks[0].Properties.Duration: `ACS::TaskLoopItem` exists only inside a loop",
        ),
        (
            one_task("{Name: a, Action: ACS::Sleep, Properties: {Duration: {Fn::Upper: x}}}"),
            "Tasks[0].Properties.Duration: unknown function `Fn::Upper`",
        ),
        (
            one_task("{Name: a, Action: ACS::Sleep, Properties: {Duration: {Fn::Join: [], x: 1}}}"),
            "Tasks[0].Properties.Duration: a function call is a map with that one key",
        ),
        (
            one_task("{Name: a, Action: ACS::Pause, OnError: list}", before=f"  - {LIST}\n"),
            "Tasks[1].OnError: jumps back to `list`; jumps go forward only",
        ),
        (one_task("{Name: a, Action: ACS::Pause, OnSuccess: gone}"), "Tasks[0].OnSuccess: there is no task `gone`"),
        (
            one_task(
                "{Name: a, Action: ACS::Choice, Properties: {DefaultTask: ACS::END, Choices: [{When: true, NextTask: x}]}}"
            ),
            "Tasks[0].Properties.Choices[0].NextTask: there is no task `x`",
        ),
        (
            one_task("{Name: LIST, Action: ACS::Pause}", before=f"  - {LIST}\n"),
            "Tasks[1].Name: another task is named `LIST`",
        ),
        (
            one_task("{Name: a, Action: ACS::Pause, Loop: {Items: [1]}}"),
            "Tasks[0].Loop: `ACS::Pause` cannot be looped",
        ),
        (
            one_task(
                LIST.removesuffix("}")
                + ", Loop: {Items: [1], Outputs: {x: {AggregateType: Fn::ListJoin, AggregateField: y}}}}"
            ),
            "Tasks[0].Loop.Outputs.x.AggregateField: the task declares no output `y`",
        ),
        (
            one_task(LIST.removesuffix("}") + ", Loop: {Items: [1], RateControl: {Mode: Batches}}}"),
            "Tasks[0].Loop.RateControl.Mode: must be one of Batch, Concurrency, found `Batches`",
        ),
        (
            one_task(
                "{Name: a, Action: ACS::Loop, Properties: {LoopItems: [1], LoopTasks: [{Name: b, Action: ACS::Nope}]}}"
            ),
            "Tasks[0].Properties.LoopTasks[0].Action: unknown action `ACS::Nope`",
        ),
        (
            one_task(
                "{Name: a, Action: ACS::WaitFor, Retries: 301, Properties: {Service: ECS, API: X, PropertySelector: .a, DesiredValues: [1]}}"
            ),
            "Tasks[0].Retries: must be 0 to 300, found 301",
        ),
        (
            one_task(
                "{Name: a, Action: ACS::WaitFor, Properties: {Service: ECS, API: X, PropertySelector: '.a[', DesiredValues: [1]}}"
            ),
            "Tasks[0].Properties.PropertySelector: selector `.a[` is no jq program",
        ),
        (
            "Parameters: {a: {Type: Integer}}\nTasks: [{Name: a, Action: ACS::Pause}]",
            "Parameters.a.Type: must be one of",
        ),
        (
            "Parameters: {a: {Type: String}, A: {Type: String}}\nTasks: [{Name: a, Action: ACS::Pause}]",
            "Parameters.A: another parameter has the same name",
        ),
        ("Rules: {}\nTasks: [{Name: a, Action: ACS::Pause}]", "Rules: unknown key `Rules`"),
        ("Tasks: []", "Tasks: must be a list of at least one task"),
        (
            "Tasks: [{Name: a, Action: ACS::Pause}]\nOutputs: {x: {Type: String, Value: '{{ b.c }}'}}",
            "Outputs.x.Value: `b.c` names no parameter and no earlier task",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, problem):
    assert any(found.startswith(problem) for found in problems(text)), problems(text)


def test_every_problem_is_reported_at_once():
    text = "Colour: red\nTasks: [{Name: a, Action: ACS::Nope}, {Name: b, Action: ACS::Nope}]"
    assert len(problems(text)) == 3


def test_the_format_version_is_text_and_must_be_this_one():
    assert read_document("FormatVersion: 2019-06-01\nTasks: []")["FormatVersion"] == "2019-06-01"
    with pytest.raises(TemplateError, match="FormatVersion: must be `OOS-2019-06-01`, found `2019-06-01`"):
        check_template("FormatVersion: 2019-06-01\nTasks: [{Name: a, Action: ACS::Pause}]")


def test_yaml_and_json_are_the_same_template():
    yaml_text = HEAD + f"Tasks: [{LIST}]"
    json_text = json.dumps(read_document(yaml_text))
    assert parse_template(yaml_text).tasks == parse_template(json_text).tasks
    assert (parse_template(yaml_text).format, parse_template(json_text).format) == ("YAML", "JSON")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "duplicate key `a` in line 2"),
        ('{"a": 1, "a": 2}', "duplicate key `a`"),
        ("- a\n", "a template is a map"),
        ("a: [", "not readable as YAML"),
        ("1: a\n", "key `1` is no text"),
        ("a: !!python/object/apply:os.system [ls]\n", "not readable as YAML"),
        ("a: &x\n  b: *x\n", "contains itself"),
        (
            BOMB,
            "unfolds to too many values",
        ),
        ("a: " + "[" * 2000, "not readable"),
        ('{"a": ' + "[" * 300 + "]" * 300 + "}", "nested too deeply"),
        ("a: " + "x" * 70000, "larger than 65536 bytes"),
        ("a: !!binary aGk=\n", "a bytes is no template value"),
    ],
)
def test_texts_that_are_no_template_are_refused(text, message):
    with pytest.raises(TemplateError, match="(?s).*" + message.replace("[", r"\[")):
        read_document(text)


def test_a_merge_key_may_bring_keys_that_are_written_again():
    assert read_document("x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\n")["y"] == {"a": 3, "b": 2}
