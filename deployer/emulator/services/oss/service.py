"""The service as a whole: a request in, an answer out, refusals as XML."""

import base64
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from deployer.clock import Clock, SystemClock
from deployer.emulator.actions import ApiError
from deployer.emulator.context import Context
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.ids import Ids
from deployer.emulator.ram.guard import Guard
from deployer.emulator.services.oss.appending import Appending
from deployer.emulator.services.oss.authentication import (
    Authenticated,
    KeyBook,
    authenticate,
    check_signing_region,
    trust,
)
from deployer.emulator.services.oss.authorization import check_ram
from deployer.emulator.services.oss.bodies import BodyStore
from deployer.emulator.services.oss.bucket_settings import BucketSettings
from deployer.emulator.services.oss.buckets import Buckets
from deployer.emulator.services.oss.call import OssCall, http_time
from deployer.emulator.services.oss.cross_origin import CrossOrigin, cross_origin_headers
from deployer.emulator.services.oss.links import Links
from deployer.emulator.services.oss.listing import Listing
from deployer.emulator.services.oss.multipart import MultipartUploads
from deployer.emulator.services.oss.object_reading import ObjectReading
from deployer.emulator.services.oss.object_writing import ObjectWriting
from deployer.emulator.services.oss.operations import NOT_EMULATED, Operation, load_contract, marked_methods
from deployer.emulator.services.oss.posting import Posting
from deployer.emulator.services.oss.restoring import Restoring
from deployer.emulator.services.oss.state import Bucket, OssState
from deployer.emulator.services.oss.version_listing import VersionListing
from deployer.emulator.wire import oss_xml
from deployer.emulator.wire.oss_address import OssAddress, is_oss_host, read_address
from deployer.emulator.wire.oss_credential import has_credential

_LONGEST_NAME_BYTES = 1023
_DEFAULT_REGION_ID = "cn-hangzhou"
_DRAINED_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
# What OSS is asked for by POST, as the query names it.
_POSTED = frozenset({"delete", "uploads", "uploadid", "append", "restore"})


class OssService:
    """Object storage of all accounts.

    Clients stamp requests with the time of day, so that stamp is judged by `wall_clock`, which stays the machine's own
    even while the emulated cloud lives in virtual time. How long signed URLs and sessions live is judged by the cloud's.
    """

    def __init__(self, context: Context, accounts: KeyBook, guard: Guard) -> None:
        self.wall_clock: Clock = SystemClock()
        self.verify_signatures = True
        self.state = OssState()
        self._context = context
        self._accounts = accounts
        self._guard = guard
        self.request_ids = Ids(f"oss-requests:{context.ids.hexadecimal(8)}")
        self._contract = load_contract()
        self._bodies = BodyStore(context.data_dir / "oss")
        objects = ObjectWriting(self.state, self._bodies, context.ids)
        parts = (
            Buckets(self.state),
            BucketSettings(self.state),
            ObjectReading(self.state, self._bodies),
            objects,
            MultipartUploads(self.state, self._bodies, context.ids, objects),
            Listing(self.state),
            VersionListing(self.state),
            Appending(self.state, self._bodies, objects),
            Links(self.state, self._bodies, objects),
            Restoring(self.state),
            Posting(self.state, self._bodies, objects, accounts),
            CrossOrigin(self.state),
        )
        marked = {name: entry for part in parts for name, entry in marked_methods(part).items()}
        self.handlers = {name: handler for name, (handler, _) in marked.items()}
        self.sources: Mapping[str, str] = {name: source for name, (_, source) in marked.items()}

    @property
    def contract_operations(self) -> tuple[str, ...]:
        """Every operation the contract knows, answered or not."""
        return tuple(self._contract.operations)

    def create_foreign_bucket(self, name: str, account_id: str, region_id: str = _DEFAULT_REGION_ID) -> Bucket:
        """A bucket of somebody else's, so that its name is taken."""
        return self.state.create_foreign_bucket(name, account_id, now=self._context.clock.now(), region_id=region_id)

    def matches(self, request: HttpRequest) -> bool:
        """True for OSS: by host, by signature, or a path or preflight that names no RPC action."""
        if is_oss_host(request.host) or has_credential(request):
            return True
        names = {name.lower() for name, _ in request.query}
        is_rpc = "action" in names or "x-acs-action" in request.headers or "authorization" in request.headers
        is_form = request.headers.get("content-type", "").startswith("multipart/form-data")
        return not is_rpc and (request.method != "POST" or is_form or bool(names & _POSTED))

    def operation_of(self, request: HttpRequest) -> str:
        """The operation's name, or method and level when the contract has none for the request."""
        address = read_address(request)
        entry = self._contract.find(request, address)
        return entry.name if entry else f"{request.method}:{address.level}"

    def handle(self, request: HttpRequest, lock: AbstractContextManager[Any]) -> HttpResponse:
        """The answer, refusals included. `lock` is held for looks and changes, never while a body is moved."""
        with lock:
            request_id = self.new_request_id()
        try:
            return self._answer(request, lock, request_id)
        except ApiError as error:
            return self.refuse(request, error, request_id)

    def new_request_id(self) -> str:
        """`5C1B2D24B90AD5490CFE368E`: 24 hexadecimal digits, shorter than elsewhere."""
        return self.request_ids.hexadecimal(24).upper()

    def _answer(self, request: HttpRequest, lock: AbstractContextManager[Any], request_id: str) -> HttpResponse:
        address, now = read_address(request), self._context.clock.now()
        self._expire(lock, now)
        who = self._authenticate(request, address, now)
        if self._context.assumptions.oss_refuses_path_style:
            _check_address(address)
        entry = self._contract.get(request, address)
        call = self._make_call(request, address, entry, who, lock)
        _check_anonymous(call)
        _check_object_name(address)
        check_ram(call)
        handler = self.handlers.get(entry.name)
        if handler is None:
            raise ApiError(501, NOT_EMULATED, f"The emulator does not answer {entry.name}.")
        response = handler(call)
        response.headers.update(cross_origin_headers(self.state.buckets.get(address.bucket_name or ""), request))
        return self._finish(response, request_id)

    def _authenticate(self, request: HttpRequest, address: OssAddress, now: datetime) -> Authenticated:
        if (
            request.method == "OPTIONS"
        ):  # a browser asks with the URL of the request to follow, which is not signed for it
            return Authenticated(key=None, scope_region_id=None)
        if not self.verify_signatures:
            return trust(request, self._accounts, self._context.account_id)
        who = authenticate(request, address, self._accounts, now=now, wall_now=self.wall_clock.now())
        if self._context.assumptions.oss_checks_signing_region:
            check_signing_region(who, address)
        return who

    def _make_call(
        self,
        request: HttpRequest,
        address: OssAddress,
        entry: Operation,
        who: Authenticated,
        lock: AbstractContextManager[Any],
    ) -> OssCall:
        return OssCall(
            request=request,
            address=address,
            operation_name=entry.name,
            ram_actions=entry.ram_actions,
            schema=entry.xml,
            query=dict(request.query),
            key=who.key,
            region_id=self._endpoint_region(address, who),
            now=self._context.clock.now(),
            lock=lock,
            assumptions=self._context.assumptions,
            guard=self._guard,
            state=self.state,
        )

    def _endpoint_region(self, address: OssAddress, who: Authenticated) -> str:
        """The host's region; where it names none (loopback), the one a V4 signature was made for, or the bucket's."""
        bucket = self.state.buckets.get(address.bucket_name or "")
        is_told = bucket is None or self._context.assumptions.oss_signing_region_is_endpoint
        signed_for = who.scope_region_id if is_told else None
        return address.region_id or signed_for or (bucket.region_id if bucket else _DEFAULT_REGION_ID)

    def _expire(self, lock: AbstractContextManager[Any], now: datetime) -> None:
        lag = timedelta(seconds=self._context.assumptions.oss_lifecycle_lag_seconds)
        with lock:
            for bucket in self.state.buckets.values():
                for body in bucket.expire(now - lag):
                    self._bodies.remove(body)

    def refuse(self, request: HttpRequest, error: ApiError, request_id: str) -> HttpResponse:
        """The error as OSS words it: XML, which HEAD carries base64-encoded in `x-oss-err`.

        Source: https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses
        """
        _drain(request)
        extra = dict(error.extra)
        error_code = extra.pop("EC", None)
        tree = {
            "Code": error.code,
            "Message": error.message,
            "RequestId": request_id,
            "HostId": request.headers.get("host", ""),
            **extra,
            "EC": error_code,
            "RecommendDoc": f"https://api.alibabacloud.com/troubleshoot?q={error_code}" if error_code else None,
        }
        body = oss_xml.render("Error", tree)
        headers = {"Content-Type": "application/xml", **error.headers}
        if error_code:
            headers["x-oss-ec"] = str(error_code)
        if request.method == "HEAD" or error.status == 304:
            headers["x-oss-err"] = base64.b64encode(body).decode()
            body = b""
        response = HttpResponse(status=error.status, headers=headers, body=body, content_length=len(body))
        return self._finish(response, request_id)

    def _finish(self, response: HttpResponse, request_id: str) -> HttpResponse:
        response.headers.update(
            {
                "Server": "AliyunOSS",
                "Date": http_time(self._context.clock.now()),
                "x-oss-request-id": request_id,
                "x-oss-server-time": "1",
            }
        )
        return response


def _drain(request: HttpRequest) -> None:
    """Take in what the client is still sending, so that it gets to read why it was refused."""
    if "expect" in request.headers:
        return
    left = _DRAINED_BYTES
    while left > 0 and (piece := request.body.read(_PIECE_BYTES)):
        left -= len(piece)


def _check_address(address: OssAddress) -> None:
    """Errors: ApiError 403 SecondLevelDomainForbidden for path style at a host of OSS."""
    if address.names_oss and not address.virtual_hosted and address.bucket_name is not None:
        raise ApiError(
            403,
            "SecondLevelDomainForbidden",
            "The bucket you are attempting to access must be addressed using OSS third level domain.",
        )


def _check_anonymous(call: OssCall) -> None:
    if call.key is None and call.address.level == "service":
        raise ApiError(403, "AccessDenied", "Anonymous user has no right to access this service.")
    if call.key is None and call.operation_name == "PutBucket":
        raise ApiError(403, "AccessDenied", "Anonymous user has no right to access this bucket.")


def _check_object_name(address: OssAddress) -> None:
    """Source: https://www.alibabacloud.com/help/en/oss/user-guide/object-naming-conventions."""
    name = address.object_name
    if name is not None and (len(name.encode()) > _LONGEST_NAME_BYTES or name.startswith(("/", "\\"))):
        raise ApiError(400, "InvalidObjectName", "The specified object is not valid.", extra={"ObjectName": name})
