"""Unpacks a release archive on the instance, everything or nothing: `unpack.py ARCHIVE FOLDER LIMIT_BYTES`.

Runs on the instance's own Python, 3.6 or newer, without anything else of ours. Every entry is checked before the first
one is written; a refused archive ends it with exit code 1 and the reason as the last line.
"""

# ruff: noqa: PTH101, PTH103, PTH118, PTH120, PTH123, PTH211  (os.path does the same on every Python an instance has)

import os
import posixpath
import shutil
import stat
import sys
import zipfile

LONGEST_LINK_TARGET = 4096


def check_name(entry: zipfile.ZipInfo) -> None:
    """Refuses a name that could leave the folder, here or on a system with other rules. Errors: ValueError."""
    name = entry.orig_filename
    parts = name.rstrip("/").split("/")
    if (
        not name
        or "\0" in name
        or "\\" in name
        or name.startswith("/")
        or name[1:2] == ":"
        or ".." in parts
        or "" in parts
    ):
        raise ValueError(f"{name!a}: not a name inside the folder")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}:
        raise ValueError(f"{name!a}: neither a file nor a folder nor a link")
    if entry.flag_bits & 1:
        raise ValueError(f"{name!a}: encrypted")


def is_link(entry: zipfile.ZipInfo) -> bool:
    """Whether the entry is a symbolic link; its content is the target then."""
    return stat.S_ISLNK(entry.external_attr >> 16)


def check_link(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """The target of a link, which stays inside the folder. Errors: ValueError."""
    if entry.file_size > LONGEST_LINK_TARGET:
        raise ValueError(f"{entry.filename!a}: link target too long")
    target = archive.read(entry).decode("utf-8", "surrogateescape")
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(entry.filename), target))
    if not target or "\0" in target or target.startswith("/") or reached == ".." or reached.startswith("../"):
        raise ValueError(f"{entry.filename!a}: a link that leaves the folder")
    return target


def check_together(entries: "list[zipfile.ZipInfo]", limit_bytes: int) -> None:
    """Refuses two entries of one name, a path through something that is no folder, and too many bytes. Errors: ValueError."""
    names = [entry.filename.rstrip("/") for entry in entries]
    if len(set(names)) != len(names):
        twice = sorted(name for name in set(names) if names.count(name) > 1)
        raise ValueError(f"{twice[0]!a}: two entries of this name")
    not_folders = {entry.filename for entry in entries if not entry.filename.endswith("/")}
    for name in names:
        parent = posixpath.dirname(name)
        while parent:
            if parent in not_folders:
                raise ValueError(f"{name!a}: lies below {parent!a}, which is no folder")
            parent = posixpath.dirname(parent)
    size = sum(entry.file_size for entry in entries)
    if size > limit_bytes:
        raise ValueError(f"unpacks to {size} bytes, the disk has room for {limit_bytes}")


def write_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str) -> None:
    """One file or folder is there, with the permission bits of the archive and none that lend rights."""
    mode = (entry.external_attr >> 16) & 0o777
    if entry.filename.endswith("/"):
        os.makedirs(path, exist_ok=True)
        os.chmod(path, (mode or 0o755) | 0o700)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with archive.open(entry) as source, open(path, "xb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    os.chmod(path, (mode or 0o644) | 0o600)


def unpack(archive_path: str, folder: str, limit_bytes: int) -> None:
    """The folder holds what the archive holds. Errors: ValueError, zipfile.BadZipFile, OSError."""
    with zipfile.ZipFile(archive_path) as archive:
        entries = archive.infolist()
        for entry in entries:
            check_name(entry)
        check_together(entries, limit_bytes)
        links = [(entry.filename, check_link(archive, entry)) for entry in entries if is_link(entry)]
        for entry in entries:
            if not is_link(entry):
                write_entry(archive, entry, os.path.join(folder, entry.filename))
    for name, target in links:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)
    base = os.path.realpath(folder)
    for name, _ in links:  # a chain of links can lead out although each of them looks harmless
        reached = os.path.realpath(os.path.join(base, name))
        if reached != base and not reached.startswith(base + os.sep):
            raise ValueError(f"{name!a}: a link that leaves the folder")


def main() -> None:
    """Unpacks what the command line names. Errors: SystemExit with the reason."""
    archive_path, folder, limit_bytes = sys.argv[1:4]
    try:
        unpack(archive_path, folder, int(limit_bytes))
    except (ValueError, OSError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile) as error:
        sys.exit(str(error) or type(error).__name__)
    except Exception as error:  # noqa: BLE001  (zlib.error and struct.error of a damaged archive)
        sys.exit("damaged: " + str(error))


if __name__ == "__main__":
    main()
