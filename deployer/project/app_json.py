"""What an `app.json`, as Heroku and Dokku read it, says beside the start command, which it has no place for.

Source: https://devcenter.heroku.com/articles/app-json-schema
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.project_dir import ProjectDir

_FILE = "app.json"
_KEYS = frozenset({"buildpacks", "formation", "env", "addons", "scripts", "stack", "healthchecks"})
_ONCE = ("postdeploy", "predeploy")
_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """What is known from it: evidence, and what the user has to see to. Both empty without such a file."""

    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


def read_app_json(project_dir: ProjectDir) -> Hosting:
    """The file's buildpacks as evidence; settings, services and steps it asks for as warnings. Other files of the name say nothing."""
    text = project_dir.find_text(_FILE) if project_dir.is_file(_FILE) else None
    data = _load(text or "")
    if text is None or "expo" in data or not _KEYS & set(data):
        return Hosting()
    return Hosting(evidence=tuple(_buildpacks(data, text)), warnings=tuple(_wishes(data, text)))


def _load(text: str) -> Mapping[str, object]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _buildpacks(data: Mapping[str, object], text: str) -> Iterator[Evidence]:
    listed = data.get("buildpacks")
    for one in listed[:_MOST] if isinstance(listed, list) else ():
        url = one.get("url") if isinstance(one, dict) else None
        if isinstance(url, str):
            why = f"is built by the buildpack `{url.rpartition('@')[2][:80]}`"
            yield Evidence(file=_FILE, line=_line_of(text, url), why=why, decides="install")


def _wishes(data: Mapping[str, object], text: str) -> Iterator[str]:
    settings = data.get("env")
    missing = [name for name, one in settings.items() if _is_asked_for(one)] if isinstance(settings, dict) else []
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing[:_MOST])
        yield f"`{_FILE}:{_line_of(text, missing[0])}` asks for the settings {listed}: give them with `--env`"
    services = data.get("addons")
    names = [_service_of(one) for one in services[:_MOST]] if isinstance(services, list) else []
    if any(names):
        listed = ", ".join(f"`{name}`" for name in names if name)
        yield f"`{_FILE}` asks for the services {listed}: they are not made here"
    scripts = data.get("scripts")
    places = (scripts, scripts.get("dokku")) if isinstance(scripts, dict) else ()
    steps = {name: command for one in places if isinstance(one, dict) for name, command in one.items()}
    for name in _ONCE:
        command = steps.get(name)
        if isinstance(command, str) and command.strip():
            shown = command.strip().split("\n")[0][:80]
            yield f"`{_FILE}` prepares the project with `{shown}` ({name}): run it yourself, no release does"


def _is_asked_for(setting: object) -> bool:
    """Whether a setting is required and has neither a value nor a generator of one."""
    if not isinstance(setting, dict):
        return False  # its value, as text
    return setting.get("required", True) is True and not (setting.get("value") or setting.get("generator"))


def _service_of(one: object) -> str:
    plan = one.get("plan") if isinstance(one, dict) else one
    return plan.partition(":")[0] if isinstance(plan, str) else ""


def _line_of(text: str, word: str) -> int | None:
    position = text.find(f'"{word}"')
    return text.count("\n", 0, position) + 1 if position >= 0 else None
