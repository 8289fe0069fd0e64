"""Raw values and what was detected become one `DeployConfig`, or one error with everything that is wrong.

What wins: flag, environment, file, detected, default.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from deployer.config.agent_model import find_model
from deployer.config.exposure import find_exposed, others_may_read
from deployer.config.findings import Findings
from deployer.config.identity import find_identity
from deployer.config.instance_choice import choose_instance
from deployer.config.load import START_COMMAND, RawConfig
from deployer.config.merge import check_merged
from deployer.config.schema import ConfigFile, Extras
from deployer.models.analysis import ApplicationType, ProjectAnalysis
from deployer.models.config import Budget, DeployConfig, ExistingInstance, HealthCheck

GeneratedScripts: TypeAlias = tuple[str, str] | Callable[[str, int | None], tuple[str, str]]
START = ("common", "scripts", "start")
STOP = ("common", "scripts", "stop")
PORT = ("common", "deployment", "port")
_DEFAULT_START_TIMEOUT_SECONDS = 900
_DEFAULT_KEEP_RELEASES = 3


def resolve_config(
    raw: RawConfig,
    analysis: ProjectAnalysis | None = None,
    scripts: GeneratedScripts | None = None,
    *,
    needs_scripts: bool = True,
) -> DeployConfig:
    """The complete configuration of a deploy.

    `scripts` are generated (start, stop), or a function that makes them of the application's name and port; they fill
    what the file leaves open. With `needs_scripts` False (a price needs none) missing scripts are empty.
    Errors: ConfigInvalid with every problem; AnswersNeeded with every missing answer (region, new or existing ECS).
    """
    file, findings = check_merged(raw)
    identity = find_identity(file, findings, analysis)
    instance = choose_instance(file, findings)
    made = _generated(scripts, identity.application_name, identity.port) or (None if needs_scripts else ("", ""))
    start, stop = _find_scripts(file, findings, made)
    model = find_model(file, findings, identity.type)
    _check_agent_port(findings, identity.type)
    _warn_exposed(findings)
    findings.raise_if_any()
    assert instance is not None  # raise_if_any has told why it is
    config = DeployConfig(
        application_name=identity.application_name,
        application_group_name=identity.application_group_name,
        type=identity.type,
        deploy_region_id=identity.deploy_region_id,
        instance=instance,
        port=identity.port,
        start_script=start,
        stop_script=stop,
        model=model,
        config_path=raw.document.path if raw.document else None,
    )
    return _with_extras(config, file, findings)


def _with_extras(config: DeployConfig, file: ConfigFile, findings: Findings) -> DeployConfig:
    """The configuration with what stands under `deployer`, and with where all of it came from."""
    extras = file.deployer
    health = _health(extras, findings)
    return replace(
        config,
        environment={**file.common.environment, **extras.env},
        health=health,
        budget=Budget(max_hourly=extras.budget.maxHourly, max_monthly=extras.budget.maxMonthly),
        ignore=tuple(extras.ignore),
        include_secrets=tuple(extras.includeSecrets),
        carry=extras.carry is True,
        start_timeout_seconds=extras.startTimeoutSeconds or _DEFAULT_START_TIMEOUT_SECONDS,
        keep_releases=extras.keepReleases or _DEFAULT_KEEP_RELEASES,
        origins=dict(findings.origins),
        notices=tuple(_with_existing_notice(findings, config.instance)),
    )


def _generated(scripts: GeneratedScripts | None, name: str, port: int | None) -> tuple[str, str] | None:
    return scripts(name, port) if callable(scripts) else scripts


def _find_scripts(file: ConfigFile, findings: Findings, generated: tuple[str, str] | None) -> tuple[str, str]:
    found = []
    command = findings.raw.overrides.get(START_COMMAND)
    for path, given, fallback in (
        (START, None if command else file.common.scripts.start, generated[0] if generated else None),
        (STOP, file.common.scripts.stop, generated[1] if generated else None),
    ):
        script = given if given is not None else fallback
        findings.note_origin(path, "detected")
        if script is None and not findings.is_bad(path):
            hint = f"write `{'.'.join(path)}`" + (" or give `--start`" if path == START else "")
            findings.add(path, f"there is no {path[-1]} script", hint=hint, code="missing")
        found.append(_normalised(findings, path, script or ""))
    if command:
        findings.origins[".".join(START)] = command.origin
    return found[0], found[1]


def _normalised(findings: Findings, path: tuple[str, ...], script: str) -> str:
    """The script with LF line endings and a newline at its end, without a byte order mark."""
    name = path[-1]
    text = script.removeprefix("\ufeff")
    if text != script:
        findings.note(path, f"the byte order mark of the {name} script was dropped")
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
        findings.note(path, f"the {name} script had Windows line endings; they were converted")
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        findings.add(path, f"line {line} of the {name} script has a carriage return in its middle", hint="delete it")
    if re.match(r"#!.*\b(sh|dash)\s*$", text.partition("\n")[0]):
        findings.note(path, f"the {name} script names another shell; it runs under bash")
    return text if not text or text.endswith("\n") else f"{text}\n"


def _check_agent_port(findings: Findings, kind: ApplicationType) -> None:
    if kind is ApplicationType.AGENT and findings.raw.overrides.get(PORT):
        origin = findings.raw.overrides[PORT].origin
        findings.add(
            PORT,
            f"the {origin} does not go with type `agent`",
            hint="leave it out; the agent's own port is detected, or stands in `common.deployment.port` of the file",
            code="conflict",
        )


def _health(extras: Extras, findings: Findings) -> HealthCheck:
    default = HealthCheck()
    for key in ("path", "aliveSeconds", "timeoutSeconds"):
        findings.note_origin(("deployer", "health", key), "default")
    return HealthCheck(
        path=extras.health.path or default.path,
        alive_seconds=extras.health.aliveSeconds or default.alive_seconds,
        timeout_seconds=extras.health.timeoutSeconds or default.timeout_seconds,
    )


def _warn_exposed(findings: Findings) -> None:
    if findings.document is None:
        return
    path = findings.document.path
    exposed = tuple(find_exposed(findings.document.text))
    for line, kind in exposed:
        findings.note((), f"{path} line {line} holds {kind} in plain text; keep the file out of git")
    if exposed and others_may_read(Path(path)):
        findings.note((), f"{path} holds secrets and other users of this machine may read it: run `chmod 600 {path}`")


def _with_existing_notice(findings: Findings, instance: object) -> list[str]:
    if findings.document is None:
        return list(findings.notice_texts)
    target = f" on `{instance.instance_id}`" if isinstance(instance, ExistingInstance) else ""
    return [f"existing configuration `{findings.document.path}` is reused{target}", *findings.notice_texts]
