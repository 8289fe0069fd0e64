"""The Parameter Store over the API, and from templates."""

import json

import pytest
from oos_cloud import OosCloud

from deployer.emulator.actions import ApiError

PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
KINDS = pytest.mark.parametrize("kind", ["Parameter", "SecretParameter"])


@pytest.fixture
def cloud(tmp_path) -> OosCloud:
    return OosCloud(tmp_path)


def refused(cloud: OosCloud, action: str, **params) -> str:
    with pytest.raises(ApiError) as failure:
        cloud.oos(action, **params)
    return failure.value.code


@pytest.mark.documented(PAGES + "createparameter")
@KINDS
def test_a_parameter_is_made_changed_read_by_version_and_deleted(cloud, kind):
    secret = {"WithDecryption": True} if kind == "SecretParameter" else {}
    typed = {} if kind == "SecretParameter" else {"Type": "String"}
    made = cloud.oos(f"Create{kind}", Name="app/port", Value="80", Tags={"team": "a"}, **typed)["Parameter"]
    assert (made["ParameterVersion"], made["Tags"]) == (1, {"team": "a"})
    assert "Value" not in made
    cloud.oos(f"Update{kind}", Name="app/port", Value="81", Description="the port")
    read = cloud.oos(f"Get{kind}", Name="app/port", **secret)["Parameter"]
    assert (read["Value"], read["ParameterVersion"], read["Description"]) == ("81", 2, "the port")
    assert cloud.oos(f"Get{kind}", Name="app/port", ParameterVersion=1, **secret)["Parameter"]["Value"] == "80"
    cloud.oos(f"Delete{kind}", Name="app/port")
    assert refused(cloud, f"Get{kind}", Name="app/port") == f"EntityNotExists.{kind}"


@pytest.mark.documented(PAGES + "getsecretparameter")
def test_a_secret_is_shown_only_decrypted_and_in_no_record(cloud):
    cloud.oos("CreateSecretParameter", Name="password", Value="very-secret")
    assert "Value" not in cloud.oos("GetSecretParameter", Name="password")["Parameter"]
    assert "Value" not in cloud.oos("ListSecretParameters")["Parameters"][0]
    assert "very-secret" not in repr(cloud.emulator.recorder.calls)


@pytest.mark.documented(PAGES + "createparameter")
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Name": "ACS-port"}, "InvalidParameter"),
        ({"Name": "a b"}, "InvalidParameter"),
        ({"Name": "x" * 201}, "InvalidParameter"),
        ({"Name": "taken"}, "EntityAlreadyExists.Parameter"),
        ({"Type": "Number"}, "InvalidParameter"),
        ({"Value": "x" * 4097}, "InvalidParameter"),
        ({"Constraints": '{"AllowedValues": ["1", "2"]}'}, "InvalidParameter"),
        ({"Constraints": '{"AllowedPattern": "^[0-9]+$"}'}, "InvalidParameter"),
        ({"Constraints": '{"MinLength": 9}'}, "InvalidParameter"),
        ({"Constraints": "no json"}, "InvalidParameter"),
    ],
)
def test_what_cannot_be_a_parameter_is_refused(cloud, params, code):
    cloud.oos("CreateParameter", Name="taken", Type="String", Value="x")
    assert refused(cloud, "CreateParameter", **{"Name": "new", "Type": "String", "Value": "abc", **params}) == code


@pytest.mark.documented(PAGES + "updateparameter")
def test_constraints_hold_for_later_values_too(cloud):
    cloud.oos("CreateParameter", Name="size", Type="String", Value="s", Constraints='{"AllowedValues": ["s", "m"]}')
    cloud.oos("UpdateParameter", Name="size", Value="m")
    assert refused(cloud, "UpdateParameter", Name="size", Value="xxl") == "InvalidParameter"


@pytest.mark.documented(PAGES + "listparameters")
def test_parameters_are_listed_by_folder_name_and_tag(cloud):
    for name in ("app/web/port", "app/name", "other"):
        cloud.oos("CreateParameter", Name=name, Type="String", Value="x", Tags={"for": name[:3]})

    def listed(**params):
        return [parameter["Name"] for parameter in cloud.oos("ListParameters", **params)["Parameters"]]

    assert listed() == ["app/name", "app/web/port", "other"]
    assert listed(Path="/app") == ["app/name"]
    assert listed(Path="/app", Recursive=True) == ["app/name", "app/web/port"]
    assert listed(Name="port", SortOrder="Descending") == ["app/web/port"]
    assert listed(Tags={"for": "oth"}) == ["other"]


@pytest.mark.documented(PAGES + "getparameters")
def test_several_parameters_are_read_at_once(cloud):
    cloud.oos("CreateParameter", Name="a", Type="String", Value="1")
    answer = cloud.oos("GetParameters", Names=["a", "b"])
    assert [(p["Name"], p["Value"]) for p in answer["Parameters"]] == [("a", "1")]
    assert answer["InvalidParameters"] == ["b"]


USED = """
Tasks:
  - Name: nap
    Action: ACS::Sleep
    Properties: {Duration: 'PT{{ oos:app/seconds }}S'}
Outputs:
  zones: {Type: List, Value: '{{ oos:zones }}'}
  isRight: {Type: Boolean, Value: {Fn::Equals: [hidden, '{{ oos-secret:password }}']}}
"""


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/parameter-repository")
def test_templates_read_parameters_by_name(cloud):
    cloud.oos("CreateParameter", Name="app/seconds", Type="String", Value="30")
    cloud.oos("CreateParameter", Name="zones", Type="StringList", Value="a,b")
    cloud.oos("CreateSecretParameter", Name="password", Value="hidden")
    execution = cloud.run(text=USED)
    assert json.loads(execution["Outputs"]) == {"zones": ["a", "b"], "isRight": True}


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/parameter-repository")
def test_a_parameter_that_is_not_there_fails_the_task(cloud):
    execution = cloud.run(text=USED)
    assert execution["Status"] == "Failed"
    assert "EntityNotExists.Parameter" in execution["StatusMessage"]


TELLING = """
Parameters: {password: {Type: String, NoEcho: true}}
Tasks:
  - {Name: run, Action: ACS::ECS::RunCommand, Properties: {instanceId: i-1, commandContent: 'echo {{ password }} {{ oos-secret:key }}'}}
"""


@pytest.mark.assumed("What is marked NoEcho or read as a secret is masked wherever an execution is shown.")
def test_no_secret_is_shown_by_an_execution_its_tasks_or_its_children(cloud):
    cloud.oos("CreateSecretParameter", Name="key", Value="read-secret")
    execution_id = cloud.start(text=TELLING, parameters={"password": "given-secret"})
    cloud.emulator.advance(60)
    shown = [cloud.oos("ListExecutions", IncludeChildExecution=True), cloud.oos("ListTaskExecutions")]
    shown.append(cloud.oos("ListExecutionLogs", ExecutionId=execution_id))
    assert "echo ****** ******" in repr(shown)
    assert "given-secret" not in repr(shown)
    assert "read-secret" not in repr(shown)
