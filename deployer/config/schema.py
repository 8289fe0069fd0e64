# ruff: noqa: N815  (keys are spelled as in the file)
"""The configuration file as one pydantic model tree: what keys exist, and what each may hold.

Every key is optional here: flags, environment and detection may fill what the file leaves open. Keys are spelled as in
the file; what the original tool does not know stands under `deployer`.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from deployer.config import rules

Value = TypeVar("Value")
SCHEMA_VERSION = 1
RULE_ERROR = "rule"  # the type of every error a rule of ours raises; `ctx` holds RuleBroken's fields


def _rule(check: Callable[[Value], Value]) -> AfterValidator:
    """A validator that words its refusal itself."""

    def apply(value: Value) -> Value:
        try:
            return check(value)
        except rules.RuleBroken as broken:
            context = {"allowed": broken.allowed, "hint": broken.hint, "nearest": broken.nearest, "key": broken.key}
            raise PydanticCustomError(RULE_ERROR, "{text}", {"text": broken.message, **context}) from None

    return AfterValidator(apply)


def _patterned(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def _ranged(low: int, high: int | None) -> WithJsonSchema:
    limits = {"minimum": low} if high is None else {"minimum": low, "maximum": high}
    return WithJsonSchema({"type": "integer", **limits})


def _at_least_one(value: int) -> int:
    if value >= 1:
        return value
    raise rules.RuleBroken("is too small", allowed="1 or more", hint="write `1`, or leave it out for the default")


def _amount(value: Any) -> Any:
    """Whole numbers count as amounts of money too; floats never come here, the reader keeps their digits."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _positive(value: Decimal) -> Decimal:
    if value.is_finite() and value > 0:
        return value
    raise rules.RuleBroken(
        "is not an amount", allowed="a number above 0", hint="write it as `0.50`, without a currency"
    )


Name = Annotated[StrictStr, _rule(rules.check_name), _patterned(rules.NAME_PATTERN)]
RegionId = Annotated[StrictStr, _rule(rules.check_region), _patterned(rules.REGION_PATTERN)]
Port = Annotated[
    StrictInt,
    _rule(rules.check_port),
    WithJsonSchema(
        {
            "type": "integer",
            "minimum": rules.PORT_RANGE[0],
            "maximum": rules.PORT_RANGE[1],
            "not": {"const": rules.SSH_PORT},
        }
    ),
]
DiskSize = Annotated[StrictInt, _rule(rules.check_disk_size), _ranged(*rules.DISK_RANGE)]
Bandwidth = Annotated[StrictInt, _rule(rules.check_bandwidth), _ranged(*rules.BANDWIDTH_RANGE)]
InstanceType = Annotated[StrictStr, _rule(rules.check_instance_type), _patterned(rules.INSTANCE_TYPE_PATTERN)]
InstanceId = Annotated[StrictStr, _rule(rules.check_instance_id), _patterned(rules.INSTANCE_ID_PATTERN)]
ImageId = Annotated[StrictStr, _rule(rules.check_image_id), _patterned(rules.IMAGE_ID_PATTERN)]
HealthPath = Annotated[StrictStr, _rule(rules.check_health_path), _patterned(r"/[!-~]{0,1023}")]
Script = Annotated[StrictStr, _rule(rules.check_script)]
Environment = Annotated[
    dict[StrictStr, StrictStr],
    _rule(rules.check_environment),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": f"^{rules.ENVIRONMENT_KEY_PATTERN}$"},
            "additionalProperties": {"type": "string"},
        }
    ),
]
Count = Annotated[StrictInt, _rule(_at_least_one), _ranged(1, None)]
Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    _rule(_positive),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]


class Section(BaseModel):
    """A mapping of the file. Unknown keys are errors, and so is a value of another type than the key's."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Metadata(Section):
    """Which application this is, and where it lives."""

    name: Name | None = None
    type: Literal["app", "agent"] | None = None
    groupName: Name | None = None
    regionId: RegionId | None = None
    description: StrictStr | None = None


class Deployment(Section):
    """The ECS instance: a new one by type, disk and bandwidth, or an existing one by id."""

    ecsInstanceType: InstanceType | None = None
    systemDiskSize: DiskSize | None = None
    internetMaxBandwidthOut: Bandwidth | None = None
    instanceId: InstanceId | None = None
    port: Port | None = None
    regionId: RegionId | None = None  # older files repeat the region here; it has to agree


class Scripts(Section):
    """How the application is started and stopped on the instance."""

    start: Script | None = None
    stop: Script | None = None


class Common(Section):
    """What applications and agents share."""

    deployment: Deployment = Deployment()
    scripts: Scripts = Scripts()
    environment: Environment = Field(default_factory=dict)  # as `deployer.env`, which wins


class Model(Section):
    """The model an agent talks to."""

    name: StrictStr | None = None
    apiKey: StrictStr | None = None


class Agent(Section):
    """What only agents have."""

    model: Model = Model()


class Health(Section):
    """When a release counts as running."""

    path: HealthPath | None = None
    aliveSeconds: Count | None = None
    timeoutSeconds: Count | None = None


class Limits(Section):
    """Money: what blocks a deploy before anything is created."""

    maxHourly: Amount | None = None
    maxMonthly: Amount | None = None


class Extras(Section):
    """What the original tool does not know."""

    env: Environment = Field(default_factory=dict)
    health: Health = Health()
    budget: Limits = Limits()
    ignore: list[StrictStr] = Field(default_factory=list)
    includeSecrets: list[StrictStr] = Field(default_factory=list)
    carry: StrictBool | None = None
    startTimeoutSeconds: Count | None = None
    keepReleases: Count | None = None
    image: ImageId | None = None
    schemaVersion: Count | None = None


class ConfigFile(Section):
    """The whole file."""

    metadata: Metadata = Metadata()
    common: Common = Common()
    agent: Agent = Agent()
    deployer: Extras = Extras()


def known_paths() -> tuple[tuple[str, ...], ...]:
    """Every key of the file as a path, sections before what stands in them, in the file's order."""
    return tuple(_paths(ConfigFile, ()))


def _paths(section: type[BaseModel], prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in section.model_fields.items():
        yield (*prefix, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _paths(field.annotation, (*prefix, name))
