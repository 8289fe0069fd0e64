"""A repository that git reaches as if by ssh: what stands for `ssh` runs the command here, and notes how it was called."""

import os
import subprocess
from pathlib import Path

STAND_IN = """#!/bin/sh
echo "$*" >> "$0.calls"
env > "$0.environment"
for last; do :; done
exec sh -c "$last"
"""


class GitServer:
    """One bare repository below a folder, on branch `main`, and what a client's environment has to hold to reach it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare = folder / "srv" / "shop.git"
        self.ssh = folder / "ssh"
        self.ssh.write_text(STAND_IN)
        self.ssh.chmod(0o755)
        self._work = folder / "work"
        (folder / "home").mkdir()
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.bare)], check=True)
        self._git("init", "-q", "-b", "main", ".")

    @property
    def url(self) -> str:
        return f"ssh://git@code.example{self.bare}"

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "GIT_SSH_COMMAND": str(self.ssh)}

    @property
    def ssh_environment(self) -> str:
        """What the last program that was started for ssh saw."""
        return Path(f"{self.ssh}.environment").read_text()

    @property
    def ssh_calls(self) -> str:
        return Path(f"{self.ssh}.calls").read_text()

    def commit(self, files: dict[str, str | bytes], *, branch: str = "main", tag: str | None = None) -> str:
        """Add the files on a branch and publish it; the commit's id."""
        if branch != "main":
            self._git("checkout", "-q", "-B", branch)
        for name, content in files.items():
            path = self._work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self._git("add", "-A")
        self._git("-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "-m", "x")
        if tag:
            self._git("-c", "user.name=a", "-c", "user.email=a@b.example", "tag", "-a", "-m", "x", tag)
        self._git("push", "-q", "--tags", str(self.bare), branch)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        self._work.mkdir(exist_ok=True)
        done = subprocess.run(["git", "-C", str(self._work), *arguments], check=True, capture_output=True, text=True)
        return done.stdout
