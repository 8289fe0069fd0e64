"""File, environment and flags become one configuration, or every problem and question at once."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.config.document import parse_document
from deployer.config.identity import resolve_identity
from deployer.config.load import FLAG_PATHS, RawConfig, load_config
from deployer.config.new_file import config_reference
from deployer.config.resolve import resolve_config
from deployer.errors.config import ConfigInvalid
from deployer.errors.decision import AnswersNeeded
from deployer.models.analysis import ApplicationType, ProjectAnalysis
from deployer.models.config import ExistingInstance, NewInstance

SCRIPTS = ("#!/bin/bash\necho start\n", "#!/bin/bash\necho stop\n")
REGION = "metadata:\n  regionId: cn-hangzhou\n"

# As the original tool writes it: keys in alphabetical order, both kinds of instance, the region repeated.
ORIGINAL = """\
common:
  deployment:
    ecsInstanceType: ecs.u1-c1m2.large
    instanceId: i-t4n8gt40krtdeqh8abcd
    internetMaxBandwidthOut: 5
    port: 8080
    regionId: ap-southeast-1
    systemDiskSize: 40
  environment:
    BUCKET_NAME: shorts
  scripts:
    start: |-
      #!/bin/bash
      ls /root/project_*.zip | tail -1
    stop: |-
      #!/bin/bash
      true
metadata:
  description: ''
  groupName: stories-20260719-ap-southeast-1
  name: stories-20260719
  regionId: ap-southeast-1
  type: app
"""


def analysis(**changes) -> ProjectAnalysis:
    values = {
        "name": "shop",
        "type": ApplicationType.APP,
        "language": "python",
        "framework": None,
        "language_version": None,
        "package_manager": None,
        "install_command": None,
        "build_command": None,
        "start_command": "python app.py",
        "port": 5000,
        "bind_host": None,
        "environment": (),
        "methods": (),
        "evidence": (),
        "warnings": (),
        "supported": True,
        "source": "scan",
    }
    return ProjectAnalysis(**(values | changes))


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def raw(self, text: str | None = None, environ=None, **flags):
        if text is not None:
            path = self.folder / ".appmanager" / "config.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return load_config(project_dir=self.folder, environ=environ or {}, flags=flags)

    def resolve(self, text: str | None = None, environ=None, found=None, scripts=SCRIPTS, **flags):
        return resolve_config(self.raw(text, environ, **flags), found, scripts)

    def problems(self, text: str | None = None, environ=None, **flags):
        with pytest.raises(ConfigInvalid) as caught:
            self.resolve(text, environ, **flags)
        return {problem.path: problem for problem in caught.value.problems}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "My Shop"
    folder.mkdir()
    return Project(folder)


def test_without_any_answer_both_questions_are_asked_at_once(project):
    with pytest.raises(AnswersNeeded) as caught:
        project.resolve()
    assert caught.value.exit_code == 3
    assert [question.id for question in caught.value.questions] == ["region", "ecs"]
    assert [label for _, label in caught.value.questions[0].choices] == [
        "Shanghai",
        "Hangzhou",
        "Beijing",
        "Shenzhen",
        "Guangzhou",
        "Chengdu",
        "Nanjing",
        "Hong Kong",
    ]
    assert "--ecs existing --instance-id" in caught.value.hint
    assert all(question.id in FLAG_PATHS for question in caught.value.questions)


def test_questions_are_asked_in_chinese_with_cities_by_name(project):
    with pytest.raises(AnswersNeeded) as caught:
        resolve_config(load_config(project_dir=project.folder, environ={}, language="zh"), None, SCRIPTS)
    region, ecs = caught.value.questions
    assert (region.text, region.choices[0]) == ("要部署到哪个区域？", ("cn-shanghai", "上海"))
    assert ecs.choices[1] == ("existing", "已有 ECS 实例（提供实例 ID）")


def test_an_existing_instance_without_its_id_is_asked_for(project):
    with pytest.raises(AnswersNeeded) as caught:
        project.resolve(region="cn-hangzhou", ecs="existing")
    assert [question.flag for question in caught.value.questions] == ["--instance-id INSTANCE_ID"]


def test_flags_alone_are_enough(project):
    config = project.resolve(region="cn-hangzhou", ecs="new")
    assert config.application_name == "my-shop"
    assert config.application_group_name == "default-cn-hangzhou"
    assert config.instance == NewInstance(
        instance_type="ecs.u1-c1m2.large", system_disk_gib=40, bandwidth_mbps=5, image_id=None
    )
    assert config.config_path is None
    assert config.origins["metadata.regionId"] == "--region flag"
    assert any("named `my-shop`" in notice for notice in config.notices)


def test_a_file_of_the_original_is_read_unchanged(project):
    config = project.resolve(ORIGINAL, scripts=None)
    assert config.instance == ExistingInstance(instance_id="i-t4n8gt40krtdeqh8abcd")
    assert config.application_group_name == "stories-20260719-ap-southeast-1"
    assert config.deploy_region_id == "ap-southeast-1"
    assert config.environment == {"BUCKET_NAME": "shorts"}
    assert config.start_script.endswith("| tail -1\n")
    assert any("`instanceId` is used" in notice for notice in config.notices)
    assert config.notices[0].endswith("is reused on `i-t4n8gt40krtdeqh8abcd`")


def test_what_wins_is_flag_then_environment_then_file_then_detected_then_default(project):
    text = REGION + "common:\n  deployment:\n    port: 1003\n"
    environ = {"DEPLOYER_PORT": "1002"}
    assert project.resolve(text, environ, found=analysis(), port="1001").port == 1001
    assert project.resolve(text, environ, found=analysis()).port == 1002
    with_file = project.resolve(text, found=analysis())
    assert with_file.port == 1003
    assert with_file.origins["common.deployment.port"].endswith("config.yaml line 5")
    detected = project.resolve(REGION, found=analysis())
    assert (detected.port, detected.origins["common.deployment.port"]) == (5000, "detected")
    assert project.resolve(REGION).port is None


def test_the_region_variable_of_other_tools_is_the_last_resort(project):
    hint = {"ALIBABA_CLOUD_REGION_ID": "cn-beijing"}
    assert project.resolve(REGION, hint).deploy_region_id == "cn-hangzhou"
    config = project.resolve("metadata: {name: x}", hint)
    assert config.deploy_region_id == "cn-beijing"
    assert config.origins["metadata.regionId"] == "ALIBABA_CLOUD_REGION_ID environment"


def test_all_problems_come_at_once_with_their_lines(project):
    text = (
        "metadata:\n  name: on\n  regionID: cn-hangzou\n  type: Agent\n"
        "common:\n  deployment:\n    port: 70000\n    systemDiskSize: 40GB\n    instance_id: x\n"
        "scripts:\n  start: x\n"
    )
    problems = project.problems(text)
    assert {path: problem.line for path, problem in problems.items()} == {
        "metadata.name": 2,
        "metadata.regionID": 3,
        "metadata.type": 4,
        "common.deployment.port": 7,
        "common.deployment.systemDiskSize": 8,
        "common.deployment.instance_id": 9,
        "scripts": 10,
    }
    assert problems["scripts"].hint == "move it under `common.scripts`"
    assert problems["metadata.regionID"].nearest == "metadata.regionId"
    assert problems["common.deployment.instance_id"].nearest == "common.deployment.instanceId"
    assert problems["metadata.type"].hint == "write `agent`"
    assert problems["common.deployment.systemDiskSize"].hint == "write the number alone: `40`"


@pytest.mark.parametrize(
    ("written", "says", "hint"),
    [
        ("on", "read as yes or no", 'put it in quotes: `"on"`'),
        ("0123", "a number", 'put it in quotes: `"0123"`'),
        ("1e3", "is not a valid name", "use `app-1e3`"),
        ("1.0e+3", "a number with a fraction", 'put it in quotes: `"1.0e+3"`'),
        ("2024-01-01", "read as a date", 'put it in quotes: `"2024-01-01"`'),
        ("12:30", "a number", 'put it in quotes: `"12:30"`'),
        ("[a]", "a list", None),
    ],
)
def test_names_that_yaml_takes_for_something_else_are_explained(project, written, says, hint):
    problem = project.problems(REGION + f"  name: {written}\n")["metadata.name"]
    assert says in problem.message
    assert problem.hint == hint


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ('"8080"', "write it as a plain number: `8080`"),
        ("8080.0", "write `8080`"),
        ("08080", "write it as a plain number: `8080`"),
        ("8080,8081", None),
        ("[8080]", None),
        ("0", "such as `8080`"),
        ("-1", "such as `8080`"),
        ("65536", "such as `8080`"),
        ("22", "let the application listen elsewhere"),
    ],
)
def test_ports_that_are_none_are_explained(project, written, hint):
    problem = project.problems(REGION + f"common:\n  deployment:\n    port: {written}\n")["common.deployment.port"]
    assert problem.allowed
    assert problem.hint == hint


@pytest.mark.parametrize(
    ("region", "nearest"),
    [
        ("cn-hangzou", "cn-hangzhou"),
        ("China (Hangzhou)", "cn-hangzhou"),
        ("上海", "cn-shanghai"),
        ("cn-hangzhou-b", "cn-hangzhou"),
        ("ap-southeast-1a", "ap-southeast-1"),
        ("CN-BEIJING", "cn-beijing"),
        ("cn-hangzhou\n", "cn-hangzhou"),
        ("$(id)", None),
        ("xx-nowhere", None),
    ],
)
def test_regions_that_are_none_name_the_one_that_was_meant(project, region, nearest):
    problem = project.problems(region=region, ecs="new")["metadata.regionId"]
    assert problem.nearest == nearest
    assert problem.origin == "--region flag"
    assert problem.line is None


@pytest.mark.parametrize(
    "region", ["cn-shanghai-finance-1", "cn-hangzhou-finance", "cn-north-2-gov-1", "cn-wuhan-lr", "ap-southeast-8"]
)
def test_finance_government_and_new_regions_are_taken(project, region):
    assert project.resolve(region=region, ecs="new").deploy_region_id == region


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("", None),
        ("1app", "app-1app"),
        ("-rf", "rf"),
        ("a b", "a-b"),
        ("../x", "x"),
        ("$(id)", "id"),
        ("name\n", "name"),
        ("a" * 65, "a" * 64),
    ],
)
def test_names_that_are_none_come_with_a_valid_suggestion(project, name, suggestion):
    assert project.problems(region="cn-hangzhou", ecs="new", name=name)["metadata.name"].nearest == suggestion


def test_names_of_other_scripts_get_a_stable_suggestion(project):
    first = project.problems(region="cn-hangzhou", ecs="new", name="我的应用")["metadata.name"].nearest
    again = project.problems(region="cn-hangzhou", ecs="new", name="我的应用")["metadata.name"].nearest
    assert first == again
    assert first.startswith("app-")


def test_a_bare_default_group_gets_its_region_with_a_notice(project):
    config = project.resolve(REGION + "  groupName: default\n")
    assert config.application_group_name == "default-cn-hangzhou"
    assert any("`default` is named `default-cn-hangzhou`" in notice for notice in config.notices)


def test_a_group_of_another_region_is_refused(project):
    problems = project.problems(REGION + "  groupName: default-cn-beijing\n")
    assert problems["metadata.groupName"].code == "mismatch"


def test_a_region_flag_moves_the_default_group_along_and_says_so(project):
    config = project.resolve(REGION + "  groupName: default-cn-hangzhou\n", region="cn-beijing")
    assert config.application_group_name == "default-cn-beijing"
    assert any("the file says `cn-hangzhou`" in notice for notice in config.notices)


def test_an_instance_does_not_move_to_another_region(project):
    text = REGION + "common: {deployment: {instanceId: i-bp1a2b3c4d}}\n"
    assert project.problems(text, region="cn-beijing")["metadata.regionId"].code == "mismatch"
    assert isinstance(project.resolve(text, region="cn-beijing", ecs="new").instance, NewInstance)


def test_two_regions_in_one_file_have_to_agree(project):
    text = REGION + "common: {deployment: {regionId: cn-beijing}}\n"
    assert "common.deployment.regionId" in project.problems(text)
    only_old = "common: {deployment: {regionId: cn-beijing}}\n"
    assert project.resolve(only_old).deploy_region_id == "cn-beijing"


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


def test_the_identity_needs_neither_scripts_nor_an_instance(project):
    identity = resolve_identity(project.raw(region="cn-hangzhou"))
    assert (identity.application_name, identity.application_group_name) == ("my-shop", "default-cn-hangzhou")
    assert identity.type is ApplicationType.APP
    with pytest.raises(AnswersNeeded):
        resolve_identity(project.raw())
