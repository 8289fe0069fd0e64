"""DescribeInstanceTypes, DescribeImages and DescribeImageFromFamily."""

from collections.abc import Mapping
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names
from deployer.emulator.services.ecs.image_handlers import describe_mappings
from deployer.emulator.services.ecs.images import Image, public_images_in
from deployer.emulator.services.ecs.instance_types import INSTANCE_TYPES, InstanceType
from deployer.emulator.services.ecs.instance_view import tag_list
from deployer.emulator.services.ecs.own_images import OwnImage
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number, page_by_token
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import carries

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_TYPES = 1600
_TYPE_FILTERS = frozenset(
    {
        "CpuArchitecture",
        "CpuArchitectures",
        "InstanceCategories",
        "InstanceCategory",
        "InstanceFamilyLevel",
        "InstanceTypeFamilies",
        "InstanceTypeFamily",
        "InstanceTypes",
        "MaxResults",
        "MaximumCpuCoreCount",
        "MaximumMemorySize",
        "MinimumCpuCoreCount",
        "MinimumGPUAmount",
        "MinimumMemorySize",
        "NextToken",
        "RegionId",
    }
)
_OWNER_ALIASES = frozenset({"system", "self", "others", "marketplace"})


class CatalogActions:
    """Which types and images there are."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("DescribeInstanceTypes", source=_HELP + "describeinstancetypes")
    def describe_instance_types(self, call: Call) -> Body:
        """The types that match every filter, in pages by token."""
        refuse_unsupported(call, *(set(call.params) - _TYPE_FILTERS))
        found = [kind for kind in INSTANCE_TYPES.values() if _type_matches(kind, call.params)]
        page, token = page_by_token(
            found,
            call.params,
            key=lambda kind: kind.instance_type_id,
            default_size=_MAX_TYPES,
            max_size=_MAX_TYPES,
        )
        return {"InstanceTypes": {"InstanceType": [_describe_type(kind) for kind in page]}, "NextToken": token}

    @action("DescribeImages", source=_HELP + "describeimages")
    def describe_images(self, call: Call) -> Body:
        """Own images that match every filter, newest first, then the public ones."""
        get_region(call.region_id)
        refuse_unsupported(call, "Filter", "ActionType")
        if call.params.get("ImageOwnerAlias", "system") not in _OWNER_ALIASES:
            raise ApiError(400, "InvalidImageOwnerAlias.ValueNotSupported", "The ImageOwnerAlias is not supported.")
        own = [one for one in self._state.own_images.values() if one.region_id == call.region_id][::-1]
        offered = [(one.image, one) for one in own] + [(image, None) for image in public_images_in(call.region_id)]
        found = [pair for pair in offered if self._image_matches(pair[0], pair[1], call.params)]
        page, fields = page_by_number(found, call.params)
        images = [self._describe_listed(image, one) for image, one in page]
        return {"Images": {"Image": images}, "RegionId": call.region_id, **fields}

    @action("DescribeImageFromFamily", source=_HELP + "describeimagefromfamily")
    def describe_image_from_family(self, call: Call) -> Body:
        """The newest image of the family; no `Image` and no error for a family nobody knows."""
        get_region(call.region_id)
        image = self._state.find_newest_of_family(call.region_id, call.params["ImageFamily"])
        return {"Image": self._describe(image)} if image else {}

    def _describe(self, image: Image) -> dict[str, Any]:
        return _describe_image(image, self._state.own_images.get(image.image_id))

    def _describe_listed(self, image: Image, own: OwnImage | None) -> dict[str, Any]:
        return {
            **_describe_image(image, own),
            "ImageOwnerId": int(self._state.context.account_id) if own else 0,
            "IsPublic": own is None,
            "OSNameEn": image.os_name.replace("64位", "64 bit").replace("ARM版", "ARM Edition"),
            "BootMode": "UEFI" if image.architecture == "arm64" else "BIOS",
            "Features": {"NvmeSupport": "supported", "ImdsSupport": "v2"},
            "LoginAsNonRootSupported": True,
            "ResourceGroupId": own.resource_group_id if own else "",
            "SupplierName": "",
            "Usage": self._usage(image),
            "Usable": own is None or own.status == "Available",
        }

    def _image_matches(self, image: Image, own: OwnImage | None, params: Mapping[str, Any]) -> bool:
        kind = INSTANCE_TYPES.get(params.get("InstanceType", ""))
        wanted_ids = [found for found in params.get("ImageId", "").split(",") if found]
        owner_alias, owner_id = ("self", int(self._state.context.account_id)) if own else ("system", 0)
        wanted_status = params.get("Status", "Available").replace("ALL", own.status if own else "Available").split(",")
        return (
            params.get("ImageOwnerAlias", owner_alias) == owner_alias
            and params.get("ImageOwnerId", owner_id) == owner_id
            and params.get("IsPublic", own is None) == (own is None)
            and (not wanted_ids or image.image_id in wanted_ids)
            and params.get("ImageFamily", image.image_family) == image.image_family
            and names.matches_wildcard(image.image_name, params.get("ImageName", "*"))
            and params.get("Architecture", image.architecture) == image.architecture
            and params.get("OSType", image.os_type) == image.os_type
            and (own.status if own else "Available") in wanted_status
            and ("InstanceType" not in params or (kind is not None and kind.image_architecture == image.architecture))
            and params.get("IsSupportCloudinit", True)
            and params.get("IsSupportIoOptimized", True)
            and params.get("Usage", self._usage(image)) == self._usage(image)
            and ("SnapshotId" not in params or (own is not None and params["SnapshotId"] in own.snapshot_ids))
            and params.get("ResourceGroupId", own.resource_group_id if own else "")
            == (own.resource_group_id if own else "")
            and carries(own.tags if own else {}, params.get("Tag", []))
        )

    def _usage(self, image: Image) -> str:
        used = any(one.image.image_id == image.image_id for one in self._state.instances(image.region_id))
        return "instance" if used else "none"


def _type_matches(kind: InstanceType, params: Mapping[str, Any]) -> bool:
    return (
        kind.instance_type_id in params.get("InstanceTypes", [kind.instance_type_id])
        and kind.family in params.get("InstanceTypeFamilies", [kind.family])
        and kind.architecture in params.get("CpuArchitectures", [kind.architecture])
        and kind.category in params.get("InstanceCategories", [kind.category])
        and params.get("InstanceTypeFamily", kind.family) == kind.family
        and params.get("CpuArchitecture", kind.architecture) == kind.architecture
        and params.get("InstanceCategory", kind.category) == kind.category
        and params.get("InstanceFamilyLevel", kind.level) == kind.level
        and params.get("MinimumCpuCoreCount", 0) <= kind.cores <= params.get("MaximumCpuCoreCount", kind.cores)
        and params.get("MinimumMemorySize", 0) <= kind.memory_gib <= params.get("MaximumMemorySize", kind.memory_gib)
        and params.get("MinimumGPUAmount", 0) <= kind.gpu_amount
    )


def _describe_type(kind: InstanceType) -> dict[str, Any]:
    """Fields whose true values are not in the table are left out rather than made up."""
    return {
        "InstanceTypeId": kind.instance_type_id,
        "InstanceTypeFamily": kind.family,
        "InstanceCategory": kind.category,
        "InstanceFamilyLevel": kind.level,
        "CpuArchitecture": kind.architecture,
        "CpuCoreCount": kind.cores,
        "MemorySize": kind.memory_gib,
        "PhysicalProcessorModel": kind.processor,
        "GPUAmount": kind.gpu_amount,
        "GPUSpec": kind.gpu_spec,
        "LocalStorageAmount": 0,
        "LocalStorageCapacity": 0,
        "LocalStorageCategory": "",
    }


def _describe_image(image: Image, own: OwnImage | None) -> dict[str, Any]:
    return {
        "ImageId": image.image_id,
        "ImageName": image.image_name,
        "ImageFamily": image.image_family,
        "ImageOwnerAlias": "self" if own else "system",
        "ImageVersion": own.image_version if own else "",
        "Architecture": image.architecture,
        "OSName": image.os_name,
        "OSType": image.os_type,
        "Platform": image.platform,
        "Size": image.size_gib,
        "Description": image.description,
        "CreationTime": image.created_at,
        "Status": own.status if own else "Available",
        "Progress": "0%" if own and not own.is_ready else "100%",
        "Usage": "none",
        "ProductCode": "",
        "IsCopied": bool(own and own.is_copied),
        "IsSelfShared": "",
        "IsSubscribed": False,
        "IsSupportCloudinit": True,
        "IsSupportIoOptimized": True,
        "DiskDeviceMappings": describe_mappings(own) if own else {"DiskDeviceMapping": []},
        "Tags": tag_list(own.tags if own else {}),
    }
