"""What was understood of a project directory."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias


class ApplicationType(str, Enum):
    """`metadata.type` of the configuration; `agent` only with a real agentscope dependency."""

    APP = "app"
    AGENT = "agent"


class MethodKind(str, Enum):
    """How a README says to run a project, best first."""

    NATIVE_INSTALL = "native_install"
    BUILD_AND_RUN = "build_and_run"
    SCRIPT = "script"
    DOCKER = "docker"


Decision: TypeAlias = Literal["directory", "type", "version", "install", "build", "start", "port", "address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why something is believed: a file of the project, a line of it (1-based, None for the whole file), a reason.

    `decides` is the field of the analysis it speaks for.
    """

    file: str
    line: int | None
    why: str
    decides: Decision = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to run the project that its README names."""

    kind: MethodKind
    file: str
    line: int
    commands: tuple[str, ...]
    chosen: bool
    reason: str  # why it was chosen, or why not
    section: str = ""  # the heading it stands under


class Confidence(str, Enum):
    """How sure an analysis is: the README's own command, the project's files, or a guess."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A port, a setting or a version the README names, at its first line."""

    value: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadmeMentions:
    """What the README names beside its methods; settings without their values, versions such as "Python 3.11"."""

    file: str
    ports: tuple[Mention, ...]
    variables: tuple[Mention, ...]
    runtimes: tuple[Mention, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An application below the top of a project that has several; `path` is what `--path` takes."""

    path: str
    language: str
    framework: str | None
    start_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAnalysis:
    """How to run a project, with the evidence. `port` is None for workers; `supported` False when nothing can be run.

    Commands are single shell lines that work in the project's directory; `bind_host` is the address the application
    would listen on when it is known ("127.0.0.1" cannot be reached from outside), else None. `directory` is where the
    application stands when that is below the top, else "". `candidates` are the applications of which one has to be chosen.
    """

    name: str
    type: ApplicationType
    language: str | None
    framework: str | None
    language_version: str | None  # a constraint as the project words it, such as ">=3.11"
    package_manager: str | None
    install_command: str | None
    build_command: str | None
    start_command: str | None
    port: int | None
    bind_host: str | None
    environment: tuple[tuple[str, str], ...]  # variables the start command needs, such as ("HOST", "0.0.0.0")
    methods: tuple[Method, ...]
    evidence: tuple[Evidence, ...]
    warnings: tuple[str, ...]
    supported: bool
    source: str  # "readme" or "scan": what the commands were taken from
    directory: str = ""
    candidates: tuple[Candidate, ...] = ()
    readme: ReadmeMentions | None = None
    conflicts: tuple[str, ...] = ()  # where the README and the project's files disagree, and what is used
    confidence: Confidence = Confidence.LOW
