"""The console script: `deployer …` and `python -m deployer …`."""

import gc
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # The SDKs make more than a hundred thousand objects that all stay. To look through them again and again, and once
    # more at the end, takes a tenth of a command's time.
    gc.set_threshold(50_000, 50, 50)

    from deployer.cli.main import run

    exit_code = run(sys.argv[1:])
    gc.freeze()
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
