"""Errors about the user's directory."""

from deployer.errors.base import ProjectError


def _some(paths: tuple[str, ...], limit: int = 5) -> str:
    """The first paths, quoted, and how many more there are."""
    shown = ", ".join(f"`{path}`" for path in paths[:limit])
    return shown if len(paths) <= limit else f"{shown} and {len(paths) - limit} more"


class ProjectMissing(ProjectError):
    """There is nothing at this path."""

    code = "project.missing"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"no such directory: `{path}`", hint="give the path of the directory that holds the project", path=path
        )


class ProjectNotDirectory(ProjectError):
    """The path is a file or something else that is no directory."""

    code = "project.not_a_directory"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"not a directory: `{path}`", hint="give the directory that holds the project, not a file in it", path=path
        )


class ProjectEmpty(ProjectError):
    """The directory has nothing in it that could be deployed."""

    code = "project.empty"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the directory is empty: `{path}`", hint="change to the directory that holds the project", path=path
        )


class ProjectIsRoot(ProjectError):
    """The whole file system is no project."""

    code = "project.is_root"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the root of the file system is no project: `{path}`",
            hint="change to the directory that holds the project",
            path=path,
        )


class ProjectIsHome(ProjectError):
    """A home directory is no project: it holds keys, histories and everything else of its owner."""

    code = "project.is_home"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"a home directory is no project: `{path}`",
            hint="change to the directory that holds the project",
            path=path,
        )


class ProjectUnreadable(ProjectError):
    """The directory cannot be listed."""

    code = "project.unreadable"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"the directory cannot be read: `{path}`: {reason}",
            hint="give yourself read permission on the directory",
            path=path,
            reason=reason,
        )


class FilesUnreadable(ProjectError):
    """Files that belong into the archive cannot be read."""

    code = "project.files_unreadable"

    def __init__(self, paths: tuple[str, ...]) -> None:
        super().__init__(
            f"{len(paths)} paths of the project cannot be read: {_some(paths)}",
            hint="give yourself read permission on them, or name them in `.deployignore`",
            paths=list(paths),
        )


class FileOutsideProject(ProjectError):
    """A path leads out of the project, by `..`, by being absolute or by a link."""

    code = "project.path_outside"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the path leads out of the project: `{path}`", hint="name a file inside the project", path=path
        )


class FileUnreadable(ProjectError):
    """One file of the project cannot be read as text."""

    code = "project.file_unreadable"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"the file cannot be read: `{path}`: {reason}",
            hint="make it a readable text file, or remove it",
            path=path,
            reason=reason,
        )


class FileTooLarge(ProjectError):
    """A file that has to be read as text is larger than any such file should be."""

    code = "project.file_too_large"

    def __init__(self, path: str, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"`{path}` has {size_bytes} bytes, and at most {limit_bytes} are read",
            hint="make the file smaller, or move what is not needed out of it",
            path=path,
            size_bytes=size_bytes,
            limit_bytes=limit_bytes,
        )


class FileNameInvalid(ProjectError):
    """A file name is not UTF-8, or too long to be unpacked on the instance."""

    code = "project.file_name_invalid"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"the file name {path} cannot be packed: {reason}",
            hint="rename the file, or name it in `.deployignore`",
            path=path,
            reason=reason,
        )


class FileChanged(ProjectError):
    """A file changed while it was being packed, twice."""

    code = "project.changed_while_packing"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` changed while it was being packed",
            hint="wait for the build or the editor that writes it, or name the file in `.deployignore`",
            path=path,
        )


class NothingToPack(ProjectError):
    """The ignore rules leave no file."""

    code = "project.nothing_to_pack"

    def __init__(self, path: str, ignored_count: int) -> None:
        super().__init__(
            f"the ignore rules leave no file of `{path}` to deploy ({ignored_count} ignored)",
            hint="look at `.gitignore`, `.deployignore` and `deployer.ignore`",
            path=path,
            ignored_count=ignored_count,
        )


class PackageTooLarge(ProjectError):
    """The archive is larger than one object may be."""

    code = "package.too_large"

    def __init__(self, limit_bytes: int, largest: tuple[str, ...]) -> None:
        super().__init__(
            f"the archive is larger than {limit_bytes} bytes; the largest files are {_some(largest)}",
            hint="name what the application does not need in `.deployignore`; `deployer package --list --sizes` shows all",
            limit_bytes=limit_bytes,
            largest=list(largest),
        )


class PackageDiskFull(ProjectError):
    """There is no space for the archive on this machine."""

    code = "package.disk_full"

    def __init__(self, directory: str, needed_bytes: int) -> None:
        super().__init__(
            f"no space left for the archive in `{directory}`: up to {needed_bytes} bytes are needed",
            hint=f"free space on the disk that holds `{directory}`",
            directory=directory,
            needed_bytes=needed_bytes,
        )


class PackageNotWritten(ProjectError):
    """The archive cannot be written on this machine."""

    code = "package.not_written"

    def __init__(self, directory: str, reason: str) -> None:
        super().__init__(
            f"the archive cannot be written in `{directory}`: {reason}",
            hint=f"make `{directory}` writable",
            directory=directory,
            reason=reason,
        )


class NoRunFolder(ProjectError):
    """There is no place on this machine where an archive could be made."""

    code = "package.no_folder"

    def __init__(self, directory: str, reason: str) -> None:
        super().__init__(
            f"neither `{directory}` nor the system's folder for temporary files can be written to: {reason}",
            hint="name a writable directory with DEPLOYER_CACHE_DIR",
            directory=directory,
            reason=reason,
        )


class StartUnknown(ProjectError):
    """Nothing in the project says how to start it."""

    code = "project.start_unknown"

    def __init__(self, path: str, language: str | None) -> None:
        super().__init__(
            f"found no way to start `{path}`" + (f" (language {language})" if language else ""),
            hint="give the command with `--start`, or a whole script in `common.scripts.start` of the configuration",
            path=path,
            language=language,
        )
