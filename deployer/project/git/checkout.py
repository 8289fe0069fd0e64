"""One commit of a repository as a directory: nothing of its history, no submodules, no hooks, within limits."""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployer.clock import Clock
from deployer.errors.git import GitFailed, GitFolderMissing, GitMissing, GitRefMissing, GitTimedOut, GitTooLarge
from deployer.project.git.address import GitAddress
from deployer.project.git.command import GitCommand, GitEnded, GitSaidTooMuch, GitTookTooLong

_FULL_ID = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")
_SHORT_ID = re.compile(r"[0-9a-f]{7,}")
_SOURCE = "refs/deployer/source"  # what is fetched is kept under this name
_QUIET = (
    "-c",
    "init.defaultBranch=main",
    "-c",
    "advice.detachedHead=false",
    "-c",
    "fetch.unpackLimit=1",
    "-c",
    "gc.auto=0",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a stranger's repository may cost."""

    seconds: float = 300.0
    size_bytes: int = 5 * 1024**3  # as much as one archive may hold
    files: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The project's directory, and the commit it is at."""

    path: Path
    commit: str


def check_out(
    address: GitAddress, into: Path, environ: Mapping[str, str], clock: Clock, limits: Limits | None = None
) -> Checkout:
    """The project, in a new directory of the repository's name below `into`; whoever made `into` removes it.

    Errors: GitMissing, GitFailed, GitRefMissing, GitFolderMissing, GitTooLarge, GitTimedOut.
    """
    repository = _Repository(address, into / address.name, environ, clock, limits or Limits())
    repository.fetch(repository.find_ref())
    folders = repository.check_size()
    commit = repository.write_files()
    path = repository.path / address.folder
    if not path.is_dir() or not path.resolve().is_relative_to(repository.path.resolve()):
        near = difflib.get_close_matches(address.folder, folders, cutoff=0.4)
        raise GitFolderMissing(str(address), address.folder, tuple(near))
    return Checkout(path=path, commit=commit)


class _Repository:
    """The repository on this machine, at first empty."""

    def __init__(
        self, address: GitAddress, path: Path, environ: Mapping[str, str], clock: Clock, limits: Limits
    ) -> None:
        self.path = path
        self._address = address
        self._limits = limits
        self._clock = clock
        self._ends_at = clock.monotonic() + limits.seconds
        site = "/".join(address.url.split("/")[:3])
        self._git = GitCommand(environ, site=site, authorization=address.authorization)
        path.mkdir(parents=True, mode=0o700)
        self._run("init", "--quiet", "--template=", ".")

    def find_ref(self) -> str:
        """The full name of the branch or tag that is meant, or a commit's id. Errors: GitRefMissing."""
        listed = self._run("ls-remote", "--quiet", "--", self._address.url).decode("utf-8", "replace")
        commits = {name: commit for commit, _, name in (line.partition("\t") for line in listed.splitlines())}
        wanted = self._address.ref
        if wanted is None:
            if "HEAD" in commits:
                return "HEAD"
            raise GitRefMissing(str(self._address), None, _near("", commits))
        for name in (f"refs/heads/{wanted}", f"refs/tags/{wanted}", wanted):
            if name in commits:
                return name
        if _FULL_ID.fullmatch(wanted):
            return wanted.lower()
        tips = [name for name, commit in commits.items() if _SHORT_ID.fullmatch(wanted) and commit.startswith(wanted)]
        if tips:
            return tips[0].removesuffix("^{}")
        raise GitRefMissing(str(self._address), wanted, _near(wanted, commits))

    def fetch(self, ref: str) -> None:
        """Get the one commit. Errors: GitTooLarge as soon as more than the limit has come."""
        options = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules")
        self._run("fetch", *options, "--", self._address.url, f"+{ref}:{_SOURCE}", watch=self._watch_size)

    def check_size(self) -> tuple[str, ...]:
        """The directories of the commit, whose files are counted before one is written. Errors: GitTooLarge."""
        listed = self._run("ls-tree", "-r", "-l", "-z", "--full-tree", _SOURCE).decode("utf-8", "replace")
        facts, paths = [], []
        for entry in listed.split("\0")[:-1]:
            fact, _, path = entry.partition("\t")
            facts.append(fact.split()[3])
            paths.append(path)
        size_bytes = sum(int(size) for size in facts if size.isdigit())
        if len(paths) > self._limits.files or size_bytes > self._limits.size_bytes:
            raise self._too_large()
        return tuple(sorted({path.rpartition("/")[0] for path in paths if "/" in path}))

    def write_files(self) -> str:
        """Put the commit's files into the directory; its id."""
        self._run("checkout", "--quiet", "--force", "--detach", _SOURCE)
        return self._run("rev-parse", "--verify", "HEAD").decode().strip()

    def _watch_size(self) -> None:
        if _size_of(self.path / ".git" / "objects" / "pack") > self._limits.size_bytes:
            raise self._too_large()

    def _too_large(self) -> GitTooLarge:
        return GitTooLarge(
            str(self._address), f"{self._limits.size_bytes / 1024**3:g} GiB or {self._limits.files} files"
        )

    def _run(self, *arguments: str, watch: Callable[[], None] = lambda: None) -> bytes:
        left = self._ends_at - self._clock.monotonic()
        try:
            return self._git.run(*_QUIET, *arguments, folder=self.path, timeout_seconds=left, watch=watch)
        except FileNotFoundError:
            raise GitMissing from None
        except GitEnded as ended:
            raise GitFailed(str(self._address), str(ended)) from None
        except GitTookTooLong:
            raise GitTimedOut(str(self._address), self._limits.seconds) from None
        except GitSaidTooMuch:
            raise self._too_large() from None


def _size_of(folder: Path) -> int:
    """The bytes of the files in a folder in which git is at work: they come and go."""
    size_bytes = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                size_bytes += entry.stat().st_size
    return size_bytes


def _near(wanted: str, commits: Mapping[str, str]) -> tuple[str, ...]:
    """Up to five names of branches and tags that may have been meant."""
    names = {
        re.sub(r"^refs/(heads|tags)/|\^\{\}$", "", name): None
        for name in commits
        if name.startswith(("refs/heads/", "refs/tags/"))
    }
    return tuple(difflib.get_close_matches(wanted, names, 5, cutoff=0.5)) or tuple(names)[:5]
