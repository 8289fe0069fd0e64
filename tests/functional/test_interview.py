"""M43-M47: a person is asked for region and instance at once, out of what there is in the account."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloud_lab import Project
from fault_lab import VirtualLab, virtual_lab
from person import Person

from deployer.api import Deployer
from deployer.cli.interview import Interview

pytestmark = pytest.mark.xdist_group("interview")  # one account serves them all
CONFIG = "metadata: {regionId: cn-hangzhou}\n"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualLab]:
    """An account with one instance, which nothing here changes."""
    folder = tmp_path_factory.mktemp("interview")
    with virtual_lab(folder / "cloud") as lab, pytest.MonkeyPatch.context() as patch:
        for name, value in lab.environment.items():
            patch.setenv(name, value)
        lab.deploy(Project(path=folder / "host", name="host").write().path)
        yield lab


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    return tmp_path


def answered(cloud: VirtualLab, project: Path, person: Person, **settings: Any) -> tuple[dict[str, Any], list[str]]:
    """The settings after the interview, and what was said besides the questions."""
    said: list[str] = []
    interview = Interview(Deployer(clock=cloud.clock), "en", said.append, asker=person)
    return interview.complete(str(project), None, settings), said


def test_region_and_instance_are_asked_for_before_anything_is_looked_at(cloud: VirtualLab, project: Path) -> None:
    person = Person("Hangzhou", "existing", "host-default")
    settings, said = answered(cloud, project, person)
    assert settings == {"region": "cn-hangzhou", "ecs": "existing", "instance_id": cloud.existing()["instances"][0]}
    assert [question.partition(" ")[0] for question in person.asked] == ["which", "new", "Which"]
    assert said == []


def test_only_regions_that_are_open_are_offered(cloud: VirtualLab, project: Path) -> None:
    person = Person("Beijing", "new")
    answered(cloud, project, person)
    offered = " ".join(person.offered[0])
    assert "cn-shanghai" in offered
    assert "cn-nanjing" not in offered


def test_the_region_of_the_file_says_where_instances_are_looked_for(cloud: VirtualLab, project: Path) -> None:
    (project / ".appmanager").mkdir()
    (project / ".appmanager" / "config.yaml").write_text(CONFIG)
    settings, _said = answered(cloud, project, Person("host-default"), ecs="existing")
    assert settings["instance_id"] == cloud.existing()["instances"][0]


def test_a_region_without_instances_offers_a_new_one(cloud: VirtualLab, project: Path) -> None:
    person = Person("a new instance")
    settings, _said = answered(cloud, project, person, region="cn-beijing", ecs="existing")
    assert settings == {"region": "cn-beijing", "ecs": "new"}
    assert "no ECS instance to choose from in cn-beijing" in person.asked[0]


def test_an_id_may_be_typed_where_nothing_can_be_listed(
    cloud: VirtualLab, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tNobody")
    person = Person("Shanghai", "existing", "by its id", "i-bp1a2b3c4d5e6f7g8h9i")
    settings, said = answered(cloud, project, person)
    assert settings["instance_id"] == "i-bp1a2b3c4d5e6f7g8h9i"
    assert len(person.offered[0]) == 9  # the eight cities and another region
    assert "cannot be listed" in said[0]
