"""What a deploy is about to do and has done, written before and after each changing call."""

import hashlib
import json
import re
from datetime import datetime
from typing import Any

from deployer.clock import Clock
from deployer.cloud.oss import OssClient
from deployer.ledger.names import LedgerNames
from deployer.models.plan import canonical_json

VERSION = 1
DEPLOY_ID = r"\d{8}-\d{6}-[0-9a-f]{6}"


class Journal:
    """The journal of one deploy. It is written whole each time: a few kilobytes, and OSS has no partial writes."""

    def __init__(self, oss: OssClient, bucket_name: str, names: LedgerNames, deploy_id: str, clock: Clock) -> None:
        self._oss = oss
        self._bucket_name = bucket_name
        self._object_name = names.journal(deploy_id)
        self._clock = clock
        self._entries: list[dict[str, Any]] = []
        self.deploy_id = deploy_id

    def open(self, **facts: Any) -> None:
        """Begin, or go on with the journal a killed run of the same deploy left."""
        self._entries = read_entries(self._oss.find_bytes(self._bucket_name, self._object_name))
        self._write("opened", version=VERSION, **facts)

    def token(self, operation: str, **parameters: Any) -> str:
        """The ClientToken of a changing call: the same deploy, call and parameters give the same token."""
        text = f"{self.deploy_id}:{operation}:{canonical_json(parameters)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def before(self, operation: str, **facts: Any) -> None:
        """A changing call is about to be made."""
        self._write("before", operation=operation, **facts)

    def after(self, operation: str, **facts: Any) -> None:
        """It was made, and this came of it."""
        self._write("after", operation=operation, **facts)

    def close(self, outcome: str, **facts: Any) -> None:
        """The deploy ended: nothing is in flight any more."""
        self._write("closed", outcome=outcome, **facts)

    def find(self, operation: str, key: str, **facts: Any) -> str | None:
        """What an earlier run of this deploy noted under `key` after a call with these facts."""
        for entry in reversed(self._entries):
            if entry.get("event") != "after" or entry.get("operation") != operation or not entry.get(key):
                continue
            if all(entry.get(name) == value for name, value in facts.items()):
                return str(entry[key])
        return None

    def _write(self, event: str, **facts: Any) -> None:
        self._entries.append({"at": _text(self._clock.now()), "event": event, **facts})
        lines = "".join(canonical_json(entry) + "\n" for entry in self._entries)
        self._oss.put_bytes(self._bucket_name, self._object_name, lines.encode())


def find_unfinished(oss: OssClient, bucket_name: str, names: LedgerNames, content: str) -> str | None:
    """The id of the newest deploy of the group when its journal was never closed and it was of this content, else None."""
    objects = oss.list_object_names(bucket_name, names.journals)
    if not objects:
        return None
    newest = objects[-1]
    entries = read_entries(oss.find_bytes(bucket_name, newest))
    if not entries or any(entry.get("event") == "closed" for entry in entries):
        return None
    if entries[0].get("content") != content or entries[0].get("version") != VERSION:
        return None
    deploy_id = newest.removeprefix(names.journals).removesuffix(".jsonl")
    return deploy_id if re.fullmatch(DEPLOY_ID, deploy_id) else None


def read_entries(data: bytes | None) -> list[dict[str, Any]]:
    """The entries of a journal; lines that are no JSON objects are passed over, never evaluated."""
    entries: list[dict[str, Any]] = []
    for line in (data or b"").splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
