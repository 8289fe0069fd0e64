"""Tags: what a key and a value may be, and whether a resource carries what a filter asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from deployer.emulator.actions import ApiError, Call

MAX_TAGS = 20
_MAX_LENGTH = 128
_RESERVED = ("aliyun", "acs:")
_LINKS = ("http://", "https://")


def read_tags(given: Sequence[Mapping[str, Any]], *, strict_values: bool = False) -> dict[str, str]:
    """The tags of a request, checked. An absent value is the empty one.

    `strict_values`: the VPC rule, where a value may not start with `aliyun` or `acs:` either.
    Errors: 400 InvalidTagCount, InvalidTagKey.Malformed, InvalidTagValue.Malformed, Duplicate.TagKey.
    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-tagresources
    """
    if len(given) > MAX_TAGS:
        raise ApiError(400, "InvalidTagCount", "The specified tags are beyond the permitted range.")
    tags: dict[str, str] = {}
    for tag in given:
        key, value = str(tag.get("Key", "")), str(tag.get("Value", ""))
        if not key or not _allowed(key, reserved=True):
            raise ApiError(400, "InvalidTagKey.Malformed", "The specified Tag.n.Key is not valid.")
        if not _allowed(value, reserved=strict_values):
            raise ApiError(400, "InvalidTagValue.Malformed", "The specified Tag.n.Value is not valid.")
        if key in tags:
            raise ApiError(400, "Duplicate.TagKey", "The Tag.N.Key contains duplicate key.")
        tags[key] = value
    return tags


def add_tags(holder: dict[str, str], tags: Mapping[str, str]) -> None:
    """Put the tags on a resource; an existing key gets the new value. Errors: 403 QuotaExceed.Tags."""
    if len({*holder, *tags}) > MAX_TAGS:
        raise ApiError(403, "QuotaExceed.Tags", "The quota of tags on the resource is exceeded.")
    holder.update(tags)


def untag(call: Call, holders: Sequence[dict[str, str]]) -> None:
    """Take away the keys in TagKey, or every one with All. Keys that are not there are no mistake."""
    keys = call.params.get("TagKey")
    for holder in holders:
        if keys is None and call.params.get("All", False):
            holder.clear()
        for key in keys or ():
            holder.pop(key, None)


def carries(tags: Mapping[str, str], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """True when every tag asked for is there; a filter without a value takes any.

    Errors: 400 InvalidTag.Mismatch for a value without a key.
    """
    for tag in wanted:
        if "Key" not in tag:
            raise ApiError(400, "InvalidTag.Mismatch", "The specified Tag.n.Key and Tag.n.Value are not match.")
        if tag["Key"] not in tags or ("Value" in tag and tags[tag["Key"]] != tag["Value"]):
            return False
    return True


def _allowed(text: str, *, reserved: bool) -> bool:
    lowered = text.lower()
    if len(text) > _MAX_LENGTH or any(link in lowered for link in _LINKS):
        return False
    return not (reserved and lowered.startswith(_RESERVED))
