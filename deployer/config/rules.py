"""What a single value may be. Each rule raises `RuleBroken` with the sentence, the allowed form and a suggestion."""

import hashlib
import re
import unicodedata

from deployer.config.regions import (
    CITIES,
    REGION_MAX_LENGTH,
    REGION_PATTERN,
    may_be_new,
    nearest_region,
    region_of_zone,
)

NAME_PATTERN = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
NAME_ALLOWED = "a letter, then up to 63 letters, digits, `-` or `_`"
INSTANCE_ID_PATTERN = r"i-[0-9a-zA-Z]{6,64}"
# Source: https://www.alibabacloud.com/help/en/ecs/user-guide/instance-specification-naming-and-classification
INSTANCE_TYPE_PATTERN = r"ecs\.[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+"
IMAGE_ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{2,127}"
ENVIRONMENT_KEY_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"
ENVIRONMENT_VALUE_MAX_BYTES = 32 * 1024
RESERVED_ENVIRONMENT = ("DEPLOYER_RELEASE_ID", "DEPLOYER_ARCHIVE", "DEPLOYER_RELEASE_DIR", "APP_PORT")
# Source: RunInstances, InternetMaxBandwidthOut; SystemDisk.Size (every category allows 20 to 500 GiB)
BANDWIDTH_RANGE = (0, 100)
DISK_RANGE = (20, 2048)
PORT_RANGE = (1, 65535)
SSH_PORT = 22


class RuleBroken(ValueError):
    """A value that is not allowed; never shown as it is, `schema` makes a `Problem` of it."""

    def __init__(
        self,
        message: str,
        *,
        allowed: str | None = None,
        hint: str | None = None,
        nearest: str | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.allowed = allowed
        self.hint = hint
        self.nearest = nearest
        self.key = key  # of a section, the key that is wrong in it


def derive_application_name(text: str) -> str:
    """A valid application name made of any text, such as a directory's name; the same text gives the same name.

    `My App` becomes `my-app`, `2048` becomes `app-2048`; what has no Latin letters becomes `app-` and a short hash.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9_]+", "-", plain.lower()).strip("-_")
    lost = sum(1 for character in text if ord(character) > 127 and unicodedata.category(character).startswith("L"))
    if not re.search(r"[a-z0-9]", words) or lost > len(words):
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
        return f"{words}-{digest}" if words[:1].isalpha() else f"app-{digest}"
    if not words[0].isalpha():
        words = f"app-{words}"
    return words[:64].rstrip("-_")


def check_name(value: str) -> str:
    """An application's or group's name, from first to last character (a trailing newline is refused too)."""
    if re.fullmatch(NAME_PATTERN, value):
        return value
    suggestion = derive_application_name(value) if value.strip() else None
    raise RuleBroken(
        "is not a valid name",
        allowed=NAME_ALLOWED,
        hint=f"use `{suggestion}`" if suggestion else "give it a name",
        nearest=suggestion,
    )


def check_region(value: str) -> str:
    """A region id; misspellings, zones and city names are refused with the id that was meant."""
    if value in CITIES:
        return value
    zone_region = region_of_zone(value)
    if zone_region:
        raise RuleBroken(
            "is a zone, not a region", allowed="a region id", hint=f"write `{zone_region}`", nearest=zone_region
        )
    well_formed = len(value) <= REGION_MAX_LENGTH and re.fullmatch(REGION_PATTERN, value)
    if well_formed and may_be_new(value):
        return value
    nearest = nearest_region(value)
    hint = f"did you mean `{nearest}`?" if nearest else "see the region ids in the console"
    raise RuleBroken("is not a region id", allowed="a region id such as `cn-hangzhou`", hint=hint, nearest=nearest)


def check_port(value: int) -> int:
    """A TCP port the application may listen on; 22 belongs to SSH."""
    low, high = PORT_RANGE
    if not low <= value <= high:
        raise RuleBroken("is not a port", allowed=f"{low} to {high}, except {SSH_PORT}", hint="such as `8080`")
    if value == SSH_PORT:
        raise RuleBroken(
            "is the port of SSH",
            allowed=f"{low} to {high}, except {SSH_PORT}",
            hint="let the application listen elsewhere",
        )
    return value


def check_disk_size(value: int) -> int:
    """GiB of the system disk."""
    return _check_range(value, DISK_RANGE, "GiB")


def check_bandwidth(value: int) -> int:
    """Mbit/s of public bandwidth out; 0 means no public address."""
    return _check_range(value, BANDWIDTH_RANGE, "Mbit/s")


def _check_range(value: int, allowed_range: tuple[int, int], unit: str) -> int:
    low, high = allowed_range
    if low <= value <= high:
        return value
    hint = f"write a number such as `{min(max(value, low), high)}`"
    raise RuleBroken("is out of range", allowed=f"{low} to {high} ({unit}, the number alone)", hint=hint)


def check_instance_type(value: str) -> str:
    """An ECS instance type, by its form; whether it is sold in the region only the cloud knows."""
    if re.fullmatch(INSTANCE_TYPE_PATTERN, value):
        return value
    raise RuleBroken(
        "is not an ECS instance type",
        allowed="`ecs.<family>.<size>`",
        hint="such as `ecs.u1-c1m2.large`",
    )


def check_instance_id(value: str) -> str:
    """An ECS instance id, by its form."""
    if re.fullmatch(INSTANCE_ID_PATTERN, value):
        return value
    raise RuleBroken(
        "is not an ECS instance id",
        allowed="one id: `i-` and letters and digits",
        hint="copy the id, not the name, such as `i-bp1a2b3c4d5e6f7g8h9i`",
    )


def check_image_id(value: str) -> str:
    """An ECS image id, by its form."""
    if re.fullmatch(IMAGE_ID_PATTERN, value):
        return value
    raise RuleBroken(
        "is not an image id",
        allowed="an id such as `aliyun_3_x64_20G_alibase_20260513.vhd`",
        hint="copy it from the console, or leave it out for the newest Alibaba Cloud Linux",
    )


def check_health_path(value: str) -> str:
    """The path part of a URL."""
    if re.fullmatch(r"/[!-~]{0,1023}", value):
        return value
    raise RuleBroken(
        "is not a path",
        allowed="`/` and printable ASCII without spaces, at most 1024 characters",
        hint="such as `/health`",
    )


def check_environment(values: dict[str, str]) -> dict[str, str]:
    """Environment variables for the application; every value arrives as it is written, without expansion."""
    for key, value in values.items():
        if not re.fullmatch(ENVIRONMENT_KEY_PATTERN, key):
            raise RuleBroken(
                f"has the key `{key[:200]}`, which no shell takes",
                allowed="letters, digits and `_`, no digit first",
                hint="write it as `KEY: value`, on the command line as `--env KEY=value`",
                key=key,
            )
        if key in RESERVED_ENVIRONMENT:
            raise RuleBroken(f"sets `{key}`, which each release sets itself", hint="choose another name", key=key)
        if "\0" in value:
            raise RuleBroken(
                f"has a NUL character in `{key}`", hint="encode binary values, for example as base64", key=key
            )
        if len(value.encode()) > ENVIRONMENT_VALUE_MAX_BYTES:
            raise RuleBroken(
                f"has more than {ENVIRONMENT_VALUE_MAX_BYTES // 1024} KiB in `{key}`",
                allowed=f"at most {ENVIRONMENT_VALUE_MAX_BYTES // 1024} KiB a value",
                hint="put large values into a file of the project",
                key=key,
            )
    return values


def check_script(value: str) -> str:
    """A shell script that says something; line endings and a BOM are normalised later, with a notice."""
    if "\0" in value:
        raise RuleBroken("has a NUL character", hint="save the script as plain text")
    lines = [line.strip() for line in value.lstrip("\ufeff").splitlines()]
    if not any(line and not line.startswith("#") for line in lines):
        raise RuleBroken("holds no command", allowed="a bash script", hint="write at least the command that starts it")
    first = lines[0]
    if first.startswith("#!") and not re.search(r"\b(ba|da)?sh\b", first):
        raise RuleBroken(f"begins with `{first}`", allowed="`#!/bin/bash`", hint="scripts run under bash")
    return value
