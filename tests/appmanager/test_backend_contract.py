"""What every backend keeps to: ours, and the example of somebody else's in docs/backends.md."""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from appmanager_lab import BACKENDS, AppmanagerLab
from cloud_lab import REGION, Project

from deployer.api import Deployer
from deployer.backends.base import Backend, DeleteScope, LogRequest, Settings
from deployer.backends.registry import backend_names, open_backend
from deployer.errors.base import UsageError
from deployer.errors.cloud import GroupNotFound, LockHeld, ReleaseNotFound
from deployer.events import ignore_events
from deployer.models.plan import Plan

ROOT = Path(__file__).resolve().parents[2]
METHODS = {name: one for name, one in vars(Backend).items() if inspect.isfunction(one) and not name.startswith("_")}
EXAMPLE = "calendar"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The backend of the documentation, installed as a package would be. The name is that of the entry point."""
    page = (ROOT / "docs" / "backends.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    entry_point = re.search(r'^calendar = "(.*)"$', page, re.MULTILINE)
    assert code
    assert entry_point
    assert len([line for line in code[1].splitlines() if line.strip()]) <= 30
    site = tmp_path / "site"
    metadata = site / "calendar_backend-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "calendar_backend.py").write_text(code[1])
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: calendar-backend\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[deployer.backends]\n{EXAMPLE} = {entry_point[1]}\n")
    monkeypatch.syspath_prepend(str(site))
    yield EXAMPLE
    sys.modules.pop("calendar_backend", None)


@pytest.fixture(params=[*BACKENDS, EXAMPLE])
def backend_name(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("example") if request.param == EXAMPLE else request.param


@pytest.fixture
def backend(lab: AppmanagerLab, backend_name: str) -> Backend:
    return open_backend(backend_name, Settings(session=lab.session, deploy_region_id=REGION))


class TestEveryBackend:
    """The contract."""

    def test_it_has_every_method_with_the_same_parameters(self, backend: Backend, backend_name: str) -> None:
        assert backend.name == backend_name
        for name, wanted in METHODS.items():
            parameters = list(inspect.signature(wanted).parameters)[1:]
            assert list(inspect.signature(getattr(backend, name)).parameters) == parameters, name

    def test_what_does_not_exist_is_not_found_and_nothing_is_left_of_the_question(
        self, backend: Backend, lab: AppmanagerLab
    ) -> None:
        before = lab.existing()
        assert backend.list_group_names("nobody") == ()
        assert backend.find_newest_release("nobody", "nothing") is None
        with pytest.raises(GroupNotFound):
            backend.get_status("nobody", "nothing")
        with pytest.raises(GroupNotFound):
            backend.list_groups("nobody")
        with pytest.raises(ReleaseNotFound):
            backend.get_release("nobody", "nothing", "20260101-000000-abcdef")
        scope = DeleteScope(application_name="nobody", application_group_name="nothing", deploy_region_id=REGION)
        with pytest.raises(GroupNotFound):
            backend.plan_delete(scope)
        request = LogRequest(application_name="nobody", application_group_name="nothing", deploy_region_id=REGION)
        with pytest.raises(GroupNotFound):
            backend.inspect(request)
        assert lab.existing() == before

    def test_one_deploy_at_a_time_and_its_release_is_known_to_every_backend(
        self, backend: Backend, backend_name: str, lab: AppmanagerLab, tmp_path: Path
    ) -> None:
        project = Project(path=tmp_path / "app", name=f"kept{backend_name}").write()
        plan: Plan = lab.by(backend_name).plan(project.path)
        with backend.begin(plan, "deploy", ignore_events) as made:
            assert isinstance(made, list)
            with (
                pytest.raises(LockHeld),
                backend.begin(lab.by(backend_name).plan(project.path), "deploy", ignore_events),
            ):
                pass
        report = lab.deploy_by(backend_name, project)
        for other in BACKENDS:
            past = lab.by(other).status(project.path)
            assert past.releases[0]["release_id"] == report.release_id
            assert past.summary.instance_ids == report.instance_ids
        names = project.name, f"default-{REGION}"
        newest = backend.find_newest_release(*names)
        assert newest is not None
        assert backend.get_release(*names, report.release_id or "") == newest
        assert backend.list_group_names(project.name) == (f"default-{REGION}",)
        assert not backend.is_leftover(*names)
        assert [one.release_id for one in backend.list_groups(project.name)] == [report.release_id]

    def test_check_looks_and_changes_nothing(self, backend: Backend, lab: AppmanagerLab) -> None:
        before = lab.existing()
        assert {finding.id for finding in backend.check()} >= {
            "credentials",
            "region",
            "oos",
            "oss",
            "clock",
            "balance",
        }
        assert "root" in backend.identify()
        assert REGION in backend.list_region_ids()
        assert lab.existing() == before


def test_the_backend_of_the_documentation_keeps_to_its_calendar(
    example: str, lab: AppmanagerLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project(path=tmp_path / "app", name="resting").write()
    Path("closed-days.txt").write_text(f"{lab.clock.now():%Y-%m-%d}\n")
    assert backend_names() == ("appmanager", example, "sdk")
    before = lab.existing()
    with pytest.raises(Exception, match="nothing is deployed on") as raised:
        lab.deploy_by(example, project)
    assert raised.value.exit_code == 69
    assert raised.value.code == "calendar.day_closed"
    assert lab.existing() == before


def test_an_unknown_backend_is_refused_with_those_there_are(lab: AppmanagerLab, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no backend `carrier-pigeon`") as raised:
        lab.by("carrier-pigeon").list()
    assert raised.value.hint == "choose one of: appmanager, sdk"


def test_nobody_takes_the_place_of_a_backend_of_ours(
    lab: AppmanagerLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "evil-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[deployer.backends]\nsdk = evil:Backend\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    opened = open_backend("sdk", Settings(session=lab.session, deploy_region_id=REGION))
    assert type(opened).__module__ == "deployer.backends.sdk.backend"


def test_the_local_cloud_is_not_reached_by_the_tool(lab: AppmanagerLab) -> None:
    with pytest.raises(UsageError, match="does not reach the local cloud"):
        open_backend("appmanager", Settings(session=lab.session, deploy_region_id=REGION, is_local=True))
    assert Deployer(local=True, backend="appmanager").command_flags == "--local --backend appmanager"
