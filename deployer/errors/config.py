"""Errors about the configuration file, flags and answers."""

import shlex
from dataclasses import asdict, dataclass
from typing import Any

from deployer.errors.base import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a configuration: where it is, what was found, what is allowed, and what to do.

    `path` is the dotted key ("common.deployment.port"), empty for the file as a whole. `origin` says where the value
    came from when that was not the file ("--port flag"). `line` and `column` are 1-based. `found` never holds a secret.
    """

    code: str
    path: str
    message: str
    line: int | None = None
    column: int | None = None
    found: str | None = None
    allowed: str | None = None
    hint: str | None = None
    nearest: str | None = None
    origin: str | None = None
    source: str | None = None  # the file's line, to show with a caret under `column`
    severity: str = "error"  # or "warning": a warning alone does not stop a deploy

    def as_dict(self) -> dict[str, Any]:
        """The problem as JSON values, without what is not known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class ConfigInvalid(ConfigError):
    """The configuration does not say what can be deployed. It carries every problem at once.

    `config_path` is the file's, the flag's that gave it (`--from-json`), or None: then only flags are wrong, or the file
    lies in the git repository `repository`.
    """

    code = "config.invalid"

    def __init__(
        self, problems: tuple[Problem, ...], *, config_path: str | None = None, repository: str | None = None
    ) -> None:
        place = config_path or repository
        where = f" in `{place}`" if place else ""
        count = len(problems)
        headline = f"the configuration{where} has {count} problem{'' if count == 1 else 's'}"
        first = problems[0].hint if problems else None
        in_file = config_path is not None and not config_path.startswith("--")
        validate = f"deployer config validate --config {shlex.quote(config_path or '')}"
        super().__init__(
            headline if count != 1 else f"{headline}: {problems[0].message}",
            hint=first if count == 1 else "mend all of them",
            next_commands=(validate,) if in_file else (),
            config_path=config_path,
            repository=repository,
            problems=[problem.as_dict() for problem in problems],
        )
        self.problems = problems


class ConfigNotFound(ConfigError):
    """There is no configuration file where one was asked for."""

    code = "config.not_found"

    def __init__(self, config_path: str) -> None:
        super().__init__(
            f"there is no configuration file at `{config_path}`",
            hint="run `deployer init` to write one, or name another with `--config`",
            next_commands=("deployer init",),
            config_path=config_path,
        )


class ConfigUnreadable(ConfigError):
    """Something stands at the configuration's path, but it cannot or must not be read."""

    code = "config.unreadable"

    def __init__(self, config_path: str, reason: str, hint: str) -> None:
        super().__init__(f"cannot read `{config_path}`: {reason}", hint=hint, config_path=config_path, reason=reason)


class ConfigNotWritten(ConfigError):
    """The configuration file could not be changed; what was there before is still there, whole."""

    code = "config.not_written"

    def __init__(self, config_path: str, reason: str, hint: str) -> None:
        super().__init__(
            f"could not write `{config_path}`: {reason}; the file is unchanged",
            hint=hint,
            config_path=config_path,
            reason=reason,
        )
