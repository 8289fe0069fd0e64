"""The metadata address 100.100.100.200: what an instance can ask about itself, and the credentials of its RAM role.

Source: https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from deployer.emulator.accounts import Accounts
from deployer.emulator.context import Context
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.services.ecs.instances import Instance, MetadataOptions
from deployer.emulator.services.ecs.state import EcsState

METADATA_HOST = "100.100.100.200"
# Machines are known by it: their way out sets it, and lets none through that a program inside has set.
INSTANCE_HEADER = "x-emulator-instance-id"
LONGEST_SESSION_SECONDS = 6 * 3600

_TOKEN_PATH = "/latest/api/token"  # noqa: S105  (a path)
_DATA_PATH = "/latest/meta-data"
_USER_DATA_PATH = "/latest/user-data"
_IDENTITY_PATH = "/latest/dynamic/instance-identity/document"
_ROLES = "ram/security-credentials/"
_LONGEST_TOKEN_SECONDS = 21600
_NAME_SERVERS = "100.100.2.136\n100.100.2.138"


class MetadataService:
    """Answers the machines, and the computer itself once `role_name` makes it an instance with that role.

    Tokens of the hardened mode are checked when they are sent, and wanted where the instance insists on them.
    """

    def __init__(self, context: Context, accounts: Accounts, ecs_state: EcsState) -> None:
        self.role_name = ""  # of the computer itself; empty: it is no instance
        self._context = context
        self._accounts = accounts
        self._ecs_state = ecs_state
        self._tokens: dict[str, float] = {}

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to one request."""
        instance = self._ecs_state.find_instance(request.headers.get(INSTANCE_HEADER, ""), None)
        options = instance.metadata if instance is not None else MetadataOptions()
        path = request.path.rstrip("/")
        if options.http_endpoint == "disabled":
            return _text(403, "Forbidden")
        if path == _TOKEN_PATH:
            return self._issue(request) if request.method == "PUT" else _text(405, "Method Not Allowed")
        if not self._is_admitted(request, options):
            return _text(403, "Forbidden")
        if request.method not in {"GET", "HEAD"}:
            return _text(405, "Method Not Allowed")
        if path == _USER_DATA_PATH and instance is not None and instance.user_data is not None:
            return HttpResponse(status=200, headers={"Content-Type": "text/plain"}, body=instance.user_data)
        if path == _IDENTITY_PATH and instance is not None:
            return _json(self._identity(instance))
        if path == _DATA_PATH or path.startswith(f"{_DATA_PATH}/"):
            return self._data(path.removeprefix(_DATA_PATH).strip("/"), instance)
        return _text(404, "Not Found")

    def _issue(self, request: HttpRequest) -> HttpResponse:
        seconds = request.headers.get("x-aliyun-ecs-metadata-token-ttl-seconds", "")
        if not seconds.isdigit() or not 1 <= int(seconds) <= _LONGEST_TOKEN_SECONDS:
            return _text(400, "Bad Request")
        token = secrets.token_urlsafe(40)
        self._tokens[token] = self._context.clock.monotonic() + int(seconds)
        return _text(200, token)

    def _is_admitted(self, request: HttpRequest, options: MetadataOptions) -> bool:
        token = request.headers.get("x-aliyun-ecs-metadata-token")
        if token is None:
            return options.http_tokens != "required"
        return self._tokens.get(token, -1.0) > self._context.clock.monotonic()

    def _data(self, name: str, instance: Instance | None) -> HttpResponse:
        """One value, or the names below a folder, folders with a slash behind them."""
        role_name = instance.ram_role_name if instance is not None else self.role_name
        if role_name and name == f"{_ROLES}{role_name}":
            return self._credentials(role_name)
        values = _values(self._context.account_id, instance) if instance is not None else {}
        if role_name:
            values[f"{_ROLES}{role_name}"] = ""
        if name in values:
            return _text(200, values[name])
        folder = f"{name}/" if name else ""
        below = {_first_step(known.removeprefix(folder)) for known in values if known.startswith(folder)}
        return _text(200, "\n".join(sorted(below))) if below else _text(404, "Not Found")

    def _credentials(self, role_name: str) -> HttpResponse:
        role = self._accounts.find_role(role_name)
        if role is None:
            return _text(404, "Not Found")
        key = self._accounts.add_session(role, "metadata", LONGEST_SESSION_SECONDS)
        assert key.expires_at is not None
        return _json(
            {
                "AccessKeyId": key.access_key_id,
                "AccessKeySecret": key.secret,
                "Expiration": key.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "SecurityToken": key.security_token,
                "LastUpdated": self._context.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                "Code": "Success",
            }
        )

    def _identity(self, instance: Instance) -> Mapping[str, Any]:
        """Source: https://www.alibabacloud.com/help/en/ecs/user-guide/use-instance-identities."""
        return {
            "account-id": self._context.account_id,
            "create-time": instance.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "hibernation": {"configured": "false"},
            "host-name": instance.hostname,
            "image-id": instance.image.image_id,
            "instance-id": instance.instance_id,
            "instance-type": instance.instance_type.instance_type_id,
            "mac": instance.mac_address,
            "owner-account-id": self._context.account_id,
            "private-ipv4": instance.private_ip,
            "region-id": instance.region_id,
            "serial-number": instance.serial_number,
            "zone-id": instance.zone_id,
        }


def _values(account_id: str, instance: Instance) -> dict[str, str]:
    """What stands below `/latest/meta-data/`, by path."""
    interface = f"network/interfaces/macs/{instance.mac_address}"
    values = {
        "dns-conf/nameservers": _NAME_SERVERS,
        "hostname": instance.hostname,
        "image-id": instance.image.image_id,
        "instance-id": instance.instance_id,
        "instance/instance-name": instance.instance_name,
        "instance/instance-type": instance.instance_type.instance_type_id,
        "mac": instance.mac_address,
        "network-type": "vpc",
        f"{interface}/network-interface-id": instance.network_interface_id,
        f"{interface}/primary-ip-address": instance.private_ip,
        f"{interface}/vpc-id": instance.vpc_id,
        f"{interface}/vswitch-id": instance.vswitch.vswitch_id,
        "owner-account-id": account_id,
        "private-ipv4": instance.private_ip,
        "region-id": instance.region_id,
        "serial-number": instance.serial_number,
        "vpc-cidr-block": str(instance.vswitch.vpc.network),
        "vpc-id": instance.vpc_id,
        "vswitch-cidr-block": str(instance.vswitch.network),
        "vswitch-id": instance.vswitch.vswitch_id,
        "zone-id": instance.zone_id,
    }
    if instance.eip is not None and instance.internet_ip is not None:
        values["eipv4"] = instance.internet_ip
    elif instance.public_ip is not None:
        values["public-ipv4"] = instance.public_ip
    return values


def _first_step(path: str) -> str:
    name, slash, _ = path.partition("/")
    return name + slash


def _text(status: int, text: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"Content-Type": "text/plain"}, body=text.encode())


def _json(value: Mapping[str, Any]) -> HttpResponse:
    return HttpResponse(status=200, headers={"Content-Type": "application/json"}, body=json.dumps(value).encode())
