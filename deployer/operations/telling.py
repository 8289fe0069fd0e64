"""The first and the last event of a run, and listeners that cannot break it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deployer.clock import Clock
from deployer.errors.base import DeployerError
from deployer.events import Emit, Event, RunFinished, RunStarted

EXIT_DEFECT = 70
EXIT_INTERRUPTED = 130


@contextmanager
def told_run(
    command: str, announced: tuple[tuple[str, str], ...], *, session_id: str, emit: Emit, clock: Clock, flags: str = ""
) -> Iterator[None]:
    """Tell that a command began, with the steps it announces, and how it ended: always, and last.

    `flags` is what the commands an error suggests need to reach the same cloud and account.
    """
    started = clock.monotonic()
    emit(RunStarted(command=command, session_id=session_id, steps=announced))
    error: DeployerError | None = None
    exit_code = EXIT_DEFECT
    try:
        yield
        exit_code = 0
    except DeployerError as raised:
        raised.next_commands = tuple(
            one if not flags or one.endswith(flags) or f"{flags} " in one else f"{one} {flags}"
            for one in raised.next_commands
        )
        error, exit_code = raised, raised.exit_code
        raise
    except KeyboardInterrupt:
        exit_code = EXIT_INTERRUPTED
        raise
    finally:
        emit(
            RunFinished(
                command=command,
                exit_code=exit_code,
                elapsed_seconds=round(clock.monotonic() - started, 3),
                error=error.as_dict() if error else None,
            )
        )


def guarded(listener: Callable[[Event], None]) -> Emit:
    """The listener, whose failures end with it."""

    def emit(event: Event) -> None:
        try:
            listener(event)
        except Exception:  # noqa: BLE001  (a failing listener never fails a run)
            return

    return emit
