"""Executions over the API: starting, statuses, lists, logs, notifications, cancelling, deleting."""

import json

import pytest
from oos_world import OWNER, STRANGER, OosWorld

from deployer.emulator.actions import ApiError

EXECUTIONS = "https://help.aliyun.com/document_detail/122212.html"
NAP = "FormatVersion: OOS-2019-06-01\nTasks: [{Name: nap, Action: ACS::Sleep, Properties: {Duration: PT1M}}]\n"
HOLD = "FormatVersion: OOS-2019-06-01\nTasks: [{Name: hold, Action: ACS::Pause}]\n"
STOP = (
    "FormatVersion: OOS-2019-06-01\nTasks:\n"
    "  - {Name: stop, Action: ACS::ExecuteAPI, Properties: {Service: ECS, API: StopInstance, Parameters: {InstanceId: i-1}}}\n"
)
EACH = (
    "FormatVersion: OOS-2019-06-01\nTasks:\n  - Name: stop\n    Action: ACS::ExecuteAPI\n"
    "    Properties: {Service: ECS, API: StopInstance, Parameters: {InstanceId: '{{ ACS::TaskLoopItem }}'}}\n"
    "    Loop: {Items: [i-1, i-2, i-3], RateControl: {Mode: Concurrency, Concurrency: 3}}\n"
)


@pytest.fixture
def world(tmp_path) -> OosWorld:
    return OosWorld(tmp_path)


def code_of(failure) -> str:
    return failure.value.code


@pytest.mark.documented(EXECUTIONS)
def test_an_execution_passes_through_its_statuses(world):
    body = world.call(
        "StartExecution", TemplateContent=NAP, SafetyCheck="Skip", Tags={"team": "a"}, Description="a nap"
    )["Execution"]
    assert (body["Status"], body["Parameters"], body["Tags"]) == ("Started", "{}", {"team": "a"})
    seen = []
    for _ in range(700):
        execution = world.execution(body["ExecutionId"])
        seen += [execution["Status"]] if not seen or seen[-1] != execution["Status"] else []
        world.advance(0.1)
    assert seen == ["Started", "Running", "Success"]
    assert execution["Outputs"] == "{}"
    assert execution["Counters"] == {"Failed": 0, "Success": 1, "Total": 1}
    assert execution["StartDate"] < execution["EndDate"]


@pytest.mark.documented(EXECUTIONS)
def test_a_running_execution_names_its_current_task(world):
    execution_id = world.start(NAP)
    world.advance(5)
    (task,) = world.execution(execution_id)["CurrentTasks"]
    assert (task["TaskName"], task["TaskAction"]) == ("nap", "ACS::Sleep")


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-startexecution")
def test_the_same_client_token_starts_nothing_twice(world):
    first = world.start(NAP, ClientToken="token-1")
    assert world.start(NAP, ClientToken="token-1") == first
    with pytest.raises(ApiError) as failure:
        world.start(HOLD, ClientToken="token-1")
    assert code_of(failure) == "IdempotentParameterMismatch"
    assert len(world.call("ListExecutions")["Executions"]) == 1


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-startexecution")
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "InvalidParameter"),
        ({"TemplateName": "a", "TemplateContent": NAP}, "InvalidParameter"),
        ({"TemplateName": "nobody-made-it"}, "EntityNotExists.Template"),
        ({"TemplateURL": "https://example.com/x.yml"}, "Emulator.NotImplemented"),
        ({"TemplateContent": NAP, "SafetyCheck": "Perhaps"}, "InvalidParameter"),
        ({"TemplateContent": NAP, "Parameters": {"surprise": 1}}, "InvalidParameter"),
        ({"TemplateContent": "FormatVersion: OOS-2019-06-01-State\nStates: {}"}, "Emulator.NotImplemented"),
        ({"TemplateContent": NAP.replace("ACS::Sleep", "ACS::RDS::StartInstance")}, "Emulator.NotImplemented"),
    ],
)
def test_what_cannot_be_started_is_refused(world, params, code):
    with pytest.raises(ApiError) as failure:
        world.call("StartExecution", **params)
    assert code_of(failure) == code
    assert world.call("ListExecutions")["TotalCount"] == 0


@pytest.mark.assumed("The code for an invalid template is documented nowhere.")
def test_an_invalid_template_is_refused_with_every_place(world):
    with pytest.raises(ApiError, match=r"Tasks\[0\].Action: unknown action `ACS::RunCommand`") as failure:
        world.start("FormatVersion: OOS-2019-06-01\nTasks: [{Name: a, Action: ACS::RunCommand}]")
    assert code_of(failure) == world.context.assumptions.oos_invalid_template_code


@pytest.mark.documented("https://help.aliyun.com/document_detail/121317.html")
def test_a_high_risk_call_waits_for_a_person_unless_skip_was_said(world):
    careful = world.start(STOP, SafetyCheck="ConfirmEveryHighRiskAction")
    world.advance(2)
    execution = world.execution(careful)
    assert (execution["Status"], execution["WaitingStatus"]) == ("Waiting", "HighRiskAction StopInstance")
    assert world.api_calls == []
    world.call("NotifyExecution", ExecutionId=careful, NotifyType="Approve")
    world.advance(1)
    assert world.execution(careful)["Status"] == "Success"
    bold = world.start(STOP)
    world.advance(1)
    assert world.execution(bold)["Status"] == "Success"


@pytest.mark.assumed("Sources disagree on the default of SafetyCheck; a client sends it always.")
def test_without_a_safety_check_nothing_is_asked(world):
    body = world.call("StartExecution", TemplateContent=STOP)["Execution"]
    assert body["SafetyCheck"] == "Skip"


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-listexecutions")
def test_an_unknown_execution_is_an_empty_list_and_no_error(world):
    assert world.call("ListExecutions", ExecutionId="exec-unknown")["Executions"] == []


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-listexecutions")
def test_lists_are_filtered_sorted_and_paged(world):
    made = []
    for number in range(12):
        made.append(world.start(NAP, Tags={"n": str(number % 2)}))
        world.advance(1)
    held = world.start(HOLD)
    world.advance(1)
    assert [e["ExecutionId"] for e in world.call("ListExecutions", Status="Waiting")["Executions"]] == [held]
    odd = world.call("ListExecutions", Tags={"n": "1"})["Executions"]
    assert [e["ExecutionId"] for e in odd] == made[1::2][::-1]
    first = world.call("ListExecutions", MaxResults=10)
    second = world.call("ListExecutions", MaxResults=10, NextToken=first["NextToken"])
    listed = [e["ExecutionId"] for e in first["Executions"] + second["Executions"]]
    assert listed == [held, *made[::-1]]
    assert (first["TotalCount"], second["NextToken"]) == (13, "")


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-listexecutions")
def test_executions_belong_to_an_account_and_a_region(world):
    execution_id = world.start(NAP)
    assert world.call("ListExecutions", principal=STRANGER)["Executions"] == []
    assert world.call("ListExecutions", region_id="cn-beijing")["Executions"] == []
    with pytest.raises(ApiError) as failure:
        world.call("CancelExecution", ExecutionId=execution_id, principal=STRANGER)
    assert code_of(failure) == "EntityNotExists.Execution"


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-listtaskexecutions")
def test_items_of_a_loop_are_task_executions_shown_when_asked_for(world):
    execution_id = world.start(EACH)
    world.advance(2)
    (parent,) = world.call("ListTaskExecutions", ExecutionId=execution_id)["TaskExecutions"]
    assert (parent["Status"], json.loads(parent["Outputs"])) == ("Success", {})
    assert "Loop" in parent
    children = world.call("ListTaskExecutions", ParentTaskExecutionId=parent["TaskExecutionId"])["TaskExecutions"]
    assert [child["LoopItem"] for child in children] == ["i-1", "i-2", "i-3"]
    assert json.loads(children[0]["Properties"])["Parameters"] == {"InstanceId": "i-1"}
    everything = world.call("ListTaskExecutions", ExecutionId=execution_id, IncludeChildTaskExecution=True)
    assert len(everything["TaskExecutions"]) == 4


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-listexecutionlogs")
def test_the_log_tells_what_happened(world):
    execution_id = world.start(HOLD)
    world.advance(1)
    world.call("NotifyExecution", ExecutionId=execution_id, NotifyType="Approve")
    lines = world.call("ListExecutionLogs", ExecutionId=execution_id)["ExecutionLogs"]
    assert [line["Message"] for line in lines] == [
        "Execution Running",
        "Task hold Running",
        "Waiting: Pause",
        "Notified: Approve",
        "Task hold Success",
        "Execution Success",
    ]
    assert {line["LogType"] for line in lines} == {"System"}


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-cancelexecution")
def test_a_cancelled_execution_stays_cancelled(world):
    execution_id = world.start(NAP)
    world.advance(5)
    world.call("CancelExecution", ExecutionId=execution_id)
    world.advance(100)
    assert world.execution(execution_id)["Status"] == "Cancelled"
    (task,) = world.call("ListTaskExecutions", ExecutionId=execution_id)["TaskExecutions"]
    assert task["Status"] == "Cancelled"


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-cancelexecution")
def test_an_execution_cancelled_before_it_runs_never_runs(world):
    execution_id = world.start(STOP)
    world.call("CancelExecution", ExecutionId=execution_id)
    world.advance(10)
    assert world.execution(execution_id)["Status"] == "Cancelled"
    assert world.api_calls == []


@pytest.mark.assumed("The code of a call that the status does not allow is documented nowhere.")
@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("CancelExecution", {}),
        ("NotifyExecution", {"NotifyType": "Approve"}),
    ],
)
def test_what_the_status_does_not_allow_is_refused(world, action, params):
    execution_id = world.start(STOP)
    world.advance(5)
    with pytest.raises(ApiError) as failure:
        world.call(action, ExecutionId=execution_id, **params)
    assert code_of(failure) == world.context.assumptions.oos_wrong_status_code


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-deleteexecutions")
def test_running_executions_are_deleted_by_force_alone(world):
    execution_id = world.start(NAP)
    world.advance(1)
    with pytest.raises(ApiError):
        world.call("DeleteExecutions", ExecutionIds=[execution_id])
    world.call("DeleteExecutions", ExecutionIds=[execution_id], Force=True)
    assert world.call("ListExecutions")["Executions"] == []


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/acs-executeapi")
def test_calls_are_made_by_the_caller_in_the_region_of_the_execution(world):
    world.call("StartExecution", TemplateContent=STOP, SafetyCheck="Skip", region_id="cn-beijing")
    world.advance(2)
    assert world.api_calls == [("StopInstance", {"InstanceId": "i-1"}, "cn-beijing", OWNER)]


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/task")
def test_a_denied_call_fails_the_task_with_its_code(world):
    execution_id = world.start(STOP.replace("StopInstance", "RebootInstance"))
    world.advance(2)
    execution = world.execution(execution_id)
    assert execution["Status"] == "Failed"
    assert execution["StatusMessage"] == "Task stop failed: Forbidden.RAM: RebootInstance is not allowed"


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/task")
def test_a_call_that_is_not_emulated_fails_the_task_and_says_so(world):
    execution_id = world.start(STOP.replace("Service: ECS", "Service: RDS"))
    world.advance(2)
    assert "Emulator.NotImplemented" in world.execution(execution_id)["StatusMessage"]


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-getexecutiontemplate")
def test_the_template_of_an_execution_can_be_read_again(world):
    execution_id = world.start(NAP)
    assert world.call("GetExecutionTemplate", ExecutionId=execution_id)["Content"] == NAP


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/parameters")
def test_a_parameter_marked_no_echo_is_not_shown(world):
    execution_id = world.start(
        NAP + "Parameters: {secret: {Type: String, NoEcho: true}, open: {Type: String}}", {"secret": "s", "open": "o"}
    )
    assert world.execution(execution_id)["Parameters"] == {"secret": "******", "open": "o"}


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/acs-template")
def test_child_executions_are_listed_when_asked_for(world):
    world.call("CreateTemplate", TemplateName="inner", Content=NAP)
    outer = (
        "FormatVersion: OOS-2019-06-01\nTasks: [{Name: a, Action: ACS::Template, Properties: {TemplateName: inner}}]"
    )
    execution_id = world.start(outer)
    world.advance(100)
    assert world.execution(execution_id)["Status"] == "Success"
    assert [e["ExecutionId"] for e in world.call("ListExecutions")["Executions"]] == [execution_id]
    (child,) = world.call("ListExecutions", ParentExecutionId=execution_id)["Executions"]
    assert (child["TemplateName"], child["Status"]) == ("inner", "Success")
    (task,) = world.call("ListTaskExecutions", ExecutionId=execution_id)["TaskExecutions"]
    assert task["ChildExecutionId"] == child["ExecutionId"]
    assert len(world.call("ListExecutions", IncludeChildExecution=True)["Executions"]) == 2
