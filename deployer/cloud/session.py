"""Who calls which cloud: credentials by the default chain, endpoints, and the user agent.

One of the two places that read environment variables; the other is `config.load`.
"""

import os
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from deployer.clock import Clock, SystemClock
from deployer.cloud.failures import translate
from deployer.errors.access import CredentialsMissing
from deployer.errors.base import TransientError, UsageError
from deployer.errors.cloud import Throttled
from deployer.models.secret import Secret

Answer = TypeVar("Answer")

CONTROL_REGION_ID = "cn-hangzhou"  # application management answers only there (oos API page DeployApplicationGroup)
USER_AGENT_PREFIX = "AlibabaCloud-Agent-Skills/alibabacloud-ecs-code-deploy"
CONNECT_TIMEOUT_MS = 5_000
READ_TIMEOUT_MS = 20_000
THROTTLE_PATIENCE_SECONDS = 75.0  # a throttled API stays closed until the next clock minute
OTHER_PATIENCE_SECONDS = 8.0

# China-site and international-site billing hosts. Source: alibabacloud SDK endpoint maps.
BSS_HOSTS = ("business.aliyuncs.com", "business.ap-southeast-1.aliyuncs.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the APIs are: the public hosts, or one `HOST:PORT` that answers for all of them over plain HTTP."""

    address: str | None = None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticKey:
    """A fixed access key, as the local cloud hands out."""

    access_key_id: str
    access_key_secret: Secret
    security_token: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the credentials belong to. `source` is the provider that gave them, such as "default/env"."""

    account_id: str
    arn: str
    identity_type: str
    source: str


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
        self.clock: Clock = clock or SystemClock()
        self.session_id = make_session_id(session_id, os.environ)
        self.profile = profile
        self._static_key = static_key
        self._credential: Any = None
        self._lock = threading.Lock()

    @property
    def user_agent(self) -> str:
        return f"{USER_AGENT_PREFIX}/{self.session_id}"

    @property
    def loopback_proxy(self) -> str | None:
        """The loopback cloud's own address where a proxy is set: the SDK would send even 127.0.0.1 to that proxy."""
        proxied = any(os.environ.get(name) for name in ("HTTP_PROXY", "http_proxy"))
        return f"http://{self.endpoints.address}" if self.endpoints.address is not None and proxied else None

    def credential(self) -> Any:
        """The SDK's credential client, made once."""
        with self._lock:
            if self._credential is None:
                self._credential = self._make_credential()
            return self._credential

    def _make_credential(self) -> Any:
        quiet_sdk_loggers()
        from alibabacloud_credentials.client import Client
        from alibabacloud_credentials.models import Config

        if self._static_key is not None:
            token = self._static_key.security_token
            return Client(
                Config(
                    type="sts" if token else "access_key",
                    access_key_id=self._static_key.access_key_id,
                    access_key_secret=self._static_key.access_key_secret.reveal(),
                    security_token=token.reveal() if token else None,
                )
            )
        if self.profile is not None:
            from alibabacloud_credentials.provider import CLIProfileCredentialsProvider

            return Client(provider=CLIProfileCredentialsProvider(profile_name=self.profile))
        return Client()

    def read_credential(self) -> Any:
        """Key id, secret, token and provider name, all from one refresh.

        Errors: CredentialsMissing. CloudSSO and broken profile files raise plain ValueError or KeyError in the SDK.
        """
        try:
            credential = self.credential().get_credential()
        except Exception as error:  # noqa: BLE001  (every provider raises what it likes)
            raise CredentialsMissing(_chain_messages(str(error))) from None
        if credential is None or not credential.access_key_id:
            raise CredentialsMissing(())
        return credential

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
            self.clock.sleep(pause)
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


def quiet_sdk_loggers() -> None:
    """Stop the SDKs from printing: the credentials package logs tracebacks, and `DEBUG=sdk` prints signed headers."""
    import logging

    if "sdk" in os.environ.get("DEBUG", ""):
        del os.environ["DEBUG"]
    for name in ("credentials", "alibabacloud-tea", "darabonba-core", "apscheduler"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


def _chain_messages(text: str) -> tuple[str, ...]:
    """What each provider of the chain said, one line each, without the bodies some of them carry."""
    start = text.find("[")
    if start < 0:
        return (text.splitlines()[0][:200] if text else "",)
    parts = re.findall(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", text[start:])
    lines = [(first or second).split("\n")[0][:160] for first, second in parts]
    return tuple(line for line in lines if "Provider" in line) or (text[:200],)
