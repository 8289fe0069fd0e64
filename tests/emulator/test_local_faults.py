"""`deployer local up --fault`: the faults of tests, for whatever talks to the local cloud."""

import pytest
from alibabacloud_sts20150401.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config

from deployer.errors.base import UsageError
from deployer.local_cloud import LocalCloud

pytestmark = pytest.mark.assumed("faults are the emulator's own")


@pytest.fixture
def cloud(tmp_path):
    """A local cloud that is taken down in the end."""
    cloud = LocalCloud(folder=tmp_path / "local")
    yield cloud
    cloud.down()


def test_the_local_cloud_fails_as_it_was_told_and_stops_failing(cloud):
    assert (cloud.faults(), cloud.clear_faults()) == ([], None)
    info = cloud.up(sandbox="process", faults=("error@GetCallerIdentity:1,status=403,code=Struck", "disk_full"))
    key = {"access_key_id": info.access_key_id, "access_key_secret": info.access_key_secret}
    client = Client(Config(**key, endpoint=info.endpoint, protocol="http", region_id="cn-hangzhou"))
    with pytest.raises(ClientException, match="Struck"):
        client.get_caller_identity()
    assert client.get_caller_identity().status_code == 200
    assert [fault["kind"] for fault in cloud.faults()] == ["disk_full"]
    assert cloud.up(faults=["stock_out"]) == info
    assert [fault["kind"] for fault in cloud.faults()] == ["disk_full", "stock_out"]
    cloud.clear_faults()
    assert cloud.faults() == []


def test_a_fault_that_cannot_be_read_is_refused_before_anything_starts(cloud):
    with pytest.raises(UsageError) as caught:
        cloud.up(faults=["throttle:2", "meteor"])
    assert (caught.value.code, caught.value.facts["fault"]) == ("local.fault_unreadable", "meteor")
    assert cloud.find() is None
