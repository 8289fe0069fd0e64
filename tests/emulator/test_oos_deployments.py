"""Deploying to application groups, as clients of application management do."""

import json

import pytest
from oos_cloud import OosCloud

from deployer.emulator.actions import ApiError
from deployer.emulator.machines.scripted import ScriptedAnswer

PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
CLIENT = "https://github.com/aliyun/alibaba-cloud-ops-mcp-server (tools/application_management_tools.py)"
GROUP = {"ApplicationName": "shop", "Name": "default"}
SCRIPTS = {"applicationStart": "echo start {{x}} '", "applicationStop": "echo stop"}


class Shop(OosCloud):
    """An application with a group of two tagged instances, whose commands fail when `is_broken`."""

    def __init__(self, data_dir) -> None:
        self.is_broken = False
        super().__init__(data_dir, lambda _m, _c: ScriptedAnswer(exit_code=int(self.is_broken), output=b"done\n"))
        self.ids = self.launch(2)
        self.oos("CreateApplication", Name="shop")
        self.oos("CreateApplicationGroup", **GROUP, DeployRegionId="cn-hangzhou")
        tag = {"Key": "app-shop", "Value": "default"}
        self.ecs("TagResources", ResourceType="Instance", ResourceId=self.ids, Tag=[tag])

    def group(self) -> dict:
        return self.oos("GetApplicationGroup", **GROUP)["ApplicationGroup"]

    def revision(self, **more) -> str:
        location = {"regionId": "cn-hangzhou", "bucketName": "b", "objectName": "a/b.zip", "isInternal": "true"}
        wanted = {"RevisionType": "Oss", "Location": json.dumps(location), "Hooks": json.dumps(SCRIPTS), **more}
        return self.oos("CreateDeployRevision", ApplicationName="shop", **wanted)["Revision"]["RevisionId"]

    def deploy(self, revision_id: str, *, mode: str = "FailurePause", **parameters) -> None:
        inner = {"applicationName": "shop", "deployRevisionId": revision_id, "deployMethod": "all", **parameters}
        start = {"Parameters": json.dumps(inner), "Mode": mode}
        text = json.dumps({"StartExecutionParameters": json.dumps(start)})
        self.oos("DeployApplicationGroup", **GROUP, RevisionId=revision_id, DeployParameters=text)


@pytest.fixture
def shop(tmp_path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.documented(CLIENT)
def test_the_first_deployment_brings_the_package_to_every_instance_of_the_group(shop):
    parameters = {
        "CreateEcsOption": "ExistECS",
        "InstanceId": shop.ids[0],
        "RevisionType": "Oss",
        "RegionIdOSS": "cn-hangzhou",
        "BucketName": "b",
        "ObjectName": "a/b.zip",
        "VersionId": None,
        "IsInternalOSS": True,
        "WorkingDir": "/root",
        "ApplicationStart": SCRIPTS["applicationStart"],
        "ApplicationStop": SCRIPTS["applicationStop"],
    }
    text = json.dumps({"TemplateName": "oss-revision", "ServiceId": "service-1", "Parameters": parameters})
    shop.oos("DeployApplicationGroup", **GROUP, DeployParameters=text)
    assert shop.group()["Status"] == "Deploying"
    shop.emulator.advance(600)
    group = shop.group()
    assert (group["Status"], group["Progress"]) == ("Deployed", "100")
    assert json.loads(group["DeployOutputs"]) == {"deployCommandOutput": ["done\n", "done\n"]}
    assert shop.execution(group["ExecutionId"])["Status"] == "Success"
    (script,) = shop.commands_of(shop.ids[1])
    assert script.endswith("echo stop\necho start {{x}} '")


@pytest.mark.documented(CLIENT)
def test_a_later_deployment_is_a_release_and_sets_the_revision(shop):
    first, second = shop.revision(), shop.revision(RevisionType="Command")
    for revision_id in (first, second):
        shop.deploy(revision_id)
        assert shop.group()["Status"] == "Releasing"
        shop.emulator.advance(600)
        assert (shop.group()["Status"], shop.group()["DeployedRevisionIds"]) == ("Released", revision_id)


@pytest.mark.documented(CLIENT)
@pytest.mark.parametrize(("mode", "status"), [("Automatic", "ReleaseFailed"), ("FailurePause", "ReleaseWaiting")])
def test_a_script_that_fails_fails_the_release_or_makes_it_wait(shop, mode, status):
    good = shop.revision()
    shop.deploy(good)
    shop.emulator.advance(600)
    shop.is_broken = True
    shop.deploy(shop.revision(), mode=mode)
    shop.emulator.advance(600)
    assert (shop.group()["Status"], shop.group()["DeployedRevisionIds"]) == (status, good)


@pytest.mark.documented(PAGES + "continuedeployapplicationgroup")
def test_a_deployment_in_batches_waits_and_is_continued(shop):
    shop.deploy(shop.revision(), batchNumber=2, batchPauseOption="FirstBatchPause")
    shop.emulator.advance(600)
    assert shop.group()["Status"] == "ReleaseWaiting"
    assert sorted(len(shop.commands_of(instance_id)) for instance_id in shop.ids) == [0, 1]
    shop.oos("ContinueDeployApplicationGroup", **GROUP, DeployParameters="{}")
    shop.emulator.advance(600)
    assert shop.group()["Status"] == "Released"


@pytest.mark.documented(PAGES + "deployapplicationgroup")
@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("{}", "InvalidParameter"),
        ("[]", "InvalidParameter"),
        ('{"StartExecutionParameters": "{}"}', "EntityNotExists.DeployRevision"),
        ('{"Parameters": {"CreateEcsOption": "NewECS"}}', "Emulator.NotImplemented"),
    ],
)
def test_what_cannot_be_deployed_is_refused(shop, parameters, code):
    with pytest.raises(ApiError) as failure:
        shop.oos("DeployApplicationGroup", **GROUP, DeployParameters=parameters)
    assert failure.value.code == code
    assert shop.group()["Status"] == "Created"


@pytest.mark.assumed("A group that is being deployed to takes no second deployment.")
def test_two_deployments_at_once_are_refused(shop):
    revision_id = shop.revision()
    shop.deploy(revision_id)
    with pytest.raises(ApiError) as failure:
        shop.deploy(revision_id)
    assert failure.value.code == "InvalidApplicationGroupStatus"
    shop.emulator.advance(600)
    with pytest.raises(ApiError) as failure:
        shop.oos("ContinueDeployApplicationGroup", **GROUP, DeployParameters="{}")
    assert failure.value.code == "InvalidApplicationGroupStatus"


@pytest.mark.documented(PAGES + "createdeployrevision")
def test_a_revision_of_another_kind_is_not_deployed(shop):
    shop.deploy(shop.revision(RevisionType="GitRepo"), mode="Automatic")
    shop.emulator.advance(600)
    assert "GitRepo" in shop.group()["ErrorDetail"]
