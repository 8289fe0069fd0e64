"""An earlier release again: its archive and scripts are in OSS already, so nothing is packed and nothing uploaded."""

from collections.abc import Callable
from dataclasses import replace

from deployer.backends.base import Backend, Content
from deployer.operations.naming import GroupWords
from deployer.operations.prepare import Prepared, ProjectRequest, configure, describe, open_and_analyze
from deployer.operations.steps import StepProgress


def prepare_revision(
    request: ProjectRequest, revision_id: str, open_backend: Callable[[str], Backend], progress: StepProgress
) -> tuple[Prepared, Backend]:
    """What was released as `revision_id`, and the backend that knew it. Errors: ReleaseNotFound listing what exists."""
    with progress.step("analyze") as told:
        project_dir, analysis = open_and_analyze(request)
        told.tell(describe(analysis))
    with progress.step("configure") as told:
        config = configure(request, project_dir, analysis)
        told.tell(GroupWords.of(config).place)
        backend = open_backend(config.deploy_region_id)
        past = backend.get_release(config.application_name, config.application_group_name, revision_id)
    progress.skip("package", "skipped", f"the archive of {revision_id} is used again")
    prepared = Prepared(
        analysis=analysis,
        config=replace(config, port=past.port, health=replace(config.health, path=past.health_path)),
        package=None,
        artifact_bytes=past.artifact_bytes,
        content=Content(
            artifact_sha256=past.artifact_sha256,
            start_sha256=past.start_sha256,
            stop_sha256=past.stop_sha256,
            settings_sha256=past.settings_sha256,
        ),
    )
    return prepared, backend
