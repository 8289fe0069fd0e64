"""Tasks that reach out of the interpreter: targets, HTTP requests, messages, triggers, REST calls."""

import json

import pytest
from oos_interpreter import World

from deployer.oos.execution import Notification, Status, cancel, notify
from deployer.oos.web import WebAnswer

REQUEST = """
Tasks:
  - Name: ask
    Action: ACS::ExecuteHttpRequest
    Properties: {properties}
    Outputs:
      id: {{Type: String, ValueSelector: .id}}
Outputs:
  id: {{Type: String, Value: '{{{{ ask.id }}}}'}}
"""


@pytest.fixture
def world() -> World:
    return World()


def ask(world: World, **properties):
    return world.run(REQUEST.format(properties=json.dumps(properties)))


def test_an_http_request_is_a_post_whose_answer_is_selected_from(world):
    world.web["https://example.com/a"] = WebAnswer(status=200, body='{"id": "7"}')
    execution = ask(world, URL="https://example.com/a", Body={"x": 1}, Headers={"X-Key": "k"}, Query={"q": "a b"})
    (request,) = world.requests
    assert (request.method, request.url, request.headers) == ("POST", "https://example.com/a?q=a+b", {"X-Key": "k"})
    assert json.loads(request.body) == {"x": 1}
    assert (execution.status, execution.outputs) == (Status.SUCCESS, {"id": "7"})


def test_a_get_has_no_body(world):
    world.web["https://example.com/a"] = WebAnswer(status=200, body='{"id": "7"}')
    ask(world, URL="https://example.com/a", Method="GET", Body={"x": 1})
    assert world.requests[0].body == ""


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"URL": "https://example.com/gone"}, "answers 404"),
        ({"URL": "ftp://example.com"}, "no http or https address"),
        ({"URL": "https://example.com/a", "Method": "DELETE"}, "GET or POST"),
        ({"URL": "https://example.com/a", "Headers": ["x"]}, "Headers must be a map"),
        ({"URL": "https://example.com/a", "WaitFor": {"Status": 1}}, "cannot be run here"),
    ],
)
def test_a_request_that_cannot_be_answered_fails_its_task(world, properties, message):
    world.web["https://example.com/gone"] = WebAnswer(status=404, body="no")
    execution = ask(world, **properties)
    assert execution.status is Status.FAILED
    assert message in execution.status_message


def test_a_notification_is_sent_with_its_content_as_json(world):
    world.run("""
Tasks:
  - Name: tell
    Action: ACS::Notify
    Properties:
      NotifyType: WebHook
      WebHook: {URI: 'https://example.com/hook', Headers: {Content-Type: application/json}, Content: {text: 'hi {{ ACS::RegionId }}'}}
""")
    (message,) = world.messages
    assert (message.method, message.url, json.loads(message.body)) == (
        "POST",
        "https://example.com/hook",
        {"text": "hi cn-hangzhou"},
    )


SELECT = """
Parameters: {targets: {Type: Json}}
Tasks:
  - Name: select
    Action: ACS::SelectTargets
    Properties: {ResourceType: ALIYUN::ECS::Instance, RegionId: cn-beijing, Filters: ['{{ targets }}']}
    Outputs:
      ids: {Type: List, ValueSelector: 'Instances.Instance[].InstanceId'}
Outputs:
  ids: {Type: List, Value: '{{ select.ids }}'}
"""


def asked(world: World) -> list[dict]:
    return [parameters for api, parameters in world.cloud.calls if api == "DescribeInstances"]


def test_targets_by_id_are_asked_for_a_hundred_at_a_time_and_found_once(world):
    ids = [f"i-{number}" for number in range(150)] + ["i-0"]
    execution = world.run(SELECT, {"targets": {"Type": "ResourceIds", "ResourceIds": ids}})
    assert execution.outputs["ids"] == [f"i-{number}" for number in range(150)]
    assert [len(call["InstanceId"]) for call in asked(world)] == [100, 51]


@pytest.mark.parametrize(
    ("target", "parameters"),
    [
        ({"Type": "Tags", "Tags": [{"Key": "a", "Value": "b"}]}, {"Tags": [{"Key": "a", "Value": "b"}]}),
        ({"Type": "ResourceGroupId", "ResourceGroupId": "rg-1"}, {"ResourceGroupId": "rg-1"}),
        ({"Type": "All", "RegionId": "cn-shanghai"}, {"RegionId": "cn-shanghai"}),
        ({"Parameters": {"Status": "Running"}}, {"Status": "Running"}),
    ],
)
def test_targets_are_told_to_describe_instances(world, target, parameters):
    world.run(SELECT, {"targets": target})
    (call,) = asked(world)
    assert call == {"RegionId": "cn-beijing", "MaxResults": 100, **parameters}


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"Type": "ResourceIds", "ResourceIds": []}, ""),
        ({"Type": "Tags"}, "names no instances"),
        ({"Type": "ResourceIds", "ResourceIds": "i-1"}, "must be a list"),
    ],
)
def test_targets_that_name_nothing_are_no_target(world, targets, message):
    execution = world.run(SELECT, {"targets": targets})
    assert execution.status is (Status.FAILED if message else Status.SUCCESS)
    assert message in execution.status_message
    assert asked(world) == []


def test_only_instances_can_be_selected(world):
    execution = world.run(SELECT.replace("ALIYUN::ECS::Instance", "ALIYUN::RDS::Instance"), {"targets": {}})
    assert "ALIYUN::RDS::Instance" in execution.status_message


TIMER = """
Parameters: {every: {Type: String, Default: 1 hours}}
Tasks:
  - Name: timer
    Action: ACS::TimerTrigger
    Properties: {Type: rate, Expression: '{{ every }}', EndDate: '2026-01-01T03:30:00Z'}
  - Name: nap
    Action: ACS::Sleep
    Properties: {Duration: PT5M}
"""


def test_a_timer_runs_a_child_each_time_and_succeeds_at_its_end_date(world):
    execution = world.start(TIMER)
    world.settle(until=60)
    assert (execution.status, execution.waiting_reason) == (Status.WAITING, "Trigger")
    world.settle(until=3700)
    assert execution.status is Status.RUNNING
    world.settle()
    assert (execution.status, world.clock.monotonic()) == (Status.SUCCESS, 12600)
    assert [child.started_at.hour for child in execution.children] == [1, 2, 3]
    assert [run.name for run in execution.children[0].task_runs] == ["nap"]


def test_a_child_that_fails_does_not_end_the_timer(world):
    execution = world.run(TIMER.replace("Duration: PT5M", "Duration: '{{ ACS::RegionId }}'"))
    assert [child.status for child in execution.children] == [Status.FAILED] * 3
    assert execution.status is Status.SUCCESS


def test_a_cancelled_timer_fires_no_more(world):
    execution = world.start(TIMER)
    world.settle(until=3601)
    cancel(execution, world.clock.now())
    world.settle()
    assert [child.status for child in execution.children] == [Status.CANCELLED]
    assert execution.status is Status.CANCELLED


EVENT = """
Tasks:
  - Name: event
    Action: ACS::EventTrigger
    Properties: {Product: ecs, Name: ['Instance:StateChange']}
    Outputs:
      instanceId: {Type: String, ValueSelector: .content.resourceId}
  - Name: count
    Action: ACS::ExecuteAPI
    Properties: {Service: ECS, API: CountThings, Parameters: {Of: '{{ event.instanceId }}'}}
"""


def test_an_event_hands_its_message_to_the_tasks_behind_the_trigger(world):
    execution = world.run(EVENT)
    assert execution.status is Status.WAITING
    for instance_id in ("i-1", "i-2"):
        assert notify(execution, Notification(notify_type="Trigger", content={"content": {"resourceId": instance_id}}))
        world.settle()
    assert {parameters["Of"] for _, parameters in world.cloud.calls} == {"i-1", "i-2"}
    assert [child.status for child in execution.children] == [Status.SUCCESS] * 2
    assert execution.status is Status.WAITING


def test_a_trigger_in_a_child_template_fails(world):
    world.templates["inner"] = EVENT
    execution = world.run("Tasks: [{Name: t, Action: ACS::Template, Properties: {TemplateName: inner}}]")
    assert "a trigger is not allowed" in execution.status_message


def test_a_service_that_is_asked_by_path_needs_a_host_that_can(world):
    execution = world.run(
        "Tasks: [{Name: t, Action: ACS::ExecuteAPI, Properties: {Service: OSS, API: GetBucketInfo, Method: GET, URI: '?x'}}]"
    )
    assert "cannot be made here" in execution.status_message
