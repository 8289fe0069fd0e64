"""Reference, template, schema, JSON input, validation: one set of keys, told in several forms."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest

from deployer.config.document import parse_document, read_document
from deployer.config.json_schema import config_json_schema
from deployer.config.load import DEFAULT_CONFIG_PATH, FLAG_PATHS, VARIABLES, load_config
from deployer.config.new_file import config_reference, config_template, values_from_json, values_of, write_new_config
from deployer.config.problems import validate_tree
from deployer.config.resolve import resolve_config
from deployer.config.schema import known_paths
from deployer.config.validate import validate_file
from deployer.errors.config import ConfigInvalid, ConfigNotFound

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)


def paths_of(text: str) -> set[tuple[str, ...]]:
    known = set(known_paths())
    return {path for path in parse_document(text, path="c").marks if path in known}


def test_the_reference_page_has_every_key_and_no_other():
    assert paths_of(config_reference()) == set(known_paths())


@pytest.mark.parametrize("text", [config_reference(), config_template()])
def test_reference_and_template_are_valid_configurations(text):
    document = parse_document(text, path="c")
    assert document.problems == ()
    assert validate_tree(document.data, document, {})[1] == ()


def test_the_reference_page_names_every_flag_and_variable():
    text = config_reference()
    flags = set(FLAG_PATHS) - {"ecs", "subdirectory", "start", "stop"}
    assert [flag for flag in flags if f"--{flag}" not in text] == []
    assert [name for name in VARIABLES if name != "DEPLOYER_ECS" and name not in text] == []


def test_the_json_schema_knows_patterns_ranges_and_forbids_unknown_keys():
    schema = config_json_schema()
    metadata = schema["$defs"]["Metadata"]
    assert metadata["additionalProperties"] is False
    assert "^[A-Za-z][A-Za-z0-9_-]{0,63}$" in str(metadata["properties"]["name"])
    assert "65535" in str(schema["$defs"]["Deployment"]["properties"]["port"])
    assert schema["title"] == ".appmanager/config.yaml"
    assert metadata["properties"]["regionId"]["description"] == "The region of the instance. There is no default."
    nodes = [node for section in schema["$defs"].values() for node in section["properties"].values()]
    assert [node for node in nodes if not node.get("description")] == []
    assert [node for node in nodes if {"default", "title"} & node.keys()] == []


def test_json_input_becomes_the_values_of_a_file(tmp_path):
    values = values_from_json(
        '{"metadata": {"name": "my-app", "type": "agent", "regionId": "cn-beijing", "groupName": null},'
        ' "agent": {"model": {"apiKey": "${K}"}}, "deployer": {"budget": {"maxHourly": 0.10}, "env": {"A": "b"}}}'
    )
    assert values == {
        "metadata.name": "my-app",
        "metadata.type": "agent",
        "metadata.regionId": "cn-beijing",
        "agent.model.apiKey": "${K}",
        "deployer.budget.maxHourly": Decimal("0.10"),
        "deployer.env": {"A": "b"},
    }
    path = tmp_path / "config.yaml"
    write_new_config(path, values, now=NOW)
    assert read_document(path).data["deployer"] == {"env": {"A": "b"}, "budget": {"maxHourly": Decimal("0.10")}}


@pytest.mark.parametrize("text", ["{", "[]", '{"metadata": {"nam": "x"}}'])
def test_json_input_that_is_none_is_refused(text):
    with pytest.raises(ConfigInvalid) as caught:
        values_from_json(text)
    assert caught.value.facts["config_path"] == "--from-json"


def test_what_init_writes_resolves_to_the_same_configuration(tmp_path):
    flags = {"region": "cn-hangzhou", "ecs": "new", "port": 8080, "env": ("A=b",), "max_hourly": "0.5", "type": "app"}
    raw = load_config(project_dir=tmp_path, environ={}, flags=flags)
    first = resolve_config(raw, None, ("#!/bin/bash\necho a\n", "#!/bin/bash\necho b\n"))
    write_new_config(tmp_path / DEFAULT_CONFIG_PATH, values_of(first, raw), now=NOW)
    again = resolve_config(load_config(project_dir=tmp_path, environ={}))
    for field in ("application_name", "application_group_name", "instance", "port", "start_script", "environment"):
        assert getattr(again, field) == getattr(first, field)
    assert again.budget == first.budget


def test_init_never_writes_a_key_itself(tmp_path):
    flags = {"region": "cn-hangzhou", "ecs": "new", "type": "agent", "api_key": "sk-canary0123456789canary"}
    raw = load_config(project_dir=tmp_path, environ={}, flags=flags)
    values = values_of(resolve_config(raw, None, ("a", "b")), raw)
    assert values["agent.model.apiKey"] == "${DASHSCOPE_API_KEY}"


def test_validation_finds_everything_without_project_or_credentials(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        "metadata:\n  name: x\n  name: y\n  regionId: cn-hangzhou\n  groupName: default-cn-beijing\n"
        "common:\n  deployment: {port: 22}\nagent: {model: {apiKey: sk-canary0123456789canary}}\n"
    )
    problems = validate_file(path)
    assert [(problem.severity, problem.code, problem.path) for problem in problems] == [
        ("warning", "mode", ""),
        ("warning", "missing", "metadata.type"),
        ("error", "duplicate", "metadata.name"),
        ("error", "mismatch", "metadata.groupName"),
        ("warning", "missing", "common.scripts.start"),
        ("warning", "missing", "common.scripts.stop"),
        ("error", "value", "common.deployment.port"),
        ("warning", "secret", "agent.model.apiKey"),
    ]
    assert "canary" not in str([problem.as_dict() for problem in problems])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  groupName: default\n", {"metadata.groupName": "warning"}),
        ("common: {deployment: {instanceId: i-bp1a2b3c4d, ecsInstanceType: ecs.g7.large}}\n", {"common.deployment.instanceId": "warning"}),
        ("common: {deployment: {internetMaxBandwidthOut: 0}}\n", {"common.deployment.internetMaxBandwidthOut": "warning"}),
        ("  type: agent\n", {"agent.model.apiKey": "warning"}),
        ("  type: agent\nagent: {model: {apiKey: sk-xxx}}\n", {"agent.model.apiKey": "error"}),
        ("  type: agent\nagent: {model: {apiKey: '${NOT_SET}'}}\n", {"agent.model.apiKey": "warning"}),
        ("  type: agent\nagent: {model: {apiKey: '${SET}'}}\n", {}),
        ("deployer: {env: {1A: x, B: 'y', 'C D': z}}\n", {"deployer.env.1A": "error", "deployer.env.C D": "error"}),
        ("deployer: {schemaVersion: 2, canary: 1}\nmisspelt: 1\n", {"deployer.schemaVersion": "error"}),
    ],
)  # fmt: skip
def test_validation_tells_what_a_deploy_would_change_or_refuse(tmp_path, text, told):
    """B6, B8, B9, B24, B27, B28."""
    path = tmp_path / "config.yaml"
    path.write_text("metadata:\n  name: shop\n  regionId: cn-hangzhou\n" + text)
    problems = validate_file(path, {"SET": "x"})
    assert {one.path: one.severity for one in problems if one.code != "missing" or "apiKey" in one.path} == told


def test_a_complete_file_has_nothing_to_say(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(config_template())
    assert validate_file(path) == ()


def test_validation_of_broken_yaml_and_of_no_file(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("a: [")
    assert [problem.code for problem in validate_file(path)] == ["syntax"]
    with pytest.raises(ConfigNotFound):
        validate_file(tmp_path / "other.yaml")


def test_a_config_path_that_is_named_has_to_exist(tmp_path):
    with pytest.raises(ConfigNotFound):
        load_config(tmp_path / "gone.yaml", environ={})
    assert load_config(project_dir=tmp_path, environ={}).document is None
