"""What a README that runs its project with Docker means here: the way that was taken, and images that may not be reachable (M39)."""

from collections.abc import Iterator
from dataclasses import replace

from deployer.models.analysis import Evidence, MethodKind
from deployer.project.command_purposes import Purpose
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.docker_images import judge_image
from deployer.project.readme import Readme, ReadmeCommand

_FLAGS = frozenset({
    "-d", "-i", "-t", "-it", "-ti", "-dit", "-itd", "-P", "--detach", "--interactive", "--tty", "--rm", "--init", "--privileged",
    "--publish-all", "--read-only",
})  # fmt: skip


def follow_docker(readme: Readme | None, detection: Detection) -> Detection:
    """The detection with the README's own Docker command as the one it follows, and what speaks against its images."""
    starts = _starts(readme) if readme else []
    if not starts or readme is None:
        return detection
    if detection.language == "docker" and detection.start_command is not None:
        composes = "compose" in detection.start_command
        followed = next((one for one in starts if _composes(one) is composes), None)
        return replace(detection, followed=followed)
    if detection.start_command is None:
        return replace(detection, warnings=(*detection.warnings, *_verdicts(starts)))
    if any(one.shape.purpose in {Purpose.START, Purpose.DEVELOP} for one in _native(readme)):
        return detection
    why = "the README runs it with Docker alone; it is started without, as its files allow it"
    return replace(detection, evidence=(*detection.evidence, Evidence(file=readme.file, line=starts[0].line, why=why)))


def _starts(readme: Readme) -> list[ReadmeCommand]:
    docker = (one for way in readme.ways if way.kind is MethodKind.DOCKER for one in way.commands)
    return [one for one in docker if one.shape.purpose is Purpose.START]


def _native(readme: Readme) -> Iterator[ReadmeCommand]:
    return (one for way in readme.ways if way.kind is not MethodKind.DOCKER for one in way.commands)


def _composes(command: ReadmeCommand) -> bool:
    words = command.shape.words
    return words[0].endswith("-compose") or words[1] == "compose"


def _verdicts(starts: list[ReadmeCommand]) -> Iterator[str]:
    for command in starts:
        image = _image(command.shape.words)
        verdict = judge_image(image) if image else None
        if verdict is not None and not verdict.reachable:
            yield f"`{command.file}:{command.line}`: {verdict.sentence}; nothing here starts without it"


def _image(words: tuple[str, ...]) -> str | None:
    """The image of `docker run`: the first word that is neither an option nor its value."""
    if words[1:2] != ("run",):
        return None
    rest = iter(words[2:])
    for word in rest:
        if not word.startswith("-"):
            return word
        if word not in _FLAGS and "=" not in word and not (word.startswith("-p") and len(word) > 2):
            next(rest, None)
    return None
