"""Which application in which group and region: all that commands need which change nothing on an instance."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.config.document import project_root_of
from deployer.config.findings import Findings
from deployer.config.load import RawConfig
from deployer.config.merge import check_merged
from deployer.config.questions import region_question
from deployer.config.regions import CITIES, city_of
from deployer.config.rules import RuleBroken, check_region, derive_application_name
from deployer.config.schema import ConfigFile
from deployer.models.analysis import ApplicationType, ProjectAnalysis

NAME = ("metadata", "name")
TYPE = ("metadata", "type")
GROUP = ("metadata", "groupName")
REGION = ("metadata", "regionId")
OLD_REGION = ("common", "deployment", "regionId")
INSTANCE_ID = ("common", "deployment", "instanceId")
PORT = ("common", "deployment", "port")
DEFAULT_GROUP = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationIdentity:
    """Names and place of an application. `origins` and `notices` are those of `DeployConfig`."""

    application_name: str
    application_group_name: str
    type: ApplicationType
    deploy_region_id: str
    port: int | None
    origins: Mapping[str, str]
    notices: tuple[str, ...]


def resolve_identity(raw: RawConfig, analysis: ProjectAnalysis | None = None) -> ApplicationIdentity:
    """The application that file, environment and flags name; scripts and instance are not looked at.

    Errors: ConfigInvalid, AnswersNeeded (no region).
    """
    file, findings = check_merged(raw)
    identity = find_identity(file, findings, analysis)
    findings.raise_if_any()
    return identity


def find_identity(file: ConfigFile, findings: Findings, analysis: ProjectAnalysis | None) -> ApplicationIdentity:
    """The identity as far as it is known; what is missing is in `findings`, and "" stands for it."""
    name = _find_name(file, findings, analysis)
    kind = _find_type(file, findings, analysis)
    region_id = findings.deploy_region_id = _find_region(file, findings)
    group = _find_group(file, findings, region_id)
    port = file.common.deployment.port
    if port is None and analysis is not None:
        port = analysis.port
    findings.note_origin(PORT, "detected" if port is not None else "default")
    return ApplicationIdentity(
        application_name=name,
        application_group_name=group,
        type=kind,
        deploy_region_id=region_id,
        port=port,
        origins=findings.origins,
        notices=findings.notice_texts,
    )


def _find_name(file: ConfigFile, findings: Findings, analysis: ProjectAnalysis | None) -> str:
    findings.note_origin(NAME, "detected" if analysis else "default")
    if file.metadata.name is not None:
        return file.metadata.name
    folder = project_root_of(Path(findings.raw.config_path)).name
    found = analysis.name if analysis and analysis.name else folder
    name = derive_application_name(found)
    if not findings.is_bad(NAME):
        findings.note(NAME, f"the application is named `{name}`, after its folder; `--name` gives it another")
    return name


def _find_type(file: ConfigFile, findings: Findings, analysis: ProjectAnalysis | None) -> ApplicationType:
    findings.note_origin(TYPE, "detected" if analysis else "default")
    if file.metadata.type is not None:
        return ApplicationType(file.metadata.type)
    return analysis.type if analysis else ApplicationType.APP


def _find_region(file: ConfigFile, findings: Findings) -> str:
    old = file.common.deployment.regionId
    region_id = file.metadata.regionId
    findings.note_origin(REGION, "default")
    if region_id is None and old is not None:
        findings.origins[".".join(REGION)] = findings.origin_of(OLD_REGION) or "default"
        region_id = old
    if region_id is None:
        return _ask_region(findings)
    if old is not None and old != region_id and REGION not in findings.raw.overrides:
        findings.add(
            OLD_REGION,
            f"`common.deployment.regionId` says `{old}` and `metadata.regionId` says `{region_id}`",
            hint="keep `metadata.regionId` and delete the other",
            found=old,
        )
    _tell_override(findings, region_id)
    return region_id


def _ask_region(findings: Findings) -> str:
    hint = findings.raw.region_hint
    if findings.is_bad(REGION):
        return ""
    if hint is not None:
        try:
            region_id = check_region(hint.value)
        except RuleBroken as broken:
            message = f"{hint.origin}: `{hint.value}` {broken.message}"
            findings.add(REGION, message, hint=broken.hint or "set `--region`", found=hint.value)
            return ""
        findings.origins[".".join(REGION)] = hint.origin
        return region_id
    findings.questions.append(region_question(findings.raw.language))
    return ""


def _tell_override(findings: Findings, region_id: str) -> None:
    """Say which region wins, and refuse to take an instance of the file's region elsewhere."""
    override = findings.raw.overrides.get(REGION)
    in_file = _file_value(findings, REGION) or _file_value(findings, OLD_REGION)
    if override is None or in_file is None or in_file == region_id:
        return
    findings.note(
        REGION,
        f"the region is `{region_id}` ({city_of(region_id)}) by the {override.origin}; the file says `{in_file}`",
    )
    instance_id = _file_value(findings, INSTANCE_ID)
    chooses_other = INSTANCE_ID in findings.raw.overrides or ("ecs",) in findings.raw.overrides
    if instance_id and not chooses_other:
        findings.add(
            REGION,
            f"the file's instance `{instance_id}` lives in `{in_file}`, not in `{region_id}`",
            hint="leave the region as it is, or add `--ecs new` or `--instance-id`",
            found=region_id,
            code="mismatch",
        )


def _file_value(findings: Findings, path: tuple[str, ...]) -> str | None:
    value: object = findings.document.data if findings.document else None
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None


def _find_group(file: ConfigFile, findings: Findings, region_id: str) -> str:
    findings.note_origin(GROUP, "default")
    group = file.metadata.groupName
    default = f"{DEFAULT_GROUP}-{region_id}"
    if group is None or not region_id:
        return default
    if group == DEFAULT_GROUP:
        findings.note(GROUP, f"the group `default` is named `{default}`: a group's name carries its region")
        return default
    other = group.removeprefix(f"{DEFAULT_GROUP}-")
    if other in {group, region_id} or other not in CITIES:
        return group
    if REGION in findings.raw.overrides and GROUP not in findings.raw.overrides:
        findings.note(GROUP, f"the group is `{default}`, as the region is not the file's")
        return default
    findings.add(
        GROUP,
        f"the group `{group}` carries another region than `{region_id}`",
        hint=f"name it `{default}`, or set the region to `{other}`",
        found=group,
        code="mismatch",
    )
    return group
