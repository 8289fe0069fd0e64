"""Every error, event, warning, command, flag, key and variable stands on a page, and no page is stale."""

import importlib.util
import re
from pathlib import Path

import click
import pytest
import yaml
from source_tree import ROOT, modules

from deployer.config.load import FLAG_PATHS, VARIABLES
from deployer.config.merge import CHOICES
from deployer.errors.base import DeployerError

pytestmark = pytest.mark.xdist_group("source")  # read and parsed once
DOCS = ROOT / "docs"


def load_generator():
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generator():
    return load_generator()


@pytest.mark.parametrize(
    "name", ["commands.md", "configuration.md", "coverage.md", "errors.md", "events.md", "scripts.md"]
)
def test_a_page_says_what_the_code_says(generator, name):
    stale = (DOCS / name).read_text(encoding="utf-8") != generator.pages()[name]
    assert not stale, f"docs/{name} is stale: run `python docs/generate.py`"


def test_every_error_has_a_code_of_its_own_and_a_row(generator):
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    by_code: dict[str, list[type[DeployerError]]] = {}
    for one in generator.error_classes():
        by_code.setdefault(one.code, []).append(one)
        assert f"| `{one.code}` | {one.exit_code} |" in page, one.__name__
        assert re.fullmatch(r"[a-z]+(\.[a-z_]+)?", one.code), one.__name__
    for code, classes in by_code.items():
        assert all(issubclass(one, classes[0]) or issubclass(classes[0], one) for one in classes), code


def test_every_exit_code_is_in_the_table(generator):
    listed = {code for code, _ in generator.EXITS}
    assert {one.exit_code for one in generator.error_classes()} <= listed
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(re.search(rf"\b{code}\b", readme) for code in listed)


def test_every_event_has_a_name_of_noun_and_participle_and_a_place(generator):
    page = (DOCS / "events.md").read_text(encoding="utf-8")
    types = [one.type for one in generator.event_classes()]
    assert len(set(types)) == len(types)
    for name in types:
        assert re.fullmatch(r"[a-z]+\.[a-z]+(ed|ade|uilt|one)", name), name
        assert f"## `{name}`" in page


def test_every_command_and_flag_says_what_it_is_for(generator):
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    for name, command in generator.commands():
        assert command.help, name
        assert f"## `deployer {name}`" in page
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts}"
                assert all(f"`{flag}`" in page for flag in option.opts)


def test_every_command_is_in_the_readme(generator):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = {
        name.partition(" ")[0] for name, _ in generator.commands() if not re.search(rf"\b{name.split()[0]}\b", readme)
    }
    assert missing <= {"completion", "schema", "instances"}


def paths_of(value, prefix=()) -> set[tuple[str, ...]]:
    if not isinstance(value, dict):
        return {prefix}
    return {prefix} | {path for key, inner in value.items() for path in paths_of(inner, (*prefix, str(key)))}


def test_every_key_is_in_the_reference_and_every_flag_sets_one():
    reference = paths_of(yaml.safe_load((ROOT / "deployer/config/reference.yml").read_text(encoding="utf-8")))
    assert {path for path in FLAG_PATHS.values() if path not in CHOICES} <= reference
    assert set(VARIABLES.values()) <= FLAG_PATHS.keys()


def test_every_key_of_the_schema_is_in_the_reference():
    from deployer.config.json_schema import config_json_schema

    schema = config_json_schema()
    reference = paths_of(yaml.safe_load((ROOT / "deployer/config/reference.yml").read_text(encoding="utf-8")))
    assert schema_paths(schema, schema) <= reference


def schema_paths(node: dict, root: dict, prefix: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The dotted keys a JSON Schema names."""
    found: set[tuple[str, ...]] = set()
    for one in (node, *node.get("anyOf", ()), *node.get("allOf", ())):
        target = root["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        for key, inner in target.get("properties", {}).items():
            found |= {(*prefix, key), *schema_paths(inner, root, (*prefix, key))}
    return found


def test_every_variable_we_read_is_on_the_page():
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    read = {
        name
        for module in modules()
        if module.layer not in {"emulator", "oos"}
        for name in re.findall(r"\bDEPLOYER_[A-Z_]*[A-Z]\b", module.text)
    }
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_pages_are_linked_from_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in sorted(DOCS.glob("*.md")):
        assert f"docs/{page.name}" in readme, page.name


def test_what_the_readme_points_at_exists():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", readme)
    assert [target for target in targets if not Path(ROOT / target).exists()] == []


def test_every_kind_of_fault_and_every_control_request_is_on_the_page_about_testing():
    from deployer.emulator.control_endpoints import ControlEndpoints
    from deployer.emulator.fault_kinds import KINDS

    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    routes = ControlEndpoints(host=None, token=None)._routes
    assert [kind for kind in sorted(KINDS) if f"`{kind}`" not in page] == []
    assert [" ".join(route) for route in routes if not re.search(rf"`{' '.join(route)}[`?]", page)] == []
