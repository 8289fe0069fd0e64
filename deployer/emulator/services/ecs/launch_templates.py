"""Launch templates as the emulator holds them: numbered sets of parameters for RunInstances."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Parameters of a template's own, which are no part of what it launches.
OWN_PARAMETERS = frozenset(
    {
        "LaunchTemplateId",
        "LaunchTemplateName",
        "RegionId",
        "TemplateResourceGroupId",
        "TemplateTag",
        "VersionDescription",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """One version; `params` are typed as the contract has them and not judged before something is launched."""

    number: int
    description: str
    params: Mapping[str, Any]
    created_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class LaunchTemplate:
    """One template with its versions, oldest first."""

    template_id: str
    region_id: str
    name: str
    created_at: datetime
    versions: list[TemplateVersion]
    default_number: int = 1
    next_number: int = 2
    resource_group_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    def find_version(self, number: int) -> TemplateVersion | None:
        """The version of that number."""
        return next((version for version in self.versions if version.number == number), None)


def merged(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is launched: what the call gives, and where it is silent what the template says.

    The two spellings of security groups are one parameter here, and the fields of SystemDisk are merged one by one.
    """
    base = dict(template)
    if {"SecurityGroupId", "SecurityGroupIds"} & given.keys():
        base.pop("SecurityGroupId", None)
        base.pop("SecurityGroupIds", None)
    if {"ImageId", "ImageFamily"} & given.keys():
        base.pop("ImageId", None)
    system_disk = {**base.get("SystemDisk", {}), **given.get("SystemDisk", {})}
    return {**base, **given, **({"SystemDisk": system_disk} if system_disk else {})}
