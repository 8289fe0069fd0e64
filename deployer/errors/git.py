"""Errors about a project that is named by a git address. None of them repeats an address: it may hold a password."""

from deployer.errors.base import ProjectError, TransientError


class GitAddressInvalid(ProjectError):
    """The address of a git repository is none that is taken."""

    code = "git.address_invalid"

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"the git address {reason}", hint=hint, reason=reason)


class GitMissing(ProjectError):
    """There is no git on this machine."""

    code = "git.missing"

    def __init__(self) -> None:
        super().__init__(
            "a git address is read by `git`, which is not installed here",
            hint="install git, or give the path of a directory that holds the project",
        )


class GitFailed(ProjectError):
    """git could not read the repository; `reason` is its own last word."""

    code = "git.failed"

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"git cannot read `{address}`: {reason}",
            hint="check the address and your access: `git ls-remote` with it has to work here without a question",
            address=address,
            reason=reason,
        )


class GitRefMissing(ProjectError):
    """The repository has no branch, tag or commit of this name."""

    code = "git.ref_missing"

    def __init__(self, address: str, ref: str | None, names: tuple[str, ...]) -> None:
        what = f"no branch, tag or commit `{ref}`" if ref else "no commit"
        near = ", ".join(f"`{name}`" for name in names)
        super().__init__(
            f"`{address}` has {what}",
            hint=f"there is {near}" if near else "a commit is named by all of its 40 digits",
            address=address,
            ref=ref,
            names=list(names),
        )


class GitFolderMissing(ProjectError):
    """The repository has no such directory."""

    code = "git.folder_missing"

    def __init__(self, address: str, folder: str, folders: tuple[str, ...]) -> None:
        super().__init__(
            f"`{address}` has no directory `{folder}`",
            hint=f"there is {', '.join(f'`{name}`' for name in folders)}"
            if folders
            else "leave out what follows the `#`",
            address=address,
            folder=folder,
            folders=list(folders),
        )


class GitTooLarge(ProjectError):
    """The repository holds more than is fetched."""

    code = "git.too_large"

    def __init__(self, address: str, limit: str) -> None:
        super().__init__(
            f"`{address}` holds more than {limit}",
            hint="clone it yourself and give the path of the directory",
            address=address,
            limit=limit,
        )


class GitTimedOut(TransientError):
    """git did not end in time."""

    code = "git.timed_out"

    def __init__(self, address: str, timeout_seconds: float) -> None:
        super().__init__(
            f"git did not read `{address}` within {timeout_seconds:.0f} seconds",
            hint="try again, or clone it yourself and give the path of the directory",
            address=address,
            timeout_seconds=timeout_seconds,
        )
