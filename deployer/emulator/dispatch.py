"""The one way to an operation, for clients on the wire and for services that call each other.

In order: is there such an operation, may the caller use it, do the parameters fit, is a fault armed; then the handler
runs under the emulator's lock, and the call is recorded whatever came of it.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.clock import Clock
from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError, Body, Call, Handler, Principal
from deployer.emulator.broken_answers import BrokenAnswer, is_broken
from deployer.emulator.context import Context
from deployer.emulator.contract.check import flat_parameters, typed_parameters, undeclared_fields
from deployer.emulator.contract.document import Contract, Operation
from deployer.emulator.faults import DroppedConnection, Faults, ForeignAnswer, strike_after, strike_before
from deployer.emulator.ids import Ids
from deployer.emulator.ram.guard import Guard, Request
from deployer.emulator.recorder import RecordedCall, Recorder, masked

DEFAULT_REGION_ID = "cn-hangzhou"

# Old SDKs add it to every call, those of operations without a region included.
_SENT_WITH_EVERYTHING = frozenset({"RegionId"})
_REGION_HOST = re.compile(r"^[a-z]+(?:-vpc)?[.-]([a-z]{2}-[a-z0-9-]+?)\.aliyuncs\.com$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One operation as somebody asks for it; parameters flat, as on the wire."""

    product: str
    action: str
    params: Mapping[str, str]
    principal: Principal
    request_id: str
    region_id: str  # where it is asked; a RegionId among the parameters wins
    host: str = ""
    user_agent: str = ""
    is_internal: bool = False
    is_secure: bool = True  # came over TLS


class Dispatcher:
    """Takes calls to handlers. `lock` is held while one runs, so that services need no locks of their own."""

    def __init__(self, context: Context, accounts: Accounts, faults: Faults, recorder: Recorder) -> None:
        self.lock = threading.RLock()
        self.contract = Contract()
        self.handlers: dict[str, Mapping[str, Handler]] = {}
        self._context = context
        self._accounts = accounts
        self._faults = faults
        self._recorder = recorder
        self.guard = Guard(clock=context.clock)
        self.checks_answers = False  # True: an answer with a field the contract does not know is our own mistake
        self.request_ids = Ids(f"requests:{context.ids.hexadecimal(8)}")

    @property
    def clock(self) -> Clock:
        """The clock of the cloud."""
        return self._context.clock

    def new_request_id(self) -> str:
        with self.lock:
            return self.request_ids.request_id()

    def call(self, asked: Asked) -> Body:
        """The body of the answer, without RequestId. Errors: ApiError, DroppedConnection, ForeignAnswer, BrokenAnswer."""
        status, code = 0, ""
        try:
            body = self._answer(asked)
            status = 200
        except ApiError as error:
            status, code = error.status, error.code
            raise
        except ForeignAnswer as answer:
            status = answer.response.status
            raise
        except BrokenAnswer:
            status = 200
            raise
        finally:
            self.record(asked, status, code)
        return body

    def call_api(
        self, product: str, action: str, params: Mapping[str, Any], *, region_id: str, principal: Principal
    ) -> Body:
        """An operation asked for by another service, as `ApiCaller` describes it. A lost answer is a 503 here."""
        operation = self._operation(product, action)
        asked = Asked(
            product=operation.product,
            action=action,
            params=flat_parameters(operation, params),
            principal=principal,
            request_id=self.new_request_id(),
            region_id=region_id,
            is_internal=True,
        )
        try:
            return self.call(asked)
        except BrokenAnswer as broken:
            if broken.fault.kind == "slow":
                return broken.body
            raise ApiError(503, "ServiceUnavailable", f"The request has failed: {broken}.") from broken
        except (DroppedConnection, ForeignAnswer) as lost:
            raise ApiError(503, "ServiceUnavailable", f"The request has failed: {lost}.") from lost

    def _answer(self, asked: Asked) -> Body:
        operation = self._operation(asked.product, asked.action)
        fault = self._faults.take(asked.product, asked.action, asked.params)
        if not (asked.is_internal and fault is not None and fault.kind == "lag"):
            strike_before(fault, asked.action, self._context.clock)
        self._check_allowed(operation, asked)
        ignored = self.contract.product(asked.product).account_parameters
        ignored |= _SENT_WITH_EVERYTHING - operation.parameters.keys()
        typed = typed_parameters(operation, asked.params, ignored)
        handler = self.handlers.get(asked.product, {}).get(asked.action)
        if handler is None:
            raise _not_emulated(asked.product, asked.action)
        call = Call(
            product=asked.product,
            action=asked.action,
            region_id=typed.get("RegionId") or asked.region_id,
            params=typed,
            principal=asked.principal,
            request_id=asked.request_id,
            host=asked.host,
            raw_params=asked.params,
        )
        with self.lock:
            self._context.scheduler.run_due()
            body = handler(call)
        if self.checks_answers and (unknown := undeclared_fields(operation, body)):
            raise AssertionError(f"{asked.action} answers with fields nobody knows: {', '.join(unknown)}")
        strike_after(fault)
        if fault is not None and is_broken(fault):
            raise BrokenAnswer(fault, body)
        return body

    def _operation(self, product: str, action: str) -> Operation:
        """The operation; ECS answers for VPC's too, as it does old clients.

        Errors: ApiError 501 for one that exists and is not described here, 404 for one that does not exist.
        """
        found = self.contract.find(product, action)
        if found is None and product == "ecs":
            found = self.contract.find("vpc", action)
        if found is not None:
            return found
        if action in self.contract.product(product).other_names:
            raise _not_emulated(product, action)
        raise ApiError(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")

    def _check_allowed(self, operation: Operation, asked: Asked) -> None:
        """Errors: ApiError 403 in the product's words."""
        request = Request(
            account_id=asked.principal.account_id,
            region_id=asked.params.get("RegionId") or asked.region_id,
            params=asked.params,
            is_secure=asked.is_secure,
        )
        self.guard.check_operation(operation, self._accounts.secret_for(asked.principal.access_key_id), request)

    def record(self, asked: Asked, status: int, code: str) -> None:
        """Keep that this was asked, and how it ended; status 0 when no answer was given."""
        self._recorder.add(
            RecordedCall(
                product=asked.product,
                action=asked.action,
                params=masked(asked.action, asked.params),
                region_id=asked.params.get("RegionId") or asked.region_id,
                account_id=asked.principal.account_id,
                access_key_id=asked.principal.access_key_id,
                request_id=asked.request_id,
                status=status,
                code=code,
                user_agent=asked.user_agent,
                at=self._context.clock.now(),
                is_internal=asked.is_internal,
            )
        )


def _not_emulated(product: str, action: str) -> ApiError:
    return ApiError(501, "Emulator.NotImplemented", f"{product}:{action} is not emulated by the local cloud.")


def region_of_host(host: str) -> str:
    """The region an endpoint belongs to; `cn-hangzhou` for hosts that name none, loopback among them."""
    found = _REGION_HOST.match(host)
    return found[1] if found else DEFAULT_REGION_ID
