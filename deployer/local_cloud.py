"""The local cloud as the API sees it: started on first use, asked, and taken down. Part of the composition root."""

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from deployer.emulator.state_directory import ServerInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a port of an emulated instance can be reached on this computer."""

    instance_id: str
    url: str
    local_url: str | None  # on 127.0.0.1, when that port was free


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCloud:
    """The local cloud whose state lies in `folder`. The emulator is imported only when it is asked for."""

    folder: Path

    def up(self, *, sandbox: str = "auto", faults: Sequence[str] = ()) -> "ServerInfo":
        """The running local cloud, started when there is none, with those faults armed in addition to what is.

        Errors: LocalCloudFailed, FaultUnreadable.
        """
        from deployer.emulator.daemon import ServerNotStarted, start_server
        from deployer.errors.local import LocalCloudFailed

        _check_faults(faults)
        try:
            info = start_server(self.folder, sandbox=sandbox)
        except ServerNotStarted as error:
            raise LocalCloudFailed(str(error)) from error
        if faults:
            self._ask(info, "faults", method="POST", body=list(faults))
        return info

    def faults(self) -> list[dict[str, Any]]:
        """What is to go wrong in it, as it was described; empty when it does not run."""
        info = self.find()
        return list(self._ask(info, "faults")) if info else []

    def clear_faults(self) -> None:
        """Nothing goes wrong in it on purpose any more."""
        info = self.find()
        if info is not None:
            self._ask(info, "faults", method="DELETE")

    @staticmethod
    def _ask(info: "ServerInfo", name: str, *, method: str = "GET", body: Any = None) -> Any:
        from deployer.emulator.control import ask_server

        return ask_server(info, name, method=method, body=body)

    def serve(
        self,
        *,
        port: int,
        sandbox: Literal["auto", "namespaces", "process"],
        faults: Sequence[str] = (),
        instance_role: str | None = None,
        on_ready: Callable[["ServerInfo"], object],
    ) -> None:
        """Be a local cloud of its own until SIGINT or SIGTERM, apart from the one in `folder`; then leave nothing.

        `faults` are armed from the beginning; with an `instance_role` this computer is an instance that has it.
        Errors: PortUnavailable, FaultUnreadable.
        """
        import tempfile

        from deployer.emulator.server import serve
        from deployer.emulator.state_directory import StateDirectory
        from deployer.errors.local import PortUnavailable

        _check_faults(faults)

        def ready(info: "ServerInfo") -> None:
            if faults:
                self._ask(info, "faults", method="POST", body=list(faults))
            on_ready(info)

        with tempfile.TemporaryDirectory(prefix="deployer-serve-", ignore_cleanup_errors=True) as folder:
            try:
                serve(
                    StateDirectory(Path(folder)),
                    sandbox=sandbox,
                    port=port,
                    stop=_stopped_by_signals(),
                    instance_role=instance_role,
                    on_ready=ready,
                )
            except OSError as error:
                raise PortUnavailable(port, error.strerror or str(error)) from error

    def find(self) -> "ServerInfo | None":
        """The running local cloud, None when there is none."""
        from deployer.emulator.daemon import find_server

        return find_server(self.folder)

    def down(self) -> bool:
        """Stop it and remove everything of it; False when there was nothing."""
        from deployer.emulator.daemon import stop_server

        return stop_server(self.folder)

    def reset(self) -> None:
        """Forget everything that was created in it. Starts it when it is not running."""
        self._ask(self.up(), "reset", method="POST")

    def state(self) -> dict[str, Any]:
        """What exists in it; empty when it does not run."""
        info = self.find()
        state: dict[str, Any] = self._ask(info, "state") if info else {}
        return state

    def addresses(self) -> tuple[Address, ...]:
        """Where its applications can be reached from this computer."""
        info = self.find()
        ports = self._ask(info, "ports") if info else []
        return tuple(
            Address(
                instance_id=port["instance_id"],
                url=f"http://{port['public_ip']}:{port['port']}",
                local_url=f"http://127.0.0.1:{port['local_port']}" if port.get("local_port") else None,
            )
            for port in ports
        )


def _stopped_by_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set from now on."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def _check_faults(faults: Sequence[str]) -> None:
    """Errors: FaultUnreadable."""
    if not faults:
        return
    from deployer.emulator.fault_text import read_fault
    from deployer.errors.local import FaultUnreadable

    for text in faults:
        try:
            read_fault(text)
        except ValueError as error:
            raise FaultUnreadable(text, str(error)) from error
