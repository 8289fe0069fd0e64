"""From an HTTP request in RPC form to its HTTP answer: take apart, verify, dispatch, render."""

import re

from deployer.emulator.accounts import AccessKey, Accounts
from deployer.emulator.actions import ApiError, Body, Principal
from deployer.emulator.authentication import Authenticator
from deployer.emulator.broken_answers import BrokenAnswer, break_answer
from deployer.emulator.dispatch import Asked, Dispatcher, region_of_host
from deployer.emulator.faults import ForeignAnswer
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.wire.answers import render_body, render_error
from deployer.emulator.wire.rpc import RpcRequest, parse_rpc
from deployer.emulator.wire.signatures import read_signature

_METHODS = frozenset({"GET", "POST"})
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")


class Gateway:
    """Answers requests in RPC form."""

    def __init__(self, dispatcher: Dispatcher, accounts: Accounts, *, verify_signatures: bool = True) -> None:
        self._dispatcher = dispatcher
        self._accounts = accounts
        self._verify_signatures = verify_signatures
        self.authenticator = Authenticator(accounts)

    def handle(self, http: HttpRequest) -> HttpResponse:
        """The answer. Errors: DroppedConnection when none is to come."""
        request_id = self._dispatcher.new_request_id()
        try:
            request = parse_rpc(http)
        except ApiError as error:
            return render_error(error, wants_xml=False, request_id=request_id, host=http.host)
        product = ""
        try:
            product = self._product_of(request)
            body = self._dispatcher.call(self._admitted(request, product, request_id))
            return _rendered(request, body, request_id)
        except BrokenAnswer as broken:
            return break_answer(_rendered(request, broken.body, request_id), broken.fault, self._dispatcher.clock)
        except ApiError as error:
            return render_error(
                error, wants_xml=request.wants_xml, request_id=request_id, host=http.host, product=product
            )
        except ForeignAnswer as answer:
            return answer.response

    def _admitted(self, request: RpcRequest, product: str, request_id: str) -> Asked:
        """The call, by somebody known. Errors: ApiError, which is on record as well."""
        try:
            key = self._authenticate(request)
        except ApiError as error:
            claimed = read_signature(request).access_key_id
            nobody = Principal(account_id="", access_key_id=claimed, arn="", user_id="")
            self._dispatcher.record(_asked(request, product, nobody, request_id), error.status, error.code)
            raise
        return _asked(request, product, key.principal, request_id)

    def _authenticate(self, request: RpcRequest) -> AccessKey:
        if self._verify_signatures:
            return self.authenticator.authenticate(request)
        key = self._accounts.secret_for(read_signature(request).access_key_id)
        return key or AccessKey(access_key_id="", secret="", principal=self._accounts.root)  # nothing is verified

    def _product_of(self, request: RpcRequest) -> str:
        """Which product is asked: the version says it, the host does not.

        Errors: 403 UnsupportedHTTPMethod; 400 MissingAction, MissingVersion, NoSuchVersion; 501 Emulator.NotImplemented.
        """
        if request.http.method not in _METHODS:
            raise ApiError(403, "UnsupportedHTTPMethod", "This http method is not supported.")
        for name, value in (("Action", request.action), ("Version", request.version)):
            if not value:
                raise ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")
        product = self._dispatcher.contract.find_product(request.version, request.action)
        if product is not None:
            return product
        if _VERSION.fullmatch(request.version):
            message = f"{request.action} of API version {request.version} is not emulated by the local cloud."
            raise ApiError(501, "Emulator.NotImplemented", message)
        raise ApiError(400, "NoSuchVersion", "Specified version does not exist.")


def _rendered(request: RpcRequest, body: Body, request_id: str) -> HttpResponse:
    return render_body(request.action, body, wants_xml=request.wants_xml, request_id=request_id)


def _asked(request: RpcRequest, product: str, principal: Principal, request_id: str) -> Asked:
    return Asked(
        product=product,
        action=request.action,
        params=request.params,
        principal=principal,
        request_id=request_id,
        region_id=region_of_host(request.http.host),
        host=request.http.host,
        user_agent=request.user_agent,
        is_secure=request.http.scheme == "https",
    )
