"""A whole emulated cloud in virtual time with scripted machines, for templates that run against real services of it."""

import io
import json
from pathlib import Path
from urllib.parse import urlsplit

from deployer.clock import VirtualClock
from deployer.emulator.actions import Principal
from deployer.emulator.contract.check import undeclared_fields
from deployer.emulator.contract.document import Contract
from deployer.emulator.core import Emulator
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.machines.scripted import ScriptedAnswer, ScriptedDriver

HEAD = "FormatVersion: OOS-2019-06-01\n"
REGION = "cn-hangzhou"
TYPE = "ecs.u1-c1m2.large"
# Longer than anything a template of these tests waits for.
_LONGEST_SECONDS = 24 * 3600


class OosCloud:
    """Calls operations as the account itself; `principal` is who calls, and may be changed."""

    def __init__(self, data_dir: Path, answer=lambda _machine, _command: ScriptedAnswer(output=b"ok\n")) -> None:
        self.driver = ScriptedDriver(answer)
        self.emulator = Emulator(driver=self.driver, data_dir=data_dir, clock=VirtualClock())
        self._contract = Contract()
        self.principal: Principal = self.emulator.accounts.add_access_key("AKTEST", "secret").principal

    def call(self, product: str, action: str, *, region_id: str = REGION, **params) -> dict:
        body = self.emulator.call_api(product, action, params, region_id=region_id, principal=self.principal)
        operation = self._contract.find(product, action) or self._contract.find("vpc", action)
        assert undeclared_fields(operation, body) == []
        return body

    def ecs(self, action: str, **params) -> dict:
        return self.call("ecs", action, RegionId=REGION, **params)

    def oos(self, action: str, **params) -> dict:
        return self.call("oos", action, **params)

    def launch(self, count: int = 1) -> list[str]:
        """Ids of new instances that run, in a network of their own."""
        vpc_id = self.call("vpc", "CreateVpc", RegionId=REGION, CidrBlock="192.168.0.0/16")["VpcId"]
        self.emulator.advance(20)
        place = {"RegionId": REGION, "VpcId": vpc_id}
        zone = {"ZoneId": "cn-hangzhou-h", "CidrBlock": "192.168.0.0/24"}
        self.vswitch_id = self.call("vpc", "CreateVSwitch", **place, **zone)["VSwitchId"]
        self.security_group_id = self.ecs("CreateSecurityGroup", VpcId=vpc_id)["SecurityGroupId"]
        family = "acs:alibaba_cloud_linux_3_2104_lts_x64"
        self.image_id = self.ecs("DescribeImageFromFamily", ImageFamily=family)["Image"]["ImageId"]
        self.emulator.advance(20)
        instances = self.ecs(
            "RunInstances",
            InstanceType=TYPE,
            ImageId=self.image_id,
            VSwitchId=self.vswitch_id,
            SecurityGroupId=self.security_group_id,
            SystemDisk={"Category": "cloud_essd", "Size": "40"},
            Amount=count,
        )
        self.emulator.advance(60)
        return list(instances["InstanceIdSets"]["InstanceIdSet"])

    def status_of(self, instance_id: str) -> str:
        (instance,) = self.ecs("DescribeInstances", InstanceIds=[instance_id])["Instances"]["Instance"]
        return str(instance["Status"])

    def start(self, *, text: str = "", name: str = "", parameters: dict | None = None, **more) -> str:
        """The id of a new execution of a template's text, or of one by its name."""
        template = {"TemplateContent": HEAD + text} if text else {"TemplateName": name}
        more.setdefault("SafetyCheck", "Skip")
        return str(
            self.oos("StartExecution", Parameters=parameters or {}, **template, **more)["Execution"]["ExecutionId"]
        )

    def run(self, **what) -> dict:
        """How an execution ended, or what it waits for after a day."""
        execution_id = self.start(**what)
        self.emulator.advance(_LONGEST_SECONDS)
        return self.execution(execution_id)

    def run_action(self, action: str, properties: dict) -> dict:
        """How an execution with one task ended; its outputs are the action's."""
        task = {"Name": "act", "Action": action, "Properties": properties}
        return self.run(text=f"Tasks: {json.dumps([task])}")

    def execution(self, execution_id: str) -> dict:
        (execution,) = self.oos("ListExecutions", ExecutionId=execution_id)["Executions"]
        return execution

    def children_of(self, execution_id: str) -> list[dict]:
        return list(self.oos("ListExecutions", ParentExecutionId=execution_id)["Executions"])

    def commands_of(self, instance_id: str) -> list[str]:
        """What the instance was told to run."""
        return [command.content.decode() for command in self.driver.machines[instance_id].commands]

    def fetch(self, url: str, *, method: str = "GET", body: bytes = b"") -> HttpResponse:
        """The answer to a request without any header of its own."""
        parts = urlsplit(url)
        request = HttpRequest(
            method=method,
            target=f"{parts.path}?{parts.query}",
            headers={"host": parts.netloc},
            body=io.BytesIO(body),
            content_length=len(body),
        )
        return self.emulator.handle(request)
