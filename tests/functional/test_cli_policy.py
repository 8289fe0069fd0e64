"""`deployer policy`, held against what a deploy and a removal really call."""

import pytest
from cloud_lab import CloudLab, apply_environment

from deployer.emulator.contract.document import Contract
from deployer.emulator.services.oss.operations import load_contract

pytestmark = pytest.mark.sandbox

# Rights nothing here asks for, each with when it is needed.
ONLY_AT_TIMES = {
    "oos:ListTaskExecutions",  # an execution that failed without outputs
    "oss:AbortMultipartUpload",  # large archives, cut short
    "oss:ListMultipartUploads",
    "oss:PutBucketTagging",  # beside the right to create, where a bucket is created with tags
    "vpc:TagResources",  # the same for networks
}


def allowed_actions(lab: CloudLab) -> set[str]:
    policy = lab.call_cli("policy", "--output", "json").data
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_the_policy_is_what_deploys_call(empty_lab: CloudLab, make_project) -> None:
    """M151, D15: nothing that is called is missing, and nothing stands in it that is never called."""
    lab = empty_lab
    project = make_project("permitted", deployer={"env": {"GREETING": "hello"}})
    start = len(lab.emulator.recorder.calls)

    lab.deployer().deploy(project.path, yes=True)
    project.write("changed")
    for runner in ("oos", "cloud-assistant"):
        plan = lab.deployer(runner=runner).plan(project.path, force=True)
        lab.deployer(runner=runner).deploy(project.path, force=True, approve=plan.plan_id, confirm=("overwrite",))
    lab.deployer().verify(project.path)
    lab.deployer().status(project.path)
    lab.deployer().list()
    lab.deployer().check()
    lab.deployer().delete(project.path, yes=True)
    guest = make_project("tolerated", deployment={"instanceId": lab.make_instance("brought-along")})
    plan = lab.deployer().plan(guest.path)
    lab.deployer().deploy(guest.path, approve=plan.plan_id, confirm=("existing-ecs",))
    lab.deployer().delete(guest.path, yes=True)
    calls = lab.emulator.recorder.calls[start:]

    contract, oss = Contract(), load_contract()
    needed = set()
    for call in calls:
        operation = oss.operations[call.action] if call.product == "oss" else contract.find(call.product, call.action)
        # Of the two names a billing action has, one is enough; the second is the older one.
        needed |= set(operation.ram_actions[:1] if call.product == "bss" else operation.ram_actions)
    allowed = allowed_actions(lab)
    assert needed - allowed == set()
    assert allowed - needed == ONLY_AT_TIMES
    assert not [action for action in allowed if "*" in action]


def test_an_action_that_is_missing_is_named(lab: CloudLab, make_project, monkeypatch: pytest.MonkeyPatch) -> None:
    """P17, M26, M152: exit 77, the action, and the command that prints the policy; what was made is listed."""
    project = make_project("forbidden")
    apply_environment(monkeypatch, lab.key_environment("NoInstances", deny=("ecs:RunInstances",)))

    result = lab.call_cli("deploy", project.path, "--yes", "--output", "json")

    assert result.exit_code == 1  # the network was made by then
    assert result.last["facts"]["cause"]["code"] == "access.permission_denied"
    assert result.last["facts"]["cause"]["facts"]["missing_action"] == "ecs:RunInstances"
    assert {one["kind"] for one in result.last["facts"]["left"]} >= {"security group"}
    assert any(command.startswith("deployer delete") for command in result.last["next"])

    apply_environment(monkeypatch, lab.key_environment("NoReading", deny=("ecs:DescribeInstances",)))
    with lab.recording() as recording:
        refused = lab.call_cli("plan", project.path, "--output", "json")
    assert (refused.exit_code, refused.last["code"]) == (77, "access.permission_denied")
    assert refused.last["facts"]["missing_action"] == "ecs:DescribeInstances"
    assert refused.last["next"] == ["deployer policy"]
    assert [call.action for call in recording.calls].count("DescribeInstances") == 1  # F8: final at once
