"""The instance types on sale, as data: a realistic choice across families, x86 and ARM."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_ESSD = ("cloud_auto", "cloud_essd")
_ESSD_AND_ENTRY = ("cloud_auto", "cloud_essd", "cloud_essd_entry")
_ALL_CLOUD_DISKS = ("cloud_auto", "cloud_efficiency", "cloud_essd", "cloud_ssd")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """One size of one family."""

    instance_type_id: str
    cores: int
    memory_gib: float
    architecture: str  # X86, ARM
    level: str  # EntryLevel, EnterpriseLevel, CreditEntryLevel
    category: str
    processor: str
    disk_categories: tuple[str, ...]
    gpu_amount: int = 0
    gpu_spec: str = ""

    @property
    def family(self) -> str:
        """`ecs.u1` for `ecs.u1-c1m2.large`: families with a memory ratio in the name share the part before it.

        Source: https://www.alibabacloud.com/help/en/ecs/user-guide/overview-of-instance-families
        """
        return self.instance_type_id.rpartition(".")[0].partition("-c")[0]

    @property
    def image_architecture(self) -> str:
        """The architecture an image must have, in the images' spelling."""
        return "arm64" if self.architecture == "ARM" else "x86_64"

    @property
    def allows_efficiency_disk(self) -> bool:
        return "cloud_efficiency" in self.disk_categories


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """What the sizes of a family share; `sizes` is name, cores, memory in GiB."""

    prefix: str
    category: str
    processor: str
    disk_categories: tuple[str, ...]
    sizes: tuple[tuple[str, int, float], ...]
    level: str = "EnterpriseLevel"
    architecture: str = "X86"
    gpu_spec: str = ""


def _sizes(gib_per_core: float) -> tuple[tuple[str, int, float], ...]:
    return tuple((name, cores, cores * gib_per_core) for name, cores in (("large", 2), ("xlarge", 4), ("2xlarge", 8)))


_ICE_LAKE = "Intel(R) Xeon(R) Platinum 8369B"
_SAPPHIRE_RAPIDS = "Intel(R) Xeon(R) Platinum 8475B"
_CASCADE_LAKE = "Intel Xeon(Cascade Lake) Platinum 8269CY"
_YITIAN = "YiTian 710"

# Source: https://www.alibabacloud.com/help/en/ecs/user-guide/overview-of-instance-families
_FAMILIES = (
    _Family(
        prefix="ecs.u1-c1m1", category="Shared", processor=_ICE_LAKE, disk_categories=_ESSD_AND_ENTRY, sizes=_sizes(1)
    ),
    _Family(
        prefix="ecs.u1-c1m2", category="Shared", processor=_ICE_LAKE, disk_categories=_ESSD_AND_ENTRY, sizes=_sizes(2)
    ),
    _Family(
        prefix="ecs.u1-c1m4", category="Shared", processor=_ICE_LAKE, disk_categories=_ESSD_AND_ENTRY, sizes=_sizes(4)
    ),
    _Family(
        prefix="ecs.e-c1m1",
        category="Shared",
        processor=_ICE_LAKE,
        disk_categories=_ESSD_AND_ENTRY,
        sizes=_sizes(1)[:2],
        level="EntryLevel",
    ),
    _Family(
        prefix="ecs.e-c1m2",
        category="Shared",
        processor=_ICE_LAKE,
        disk_categories=_ESSD_AND_ENTRY,
        sizes=_sizes(2)[:2],
        level="EntryLevel",
    ),
    _Family(
        prefix="ecs.t6-c1m1",
        category="Burstable",
        processor=_CASCADE_LAKE,
        disk_categories=_ALL_CLOUD_DISKS,
        sizes=_sizes(1)[:1],
        level="CreditEntryLevel",
    ),
    _Family(
        prefix="ecs.t6-c1m2",
        category="Burstable",
        processor=_CASCADE_LAKE,
        disk_categories=_ALL_CLOUD_DISKS,
        sizes=_sizes(2)[:1],
        level="CreditEntryLevel",
    ),
    _Family(
        prefix="ecs.c6",
        category="ComputeOptimized",
        processor=_CASCADE_LAKE,
        disk_categories=_ALL_CLOUD_DISKS,
        sizes=_sizes(2),
    ),
    _Family(
        prefix="ecs.g6",
        category="General-purpose",
        processor=_CASCADE_LAKE,
        disk_categories=_ALL_CLOUD_DISKS,
        sizes=_sizes(4),
    ),
    _Family(prefix="ecs.c7", category="ComputeOptimized", processor=_ICE_LAKE, disk_categories=_ESSD, sizes=_sizes(2)),
    _Family(prefix="ecs.g7", category="General-purpose", processor=_ICE_LAKE, disk_categories=_ESSD, sizes=_sizes(4)),
    _Family(prefix="ecs.r7", category="MemoryOptimized", processor=_ICE_LAKE, disk_categories=_ESSD, sizes=_sizes(8)),
    _Family(
        prefix="ecs.c8i",
        category="ComputeOptimized",
        processor=_SAPPHIRE_RAPIDS,
        disk_categories=_ESSD_AND_ENTRY[:2],
        sizes=_sizes(2),
    ),
    _Family(
        prefix="ecs.g8i",
        category="General-purpose",
        processor=_SAPPHIRE_RAPIDS,
        disk_categories=_ESSD,
        sizes=_sizes(4),
    ),
    _Family(
        prefix="ecs.c8y",
        category="ComputeOptimized",
        processor=_YITIAN,
        disk_categories=_ESSD,
        sizes=_sizes(2),
        architecture="ARM",
    ),
    _Family(
        prefix="ecs.g8y",
        category="General-purpose",
        processor=_YITIAN,
        disk_categories=_ESSD,
        sizes=_sizes(4),
        architecture="ARM",
    ),
    _Family(
        prefix="ecs.c6r",
        category="ComputeOptimized",
        processor="Ampere(R) Altra(R)",
        disk_categories=_ESSD,
        sizes=_sizes(2),
        architecture="ARM",
    ),
    _Family(
        prefix="ecs.gn7i-c8g1",
        category="ComputeOptimizedWithGPU",
        processor=_ICE_LAKE,
        disk_categories=_ESSD,
        sizes=(("2xlarge", 8, 30),),
        gpu_spec="NVIDIA A10",
    ),
)


def _types_of(family: _Family) -> tuple[InstanceType, ...]:
    return tuple(
        InstanceType(
            instance_type_id=f"{family.prefix}.{name}",
            cores=cores,
            memory_gib=memory_gib,
            architecture=family.architecture,
            level=family.level,
            category=family.category,
            processor=family.processor,
            disk_categories=family.disk_categories,
            gpu_amount=1 if family.gpu_spec else 0,
            gpu_spec=family.gpu_spec,
        )
        for name, cores, memory_gib in family.sizes
    )


INSTANCE_TYPES: Mapping[str, InstanceType] = MappingProxyType(
    {found.instance_type_id: found for family in _FAMILIES for found in _types_of(family)}
)
