"""DescribeInstanceTypes, DescribeImages and DescribeImageFromFamily."""

from collections.abc import Mapping
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.images import Image, find_newest_of_family, images_in
from deployer.emulator.services.ecs.instance_types import INSTANCE_TYPES, InstanceType
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number, page_by_token
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.regions import get_region

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
        """The public images that match every filter, newest first."""
        get_region(call.region_id)
        refuse_unsupported(call, "Filter", "SnapshotId", "ActionType")
        if call.params.get("ImageOwnerAlias", "system") not in _OWNER_ALIASES:
            raise ApiError(400, "InvalidImageOwnerAlias.ValueNotSupported", "The ImageOwnerAlias is not supported.")
        found = [image for image in images_in(call.region_id) if _image_matches(image, call.params)]
        page, fields = page_by_number(found, call.params)
        images = [
            {
                **_describe_image(image),
                "ImageOwnerId": 0,
                "IsPublic": True,
                "OSNameEn": image.os_name.replace("64位", "64 bit").replace("ARM版", "ARM Edition"),
                "BootMode": "UEFI" if image.architecture == "arm64" else "BIOS",
                "Features": {"NvmeSupport": "supported", "ImdsSupport": "v2"},
                "LoginAsNonRootSupported": True,
                "ResourceGroupId": "",
                "SupplierName": "",
                "Usable": True,
            }
            for image in page
        ]
        return {"Images": {"Image": images}, "RegionId": call.region_id, **fields}

    @action("DescribeImageFromFamily", source=_HELP + "describeimagefromfamily")
    def describe_image_from_family(self, call: Call) -> Body:
        """The newest image of the family; no `Image` and no error for a family nobody knows."""
        get_region(call.region_id)
        image = find_newest_of_family(call.region_id, call.params["ImageFamily"])
        return {"Image": _describe_image(image)} if image else {}


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


def _image_matches(image: Image, params: Mapping[str, Any]) -> bool:
    kind = INSTANCE_TYPES.get(params.get("InstanceType", ""))
    wanted_ids = [found for found in params.get("ImageId", "").split(",") if found]
    return (
        params.get("ImageOwnerAlias", "system") == "system"
        and (not wanted_ids or image.image_id in wanted_ids)
        and params.get("ImageFamily", image.image_family) == image.image_family
        and params.get("ImageName", image.image_name) == image.image_name
        and params.get("Architecture", image.architecture) == image.architecture
        and params.get("OSType", image.os_type) == image.os_type
        and "Available" in params.get("Status", "Available,ALL").replace("ALL", "Available").split(",")
        and ("InstanceType" not in params or (kind is not None and kind.image_architecture == image.architecture))
        and params.get("IsSupportCloudinit", True)
        and params.get("IsSupportIoOptimized", True)
        and params.get("Usage", "none") == "none"
        and "Tag" not in params
        and "ResourceGroupId" not in params
        and "ImageOwnerId" not in params
    )


def _describe_image(image: Image) -> dict[str, Any]:
    return {
        "ImageId": image.image_id,
        "ImageName": image.image_name,
        "ImageFamily": image.image_family,
        "ImageOwnerAlias": "system",
        "ImageVersion": "",
        "Architecture": image.architecture,
        "OSName": image.os_name,
        "OSType": image.os_type,
        "Platform": image.platform,
        "Size": image.size_gib,
        "Description": image.description,
        "CreationTime": image.created_at,
        "Status": "Available",
        "Progress": "100%",
        "Usage": "none",
        "ProductCode": "",
        "IsCopied": False,
        "IsSelfShared": "",
        "IsSubscribed": False,
        "IsSupportCloudinit": True,
        "IsSupportIoOptimized": True,
        "DiskDeviceMappings": {"DiskDeviceMapping": []},
        "Tags": {"Tag": []},
    }
