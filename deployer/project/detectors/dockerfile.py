"""Which images a Dockerfile pulls: of its stages those that are built, with arguments filled in. Nothing is asked of a network.

Source: https://docs.docker.com/reference/dockerfile/ (parser directives, ARG before FROM, stages, `--from`, here-documents).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
_FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_ARGUMENT = re.compile(r"ARG\s+(.+)", re.IGNORECASE)
_OTHER_IMAGE = re.compile(r"--from=(\S+)|--mount=\S*?\bfrom=([^,\s]+)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^{}]*))?\})")
# What BuildKit sets by itself for a usual instance.
_PLATFORM = {
    "TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64", "TARGETVARIANT": "",
    "BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDARCH": "amd64", "BUILDVARIANT": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """One `FROM` with the images and stages that what follows takes files from."""

    name: str
    base: str
    others: tuple[str, ...]


def read_images(dockerfile: str, *, arguments: Mapping[str, str] | None = None, target: str | None = None) -> list[str]:
    """The images a build pulls, in the order of the text; `scratch` and the file's own stages are none.

    A variable that nobody sets stays as it is written. Stages that the target, the last one by default, does not need
    are not built.
    """
    directives, lines = _lines(dockerfile)
    stages = _stages(lines, arguments or {})
    frontend = [directives["syntax"]] if "syntax" in directives and stages else []
    needed = _needed(stages, target)
    images = [
        image
        for index, stage in enumerate(stages)
        if index in needed
        for image in (stage.base, *stage.others)
        if image.lower() != "scratch" and _stage_of(image, stages[:index]) is None
    ]
    return list(dict.fromkeys((*frontend, *images)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with variables filled in, `${NAME:-default}` included; a name without a value stays as it is written."""

    def value_of(match: re.Match[str]) -> str:
        name, operator, alternative = match[1] or match[2], match[3] or "", match[4] or ""
        value = values.get(name)
        is_set = value is not None and (value != "" or ":" not in operator)
        if operator.endswith("+"):
            return alternative if is_set else ""
        if is_set:
            return value or ""
        return alternative if operator.endswith("-") else match[0]

    for _ in range(4):  # a default may name a variable itself
        text, before = _VARIABLE.sub(value_of, text), text
        if text == before:
            break
    return text


def _lines(dockerfile: str) -> tuple[dict[str, str], list[str]]:
    """The parser directives, and each instruction on one line: comments and the bodies of here-documents left out."""
    text = dockerfile.removeprefix("\ufeff").replace("\r\n", "\n")
    directives: dict[str, str] = {}
    for line in text.split("\n"):
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None:
            break
        directives.setdefault(match[1].lower(), match[2])
    return directives, list(_joined(text.split("\n"), directives.get("escape", "\\")))


def _joined(lines: list[str], escape: str) -> Iterator[str]:
    pieces: list[str] = []
    until = ""
    for line in lines:
        stripped = line.strip()
        if until:
            until = "" if stripped == until else until
        elif not stripped.startswith("#") and (stripped or not pieces):
            pieces.append(stripped.removesuffix(escape))
            if stripped.endswith(escape):
                continue
            instruction = " ".join(pieces)
            heredoc = _HEREDOC.search(instruction) if re.match(r"(?i)(RUN|COPY|ADD)\b", instruction) else None
            until = heredoc[2] if heredoc else ""
            yield instruction.strip()
            pieces = []
    yield " ".join(pieces).strip()


def _stages(lines: list[str], given: Mapping[str, str]) -> list[_Stage]:
    values: dict[str, str] = dict(_PLATFORM)
    stages: list[_Stage] = []
    for line in lines:
        start, argument = _FROM.match(line), _ARGUMENT.match(line)
        if start:
            stages.append(_Stage(name=(start[2] or "").lower(), base=filled(start[1], values), others=()))
        elif argument and not stages:
            for name, value in _arguments(argument[1], values):
                chosen = given.get(name, value)
                if chosen is not None:
                    values[name] = chosen
        elif stages:
            found = tuple(filled(one[0] or one[1], values) for one in _OTHER_IMAGE.findall(line))
            last = stages[-1]
            stages[-1] = _Stage(name=last.name, base=last.base, others=(*last.others, *found))
    return stages


def _arguments(text: str, values: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """(name, default) of each argument of an `ARG`; the default is None where there is none."""
    for match in re.finditer(r"(\w+)(?:=(\"[^\"]*\"|'[^']*'|\S*))?", text):
        default = match[2]
        yield match[1], None if default is None else filled(default.strip("\"'"), values)


def _needed(stages: list[_Stage], target: str | None) -> set[int]:
    """The indexes of the stages that the target is made of."""
    wanted = _stage_of(target, stages) if target else None
    pending = [wanted if wanted is not None else len(stages) - 1] if stages else []
    needed: set[int] = set()
    while pending:
        index = pending.pop()
        if index not in needed:
            needed.add(index)
            named = (stages[index].base, *stages[index].others)
            pending += [one for one in (_stage_of(name, stages[:index]) for name in named) if one is not None]
    return needed


def _stage_of(name: str, stages: list[_Stage]) -> int | None:
    """The index of the stage of that name or number; the last one of the name counts."""
    if name.isdigit():
        return int(name) if int(name) < len(stages) else None
    return max((index for index, stage in enumerate(stages) if stage.name == name.lower()), default=None)
