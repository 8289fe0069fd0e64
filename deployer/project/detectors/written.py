"""What people wrote about starting the project, outside its code: README, Procfile, other platforms' files, Dockerfile."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deployer.models.analysis import Evidence, MethodKind
from deployer.project.command_shapes import CommandShape, read_command
from deployer.project.detectors.platforms import read_platform_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, ReadmeCommand
from deployer.project.yaml_values import load_yaml

STAND_IN_PORT = 8080  # for `$PORT` where nothing says which one
_PORT_VARIABLE = re.compile(r"\$\{?PORT(?::?-(\d{2,5}))?\}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCommand:
    """A start command somebody wrote, with its place. `readme` is the README's own entry for it."""

    shape: CommandShape
    evidence: Evidence
    readme: ReadmeCommand | None = None

    @property
    def text(self) -> str:
        return " ".join(self.shape.words)


def read_written_commands(project_dir: ProjectDir, readme: Readme | None) -> tuple[WrittenCommand, ...]:
    """The README's native commands first, then the Procfile, then other platforms' files. Refused ones are left out."""
    found = []
    for command in readme.best_first() if readme else ():
        if command.shape.purpose in {"start", "build"} and command.shape.kind is not MethodKind.DOCKER:
            evidence = Evidence(file=command.file, line=command.line, why=f"the README says `{command.text[:120]}`")
            found.append(WrittenCommand(shape=command.shape, evidence=evidence, readme=command))
    for text, evidence in (
        *_of_procfile(project_dir),
        *read_platform_commands(project_dir),
        *_of_dockerfile(project_dir),
    ):
        for part in reversed(re.split(r"\s*(?:&&|;)\s*", text)):
            shape = read_command(_PORT_VARIABLE.sub(lambda match: match[1] or str(STAND_IN_PORT), part))
            if shape.purpose != "refused" and shape.words:
                found.append(WrittenCommand(shape=shape, evidence=evidence))
    return tuple(found)


def find_written_port(project_dir: ProjectDir, readme: Readme | None) -> tuple[int, Evidence] | None:
    """The port of `fly.toml`, a Dockerfile's EXPOSE, an `.env.example`, or an address in the README."""
    places = (
        ("fly.toml", r"^\s*internal_port\s*=\s*(\d{2,5})", "the port its service forwards to"),
        ("Dockerfile", r"(?i)^\s*EXPOSE\s+(\d{2,5})(?:/tcp)?\s*$", "the port its image exposes"),
        (".env.example", r"^\s*(?:[A-Z]+_)?PORT\s*=\s*['\"]?(\d{2,5})['\"]?\s*$", "the port of its example settings"),
        (".env.sample", r"^\s*(?:[A-Z]+_)?PORT\s*=\s*['\"]?(\d{2,5})['\"]?\s*$", "the port of its example settings"),
    )
    for file, pattern, why in places:
        text = project_dir.find_text(file) or ""
        match = re.search(pattern, text, re.MULTILINE)
        if match and is_port(match[1]):
            return int(match[1]), Evidence(
                file=file, line=text.count("\n", 0, match.start(1)) + 1, why=why, decides="port"
            )
    if readme and readme.ports:
        port, line = readme.ports[0]
        return port, Evidence(file=readme.file, line=line, why="the address the README names", decides="port")
    return None


def find_disagreement(project_dir: ProjectDir) -> str | None:
    """A sentence when Procfile and the files of other platforms start different things; None when they agree (B70)."""
    processes = [one for one in _of_procfile(project_dir) if "`web`" in one[1].why][:1]
    written = [*processes, *read_platform_commands(project_dir)]
    plain = {_PORT_VARIABLE.sub("$PORT", " ".join(text.split())) for text, _evidence in written}
    if len(plain) < 2:
        return None
    listed = "; ".join(f"`{one.file}:{one.line}` says `{text[:80]}`" for text, one in written)
    return f"these start different things, and the first that fits the project is followed: {listed}"


def is_port(text: str) -> bool:
    """Whether a text is the number of a port."""
    return text.isdigit() and 0 < int(text) < 65536


def port_of_words(words: tuple[str, ...]) -> int | None:
    """The port among the options of a command: `-p 9000`, `--port=9000`, `-b tcp://0.0.0.0:9000`, `0.0.0.0:9000`."""
    match = re.search(r"(?:^| )(?:--?[A-Za-z.-]*port|-p)[= ](\d{2,5})(?: |$)|:(\d{2,5})(?: |$)", " ".join(words))
    number = (match[1] or match[2]) if match else ""
    return int(number) if is_port(number) else None


def _of_procfile(project_dir: ProjectDir) -> Iterator[tuple[str, Evidence]]:
    lines = list(enumerate((project_dir.find_text("Procfile") or "").split("\n"), start=1))
    for web in (True, False):
        for number, line in lines:
            process, colon, command = line.partition(":")
            if colon and (process.strip() == "web") is web and process.strip() != "release":
                yield command.strip(), Evidence(file="Procfile", line=number, why=f"its `{process.strip()}` process")


def _of_dockerfile(project_dir: ProjectDir) -> Iterator[tuple[str, Evidence]]:
    """The last CMD, else ENTRYPOINT: what runs in the image tells what to run without one."""
    text = project_dir.find_text("Dockerfile") or ""
    for word in ("CMD", "ENTRYPOINT"):
        matches = list(re.finditer(rf"^\s*{word}\s+(.+?)\s*$", text, re.MULTILINE))
        if matches:
            written = matches[-1][1]
            words = _yaml_list(written) if written.startswith("[") else None
            command = " ".join(words) if words else written
            yield command, _at("Dockerfile", text, matches[-1].start(1), f"its {word}")


def _at(file: str, text: str, position: int, why: str) -> Evidence:
    return Evidence(file=file, line=text.count("\n", 0, position) + 1, why=why)


def _yaml_list(text: str) -> list[str] | None:
    loaded = load_yaml(text)[0]
    return [str(one) for one in loaded] if isinstance(loaded, list) else None
