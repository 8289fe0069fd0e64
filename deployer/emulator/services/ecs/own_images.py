"""The account's own images as the emulator holds them."""

from dataclasses import dataclass, field

from deployer.emulator.services.ecs.images import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceMapping:
    """A disk that an image brings along."""

    device: str
    disk_type: str  # system, data
    snapshot_id: str
    size_gib: int


@dataclass(slots=True, kw_only=True, eq=False)
class OwnImage:
    """A custom image. What the system sees of it is `image`; it says nothing of what a machine has on its disk."""

    image: Image
    mappings: tuple[DeviceMapping, ...]
    image_version: str = ""
    is_ready: bool = False
    is_copied: bool = False
    is_deprecated: bool = False
    source_instance_id: str = ""
    resource_group_id: str = ""
    shared_with: dict[str, str] = field(default_factory=dict)  # account to the moment, as text
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def region_id(self) -> str:
        return self.image.region_id

    @property
    def snapshot_ids(self) -> frozenset[str]:
        return frozenset(mapping.snapshot_id for mapping in self.mappings)

    @property
    def status(self) -> str:
        """Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeimages."""
        if self.is_deprecated:
            return "Deprecated"
        return "Available" if self.is_ready else "Creating"
