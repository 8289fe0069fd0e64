"""Who calls which cloud: credentials by the default chain, endpoints, and the user agent.

One of the two places that read environment variables; the other is `config.load`.
"""

import datetime as dt
import os
import random
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeVar

from deployer.clock import Clock, SystemClock, TellingClock
from deployer.cloud.credentials import (
    StaticKey,
    environment_trouble,
    find_exposed_files,
    find_profile_expiry,
    make_credential,
    why_missing,
)
from deployer.cloud.failures import translate
from deployer.cloud.redirects import refuse_redirects
from deployer.errors.access import CredentialsMissing
from deployer.errors.base import TransientError, UsageError
from deployer.errors.cloud import Throttled

Answer = TypeVar("Answer")

CONTROL_REGION_ID = "cn-hangzhou"  # application management answers only there (oos API page DeployApplicationGroup)
USER_AGENT_PREFIX = "AlibabaCloud-Agent-Skills/alibabacloud-ecs-code-deploy"
CONNECT_TIMEOUT_MS = 5_000
READ_TIMEOUT_MS = 20_000
THROTTLE_PATIENCE_SECONDS = 75.0  # a throttled API stays closed until the next clock minute
OTHER_PATIENCE_SECONDS = 8.0
LONGEST_WAIT_SECONDS = 60.0  # what a service may ask for between two tries

# China-site and international-site billing hosts. Source: alibabacloud SDK endpoint maps.
BSS_HOSTS = ("business.aliyuncs.com", "business.ap-southeast-1.aliyuncs.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the APIs are: the public hosts, or one loopback `HOST:PORT` that answers for all of them over plain HTTP.

    Errors: UsageError for an address elsewhere: signed requests and archives would cross a network unencrypted.
    """

    address: str | None = None

    def __post_init__(self) -> None:
        if self.address is not None and not _is_loopback(self.address):
            raise UsageError(
                f"`DEPLOYER_ENDPOINT` is `{self.address}`, which is not on this computer",
                hint="give `127.0.0.1:PORT`, or unset it to use Alibaba Cloud",
            )

    @property
    def protocol(self) -> str:
        return "https" if self.address is None else "http"

    def rpc(self, product: str, region_id: str) -> str | None:
        """The host of an RPC product; None lets the SDK's own table choose."""
        if self.address is not None:
            return self.address
        return f"oos.{region_id}.aliyuncs.com" if product == "oos" else None

    def bss(self) -> tuple[str, ...]:
        """The billing hosts, to be tried in turn: which one answers depends on the account's site."""
        return BSS_HOSTS if self.address is None else (self.address,)

    def oss(self, region_id: str) -> str:
        """Where this machine reaches OSS, as a URL."""
        return f"https://oss-{region_id}.aliyuncs.com" if self.address is None else f"http://{self.address}"

    def oss_from_instance(self, region_id: str) -> str:
        """Where an instance of the region reaches OSS: the internal host, free of traffic fees."""
        return f"{self.protocol}://oss-{region_id}-internal.aliyuncs.com"


def _is_loopback(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        return port.isdecimal() and (host == "localhost" or ip_address(host.strip("[]")).is_loopback)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the credentials belong to. `source` is the provider that gave them, such as "default/env"."""

    account_id: str
    arn: str
    identity_type: str
    source: str
    expires_at: dt.datetime | None = None  # None: never, or not said


class Session:
    """Credentials and settings for one run; every client of it has the same identity and user agent.

    Environment: the default chain's own variables; `ALIBABA_CLOUD_USER_AGENT` is replaced, not added to.
    """

    def __init__(
        self,
        *,
        endpoints: Endpoints | None = None,
        static_key: StaticKey | None = None,
        profile: str | None = None,
        session_id: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.endpoints = endpoints or Endpoints()
        self.clock = TellingClock(clock or SystemClock())
        self.session_id = make_session_id(session_id, os.environ)
        self.profile = profile
        self._static_key = static_key
        self._credential: Any = None
        self._trimmed = False
        self._lock = threading.Lock()

    @property
    def user_agent(self) -> str:
        return f"{USER_AGENT_PREFIX}/{self.session_id}"

    @property
    def loopback_proxy(self) -> str | None:
        """The loopback cloud's own address where a proxy is set: the SDK would send even 127.0.0.1 to that proxy."""
        proxied = any(value and name.lower() in {"http_proxy", "all_proxy"} for name, value in os.environ.items())
        return f"http://{self.endpoints.address}" if self.endpoints.address is not None and proxied else None

    def _note_trimmed(self) -> None:
        self._trimmed = True

    def credential(self) -> Any:
        """The SDK's credential client, made once."""
        with self._lock:
            if self._credential is None:
                refuse_redirects()
                self._credential = make_credential(self._static_key, self.profile, os.environ, self._note_trimmed)
            return self._credential

    def read_credential(self) -> Any:
        """Key id, secret, token and provider name, all from one refresh.

        Errors: CredentialsMissing. CloudSSO and broken profile files raise plain ValueError or KeyError in the SDK.
        """
        try:
            credential = self.credential().get_credential()
        except CredentialsMissing:
            raise
        except Exception as error:  # noqa: BLE001  (every provider raises what it likes)
            raise CredentialsMissing(why_missing(os.environ, self.profile, str(error)), profile=self.profile) from None
        if credential is None or not credential.access_key_id or not credential.access_key_secret:
            raise CredentialsMissing(why_missing(os.environ, self.profile, ""), profile=self.profile)
        return credential

    def find_expiry(self, source: str) -> dt.datetime | None:
        """When temporary credentials of the CLI's profile end; None when they do not, or do not say."""
        if not any(mark in source for mark in ("oauth", "external")):
            return None
        seconds = find_profile_expiry(os.environ, self.profile)
        return dt.datetime.fromtimestamp(seconds, dt.timezone.utc) if seconds else None

    def find_credential_notes(self) -> tuple[str, ...]:
        """What is odd about the credentials although they work: exposed files, trimmed values, half a key passed over."""
        if self._static_key is not None:
            return ()
        notes = [f"`{path}` can be read by others: `chmod 600 {path}`" for path in find_exposed_files(os.environ)]
        if self._trimmed:
            notes.append("there were spaces, quotes or line ends around the key; they were left out")
        half = environment_trouble(os.environ) if self.profile is None else ""
        return (*notes, f"{half}, so the environment was passed over") if half else tuple(notes)

    def rpc_config(self, product: str, region_id: str, endpoint: str | None = None) -> Any:
        """The SDK configuration of an RPC product in a region."""
        from alibabacloud_tea_openapi.models import Config

        self.read_credential()
        return Config(
            credential=self.credential(),
            region_id=region_id,
            endpoint=endpoint or self.endpoints.rpc(product, region_id),
            protocol=self.endpoints.protocol,
            user_agent=self.user_agent,
            http_proxy=self.loopback_proxy,
            connect_timeout=CONNECT_TIMEOUT_MS,
            read_timeout=READ_TIMEOUT_MS,
        )

    def call(self, action: str, perform: Callable[[], Answer], *, repeatable: bool = True) -> Answer:
        """The answer of one API call, tried again while that can help and is safe.

        `repeatable` is False for a changing call without ClientToken: it is repeated only when it surely did nothing.
        Errors: whatever `translate` makes of the SDK's exception.
        """
        started = self.clock.monotonic()
        pause = 0.3
        while True:
            try:
                return perform()
            except Exception as error:  # noqa: BLE001  (the edge where foreign errors become ours)
                failure = translate(error, action)
            if not isinstance(failure, TransientError):
                raise failure
            throttled = isinstance(failure, Throttled)
            patience = THROTTLE_PATIENCE_SECONDS if throttled else OTHER_PATIENCE_SECONDS
            if self.clock.monotonic() - started > patience or not (repeatable or throttled):
                raise failure
            asked_for = float(failure.facts.get("retry_after_ms") or 0) / 1000
            spread = random.uniform(0.8, 1.2)  # noqa: S311  (so that many clients do not come back together)
            self.clock.sleep(max(pause * spread, min(asked_for, LONGEST_WAIT_SECONDS)))
            pause = min(pause * 2, 10.0)


def make_session_id(given: str | None, environ: Mapping[str, str]) -> str:
    """The run's id: the one given, or that of `DEPLOYER_SESSION_ID`, or a new one.

    Errors: UsageError for one that is no lower-case hexadecimal or UUID, rather than a run nobody can find again.
    """
    chosen = given or environ.get("DEPLOYER_SESSION_ID")
    if not chosen:
        return uuid.uuid4().hex
    if not re.fullmatch(r"[0-9a-f][0-9a-f-]{15,63}", chosen):
        raise UsageError(
            "`session_id` is not an id" if given else "`DEPLOYER_SESSION_ID` is not an id",
            hint="give 16 to 64 lower-case hexadecimal digits or dashes",
        )
    return chosen
