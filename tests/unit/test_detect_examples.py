"""Every example tree, whole: what is understood of it, with the reasons. A change shows up here as a difference to read."""

import re
import sys

import pytest
from project_trees import PROJECTS, analyze_example
from syrupy.assertion import SnapshotAssertion

from deployer.models.analysis import ProjectAnalysis

READ_AS = re.compile(rf"(?<=Python )3\.{sys.version_info.minor}$")
EXAMPLES = sorted(path.name for path in PROJECTS.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_understood_as_before(name: str, snapshot: SnapshotAssertion) -> None:
    analysis = analyze_example(name)
    assert told(analysis) == snapshot


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_evidence_of_an_example_points_at_what_is_there(name: str) -> None:
    analysis = analyze_example(name)
    for one in analysis.evidence:
        place = PROJECTS / name / one.file
        assert place.exists(), one
        if one.line is not None:
            assert one.line <= len(place.read_text(encoding="utf-8").splitlines()), one


def told(analysis: ProjectAnalysis) -> str:
    """The analysis as lines."""
    fields = {
        "language": analysis.language,
        "framework": analysis.framework,
        "type": analysis.type.value,
        "version": analysis.language_version,
        "directory": analysis.directory or None,
        "install": analysis.install_command,
        "build": analysis.build_command,
        "start": analysis.start_command,
        "port": analysis.port,
        "address": analysis.bind_host,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    lines += [f"{name}={value}" for name, value in analysis.environment]
    lines += [
        f"candidate: {one.path} ({one.framework or one.language}): {one.start_command}" for one in analysis.candidates
    ]
    lines += [f"because {one.file}{f':{one.line}' if one.line else ''}: {one.why}" for one in analysis.evidence]
    lines += [f"warning: {READ_AS.sub('3.x', warning)}" for warning in analysis.warnings]
    return "\n".join(lines)
