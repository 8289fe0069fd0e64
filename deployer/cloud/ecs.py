"""ECS: regions, stock, images, instances, their tags and prices."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from deployer.cloud.session import Session
from deployer.errors.base import DeployerError
from deployer.errors.cloud import InstanceNotFound
from deployer.models.plan import InstanceFacts, PriceItem

IMAGE_FAMILIES = {
    "X86": "acs:alibaba_cloud_linux_3_2104_lts_x64",
    "ARM": "acs:alibaba_cloud_linux_3_2104_lts_arm64",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceTypeFacts:
    """What an instance type has."""

    instance_type: str
    cpu_cores: int
    memory_gib: float
    architecture: str  # "X86" or "ARM"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRequest:
    """The smallest useful RunInstances: no password, no key pair, IMDSv2 only."""

    instance_name: str
    instance_type: str
    image_id: str
    vswitch_id: str
    security_group_id: str
    system_disk_category: str
    system_disk_gib: int
    bandwidth_mbps: int
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedInstance:
    """What DescribePrice says of an instance with disk and bandwidth."""

    currency: str
    hourly_total: Decimal
    items: tuple[PriceItem, ...]
    request_id: str


class EcsClient:
    """Elastic Compute Service 2014-05-26 in one region."""

    def __init__(self, session: Session, region_id: str) -> None:
        self._session = session
        self.region_id = region_id
        self._sdk: Any = None

    def call(self, operation: str, method: str, request: Any, *, repeatable: bool = True) -> Any:
        """The body of one call; `operation` is the API's name, `method` the SDK's."""
        if self._sdk is None:
            from alibabacloud_ecs20140526.client import Client

            self._sdk = Client(self._session.rpc_config("ecs", self.region_id))
        perform: Callable[[Any], Any] = getattr(self._sdk, method)
        return self._session.call(f"ecs:{operation}", lambda: perform(request), repeatable=repeatable).body

    def list_region_ids(self) -> tuple[str, ...]:
        """Every region the account sees, in the service's order."""
        from alibabacloud_ecs20140526.models import DescribeRegionsRequest

        body = self.call("DescribeRegions", "describe_regions", DescribeRegionsRequest())
        return tuple(region.region_id for region in body.regions.region or [])

    def get_instance_type(self, instance_type: str) -> InstanceTypeFacts | None:
        """What the type has; None when there is no such type."""
        from alibabacloud_ecs20140526.models import DescribeInstanceTypesRequest

        body = self.call(
            "DescribeInstanceTypes",
            "describe_instance_types",
            DescribeInstanceTypesRequest(instance_types=[instance_type]),
        )
        found = (body.instance_types.instance_type if body.instance_types else None) or []
        if not found:
            return None
        return InstanceTypeFacts(
            instance_type=instance_type,
            cpu_cores=found[0].cpu_core_count or 0,
            memory_gib=found[0].memory_size or 0.0,
            architecture=found[0].cpu_architecture or "X86",
        )

    def list_selling_zones(self, instance_type: str) -> tuple[str, ...]:
        """Zones with stock of the type, the well stocked ones first. Stock is advice: RunInstances may still refuse.

        Source: https://help.aliyun.com/zh/ecs/developer-reference/api-ecs-2014-05-26-describeavailableresource
        """
        zones = self._available("InstanceType", instance_type)
        order = {"WithStock": 0, "ClosedWithStock": 1}
        selling = [(order[category], zone) for zone, category, values in zones if values and category in order]
        return tuple(zone for _, zone in sorted(selling))

    def list_disk_categories(self, instance_type: str, zone_id: str) -> tuple[str, ...]:
        """System disk kinds the zone sells for the type."""
        for zone, _, values in self._available("SystemDisk", instance_type, zone_id):
            if zone == zone_id:
                return values
        return ()

    def _available(
        self, destination: str, instance_type: str, zone_id: str | None = None
    ) -> list[tuple[str, str, tuple[str, ...]]]:
        from alibabacloud_ecs20140526.models import DescribeAvailableResourceRequest

        body = self.call(
            "DescribeAvailableResource",
            "describe_available_resource",
            DescribeAvailableResourceRequest(
                region_id=self.region_id,
                destination_resource=destination,
                instance_type=instance_type,
                zone_id=zone_id,
                instance_charge_type="PostPaid",
                network_category="vpc",
            ),
        )
        zones = (body.available_zones.available_zone if body.available_zones else None) or []
        return [(zone.zone_id, zone.status_category or "", tuple(_supported(zone))) for zone in zones]

    def find_image_id(self, architecture: str) -> str | None:
        """The newest Alibaba Cloud Linux 3 image for the architecture, None when the region has none."""
        from alibabacloud_ecs20140526.models import DescribeImageFromFamilyRequest

        body = self.call(
            "DescribeImageFromFamily",
            "describe_image_from_family",
            DescribeImageFromFamilyRequest(region_id=self.region_id, image_family=IMAGE_FAMILIES[architecture]),
        )
        return body.image.image_id if body.image is not None else None

    def list_instances(
        self, *, instance_ids: Iterable[str] = (), tags: Mapping[str, str] | None = None
    ) -> tuple[InstanceFacts, ...]:
        """The instances with these ids and tags (all of the region without either), newest first."""
        from alibabacloud_ecs20140526.models import DescribeInstancesRequest, DescribeInstancesRequestTag

        ids = list(instance_ids)
        found: list[InstanceFacts] = []
        token: str | None = None
        while True:
            body = self.call(
                "DescribeInstances",
                "describe_instances",
                DescribeInstancesRequest(
                    region_id=self.region_id,
                    instance_ids=json.dumps(ids) if ids else None,
                    tag=[DescribeInstancesRequestTag(key=key, value=value) for key, value in (tags or {}).items()],
                    max_results=100,
                    next_token=token,
                ),
            )
            found.extend(_instance_facts(one) for one in (body.instances.instance or []))
            if not body.next_token or body.next_token == token:
                break
            token = body.next_token
        return tuple(sorted(found, key=lambda one: one.created_at, reverse=True))

    def get_instance(self, instance_id: str) -> InstanceFacts:
        """The instance. Errors: InstanceNotFound."""
        found = self.list_instances(instance_ids=(instance_id,))
        if not found:
            raise InstanceNotFound((instance_id,), self.region_id)
        return found[0]

    def run_instance(self, wanted: InstanceRequest, client_token: str) -> str:
        """The id of a new instance, which starts by itself. Removed by `delete_instance`.

        Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances
        """
        from alibabacloud_ecs20140526.models import (
            RunInstancesRequest,
            RunInstancesRequestSystemDisk,
            RunInstancesRequestTag,
        )

        is_essd = wanted.system_disk_category == "cloud_essd"
        body = self.call(
            "RunInstances",
            "run_instances",
            RunInstancesRequest(
                region_id=self.region_id,
                instance_type=wanted.instance_type,
                image_id=wanted.image_id,
                v_switch_id=wanted.vswitch_id,
                security_group_id=wanted.security_group_id,
                system_disk=RunInstancesRequestSystemDisk(
                    category=wanted.system_disk_category,
                    size=str(wanted.system_disk_gib),
                    performance_level="PL0" if is_essd else None,
                ),
                internet_max_bandwidth_out=wanted.bandwidth_mbps,
                internet_charge_type="PayByTraffic",
                instance_name=wanted.instance_name,
                instance_charge_type="PostPaid",
                http_tokens="required",
                http_endpoint="enabled",
                amount=1,
                tag=[RunInstancesRequestTag(key=key, value=value) for key, value in wanted.tags.items()],
                client_token=client_token,
            ),
        )
        return str(body.instance_id_sets.instance_id_set[0])

    def start_instance(self, instance_id: str) -> None:
        from alibabacloud_ecs20140526.models import StartInstanceRequest

        self.call("StartInstance", "start_instance", StartInstanceRequest(instance_id=instance_id))

    def delete_instance(self, instance_id: str) -> None:
        """Release the instance with its system disk and fixed public address, running or not; gone already is fine."""
        from alibabacloud_ecs20140526.models import DeleteInstanceRequest

        try:
            self.call("DeleteInstance", "delete_instance", DeleteInstanceRequest(instance_id=instance_id, force=True))
        except DeployerError as error:
            if error.facts.get("api_code") != "InvalidInstanceId.NotFound":
                raise

    def tag_instances(self, instance_ids: tuple[str, ...], tags: Mapping[str, str]) -> None:
        """Set the tags; a key that is there gets the new value. Removed by `untag_instances`."""
        from alibabacloud_ecs20140526.models import TagResourcesRequest, TagResourcesRequestTag

        self.call(
            "TagResources",
            "tag_resources",
            TagResourcesRequest(
                region_id=self.region_id,
                resource_type="instance",
                resource_id=list(instance_ids),
                tag=[TagResourcesRequestTag(key=key, value=value) for key, value in tags.items()],
            ),
        )

    def untag_instances(self, instance_ids: tuple[str, ...], keys: tuple[str, ...]) -> None:
        from alibabacloud_ecs20140526.models import UntagResourcesRequest

        self.call(
            "UntagResources",
            "untag_resources",
            UntagResourcesRequest(
                region_id=self.region_id, resource_type="instance", resource_id=list(instance_ids), tag_key=list(keys)
            ),
        )

    def get_price(self, wanted: "PriceRequest") -> PricedInstance:
        """What the instance costs by the hour, as ECS itself says.

        Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeprice
        """
        from alibabacloud_ecs20140526.models import DescribePriceRequest, DescribePriceRequestSystemDisk

        body = self.call(
            "DescribePrice",
            "describe_price",
            DescribePriceRequest(
                region_id=self.region_id,
                resource_type="instance",
                instance_type=wanted.instance_type,
                image_id=wanted.image_id,
                system_disk=DescribePriceRequestSystemDisk(
                    category=wanted.system_disk_category,
                    size=wanted.system_disk_gib,
                    performance_level="PL0" if wanted.system_disk_category == "cloud_essd" else None,
                ),
                internet_charge_type="PayByTraffic",
                internet_max_bandwidth_out=wanted.bandwidth_mbps,
                price_unit="Hour",
                period=1,
                amount=1,
            ),
        )
        price = body.price_info.price
        details = (price.detail_infos.detail_info if price.detail_infos else None) or []
        return PricedInstance(
            currency=price.currency or "CNY",
            hourly_total=Decimal(str(price.trade_price)),
            items=tuple(_price_item(one.resource, one.trade_price) for one in details),
            request_id=body.request_id or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRequest:
    """What is to be priced."""

    instance_type: str
    image_id: str | None
    system_disk_category: str
    system_disk_gib: int
    bandwidth_mbps: int


def _price_item(resource: str, trade_price: float | None) -> PriceItem:
    hourly = Decimal(str(trade_price)) if trade_price is not None else None
    return PriceItem(
        name=resource,
        specification="",
        hourly=hourly,
        monthly=hourly * 720 if hourly is not None else None,
        source="ecs:DescribePrice",
    )


def _supported(zone: Any) -> list[str]:
    resources = (zone.available_resources.available_resource if zone.available_resources else None) or []
    return [
        one.value
        for resource in resources
        for one in (resource.supported_resources.supported_resource if resource.supported_resources else None) or []
        if one.status_category in {"WithStock", "ClosedWithStock"} or one.status == "Available"
    ]


def _instance_facts(one: Any) -> InstanceFacts:
    """DescribeInstances leaves out what does not apply: every level may be None."""
    public = (one.public_ip_address.ip_address if one.public_ip_address else None) or []
    elastic = one.eip_address.ip_address if one.eip_address else None
    vpc = one.vpc_attributes
    private = (vpc.private_ip_address.ip_address if vpc and vpc.private_ip_address else None) or []
    groups = (one.security_group_ids.security_group_id if one.security_group_ids else None) or []
    tags = (one.tags.tag if one.tags else None) or []
    return InstanceFacts(
        instance_id=one.instance_id,
        instance_name=one.instance_name or "",
        status=one.status or "",
        deploy_region_id=one.region_id or "",
        zone_id=one.zone_id or "",
        instance_type=one.instance_type or "",
        os_type=one.ostype or "",
        os_name=one.osname or "",
        created_at=one.creation_time or "",
        public_ip=(public[0] if public else None) or elastic or None,
        private_ip=private[0] if private else None,
        vpc_id=vpc.vpc_id if vpc else None,
        security_group_ids=tuple(groups),
        tags=tuple((tag.tag_key, tag.tag_value or "") for tag in tags),
    )
