"""Waits until a group's release has ended, by the group's own status."""

from collections.abc import Callable

from deployer.backends.appmanager.answers import IN_PROGRESS, WAITING, CliGroup
from deployer.backends.console import console_urls
from deployer.clock import Clock
from deployer.cloud.polling import Wait, wait_until
from deployer.events import Emit, WaitProgressed, WarningRaised
from deployer.models.config import DeployConfig

SETTLE_TIMEOUT_SECONDS = 3600.0
ABSENT = "not there"


def wait_until_settled(
    find: Callable[[], CliGroup | None], config: DeployConfig, clock: Clock, emit: Emit
) -> CliGroup | None:
    """The group when nothing moves in it any more; a release that waits for a person is told with the page to go to.

    Errors: WaitedTooLong; whatever `find` raises.
    """
    what = f"the release of {config.application_name}/{config.application_group_name}"

    def tell(status: str, elapsed: float) -> None:
        if status not in IN_PROGRESS | WAITING:
            return
        emit(WaitProgressed(what=what, status=status, elapsed_seconds=elapsed, timeout_seconds=SETTLE_TIMEOUT_SECONDS))
        if status in WAITING:
            names = config.application_name, config.application_group_name
            pages = console_urls(*names, "waiting", config.deploy_region_id)
            message = f"the release waits for a person: {', '.join(url for _, url in pages)}"
            emit(WarningRaised(code="release.waiting", message=message))

    return wait_until(
        find,
        lambda group: _status(group) not in IN_PROGRESS | WAITING,
        Wait(what=what, timeout_seconds=SETTLE_TIMEOUT_SECONDS),
        status=_status,
        clock=clock,
        on_change=tell,
    )


def has_moved(before: CliGroup | None, after: CliGroup | None) -> bool:
    """Whether a release went through between two looks: another revision, or a status there was none of before."""
    if after is None or not after.status:
        return False
    return before is None or (before.revision_id, before.status) != (after.revision_id, after.status)


def _status(group: CliGroup | None) -> str:
    return group.status if group is not None else ABSENT
