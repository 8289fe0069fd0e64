"""What bash itself says of a script's syntax. `bash -n` reads commands and runs none of them."""

import os
import re
import shutil
import subprocess

_OLD_BASH = 9  # macOS has 3.2, which refuses what the instances' bash takes
_READ_ONLY = f'[ "${{BASH_VERSINFO[0]}}" -ge 4 ] || exit {_OLD_BASH}; exec bash -n /dev/stdin'
_TIMEOUT_SECONDS = 10


def find_syntax_error(text: str) -> tuple[int, str] | None:
    """The line and bash's own words for the first thing it cannot read; None when it can read all of it.

    Errors: BashMissing where there is no bash that could tell.
    """
    bash = shutil.which("bash") if os.name == "posix" else None
    if bash is None:
        raise BashMissing
    try:
        done = subprocess.run(
            [bash, "-c", _READ_ONLY],
            input=text.encode("utf-8", "replace").replace(b"\0", b""),
            env={"PATH": os.defpath, "LC_ALL": "C"},
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise BashMissing from None
    if done.returncode == _OLD_BASH:
        raise BashMissing
    return _first_complaint(done.stderr.decode("utf-8", "replace"))


class BashMissing(Exception):
    """There is no bash here that could be asked."""


def _first_complaint(said: str) -> tuple[int, str] | None:
    match = re.search(r"^/dev/stdin: line (\d+): (?!warning)(.+)$", said, re.MULTILINE)
    return (int(match[1]), match[2].strip()) if match else None
