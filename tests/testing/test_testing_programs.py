"""Programs of other people, as they are: nothing in them knows that it is tested."""

import asyncio
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import alibabacloud_oss_v2 as oss
import pytest
from alibabacloud_ecs20140526 import models as ecs
from clients import REGION_ID, ecs_client, oss_client
from networks import make_network, run_instances
from programs import backup, patch_fleet, stop_idle

from deployer.testing import mock_aliyun


def statuses() -> dict[str, str]:
    body = ecs_client().describe_instances(ecs.DescribeInstancesRequest(region_id=REGION_ID, max_results=100)).body
    return {instance.instance_id: instance.status for instance in body.instances.instance}


@mock_aliyun(seed=7)
def test_a_client_made_at_import_stops_what_nobody_owns_over_all_pages():
    network = make_network()
    owned = run_instances(network, amount=2, tags={"owner": "ops"})
    idle = run_instances(network, amount=23)
    assert stop_idle.main() == json.dumps({"stopped": sorted(idle)})
    with mock_aliyun() as aliyun:
        aliyun.clock.advance(60)
        found = statuses()
    assert {found[one] for one in idle} == {"Stopped"}
    assert {found[one] for one in owned} == {"Running"}


@mock_aliyun
class TestBackup(unittest.TestCase):
    """A program with a command line, and a unittest class around it."""

    def run_with(self, folder: Path) -> None:
        (folder / "in" / "deep").mkdir(parents=True)
        (folder / "in" / "small.txt").write_text("small ü")
        (folder / "in" / "deep" / "large.bin").write_bytes(bytes(range(256)) * 2000)
        (folder / "in" / "name with space").write_text("")
        assert backup.main(["push", "nightly-backup", str(folder / "in")]) == 0
        assert backup.main(["pull", "nightly-backup", str(folder / "out")]) == 0
        for path in (folder / "in").rglob("*"):
            if path.is_file():
                assert (folder / "out" / path.relative_to(folder / "in")).read_bytes() == path.read_bytes()

    def test_what_was_pushed_is_pulled_again_and_only_changes_are_sent(self) -> None:
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()) as said:
            folder = Path(name)
            self.run_with(folder)
            backup.main(["push", "nightly-backup", str(folder / "in")])
            (folder / "in" / "small.txt").write_text("changed")
            backup.main(["push", "nightly-backup", str(folder / "in")])
        assert said.getvalue().splitlines() == ["3 sent", "0 sent", "1 sent"]
        versions = oss_client().list_object_versions(oss.ListObjectVersionsRequest(bucket="nightly-backup"))
        assert len([one for one in versions.version if one.key == "small.txt"]) == 2

    def test_the_next_test_has_a_cloud_of_its_own(self) -> None:
        assert not oss_client().is_bucket_exist("nightly-backup")


@pytest.fixture
def instance():
    """A cloud in which this computer is an instance with a role."""
    with mock_aliyun(instance_role="patcher") as aliyun:
        yield aliyun


def test_an_async_program_on_an_instance_with_a_role_patches_every_machine(instance):
    aliyun, network = instance, make_network()
    machines = run_instances(network, amount=4, tags={"ring": "blue"})
    run_instances(network, amount=2, tags={"ring": "green"})
    aliyun.clock.advance(60)
    aliyun.on_command(lambda instance, script: (0, f"{script} on {instance.instance_id}"))
    answers = asyncio.run(patch_fleet.patch(REGION_ID, "ring", "blue", "dnf upgrade -y", role_name="patcher", pause=0))
    assert answers == {one: f"dnf upgrade -y on {one}" for one in machines}
    assert {call.access_key_id[:4] for call in aliyun.calls if call.action == "RunCommand"} == {"STS."}


def test_the_program_says_so_when_one_machine_fails_or_stays_silent(aliyun):
    network = make_network()
    machines = run_instances(network, amount=2, tags={"ring": "blue"})
    aliyun.clock.advance(60)
    aliyun.on_command(lambda instance, _: (int(instance.instance_id == machines[1]), "no space"))
    with pytest.raises(patch_fleet.FleetError) as failed:
        asyncio.run(patch_fleet.patch(REGION_ID, "ring", "blue", "true", pause=0))
    assert failed.value.args == ({machines[1]: "no space"},)
    aliyun.faults.add_described({"kind": "agent_offline", "instance": machines[0]})
    with pytest.raises(patch_fleet.FleetError, match=machines[0]):
        asyncio.run(patch_fleet.patch(REGION_ID, "ring", "blue", "true", pause=0))
