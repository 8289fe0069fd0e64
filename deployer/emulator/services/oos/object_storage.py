"""OSS as tasks reach it: calls by method and path, signed as whoever runs the execution, and signed URLs.

Source: https://help.aliyun.com/zh/oos/user-guide/acs-executeapi. `GenerateUrl` is no operation of OSS: the answer is
made here, `{"Url": ...}`.
"""

import io
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

from deployer.emulator.actions import Principal
from deployer.emulator.context import Context
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.services.oss.authentication import KeyBook
from deployer.emulator.wire.oss_address import read_address
from deployer.emulator.wire.oss_credential import read_credential
from deployer.emulator.wire.oss_signature import expected_signatures
from deployer.oos.api_calls import RestCall
from deployer.oos.failures import ApiFailure, TaskFailure

_DEFAULT_LIFE_SECONDS = 6000
# Which parameters of a call are not part of the request's query.
_OWN_PARAMETERS = frozenset({"bucketname", "regionid", "expires", "internal"})


class ObjectStorage:
    """OSS for the executions of one account. `sign_as` says whose key signs."""

    def __init__(self, context: Context, keys: KeyBook, region_id: str, sign_as: Callable[[], Principal]) -> None:
        self._context = context
        self._keys = keys
        self._region_id = region_id
        self._sign_as = sign_as

    def call(self, call: RestCall) -> dict[str, Any]:
        """The answer's body as a map. Errors: ApiFailure of OSS."""
        parameters = {str(name).casefold(): value for name, value in call.parameters.items()}
        further = {
            name: str(value)
            for name, value in call.parameters.items()
            if name.casefold() not in _OWN_PARAMETERS and value not in ("", None)
        }
        if call.api.casefold() == "generateurl":
            return {"Url": self._signed_url(call, parameters, further)}
        request = self._signed_request(call, parameters, dict(call.headers), further)
        return _read(self._context.send(request))

    def _signed_url(self, call: RestCall, parameters: Mapping[str, Any], further: Mapping[str, str]) -> str:
        """A URL that needs no key for a while.

        Assumed: headers take no part in its signature, as the commands of public templates send none; and plain http,
        which is what machines reach the emulated cloud by.
        """
        request = self._signed_request(call, parameters, {}, further)
        return f"http://{request.headers['host']}{request.target}"

    def _signed_request(
        self, call: RestCall, parameters: Mapping[str, Any], headers: dict[str, str], further: Mapping[str, str]
    ) -> HttpRequest:
        principal = self._sign_as()
        key = self._keys.secret_for(principal.access_key_id)
        path, _, query_text = call.uri.partition("?")
        life = timedelta(seconds=float(parameters.get("expires") or _DEFAULT_LIFE_SECONDS))
        signing = {
            "OSSAccessKeyId": principal.access_key_id,
            "Expires": str(int((self._context.clock.now() + life).timestamp())),
            **({"security-token": key.security_token} if key and key.security_token else {}),
        }
        query = "&".join(filter(None, (query_text, urlencode({**further, **signing}, quote_via=quote))))
        target = f"/{quote(path.lstrip('/'), safe='/~')}?{query}"
        body = call.body.encode()
        request = HttpRequest(
            method=call.method,
            target=f"{target}&Signature=-",
            headers={"host": self._host(parameters), **{name.lower(): value for name, value in headers.items()}},
            body=io.BytesIO(body),
            content_length=len(body),
        )
        credential = read_credential(request)
        assert credential is not None
        expected = expected_signatures(request, credential, read_address(request), key.secret if key else "")[0]
        request.target = f"{target}&Signature={quote(expected.signature, safe='')}"
        return request

    def _host(self, parameters: Mapping[str, Any]) -> str:
        bucket_name = str(parameters.get("bucketname") or "")
        region_id = str(parameters.get("regionid") or self._region_id)
        network = "-internal" if str(parameters.get("internal")).casefold() == "true" else ""
        prefix = f"{bucket_name}." if bucket_name else ""
        return f"{prefix}oss-{region_id}{network}.aliyuncs.com"


def _read(response: HttpResponse) -> dict[str, Any]:
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    document = _document(body)
    if response.status < 300:
        return document if isinstance(document, dict) else {"Body": document}
    error = document.get("Error", {}) if isinstance(document, dict) else {}
    if error.get("Code") == "Emulator.NotImplemented":
        raise TaskFailure(f"{error['Code']}: {error.get('Message', '')}")
    raise ApiFailure(str(error.get("Code") or response.status), str(error.get("Message") or ""), error)


def _document(body: bytes) -> Any:
    """JSON as it is, XML as a map of its root element, anything else as text."""
    text = body.decode("utf-8", "replace")
    try:
        if text.lstrip().startswith("<"):
            root = ET.fromstring(body)  # noqa: S314  (our own service wrote it)
            return {root.tag: _children(root)}
        return json.loads(text) if text else {}
    except (ET.ParseError, ValueError):
        return text


def _children(element: ET.Element) -> Any:
    """Text, or a map of the children, an element that repeats as a list."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _children(child)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found
