"""The same commands by both backends: events, exit codes and results compared field by field.

What may differ is named in `DIFFERENCES`, and every name of it has a row with the reason in docs/backends.md.
"""

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from appmanager_lab import BACKENDS, AppmanagerLab
from cloud_lab import Project
from fake_aliyun import Call

from deployer.api import Deployer
from deployer.errors.base import DeployerError
from deployer.events import Event
from deployer.ui.json_values import to_json_value

ROOT = Path(__file__).resolve().parents[2]

# Which fields may differ, by the row of docs/backends.md that says why. "type.field" is of an event, "type" the event
# itself; "report.field" and "error.field" are of what a deploy gives.
DIFFERENCES = {
    "network": ("plan.made.steps", "resource.changed", "report.left", "error.facts.left", "report.warnings"),
    "progress": ("wait.progressed", "execution.progressed", "invocation.finished", "upload.progressed"),
    "upload": ("artifact.uploaded.bucket_name", "artifact.uploaded.object_name", "report.uploaded_bytes"),
    "price": ("report.quote", "plan.made.monthly_total", "confirm.required.items", "report.cost_reminder"),
    "script failure": ("error.message", "error.facts.log_tail", "error.facts.evidence", "error.facts.cause"),
    "restored release": ("error.facts.restored_release_id",),
    "left out": ("warning.raised:appmanager.setting_left_out",),
    "scripts": ("warning.raised:config.notice",),
    "commands": ("report.next_commands", "report.self_check", "report.usage", "error.next"),
    "stock": ("error.facts.zones_tried",),
}
MAY_DIFFER = {name for names in DIFFERENCES.values() for name in names}
TOLD_TWICE = {"run.finished.error"}  # the error is among the results
EVENTS_THAT_DIFFER = {name for name in MAY_DIFFER if name.count(".") == 1}
MEANT_FOR_ONE_RUN = {"session_id", "plan_id", "elapsed_seconds"}


class Story:
    """One project's way through one backend, and all that was told and given on it."""

    def __init__(self, lab: AppmanagerLab, backend: str, project: Project) -> None:
        self.lab = lab
        self.backend = backend
        self.project = project
        self.told: list[dict[str, Any]] = []
        self.given: list[Any] = []

    def do(self, act: Callable[[Deployer], Any]) -> None:
        """Do it, and keep what came of it: the result, or the error."""
        events: list[Event] = []
        self.lab.clock.advance(1)  # releases are ordered by the second they were made in
        try:
            result = act(self.lab.by(self.backend, events.append))
        except DeployerError as error:
            self.given.append({"error": error.as_dict()})
        else:
            self.given.append({"report": to_json_value(result)})
        self.told += [{"type": event.type, **to_json_value(asdict(event))} for event in events]

    def deploy(self, **flags: Any) -> None:
        self.do(lambda deployer: deployer.deploy(self.project.path, ask=lambda _plan, _risk: True, **flags))

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was told, without what may differ and what is another in every run."""
        kept = [one for one in self.told if one["type"] not in EVENTS_THAT_DIFFER]
        kept = [one for one in kept if f"{one['type']}:{one.get('code')}" not in MAY_DIFFER]
        return [self._plain(_without(one, one["type"])) for one in kept]

    @property
    def results(self) -> list[Any]:
        return [self._plain(_without(one[kind], kind)) for one in self.given for kind in one]

    def _plain(self, value: Any) -> Any:
        """Ids and hashes by the order in which they come, words that name the backend as if there were one."""
        if isinstance(value, dict):
            return {key: self._plain(one) for key, one in value.items() if key not in MEANT_FOR_ONE_RUN}
        if isinstance(value, list):
            return [self._plain(one) for one in value]
        if not isinstance(value, str):
            return value
        for pattern, name in (
            (r"\bi-[0-9a-z]{20}\b", "INSTANCE"),
            (r"\b\d{8}-\d{6}-[0-9a-f]{6}\b", "RELEASE"),
            (r"\b127\.\d+\.\d+\.\d+\b", "ADDRESS"),
            (r"\b[0-9a-f]{64}\b", "HASH"),
            (r"\bexec-[0-9a-f]{20}\b", "EXECUTION"),
            (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
            (r" --backend appmanager", ""),
            (r"by (appmanager|oos)$", "by RUNNER"),
            (r"\b\d+ steps\b", "STEPS"),
            (re.escape(str(self.project.path)), "PROJECT"),
        ):
            value = re.sub(pattern, name, value)
        return value


def _without(value: Any, prefix: str) -> Any:
    """The value without the fields that may differ."""
    if not isinstance(value, dict):
        return value
    return {
        key: _without(one, f"{prefix}.{key}")
        for key, one in value.items()
        if f"{prefix}.{key}" not in MAY_DIFFER | TOLD_TWICE
    }


@pytest.fixture
def tell(labs: dict[str, AppmanagerLab], tmp_path: Path) -> Callable[..., dict[str, Story]]:
    """Runs one story by each backend, each in an account of its own, and gives them after comparing them."""

    def run(name: str, story: Callable[[Story], None], **settings: Any) -> dict[str, Story]:
        stories = {}
        for backend in BACKENDS:
            with labs[backend].chosen() as lab:
                project = Project(path=tmp_path / backend / name, name=name, **settings).write()
                stories[backend] = Story(lab, backend, project)
                story(stories[backend])
        ours, cli = stories["sdk"], stories["appmanager"]
        assert difference(ours.results, cli.results) == ""
        assert difference(ours.events, cli.events) == ""
        return stories

    return run


def difference(ours: Any, cli: Any) -> str:
    """What is not the same, one line a field with what stands around it; empty when all is."""
    texts = [json.dumps(value, indent=1, ensure_ascii=False).splitlines() for value in (ours, cli)]
    return "\n".join(difflib.unified_diff(*texts, fromfile="sdk", tofile="appmanager", lineterm="", n=2))


def deploys_of(story: Story) -> list[Call]:
    """The runs of the tool that deployed this application."""
    return [
        one for one in story.lab.calls if one.verbs == ("app", "deploy") and one.flags["name"] == story.project.name
    ]


def test_a_whole_life_from_a_new_instance_by_an_overwrite_and_a_failing_script_to_its_end(tell) -> None:
    """M103, M104, M108, M110, M112-M114, M117, M120, M122-M124, M144-M146, M157."""

    def story(one: Story) -> None:
        one.deploy()
        one.deploy()
        one.do(lambda deployer: deployer.verify(one.project.path))
        one.do(lambda deployer: deployer.list(name=one.project.name))
        one.do(lambda deployer: deployer.status(one.project.path).summary)
        one.project.write("another greeting")
        one.deploy(dry_run=True)
        one.deploy()
        one.deploy(revision_id=one.given[0]["report"]["release_id"])
        one.do(lambda deployer: [record["artifact_bytes"] for record in deployer.status(one.project.path).releases])
        one.lab.machine.start_fails = True
        for attempt in range(3):
            one.project.write(f"broken {attempt}")
            one.deploy()
        one.lab.machine.start_fails = False
        delete(one)
        one.do(lambda deployer: deployer.status(one.project.path))

    stories = tell("shop", story)

    statuses = [one.get("report", one.get("error")) for one in stories["appmanager"].given]
    assert [one["status"] for one in statuses if isinstance(one, dict) and "plan_id" in one] == [
        "deployed",
        "unchanged",
        "dry-run",
        "deployed",
        "deployed",
    ]
    again = deploys_of(stories["appmanager"])[2]
    assert again.flags["revision_id"].startswith("rev-")
    assert [*again.files] == [".appmanager/config.yaml"]
    failed = stories["appmanager"].given[9]["error"]
    assert (failed["code"], failed["exit_code"], failed["facts"]["stage"]) == ("release.runner_failed", 1, "start")
    assert "no module named shop" in failed["facts"]["log_tail"]
    third = stories["appmanager"].given[11]["error"]
    assert "3 releases in a row failed: stop here" in third["hint"]
    assert "tabKey=flow&appName=shop" in third["facts"]["console_url"]
    assert any(command.startswith("deployer delete") for command in third["next"])
    assert "until you remove it" in third["facts"]["cost_reminder"]
    assert stories["appmanager"].given[-1]["error"]["code"] == "cloud.group_not_found"
    assert len(deploys_of(stories["appmanager"])) == 6
    assert deploys_of(stories["sdk"]) == []
    for story_of in stories.values():
        left = story_of.lab.existing()
        assert left["instances"] == left["applications"] == left["groups"] == []
        assert not [name for name in left["objects"] if name.startswith("shop/")]


def delete(one: Story) -> None:
    """Delete it all, and keep what went and what stayed of the things both backends know."""
    known = {"instance", "application group", "application", "objects"}

    def act(deployer: Deployer) -> list[str]:
        removals = deployer.delete(one.project.path, yes=True)
        return [f"{two.kind} {'stays' if two.kept else 'goes'}" for two in removals if two.kind in known]

    one.do(act)


def test_an_existing_instance_is_asked_about_and_nothing_is_created(tell) -> None:
    """M97, M102, M111."""
    made: dict[str, str] = {}

    def story(one: Story) -> None:
        instance_id = one.lab.make_instance("brought", open_port=8080)
        made[one.backend] = instance_id
        one.project.deployment = {"instanceId": instance_id}
        one.project.write_config()
        one.deploy()
        one.do(lambda deployer: deployer.verify(one.project.path))
        delete(one)

    stories = tell("lodger", story)

    for backend, instance_id in made.items():
        lab = stories[backend].lab
        assert instance_id in lab.existing()["instances"]
        assert lab.instance_tags(instance_id) == {"owner": "somebody"}
    assert not [
        call for call in stories["appmanager"].lab.calls if call.verbs == ("price",) and "lodger" in str(call.files)
    ]


@pytest.mark.parametrize(
    ("name", "api_code", "cause"),
    [
        ("soldout", "OperationDenied.NoStock", "cloud.out_of_stock"),
        ("broke", "InvalidAccountStatus.NotEnoughBalance", "cloud.not_enough_balance"),
    ],
)
def test_what_the_cloud_refuses_to_make_is_the_same_error(tell, name: str, api_code: str, cause: str) -> None:
    """M119, M121."""

    def story(one: Story) -> None:
        one.lab.fail("RunInstances", code=api_code, status=403, times=9)
        one.deploy()
        one.lab.emulator.faults.clear()
        one.do(lambda deployer: deployer.delete(one.project.path, dry_run=True) and None)

    stories = tell(name, story)

    for one in stories.values():
        error = one.given[0]["error"]
        assert (error["code"], error["exit_code"]) == ("release.change_failed", 1)
        assert error["facts"]["cause"]["code"] == cause
        assert error["facts"]["step"] == "provision"


def test_a_leftover_group_stays_and_the_deploy_goes_to_the_next_name(tell) -> None:
    """M99, M105, M106, M61."""

    def story(one: Story) -> None:
        one.lab.call("oos", "CreateApplication", Name="leftover", RegionId="cn-hangzhou")
        one.lab.call(
            "oos",
            "CreateApplicationGroup",
            ApplicationName="leftover",
            Name="default-cn-hangzhou",
            DeployRegionId="cn-hangzhou",
            RegionId="cn-hangzhou",
        )
        one.deploy()
        one.deploy(force_new_group=True)

    stories = tell("leftover", story)

    for one in stories.values():
        groups = [one["report"]["application_group_name"] for one in one.given]
        assert groups == ["default-cn-hangzhou-2", "default-cn-hangzhou-2-2"]
        assert "default-cn-hangzhou-2-2" in (one.project.path / ".appmanager" / "config.yaml").read_text()
    names = [call.flags["group_name"] for call in stories["appmanager"].lab.calls if call.verbs == ("app", "deploy")]
    assert names[-2:] == ["default-cn-hangzhou-2", "default-cn-hangzhou-2-2"]


def test_every_difference_has_a_row_with_its_reason() -> None:
    page = (ROOT / "docs" / "backends.md").read_text(encoding="utf-8")
    rows = {
        row[0].strip(): row for row in (line.strip("| ").split(" | ") for line in page.splitlines()) if len(row) >= 4
    }
    missing = DIFFERENCES.keys() - rows.keys()
    assert missing == set()
    assert all(len(rows[name][3].strip()) > 15 for name in DIFFERENCES)
