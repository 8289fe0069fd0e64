"""Application management over the API."""

import pytest
from oos_world import STRANGER, OosWorld

from deployer.emulator.actions import ApiError

PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"


@pytest.fixture
def world(tmp_path) -> OosWorld:
    world = OosWorld(tmp_path)
    world.call("CreateApplication", Name="shop", Description="a shop", Tags={"team": "a"}, ClientToken="t1")
    return world


def group(world, **params):
    wanted = {"ApplicationName": "shop", "Name": "default-cn-beijing", "DeployRegionId": "cn-beijing", **params}
    return world.call("CreateApplicationGroup", **wanted)["ApplicationGroup"]


def code_of(failure) -> str:
    return failure.value.code


@pytest.mark.documented(PAGES + "createapplication")
def test_an_application_can_be_made_read_changed_and_deleted(world):
    application = world.call("GetApplication", Name="shop")["Application"]
    assert (application["Description"], application["Tags"]) == ("a shop", {"team": "a"})
    world.advance(10)
    updated = world.call("UpdateApplication", Name="shop", Description="a better shop")["Application"]
    assert updated["UpdatedDate"] > updated["CreatedDate"]
    world.call("DeleteApplication", Name="shop")
    with pytest.raises(ApiError) as failure:
        world.call("GetApplication", Name="shop")
    assert code_of(failure) == "EntityNotExists.Application"


@pytest.mark.documented(PAGES + "createapplication")
def test_the_same_token_makes_no_second_application(world):
    again = {"Name": "shop", "Description": "a shop", "Tags": {"team": "a"}}
    world.call("CreateApplication", **again, ClientToken="t1")
    with pytest.raises(ApiError) as failure:
        world.call("CreateApplication", **again, ClientToken="t2")
    assert code_of(failure) == "EntityAlreadyExists.Application"


@pytest.mark.documented(PAGES + "getapplicationgroup")
@pytest.mark.parametrize("action", ["CreateApplication", "GetApplication", "DeleteApplication"])
def test_it_is_only_in_hangzhou(world, action):
    with pytest.raises(ApiError) as failure:
        world.call(action, Name="shop", region_id="cn-beijing")
    assert code_of(failure) == "InvalidParameter"


@pytest.mark.documented(PAGES + "listapplications")
def test_applications_are_listed_per_account(world):
    world.call("CreateApplication", Name="blog")
    listed = world.call("ListApplications")["Applications"]
    assert [application["Name"] for application in listed] == ["blog", "shop"]
    assert [a["Name"] for a in world.call("ListApplications", Tags={"team": "a"})["Applications"]] == ["shop"]
    assert [a["Name"] for a in world.call("ListApplications", Names=["blog"])["Applications"]] == ["blog"]
    assert world.call("ListApplications", principal=STRANGER)["Applications"] == []


@pytest.mark.assumed("The default tag key: the page says the bare name, clients that work use the prefix.")
def test_a_group_finds_its_instances_by_the_console_s_tag(world):
    made = group(world)
    assert (made["ImportTagKey"], made["ImportTagValue"]) == ("app-shop", "default-cn-beijing")
    read = world.call("GetApplicationGroup", ApplicationName="shop", Name="default-cn-beijing")["ApplicationGroup"]
    assert (read["Status"], read["DeployRegionId"]) == ("Created", "cn-beijing")


@pytest.mark.documented(PAGES + "createapplicationgroup")
@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"DeployRegionId": "atlantis"}, "InvalidParameter", "DeployRegionId is invalid"),
        ({"ImportTagKey": "k"}, "InvalidParameter", "ImportTagValue"),
        ({"ImportTagValue": "v"}, "InvalidParameter", "ImportTagKey"),
        ({"ApplicationName": "gone"}, "EntityNotExists.Application", "gone"),
    ],
)
def test_a_group_that_does_not_fit_is_refused(world, change, code, message):
    with pytest.raises(ApiError, match=message) as failure:
        group(world, **change)
    assert code_of(failure) == code


@pytest.mark.documented("https://registry.terraform.io/providers/aliyun/alicloud/latest/docs/resources/oos_application")
def test_an_application_with_groups_is_deleted_by_force_alone(world):
    group(world, ImportTagKey="k", ImportTagValue="v")
    with pytest.raises(ApiError) as failure:
        world.call("DeleteApplication", Name="shop")
    assert code_of(failure) == "DeleteConflict.Application"
    world.call("DeleteApplication", Name="shop", Force=True)
    assert world.call("ListApplicationGroups")["ApplicationGroups"] == []


@pytest.mark.documented(PAGES + "updateapplicationgroup")
def test_a_group_can_be_renamed_told_its_revision_and_deleted(world):
    group(world)
    revision = world.call(
        "CreateDeployRevision",
        ApplicationName="shop",
        RevisionType="Oss",
        Location={"bucketName": "b", "isInternal": "true"},
    )["Revision"]
    assert revision["Location"] == '{"bucketName": "b", "isInternal": "true"}'
    world.call(
        "UpdateApplicationGroup",
        ApplicationName="shop",
        Name="default-cn-beijing",
        NewName="blue",
        DeployedRevisionId=revision["RevisionId"],
    )
    (listed,) = world.call("ListApplicationGroups", ApplicationName="shop")["ApplicationGroups"]
    assert (listed["Name"], listed["DeployedRevisionIds"]) == ("blue", revision["RevisionId"])
    world.call("DeleteApplicationGroup", ApplicationName="shop", Name="blue")
    with pytest.raises(ApiError) as failure:
        world.call("GetApplicationGroup", ApplicationName="shop", Name="blue")
    assert code_of(failure) == "EntityNotExists.ApplicationGroup"


@pytest.mark.documented(PAGES + "createdeployrevision")
def test_a_revision_made_twice_is_two_revisions(world):
    made = [world.call("CreateDeployRevision", ApplicationName="shop", RevisionType="Command") for _ in range(2)]
    assert made[0]["Revision"]["RevisionId"] != made[1]["Revision"]["RevisionId"]
