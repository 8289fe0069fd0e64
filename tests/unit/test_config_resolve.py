"""File, environment and flags become one configuration, or every problem and question at once."""

from pathlib import Path

import pytest
from config_project import REGION, SCRIPTS, Project, analysis, make_project

from deployer.config.load import FLAG_PATHS, load_config
from deployer.config.resolve import resolve_config
from deployer.errors.decision import AnswersNeeded
from deployer.models.config import ExistingInstance, NewInstance

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


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


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
        ("[a]", "a list", "write one value, no list and no section"),
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
        ("8080,8081", "write the number alone: `8080`"),
        ("[8080]", "write one number"),
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
