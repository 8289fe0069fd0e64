"""Which version of a language a project wants, which file says so, and what is said when no instance can have it (B63)."""

from pathlib import Path

import pytest
from project_trees import analyze_tree

RANGE = '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.10"\n'


@pytest.mark.parametrize(
    ("files", "version", "file"),
    [
        ({".python-version": "3.12.4\n", ".tool-versions": "python 3.11.1\n"}, "==3.12.*", ".python-version"),
        (
            {".tool-versions": "nodejs 22\npython 3.11.1\n", "runtime.txt": "python-3.12.0\n"},
            "==3.11.*",
            ".tool-versions",
        ),
        ({"mise.toml": '[tools]\npython = "3.12"\n', "runtime.txt": "python-3.11.0\n"}, "==3.12.*", "mise.toml"),
        ({"runtime.txt": "python-3.11.9\n", "pyproject.toml": RANGE}, "==3.11.*", "runtime.txt"),
        ({"pyproject.toml": RANGE}, ">=3.10", "pyproject.toml"),
        ({".python-version": "3.9\n", "pyproject.toml": RANGE}, ">=3.10", "pyproject.toml"),  # they contradict
        ({".python-version": "3.13\n", "pyproject.toml": RANGE}, ">=3.10", "pyproject.toml"),  # no package has it
        ({".python-version": "my-environment\n", "pyproject.toml": RANGE}, ">=3.10", "pyproject.toml"),
    ],
)
def test_a_pin_comes_before_a_range_it_fits(tmp_path: Path, files: dict[str, str], version: str, file: str) -> None:
    found = analyze_tree(tmp_path, {"main.py": "print(1)\n", **files})
    assert found.language_version == version
    assert file in {one.file for one in found.evidence if one.decides == "version"}


@pytest.mark.parametrize(
    ("files", "warning"),
    [
        ({"main.py": "print(1)\n", ".python-version": "3.14\n"}, "wants Python 3.14"),
        ({"package.json": '{"engines": {"node": ">=99"}}', "index.js": "work()\n"}, "wants Node.js >=99"),
        ({"package.json": '{"engines": {"node": "4.2.x"}}', "index.js": "work()\n"}, "no security fixes"),
        ({"pom.xml": "<project><java.version>99</java.version></project>"}, "wants Java 99"),
    ],
)
def test_a_version_no_instance_can_have_is_said_before_anything_is_deployed(
    tmp_path: Path, files: dict[str, str], warning: str
) -> None:
    assert any(warning in one for one in analyze_tree(tmp_path, files).warnings)


@pytest.mark.parametrize(
    "files",
    [
        {"main.py": "print(1)\n", ".python-version": "3.12\n"},
        {"main.py": "print(1)\n", "pyproject.toml": RANGE},
        {"package.json": '{"engines": {"node": "22.x"}}', "index.js": "work()\n"},
        {"package.json": '{"engines": {"node": ">=18 <=24"}}', "index.js": "work()\n"},
        {"pom.xml": "<project><java.version>21</java.version></project>"},
    ],
)
def test_nothing_is_said_of_versions_that_can_be_had(tmp_path: Path, files: dict[str, str]) -> None:
    assert not any("wants" in one for one in analyze_tree(tmp_path, files).warnings)
