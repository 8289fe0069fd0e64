"""The policy that `deployer policy` prints, enforced: everything works with it, and what fails without one action names it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cloud_lab import Project, apply_environment
from fault_lab import VirtualLab, virtual_lab

from deployer.api import Deployer
from deployer.errors.base import DeployerError
from deployer.operations.policy import policy_document

KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tPermitted", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret-of-permitted"}
ACTIONS = sorted({action for statement in policy_document()["Statement"] for action in statement["Action"]})
# What a deploy, a look and a removal do without, each with why. Of the two sources of prices one has to answer.
DONE_WITHOUT = {
    "bssapi:GetPayAsYouGoPrice": "the other price source answers",
    "bssapi:QueryAccountBalance": "an unknown balance is no obstacle",
    "ecs:DescribePrice": "the other price source answers",
    "ecs:DescribeRegions": "an unknown region is looked up only when it is in doubt",
    "ecs:DescribeSecurityGroupAttribute": "asked of groups that exist already",
    "ecs:TagResources": "asked for instances that exist already",
    "ecs:UntagResources": "asked for instances that stay",
    "oos:ListExecutions": "Cloud Assistant itself runs the release",
    "oos:ListTaskExecutions": "asked of executions that fail",
    "oos:StartExecution": "Cloud Assistant itself runs the release",
    "oss:AbortMultipartUpload": "asked after an upload that was cut",
    "oss:ListMultipartUploads": "asked after an upload that was cut",
    "oss:PutBucketTagging": "asked beside the right to create",
    "vpc:TagResources": "asked beside the right to create",
}


@contextmanager
def permitted(folder: Path, monkeypatch: pytest.MonkeyPatch, without: Collection[str] = ()) -> Iterator[VirtualLab]:
    """A cloud whose caller has exactly the policy, or less."""
    policy = policy_document()
    for statement in policy["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action not in without]
    policy["Statement"] = [statement for statement in policy["Statement"] if statement["Action"]]
    with virtual_lab(folder / "cloud") as cloud:
        key_id, secret = KEY.values()
        cloud.emulator.accounts.add_access_key(key_id, secret, user_name="permitted", policy=policy)
        apply_environment(monkeypatch, {**cloud.environment, **KEY})
        yield cloud


def live(cloud: VirtualLab, folder: Path) -> None:
    """A whole life of an application."""
    project = Project(path=folder / "shop", name="shop").write("hello")
    deployer = Deployer(clock=cloud.clock, timeout_seconds=3600)
    cloud.deploy(project.path)
    deployer.status(project.path)
    deployer.list()
    deployer.verify(project.path)
    deployer.delete(project.path, yes=True)


def missing_action(error: DeployerError) -> Any:
    """The action an error, or what caused it, says is missing."""
    cause = error.facts.get("cause") or {"facts": {}}
    return error.facts.get("missing_action") or cause["facts"].get("missing_action")


def test_everything_works_with_exactly_the_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P17, S22, M151: from the first call to nothing left."""
    with permitted(tmp_path, monkeypatch) as cloud:
        live(cloud, tmp_path)

        assert {right.action for right in cloud.emulator.guard.used} <= set(ACTIONS)
        assert not {call.code for call in cloud.emulator.recorder.calls} & {
            "Forbidden.RAM",
            "NoPermission",
            "AccessDenied",
        }
        assert cloud.counts()["instances"] == 0


@pytest.mark.parametrize("price_source", ["bssapi:GetPayAsYouGoPrice", "ecs:DescribePrice"])
def test_what_is_not_needed_every_time_is_no_obstacle(
    price_source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P17: without all of it at once, but for one source of prices."""
    with permitted(tmp_path, monkeypatch, without=DONE_WITHOUT.keys() - {price_source}) as cloud:
        live(cloud, tmp_path)

        assert cloud.counts()["instances"] == 0


@pytest.mark.parametrize("action", [action for action in ACTIONS if action not in DONE_WITHOUT])
def test_without_one_action_the_error_names_it(action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P17, M152: each other action of the policy is missed by name."""
    with permitted(tmp_path, monkeypatch, without={action}) as cloud:
        with pytest.raises(DeployerError) as caught:
            live(cloud, tmp_path)

        assert missing_action(caught.value) == action
        assert any("deployer policy" in command for command in caught.value.next_commands) or caught.value.facts["left"]
