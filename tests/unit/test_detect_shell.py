"""Projects that are a shell script."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree


def test_the_example_is_started_by_bash() -> None:
    found = analyze_example("shell_loop")
    assert (found.language, found.start_command, found.port) == ("shell", "bash run.sh", None)


def test_the_script_the_readme_names_comes_first(tmp_path: Path) -> None:
    files = {"README.md": "```\n./go.sh\n```\n", "go.sh": "#!/bin/sh\n", "start.sh": "#!/bin/sh\n"}
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.source) == ("bash go.sh", "readme")


@pytest.mark.parametrize(
    "files", [{"notes.sh": "#!/bin/sh\n"}, {"start.sh": "#!/usr/bin/env python3\n"}, {"app.bat": "x"}]
)
def test_other_scripts_start_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert not analyze_tree(tmp_path, files).supported


@pytest.mark.parametrize("name", ["configure", "build.sh", "install_all.sh", "test.sh"])
def test_a_script_that_makes_something_ready_starts_nothing(tmp_path: Path, name: str) -> None:
    files = {"README.md": f"# Tool\n\n```bash\n./{name}\n```\n", name: "#!/bin/sh\necho made\n"}
    assert not analyze_tree(tmp_path, files).supported
