"""The folder a server of the local cloud lives in: who it is, its log, its data, and the lock around start and stop."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """A server of the local cloud, as its clients need to know it."""

    host: str
    port: int
    pid: int
    token: str = field(repr=False)  # proves to control endpoints that the caller may read this folder
    access_key_id: str
    access_key_secret: str = field(repr=False)
    started_at: datetime
    driver_name: str
    notice: str | None  # what the machines cannot do here
    log_path: Path

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def endpoint(self) -> str:
        """`127.0.0.1:4711`: what an SDK's `Config.endpoint` takes, with `protocol="http"`."""
        return f"{self.host}:{self.port}"


class StateDirectory:
    """The names in the folder, and the file that says which server is there."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.data_dir = self.path / "data"
        self.machines_dir = self.path / "machines"
        self.log_path = self.path / "server.log"
        self._info_path = self.path / "server.json"
        self._lock_path = self.path / "server.lock"

    def create(self) -> None:
        """The folder exists, for its owner alone."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write_info(self, info: ServerInfo) -> None:
        """Say who the server is, at once or not at all, readable for the owner alone."""
        described = {**asdict(info), "started_at": info.started_at.isoformat(), "log_path": str(info.log_path)}
        new = self._info_path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(described, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._info_path)

    def read_info(self) -> ServerInfo | None:
        """Who the server is, or was; None when nobody wrote it, or not completely."""
        try:
            described: dict[str, Any] = json.loads(self._info_path.read_text(encoding="utf-8"))
            described["started_at"] = datetime.fromisoformat(described["started_at"])
            described["log_path"] = Path(described["log_path"])
            return ServerInfo(**described)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def remove_info(self, pid: int) -> None:
        """Forget the server with that pid; another's entry stays."""
        info = self.read_info()
        if info is not None and info.pid == pid:
            self._info_path.unlink(missing_ok=True)

    def remove_files(self) -> None:
        """Nothing of ours is left in the folder, and no folder when it held nothing else. Call it under the lock."""
        for path in (self._info_path, self.log_path, *self.path.glob("server.*.new")):
            path.unlink(missing_ok=True)
        self._lock_path.unlink(missing_ok=True)
        try:
            self.path.rmdir()
        except OSError:
            return  # not empty: somebody else keeps something here

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time starts or stops the server. The lock ends with its holder, however that ends."""
        while True:
            self.create()
            try:
                lock = self._lock_path.open("a")
            except FileNotFoundError:
                continue  # whoever stopped the server removed the folder in this moment
            with lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self._is_current(lock.fileno()):
                    yield
                    return

    def _is_current(self, descriptor: int) -> bool:
        """False when the lock file was removed while we waited for it: the lock of nobody."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._lock_path.stat())
        except FileNotFoundError:
            return False
