"""Instance, scripts, model, environment and budget: what each may be, and what is said when it is not."""

from decimal import Decimal
from pathlib import Path

import pytest
from config_project import REGION, SCRIPTS, Project, analysis, make_project
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.config.document import parse_document
from deployer.config.identity import resolve_identity
from deployer.config.load import RawConfig
from deployer.config.new_file import config_reference
from deployer.config.resolve import resolve_config
from deployer.errors.config import ConfigInvalid
from deployer.errors.decision import AnswersNeeded
from deployer.models.analysis import ApplicationType


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


def test_instance_flags_that_contradict_are_refused(project):
    both = project.problems(region="cn-hangzhou", ecs="new", instance_id="i-bp1a2b3c4d")
    assert both["common.deployment.instanceId"].code == "conflict"
    text = REGION + "common: {deployment: {instanceId: i-bp1a2b3c4d}}\n"
    assert "common.deployment.ecsInstanceType" in project.problems(text, instance_type="ecs.g7.large")
    assert "ecs" in project.problems(region="cn-hangzhou", ecs="old")


@pytest.mark.parametrize("text", ["i-", "my server", "i-bp1 i-bp2", "web-1"])
def test_instance_ids_that_are_none_are_refused(project, text):
    assert "common.deployment.instanceId" in project.problems(region="cn-hangzhou", instance_id=text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("internetMaxBandwidthOut", "101"),
        ("internetMaxBandwidthOut", "5M"),
        ("systemDiskSize", "10"),
        ("systemDiskSize", "99999"),
        ("ecsInstanceType", "ecs.u1"),
        ("ecsInstanceType", "t5.large"),
    ],
)
def test_sizes_and_types_out_of_range_are_refused(project, key, value):
    text = REGION + f"common: {{deployment: {{{key}: {value}}}}}\n"
    assert f"common.deployment.{key}" in project.problems(text)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("''", "holds no command"),
        ("|\n      # nothing\n", "holds no command"),
        ("|\n      #!/usr/bin/python3\n      print(1)\n", "begins with `#!/usr/bin/python3`"),
        ('"a\\0b"', "has a NUL character"),
        ('"a\\rb\\n"', "carriage return"),
        ("[a, b]", "a list"),
    ],
)
def test_scripts_that_are_none_are_named(project, script, message):
    problems = project.problems(REGION + f"common:\n  scripts:\n    start: {script}\n")
    assert message in problems["common.scripts.start"].message


def test_windows_line_endings_in_a_script_are_converted_with_a_notice(project):
    config = project.resolve(REGION + 'common: {scripts: {start: "\\uFEFF#!/bin/sh\\r\\nrun\\r\\n"}}\n')
    assert config.start_script == "#!/bin/sh\nrun\n"
    assert sum("script" in notice for notice in config.notices) == 3


def test_missing_scripts_are_named_when_nothing_was_generated(project):
    with pytest.raises(ConfigInvalid) as caught:
        project.resolve(REGION, scripts=None)
    assert [problem.path for problem in caught.value.problems] == ["common.scripts.start", "common.scripts.stop"]


def test_a_price_needs_no_scripts(project):
    config = resolve_config(project.raw(REGION), needs_scripts=False)
    assert (config.start_script, config.stop_script) == ("", "")


def test_scripts_may_be_made_of_the_resolved_name_and_port(project):
    config = project.resolve(REGION, found=analysis(), scripts=lambda name, port: (f"run {name} {port}", "stop"))
    assert config.start_script == "run shop 5000\n"


@st.composite
def damaged_files(draw):
    text = config_reference()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 30))
        text = text[:start] + draw(st.sampled_from(DAMAGE)) + text[end:]
    return text


DAMAGE = [
    "",
    "\n",
    "  ",
    ":",
    "- ",
    "[",
    "}",
    "|",
    "'",
    '"',
    "&a ",
    "*a",
    "!!x ",
    "\t",
    "on",
    "~",
    "5",
    "<<: ",
    "? ",
    "%",
]


def shown_outcome(text: str) -> str:
    try:
        raw = RawConfig(
            config_path=".appmanager/config.yaml",
            document=parse_document(text, path="config.yaml"),
            environ={"DASHSCOPE_API_KEY": "canary"},
        )
        return repr(resolve_config(raw, None, SCRIPTS))
    except (ConfigInvalid, AnswersNeeded) as error:
        return str(error.as_dict())


@settings(max_examples=40, deadline=None)
@given(text=damaged_files())
def test_a_damaged_file_is_read_or_refused_and_shows_no_secret(text):
    assert "canary" not in shown_outcome(text)


AGENT = REGION + "  type: agent\nagent:\n  model:\n    apiKey: "


def test_an_agents_key_is_a_reference_to_a_variable(project):
    config = project.resolve(AGENT + "${MY_KEY}\n", {"MY_KEY": "sk-canary-canary-canary"})
    assert config.model is not None
    assert config.model.name == "qwen3.6-plus"
    assert config.model.api_key.reveal() == "sk-canary-canary-canary"
    assert "canary" not in repr(config)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("${MY_KEY}", "`MY_KEY`, which is not set"),
        ("sk-xxx", "still the placeholder"),
        ("<your key>", "still the placeholder"),
        ("", "an agent needs"),
    ],
)
def test_an_agent_without_a_key_is_told_why(project, written, message):
    assert message in project.problems(AGENT + written + "\n")["agent.model.apiKey"].message


def test_a_literal_key_is_taken_with_a_warning_that_does_not_repeat_it(project):
    config = project.resolve(AGENT + "sk-canary0123456789canary\n")
    assert config.model.api_key.reveal() == "sk-canary0123456789canary"
    assert any("plain text" in notice for notice in config.notices)
    assert "canary" not in str(config.notices)


def test_without_a_file_an_agents_key_is_asked_for(project):
    with pytest.raises(AnswersNeeded) as caught:
        project.resolve(region="cn-hangzhou", ecs="new", type="agent")
    assert [question.id for question in caught.value.questions] == ["api-key"]
    environ = {"DASHSCOPE_API_KEY": "sk-one"}
    assert project.resolve(None, environ, region="cn-hangzhou", ecs="new", type="agent").model.api_key


def test_flags_of_agents_and_applications_do_not_mix_and_all_are_told(project):
    problems = project.problems(region="cn-hangzhou", ecs="new", api_key="${K}", model="m")
    assert set(problems) == {"agent.model.apiKey", "agent.model.name"}
    environ = {"K": "x"}
    assert set(
        project.problems(None, environ, region="cn-hangzhou", ecs="new", type="agent", api_key="$K", port=80)
    ) == {"common.deployment.port"}


def test_environment_values_arrive_exactly(project):
    value = "a\n'\"$HOME {{ x }}"
    config = project.resolve(REGION + "deployer: {env: {A: x, B: y}}\n", env=(f"A={value}",))
    assert config.environment == {"A": value, "B": "y"}


@pytest.mark.parametrize("env", ["A", "1A=x", "A B=x", "APP_PORT=1", "A=" + "x" * 40_000, "A=\0"])
def test_environment_values_no_shell_takes_are_refused(project, env):
    assert project.problems(region="cn-hangzhou", ecs="new", env=(env,))


def test_budgets_keep_their_digits(project):
    text = REGION + "deployer: {budget: {maxHourly: 0.10, maxMonthly: 300}}\n"
    budget = project.resolve(text).budget
    assert (str(budget.max_hourly), budget.max_monthly) == ("0.10", Decimal(300))
    assert project.resolve(REGION, max_hourly="0.5").budget.max_hourly == Decimal("0.5")
    assert "deployer.budget.maxHourly" in project.problems(REGION, max_hourly="cheap")
    assert "deployer.budget.maxHourly" in project.problems(REGION + "deployer: {budget: {maxHourly: .inf}}\n")


def test_a_file_of_a_newer_deployer_says_only_that(project):
    problems = project.problems(REGION + "  flavour: x\ndeployer: {schemaVersion: 2, rollout: {}}\n")
    assert [problem.code for problem in problems.values()] == ["newer"]


def test_a_value_the_file_has_wrong_may_be_given_by_flag(project):
    assert project.resolve(REGION + "common: {deployment: {port: x}}\n", port=8080).port == 8080


def test_secrets_are_in_no_problem(project):
    text = (
        REGION
        + "deployer:\n  env:\n    TOKEN: 12345678\nagent: {model: {apiKey: [canary-1]}}\nx: sk-canary0123456789ab\n"
    )
    problems = project.problems(text)
    assert {"deployer.env.TOKEN", "agent.model.apiKey", "x"} <= set(problems)
    shown = str([problem.as_dict() for problem in problems.values()])
    assert "12345678" not in shown
    assert "canary" not in shown


def test_the_key_that_names_secret_files_is_no_secret_itself(project):
    problems = project.problems(REGION + "deployer: {includeSecrets: [1], ignore: x}\n")
    assert problems["deployer.ignore"].source == "deployer: {includeSecrets: [1], ignore: x}"


def test_the_identity_needs_neither_scripts_nor_an_instance(project):
    identity = resolve_identity(project.raw(region="cn-hangzhou"))
    assert (identity.application_name, identity.application_group_name) == ("my-shop", "default-cn-hangzhou")
    assert identity.type is ApplicationType.APP
    with pytest.raises(AnswersNeeded):
        resolve_identity(project.raw())
