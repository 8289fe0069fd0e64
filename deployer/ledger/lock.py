"""One deploy per application group at a time: an object that only one can create, with a life that must be renewed."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

from deployer.clock import Clock, TellingClock
from deployer.cloud.oss import OssClient
from deployer.errors.base import DeployerError
from deployer.errors.cloud import LockHeld, LockLost

LIFE_SECONDS = 60
RENEW_EVERY_SECONDS = 15
SETTLE_SECONDS = 0.3  # after taking over a dead lock: the last writer wins, the others see it


@dataclass(frozen=True, slots=True, kw_only=True)
class LockHolder:
    """Who holds the lock and until when."""

    deploy_id: str
    holder: str  # user@host, process id
    command: str
    expires_at: datetime

    def as_json(self) -> bytes:
        return json.dumps({**asdict(self), "expires_at": self.expires_at.isoformat()}, sort_keys=True).encode()


class Lock:
    """The held lock; `check` says before each change that it is still ours."""

    def __init__(self, oss: OssClient, bucket_name: str, object_name: str, holder: LockHolder, clock: Clock) -> None:
        self._oss = oss
        self._bucket_name = bucket_name
        self._object_name = object_name
        self._holder = holder
        self._clock = clock
        self._note_renewed()
        self._renewing = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_stopped, name="renew-lock", daemon=True)

    def start_renewing(self) -> None:
        self._thread.start()

    def _renew_until_stopped(self) -> None:
        """However long one call takes, meanwhile the lock is renewed."""
        while not self._stop.wait(RENEW_EVERY_SECONDS):
            self._try_to_renew()

    def keep_alive(self) -> None:
        """Renew it if that is due, and not too late already."""
        if RENEW_EVERY_SECONDS <= self._seconds_since_renewal() <= LIFE_SECONDS:
            self._try_to_renew()

    def _try_to_renew(self) -> None:
        """At most one at a time: what a renewal waits for calls `keep_alive` as every wait does."""
        if self._renewing.acquire(blocking=False):
            try:
                self.renew()
            except DeployerError:
                pass  # `check` stops the run once the lock's life is over
            finally:
                self._renewing.release()

    def renew(self) -> None:
        """Extend the lock's life; a lock that somebody took over is left alone."""
        current = read_holder(self._oss.find_bytes(self._bucket_name, self._object_name))
        if current is None or current.deploy_id != self._holder.deploy_id:
            return
        holder = LockHolder(
            deploy_id=self._holder.deploy_id,
            holder=self._holder.holder,
            command=self._holder.command,
            expires_at=self._clock.now() + timedelta(seconds=LIFE_SECONDS),
        )
        self._oss.put_bytes(self._bucket_name, self._object_name, holder.as_json())
        self._note_renewed()

    def _note_renewed(self) -> None:
        self._renewed_at = self._clock.monotonic()
        self._renewed_on = self._clock.now()

    def _seconds_since_renewal(self) -> float:
        """By the clock that says more: the steady one of Linux stands still while the machine is suspended."""
        by_the_wall = (self._clock.now() - self._renewed_on).total_seconds()
        return max(self._clock.monotonic() - self._renewed_at, by_the_wall)

    def check(self) -> None:
        """Errors: LockLost when it could not be renewed in time, as after a suspended laptop."""
        if self._seconds_since_renewal() > LIFE_SECONDS:
            raise LockLost

    def release(self) -> None:
        """Give the lock back, unless somebody took it over."""
        self._stop.set()
        current = read_holder(self._oss.find_bytes(self._bucket_name, self._object_name))
        if current is not None and current.deploy_id == self._holder.deploy_id:
            self._oss.delete_objects(self._bucket_name, (self._object_name,))


@contextmanager
def hold_lock(
    oss: OssClient, bucket_name: str, object_name: str, holder: LockHolder, clock: TellingClock
) -> Iterator[Lock]:
    """The lock while the block runs. A lock whose life is over is taken over.

    Errors: LockHeld naming the holder.
    """
    _take(oss, bucket_name, object_name, holder, clock)
    lock = Lock(oss, bucket_name, object_name, holder, clock)
    lock.start_renewing()
    try:
        with clock.telling(lock.keep_alive):  # waits may be of another time than the machine's
            yield lock
    finally:
        lock.release()


def _take(oss: OssClient, bucket_name: str, object_name: str, holder: LockHolder, clock: Clock) -> None:
    if oss.put_bytes(bucket_name, object_name, holder.as_json(), forbid_overwrite=True):
        return
    current = read_holder(oss.find_bytes(bucket_name, object_name))
    if current is not None and current.deploy_id != holder.deploy_id:
        left = (current.expires_at - clock.now()).total_seconds()
        if left > 0:
            raise LockHeld(f"{current.holder}, `{current.command}`", left)
    oss.put_bytes(bucket_name, object_name, holder.as_json())
    clock.sleep(SETTLE_SECONDS)
    settled = read_holder(oss.find_bytes(bucket_name, object_name))
    if settled is None or settled.deploy_id != holder.deploy_id:
        raise LockHeld(settled.holder if settled else "another process", LIFE_SECONDS)


def read_holder(data: bytes | None) -> LockHolder | None:
    """The holder a lock object names; None when there is no lock or its content is no holder of ours."""
    if data is None:
        return None
    try:
        value = json.loads(data)
        expires_at = datetime.fromisoformat(value["expires_at"])
        return LockHolder(
            deploy_id=str(value["deploy_id"]),
            holder=str(value["holder"])[:200],
            command=str(value.get("command", ""))[:200],
            expires_at=expires_at if expires_at.tzinfo else expires_at.replace(tzinfo=timezone.utc),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
