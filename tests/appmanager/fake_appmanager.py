"""What `aliyun appmanager` does, as far as it is documented, to the emulated cloud: over HTTP, with the SDK.

The forms of what it prints are those of the skill that drives it; the names of its nine steps are known only in part.
"""

import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import yaml
from fake_aliyun import Call, Frame

from deployer.clock import Clock
from deployer.cloud.assistant import InvocationResult
from deployer.cloud.cloud import Cloud
from deployer.cloud.ecs import InstanceRequest, PriceRequest
from deployer.cloud.oos import group_tag_key
from deployer.cloud.polling import Wait, wait_until
from deployer.cloud.session import Endpoints, Session, StaticKey
from deployer.errors.base import DeployerError
from deployer.models.secret import Secret

KNOWN_KEYS = {
    "metadata": {"name", "type", "groupName", "regionId"},
    "common": {"deployment", "scripts"},
    "agent": {"model"},
}
STEPS = (
    "Validating config...",
    "Uploading to OSS...",
    "Creating application...",
    "Creating application group...",
    "Preparing ECS instance...",
    "Creating revision...",
    "Deploying application group...",
    "Waiting for the deployment to finish...",
    "Fetching the result...",
)


class Refused(Exception):
    """The tool says no."""


@dataclass(kw_only=True)
class Group:
    """What the tool's own cloud service remembers of a group."""

    status: str = "Created"
    revision_id: str = ""
    execution_id: str = ""
    output: Any = None
    made_instances: list[str] = field(default_factory=list)
    made_security_groups: list[str] = field(default_factory=list)


class FakeAppmanager:
    """The plugin. `version` and `groups` may be changed by a test."""

    def __init__(self, clock: Clock) -> None:
        self.version = "3.3.19"
        self.groups: dict[tuple[str, str], Group] = {}
        self.failed_status = "ReleaseCancelled"
        self.before_settling: list[str] = []  # statuses that the next looks see first
        self._clock = clock
        self._clouds: dict[tuple[str, ...], Cloud] = {}
        self._network: tuple[str, str] | None = None  # VPC and vSwitch of all that it makes

    def __call__(self, call: Call) -> Iterator[Frame]:
        if call.words == ("version",):
            yield from (("out", f"{self.version}\n"), ("exit", 0))
            return
        assert "login" not in call.words, "nobody signs in for a user"
        verbs = " ".join(call.verbs)
        if verbs == "init":
            yield from self.init(call)
            return
        cloud = self._cloud(call)
        run = {
            "price": self.price,
            "config validate": self.validate,
            "app deploy": self.deploy,
            "agent deploy": self.deploy,
            "app status": self.status,
            "agent status": self.status,
            "app list": self.list,
            "agent list": self.list,
            "app delete": self.delete,
            "agent delete": self.delete,
        }[verbs]
        try:
            yield from run(call, cloud)
        except (DeployerError, Refused) as error:
            code = str(error.facts.get("api_code") or "") if isinstance(error, DeployerError) else ""
            yield _line({"type": "error", "error": f"{code}: {error}" if code else str(error)})
            yield ("exit", 1)
        else:
            yield ("exit", 0)

    def _cloud(self, call: Call) -> Cloud:
        """The clients of the call's identity, user agent and region; the same ones for the same."""
        environ = call.environ
        assert environ["ALIBABA_CLOUD_IGNORE_PROFILE"] == "TRUE"
        key = environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
        token = environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", "")
        session_id = environ["ALIBABA_CLOUD_USER_AGENT"].rpartition("/")[2]
        region_id = call.flags.get("region") or environ["ALIBABA_CLOUD_REGION_ID"]
        asked = (*key, token, session_id, region_id, environ["DEPLOYER_ENDPOINT"])
        if asked not in self._clouds:
            secret, passing = Secret(key[1]), Secret(token) if token else None
            session = Session(
                endpoints=Endpoints(address=environ["DEPLOYER_ENDPOINT"]),
                static_key=StaticKey(access_key_id=key[0], access_key_secret=secret, security_token=passing),
                session_id=session_id,
                clock=self._clock,
            )
            self._clouds[asked] = Cloud(session, region_id)
        return self._clouds[asked]

    def validate(self, call: Call, _cloud: Cloud) -> Iterator[Frame]:
        _read_config(call)
        yield _line({"type": "result", "status": "success", "data": {"valid": True}})

    def init(self, call: Call) -> Iterator[Frame]:
        """It needs no account."""
        path = call.folder / ".appmanager" / "config.yaml"
        assert not path.exists(), "it does not overwrite"
        flags = call.flags
        group = f"default-{flags['region']}"
        config: dict[str, Any] = {
            "metadata": {"name": flags["name"], "type": flags["type"], "groupName": group, "regionId": flags["region"]},
            "common": {"deployment": {"ecsInstanceType": "ecs.u1-c1m2.large"}, "scripts": {"start": "", "stop": ""}},
        }
        path.parent.mkdir()
        path.write_text(f"# written by the tool\n{yaml.safe_dump(config)}")
        yield _line({"type": "result", "status": "success", "data": {"config": str(path)}})
        yield ("exit", 0)

    def price(self, call: Call, cloud: Cloud) -> Iterator[Frame]:
        config = _read_config(call)
        wanted = config["common"]["deployment"]
        facts = cloud.ecs.get_instance_type(wanted["ecsInstanceType"])
        if facts is None:
            raise Refused(f"InvalidInstanceType.ValueNotSupported: {wanted['ecsInstanceType']}")
        price = cloud.bss.get_price(
            cloud.region_id,
            PriceRequest(
                instance_type=wanted["ecsInstanceType"],
                image_id=None,
                system_disk_category="cloud_essd",
                system_disk_gib=wanted["systemDiskSize"],
                bandwidth_mbps=wanted["internetMaxBandwidthOut"],
            ),
        )
        items = [
            {"resource": one.module_code, "trade_amount": float(one.hourly), "attributes": "as configured"}
            for one in price.modules
        ]
        resource = {
            "name": "EcsInstance",
            "type": "ALIYUN::ECS::InstanceGroup",
            "charge_type": "PostPaid",
            "price_unit": "/Hour",
            "quantity": 1,
            "items": items,
            "total_trade": sum(one["trade_amount"] for one in items),
            "association": [
                {"charge_type": "PayByTraffic", "trade_amount": 0.8, "currency": price.currency, "price_unit": "/GB"}
            ],
        }
        yield _line(
            {
                "type": "result",
                "region_id": cloud.region_id,
                "deploy_target": call.flags["target"],
                "service_id": "service-af8acc2d6f4044f4b5ea",
                "template_name": "oss-revision",
                "instance_type": wanted["ecsInstanceType"],
                "instance_type_spec": {"cpu_core_count": facts.cpu_cores, "memory_size": facts.memory_gib},
                "resources": [resource],
                "request_id": price.request_id,
            }
        )

    def deploy(self, call: Call, cloud: Cloud) -> Iterator[Frame]:
        steps = iter(enumerate(STEPS, start=1))
        yield _step(next(steps))
        config = _read_config(call)
        flags = call.flags
        name, group_name = flags["name"], flags["group_name"]
        group = self.groups.get((name, group_name), Group())
        if not flags.get("revision_id"):
            yield _step(next(steps))
            self._upload(call, cloud, name)
        yield _step(next(steps))
        if not cloud.oos.application_exists(name):
            cloud.oos.create_application(name, uuid.uuid4().hex)
        yield _step(next(steps))
        if cloud.oos.find_group(name, group_name) is None:
            cloud.oos.create_group(name, group_name, cloud.region_id, uuid.uuid4().hex)
        self.groups[name, group_name] = group
        group.status = "Deploying" if not group.revision_id else "Releasing"
        try:
            yield _step(next(steps))
            instance_ids = self._instances(cloud, config, group, name, group_name)
            yield _step(next(steps))
            revision_id = flags.get("revision_id") or f"rev-{uuid.uuid4().hex[:12]}"
            yield _step(next(steps))
            results = [self._run_scripts(cloud, config, one, name) for one in instance_ids]
        except DeployerError:
            group.status = "DeployFailed"
            raise
        yield _step(next(steps))
        group.execution_id = f"exec-{uuid.uuid4().hex[:20]}"
        group.output = [one.output.decode() for one in results]
        first, group.revision_id = not group.revision_id, revision_id
        if any(one.status != "Success" for one in results):
            group.status = self.failed_status
            raise Refused(f"Deployment failed with status {group.status}")
        group.status = "Deployed" if first else "Released"
        yield _step(next(steps))
        data = {
            "revision_id": revision_id,
            "name": name,
            "group_name": group_name,
            "console_url": _page(name, group_name),
        }
        yield _line({"type": "result", "status": "success", "data": data})

    def _upload(self, call: Call, cloud: Cloud, name: str) -> None:
        bucket_name = f"{name}-{cloud.region_id}"
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            for path, data in call.files.items():
                packed.writestr(path, data)
        try:
            if cloud.oss.find_bucket(bucket_name) is None:
                cloud.oss.create_bucket(bucket_name, "")
            cloud.oss.put_bytes(bucket_name, f"{name}.zip", archive.getvalue())
        except DeployerError as error:
            raise Refused(f"upload_to_oss failed: {error.facts.get('api_code')}: {error}") from error

    def _instances(
        self, cloud: Cloud, config: dict[str, Any], group: Group, name: str, group_name: str
    ) -> tuple[str, ...]:
        tags = {group_tag_key(name): group_name}
        deployment = config["common"]["deployment"]
        if "instanceId" in deployment:
            cloud.ecs.tag_instances((deployment["instanceId"],), tags)
            return (deployment["instanceId"],)
        members = tuple(one.instance_id for one in cloud.ecs.list_instances(tags=tags))
        if members:
            return members
        instance_id = self._make_instance(cloud, deployment, group, f"{name}-{group_name}", tags)
        return (instance_id,)

    def _make_instance(
        self, cloud: Cloud, deployment: dict[str, Any], group: Group, name: str, tags: dict[str, str]
    ) -> str:
        self._network = self._network or self._make_network(cloud, deployment["ecsInstanceType"])
        vpc_id, vswitch_id = self._network
        security_group_id = cloud.security_groups.create(name, vpc_id, {}, uuid.uuid4().hex)
        group.made_security_groups.append(security_group_id)
        if "port" in deployment:
            cloud.security_groups.open_port(security_group_id, deployment["port"], "0.0.0.0/0", uuid.uuid4().hex)
        instance_id = cloud.ecs.run_instance(
            InstanceRequest(
                instance_name=name,
                instance_type=deployment["ecsInstanceType"],
                image_id=cloud.ecs.find_image_id("X86") or "",
                vswitch_id=vswitch_id,
                security_group_id=security_group_id,
                system_disk_category="cloud_essd",
                system_disk_gib=deployment["systemDiskSize"],
                bandwidth_mbps=deployment["internetMaxBandwidthOut"],
                tags=tags,
            ),
            uuid.uuid4().hex,
        )
        group.made_instances.append(instance_id)
        self._wait(
            lambda: any(one.status == "Running" for one in cloud.ecs.list_instances(instance_ids=(instance_id,)))
        )
        self._wait(lambda: cloud.assistant.is_ready(instance_id))
        return instance_id

    def _make_network(self, cloud: Cloud, instance_type: str) -> tuple[str, str]:
        zone_id = cloud.ecs.list_selling_zones(instance_type)[0]
        vpc_id = cloud.vpc.create_vpc("10.1.0.0/16", "template", uuid.uuid4().hex)
        self._wait(lambda: cloud.vpc.get_vpc_status(vpc_id) == "Available")
        vswitch_id = cloud.vpc.create_vswitch(
            vpc_id, zone_id, "10.1.1.0/24", name="template", client_token=uuid.uuid4().hex, tags={}
        )
        self._wait(lambda: all(one.status == "Available" for one in cloud.vpc.list_vswitches(vpc_id)))
        return vpc_id, vswitch_id

    def _run_scripts(self, cloud: Cloud, config: dict[str, Any], instance_id: str, name: str) -> InvocationResult:
        """The archive is put into /root, not unpacked; stop and start run joined in one shell, as the platform does it."""
        scripts = config["common"]["scripts"]
        url = cloud.oss.sign_download(f"{name}-{cloud.region_id}", f"{name}.zip", 600)
        fetch = f"rm -f /root/project_*.zip; curl -fsS -o /root/project_{name}.zip '{url}' || exit 9"
        content = f"{fetch}\n{scripts['stop']}\n{scripts['start']}".encode()
        invoke_id = cloud.assistant.start_command(
            instance_id, content, name="deploy", timeout_seconds=600, client_token=uuid.uuid4().hex
        )
        return wait_until(
            lambda: cloud.assistant.find_result(invoke_id, instance_id),
            lambda result: result is not None and result.is_final,
            Wait(what="scripts", timeout_seconds=600),
            status=str,
            clock=self._clock,
        )

    def _wait(self, is_done: Any) -> None:
        wait_until(is_done, bool, Wait(what="cloud", timeout_seconds=600), status=str, clock=self._clock)

    def status(self, call: Call, cloud: Cloud) -> Iterator[Frame]:
        name, group_name = call.flags["name"], call.flags["group_name"]
        found = cloud.oos.find_group(name, group_name)
        if found is None:
            raise Refused(f"EntityNotExists.ApplicationGroup: {group_name} does not exist")
        group = self.groups.get((name, group_name), Group())
        instances = cloud.ecs.list_instances(tags={group_tag_key(name): group_name})
        data = {
            "name": name,
            "group_name": group_name,
            "status": self.before_settling.pop(0) if self.before_settling else group.status,
            "revision_id": group.revision_id or None,
            "ecs_instance_ids": [one.instance_id for one in instances],
            "public_ip": next((one.public_ip for one in instances), None),
            "console_url": _page(name, group_name),
            "execution_id": group.execution_id or None,
            "execution_log": {"Outputs": json.dumps({"deployCommandOutput": group.output})},
        }
        yield ("out", json.dumps({"data": data}, indent=2) + "\n")

    def list(self, call: Call, cloud: Cloud) -> Iterator[Frame]:
        name = call.flags.get("name")
        if call.verbs[0] == "agent":
            found: list[str] = []
        elif name is None:
            found = list(cloud.oos.list_application_names())
        elif cloud.oos.application_exists(name):
            found = [one.name for one in cloud.oos.list_groups(name)]
        else:
            raise Refused(f"EntityNotExists.Application: {name} does not exist")
        yield _line({"type": "result", "status": "success", "data": {"items": [{"name": one} for one in found]}})

    def delete(self, call: Call, cloud: Cloud) -> Iterator[Frame]:
        """In JSON mode it asks nobody."""
        name, group_name = call.flags["name"], call.flags.get("group_name")
        if group_name is None:
            cloud.oos.delete_application(name)
        else:
            group = self.groups.pop((name, group_name), Group())
            for instance_id in group.made_instances:
                cloud.ecs.delete_instance(instance_id)
            for security_group_id in group.made_security_groups:
                self._wait(lambda one=security_group_id: _is_deleted(cloud, one))
            cloud.oos.delete_group(name, group_name)
        yield _line({"type": "result", "status": "success", "data": {}})


def _is_deleted(cloud: Cloud, security_group_id: str) -> bool:
    try:
        cloud.security_groups.delete(security_group_id)
    except DeployerError:
        return False
    return True


def _read_config(call: Call) -> dict[str, Any]:
    """The configuration, which may hold nothing the tool does not know. Errors: Refused."""
    path = call.folder / call.flags.get("config", ".appmanager/config.yaml")
    config: dict[str, Any] = yaml.safe_load(path.read_text())
    for section, keys in config.items():
        unknown = set(keys) - KNOWN_KEYS.get(section, set())
        if section not in KNOWN_KEYS or unknown:
            raise Refused(f"Unknown config key: {section} {sorted(unknown)}")
    if config["metadata"]["type"] == "agent" and not config["agent"]["model"].get("apiKey"):
        raise Refused("agent.model.apiKey is required")
    if not config["metadata"].get("regionId"):
        raise Refused("InvalidParameter: DeployRegionId is invalid")
    return config


def _page(name: str, group_name: str) -> str:
    return f"https://computenest.console.aliyun.com/app/detail?tabKey=overview&appName={name}&groupName={group_name}"


def _step(step: tuple[int, str]) -> Frame:
    return _line({"type": "step", "step": step[0], "total": len(STEPS), "message": step[1]})


def _line(value: dict[str, Any]) -> Frame:
    return ("out", json.dumps(value) + "\n")
