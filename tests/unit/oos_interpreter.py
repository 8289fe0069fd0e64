"""The interpreter in virtual time, against a small cloud that runs commands: what tests of templates start from."""

import heapq
import itertools
from datetime import datetime, timezone

from deployer.clock import VirtualClock
from deployer.oos.api_calls import ApiParameter
from deployer.oos.effects import drive
from deployer.oos.execution import Execution
from deployer.oos.failures import ApiFailure
from deployer.oos.parameters import given_parameters
from deployer.oos.runner import Host, Runner, Settings
from deployer.oos.validate import check_template
from deployer.oos.web import WebAnswer, WebRequest

HEAD = "FormatVersion: OOS-2019-06-01\n"


class SmallCloud:
    """Instances that take commands: each runs for the seconds its content says and ends as its content says."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.calls: list[tuple[str, dict]] = []
        self.running: dict[str, tuple[str, float, float]] = {}
        self.most_at_once = 0
        self.numbers = itertools.count(1)
        self.repaired: set[str] = set()

    def call(self, _service: str, api: str, parameters: dict) -> dict:
        self.calls.append((api, dict(parameters)))
        return getattr(self, f"on_{api.lower()}")(parameters)

    def on_runcommand(self, parameters: dict) -> dict:
        if "bad" in parameters["InstanceId"][0] and parameters["InstanceId"][0] not in self.repaired:
            raise ApiFailure("InvalidInstance.NotFound", "no such instance")
        invoke_id = f"t-{next(self.numbers)}"
        seconds = float(parameters["CommandContent"].split()[0])
        self.running[invoke_id] = (parameters["CommandContent"], self.clock.monotonic(), seconds)
        self.most_at_once = max(self.most_at_once, sum(not self._is_over(one) for one in self.running))
        return {"InvokeId": invoke_id, "RequestId": "R"}

    def on_describeinvocationresults(self, parameters: dict) -> dict:
        content = self.running[parameters["InvokeId"]][0]
        status = content.split()[1] if self._is_over(parameters["InvokeId"]) else "Running"
        result = {
            "InvokeId": parameters["InvokeId"],
            "InvocationStatus": status,
            "ExitCode": 0 if status == "Success" else 1,
        }
        return {"Invocation": {"InvocationResults": {"InvocationResult": [result]}}}

    def on_listthings(self, parameters: dict) -> dict:
        page = int(parameters.get("NextToken", 1))
        return {"Things": [{"Id": page}], "NextToken": str(page + 1) if page < 3 else ""}

    def on_describeinstances(self, parameters: dict) -> dict:
        found = [{"InstanceId": instance_id} for instance_id in parameters.get("InstanceId", ["i-1"])]
        return {"Instances": {"Instance": found}}

    def on_countthings(self, parameters: dict) -> dict:
        number = int(parameters.get("PageNumber", 1))
        return {"Page": {"Things": [number], "PageNumber": number, "PageSize": 1, "TotalCount": 4}}

    def on_deletething(self, _parameters: dict) -> dict:
        return {}

    def on_broken(self, _parameters: dict) -> dict:
        raise ApiFailure("Gone", "it is gone")

    def _is_over(self, invoke_id: str) -> bool:
        _content, since, seconds = self.running[invoke_id]
        return self.clock.monotonic() >= since + seconds


class World:
    """A clock, a cloud, stored templates, and executions driven through virtual time."""

    def __init__(self) -> None:
        self.clock = VirtualClock(datetime(2026, 1, 1, tzinfo=timezone.utc))
        self.cloud = SmallCloud(self.clock)
        self.templates: dict[str, str] = {}
        self.children: list[Execution] = []
        self.messages: list[WebRequest] = []
        self.web: dict[str, WebAnswer] = {}
        self.requests: list[WebRequest] = []
        self.settings = Settings()
        self._due: list = []
        self._order = itertools.count()

    def after(self, seconds, callback) -> None:
        heapq.heappush(self._due, (self.clock.monotonic() + seconds, next(self._order), callback))

    def settle(self, *, until: float = float("inf")) -> None:
        while self._due and self._due[0][0] <= until:
            at, _, callback = heapq.heappop(self._due)
            self.clock.advance(at - self.clock.monotonic())
            callback()
        if until != float("inf"):
            self.clock.advance(until - self.clock.monotonic())

    def start(self, text: str, parameters: dict | None = None, **more) -> Execution:
        template = check_template(HEAD + text)
        execution = Execution(
            execution_id="exec-1",
            template=template,
            parameters=given_parameters(template, parameters or {}),
            region_id="cn-hangzhou",
            account_id="1234567890123456",
            created_at=self.clock.now(),
            **more,
        )
        host = Host(
            clock=self.clock,
            call_api=self.cloud.call,
            describe_api=lambda _service, _api: (
                ApiParameter(name="InstanceId", is_list=True),
                ApiParameter(name="SystemDisk", fields=(ApiParameter(name="Category"),)),
                ApiParameter(name="NextToken"),
                ApiParameter(name="PageNumber"),
            ),
            find_template=self.find,
            add_execution=self.children.append,
            send_message=self.messages.append,
            send_web_request=self.send,
            settings=self.settings,
        )
        execution.processes.append(drive(Runner(host, execution).steps(), self.after))
        return execution

    def send(self, request: WebRequest) -> WebAnswer:
        self.requests.append(request)
        return self.web[request.url.partition("?")[0]]

    def find(self, name: str, _version: str):
        text = self.templates.get(name.casefold())
        return None if text is None else check_template(HEAD + text)

    def run(self, text: str, parameters: dict | None = None, **more) -> Execution:
        execution = self.start(text, parameters, **more)
        self.settle()
        return execution
