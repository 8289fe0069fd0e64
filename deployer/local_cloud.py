"""The local cloud as the API sees it: started on first use, asked, and taken down. Part of the composition root."""

from collections.abc import Callable
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

    def up(self, *, sandbox: str = "auto") -> "ServerInfo":
        """The running local cloud, started when there is none. Errors: LocalCloudFailed."""
        from deployer.emulator.daemon import ServerNotStarted, start_server
        from deployer.errors.local import LocalCloudFailed

        try:
            return start_server(self.folder, sandbox=sandbox)
        except ServerNotStarted as error:
            raise LocalCloudFailed(str(error)) from error

    def serve(
        self,
        *,
        port: int,
        sandbox: Literal["auto", "namespaces", "process"],
        on_ready: Callable[["ServerInfo"], object],
    ) -> None:
        """Be a local cloud of its own until SIGINT or SIGTERM, apart from the one in `folder`; then leave nothing.

        Errors: PortUnavailable.
        """
        import signal
        import tempfile
        import threading

        from deployer.emulator.server import serve
        from deployer.emulator.state_directory import StateDirectory
        from deployer.errors.local import PortUnavailable

        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: stop.set())
        with tempfile.TemporaryDirectory(prefix="deployer-serve-", ignore_cleanup_errors=True) as folder:
            try:
                serve(StateDirectory(Path(folder)), sandbox=sandbox, port=port, stop=stop, on_ready=on_ready)
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
        from deployer.emulator.control import ask_server

        ask_server(self.up(), "reset", method="POST")

    def state(self) -> dict[str, Any]:
        """What exists in it; empty when it does not run."""
        from deployer.emulator.control import ask_server

        info = self.find()
        state: dict[str, Any] = ask_server(info, "state") if info else {}
        return state

    def addresses(self) -> tuple[Address, ...]:
        """Where its applications can be reached from this computer."""
        from deployer.emulator.control import ask_server

        info = self.find()
        ports = ask_server(info, "ports") if info else []
        return tuple(
            Address(
                instance_id=port["instance_id"],
                url=f"http://{port['public_ip']}:{port['port']}",
                local_url=f"http://127.0.0.1:{port['local_port']}" if port.get("local_port") else None,
            )
            for port in ports
        )
