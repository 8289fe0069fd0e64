"""The model of an agent: its name, and its key by reference. A key is never shown and never guessed."""

import re

from deployer.config.findings import Findings
from deployer.config.questions import key_question
from deployer.config.schema import ConfigFile
from deployer.models.analysis import ApplicationType
from deployer.models.config import AgentModel
from deployer.models.secret import Secret

DEFAULT_MODEL = "qwen3.6-plus"
API_KEY = ("agent", "model", "apiKey")
MODEL_NAME = ("agent", "model", "name")
KEY_VARIABLES = ("DASHSCOPE_API_KEY", "ALIYUN_DASHSCOPE_API_KEY")
KEY_PAGE = "https://bailian.console.aliyun.com/cn-beijing?tab=model#/api-key"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")
_PLACEHOLDER = re.compile(r"(?i)(sk-)?(x{2,}|\*{2,}|\.{3,})|<.*>|your[-_ ].*|changeme")


def find_model(file: ConfigFile, findings: Findings, kind: ApplicationType) -> AgentModel | None:
    """The agent's model with its key; None for applications."""
    if kind is not ApplicationType.AGENT:
        _check_not_agent(file, findings)
        return None
    findings.note_origin(MODEL_NAME, "default")
    key = _find_key(file.agent.model.apiKey, findings)
    return AgentModel(name=file.agent.model.name or DEFAULT_MODEL, api_key=key)


def _check_not_agent(file: ConfigFile, findings: Findings) -> None:
    for path in (API_KEY, MODEL_NAME):
        override = findings.raw.overrides.get(path)
        if override:
            findings.add(
                path,
                f"the {override.origin} goes with type `agent` only",
                hint="leave it out, or add `--type agent`",
                code="conflict",
            )
    if file.agent.model.apiKey and API_KEY not in findings.raw.overrides:
        findings.note(("agent",), "the section `agent` is not used: the type is `app`")


def _find_key(text: str | None, findings: Findings) -> Secret | None:
    if text is None or not text.strip():
        return None if findings.is_bad(API_KEY) else _key_of_environment(findings)
    findings.note_origin(API_KEY, "default")
    reference = _REFERENCE.fullmatch(text.strip())
    if reference:
        return _referenced(reference.group(1) or reference.group(2), findings)
    if _PLACEHOLDER.fullmatch(text.strip()):
        findings.add(
            API_KEY,
            "`apiKey` is still the placeholder",
            hint=f"write `${{{KEY_VARIABLES[0]}}}` and set that variable; keys: {KEY_PAGE}",
        )
        return None
    place = findings.origin_of(API_KEY) or "the configuration"
    findings.note(
        API_KEY,
        f"the API key stands in plain text ({place}); `${{{KEY_VARIABLES[0]}}}` keeps it out of files and process lists",
    )
    return Secret(text.strip())


def _key_of_environment(findings: Findings) -> Secret | None:
    for variable in KEY_VARIABLES:
        value = findings.raw.environ.get(variable, "").strip()
        if value:
            findings.origins[".".join(API_KEY)] = f"{variable} environment"
            findings.note(API_KEY, f"the API key is taken from `{variable}`")
            return Secret(value)
    if findings.raw.from_file:
        findings.add(
            API_KEY,
            "an agent needs `agent.model.apiKey`",
            hint=f"write `apiKey: ${{{KEY_VARIABLES[0]}}}` and set that variable; keys: {KEY_PAGE}",
            code="missing",
        )
    else:
        findings.questions.append(key_question(findings.raw.language, KEY_VARIABLES[0], KEY_PAGE))
    return None


def _referenced(variable: str, findings: Findings) -> Secret | None:
    value = findings.raw.environ.get(variable, "").strip()
    if value:
        return Secret(value)
    findings.add(
        API_KEY,
        f"`apiKey` names the variable `{variable}`, which is not set",
        hint=f"run `export {variable}=…` in your own shell first",
        code="missing",
    )
    return None
