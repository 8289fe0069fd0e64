"""The console script: `deployer …` and `python -m deployer …`."""

import contextlib
import gc
import os
import sys
import threading
from typing import NoReturn

EXIT_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    # The SDKs make more than a hundred thousand objects that all stay. To look through them again and again, and once
    # more at the end, takes a tenth of a command's time.
    gc.set_threshold(50_000, 50, 50)

    try:
        from deployer.cli.main import run
    except KeyboardInterrupt:  # `run` has an answer to every later one
        sys.stderr.write("\ninterrupted\n")
        sys.exit(EXIT_INTERRUPTED)
    leave(run(sys.argv[1:]))


def leave(exit_code: int) -> NoReturn:
    """End this process, at once where another thread works on: an interpreter torn down while one imports may crash."""
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # nobody reads any more
                stream.flush()
        os._exit(exit_code)
    gc.freeze()
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
