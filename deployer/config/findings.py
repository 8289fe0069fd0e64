"""What comes up while a configuration is resolved: problems, questions and notices, told together at the end."""

from dataclasses import dataclass, field

from deployer.config.document import Document, KeyPath
from deployer.config.load import RawConfig
from deployer.config.problems import placed_problem
from deployer.errors.config import ConfigInvalid, Problem
from deployer.errors.decision import AnswersNeeded, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What was changed or passed over on the way, and the key it concerns."""

    path: KeyPath
    text: str


@dataclass(slots=True)
class Findings:
    """Grows while one configuration is resolved and belongs to that one call."""

    raw: RawConfig
    problems: list[Problem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    deploy_region_id: str = ""  # once it is known

    @property
    def document(self) -> Document | None:
        return self.raw.document

    def origin_of(self, path: KeyPath) -> str | None:
        """Where the value of a key came from, None when nobody set it."""
        if path in self.raw.overrides:
            return self.raw.overrides[path].origin
        if self.document and path in self.document.marks:
            return f"{self.document.path} line {self.document.marks[path].key_line}"
        return None

    def note_origin(self, path: KeyPath, fallback: str) -> None:
        """Keep where the value of a key came from: the one who set it, else `fallback`."""
        self.origins[".".join(path)] = self.origin_of(path) or fallback

    def add(self, path: KeyPath, message: str, *, hint: str, found: str | None = None, code: str = "value") -> None:
        """Add a problem at a key; its line or flag is filled in."""
        override = self.raw.overrides.get(path)
        problem = Problem(
            code=code,
            path=".".join(path),
            message=message,
            hint=hint,
            found=found,
            origin=override.origin if override else None,
        )
        self.problems.append(placed_problem(self.document, path, problem))

    def note(self, path: KeyPath, text: str) -> None:
        """Add a notice about a key."""
        self.notices.append(Notice(path=path, text=text))

    @property
    def notice_texts(self) -> tuple[str, ...]:
        return tuple(notice.text for notice in self.notices)

    def is_bad(self, path: KeyPath) -> bool:
        """True when a problem at this key, or above or below it, was told already."""
        dotted = ".".join(path)
        return any(
            problem.path and (f"{dotted}.".startswith(f"{problem.path}.") or problem.path.startswith(f"{dotted}."))
            for problem in self.problems
        )

    def raise_if_any(self) -> None:
        """Raise ConfigInvalid with every problem, or AnswersNeeded with every question."""
        if self.problems:
            ordered = sorted(self.problems, key=lambda problem: (problem.line or 0, problem.path))
            raise ConfigInvalid(tuple(ordered), config_path=self.document.path if self.document else None)
        if self.questions:
            raise AnswersNeeded(tuple(self.questions), deploy_region_id=self.deploy_region_id)
