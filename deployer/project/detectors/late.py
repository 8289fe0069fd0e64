"""Detectors that are loaded when a project has a file they look for: most projects need one or two of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from deployer.project.detectors.detection import Detection, Detector
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDetector:
    """The detector `function` of a module here; `endings` are those of names without which it finds nothing."""

    module: str
    function: str
    endings: tuple[str, ...]

    def __call__(self, project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
        if not any(file.endswith(self.endings) for file in project_dir.files()):
            return None
        detect: Detector = getattr(import_module(f"deployer.project.detectors.{self.module}"), self.function)
        return detect(project_dir, readme)


def late(module: str, endings: Iterable[str], function: str = "") -> LateDetector:
    """A detector by its module; its function is `detect_` and the module's name unless told."""
    return LateDetector(module=module, function=function or f"detect_{module}", endings=tuple(endings))
