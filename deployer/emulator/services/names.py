"""What a name or a description of a resource may look like, to ECS and to VPC."""

import re
from fnmatch import fnmatchcase

# Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances (InstanceName)
_NAME = re.compile(r"[^\W\d_][\w:.\-]{1,127}")
_LINKS = ("http://", "https://")


def is_valid_name(name: str) -> bool:
    """2 to 128 letters (Chinese ones too), digits, `:`, `_`, `.`, `-`, a letter first, no link."""
    return _NAME.fullmatch(name) is not None and not name.startswith(_LINKS)


def is_valid_network_name(name: str) -> bool:
    """1 to 128 characters of any kind that do not start with a link: VPCs, vSwitches, route tables.

    Source: https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-createvpc (VpcName)
    """
    return 1 <= len(name) <= 128 and not name.startswith(_LINKS)


def is_valid_network_description(description: str) -> bool:
    """1 to 256 characters that do not start with a link. Source: as of names."""
    return 1 <= len(description) <= 256 and not description.startswith(_LINKS)


def is_valid_description(description: str) -> bool:
    """2 to 256 characters that do not start with a link."""
    return 2 <= len(description) <= 256 and not description.startswith(_LINKS)


def is_valid_hostname(hostname: str, *, is_windows: bool = False) -> bool:
    """Linux: 2 to 64 letters, digits and hyphens in parts joined by single dots; Windows: 2 to 15 without dots.

    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances (HostName)
    """
    longest, parts = (15, [hostname]) if is_windows else (64, hostname.split("."))
    part = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?!-))*")
    are_fine = all(part.fullmatch(found) and not found.endswith("-") for found in parts)
    return 2 <= len(hostname) <= longest and are_fine and not (is_windows and hostname.isdigit())


def matches_wildcard(name: str, pattern: str) -> bool:
    """True when the name fits a filter in which `*` stands for any text and nothing else is special.

    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinstances (InstanceName)
    """
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))
