"""Triggering and updating executions, the policy a template needs, and what tasks did on instances."""

import json

import pytest
from oos_cloud import OosCloud

from deployer.emulator.actions import ApiError

PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
TIMER = """
Parameters: {every: {Type: String, Default: 1 hours}}
Tasks:
  - {Name: timer, Action: ACS::TimerTrigger, Properties: {Type: rate, Expression: '{{ every }}', EndDate: '2026-01-01T02:30:00Z'}}
  - {Name: nap, Action: ACS::Sleep, Properties: {Duration: PT1M}}
"""
ALARM = """
Tasks:
  - Name: alarm
    Action: ACS::AlarmTrigger
    Properties: {Namespace: acs_ecs_dashboard, MetricName: cpu_total}
    Outputs: {instanceId: {Type: String, ValueSelector: .instanceId}}
  - {Name: stop, Action: ACS::ECS::StopInstance, Properties: {instanceId: '{{ alarm.instanceId }}'}}
"""


@pytest.fixture
def cloud(tmp_path) -> OosCloud:
    return OosCloud(tmp_path)


def refused(cloud: OosCloud, action: str, **params) -> str:
    with pytest.raises(ApiError) as failure:
        cloud.oos(action, **params)
    return failure.value.code


@pytest.mark.documented(PAGES + "triggerexecution")
def test_an_alarm_trigger_is_fired_with_a_message(cloud):
    (instance_id,) = cloud.launch()
    execution_id = cloud.start(text=ALARM)
    cloud.emulator.advance(10)
    assert cloud.execution(execution_id)["Status"] == "Waiting"
    content = json.dumps({"instanceId": instance_id})
    cloud.oos("TriggerExecution", RegionId="cn-hangzhou", ExecutionId=execution_id, Type="Alarm", Content=content)
    cloud.emulator.advance(600)
    assert cloud.status_of(instance_id) == "Stopped"
    assert [child["Status"] for child in cloud.children_of(execution_id)] == ["Success"]
    assert cloud.execution(execution_id)["Status"] == "Waiting"


@pytest.mark.documented(PAGES + "triggerexecution")
def test_a_trigger_is_fired_by_its_own_kind_alone(cloud):
    execution_id = cloud.start(text=ALARM)
    cloud.emulator.advance(10)
    where = {"RegionId": "cn-hangzhou", "ExecutionId": execution_id}
    assert refused(cloud, "TriggerExecution", **where, Type="Event") == "InvalidExecutionStatus"
    assert refused(cloud, "TriggerExecution", **where, Type="Alarm", Content="[]") == "InvalidParameter"
    assert refused(cloud, "NotifyExecution", ExecutionId=execution_id, NotifyType="Trigger") == "InvalidParameter"


@pytest.mark.documented(PAGES + "updateexecution")
def test_a_timer_that_waits_can_be_given_other_parameters(cloud):
    execution_id = cloud.start(text=TIMER)
    cloud.emulator.advance(600)
    cloud.oos("UpdateExecution", ExecutionId=execution_id, Parameters='{"every": "30 minutes"}', Description="often")
    cloud.emulator.advance(3 * 3600)
    assert len(cloud.children_of(execution_id)) == 4
    execution = cloud.execution(execution_id)
    assert (execution["Status"], execution["Description"]) == ("Success", "often")


@pytest.mark.documented(PAGES + "listexecutions")
def test_an_execution_tells_when_its_timer_fired_and_fires_next(cloud):
    execution_id = cloud.start(text=TIMER + "Outputs: {said: {Type: String, Value: hello}}\n")
    cloud.emulator.advance(600)
    waiting = cloud.execution(execution_id)
    assert waiting["NextScheduleTime"].startswith("2026-01-01T01:00:0")
    assert "LastTriggerTime" not in waiting
    cloud.emulator.advance(3600)
    fired = cloud.execution(execution_id)
    assert fired["LastTriggerTime"] == fired["LastSuccessfulTriggerTime"] == waiting["NextScheduleTime"]
    assert (fired["LastTriggerStatus"], fired["LastTriggerOutputs"]) == ("Success", '{"said": "hello"}')
    assert fired["NextScheduleTime"].startswith("2026-01-01T02:00:0")


@pytest.mark.documented(PAGES + "updateexecution")
def test_parameters_of_what_does_not_wait_for_its_trigger_stay(cloud):
    execution_id = cloud.start(text="Tasks: [{Name: nap, Action: ACS::Sleep, Properties: {Duration: PT1M}}]")
    assert refused(cloud, "UpdateExecution", ExecutionId=execution_id, Parameters="{}") == "InvalidExecutionStatus"


@pytest.mark.documented(PAGES + "generateexecutionpolicy")
def test_a_policy_names_the_rights_of_every_task_and_what_a_role_lacks(cloud):
    text = """FormatVersion: OOS-2019-06-01
Tasks:
  - {Name: stop, Action: ACS::ECS::StopInstance, Properties: {instanceId: i-1}}
  - {Name: zip, Action: ACS::ExecuteAPI, Properties: {Service: OSS, API: GenerateUrl, Method: PUT, URI: a}}
  - {Name: scale, Action: ACS::ExecuteAPI, Properties: {Service: ESS, API: EnterStandby}}
"""
    allowed = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}]}
    cloud.emulator.accounts.add_role("runner", policy=allowed)
    answer = cloud.oos("GenerateExecutionPolicy", TemplateContent=text, RamRole="runner")

    def actions(policy: str) -> list[str]:
        return json.loads(policy)["Statement"][0]["Action"]

    needed = ["ecs:DescribeInstances", "ecs:StopInstance", "ess:EnterStandby", "oss:PutObject"]
    assert actions(answer["Policy"]) == needed
    assert actions(answer["MissingPolicy"]) == needed[1:]


@pytest.mark.documented(PAGES + "listtaskexecutioninvocations")
def test_a_task_knows_the_invocations_it_caused(cloud):
    ids = cloud.launch(2)
    targets = {"Type": "ResourceIds", "ResourceIds": ids}
    execution_id = cloud.start(name="ACS-ECS-BulkyRunCommand", parameters={"targets": targets, "commandContent": "ls"})
    cloud.emulator.advance(600)
    tasks = cloud.oos("ListTaskExecutions", ExecutionId=execution_id)["TaskExecutions"]
    (each,) = [task["TaskExecutionId"] for task in tasks if task["TaskName"] == "each"]
    listed = cloud.oos("ListTaskExecutionInvocations", TaskExecutionId=each)["TaskExecutionInvocations"]
    invoke_ids = {
        invocation["InvokeId"] for invocation in cloud.ecs("DescribeInvocations")["Invocations"]["Invocation"]
    }
    assert {invocation["InvocationId"] for invocation in listed} == invoke_ids
    assert [invocation["Status"] for invocation in listed] == ["Success", "Success"]


@pytest.mark.documented(PAGES + "describeregions")
def test_regions_have_names_and_endpoints(cloud):
    regions = {region["RegionId"]: region for region in cloud.oos("DescribeRegions", AcceptLanguage="en-US")["Regions"]}
    assert regions["cn-beijing"] == {
        "RegionId": "cn-beijing",
        "LocalName": "China (Beijing)",
        "RegionEndpoint": "oos.cn-beijing.aliyuncs.com",
    }


@pytest.mark.documented(PAGES + "listexecutions")
def test_executions_are_found_by_what_they_concern(cloud):
    (instance_id,) = cloud.launch()
    stop = cloud.run(name="ACS::ECS::StopInstance", parameters={"instanceId": instance_id})
    cloud.run(name="ACS::ECS::DescribeInstancesByName", parameters={"instanceName": "x"})

    def found(**params):
        return [execution["ExecutionId"] for execution in cloud.oos("ListExecutions", **params)["Executions"]]

    assert found(ResourceId=instance_id) == [stop["ExecutionId"]]
    assert len(found(Categories='["Other"]')) == 2
    assert found(AccountId="6543210987654321") == []


ROLE = "RamRole: runner\nTasks: [{Name: see, Action: ACS::ECS::DescribeInstancesByName, Properties: {instanceName: x}}]"
OOS_MAY = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["oos.aliyuncs.com"]}}],
}
SEE = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "ecs:DescribeInstances", "Resource": "*"}]}


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/grant-ram-permissions-to-oos")
@pytest.mark.parametrize(
    ("role", "message"),
    [
        ({"policy": SEE, "trust": OOS_MAY}, ""),
        (
            {"policy": {"Version": "1", "Statement": [SEE["Statement"][0] | {"Action": "vpc:*"}]}},
            "Forbidden.RAM",
        ),
        (
            {"policy": SEE, "trust": json.loads(json.dumps(OOS_MAY).replace("oos.aliyuncs", "ecs.aliyuncs"))},
            "NoPermission",
        ),
        (None, "EntityNotExist.Role"),
    ],
)
def test_a_template_runs_as_the_role_it_names(cloud, role, message):
    if role is not None:
        cloud.emulator.accounts.add_role("runner", **role)
    execution = cloud.run(text=ROLE)
    assert execution["Status"] == ("Failed" if message else "Success")
    assert message in execution.get("StatusMessage", "")


@pytest.mark.assumed("The caller has to have ram:PassRole on a role given to OOS, as with every other service.")
@pytest.mark.parametrize(("passes", "status"), [(("ram:PassRole",), "Success"), ((), "Failed")])
def test_the_caller_may_pass_the_role_or_not(cloud, passes, status):
    cloud.emulator.accounts.add_role("runner", policy=SEE, trust=OOS_MAY)
    rights = {"Effect": "Allow", "Action": ["oos:*", *passes], "Resource": "*"}
    key = cloud.emulator.accounts.add_access_key(
        "AKUSER", "secret", user_name="user", policy={"Version": "1", "Statement": [rights]}
    )
    cloud.principal = key.principal
    assert cloud.run(text=ROLE)["Status"] == status


@pytest.mark.assumed("The roles public templates name by default are there, as in an account that uses OOS.")
@pytest.mark.parametrize("role_name", ["OOSServiceRole", "AliyunServiceRoleForOOSInstanceScheduler"])
def test_the_roles_of_public_templates_are_there(cloud, role_name):
    assert cloud.run(text=ROLE.replace("runner", role_name))["Status"] == "Success"
