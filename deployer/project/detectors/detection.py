"""What one detector found, and what it gets to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from deployer.models.analysis import ApplicationType, Evidence
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, ReadmeCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How to run the project in one language. `followed` is the README command the start command comes from."""

    language: str
    framework: str | None = None
    language_version: str | None = None
    package_manager: str | None = None
    install_command: str | None = None
    build_command: str | None = None
    start_command: str | None = None
    port: int | None = None
    bind_host: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()
    unreachable_images: tuple[str, ...] = ()  # that a mainland instance will hardly pull
    type: ApplicationType = ApplicationType.APP
    followed: ReadmeCommand | None = None


Detector: TypeAlias = Callable[[ProjectDir, Readme | None], Detection | None]
