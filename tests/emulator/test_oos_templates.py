"""Stored templates over the API."""

import json

import pytest
from oos_world import STRANGER, OosWorld

from deployer.emulator.actions import ApiError

PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
FIRST = "FormatVersion: OOS-2019-06-01\nDescription: first\nTasks: [{Name: nap, Action: ACS::Sleep, Properties: {Duration: 1S}}]\n"
SECOND = FIRST.replace("first", "second")


@pytest.fixture
def world(tmp_path) -> OosWorld:
    return OosWorld(tmp_path)


@pytest.mark.documented(PAGES + "createtemplate")
def test_a_template_has_versions_and_a_hash(world):
    made = world.call("CreateTemplate", TemplateName="mine", Content=FIRST, Tags={"a": "b"})["Template"]
    assert (made["TemplateVersion"], made["ShareType"], made["TemplateFormat"]) == ("v1", "Private", "YAML")
    updated = world.call("UpdateTemplate", TemplateName="mine", Content=SECOND, VersionName="two")["Template"]
    assert (updated["TemplateVersion"], updated["Description"]) == ("v2", "second")
    assert made["Hash"] != updated["Hash"]
    assert len(made["Hash"]) == 64
    assert world.call("GetTemplate", TemplateName="mine")["Content"] == SECOND
    assert world.call("GetTemplate", TemplateName="mine", TemplateVersion="v1")["Content"] == FIRST
    versions = world.call("ListTemplateVersions", TemplateName="mine")["TemplateVersions"]
    assert [(v["TemplateVersion"], v["VersionName"]) for v in versions] == [("v2", "two"), ("v1", "")]


@pytest.mark.documented(PAGES + "createtemplate")
@pytest.mark.parametrize("name", ["ACS-mine", "aliyun1", "with space", "x" * 201])
def test_names_have_rules(world, name):
    with pytest.raises(ApiError) as failure:
        world.call("CreateTemplate", TemplateName=name, Content=FIRST)
    assert failure.value.code == "InvalidParameter"


@pytest.mark.assumed("EntityAlreadyExists is not documented; EntityNotExists is what clients match on.")
def test_a_name_is_taken_once_per_account_and_region(world):
    world.call("CreateTemplate", TemplateName="mine", Content=FIRST)
    with pytest.raises(ApiError) as failure:
        world.call("CreateTemplate", TemplateName="mine", Content=FIRST)
    assert failure.value.code == "EntityAlreadyExists.Template"
    world.call("CreateTemplate", TemplateName="mine", Content=FIRST, region_id="cn-beijing")
    world.call("CreateTemplate", TemplateName="mine", Content=FIRST, principal=STRANGER)


@pytest.mark.documented("https://registry.terraform.io/providers/aliyun/alicloud/latest/docs/resources/oos_template")
@pytest.mark.parametrize("action", ["GetTemplate", "UpdateTemplate", "DeleteTemplate", "ListTemplateVersions"])
def test_a_template_that_is_not_there_does_not_exist(world, action):
    content = {"Content": FIRST} if action == "UpdateTemplate" else {}
    with pytest.raises(ApiError) as failure:
        world.call(action, TemplateName="gone", **content)
    assert failure.value.code == "EntityNotExists.Template"


@pytest.mark.documented(PAGES + "startexecution")
def test_an_execution_keeps_the_version_it_was_started_with(world):
    world.call("CreateTemplate", TemplateName="mine", Content=FIRST)
    world.call("UpdateTemplate", TemplateName="mine", Content=SECOND)
    body = world.call("StartExecution", TemplateName="mine", TemplateVersion="v1", SafetyCheck="Skip")["Execution"]
    world.call("DeleteTemplate", TemplateName="mine")
    world.advance(5)
    execution = world.execution(body["ExecutionId"])
    assert (execution["Status"], execution["TemplateName"], execution["TemplateVersion"]) == ("Success", "mine", "v1")
    assert world.call("GetExecutionTemplate", ExecutionId=body["ExecutionId"])["Content"] == FIRST


@pytest.mark.documented(PAGES + "listtemplates")
def test_templates_are_listed_by_part_of_their_name_and_by_tag(world):
    for name in ("web-a", "web-b", "job-a"):
        world.call("CreateTemplate", TemplateName=name, Content=FIRST, Tags={"kind": name[:3]})
    listed = world.call("ListTemplates", TemplateName="web")["Templates"]
    assert [template["TemplateName"] for template in listed] == ["web-a", "web-b"]
    assert len(world.call("ListTemplates", Tags={"kind": "job"})["Templates"]) == 1


@pytest.mark.documented(PAGES + "validatetemplatecontent")
def test_validation_answers_with_what_the_template_holds(world):
    body = world.call("ValidateTemplateContent", Content=FIRST + "RamRole: role\n")
    assert body["RamRole"] == "role"
    assert body["Tasks"][0]["Type"] == "ACS::Sleep"
    assert json.loads(body["Tasks"][0]["Properties"]) == {"Duration": "1S"}
    with pytest.raises(ApiError):
        world.call("ValidateTemplateContent", Content="FormatVersion: 1")


@pytest.mark.documented(PAGES + "tagresources")
def test_tags_can_be_put_on_read_and_taken_off(world):
    world.call("CreateTemplate", TemplateName="mine", Content=FIRST, Tags={"a": "1"})
    chosen = {"RegionId": "cn-hangzhou", "ResourceType": "template", "ResourceIds": ["mine"]}
    world.call("TagResources", **chosen, Tags={"b": "2"})
    listed = world.call("ListTagResources", **chosen)["TagResources"]["TagResource"]
    assert [(tag["TagKey"], tag["TagValue"]) for tag in listed] == [("a", "1"), ("b", "2")]
    world.call("UntagResources", **chosen, TagKeys=["a"])
    assert world.call("GetTemplate", TemplateName="mine")["Template"]["Tags"] == {"b": "2"}
    with pytest.raises(ApiError) as failure:
        world.call("TagResources", **{**chosen, "ResourceIds": ["gone"]}, Tags={"b": "2"})
    assert failure.value.code == "InvalidResourceId.NotFound"


@pytest.mark.documented(PAGES + "listactions")
def test_the_actions_that_can_be_run_are_listed_with_their_properties(world):
    listed = {a["OOSActionName"]: a for a in world.call("ListActions", MaxResults=100)["Actions"]}
    assert listed["ACS::ExecuteAPI"]["ActionType"] == "Atomic.API"
    assert listed["ACS::ECS::RunCommand"]["ActionType"] == "Product.ECS"
    assert "instanceId" in json.loads(listed["ACS::ECS::RunCommand"]["Properties"])
    (one,) = world.call("ListActions", OOSActionName="waitfor")["Actions"]
    assert json.loads(one["Properties"])["PropertySelector"] == {"Required": True}
