"""The RPC form: which operation a request asks for, with which parameters, signed how, to be answered in which format.

New SDKs name the operation in headers and put everything into the query; old ones and the CLI use `Action` in the
query or the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpRequest

_FORM = "application/x-www-form-urlencoded"
_MAX_BODY_BYTES = 8 * 1024 * 1024

COMMON_PARAMETERS = frozenset(
    {
        "AccessKeyId",
        "Action",
        "Format",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "Timestamp",
        "Version",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcRequest:
    """One request in RPC form, taken apart; nothing in it is verified yet."""

    http: HttpRequest
    body: bytes
    pairs: tuple[tuple[str, str], ...]  # query and form, decoded, in wire order
    action: str
    version: str
    params: Mapping[str, str]  # without the common ones
    common: Mapping[str, str]
    is_acs3: bool

    @property
    def wants_xml(self) -> bool:
        """What `Format` says; without it JSON for ACS3 and XML for RPC 1.0, whatever the case."""
        format_name = self.common.get("Format") or ("JSON" if self.is_acs3 else "XML")
        return format_name.upper() == "XML"

    @property
    def user_agent(self) -> str:
        return self.http.headers.get("user-agent", "")


def parse_rpc(request: HttpRequest) -> RpcRequest:
    """The request taken apart; a parameter in both query and form counts as in the query.

    Errors: ApiError 400 when action or version is missing, 413 when the body is too large.
    """
    body = request.body.read(_MAX_BODY_BYTES + 1)
    if len(body) > _MAX_BODY_BYTES:
        raise ApiError(413, "RequestEntityTooLarge", "The request body is too large.")
    pairs = request.query
    if body and request.headers.get("content-type", "").startswith(_FORM):
        pairs = pairs + parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    values = dict(reversed(pairs))
    is_acs3 = request.headers.get("authorization", "").startswith("ACS3-")
    return RpcRequest(
        http=request,
        body=body,
        pairs=tuple(pairs),
        action=request.headers.get("x-acs-action") or values.get("Action", ""),
        version=request.headers.get("x-acs-version") or values.get("Version", ""),
        params={name: values[name] for name, _ in pairs if name not in COMMON_PARAMETERS},
        common={name: value for name, value in values.items() if name in COMMON_PARAMETERS},
        is_acs3=is_acs3,
    )
