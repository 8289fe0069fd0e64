"""An API operation, how a service declares the ones it answers, and how it refuses.

A service is a class whose methods carry `@action("RunInstances", source="https://…")`: the API's own name, and the
page (or the facts it was derived from) its behaviour was read from. Parameters reach the method checked and typed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

Body = dict[str, Any]
HandlerMethod = TypeVar("HandlerMethod", bound=Callable[..., Body])


class ApiError(Exception):
    """The service refuses: HTTP status, code and message as the product words them.

    `extra` are further fields of the error body, such as `AccessDeniedDetail`; `headers` further headers, such as
    `x-acs-retry-after`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who signed the request."""

    account_id: str
    access_key_id: str
    arn: str
    user_id: str
    identity_type: str = "Account"  # Account, RAMUser, AssumedRoleUser
    role_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation asked of a service, after authentication and after the check against the contract.

    `params` holds only what was given and is not empty: str, int, float, bool, list and dict as the contract types
    them, JSON text already parsed. `region_id` is the request's `RegionId`, else the region of the host it went to.
    """

    product: str  # "ecs", "vpc", "oos", "bss", "sts"
    action: str
    region_id: str
    params: Mapping[str, Any]
    principal: Principal
    request_id: str
    host: str = ""
    raw_params: Mapping[str, str] = field(default_factory=dict)  # as on the wire, for ClientToken comparison


class Handler(Protocol):
    """A method that answers one operation with its body; the RequestId is added by the caller."""

    def __call__(self, call: Call) -> Body: ...


def action(name: str, *, source: str) -> Callable[[HandlerMethod], HandlerMethod]:
    """Mark a service's method as the answer to the API operation `name`, with where its behaviour was read."""

    def mark(method: HandlerMethod) -> HandlerMethod:
        method.action_name = name  # type: ignore[attr-defined]  # functions carry attributes
        method.action_source = source  # type: ignore[attr-defined]  # functions carry attributes
        return method

    return mark


def handlers_of(service: object) -> dict[str, Handler]:
    """The operations a service answers, by API name."""
    found: dict[str, Handler] = {}
    for attribute in dir(type(service)):
        name = getattr(getattr(type(service), attribute), "action_name", None)
        if name is not None:
            found[name] = getattr(service, attribute)
    return found


def sources_of(service: object) -> dict[str, str]:
    """Where each operation's behaviour was read, by API name."""
    return {
        method.action_name: method.action_source
        for attribute in dir(type(service))
        if hasattr(method := getattr(type(service), attribute), "action_name")
    }
