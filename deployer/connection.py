"""Which cloud and account are reached, and by which backend. Part of the composition root."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from deployer.backends.base import Backend, Settings
from deployer.clock import Clock
from deployer.cloud.credentials import StaticKey
from deployer.cloud.session import Endpoints, Session
from deployer.config.places import state_folder
from deployer.events import Emit, WarningRaised
from deployer.local_cloud import LocalCloud
from deployer.models.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What a caller says of it. `endpoint` stands in for those of Alibaba Cloud."""

    is_local: bool = False
    endpoint: str | None = None
    profile: str | None = None
    backend_name: str = "sdk"

    @property
    def command_flags(self) -> str:
        """The flags by which another command reaches the same cloud and account."""
        words = ["--local"] if self.is_local else []
        if self.profile is not None:
            words.append(f"--profile {shlex.quote(self.profile)}")
        if self.backend_name != "sdk":
            words.append(f"--backend {shlex.quote(self.backend_name)}")
        return " ".join(words)


class Connection:
    """The way to a destination. Credentials are looked for, and the local cloud is started, when first needed."""

    def __init__(
        self, destination: Destination, environ: Mapping[str, str], *, session_id: str, clock: Clock, emit: Emit
    ) -> None:
        self.destination = destination
        self.session_id = session_id
        self._environ = environ
        self._clock = clock
        self._emit = emit
        self._session: Session | None = None

    def to_local_cloud(self) -> "Connection":
        """The same, to the cloud on this computer."""
        destination = replace(self.destination, is_local=True)
        return Connection(destination, self._environ, session_id=self.session_id, clock=self._clock, emit=self._emit)

    @property
    def local_cloud(self) -> LocalCloud:
        """The one whose state lies in this user's folder, whether it is the destination or not."""
        return LocalCloud(folder=state_folder(self._environ) / "local")

    def open_backend(self, deploy_region_id: str) -> Backend:
        """The backend for a region. Errors: UsageError for a name that is none; those of `open_session`."""
        from deployer.backends.registry import open_backend

        destination = self.destination
        settings = Settings(
            session=self.open_session(), deploy_region_id=deploy_region_id, is_local=destination.is_local
        )
        return open_backend(destination.backend_name, settings)

    def open_session(self) -> Session:
        """The session of all calls. Errors: LocalCloudFailed."""
        if self._session is None:
            endpoints, key = (
                self._open_local()
                if self.destination.is_local
                else (Endpoints(address=self.destination.endpoint), None)
            )
            self._session = Session(
                endpoints=endpoints,
                static_key=key,
                profile=self.destination.profile,
                session_id=self.session_id,
                clock=self._clock,
            )
        return self._session

    def _open_local(self) -> tuple[Endpoints, StaticKey]:
        info = self.local_cloud.up()
        if info.notice:
            self._emit(WarningRaised(code="local.degraded", message=info.notice))
        key = StaticKey(access_key_id=info.access_key_id, access_key_secret=Secret(info.access_key_secret))
        return Endpoints(address=info.endpoint), key
