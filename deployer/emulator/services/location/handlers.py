"""DescribeEndpoints, which clients of the first generation ask before they call a product they know no host of."""

from collections.abc import Mapping

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.regions import REGIONS

_SOURCE = (
    "https://github.com/aliyun/aliyun-openapi-python-sdk/blob/master/aliyun-python-sdk-core/"
    "aliyunsdkcore/endpoint/location_service_endpoint_resolver.py"
)
_HOSTS: Mapping[str, str] = {
    "bssopenapi": "business.aliyuncs.com",
    "ecs": "ecs.{region_id}.aliyuncs.com",
    "oos": "oos.{region_id}.aliyuncs.com",
    "oss": "oss-{region_id}.aliyuncs.com",
    "ram": "ram.aliyuncs.com",
    "sts": "sts.{region_id}.aliyuncs.com",
    "vpc": "vpc.{region_id}.aliyuncs.com",
}
_PUBLIC = "openAPI"


class LocationService:
    """Knows the products that are emulated."""

    @action("DescribeEndpoints", source=_SOURCE)
    def describe_endpoints(self, call: Call) -> Body:
        """The public host of a product.

        Assumed: there are no hosts of other types; the HTTP statuses of the refusals.
        Errors: 404 InvalidRegionId, 400 Illegal Parameter.
        """
        region_id, code, kind = call.params["Id"], call.params["ServiceCode"], call.params.get("Type", _PUBLIC)
        if region_id not in REGIONS:
            raise ApiError(404, "InvalidRegionId", "The specified region does not exist.")
        host = _HOSTS.get(code.lower())
        if host is None:
            raise ApiError(400, "Illegal Parameter", "Please check the parameters")
        endpoint = {
            "Id": region_id,
            "Type": _PUBLIC,
            "Endpoint": host.format(region_id=region_id),
            "Namespace": "",
            "ServiceCode": code,
            "SerivceCode": code,  # misspelt in the service; clients read either
            "Protocols": {"Protocols": ["HTTP", "HTTPS"]},
        }
        return {"Success": True, "Endpoints": {"Endpoint": [endpoint] if kind == _PUBLIC else []}}
