"""Asks a running server of the local cloud through its control endpoints."""

import http.client
import json
from typing import Any

from deployer.emulator.control_endpoints import CONTROL_PREFIX, TOKEN_HEADER
from deployer.emulator.state_directory import ServerInfo

_TIMEOUT_SECONDS = 10.0


def ask_server(info: ServerInfo, name: str, *, method: str = "GET", body: Any = None) -> Any:
    """The JSON a control endpoint answers, such as "ports", "state", "requests", or "reset" by POST.

    Errors: OSError when nothing answers; ValueError for a refusal.
    """
    connection = http.client.HTTPConnection(info.host, info.port, timeout=_TIMEOUT_SECONDS)
    try:
        payload = json.dumps(body).encode() if body is not None else None
        connection.request(method, f"{CONTROL_PREFIX}{name}", body=payload, headers={TOKEN_HEADER: info.token})
        response = connection.getresponse()
        answer = json.loads(response.read() or b"null")
        if response.status >= 400:
            raise ValueError(f"{name}: {answer}")
        return answer
    finally:
        connection.close()
