"""Whether processes that were told to end have ended."""

import time
from pathlib import Path


def is_alive(pid: int | str) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def ends(pid: int | str, *, seconds: float = 10.0) -> bool:
    """Whether it is over within that time: a busy machine takes some to end what was told to."""
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    return not is_alive(pid)
