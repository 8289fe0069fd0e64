"""What the files of other hosting platforms say is to be started.

They disagree at times. The order is: Procfile, render.yaml, railway, nixpacks, railpack, fly.toml, heroku.yml, app.yaml,
.platform.app.yaml, apprunner.yaml; the first that fits the project is followed.
"""

import json
from collections.abc import Iterator, Mapping

from deployer.models.analysis import Evidence
from deployer.project.project_dir import ProjectDir
from deployer.project.toml_tables import load_toml
from deployer.project.yaml_values import load_yaml

# file: where the command stands in it; `*` is the first member, of a list that one whose `type` is "web".
_PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("render.yaml", ("services", "*", "startCommand")),
    ("render.yml", ("services", "*", "startCommand")),
    ("railway.json", ("deploy", "startCommand")),
    ("railway.toml", ("deploy", "startCommand")),
    ("nixpacks.toml", ("start", "cmd")),
    ("nixpacks.json", ("start", "cmd")),
    ("railpack.json", ("deploy", "startCommand")),
    ("fly.toml", ("processes", "app")),
    ("fly.toml", ("processes", "web")),
    ("fly.toml", ("processes", "*")),
    ("heroku.yml", ("run", "web")),
    ("app.yaml", ("entrypoint",)),
    (".platform.app.yaml", ("web", "commands", "start")),
    ("apprunner.yaml", ("run", "command")),
)


def read_platform_commands(project_dir: ProjectDir) -> Iterator[tuple[str, Evidence]]:
    """Each start command with its place, in the order they are to be believed; a file that cannot be read says nothing."""
    seen: set[str] = set()
    for file, path in _PLACES:
        text = None if file in seen else project_dir.find_text(file)
        command = _dig(_load(file, text), path) if text else None
        if text and isinstance(command, str) and command.strip():
            seen.add(file)
            yield command.strip(), Evidence(file=file, line=_line_of(text, command), why="its start command")


def _load(file: str, text: str) -> object:
    if file.endswith(".toml"):
        return load_toml(text)[0]
    try:
        return json.loads(text) if file.endswith(".json") else load_yaml(text)[0]
    except (ValueError, RecursionError):
        return None


def _dig(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        if isinstance(value, Mapping):
            value = next(iter(value.values()), None) if key == "*" else value.get(key)
        elif isinstance(value, list) and key == "*":
            tables = [one for one in value if isinstance(one, Mapping)]
            value = next((one for one in tables if one.get("type") == "web"), tables[0] if tables else None)
        else:
            return None
    return value


def _line_of(text: str, command: str) -> int | None:
    position = text.find(command.split("\n", 1)[0].strip()[:60])
    return text.count("\n", 0, position) + 1 if position >= 0 else None
