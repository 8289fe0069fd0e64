"""What a test holds in its hand: one mocked cloud, its time, its faults, its machines, and what was asked of it."""

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from deployer.clock import Clock, SystemClock, VirtualClock
from deployer.emulator.accounts import Accounts
from deployer.emulator.assumptions import Assumptions
from deployer.emulator.composition import Services
from deployer.emulator.core import Emulator
from deployer.emulator.fault_text import read_fault
from deployer.emulator.faults import Fault, Faults
from deployer.emulator.host import EmulatorHost
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.http_server import HttpServer
from deployer.emulator.machines.base import CommandSpec, MachineSpec
from deployer.emulator.machines.choose import choose_driver
from deployer.emulator.machines.scripted import ScriptedAnswer, ScriptedDriver
from deployer.emulator.metadata import METADATA_HOST
from deployer.emulator.public_network import UNHELD, PublicNetwork
from deployer.emulator.recorder import RecordedCall
from deployer.emulator.services.oos.other_services import OtherServices
from deployer.emulator.services.oos.web import Web
from deployer.testing.clock import CloudClock
from deployer.testing.polling import Polling
from deployer.testing.settings import ACCESS_KEY_ID, ACCESS_KEY_SECRET, Settings

CommandAnswer = ScriptedAnswer | tuple[int, str | bytes]
OnCommand = Callable[[MachineSpec, str], CommandAnswer]


POLICY_USER_NAME = "mock"  # whose the environment's key is when there is a policy


class MetadataRefused(ConnectionRefusedError):
    """Nothing listens on the metadata address: this computer is no ECS instance."""


class Aliyun:
    """One mocked Alibaba Cloud. It exists from the start of a mock to its end."""

    access_key_id = ACCESS_KEY_ID
    access_key_secret = ACCESS_KEY_SECRET

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._answer: OnCommand = _succeeds
        self._closing = ExitStack()
        self._directory = Path(tempfile.mkdtemp(prefix="mock-aliyun-"))
        self._closing.callback(shutil.rmtree, self._directory, ignore_errors=True)
        self._handle: Callable[[HttpRequest], HttpResponse]
        if settings.machines == "real":
            self.emulator = self._serve_machines()
        else:
            self.emulator = self._make_emulator()
            self._handle = self.emulator.handle
            self._closing.callback(self.emulator.close)
        self.clock = CloudClock(self.emulator)
        self._polling = Polling(self.emulator) if settings.clock_kind == "virtual" else None

    @property
    def account_id(self) -> str:
        """The account everything belongs to, 16 digits."""
        return self.settings.account_id

    @property
    def accounts(self) -> Accounts:
        """Keys, RAM users and roles: `accounts.add_access_key("id", "secret", user_name="ci", deny=["ecs:Run*"])`."""
        return self.emulator.accounts

    @property
    def faults(self) -> Faults:
        """What is to go wrong: `faults.add_described({"action": "RunInstances", "kind": "throttle"})`."""
        return self.emulator.faults

    def fault(self, text: str) -> Fault:
        """Arm the fault that is written as on the command line: `aliyun.fault("stock_out@RunInstances")`.

        Errors: ValueError that says what can be written.
        """
        return self.faults.add(read_fault(text))

    @property
    def services(self) -> Services:
        """The services with their state: `services.ecs_state`, `services.vpc_state`, `services.oss`."""
        return self.emulator.services

    @property
    def state(self) -> Services:
        """The same as `services`."""
        return self.emulator.services

    @property
    def calls(self) -> tuple[RecordedCall, ...]:
        """What clients asked for so far, oldest first; calls between services are left out."""
        return tuple(call for call in self.emulator.recorder.calls if not call.is_internal)

    @property
    def used_actions(self) -> tuple[str, ...]:
        """The RAM actions that were needed so far, in alphabetical order: `("ecs:RunInstances", "ram:PassRole", …)`.

        What OOS does in the caller's name counts, what was refused does not.
        """
        return tuple(sorted({right.action for right in self.emulator.guard.used}))

    @property
    def used_policy(self) -> dict[str, Any]:
        """The policy that would have been just enough so far: every action with the resources it was needed for."""
        resources: dict[str, set[str]] = {}
        for right in self.emulator.guard.used:
            resources.setdefault(right.action, set()).add(right.resource)
        statements = [
            {"Effect": "Allow", "Action": [action], "Resource": sorted(resources[action])}
            for action in self.used_actions
        ]
        return {"Version": "1", "Statement": statements}

    @property
    def web(self) -> Web:
        """What tasks of OOS sent to webhooks and addresses outside, and what these answer."""
        return self.services.oos.state.web

    @property
    def other_services(self) -> OtherServices:
        """What services that are not emulated answer to tasks of OOS."""
        return self.services.oos.state.other_services

    def on_command(self, answer: OnCommand) -> OnCommand:
        """From now on `answer(instance, script)` says how a command on a machine ends: exit code and output.

        `instance` is a MachineSpec with instance_id, hostname and private_ip; `script` is the text that was sent. A
        `ScriptedAnswer` in place of the tuple says more. Works as a decorator, too.
        Errors: TypeError when the machines are real.
        """
        if self.settings.machines == "real":
            raise TypeError("real machines run the commands themselves")
        self._answer = answer
        return answer

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to one request. Errors: DroppedConnection, MetadataRefused."""
        if request.host == METADATA_HOST:
            if self.settings.instance_role is None:
                raise MetadataRefused(111, f"nothing answers on {METADATA_HOST}")
            return self.emulator.handle(request)
        try:
            return self._handle(request)
        finally:
            if self._polling is not None:
                self._polling.after_call()

    def close(self) -> None:
        """Nothing of this cloud is left; safe to repeat."""
        self._closing.close()

    def _make_emulator(self, public_network: str = UNHELD) -> Emulator:
        settings = self.settings
        real = settings.machines == "real"
        emulator = Emulator(
            driver=choose_driver(self._directory / "machines", "auto", os.environ)
            if real
            else ScriptedDriver(self._answered),
            data_dir=self._directory / "data",
            clock=_clock(settings),
            seed=settings.seed,
            account_id=settings.account_id,
            assumptions=Assumptions(**settings.assumptions),
            public_network=public_network,
        )
        user_name = None if settings.policy is None else POLICY_USER_NAME
        emulator.accounts.add_access_key(ACCESS_KEY_ID, ACCESS_KEY_SECRET, user_name=user_name, policy=settings.policy)
        emulator.accounts.takes_any_key = settings.unknown_keys == "accept"
        emulator.accounts.any_key_user_name = user_name
        if settings.instance_role is not None:
            emulator.let_computer_have_role(settings.instance_role)
        return emulator

    def _serve_machines(self) -> Emulator:
        """Real machines reach the cloud, and are reached, over sockets on 127.0.0.1, which only they need."""
        network = self._closing.enter_context(closing(PublicNetwork(self._directory)))
        host = EmulatorHost(partial(self._make_emulator, network.cidr))
        self._closing.callback(host.close)
        server = HttpServer(host.handle)
        self._closing.callback(server.close)
        host.announce("127.0.0.1", server.port)
        host.start()
        server.start()
        self._handle = host.handle
        return host.emulator

    def _answered(self, machine: MachineSpec, command: CommandSpec) -> ScriptedAnswer:
        answer = self._answer(machine, command.content.decode("utf-8", "replace"))
        if isinstance(answer, ScriptedAnswer):
            return answer
        exit_code, output = answer
        return ScriptedAnswer(exit_code=exit_code, output=output if isinstance(output, bytes) else output.encode())


def _clock(settings: Settings) -> Clock:
    """Virtual time starts now, because clients stamp what they sign with the time of day."""
    if settings.clock_kind == "real":
        return SystemClock()
    return VirtualClock(datetime.now(timezone.utc).replace(microsecond=0))


def _succeeds(_instance: MachineSpec, _script: str) -> CommandAnswer:
    return 0, ""
