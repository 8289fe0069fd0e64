"""Projects whose applications stand below the top: which one is meant, and how it is run from there."""

import json
from pathlib import Path

import pytest
from project_trees import PROJECTS, analyze_example, analyze_tree, clean_scripts

from deployer.cli.main import run
from deployer.config.load import load_flags
from deployer.detection import detect, refusal
from deployer.errors.decision import AnswersNeeded
from deployer.errors.project import FileOutsideProject, ProjectMissing, ProjectNotDirectory
from deployer.operations.prepare import configure_from
from deployer.project.project_dir import ProjectDir

FLASK = "from flask import Flask\n\napp = Flask(__name__)\n"


def test_of_several_applications_none_is_chosen_and_everything_is_asked_at_once() -> None:
    """B64, M43."""
    found = analyze_example("two_services")
    assert [one.path for one in found.candidates] == ["mails", "orders"]
    assert not found.supported
    error = refusal(found, "two_services", "en")
    assert error.exit_code == 3
    with pytest.raises(AnswersNeeded) as asked:
        configure_from(
            load_flags(Path("config.yaml"), environ={}, flags={}), ProjectDir.open(PROJECTS / "two_services"), found
        )
    assert [one.id for one in asked.value.questions] == ["subdirectory", "region", "ecs"]
    assert asked.value.questions[0].flag == "--path DIR"
    assert [value for value, _ in asked.value.questions[0].choices] == ["mails", "orders"]


def test_the_command_line_lists_the_candidates_and_ends_with_three(capsys: pytest.CaptureFixture[str]) -> None:
    """B64."""
    assert run(["detect", str(PROJECTS / "two_services"), "--output", "json"]) == 3
    [line] = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert told["code"] == "decision.answers_needed"
    assert [one["path"] for one in told["data"]["candidates"]] == ["mails", "orders"]
    assert run(["detect", str(PROJECTS / "two_services"), "--path", "mails", "--output", "json"]) == 0


@pytest.mark.parametrize("given", ["orders", "./orders", "orders/"])
def test_the_directory_that_is_named_decides(given: str) -> None:
    found = detect(PROJECTS / "two_services", given)
    assert found.start_command == "cd orders && node server.js"
    assert found.install_command == "(cd orders && npm install --no-audit --no-fund)"
    assert (found.directory, found.port) == ("orders", 3100)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("nowhere", ProjectMissing),
        ("../worker", FileOutsideProject),
        ("/etc", ProjectMissing),
        ("orders/server.js", ProjectNotDirectory),
    ],
)
def test_only_a_directory_of_the_project_can_be_named(given: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        detect(PROJECTS / "two_services", given)


def test_a_server_comes_before_the_pages_beside_it_and_what_is_left_out_is_said() -> None:
    found = analyze_example("backend_frontend")
    assert found.start_command == "cd backend && uvicorn main:app --host 0.0.0.0 --port 8000"
    assert any("`frontend` not" in one for one in found.warnings)


def test_the_readme_says_which_of_several_is_meant(tmp_path: Path) -> None:
    files = {
        "README.md": "# Shop\n\n## Run\n\n```bash\ncd till && python app.py\n```\n",
        "till/requirements.txt": "flask\n",
        "till/app.py": FLASK,
        "stock/requirements.txt": "flask\n",
        "stock/app.py": FLASK,
    }
    found = analyze_tree(tmp_path, files)
    assert found.directory == "till"
    assert found.source == "readme"


def test_an_application_at_the_top_comes_before_those_below(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "flask\n",
        "app.py": FLASK,
        "tools/report/requirements.txt": "flask\n",
        "tools/report/app.py": FLASK,
    }
    found = analyze_tree(tmp_path, files)
    assert (found.directory, found.candidates) == ("", ())
    assert found.start_command == "gunicorn --bind 0.0.0.0:5000 app:app"


def test_examples_and_tests_are_no_applications(tmp_path: Path) -> None:
    files = {f"{place}/demo/requirements.txt": "flask\n" for place in ("examples", "tests", "docs")}
    files |= {f"{place}/demo/app.py": FLASK for place in ("examples", "tests", "docs")}
    assert not analyze_tree(tmp_path, files).supported


@pytest.mark.parametrize("name", ["turbo_workspace", "django_local_hosts"])
def test_the_scripts_of_an_application_below_the_top_are_clean(name: str, tmp_path: Path) -> None:
    found = analyze_example(name)
    scripts = clean_scripts(tmp_path, found)
    assert f"cd {found.directory} && exec " in scripts.start


def test_a_workspace_is_installed_once_and_built_with_what_the_package_needs() -> None:
    found = analyze_example("turbo_workspace")
    assert found.install_command is not None
    assert found.install_command.endswith("pnpm install --frozen-lockfile")
    assert found.build_command == "turbo run build --filter=./apps/shop"
    assert found.start_command == "cd apps/shop && next start -H 0.0.0.0 -p 3000"


def test_even_of_an_empty_directory_the_json_line_has_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """B45."""
    (tmp_path / "bare").mkdir()
    assert run(["detect", str(tmp_path / "bare"), "--output", "json"]) == 65
    told = json.loads(capsys.readouterr().out)
    assert told["code"] == "project.empty"
    assert (told["data"]["name"], told["data"]["type"], told["data"]["supported"]) == ("bare", "app", False)
    assert run(["detect", str(tmp_path / "bare")]) == 65
    assert capsys.readouterr().out == ""
