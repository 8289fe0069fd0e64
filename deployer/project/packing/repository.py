"""What git knows of the project: the commit it is at, and which files it tracks. Works without git and outside one."""

import os
import re
import subprocess
from pathlib import Path

from deployer.project.git.command import UNHOOKED
from deployer.project.ignore import with_directories

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TIMEOUT_SECONDS = 20


def find_commit(project: Path) -> str | None:
    """The commit HEAD stands at, None outside a repository and before its first commit."""
    git = _git_directory(project)
    if git is None:
        return None
    head = _read(git / "HEAD")
    if not head.startswith("ref: "):
        return head if _COMMIT.fullmatch(head) else None
    reference = head.removeprefix("ref: ")
    common = (git / _read(git / "commondir")) if (git / "commondir").is_file() else git
    commit = _read(common / reference) if ".." not in reference.split("/") else ""
    if not _COMMIT.fullmatch(commit):
        packed = re.search(rf"^([0-9a-f]+) {re.escape(reference)}$", _read(common / "packed-refs"), re.MULTILINE)
        commit = packed[1] if packed else ""
    return commit if _COMMIT.fullmatch(commit) else None


def list_tracked(project: Path) -> frozenset[str]:
    """The files in git's index, and the directories above them with a trailing slash; empty when git cannot tell."""
    if _git_directory(project) is None:
        return frozenset()
    environment = {"PATH": os.defpath, "HOME": "/nonexistent", "GIT_OPTIONAL_LOCKS": "0", "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        listed = subprocess.run(
            ["git", *UNHOOKED, "-C", str(project), "ls-files", "-z", "--cached"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    if listed.returncode != 0:
        return frozenset()
    return with_directories(os.fsdecode(name) for name in listed.stdout.split(b"\0") if name)


def _git_directory(project: Path) -> Path | None:
    """The repository's directory, also of a worktree, where `.git` is a file."""
    for directory in (project, *project.parents):
        git = directory / ".git"
        if git.is_dir():
            return git
        if git.is_file():
            pointed = _read(git).removeprefix("gitdir: ")
            found = (directory / pointed) if pointed else None
            return found if found and found.is_dir() else None
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    except OSError:
        return ""
