"""Is this request really from whom it says: time window, key, session token, signature, and each nonce once.

Source: https://developer.aliyun.com/ask/278265 (codes of the gateway);
https://www.alibabacloud.com/help/doc-detail/25693.html (the same nonce twice).
"""

import re
import threading
from collections import deque
from datetime import datetime, timedelta, timezone

from deployer.clock import Clock, SystemClock
from deployer.emulator.accounts import AccessKey, Accounts
from deployer.emulator.actions import ApiError
from deployer.emulator.wire.rpc import RpcRequest
from deployer.emulator.wire.signatures import Signed, read_signature, signature_matches, string_to_sign

_WINDOW = timedelta(minutes=15)
_TOKEN = re.compile(r"CAIS[A-Za-z0-9+/=]{60,}")  # how every token of STS begins, and what it is made of


class Authenticator:
    """Verifies requests in RPC form.

    Clients stamp requests with the time of day, so the window is measured on `wall_clock`, which stays the machine's
    own even while the emulated cloud lives in virtual time.
    """

    def __init__(self, accounts: Accounts, wall_clock: Clock | None = None) -> None:
        self._accounts = accounts
        self.wall_clock = wall_clock or SystemClock()
        self._lock = threading.Lock()
        self._nonces: set[tuple[str, str]] = set()
        self._nonce_order: deque[tuple[datetime, tuple[str, str]]] = deque()

    def authenticate(self, request: RpcRequest) -> AccessKey:
        """The key the request was signed with. Errors: ApiError with the gateway's code for what is wrong."""
        signed = read_signature(request)
        if not signed.access_key_id:
            raise ApiError(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.")
        self._check_timestamp(signed)
        key = self._accounts.secret_for(signed.access_key_id)
        if key is None:
            raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        if not key.active:
            raise ApiError(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
        self._check_token(key, signed)
        if key.has_secret and not signature_matches(request, signed, key.secret):
            expected = string_to_sign(request, signed)
            message = "Specified signature is not matched with our calculation. server string to sign is:"
            raise ApiError(400, "SignatureDoesNotMatch", f"{message}{expected}")
        self._check_nonce(signed)
        return key

    def _check_timestamp(self, signed: Signed) -> None:
        try:
            stamped_at = datetime.strptime(signed.timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        except ValueError:
            raise ApiError(
                400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
            ) from None
        if abs(self.wall_clock.now() - stamped_at) > _WINDOW:
            raise ApiError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")

    def _check_token(self, key: AccessKey, signed: Signed) -> None:
        if key.security_token is None and signed.security_token is None:
            return
        if signed.security_token is None:
            raise ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
        if not _TOKEN.fullmatch(signed.security_token):
            raise ApiError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
        if signed.security_token != key.security_token:
            raise ApiError(
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey.",
            )
        if self._accounts.is_expired(key):
            raise ApiError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")

    def _check_nonce(self, signed: Signed) -> None:
        """Remember the nonce for as long as its timestamp can be valid. Errors: ApiError `SignatureNonceUsed`."""
        if not signed.nonce:
            raise ApiError(400, "MissingSignatureNonce", "SignatureNonce is mandatory for this action.")
        seen, now = (signed.access_key_id, signed.nonce), self.wall_clock.now()
        with self._lock:
            while self._nonce_order and self._nonce_order[0][0] < now - 2 * _WINDOW:
                self._nonces.discard(self._nonce_order.popleft()[1])
            if seen in self._nonces:
                raise ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
            self._nonces.add(seen)
            self._nonce_order.append((now, seen))
