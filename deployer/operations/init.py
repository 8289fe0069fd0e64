"""Write a configuration: what was detected, asked and given, as a file a person can read and edit."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from deployer.backends.base import Backend
from deployer.config.load import DEFAULT_CONFIG_PATH, load_flags
from deployer.config.new_file import (
    WrittenConfig,
    values_from_json,
    values_of,
    write_drafted_config,
    write_new_config,
)
from deployer.errors.base import UsageError
from deployer.operations.prepare import ProjectRequest, configure_from, open_and_analyze


def init(
    request: ProjectRequest,
    *,
    from_json: str | None,
    now: datetime,
    open_backend: Callable[[str], Backend] | None = None,
) -> WrittenConfig:
    """The written file; an older one is kept as a backup. With `from_json` nothing is detected.

    With `open_backend` it begins as the tool of that backend writes it, where it has one.

    A checkout ends with the run: for a git address the file is written to the current directory, named after the project.

    Errors: ProjectError, ConfigError, AnswersNeeded; UsageError for flags beside `from_json`.
    """
    if from_json is not None and request.flags:
        flags = ", ".join(f"`--{name.replace('_', '-')}`" for name in request.flags)
        raise UsageError(
            f"`--from-json` is the whole configuration; {flags} would change it", hint="give either of them"
        )
    project_dir, analysis = open_and_analyze(request)
    own = Path(f"{project_dir.name}.yaml") if request.address else project_dir.path / DEFAULT_CONFIG_PATH
    path = request.config_path or own
    if from_json is not None:
        return write_new_config(path, values_from_json(from_json), now=now)
    raw = load_flags(path, environ=request.environ, flags=request.flags, language=request.language)
    config = configure_from(raw, project_dir, analysis)
    values = values_of(config, raw)
    drafted = open_backend(config.deploy_region_id).draft_config(values) if open_backend is not None else None
    if drafted is not None:
        return write_drafted_config(path, drafted, values, now=now)
    return write_new_config(path, values, now=now)
