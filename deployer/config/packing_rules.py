"""What the configuration says of the archive: all that packing a project needs of it, without region or instance."""

from dataclasses import dataclass

from deployer.config.load import RawConfig
from deployer.config.merge import check_merged


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingRules:
    """`ignore` are patterns above all others; `include_secrets` paths that are packed although they look like secrets."""

    ignore: tuple[str, ...]
    include_secrets: tuple[str, ...]


def resolve_packing_rules(raw: RawConfig) -> PackingRules:
    """The rules of file and flags. Errors: ConfigInvalid with everything that is wrong with the file."""
    file, findings = check_merged(raw)
    findings.raise_if_any()
    return PackingRules(ignore=tuple(file.deployer.ignore), include_secrets=tuple(file.deployer.includeSecrets))
