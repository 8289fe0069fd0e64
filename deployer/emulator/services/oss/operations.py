"""Which operation a request is, by the contract, and whether it asks for anything the contract does not know."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol, TypeVar

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.services.oss.call import OssCall
from deployer.emulator.wire.oss_address import OssAddress
from deployer.emulator.wire.oss_credential import V1_QUERY, V4_QUERY

NOT_EMULATED = "Emulator.NotImplemented"
# In the contract, but without an effect here: asking for one of these is refused rather than ignored.
_WITHOUT_EFFECT = frozenset(
    {
        "x-oss-agentic-bucket",
        "x-oss-callback",
        "x-oss-callback-var",
        "x-oss-object-worm-legal-hold",
        "x-oss-object-worm-mode",
        "x-oss-object-worm-retain-until-date",
        "x-oss-process",
    }
)
# What else a bucket has in the cloud: the sub-resource and what its operations are called after their verb.
# Source: https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function
_OTHER_SUBRESOURCES: Mapping[str, str] = {
    "accessmonitor": "BucketAccessMonitor",
    "archiveDirectRead": "BucketArchiveDirectRead",
    "cname": "Cname",
    "httpsConfig": "BucketHttpsConfig",
    "inventory": "BucketInventory",
    "logging": "BucketLogging",
    "metaQuery": "MetaQuery",
    "replication": "BucketReplication",
    "requestPayment": "BucketRequestPayment",
    "resourceGroup": "BucketResourceGroup",
    "style": "Style",
    "transferAcceleration": "BucketTransferAcceleration",
    "website": "BucketWebsite",
    "worm": "BucketWorm",
}
_VERBS: Mapping[str, str] = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}
_SIGNING_HEADERS = frozenset({"x-oss-date", "x-oss-content-sha256", "x-oss-security-token"})
_METADATA_PREFIX = "x-oss-meta-"


class OperationHandler(Protocol):
    """A method that answers one operation."""

    def __call__(self, call: OssCall) -> HttpResponse: ...


HandlerMethod = TypeVar("HandlerMethod", bound=Callable[..., HttpResponse])


def operation(name: str, *, source: str) -> Callable[[HandlerMethod], HandlerMethod]:
    """Mark a method as the answer to the operation `name`, with where its behaviour was read."""

    def mark(method: HandlerMethod) -> HandlerMethod:
        method.action_name = name  # type: ignore[attr-defined]  # functions carry attributes
        method.action_source = source  # type: ignore[attr-defined]  # functions carry attributes
        return method

    return mark


def marked_methods(part: object) -> dict[str, tuple[OperationHandler, str]]:
    """The operations a part of the service answers: name to method and source."""
    found: dict[str, tuple[OperationHandler, str]] = {}
    for attribute in dir(type(part)):
        method = getattr(type(part), attribute)
        if hasattr(method, "action_name"):
            found[method.action_name] = (getattr(part, attribute), method.action_source)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One line of the contract. `selector` are the query names that tell it from others of its method and level."""

    name: str
    method: str
    level: str
    selector: frozenset[str]
    query: frozenset[str]
    headers: frozenset[str]
    ram_actions: tuple[str, ...]
    xml: Mapping[str, Any] | None

    @property
    def needs_copy_source(self) -> bool:
        return self.name in {"CopyObject", "UploadPartCopy"}


class Contract:
    """The operations of `contract/oss.json`."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self.operations = operations
        self._selectors = {
            level: frozenset().union(*(entry.selector for entry in operations.values() if entry.level == level))
            for level in ("service", "bucket", "object")
        }

    def find(self, request: HttpRequest, address: OssAddress) -> Operation | None:
        """The operation the request is, or None when no operation has this method, level and sub-resource."""
        if request.method == "OPTIONS":  # a browser asks on behalf of whatever request will follow
            return self.operations["OptionObject"] if address.bucket_name is not None else None
        names = frozenset(name for name, _ in request.query) & self._selectors[address.level]
        copies = "x-oss-copy-source" in request.headers
        for entry in self.operations.values():
            if (entry.method, entry.level, entry.selector, entry.needs_copy_source) == (
                request.method,
                address.level,
                names,
                copies,
            ):
                return entry
        return None

    def get(self, request: HttpRequest, address: OssAddress) -> Operation:
        """The operation, with every query parameter and x-oss header of the request known to it.

        Errors: ApiError 405 MethodNotAllowed, 501 Emulator.NotImplemented.
        """
        entry = self.find(request, address)
        names = {name for name, _ in request.query}
        if address.level == "bucket" and request.method in _VERBS:
            for name in sorted(names & (_OTHER_SUBRESOURCES.keys() - self._selectors["bucket"])):
                raise _unknown(_VERBS[request.method] + _OTHER_SUBRESOURCES[name])
        if entry is None:
            if "x-oss-copy-source" not in request.headers and self._has_other_method(names, address):
                raise _method_not_allowed(request)
            raise _unknown(f"{request.method} on the {address.level} level with the query {sorted(names)}")
        if entry.name == "OptionObject":
            return entry
        allowed = entry.query | V1_QUERY | V4_QUERY
        for name in sorted(names):
            if name not in allowed or name in _WITHOUT_EFFECT:
                raise _unknown(f"the query parameter {name!r} of {entry.name}")
        for name in request.headers:
            if name.startswith("x-oss-") and not _is_known_header(name, entry):
                raise _unknown(f"the header {name!r} of {entry.name}")
        return entry

    def _has_other_method(self, names: set[str], address: OssAddress) -> bool:
        selector = names & self._selectors[address.level]
        is_plain = not selector and names
        return not is_plain and any(
            entry.level == address.level and entry.selector == selector for entry in self.operations.values()
        )


def load_contract() -> Contract:
    """The contract as it was shipped."""
    text = files("deployer.emulator.contract").joinpath("oss.json").read_text(encoding="utf-8")
    return Contract({name: _read(name, raw) for name, raw in json.loads(text)["operations"].items()})


def _read(name: str, raw: Mapping[str, Any]) -> Operation:
    return Operation(
        name=name,
        method=raw["method"],
        level=raw["level"],
        selector=frozenset(raw["selector"]),
        query=frozenset(raw["query"]),
        headers=frozenset(raw["headers"]),
        ram_actions=tuple(raw["ram_actions"]),
        xml=raw.get("xml"),
    )


def _is_known_header(name: str, entry: Operation) -> bool:
    if name in _SIGNING_HEADERS:
        return True
    if name in _WITHOUT_EFFECT:
        return False
    return name in entry.headers or (name.startswith(_METADATA_PREFIX) and _METADATA_PREFIX in entry.headers)


def _unknown(what: str) -> ApiError:
    return ApiError(501, NOT_EMULATED, f"The emulator does not answer {what}.")


def _method_not_allowed(request: HttpRequest) -> ApiError:
    return ApiError(
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        extra={"Method": request.method},
    )
