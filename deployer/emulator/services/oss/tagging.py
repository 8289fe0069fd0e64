"""Tags of buckets and objects, as XML and as a header."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from deployer.emulator.actions import ApiError


@dataclass(frozen=True, slots=True, kw_only=True)
class TagLimits:
    """How many tags, and how long in characters a key and a value may be."""

    most: int
    key_length: int
    value_length: int
    refused_prefixes: tuple[str, ...] = ()


# Source: https://www.alibabacloud.com/help/en/oss/user-guide/0010-00000207 and 0010-00000002
BUCKET_TAGS = TagLimits(
    most=20, key_length=64, value_length=128, refused_prefixes=("http://", "https://", "aliyun", "acs")
)
# Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putobjecttagging
OBJECT_TAGS = TagLimits(most=10, key_length=128, value_length=256)


def tag_set(tags: Mapping[str, str]) -> dict[str, Any]:
    """The tree of a `Tagging` element."""
    return {"TagSet": {"Tag": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}}


def read_tag_set(tagging: Mapping[str, Any], limits: TagLimits) -> dict[str, str]:
    """The tags of a `Tagging` element. Errors: ApiError 400 InvalidTag, MalformedXML."""
    container = tagging.get("TagSet")
    found = container.get("Tag", []) if isinstance(container, Mapping) else []
    if any("Key" not in tag for tag in found):
        raise ApiError(400, "MalformedXML", "A Tag needs a Key.")
    return _checked([(tag["Key"], tag.get("Value", "")) for tag in found], limits)


def read_tag_header(text: str | None, limits: TagLimits) -> dict[str, str]:
    """The tags of a header such as `x-oss-tagging: k1=v1&k2=v2`. Errors: ApiError 400 InvalidTag."""
    return _checked(parse_qsl(text or "", keep_blank_values=True), limits)


def _checked(pairs: list[tuple[str, str]], limits: TagLimits) -> dict[str, str]:
    tags = dict(pairs)
    for key, value in tags.items():
        if not 0 < len(key) <= limits.key_length or len(value) > limits.value_length:
            raise ApiError(400, "InvalidTag", f"The tag {key!r} is too long, or its key is empty.")
        if key.lower().startswith(limits.refused_prefixes):
            raise ApiError(400, "InvalidTag", f"The tag {key!r} starts with a reserved prefix.")
    if len(tags) != len(pairs) or len(tags) > limits.most:
        raise ApiError(400, "InvalidTag", f"Keys of tags must be unique, and there may be {limits.most} of them.")
    return tags
