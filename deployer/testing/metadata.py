"""The metadata address of an ECS instance, as far as credentials need it.

Source: https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
"""

import json
import secrets

from deployer.emulator.core import Emulator
from deployer.emulator.http import HttpRequest, HttpResponse

_TOKEN_PATH = "/latest/api/token"  # noqa: S105  (a path)
_ROLES_PATH = "/latest/meta-data/ram/security-credentials/"
_SESSION_SECONDS = 6 * 3600
_LONGEST_TOKEN_SECONDS = 21600


class MetadataService:
    """Answers for one instance that has a RAM role. Tokens of the hardened mode are checked when they are sent."""

    def __init__(self, emulator: Emulator, role_name: str) -> None:
        self._emulator = emulator
        self._role = emulator.accounts.add_role(role_name, max_session_seconds=_SESSION_SECONDS)
        self._tokens: dict[str, float] = {}

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to one request."""
        if request.path == _TOKEN_PATH:
            return self._issue(request) if request.method == "PUT" else _text(405, "Method Not Allowed")
        if not self._is_admitted(request):
            return _text(403, "Forbidden")
        if request.path in {_ROLES_PATH, _ROLES_PATH.rstrip("/")}:
            return _text(200, self._role.role_name)
        if request.path == _ROLES_PATH + self._role.role_name:
            return self._credentials()
        return _text(404, "Not Found")

    def _issue(self, request: HttpRequest) -> HttpResponse:
        seconds = request.headers.get("x-aliyun-ecs-metadata-token-ttl-seconds", "")
        if not seconds.isdigit() or not 1 <= int(seconds) <= _LONGEST_TOKEN_SECONDS:
            return _text(400, "Bad Request")
        token = secrets.token_urlsafe(40)
        self._tokens[token] = self._emulator.context.clock.monotonic() + int(seconds)
        return _text(200, token)

    def _is_admitted(self, request: HttpRequest) -> bool:
        token = request.headers.get("x-aliyun-ecs-metadata-token")
        return token is None or self._tokens.get(token, -1.0) > self._emulator.context.clock.monotonic()

    def _credentials(self) -> HttpResponse:
        key = self._emulator.accounts.add_session(self._role, "metadata", _SESSION_SECONDS)
        assert key.expires_at is not None
        answer = {
            "AccessKeyId": key.access_key_id,
            "AccessKeySecret": key.secret,
            "Expiration": key.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "SecurityToken": key.security_token,
            "LastUpdated": self._emulator.context.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Code": "Success",
        }
        return HttpResponse(status=200, headers={"Content-Type": "application/json"}, body=json.dumps(answer).encode())


def _text(status: int, text: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"Content-Type": "text/plain"}, body=text.encode())
