"""One deploy in progress: its lock, its journal, what it made so far. Whoever changes something does it through here."""

import getpass
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from deployer.backends.sdk.bucket import create_bucket
from deployer.cloud.cloud import Cloud
from deployer.events import Emit, ResourceChanged
from deployer.ledger.journal import Journal, find_unfinished
from deployer.ledger.lock import LIFE_SECONDS, Lock, LockHolder, hold_lock
from deployer.ledger.names import LedgerNames

Made = TypeVar("Made")


class DeployRun:
    """What the steps of one deploy share. `made` lists what was created, for the error that may end it."""

    def __init__(self, *, names: LedgerNames, bucket_name: str, lock: Lock, journal: Journal, emit: Emit) -> None:
        self.names = names
        self.bucket_name = bucket_name
        self.journal = journal
        self.emit = emit
        self.made: list[dict[str, str]] = []
        self._lock = lock

    @property
    def deploy_id(self) -> str:
        return self.journal.deploy_id

    def change(self, operation: str, key: str, perform: Callable[[str], Made], **parameters: object) -> Made:
        """Make one changing call: the lock is still ours, the journal knows before and after. `perform` gets the token.

        `key` is what the answer is noted under.
        """
        self._lock.check()
        token = self.journal.token(operation, **parameters)
        self.journal.before(operation, client_token=token, **parameters)
        made = perform(token)
        self.journal.after(operation, **{key: str(made)})
        return made

    def created(self, kind: str, resource_id: str, detail: str = "") -> None:
        """Remember and tell that something new exists."""
        self.made.append({"kind": kind, "id": resource_id})
        self.emit(ResourceChanged(kind=kind, id=resource_id, change="created", detail=detail))

    def reused(self, kind: str, resource_id: str, detail: str = "") -> None:
        self.emit(ResourceChanged(kind=kind, id=resource_id, change="reused", detail=detail))


@contextmanager
def begin_run(
    cloud: Cloud, names: LedgerNames, bucket_name: str | None, *, account_id: str, command: str, emit: Emit
) -> Iterator[DeployRun]:
    """The run while the block lasts, under the group's lock. A run that was killed is gone on with under its own id.

    Errors: LockHeld; ForeignBucket.
    """
    made: list[tuple[str, str]] = []
    if bucket_name is None:
        bucket_name = create_bucket(cloud.oss, account_id)
        made.append(("bucket", bucket_name))
    clock = cloud.session.clock
    deploy_id = new_deploy_id(cloud)
    holder = LockHolder(
        deploy_id=deploy_id,
        holder=_who(),
        command=command,
        expires_at=clock.now() + timedelta(seconds=LIFE_SECONDS),
    )
    with hold_lock(cloud.oss, bucket_name, names.lock, holder, clock) as lock:
        resumed = find_unfinished(cloud.oss, bucket_name, names)
        journal = Journal(cloud.oss, bucket_name, names, resumed or deploy_id, clock)
        journal.open(command=command, session_id=cloud.session.session_id, account_id=account_id)
        run = DeployRun(names=names, bucket_name=bucket_name, lock=lock, journal=journal, emit=emit)
        for kind, resource_id in made:
            run.created(kind, resource_id)
        try:
            yield run
        except Exception as error:
            journal.close("failed", error=getattr(error, "code", type(error).__name__))
            raise
        journal.close("done")


def new_deploy_id(cloud: Cloud) -> str:
    """An id that sorts by time and is nobody else's: `20261122-145501-3fa9c2`."""
    return f"{cloud.session.clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()} (process {os.getpid()})"
