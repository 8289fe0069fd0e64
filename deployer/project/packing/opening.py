"""Opening a file so that no link is followed on the way to it, whatever is put in its place in the meantime."""

import os
from pathlib import Path

_FILE_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_DIRECTORY_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0)


def open_beneath(root: Path, path: Path) -> int:
    """A descriptor to read the file `path` below `root`, step by step from there; neither may lead through a link.

    Where directories cannot be opened (Windows) only the file itself is held to that.
    Errors: OSError.
    """
    if os.open not in os.supports_dir_fd:
        return os.open(path, _FILE_FLAGS)
    *directories, name = path.relative_to(root).parts
    holder = os.open(root, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        for directory in directories:
            inner = os.open(directory, _DIRECTORY_FLAGS, dir_fd=holder)
            os.close(holder)
            holder = inner
        return os.open(name, _FILE_FLAGS, dir_fd=holder)
    finally:
        os.close(holder)
