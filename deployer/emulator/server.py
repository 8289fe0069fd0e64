"""The local cloud as a process: `python -m deployer.emulator.server --state-dir DIR`.

It runs until SIGTERM, SIGINT, or until its folder is gone, and then removes everything it made.
"""

import argparse
import logging
import os
import secrets
import signal
import string
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import FrameType

from deployer.clock import ShiftedClock, SystemClock
from deployer.emulator.core import Emulator
from deployer.emulator.host import EmulatorHost
from deployer.emulator.http_server import HttpServer
from deployer.emulator.machines.choose import Sandbox, choose_driver
from deployer.emulator.public_network import PublicNetwork
from deployer.emulator.state_directory import ServerInfo, StateDirectory

_LETTERS = string.ascii_letters + string.digits
_FOLDER_CHECK_SECONDS = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    directory = StateDirectory(options.state_dir)
    directory.create()
    stop = threading.Event()

    def stop_soon(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stop_soon)
    signal.signal(signal.SIGINT, stop_soon)
    serve(directory, sandbox=options.sandbox, port=options.port, stop=stop)
    return 0


def serve(
    directory: StateDirectory,
    *,
    sandbox: Sandbox,
    port: int,
    stop: threading.Event,
    instance_role: str | None = None,
    on_ready: Callable[[ServerInfo], object] = lambda _info: None,
) -> None:
    """Serve until `stop` is set or the folder no longer says that this server is there; then remove all of it.

    With an `instance_role`, the metadata address answers this computer with credentials of that RAM role. `on_ready` is
    told once, when requests are answered.
    """
    access_key_id, access_key_secret = "LTAI5t" + _random_text(18), _random_text(30)

    def make() -> Emulator:
        emulator = _make_emulator(directory, sandbox, public_network.cidr)
        emulator.accounts.add_access_key(access_key_id, access_key_secret)
        if instance_role is not None:
            emulator.let_computer_have_role(instance_role)
        return emulator

    token = secrets.token_hex(16)
    with ExitStack() as cleaning:
        public_network = cleaning.enter_context(closing(PublicNetwork(directory.path)))
        cleaning.callback(directory.remove_info, os.getpid())
        host = EmulatorHost(make, token=token)
        cleaning.callback(host.close)
        http = HttpServer(host.handle, port=port)
        cleaning.callback(http.close)
        host.announce("127.0.0.1", http.port)
        host.start()
        http.start()
        info = _describe(host.emulator, http.port, (access_key_id, access_key_secret, token), directory)
        directory.write_info(info)
        logging.getLogger(__name__).info("serving on %s with %s machines", info.url, info.driver_name)
        on_ready(info)
        _wait(directory, info, stop)


def _make_emulator(directory: StateDirectory, sandbox: Sandbox, public_network: str) -> Emulator:
    return Emulator(
        driver=choose_driver(directory.machines_dir, sandbox, os.environ),
        data_dir=directory.data_dir,
        clock=ShiftedClock(),
        public_network=public_network,
    )


def _describe(
    emulator: Emulator, port: int, secrets_of_it: tuple[str, str, str], directory: StateDirectory
) -> ServerInfo:
    """The server as its clients know it; the secrets are key id, key secret and token."""
    access_key_id, access_key_secret, token = secrets_of_it
    driver = emulator.context.driver.info
    return ServerInfo(
        host="127.0.0.1",
        port=port,
        pid=os.getpid(),
        token=token,
        access_key_id=access_key_id,
        access_key_secret=access_key_secret,
        started_at=SystemClock().now(),
        driver_name=driver.name,
        notice=driver.notice,
        log_path=directory.log_path,
    )


def _wait(directory: StateDirectory, info: ServerInfo, stop: threading.Event) -> None:
    while not stop.wait(_FOLDER_CHECK_SECONDS):
        if directory.read_info() != info:
            return


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployer.emulator.server", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="the folder the server keeps everything in")
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--sandbox", choices=("auto", "namespaces", "process"), default="auto")
    return parser


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


if __name__ == "__main__":
    sys.exit(main())
