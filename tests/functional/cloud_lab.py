"""A cloud of its own for one test process, the deployer run against it, and small projects that start in no time.

The emulator lives in this process, with short waits, so that tests see its records and what exists in it; the deployer
reaches it by HTTP as any other cloud, from here or as a child process.
"""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deployer.api import Deployer
from deployer.cli.main import run
from deployer.clock import SystemClock
from deployer.cloud.oss import OssClient
from deployer.cloud.polling import Wait, wait_until
from deployer.cloud.session import Endpoints, Session, StaticKey
from deployer.emulator.assumptions import Assumptions
from deployer.emulator.core import Emulator
from deployer.emulator.host import EmulatorHost
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.http_server import HttpServer
from deployer.emulator.machines.choose import choose_driver
from deployer.emulator.public_network import PublicNetwork
from deployer.emulator.recorder import RecordedCall
from deployer.models.secret import Secret

ROOT = Path(__file__).resolve().parents[2]
KEY_ID, KEY_SECRET = "LTAI5tFunctionalTests01", "functional-tests-secret-of-the-account"
REGION = "cn-hangzhou"
QUICK = Assumptions(
    instance_pending_seconds=0.05,
    instance_starting_seconds=0.05,
    agent_ready_seconds=0.1,
    describe_lag_seconds=0.05,
    network_pending_seconds=0.05,
    release_lag_seconds=0.05,
    instance_stopping_seconds=0.05,
    instance_delete_seconds=0.05,
    oos_started_seconds=0.02,
    oos_task_seconds=0.01,
    command_delivery_seconds=0.01,
)
READING = ("Describe", "Get", "List", "Head", "Query")

WEB = """\
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {greeting!r}.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("serving " + {greeting!r}, flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["APP_PORT"])), Handler).serve_forever()
"""
START = """\
#!/bin/bash
set -e
cd "$DEPLOYER_RELEASE_DIR"
nohup python3 -S app.py >> /root/app.log 2>&1 &
echo $! > /root/app.pid
"""
STOP = """\
#!/bin/bash
[ -f /root/app.pid ] && kill "$(cat /root/app.pid)" 2>/dev/null
rm -f /root/app.pid
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one command line gave."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line of stdout as JSON; an assertion fails for anything else there."""
        parsed = [json.loads(line) for line in self.stdout.splitlines()]
        assert all(isinstance(line, dict) for line in parsed)
        return parsed

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]

    @property
    def data(self) -> Any:
        assert self.exit_code == 0, self.stdout + self.stderr
        assert self.last["type"] == "result", self.last
        return self.last["data"]


@dataclass(kw_only=True)
class Project:
    """A folder with a web server in it."""

    path: Path
    name: str
    port: int = 8080
    group: str = f"default-{REGION}"
    deployment: dict[str, Any] = field(default_factory=dict)
    start: str = START
    deployer: dict[str, Any] = field(default_factory=dict)

    def write(self, greeting: str = "hello") -> "Project":
        """Program and configuration, both new."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "app.py").write_text(WEB.format(greeting=greeting))
        return self.write_config()

    def write_config(self) -> "Project":
        """Only the configuration. It is JSON, which is YAML as well."""
        folder = self.path / ".appmanager"
        folder.mkdir(exist_ok=True)
        deployment = self.deployment or {"ecsInstanceType": "ecs.u1-c1m2.large"}
        config = {
            "metadata": {"name": self.name, "type": "app", "groupName": self.group, "regionId": REGION},
            "common": {
                "deployment": {**deployment, "port": self.port},
                "scripts": {"start": self.start, "stop": STOP},
            },
            "deployer": {"health": {"aliveSeconds": 1, "timeoutSeconds": 10}, **self.deployer},
        }
        (folder / "config.yaml").write_text(json.dumps(config, indent=2))
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """The flags that name its group."""
        return ("--name", self.name, "--group", self.group, "--region", REGION)

    def snapshot(self) -> dict[str, tuple[bytes, int]]:
        """Every file with its content and time of change."""
        files = (path for path in sorted(self.path.rglob("*")) if path.is_file())
        return {str(path.relative_to(self.path)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


class CloudLab:
    """One emulated account, reachable by HTTP."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.public_network = PublicNetwork(folder)
        self.host = EmulatorHost(self._make)
        self.http = HttpServer(self._carrier())
        self.host.announce("127.0.0.1", self.http.port)
        self.host.start()
        self.http.start()

    def _carrier(self) -> Callable[[HttpRequest], HttpResponse]:
        """What hands a request to the cloud."""
        return self.host.handle

    def _make(self) -> Emulator:
        driver = choose_driver(self.folder / "machines", "auto", os.environ)
        emulator = Emulator(
            driver=driver,
            data_dir=self.folder / "data",
            public_network=self.public_network.cidr,
            assumptions=QUICK,
        )
        emulator.accounts.add_access_key(KEY_ID, KEY_SECRET)
        return emulator

    def close(self) -> None:
        self.http.close()
        self.host.close()
        self.public_network.close()

    @property
    def emulator(self) -> Emulator:
        return self.host.emulator

    @property
    def environment(self) -> dict[str, str]:
        """What tells the deployer where this cloud is and who calls it."""
        return {
            "DEPLOYER_ENDPOINT": self.http.endpoint,
            "DEPLOYER_STATE_DIR": str(self.folder / "state"),
            "DEPLOYER_CACHE_DIR": str(self.folder / "cache"),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY_SECRET,
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            "HOME": str(self.folder),
        }

    def key_environment(self, name: str, *, deny: Iterable[str]) -> dict[str, str]:
        """The environment of a RAM user that is denied some actions."""
        key_id, secret = f"LTAI5t{name}", f"secret-of-{name}"
        self.emulator.accounts.add_access_key(key_id, secret, user_name=name, deny=deny)
        return {"ALIBABA_CLOUD_ACCESS_KEY_ID": key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret}

    def run_cli(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
        stdin: str | None = None,
    ) -> Result:
        """The command line as a child process. In `env` None takes a variable away."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        wanted = {**kept, **self.environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(env or {})}
        done = subprocess.run(
            [sys.executable, "-m", "deployer", *map(str, arguments)],
            env={name: value for name, value in wanted.items() if value is not None},
            cwd=cwd or self.folder,
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def call_cli(self, *arguments: str | Path) -> Result:
        """The command line in this process: quicker than a child, the same from its arguments to its exit code."""
        stdout, stderr = io.StringIO(), io.StringIO()
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
        try:
            with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
                exit_code = run([str(argument) for argument in arguments])
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return Result(exit_code=exit_code, stdout=stdout.getvalue(), stderr=stderr.getvalue())

    def deployer(self, **settings: Any) -> Deployer:
        """The Python API; the `lab` fixture has set the environment it reads."""
        return Deployer(**settings)

    @contextlib.contextmanager
    def recording(self) -> Iterator["Recording"]:
        """The calls clients make while the block runs."""
        recording = Recording(self, len(self.emulator.recorder.calls))
        yield recording
        recording.stop()

    def existing(self) -> dict[str, Any]:
        """Everything a deploy can leave behind, by kind."""
        services, buckets = self.emulator.services, self.emulator.services.oss.state.buckets
        with self.emulator.lock:
            return {
                "instances": sorted(one.instance_id for one in services.ecs_state.instances(None)),
                "disks": sorted(services.ecs_state.disks),
                "security groups": sorted(services.ecs_state.security_groups),
                "vpcs": sorted(services.vpc_state.vpcs),
                "vswitches": sorted(services.vpc_state.vswitches),
                "applications": sorted(one["Name"] for one in self._ask_oos("ListApplications")["Applications"]),
                "groups": sorted(
                    (one["ApplicationName"], one["Name"])
                    for one in self._ask_oos("ListApplicationGroups")["ApplicationGroups"]
                ),
                "buckets": sorted(buckets),
                "objects": sorted(name for bucket in buckets for name in services.oss.state.list_object_names(bucket)),
                "open uploads": services.oss.state.open_upload_count,
            }

    def _ask_oos(self, action: str) -> dict[str, Any]:
        return self.call("oos", action, MaxResults=100)

    def call(self, product: str, action: str, **parameters: Any) -> dict[str, Any]:
        """What the account's owner gets for an API call made in the console, not by the deployer."""
        root = self.emulator.accounts.root
        return self.emulator.call_api(product, action, parameters, region_id=REGION, principal=root)

    def open_ports(self, instance_id: str) -> set[str]:
        """The inbound port ranges the instance's security groups let in, such as `8080/8080`."""
        state = self.emulator.services.ecs_state
        groups = state.get_instance(instance_id, None).security_group_ids
        return {stored.rule.port_range for group in groups for stored in state.security_groups[group].rules}

    def make_instance(self, name: str, *, open_port: int | None = None) -> str:
        """An instance the user had before, in a network of its own, running and answering Cloud Assistant."""
        vpc_id = self.call("vpc", "CreateVpc", RegionId=REGION, CidrBlock="10.0.0.0/16", VpcName=name)["VpcId"]
        vpc = self.emulator.services.vpc_state.vpcs[vpc_id]
        self.wait(lambda: vpc.status == "Available")
        place = {"ZoneId": f"{REGION}-b", "CidrBlock": "10.0.1.0/24"}
        vswitch_id = self.call("vpc", "CreateVSwitch", RegionId=REGION, VpcId=vpc_id, **place)["VSwitchId"]
        vswitch = self.emulator.services.vpc_state.vswitches[vswitch_id]
        self.wait(lambda: vswitch.status == "Available")
        group_id = self.call("ecs", "CreateSecurityGroup", RegionId=REGION, VpcId=vpc_id)["SecurityGroupId"]
        if open_port is not None:
            rule = {"IpProtocol": "TCP", "PortRange": f"{open_port}/{open_port}", "SourceCidrIp": "0.0.0.0/0"}
            self.call("ecs", "AuthorizeSecurityGroup", RegionId=REGION, SecurityGroupId=group_id, Permissions=[rule])
        launched = self.call(
            "ecs",
            "RunInstances",
            RegionId=REGION,
            ImageFamily="acs:alibaba_cloud_linux_3_2104_lts_x64",
            InstanceType="ecs.u1-c1m2.large",
            InstanceName=name,
            VSwitchId=vswitch_id,
            SecurityGroupId=group_id,
            InternetMaxBandwidthOut=5,
            Tag=[{"Key": "owner", "Value": "somebody"}],
        )
        (instance_id,) = launched["InstanceIdSets"]["InstanceIdSet"]
        self.wait(lambda: self._answers_assistant(instance_id))
        return instance_id

    def put_object(self, bucket_name: str, object_name: str, text: str) -> None:
        """An object somebody else's deploy wrote."""
        key = StaticKey(access_key_id=KEY_ID, access_key_secret=Secret(KEY_SECRET))
        session = Session(endpoints=Endpoints(address=self.http.endpoint), static_key=key)
        OssClient(session, REGION).put_bytes(bucket_name, object_name, text.encode())

    def _answers_assistant(self, instance_id: str) -> bool:
        if self.emulator.services.ecs_state.find_instance(instance_id, None) is None:
            return False  # a new id is not listed at once
        told = self.call("ecs", "DescribeCloudAssistantStatus", RegionId=REGION, InstanceId=[instance_id])
        found = told["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
        return any(one["CloudAssistantStatus"] == "true" for one in found)

    def wait(self, is_done: Callable[[], bool]) -> None:
        """Return once it is done; a failure after ten seconds."""

        def look() -> bool:
            self.emulator.tick()
            return is_done()

        wait_until(look, bool, Wait(what="preparation", timeout_seconds=10), status=str, clock=SystemClock())

    def instance_tags(self, instance_id: str) -> dict[str, str]:
        return dict(self.emulator.services.ecs_state.get_instance(instance_id, None).tags)

    def ask(self, instance_id: str, port: int = 8080) -> str:
        """What the application answers on its instance's public address, which is opened a moment after it listens."""
        address = self.emulator.services.ecs_state.get_instance(instance_id, None).internet_ip
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        patient_until = time.monotonic() + 2
        while True:
            try:
                with opener.open(f"http://{address}:{port}/", timeout=5) as response:
                    return response.read().decode()
            except OSError:
                if time.monotonic() > patient_until:
                    raise
                time.sleep(0.05)


def apply_environment(patch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    """The variables are set in this process, for the SDK as well: it reads its own only once, when it is imported."""
    from alibabacloud_credentials.utils import auth_util

    for name, value in environment.items():
        patch.setenv(name, value)
        if name in {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"}:
            patch.setattr(auth_util, name.lower().replace("alibaba_cloud", "environment"), value)


class Recording:
    """Calls of clients from one moment to another."""

    def __init__(self, lab: CloudLab, start: int) -> None:
        self._lab = lab
        self._start = start
        self._end: int | None = None

    def stop(self) -> None:
        self._end = len(self._lab.emulator.recorder.calls)

    @property
    def calls(self) -> list[RecordedCall]:
        """What the deployer asked; not what services ask each other, nor what instances fetch by signed URLs."""
        calls = self._lab.emulator.recorder.calls[self._start : self._end]
        return [call for call in calls if not call.is_internal and not call.user_agent.startswith("curl/")]

    @property
    def actions(self) -> set[str]:
        return {call.action for call in self.calls}

    @property
    def changing(self) -> list[str]:
        """Calls that can change something, with the object they are about for OSS."""
        return [described(call) for call in self.calls if not call.action.startswith(READING)]


def described(call: RecordedCall) -> str:
    """`oss PutObject shop/…/lock.json`, `ecs RunInstances`."""
    name = call.params.get("object") or call.params.get("key") or ""
    return " ".join(part for part in (call.product, call.action, name) if part)
