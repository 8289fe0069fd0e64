"""What the configuration says of the archive: all that packing a project needs of it, without region or instance."""

from dataclasses import dataclass

from deployer.config.load import RawConfig
from deployer.config.merge import check_merged


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingRules:
    """`ignore` are patterns above all others; `include_secrets` paths packed although they look like secrets.

    `carry` says whether the application's packages go along.
    """

    ignore: tuple[str, ...]
    include_secrets: tuple[str, ...]
    carry: bool


def resolve_packing_rules(raw: RawConfig) -> PackingRules:
    """The rules of file and flags. Errors: ConfigInvalid with everything that is wrong with the file."""
    file, findings = check_merged(raw)
    findings.raise_if_any()
    extras = file.deployer
    return PackingRules(
        ignore=tuple(extras.ignore), include_secrets=tuple(extras.includeSecrets), carry=extras.carry is True
    )


def wants_carrying(raw: RawConfig) -> bool:
    """Whether the packages are to be carried; False where the file is wrong, which is told when it is resolved."""
    return check_merged(raw)[0].deployer.carry is True
