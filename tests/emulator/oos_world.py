"""The OOS service alone, in virtual time, with a small Cloud Assistant behind it that remembers its commands."""

import base64
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from deployer.clock import VirtualClock
from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError, Call, Principal
from deployer.emulator.assumptions import Assumptions
from deployer.emulator.context import Context
from deployer.emulator.contract.check import flat_parameters, typed_parameters, undeclared_fields
from deployer.emulator.contract.document import Contract
from deployer.emulator.faults import Faults
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.ids import Ids
from deployer.emulator.machines.scripted import ScriptedDriver
from deployer.emulator.ram.guard import Guard
from deployer.emulator.scheduler import Scheduler
from deployer.emulator.services.oos.handlers import OosService
from deployer.emulator.services.oos.identities import Identities

OWNER = Principal(
    account_id="1234567890123456", access_key_id="ak", arn="acs:ram::1234567890123456:root", user_id="1234567890123456"
)
STRANGER = replace(OWNER, account_id="6543210987654321", user_id="6543210987654321")


class CloudAssistant:
    """Runs commands for some seconds. `script(instance_id, content)` gives (seconds, status, exit code, output)."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.script: Callable[[str, bytes], tuple[float, str, int | None, bytes]] = lambda _i, _c: (
            1,
            "Success",
            0,
            b"ok\n",
        )
        self.commands: dict[str, dict] = {}
        self._tokens: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def run(self, params: dict) -> dict:
        if params["ClientToken"] in self._tokens:
            return {"InvokeId": self._tokens[params["ClientToken"]], "CommandId": "c-1"}
        invoke_id = f"t-{next(self._numbers)}"
        self._tokens[params["ClientToken"]] = invoke_id
        (instance_id,) = params["InstanceId"]
        seconds, status, exit_code, output = self.script(instance_id, base64.b64decode(params["CommandContent"]))
        self.commands[invoke_id] = {
            "params": params,
            "since": self.clock.monotonic(),
            "seconds": seconds,
            "result": {"InvocationStatus": status, "ExitCode": exit_code, "Output": base64.b64encode(output).decode()},
        }
        return {"InvokeId": invoke_id, "CommandId": "c-1"}

    def results(self, params: dict) -> dict:
        command = self.commands[params["InvokeId"]]
        result = {"InvokeId": params["InvokeId"], "InstanceId": command["params"]["InstanceId"][0], "Dropped": 0}
        if self.clock.monotonic() < command["since"] + command["seconds"]:
            result |= {"InvocationStatus": "Running", "Output": ""}
        else:
            result |= {name: value for name, value in command["result"].items() if value is not None}
            result["ErrorCode"] = "" if result["InvocationStatus"] == "Success" else "ExitCodeNonzero"
        listed = {"InvocationResult": [result]}
        return {"Invocation": {"InvocationResults": listed, "PageNumber": 1, "PageSize": 10, "TotalCount": 1}}


class OosWorld:
    """Calls OOS operations as the gateway would: parameters checked by the contract, answers compared with it."""

    def __init__(self, data_dir: Path, **assumptions) -> None:
        self.clock = VirtualClock(datetime(2026, 1, 1, tzinfo=timezone.utc))
        self.scheduler = Scheduler(self.clock)
        self.assistant = CloudAssistant(self.clock)
        self.api_calls: list[tuple[str, dict, str, Principal]] = []
        self.contract = Contract()
        self.accounts = Accounts(OWNER.account_id, self.clock)
        self.context = Context(
            clock=self.clock,
            scheduler=self.scheduler,
            ids=Ids(1),
            assumptions=replace(Assumptions(), **assumptions),
            account_id=OWNER.account_id,
            data_dir=data_dir,
            driver=ScriptedDriver(),
            call_api=self.call_api,
            send=self.send,
            faults=Faults(self.clock),
        )
        self.handlers = OosService(
            self.context, Identities(accounts=self.accounts, guard=Guard(clock=self.clock))
        ).handlers()

    def call_api(self, product, action, params, *, region_id, principal):
        operation = self.contract.find(product, action)
        typed = typed_parameters(operation, flat_parameters(operation, params))
        self.api_calls.append((action, typed, region_id, principal))
        self.scheduler.run_due()  # as a call over the wire would
        if action == "RunCommand":
            return self.assistant.run(typed)
        if action == "DescribeInvocationResults":
            return self.assistant.results(typed)
        if action in {"StopInstance", "DeleteInstance"}:
            return {}
        raise ApiError(403, "Forbidden.RAM", f"{action} is not allowed")

    def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"{request.method} {request.target}: there is no OSS here")

    def call(self, action: str, *, region_id: str = "cn-hangzhou", principal: Principal = OWNER, **params) -> dict:
        operation = self.contract.find("oos", action)
        typed = typed_parameters(operation, flat_parameters(operation, params))
        self.scheduler.run_due()
        body = self.handlers[action](
            Call(product="oos", action=action, region_id=region_id, params=typed, principal=principal, request_id="R-1")
        )
        assert undeclared_fields(operation, body) == []
        return body

    def advance(self, seconds: float) -> None:
        deadline = self.clock.monotonic() + seconds
        while (due := self.scheduler.next_due_in_seconds) is not None and self.clock.monotonic() + due <= deadline:
            self.clock.advance(due)
            self.scheduler.run_due()
        self.clock.advance(deadline - self.clock.monotonic())

    def start(self, content: str, parameters: dict | None = None, **more) -> str:
        """Start a template text with SafetyCheck Skip; the execution id."""
        more.setdefault("SafetyCheck", "Skip")
        body = self.call("StartExecution", TemplateContent=content, Parameters=parameters or {}, **more)
        return body["Execution"]["ExecutionId"]

    def execution(self, execution_id: str) -> dict:
        (execution,) = self.call("ListExecutions", ExecutionId=execution_id)["Executions"]
        return execution
