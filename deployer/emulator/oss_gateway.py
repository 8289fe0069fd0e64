"""Requests to OSS on their way in and out: faults armed for an operation, and the record of what was asked.

Signatures, rights and everything else are the service's own. Bodies move without the emulator's lock.
"""

import base64
import re

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError
from deployer.emulator.broken_answers import break_answer, slow_down
from deployer.emulator.context import Context
from deployer.emulator.dispatch import DEFAULT_REGION_ID, Dispatcher
from deployer.emulator.faults import Faults, ForeignAnswer, strike_after, strike_before
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.recorder import RecordedCall, Recorder
from deployer.emulator.services.oss.service import OssService
from deployer.emulator.wire.oss_address import OssAddress, read_address
from deployer.emulator.wire.oss_credential import V1_QUERY, V4_QUERY, OssCredential, read_credential

_CODE = re.compile(rb"<Code>([^<]*)</Code>")
_SECRET_HEADERS = frozenset({"x-oss-security-token"})


class OssGateway:
    """Answers requests that are meant for OSS."""

    def __init__(self, oss: OssService, dispatcher: Dispatcher, context: Context, accounts: Accounts) -> None:
        self._oss = oss
        self._lock = dispatcher.lock
        self._context = context
        self._accounts = accounts

    def handle(self, request: HttpRequest, faults: Faults, recorder: Recorder) -> HttpResponse:
        """The answer. Errors: DroppedConnection when none is to come."""
        operation = self._oss.operation_of(request)
        response: HttpResponse | None = None
        try:
            response = self._answer(request, operation, faults)
        finally:
            recorder.add(self._record(request, operation, response))
        return response

    def _answer(self, request: HttpRequest, operation: str, faults: Faults) -> HttpResponse:
        fault = faults.take("oss", operation)
        clock = self._context.clock
        try:
            strike_before(fault, operation, clock)
            slow_down(request, fault, clock)
            with self._lock:
                self._context.scheduler.run_due()
            response = self._oss.handle(request, self._lock)
            strike_after(fault)
            return break_answer(response, fault, clock)
        except ApiError as refused:
            with self._lock:
                request_id = self._oss.new_request_id()
            return self._oss.refuse(request, refused, request_id)
        except ForeignAnswer as answer:
            return answer.response

    def _record(self, request: HttpRequest, operation: str, response: HttpResponse | None) -> RecordedCall:
        address, credential = read_address(request), _claim(request)
        key = self._accounts.secret_for(credential.access_key_id) if credential else None
        return RecordedCall(
            product="oss",
            action=operation,
            params=_params(request, address),
            region_id=address.region_id or (credential and credential.scope_region_id) or DEFAULT_REGION_ID,
            account_id=key.principal.account_id if key else "",
            access_key_id=credential.access_key_id if credential else "",
            request_id=response.headers.get("x-oss-request-id", "") if response else "",
            status=response.status if response else 0,
            code=_code(response) if response and response.status >= 300 else "",
            user_agent=request.headers.get("user-agent", ""),
            at=self._context.clock.now(),
        )


def _claim(request: HttpRequest) -> OssCredential | None:
    try:
        return read_credential(request)
    except ApiError:
        return None


def _params(request: HttpRequest, address: OssAddress) -> dict[str, str]:
    """Bucket, object, query and `x-oss-` headers; nothing a signature is made of."""
    asked = {name: value for name, value in request.query if name not in V1_QUERY | V4_QUERY}
    headers = {
        name: value
        for name, value in request.headers.items()
        if name.startswith("x-oss-") and name not in _SECRET_HEADERS
    }
    place = {"BucketName": address.bucket_name, "ObjectName": address.object_name}
    return {**asked, **headers, **{name: part for name, part in place.items() if part is not None}}


def _code(response: HttpResponse) -> str:
    """The error code of a refusal; HEAD carries it in a header."""
    body = response.body if isinstance(response.body, bytes) else b""
    found = _CODE.search(body or base64.b64decode(response.headers.get("x-oss-err", "")))
    return found[1].decode() if found else ""
