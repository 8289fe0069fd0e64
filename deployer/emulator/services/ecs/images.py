"""The public images, as data: the newest of each family, under an id that differs from region to region."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from deployer.emulator.services.regions import REGIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One public image in one region. `size_gib` is the smallest system disk it fits on."""

    image_id: str
    region_id: str
    image_family: str
    image_name: str
    architecture: str  # x86_64, arm64
    os_name: str
    platform: str
    size_gib: int
    created_at: str
    description: str
    os_type: str = "linux"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Release:
    """An image before it has a region; `stem` stands before the date in its id."""

    family: str
    stem: str
    os_name: str
    platform: str
    architecture: str = "x86_64"
    size_gib: int = 20


# Families that exist, as listed by a real account in June 2026; ids have the shape `aliyun_3_x64_20G_alibase_<date>.vhd`.
# Source: https://www.alibabacloud.com/help/en/ecs/user-guide/overview-of-images
_RELEASES = (
    _Release(
        family="acs:alibaba_cloud_linux_3_2104_lts_x64",
        stem="aliyun_3_x64_20G_alibase",
        os_name="Alibaba Cloud Linux  3.2104 LTS 64位",
        platform="Aliyun",
    ),
    _Release(
        family="acs:alibaba_cloud_linux_3_2104_lts_arm64",
        stem="aliyun_3_arm64_20G_alibase",
        os_name="Alibaba Cloud Linux  3.2104 LTS 64位 ARM版",
        platform="Aliyun",
        architecture="arm64",
    ),
    _Release(
        family="acs:alibaba_cloud_linux_4_lts_x64",
        stem="aliyun_4_x64_20G_alibase",
        os_name="Alibaba Cloud Linux  4 LTS 64位",
        platform="Aliyun",
    ),
    _Release(
        family="acs:ubuntu_24_04_x64",
        stem="ubuntu_24_04_x64_20G_alibase",
        os_name="Ubuntu  24.04 64位",
        platform="Ubuntu",
    ),
    _Release(
        family="acs:ubuntu_22_04_x64",
        stem="ubuntu_22_04_x64_20G_alibase",
        os_name="Ubuntu  22.04 64位",
        platform="Ubuntu",
    ),
    _Release(
        family="acs:debian_13_5_x64",
        stem="debian_13_5_x64_20G_alibase",
        os_name="Debian  13.5 64位",
        platform="Debian",
    ),
    _Release(
        family="acs:rocky_linux_9_7_x64",
        stem="rockylinux_9_7_x64_20G_alibase",
        os_name="Rocky Linux  9.7 64位",
        platform="Rocky Linux",
    ),
    _Release(
        family="acs:centos_7_9_x64",
        stem="centos_7_9_x64_20G_alibase",
        os_name="CentOS  7.9 64位",
        platform="CentOS",
    ),
    _Release(
        family="acs:anolis_8_10_anck_x64",
        stem="anolisos_8_10_x64_20G_anck_alibase",
        os_name="Anolis OS  8.10 ANCK 64位",
        platform="Anolis",
    ),
)

_NEWEST_DAY = 20260513
_OLDER_DAY = 20260119


def _image(release: _Release, region_id: str, day: int) -> Image:
    image_id = f"{release.stem}_{day + _spread(release.family, region_id)}.vhd"
    return Image(
        image_id=image_id,
        region_id=region_id,
        image_family=release.family,
        image_name=image_id,
        architecture=release.architecture,
        os_name=release.os_name,
        platform=release.platform,
        size_gib=release.size_gib,
        created_at=f"{str(day)[:4]}-{str(day)[4:6]}-{str(day)[6:]}T02:30:26Z",
        description="Kernel version is the one of the release",
    )


def _spread(family: str, region_id: str) -> int:
    """0 to 9 days, always the same for a family and region: ids differ by region, as the real ones do."""
    return hashlib.sha256(f"{family} {region_id}".encode()).digest()[0] % 10


_BY_REGION: Mapping[str, tuple[Image, ...]] = MappingProxyType(
    {
        region_id: tuple(_image(release, region_id, day) for day in (_NEWEST_DAY, _OLDER_DAY) for release in _RELEASES)
        for region_id in REGIONS
    }
)


def public_images_in(region_id: str) -> tuple[Image, ...]:
    """The public images of a region, newest first; empty for an unknown region."""
    return _BY_REGION.get(region_id, ())
