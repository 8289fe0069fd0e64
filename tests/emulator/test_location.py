"""Where products are reached, for clients that ask before they call."""

import pytest
from oos_cloud import OosCloud

from deployer.emulator.actions import ApiError

RESOLVER = (
    "https://github.com/aliyun/aliyun-openapi-python-sdk/blob/master/aliyun-python-sdk-core/"
    "aliyunsdkcore/endpoint/location_service_endpoint_resolver.py"
)


@pytest.fixture
def cloud(tmp_path):
    cloud = OosCloud(tmp_path)
    yield cloud
    cloud.emulator.close()


def endpoints(cloud: OosCloud, **params) -> list[dict]:
    wanted = {"Id": "cn-beijing", "ServiceCode": "oos", **params}
    return cloud.call("location", "DescribeEndpoints", **wanted)["Endpoints"]["Endpoint"]


@pytest.mark.documented(RESOLVER)
def test_a_product_has_one_public_host_in_a_region(cloud):
    [found] = endpoints(cloud)
    assert (found["Endpoint"], found["Type"], found["SerivceCode"]) == ("oos.cn-beijing.aliyuncs.com", "openAPI", "oos")
    assert endpoints(cloud, ServiceCode="bssopenapi")[0]["Endpoint"] == "business.aliyuncs.com"
    assert endpoints(cloud, Type="innerAPI") == []


@pytest.mark.documented(RESOLVER)
@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"Id": "cn-mars"}, "InvalidRegionId", "The specified region does not exist."),
        ({"ServiceCode": "nosuch"}, "Illegal Parameter", "Please check the parameters"),
    ],
)
def test_refusals_are_worded_as_clients_compare_them(cloud, params, code, message):
    with pytest.raises(ApiError) as caught:
        endpoints(cloud, **params)
    assert (caught.value.code, caught.value.message) == (code, message)
