"""The interpreter in virtual time, against a small cloud that runs commands."""

import json

import pytest
from oos_interpreter import World

from deployer.oos.execution import Execution, Notification, Status, cancel, notify
from deployer.oos.runner import Settings


@pytest.fixture
def world() -> World:
    return World()


def statuses(execution: Execution) -> dict[str, str]:
    return {run.name: run.status.value for run in execution.task_runs}


RUN_ON_EACH = """
Parameters:
  instances: {Type: List}
  rateControl: {Type: Json, Default: {Mode: Concurrency, Concurrency: 2, MaxErrors: 0}}
Tasks:
  - Name: each
    Action: ACS::Loop
    Properties:
      LoopItems: '{{ instances }}'
      LoopRateControl: '{{ rateControl }}'
      LoopTasks:
        - Name: start
          Action: ACS::ExecuteAPI
          Properties:
            Service: ECS
            API: RunCommand
            Parameters: {InstanceIds: [i-1], CommandContent: '{{ ACS::TaskLoopItem }}'}
          Outputs: {invokeId: {Type: String, ValueSelector: InvokeId}}
        - Name: wait
          Action: ACS::WaitFor
          DelayType: Constant
          Delay: 1
          Retries: 100
          Properties:
            Service: ECS
            API: DescribeInvocationResults
            Parameters: {InvokeId: '{{ start.invokeId }}'}
            PropertySelector: Invocation.InvocationResults.InvocationResult[].InvocationStatus
            DesiredValues: [Success]
            StopRetryValues: [Failed]
          Outputs: {exitCode: {Type: Number, ValueSelector: 'Invocation.InvocationResults.InvocationResult[0].ExitCode'}}
    Outputs:
      codes: {Type: List, ValueSelector: '{{ wait.exitCode }}'}
Outputs:
  codes: {Type: List, Value: '{{ each.codes }}'}
"""


def test_a_task_hands_its_outputs_on_whatever_the_letter_case(world):
    execution = world.run("""
Tasks:
  - Name: startIt
    Action: acs::executeapi
    Properties: {Service: ecs, API: RunCommand, Parameters: {InstanceIds: [i-1], CommandContent: 0 Success}}
    Outputs: {invokeId: {Type: String, ValueSelector: InvokeId}}
Outputs:
  id: {Type: String, Value: 'it is {{STARTIT.InvokeID}}'}
""")
    assert (execution.status, execution.outputs) == (Status.SUCCESS, {"id": "it is t-1"})


def test_parameters_reach_the_api_under_its_own_names_and_empty_ones_do_not(world):
    world.run("""
Tasks:
  - Name: start
    Action: ACS::ExecuteAPI
    Properties:
      Service: ECS
      API: RunCommand
      Parameters:
        InstanceIds: [i-1]
        CommandContent: 0 Success
        SystemDiskCategory: cloud_essd
        Username: ''
        Other: 1
""")
    assert world.cloud.calls == [
        (
            "RunCommand",
            {
                "InstanceId": ["i-1"],
                "CommandContent": "0 Success",
                "SystemDisk": {"Category": "cloud_essd"},
                "Other": 1,
            },
        )
    ]


@pytest.mark.parametrize(
    ("api", "selector", "found"),
    [("ListThings", "Things[].Id", [1, 2, 3]), ("CountThings", "Page.Things[]", [1, 2, 3, 4])],
)
def test_a_selector_sees_every_page(world, api, selector, found):
    execution = world.run(f"""
Tasks:
  - Name: list
    Action: ACS::ExecuteAPI
    Properties: {{Service: ECS, API: {api}}}
    Outputs: {{ids: {{Type: List, ValueSelector: '{selector}'}}}}
Outputs:
  ids: {{Type: List, Value: '{{{{ list.ids }}}}'}}
""")
    assert execution.outputs == {"ids": found}


def test_paging_can_be_switched_off(world):
    execution = world.run("""
Tasks:
  - Name: list
    Action: ACS::ExecuteAPI
    Properties: {Service: ECS, API: ListThings, AutoPaging: false}
    Outputs: {ids: {Type: List, ValueSelector: 'Things[].Id'}}
Outputs:
  ids: {Type: List, Value: '{{ list.ids }}'}
""")
    assert execution.outputs == {"ids": [1]}


def test_the_default_wait_is_exponential_and_gives_up_after_ten_tries_and_34_minutes(world):
    execution = world.run("""
Tasks:
  - Name: never
    Action: ACS::WaitFor
    Properties: {Service: ECS, API: Broken, PropertySelector: .Status, DesiredValues: [Ready]}
""")
    assert execution.status is Status.FAILED
    assert len(world.cloud.calls) == 11
    assert world.clock.monotonic() == sum(2**n for n in range(1, 11))
    assert "Gone: it is gone" in execution.status_message


def test_an_api_error_is_an_answer_a_wait_can_select_from(world):
    execution = world.run("""
Tasks:
  - Name: untilGone
    Action: ACS::WaitFor
    Properties: {Service: ECS, API: Broken, PropertySelector: .Code, DesiredValues: [Gone]}
""")
    assert execution.status is Status.SUCCESS
    assert world.clock.monotonic() == 0


def test_a_linear_wait_grows_up_to_its_cap(world):
    world.run("""
Tasks:
  - Name: never
    Action: ACS::WaitFor
    DelayType: Linear
    Delay: 1
    BackOff: 1
    MaxRetryInterval: 4
    Retries: 5
    Properties: {Service: ECS, API: Broken, PropertySelector: .Status, DesiredValues: [Ready]}
""")
    assert world.clock.monotonic() == 2 + 3 + 4 + 4 + 4


def test_a_check_asks_once(world):
    execution = world.run("""
Tasks:
  - Name: check
    Action: ACS::CheckFor
    Properties: {Service: ECS, API: ListThings, PropertySelector: 'Things[].Id', DesiredValues: [7]}
""")
    assert execution.status is Status.FAILED
    assert world.clock.monotonic() == 0


def test_items_of_a_loop_overlap_in_time_up_to_the_concurrency(world):
    execution = world.run(RUN_ON_EACH, {"instances": ["10 Success"] * 6})
    assert execution.outputs == {"codes": [0] * 6}
    assert world.cloud.most_at_once == 2
    assert world.clock.monotonic() == 30


def test_percentages_are_of_the_number_of_items(world):
    rate_control = {"Mode": "Concurrency", "Concurrency": "50%", "MaxErrors": "50%"}
    execution = world.run(
        RUN_ON_EACH, {"instances": ["9 Success", "9 Failed", "9 Failed", "9 Success"], "rateControl": rate_control}
    )
    assert execution.status is Status.SUCCESS
    assert world.cloud.most_at_once == 2
    assert execution.outputs == {"codes": [0, None, None, 0]}


def test_the_first_failure_ends_a_loop_and_what_has_not_begun_does_not_begin(world):
    execution = world.run(RUN_ON_EACH, {"instances": ["1 Failed", "5 Success", "5 Success", "5 Success"]})
    assert execution.status is Status.FAILED
    assert "1 of 4 items failed (MaxErrors 0)" in execution.status_message
    assert [run.loop_item for run in execution.task_runs if run.name == "start"] == ["1 Failed", "5 Success"]
    assert execution.outputs == {"codes": [None, 0, None, None]}


def test_batches_run_one_after_the_other_with_their_own_concurrency(world):
    rate_control = {"Mode": "Batch", "Batch": [1, 3], "ConcurrencyInBatches": [1, 3], "MaxErrors": 0}
    execution = world.run(RUN_ON_EACH, {"instances": ["10 Success"] * 4, "rateControl": rate_control})
    assert execution.status is Status.SUCCESS
    assert world.clock.monotonic() == 20
    assert [run.loop_batch_number for run in execution.task_runs if run.name == "start"] == [1, 2, 2, 2]


def test_a_pause_after_the_first_batch_waits_for_approval(world):
    rate_control = {"Mode": "Batch", "Batch": [1, 1, 1], "BatchPauseOption": "FirstBatchPause"}
    execution = world.run(RUN_ON_EACH, {"instances": ["1 Success"] * 3, "rateControl": rate_control})
    assert (execution.status, execution.waiting_reason) == (Status.WAITING, "BatchPause")
    assert len([run for run in execution.task_runs if run.name == "start"]) == 1
    assert notify(execution, Notification(notify_type="Approve"))
    world.settle()
    assert execution.status is Status.SUCCESS


def test_a_rejected_pause_fails_the_loop(world):
    rate_control = {"Mode": "Batch", "Batch": [1, 1], "BatchPauseOption": "EveryBatchPause"}
    execution = world.run(RUN_ON_EACH, {"instances": ["1 Success"] * 2, "rateControl": rate_control})
    notify(execution, Notification(notify_type="Reject", note="not today"))
    world.settle()
    assert execution.status is Status.FAILED
    assert "not today" in execution.status_message


def test_a_loop_takes_at_most_a_thousand_items(world):
    execution = world.run(RUN_ON_EACH, {"instances": ["0 Success"] * 1001})
    assert execution.status is Status.FAILED
    assert "at most 1000 items" in execution.status_message


def test_a_thousand_items_at_once_are_no_problem(world):
    rate_control = {"Mode": "Concurrency", "Concurrency": 1000}
    execution = world.run(RUN_ON_EACH, {"instances": ["3 Success"] * 1000, "rateControl": rate_control})
    assert execution.outputs == {"codes": [0] * 1000}
    assert world.cloud.most_at_once == 1000


def test_a_loop_on_a_task_aggregates_its_outputs(world):
    execution = world.run("""
Tasks:
  - Name: start
    Action: ACS::ExecuteAPI
    Properties:
      Service: ECS
      API: RunCommand
      Parameters: {InstanceIds: ['{{ ACS::TaskLoopItem }}'], CommandContent: 0 Success}
    Outputs:
      invokeId: {Type: String, ValueSelector: InvokeId}
      one: {Type: Number, ValueSelector: '1'}
    Loop:
      Items: [i-1, bad, i-3]
      RateControl: {Mode: Concurrency, Concurrency: 3, MaxErrors: 1}
      Outputs:
        ids: {AggregateType: 'Fn::ListJoin', AggregateField: invokeId}
        total: {AggregateType: 'Fn::Sum', AggregateField: one}
Outputs:
  ids: {Type: List, Value: '{{ start.ids }}'}
  total: {Type: Number, Value: '{{ start.total }}'}
""")
    assert execution.outputs == {"ids": ["t-1", None, "t-2"], "total": 2}
    parent, *items = execution.task_runs
    assert [item.status.value for item in items] == ["Success", "Failed", "Success"]
    assert {item.parent_id for item in items} == {parent.task_execution_id}


def test_a_condition_skips_a_task_and_its_outputs_are_null(world):
    execution = world.run(
        """
Parameters: {os: {Type: String}}
Tasks:
  - Name: linux
    Action: ACS::ExecuteAPI
    When: {Fn::Equals: ['{{ os }}', linux]}
    Properties: {Service: ECS, API: ListThings}
    Outputs: {ids: {Type: List, ValueSelector: 'Things[].Id'}}
  - Name: windows
    Action: ACS::ExecuteAPI
    When: {Fn::Not: {Fn::Equals: ['{{ os }}', linux]}}
    Properties: {Service: ECS, API: CountThings}
    Outputs: {ids: {Type: List, ValueSelector: 'Page.Things[]'}}
Outputs:
  ids: {Type: List, Value: {Fn::If: [{Fn::Equals: ['{{ os }}', linux]}, '{{ linux.ids }}', '{{ windows.ids }}']}}
  linux: {Type: List, Value: '{{ linux.ids }}'}
""",
        {"os": "windows"},
    )
    assert statuses(execution) == {"linux": "Skipped", "windows": "Success"}
    assert execution.outputs == {"ids": [1, 2, 3, 4], "linux": None}


def test_a_choice_jumps_and_the_run_falls_through_from_there(world):
    execution = world.run("""
Tasks:
  - Name: choose
    Action: ACS::Choice
    Properties:
      DefaultTask: ACS::END
      Choices:
        - {When: {Fn::Equals: [1, 2]}, NextTask: first}
        - {When: {Fn::Equals: [1, 1]}, NextTask: second}
  - {Name: first, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}
  - {Name: second, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}
  - {Name: third, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}
""")
    assert statuses(execution) == {"choose": "Success", "second": "Success", "third": "Success"}


def test_on_error_goes_to_a_task_and_on_success_can_end_the_run(world):
    execution = world.run("""
Tasks:
  - {Name: broken, Action: ACS::ExecuteAPI, OnError: repair, Properties: {Service: ECS, API: Broken}}
  - {Name: between, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}
  - {Name: repair, Action: ACS::ExecuteAPI, OnSuccess: ACS::END, Properties: {Service: ECS, API: ListThings}}
  - {Name: below, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}
""")
    assert statuses(execution) == {"broken": "Failed", "repair": "Success"}


def test_a_failure_ends_the_execution_and_names_task_and_code(world):
    execution = world.run("""
Tasks:
  - {Name: broken, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: Broken}}
  - {Name: after, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}
""")
    assert execution.status is Status.FAILED
    assert execution.status_message == "Task broken failed: Gone: it is gone"
    assert execution.counters() == {"Failed": 1, "Success": 0, "Total": 2}


def test_a_sleep_lasts_as_long_as_it_says(world):
    world.run("Tasks: [{Name: nap, Action: ACS::Sleep, Properties: {Duration: 15m}}]")
    assert world.clock.monotonic() == 900


def test_a_pause_waits_until_somebody_approves(world):
    execution = world.run("Tasks: [{Name: hold, Action: ACS::Pause}]")
    assert (execution.status, statuses(execution)) == (Status.WAITING, {"hold": "Waiting"})
    assert not notify(execution, Notification(notify_type="RetryTask"))
    assert notify(execution, Notification(notify_type="Approve"))
    assert execution.status is Status.SUCCESS


def test_an_approval_may_need_several_people_and_tells_them(world):
    execution = world.run("""
Tasks:
  - Name: ask
    Action: ACS::Approve
    Properties: {Approvers: [a, b], MinRequiredApprovals: 2, NotifyType: WebHook, WebHook: {URI: 'https://example.com'}}
""")
    assert [message.url for message in world.messages] == ["https://example.com"]
    notify(execution, Notification(notify_type="Approve"))
    assert execution.status is Status.WAITING
    notify(execution, Notification(notify_type="Approve"))
    assert execution.status is Status.SUCCESS


def test_a_high_risk_call_waits_for_approval_when_that_is_asked_for(world):
    text = "Tasks: [{Name: remove, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: DeleteThing}}]"
    execution = world.run(text, safety_check="ConfirmEveryHighRiskAction")
    assert execution.status is Status.WAITING
    assert world.cloud.calls == []
    notify(execution, Notification(notify_type="Approve"))
    assert execution.status is Status.SUCCESS
    assert world.run(text, safety_check="Skip").status is Status.SUCCESS


CHILD = """
Parameters: {count: {Type: Number, Default: 1}}
Tasks:
  - {Name: list, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}
Outputs:
  theCount: {Type: Number, Value: '{{ count }}'}
"""


@pytest.mark.parametrize("action", ["ACS::Template", "ACS::ECS::CountThings"])
def test_templates_and_product_actions_run_as_child_executions(world, action):
    name = "child" if action == "ACS::Template" else action
    world.templates[name.casefold()] = CHILD
    properties = "{TemplateName: child, Parameters: {count: 5}}" if action == "ACS::Template" else "{count: 5}"
    execution = world.run(f"""
Tasks:
  - Name: nested
    Action: {action}
    Properties: {properties}
    Outputs: {{total: {{Type: Number, ValueSelector: thecount}}}}
Outputs:
  total: {{Type: Number, Value: '{{{{ nested.total }}}}'}}
""")
    assert execution.outputs == {"total": 5}
    assert [(c.execution_id, c.parent_execution_id, c.status) for c in world.children] == [
        ("exec-1.0001", "exec-1", Status.SUCCESS)
    ]
    assert execution.task_runs[0].child_execution_id == "exec-1.0001"


def test_a_template_that_calls_itself_ends(world):
    world.templates["again"] = "Tasks: [{Name: a, Action: ACS::Template, Properties: {TemplateName: again}}]"
    execution = world.run(world.templates["again"])
    assert execution.status is Status.FAILED
    assert "nested more than" in execution.status_message


def test_cancelling_stops_waits_loops_and_children(world):
    world.templates["child"] = "Tasks: [{Name: nap, Action: ACS::Sleep, Properties: {Duration: PT1H}}]"
    execution = world.start("""
Tasks:
  - Name: nested
    Action: ACS::Template
    Properties: {TemplateName: child}
    Loop: {Items: [1, 2, 3], RateControl: {Concurrency: 2}}
""")
    world.settle(until=60)
    cancel(execution, world.clock.now())
    world.settle()
    assert execution.status is Status.CANCELLED
    assert {child.status for child in world.children} == {Status.CANCELLED}
    assert len(world.children) == 2
    assert {run.status for run in execution.task_runs} == {Status.CANCELLED}


def test_failure_pause_lets_a_task_be_tried_again_or_skipped(world):
    text = """
Tasks:
  - {Name: broken, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: Broken}}
  - {Name: after, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}
"""
    execution = world.run(text, mode="FailurePause")
    assert (execution.status, execution.waiting_reason) == (Status.WAITING, "FailurePause")
    notify(execution, Notification(notify_type="RetryTask"))
    assert execution.status is Status.WAITING
    notify(execution, Notification(notify_type="SkipTask"))
    assert execution.status is Status.SUCCESS
    assert [run.status.value for run in execution.task_runs] == ["Failed", "Skipped", "Success"]


def test_debug_mode_stops_before_each_task(world):
    execution = world.run(
        "Tasks: [{Name: a, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings}}]", mode="Debug"
    )
    assert world.cloud.calls == []
    notify(execution, Notification(notify_type="ExecuteTask"))
    assert execution.status is Status.SUCCESS


def test_debug_mode_runs_the_task_that_is_named(world):
    tasks = "".join(
        f"  - {{Name: {name}, Action: ACS::ExecuteAPI, Properties: {{Service: ECS, API: ListThings, Parameters: {{Of: {name}}}}}}}\n"
        for name in ("a", "b", "c")
    )
    execution = world.run(f"Tasks:\n{tasks}", mode="Debug")
    assert not notify(execution, Notification(notify_type="ExecuteTask", task_name="unknown"))
    for name in ("B", "a", "c"):
        notify(execution, Notification(notify_type="ExecuteTask", task_name=name))
        world.settle()
    assert [(run.name, run.status.value) for run in execution.task_runs] == [
        ("b", "Success"),
        ("a", "Success"),
        ("c", "Success"),
    ]
    assert execution.status is Status.SUCCESS


def test_text_from_a_parameter_is_not_looked_through_again(world):
    execution = world.run(
        "Parameters: {script: {Type: String}}\nTasks: [{Name: a, Action: ACS::Sleep, Properties: {Duration: 1S}}]\n"
        "Outputs: {script: {Type: String, Value: 'x {{ script }}'}}",
        {"script": "docker ps --format '{{ ACS::ExecutionId }}'"},
    )
    assert execution.outputs == {"script": "x docker ps --format '{{ ACS::ExecutionId }}'"}


def test_whether_a_failed_execution_has_outputs_is_the_hosts_to_say(world):
    text = """
Tasks: [{Name: broken, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: Broken}}]
Outputs: {x: {Type: String, Value: y}}
"""
    assert world.run(text).outputs == {"x": "y"}
    world.settings = Settings(failed_execution_has_outputs=False)
    assert world.run(text).outputs == {}


def test_a_default_may_be_an_expression_and_refer_to_another_parameter(world):
    execution = world.run("""
Parameters:
  label: {Type: String, Default: 'in {{ region }}'}
  region: {Type: String, Default: '{{ acs::regionid }}'}
Tasks: [{Name: a, Action: ACS::Sleep, Properties: {Duration: 1S}}]
Outputs: {label: {Type: String, Value: '{{ label }}'}}
""")
    assert execution.outputs == {"label": "in cn-hangzhou"}
    assert json.dumps(execution.parameters) == '{"label": "in cn-hangzhou", "region": "cn-hangzhou"}'


@pytest.mark.parametrize(
    "task",
    [
        "{Name: a, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings, Parameters: '{{ p }}'}}",
        "{Name: a, Action: ACS::Template, Properties: {TemplateName: child, Parameters: '{{ p }}'}}",
        "{Name: a, Action: ACS::Template, Properties: {TemplateName: gone}}",
        "{Name: a, Action: ACS::Sleep, Properties: {Duration: '{{ p }}'}}",
        "{Name: a, Action: ACS::Sleep, Properties: {Duration: {Fn::Join: ['', ['99999999999999', D]]}}}",
        "{Name: a, Action: ACS::ExecuteAPI, When: '{{ p }}', Properties: {Service: ECS, API: ListThings}}",
        "{Name: a, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: X}, Loop: {Items: '{{ ACS::RegionId }}'}}",
        "{Name: a, Action: ACS::ExecuteAPI, Properties: {Service: OSS, API: X, URI: /a}}",
        "{Name: a, Action: ACS::Approve, Properties: {MinRequiredApprovals: some}}",
        "{Name: a, Action: ACS::WaitFor, Delay: '{{ p }}', Properties: {Service: X, API: Broken, PropertySelector: .a, DesiredValues: [1]}}",
    ],
)
def test_what_only_running_can_show_to_be_wrong_fails_the_task(world, task):
    world.templates["child"] = CHILD
    execution = world.run(f"Parameters: {{p: {{Type: List, Default: [1]}}}}\nTasks:\n  - {task}\n")
    assert execution.status is Status.FAILED
    assert execution.status_message.startswith("Task a failed: ")


def test_an_object_given_as_text_and_by_a_field_is_left_to_the_api(world):
    world.run(
        "Tasks: [{Name: a, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: ListThings, AutoPaging: false, "
        "Parameters: {SystemDisk: big, SystemDiskCategory: x}}}]"
    )
    assert world.cloud.calls == [("ListThings", {"SystemDisk": "big", "SystemDiskCategory": "x"})]


RETRIED = """
Parameters: {instances: {Type: List}}
Tasks:
  - Name: each
    Action: ACS::ExecuteAPI
    Properties: {Service: ECS, API: RunCommand, Parameters: {InstanceIds: ['{{ ACS::TaskLoopItem }}'], CommandContent: '1 Success'}}
    Loop: {Items: '{{ instances }}', RateControl: {Mode: Concurrency, Concurrency: 1, MaxErrors: 0}}
    Outputs: {id: {Type: String, ValueSelector: InvokeId}}
"""


def commanded(world) -> list[str]:
    return [parameters["InstanceId"][0] for api, parameters in world.cloud.calls if api == "RunCommand"]


def items(execution: Execution) -> list[tuple[str, str]]:
    return [(run.loop_item, run.status.value) for run in execution.task_runs if run.parent_id]


def test_a_failed_item_alone_is_run_again_and_then_the_rest(world):
    execution = world.run(RETRIED, {"instances": ["i-1", "i-bad", "i-3"]}, mode="FailurePause")
    assert execution.status is Status.WAITING
    world.cloud.repaired.add("i-bad")
    (failed,) = [run for run in execution.task_runs if run.status is Status.FAILED]
    notify(execution, Notification(notify_type="RetryTask", task_execution_ids=(failed.task_execution_id,)))
    world.settle()
    assert execution.status is Status.SUCCESS
    assert commanded(world) == ["i-1", "i-bad", "i-bad", "i-3"]


def test_a_failed_item_can_be_skipped_by_its_name(world):
    execution = world.run(RETRIED, {"instances": ["i-1", "i-bad", "i-3"]}, mode="FailurePause")
    assert not notify(execution, Notification(notify_type="SkipTask", loop_item="i-1"))
    notify(execution, Notification(notify_type="SkipTask", loop_item="i-bad"))
    world.settle()
    assert items(execution) == [("i-1", "Success"), ("i-bad", "Skipped"), ("i-3", "Success")]
    assert execution.status is Status.SUCCESS


def test_a_loop_that_waits_for_a_decision_can_be_ended(world):
    execution = world.run(RETRIED, {"instances": ["i-bad", "i-3"]}, mode="FailurePause")
    notify(execution, Notification(notify_type="CancelTask"))
    world.settle()
    assert (execution.status, execution.task_runs[0].status) == (Status.FAILED, Status.CANCELLED)


def test_an_execution_waits_with_its_child_and_hands_on_what_it_is_told(world):
    world.templates["inner"] = "Tasks: [{Name: hold, Action: ACS::Pause}]"
    execution = world.run("Tasks: [{Name: inner, Action: ACS::Template, Properties: {TemplateName: inner}}]")
    assert (execution.status, execution.waiting_reason, statuses(execution)) == (
        Status.WAITING,
        "Pause",
        {"inner": "Waiting"},
    )
    assert notify(execution, Notification(notify_type="Approve"))
    world.settle()
    assert (execution.status, statuses(execution)) == (Status.SUCCESS, {"inner": "Success"})
