"""The system calls of Linux that Python has no function for."""

import ctypes
import os
import platform
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "s390x": 217, "ppc64le": 203}
_SYS_MOUNT_SETATTR = 442  # the same number on every architecture
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 0x1
_LOCKED_FLAGS = (("nosuid", MS_NOSUID), ("nodev", MS_NODEV), ("noexec", MS_NOEXEC))


class _MountAttributes(ctypes.Structure):
    """`struct mount_attr` of mount_setattr(2)."""

    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


class Kernel:
    """System calls by name; each raises OSError with what it was asked to do."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def unshare(self, flags: int) -> None:
        self._check(self._libc.unshare(ctypes.c_int(flags)), "unshare")

    def mount(self, source: str, target: str, kind: str | None = None, flags: int = 0, options: str = "") -> None:
        result = self._libc.mount(
            source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), options.encode()
        )
        self._check(result, f"mount {source} on {target}")

    def bind(self, source: str, target: str, *, read_only: bool = False) -> None:
        """Show `source` and all that is mounted below it at `target` as well."""
        self.mount(source, target, flags=MS_BIND | MS_REC)
        if read_only:
            self._make_read_only(target)

    def _make_read_only(self, target: str) -> None:
        attributes = _MountAttributes(attr_set=_MOUNT_ATTR_RDONLY)
        result = self._libc.syscall(
            ctypes.c_long(_SYS_MOUNT_SETATTR),
            ctypes.c_int(_AT_FDCWD),
            ctypes.c_char_p(target.encode()),
            ctypes.c_uint(_AT_RECURSIVE),
            ctypes.byref(attributes),
            ctypes.c_size_t(ctypes.sizeof(attributes)),
        )
        if result != 0:  # before Linux 5.12: one mount at a time, and flags the host set may not be taken away
            self.mount("none", target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY | self._flags_to_keep(target))

    @staticmethod
    def _flags_to_keep(target: str) -> int:
        kept = 0
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            fields = line.split(" ")
            if fields[4] == target:
                kept = sum(flag for name, flag in _LOCKED_FLAGS if name in fields[5].split(","))
        return kept

    def unmount_lazily(self, target: str) -> None:
        self._check(self._libc.umount2(target.encode(), ctypes.c_int(MNT_DETACH)), f"unmount {target}")

    def pivot_root(self, new_root: str, put_old: str) -> None:
        number = _SYS_PIVOT_ROOT[platform.machine()]
        result = self._libc.syscall(
            ctypes.c_long(number), ctypes.c_char_p(new_root.encode()), ctypes.c_char_p(put_old.encode())
        )
        self._check(result, "pivot_root")

    def set_host_name(self, name: str) -> None:
        encoded = name.encode()[:64]
        self._check(self._libc.sethostname(encoded, ctypes.c_size_t(len(encoded))), "sethostname")

    def drop_from_bounding_set(self, capability: int) -> None:
        """Whatever is executed from now on is without it; a number the kernel does not know changes nothing."""
        self._libc.prctl(ctypes.c_int(_PR_CAPBSET_DROP), ctypes.c_ulong(capability), 0, 0, 0)

    def become_subreaper(self) -> None:
        """Orphans of this process's descendants become its own children instead of init's."""
        self._check(self._libc.prctl(ctypes.c_int(_PR_SET_CHILD_SUBREAPER), ctypes.c_ulong(1), 0, 0, 0), "subreaper")

    @staticmethod
    def _check(result: int, doing: str) -> None:
        if result != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{doing}: {os.strerror(number)}")
