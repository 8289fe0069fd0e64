"""An account in virtual time with scripted machines, and an `aliyun` on PATH that works in it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cloud_lab import KEY_ID, KEY_SECRET, REGION, Project, apply_environment
from fake_aliyun import Call, FakeAliyun, path_with
from fake_appmanager import FakeAppmanager
from fault_lab import PretendedMachine, VirtualLab

from deployer.api import Deployer
from deployer.cloud.oss import OssClient
from deployer.cloud.session import Endpoints, Session, StaticKey
from deployer.emulator.core import Emulator
from deployer.emulator.machines.base import CommandSpec, MachineSpec
from deployer.emulator.machines.scripted import ScriptedAnswer
from deployer.events import Event
from deployer.models.report import Report
from deployer.models.secret import Secret

LOG = b"serving hello\n"
UNINSTALLED = b'{"deployer_runner":1,"action":"uninstall","ok":true,"stage":"done","message":"removed","exit_code":0}\n'
BACKENDS = ("sdk", "appmanager")


class ScriptedMachine(PretendedMachine):
    """Comes up, or does not, in whichever way it is released to: by our runner, or by scripts alone."""

    def __init__(self) -> None:
        super().__init__()
        self.start_fails = False
        self.scripts: list[bytes] = []

    def __call__(self, machine: MachineSpec, command: CommandSpec) -> ScriptedAnswer:
        if b"\naction='uninstall'" in command.content:
            return ScriptedAnswer(output=UNINSTALLED)
        if b"# deployer " in command.content[:60]:
            return super().__call__(machine, command)
        self.scripts.append(command.content)
        if self.start_fails:
            return ScriptedAnswer(exit_code=1, output=b"Traceback: no module named shop\n")
        return ScriptedAnswer(output=LOG)

    def _came_up(self) -> dict[str, Any]:
        if not self.start_fails:
            return super()._came_up()
        failed = {"ok": False, "stage": "start", "code": "start.exit_code", "exit_code": 17}
        return {**super()._came_up(), **failed, "message": "the start script ended with 1"}

    def _probed(self) -> dict[str, Any]:
        return {**super()._probed(), "alive": not self.start_fails}


class AppmanagerLab(VirtualLab):
    """The account, the tool in it, and the deployer of either backend."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.tool = FakeAppmanager(self.clock)
        self.aliyun = FakeAliyun(folder, self.tool)

    def _make(self) -> Emulator:
        self.machine: ScriptedMachine = ScriptedMachine()
        return super()._make()

    def close(self) -> None:
        self.aliyun.close()
        super().close()

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "PATH": path_with(self.aliyun.bin)}

    def wait(self, is_done: Callable[[], bool]) -> None:
        """Let time go on until it is done."""
        for _ in range(100):
            if is_done():
                return
            self.clock.advance(0.05)
            self.emulator.tick()
        pytest.fail("preparation takes too long")

    def forget_records(self, application_name: str) -> None:
        """Leave of an application what the tool alone would have left: no record of ours, no mark on its instances."""
        oss = OssClient(self.session, REGION)
        for bucket_name in oss.list_bucket_names("deployer", "artifacts"):
            oss.delete_objects(bucket_name, oss.list_object_names(bucket_name, f"{application_name}/"))
        for instance in self.emulator.services.ecs_state.instances(None):
            if instance.tags.get("deployer:application") == application_name:
                for key in [key for key in instance.tags if key.startswith("deployer:")]:
                    del instance.tags[key]

    @contextmanager
    def chosen(self) -> Iterator["AppmanagerLab"]:
        """The environment of this process is set for this account while the block runs."""
        with pytest.MonkeyPatch.context() as patch:
            apply_environment(patch, self.environment)
            yield self

    @property
    def process_environment(self) -> dict[str, str]:
        """What the deployer's process has in its environment, for calls that are handed it."""
        return {**os.environ, **self.environment}

    @property
    def session(self) -> Session:
        """A session of the account's owner."""
        key = StaticKey(access_key_id=KEY_ID, access_key_secret=Secret(KEY_SECRET))
        return Session(endpoints=Endpoints(address=self.http.endpoint), static_key=key, clock=self.clock)

    @property
    def calls(self) -> list[Call]:
        return self.aliyun.calls

    def by(self, backend: str, on_event: Callable[[Event], None] | None = None, **settings: Any) -> Deployer:
        """The Python API with that backend."""
        return Deployer(backend=backend, clock=self.clock, on_event=on_event, **{"timeout_seconds": 7200, **settings})

    def deploy_by(self, backend: str, project: Project, events: list[Event] | None = None, **flags: Any) -> Report:
        """Deploy with consent to whatever the plan asks for."""
        deployer = self.by(backend, events.append if events is not None else None)
        return deployer.deploy(project.path, ask=lambda _plan, _risk: True, **flags)
