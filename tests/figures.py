"""What the emulator costs, measured on this machine: `python tests/figures.py [NAME…]`.

Each figure stands beside its target. Wall-clock time and CPU time are both told, because other work on the machine
lengthens the first; the exit code judges by the smaller of them.
"""

import argparse
import http.client
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REGION_ID = "cn-hangzhou"
CALLS = 400
FLEET = 10_000
MACHINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Something measured, in the unit of its target."""

    name: str
    wall: float
    cpu: float
    target: float
    unit: str

    @property
    def holds(self) -> bool:
        return min(self.wall, self.cpu) <= self.target

    def __str__(self) -> str:
        verdict = "ok" if self.holds else "MISSED"
        return f"{self.name:52} {self.wall:9.2f} {self.cpu:9.2f} {self.target:8.2f} {self.unit:3} {verdict}"


@dataclass(slots=True)
class Watch:
    """Seconds of wall-clock and CPU time, filled when the block it watched is over."""

    wall: float = 0.0
    cpu: float = 0.0

    def figure(self, name: str, target: float, *, unit: str = "s", count: int = 1) -> Figure:
        factor = (1000 if unit == "ms" else 1) / count
        return Figure(name=name, wall=self.wall * factor, cpu=self.cpu * factor, target=target, unit=unit)


@contextmanager
def watched() -> Iterator[Watch]:
    """The time the block takes, on the clock and of this process."""
    watch, before, started = Watch(), _cpu(), time.perf_counter()
    yield watch
    watch.wall, watch.cpu = time.perf_counter() - started, _cpu() - before


def _cpu() -> float:
    used = os.times()
    return used.user + used.system


def _children_cpu() -> float:
    """Of the child processes that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def median_of_calls(ask: Callable[[], object]) -> Watch:
    """What one call costs, the first ones apart."""
    for _ in range(20):
        ask()
    wall, cpu = [], []
    for _ in range(CALLS):
        started, before = time.perf_counter(), time.process_time()
        ask()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - before)
    return Watch(statistics.median(wall), statistics.median(cpu))


def sdk_config() -> Any:
    from alibabacloud_tea_openapi.utils_models import Config

    from deployer.testing import ACCESS_KEY_ID, ACCESS_KEY_SECRET

    return Config(access_key_id=ACCESS_KEY_ID, access_key_secret=ACCESS_KEY_SECRET, region_id=REGION_ID)


@contextmanager
def answered_at_once(answer: bytes) -> Iterator[None]:
    """Every request of `requests` is answered with that body and no work: what remains is the SDK's own cost."""
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPResponse

    def send(self: Any, request: Any, **_settings: Any) -> Any:
        headers = {"content-type": "application/json;charset=utf-8"}
        body = io.BytesIO(answer)
        return self.build_response(
            request, HTTPResponse(body=body, headers=headers, status=200, preload_content=False, decode_content=False)
        )

    original = HTTPAdapter.send
    HTTPAdapter.send = send
    try:
        yield
    finally:
        HTTPAdapter.send = original


def in_process_call() -> Iterator[Figure]:
    """A call through the SDK in the process, less what the same call costs the SDK alone."""
    from alibabacloud_ecs20140526 import models
    from alibabacloud_ecs20140526.client import Client

    from deployer.testing import mock_aliyun

    client, request = Client(sdk_config()), models.DescribeInstancesRequest(region_id=REGION_ID)
    with mock_aliyun():
        answer = json.dumps(client.describe_instances(request).body.to_map()).encode()
        whole = median_of_calls(lambda: client.describe_instances(request))
    with answered_at_once(answer):
        own = median_of_calls(lambda: client.describe_instances(request))
    yield Watch(whole.wall - own.wall, whole.cpu - own.cpu).figure(
        "in-process call, beyond the SDK's own", 0.6, unit="ms"
    )


def server_call() -> Iterator[Figure]:
    """A signed request on a kept-alive connection to a server of another process, without any SDK."""
    import alibabacloud_oss_v2 as oss

    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DEPLOYER_STATE_DIR": folder}
        command = [sys.executable, "-m", "deployer", "local", "serve", "--output", "json", "--sandbox", "process"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as server:
            assert server.stdout is not None
            info = json.loads(server.stdout.readline())["data"]
            config = oss.config.load_default()
            config.credentials_provider = oss.credentials.StaticCredentialsProvider(
                info["access_key_id"], info["access_key_secret"]
            )
            config.region, config.endpoint = REGION_ID, info["url"]
            client = oss.Client(config)
            client.put_bucket(oss.PutBucketRequest(bucket="a-bucket"))
            client.put_object(oss.PutObjectRequest(bucket="a-bucket", key="key", body=b"x" * 1000))
            url = client.presign(oss.GetObjectRequest(bucket="a-bucket", key="key")).url
            connection = http.client.HTTPConnection(info["endpoint"])

            def ask() -> None:
                connection.request("GET", url.removeprefix(info["url"]))
                assert len(connection.getresponse().read()) == 1000

            yield median_of_calls(ask).figure("server call, kept alive", 1.5, unit="ms")
            connection.close()
            server.terminate()


def scripted_fleet() -> Iterator[Figure]:
    """Ten thousand instances on scripted machines, listed by the SDK page by page."""
    from alibabacloud_ecs20140526 import models
    from alibabacloud_ecs20140526.client import Client

    from deployer.testing import mock_aliyun

    with mock_aliyun(clock="manual", assumptions={"postpaid_vcpu_quota": 10 * FLEET}) as aliyun:
        client = Client(sdk_config())
        with watched() as started:
            launch_fleet(client, aliyun.clock.advance)
        with watched() as listing:
            found, request = 0, models.DescribeInstancesRequest(region_id=REGION_ID, max_results=100)
            while True:
                page = client.describe_instances(request).body
                found += len(page.instances.instance)
                if not page.next_token:
                    break
                request.next_token = page.next_token
        assert found == FLEET, found
    yield started.figure(f"{FLEET:,} scripted instances started", 30)
    yield listing.figure(f"{FLEET:,} scripted instances listed page by page", 3)


def launch_fleet(client: Any, advance: Callable[[float], None]) -> None:
    """Ten thousand running instances, in as many vSwitches as it takes."""
    from alibabacloud_ecs20140526 import models
    from alibabacloud_vpc20160428 import models as vpc_models
    from alibabacloud_vpc20160428.client import Client as VpcClient

    network = VpcClient(sdk_config())
    vpc_id = network.create_vpc(vpc_models.CreateVpcRequest(region_id=REGION_ID, cidr_block="10.0.0.0/8")).body.vpc_id
    advance(5)
    vswitch = vpc_models.CreateVSwitchRequest(
        region_id=REGION_ID, vpc_id=vpc_id, zone_id="cn-hangzhou-h", cidr_block="10.0.0.0/16"
    )
    vswitch_id = network.create_vswitch(vswitch).body.v_switch_id
    advance(5)
    group_ids = [
        client.create_security_group(
            models.CreateSecurityGroupRequest(region_id=REGION_ID, vpc_id=vpc_id)
        ).body.security_group_id
        for _ in range(10)
    ]
    image_id = client.describe_images(models.DescribeImagesRequest(region_id=REGION_ID)).body.images.image[0].image_id
    for number in range(FLEET // 100):
        client.run_instances(
            models.RunInstancesRequest(
                region_id=REGION_ID,
                image_id=image_id,
                instance_type="ecs.e-c1m2.large",
                security_group_id=group_ids[number % len(group_ids)],
                v_switch_id=vswitch_id,
                amount=100,
                system_disk=models.RunInstancesRequestSystemDisk(category="cloud_essd"),
            )
        )
    advance(60)


def real_machines() -> Iterator[Figure]:
    """Two hundred machines of namespaces, booted one after the other and removed."""
    from deployer.emulator.machines.base import MachineSpec
    from deployer.emulator.machines.choose import choose_driver

    with tempfile.TemporaryDirectory() as folder:
        driver = choose_driver(Path(folder), "auto", os.environ)
        before = _children_cpu()
        with watched() as booting:
            for number in range(MACHINES):
                name, address = f"i-figure{number:04}", f"10.0.{number // 250}.{number % 250 + 1}"
                driver.boot(MachineSpec(instance_id=name, hostname=name, private_ip=address))
        with watched() as removing:
            driver.close()
    booting.cpu += _children_cpu() - before  # known once they have ended
    yield booting.figure(f"{MACHINES} {driver.info.name} machines booted", 20)
    yield removing.figure(f"{MACHINES} {driver.info.name} machines removed", 1)


def importing() -> Iterator[Figure]:
    """`import deployer.testing`, beyond starting Python; the best of five."""
    code = (
        "import time; wall, cpu = time.perf_counter(), time.process_time(); import deployer.testing; "
        "print(time.perf_counter() - wall, time.process_time() - cpu)"
    )
    runs = [
        tuple(map(float, subprocess.check_output([sys.executable, "-c", code], text=True).split())) for _ in range(5)
    ]
    wall, cpu = min(runs)
    yield Watch(wall, cpu).figure("import deployer.testing", 150, unit="ms")


FIGURES: dict[str, Callable[[], Iterator[Figure]]] = {
    "import": importing,
    "in-process": in_process_call,
    "server": server_call,
    "fleet": scripted_fleet,
    "machines": real_machines,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names", nargs="*", choices=[*FIGURES, []], help="which figures; all of them when none is named"
    )
    wanted = parser.parse_args().names or list(FIGURES)
    sys.stdout.write(f"{'':52} {'wall':>9} {'cpu':>9} {'target':>8}\n")
    missed = False
    for name in wanted:
        for figure in FIGURES[name]():
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            missed |= not figure.holds
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
