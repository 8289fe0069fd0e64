"""One deploy in progress: its lock, its journal, what it made so far. Whoever changes something does it through here."""

import getpass
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TypeVar

from deployer.backends.sdk.bucket import create_bucket, finish_bucket
from deployer.cloud.cloud import Cloud
from deployer.errors.base import TransientError
from deployer.events import Emit, ResourceChanged
from deployer.ledger.journal import Journal, find_unfinished
from deployer.ledger.lock import LIFE_SECONDS, Lock, LockHolder, hold_lock
from deployer.ledger.names import LedgerNames
from deployer.models.plan import Plan

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a run is for. A run that was killed is gone on with by one of the same content only."""

    account_id: str
    command: str
    content: str = ""


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

        `key` is what the answer is noted under. A call whose outcome is unknown leaves the journal open, so that the
        same command goes on under the same id and tokens.
        """
        self._lock.check()
        token = self.journal.token(operation, **parameters)
        self.journal.before(operation, client_token=token, **parameters)
        made = perform(token)
        self.journal.after(operation, **{**parameters, key: str(made)})
        return made

    def noted(self, operation: str, key: str, **parameters: object) -> str | None:
        """What a killed run of this same deploy noted of a call that it made already."""
        return self.journal.find(operation, key, **parameters)

    def created(self, kind: str, resource_id: str, detail: str = "") -> None:
        """Remember and tell that something new exists."""
        self.made.append({"kind": kind, "id": resource_id})
        self.emit(ResourceChanged(kind=kind, id=resource_id, change="created", detail=detail))

    def reused(self, kind: str, resource_id: str, detail: str = "") -> None:
        self.emit(ResourceChanged(kind=kind, id=resource_id, change="reused", detail=detail))


@contextmanager
def begin_run(
    cloud: Cloud, names: LedgerNames, bucket_name: str | None, intent: Intent, emit: Emit
) -> Iterator[DeployRun]:
    """The run while the block lasts, under the group's lock. A run that was killed is gone on with under its own id.

    Errors: LockHeld; ForeignBucket, UnsafeBucket.
    """
    made: list[tuple[str, str]] = []
    if bucket_name is None:
        bucket_name = create_bucket(cloud.oss, intent.account_id, cloud.session.clock)
        made.append(("bucket", bucket_name))
    else:
        finish_bucket(cloud.oss, bucket_name, intent.account_id)
    clock = cloud.session.clock
    deploy_id = new_deploy_id(cloud)
    holder = LockHolder(
        deploy_id=deploy_id,
        holder=_who(),
        command=intent.command,
        expires_at=clock.now() + timedelta(seconds=LIFE_SECONDS),
    )
    with hold_lock(cloud.oss, bucket_name, names.lock, holder, clock) as lock:
        resumed = find_unfinished(cloud.oss, bucket_name, names, intent.content)
        journal = Journal(cloud.oss, bucket_name, names, resumed or deploy_id, clock)
        journal.open(session_id=cloud.session.session_id, **asdict(intent))
        run = DeployRun(names=names, bucket_name=bucket_name, lock=lock, journal=journal, emit=emit)
        for kind, resource_id in made:
            run.created(kind, resource_id)
        try:
            yield run
        except TransientError:
            raise  # the same command goes on where this one stopped
        except Exception as error:
            journal.close("failed", error=getattr(error, "code", type(error).__name__))
            raise
        journal.close("done")


@contextmanager
def begin_deploy(cloud: Cloud, plan: Plan, command: str, emit: Emit) -> Iterator[DeployRun]:
    """The run that carries out the plan, while the block lasts. Errors: as `begin_run`."""
    names = LedgerNames(
        application_name=plan.config.application_name, application_group_name=plan.config.application_group_name
    )
    intent = Intent(
        account_id=plan.observed.account_id,
        command=command,
        content=f"{plan.artifact_sha256}:{plan.scripts_sha256}:{plan.settings_sha256}",
    )
    with begin_run(cloud, names, plan.observed.bucket_name, intent, emit) as run:
        yield run


def new_deploy_id(cloud: Cloud) -> str:
    """An id that sorts by time and is nobody else's: `20261122-145501-3fa9c2`."""
    return f"{cloud.session.clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()} (process {os.getpid()})"
