"""Who may call: the account, its RAM users and roles, their AccessKeys, and the sessions STS handed out.

Full RAM policies are not here: a principal may do everything except the actions it is denied by name.
"""

import hashlib
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from deployer.clock import Clock
from deployer.emulator.actions import Principal

_KEY_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What a request is signed with. `security_token` and `expires_at` are set for STS sessions only."""

    access_key_id: str
    secret: str = field(repr=False)
    principal: Principal
    security_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    active: bool = True
    denied_actions: frozenset[str] = frozenset()  # "ecs:RunInstances", "oss:*"

    @property
    def has_secret(self) -> bool:
        """False for a key that is taken on trust: whatever it signed is believed."""
        return bool(self.secret)

    def denies(self, ram_action: str) -> bool:
        """True when the RAM action ("ecs:RunInstances") is denied to whoever holds this key; case does not matter."""
        return any(fnmatchcase(ram_action.lower(), pattern.lower()) for pattern in self.denied_actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A RAM role of the account, which AssumeRole can hand out."""

    role_name: str
    role_id: str
    arn: str
    max_session_seconds: int = 3600
    denied_actions: frozenset[str] = frozenset()


class Accounts:
    """The keys that verify. A key added here works at once; an expired session is still found, to be named expired."""

    def __init__(self, account_id: str, clock: Clock) -> None:
        self.account_id = account_id
        self.takes_any_key = False  # True: an AccessKey never seen before is one of the account's, without a secret
        self._clock = clock
        self._keys: dict[str, AccessKey] = {}
        self._roles: dict[str, Role] = {}

    @property
    def root(self) -> Principal:
        """The account itself, as the services of the cloud use it among each other."""
        return Principal(
            account_id=self.account_id,
            access_key_id="",
            arn=f"acs:ram::{self.account_id}:root",
            user_id=self.account_id,
        )

    def add_access_key(
        self, access_key_id: str, secret: str, *, user_name: str | None = None, deny: Iterable[str] = ()
    ) -> AccessKey:
        """A static key: of the account itself, or of the RAM user `user_name`; `deny` are RAM actions or patterns."""
        if user_name is None:
            principal = Principal(
                account_id=self.account_id, access_key_id=access_key_id, arn=self.root.arn, user_id=self.account_id
            )
        else:
            principal = Principal(
                account_id=self.account_id,
                access_key_id=access_key_id,
                arn=f"acs:ram::{self.account_id}:user/{user_name}",
                user_id=_stable_id("2", user_name),
                identity_type="RAMUser",
            )
        key = AccessKey(access_key_id=access_key_id, secret=secret, principal=principal, denied_actions=frozenset(deny))
        self._keys[access_key_id] = key
        return key

    def add_role(self, role_name: str, *, max_session_seconds: int = 3600, deny: Iterable[str] = ()) -> Role:
        """A role everybody in the account may assume."""
        role = Role(
            role_name=role_name,
            role_id=_stable_id("3", role_name),
            arn=f"acs:ram::{self.account_id}:role/{role_name.lower()}",
            max_session_seconds=max_session_seconds,
            denied_actions=frozenset(deny),
        )
        self._roles[role_name.lower()] = role
        return role

    def find_role(self, role_name: str) -> Role | None:
        """The role of that name; RAM compares names without case."""
        return self._roles.get(role_name.lower())

    def add_session(self, role: Role, session_name: str, duration_seconds: int) -> AccessKey:
        """A temporary key of the role, as AssumeRole hands it out. It verifies until `expires_at`."""
        access_key_id = "STS.N" + _random_text(24)
        key = AccessKey(
            access_key_id=access_key_id,
            secret=_random_text(44),
            security_token="CAIS" + _random_text(120),
            expires_at=self._clock.now() + timedelta(seconds=duration_seconds),
            denied_actions=role.denied_actions,
            principal=Principal(
                account_id=self.account_id,
                access_key_id=access_key_id,
                arn=f"acs:ram::{self.account_id}:assumed-role/{role.role_name}/{session_name}",
                user_id=f"{role.role_id}:{session_name}",
                identity_type="AssumedRoleUser",
                role_id=role.role_id,
            ),
        )
        self._keys[access_key_id] = key
        return key

    def secret_for(self, access_key_id: str) -> AccessKey | None:
        """The key of that id, expired ones included; None when there was never one."""
        key = self._keys.get(access_key_id)
        if key is None and self.takes_any_key and access_key_id and not access_key_id.startswith("STS."):
            return self.add_access_key(access_key_id, "")
        return key

    def is_expired(self, key: AccessKey) -> bool:
        """True when the session is over; static keys do not expire."""
        return key.expires_at is not None and key.expires_at <= self._clock.now()


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_KEY_LETTERS) for _ in range(length))


def _stable_id(first_digit: str, name: str) -> str:
    """18 digits that are the same in each run for the same name."""
    number = int.from_bytes(hashlib.sha256(name.lower().encode()).digest()[:8], "big")
    return first_digit + str(number % 10**17).zfill(17)
