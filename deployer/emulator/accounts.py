"""Who may call: the account, its RAM users and roles, their AccessKeys, and the sessions STS handed out."""

import hashlib
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from deployer.clock import Clock
from deployer.emulator.actions import Principal
from deployer.emulator.ids import Ids
from deployer.emulator.ram.identities import (
    Attachment,
    ManagedPolicy,
    PolicyType,
    PolicyVersion,
    Role,
    User,
    policies_of,
)
from deployer.emulator.ram.policy import Policy, allow, read_policy
from deployer.emulator.ram.system_policies import SYSTEM_POLICIES

_SECRET_LETTERS = string.ascii_letters + string.digits
PolicyDocument = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What a request is signed with. `security_token` and `expires_at` are set for STS sessions only.

    `identity` is None for the account itself, which may do everything; `limit` is the policy of one session, which
    takes away from what the identity may do.
    """

    access_key_id: str
    secret: str = field(repr=False)
    principal: Principal
    security_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    created_at: datetime | None = None
    active: bool = True
    identity: User | Role | None = None
    limit: Policy | None = None

    @property
    def has_secret(self) -> bool:
        """False for a key that is taken on trust: whatever it signed is believed."""
        return bool(self.secret)

    def policies(self) -> dict[str, list[Policy]]:
        """What has to allow an access, each for itself, by the name `PolicyType` has in a denial."""
        layers: dict[str, list[Policy]] = {}
        if self.identity is not None:
            layers["AccountLevelIdentityBasedPolicy"] = policies_of(self.identity)
        if self.limit is not None:
            layers["SessionPolicy"] = [self.limit]
        return layers


class Accounts:
    """The keys that verify. A key added here works at once; an expired session is still found, to be named expired."""

    def __init__(self, account_id: str, clock: Clock, ids: Ids | None = None) -> None:
        self.account_id = account_id
        self.takes_any_key = False  # True: an AccessKey never seen before is one of the account's, without a secret
        self.any_key_user_name: str | None = None  # whose such a key is; None: the account's own
        self.users: dict[str, User] = {}  # by name in lower case, as are roles
        self.roles: dict[str, Role] = {}
        self.custom_policies: dict[str, ManagedPolicy] = {}
        self._system_policies: dict[str, ManagedPolicy] = {}
        self._clock = clock
        self._ids = ids or Ids("accounts")
        self._keys: dict[str, AccessKey] = {}

    @property
    def root(self) -> Principal:
        """The account itself."""
        return Principal(
            account_id=self.account_id,
            access_key_id="",
            arn=f"acs:ram::{self.account_id}:root",
            user_id=self.account_id,
        )

    # Keys

    def add_access_key(
        self,
        access_key_id: str,
        secret: str,
        *,
        user_name: str | None = None,
        deny: Iterable[str] = (),
        policy: PolicyDocument | None = None,
    ) -> AccessKey:
        """A static key: of the account itself, or of the RAM user `user_name`, who is made when there is none.

        `policy` is what the user may do; without one a new user may do everything but `deny`, which are RAM actions or
        patterns. Errors: MalformedPolicy; ValueError for the account itself, which no policy holds back.
        """
        denied = tuple(deny)
        user = None if user_name is None else self.find_user(user_name)
        if user_name is None and (denied or policy is not None):
            raise ValueError("no policy holds back the account itself: name a RAM user")
        if user_name is not None and (user is None or denied or policy is not None):
            user = user or self.add_user(user_name)
            self.attach(user, self._policy_for(user_name, policy, denied))
        key = AccessKey(
            access_key_id=access_key_id,
            secret=secret,
            principal=self._principal(access_key_id, user),
            created_at=self._clock.now(),
            identity=user,
        )
        self._keys[access_key_id] = key
        return key

    def keys_of(self, user: User) -> list[AccessKey]:
        """The user's keys, oldest first."""
        return [key for key in self._keys.values() if key.identity is user]

    def change_key(self, key: AccessKey, *, active: bool) -> None:
        """Let the key verify, or not."""
        self._keys[key.access_key_id] = replace(key, active=active)

    def remove_key(self, key: AccessKey) -> None:
        """The key was never there."""
        self._keys.pop(key.access_key_id, None)

    def add_session(
        self, role: Role, session_name: str, duration_seconds: int, limit: Policy | None = None
    ) -> AccessKey:
        """A temporary key of the role, as AssumeRole hands it out. It verifies until `expires_at`."""
        access_key_id = "STS.N" + self._ids.alphanumeric(24)
        key = AccessKey(
            access_key_id=access_key_id,
            secret=random_secret(44),
            security_token="CAIS" + random_secret(120),
            expires_at=self._clock.now() + timedelta(seconds=duration_seconds),
            identity=role,
            limit=limit,
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
            return self.add_access_key(access_key_id, "", user_name=self.any_key_user_name)
        return key

    def is_expired(self, key: AccessKey) -> bool:
        """True when the session is over; static keys do not expire."""
        return key.expires_at is not None and key.expires_at <= self._clock.now()

    # Identities

    def find_user(self, user_name: str) -> User | None:
        """The RAM user of that name; RAM compares names without case."""
        return self.users.get(user_name.lower())

    def add_user(self, user_name: str) -> User:
        """A RAM user who may do nothing yet."""
        user = User(
            user_name=user_name,
            user_id=_stable_id("2", user_name),
            arn=f"acs:ram::{self.account_id}:user/{user_name}",
            created_at=self._clock.now(),
        )
        self.users[user_name.lower()] = user
        return user

    def rename_user(self, user: User, user_name: str) -> None:
        """The same user, rights and keys included, under another name."""
        self.users.pop(user.user_name.lower())
        user.user_name, user.arn = user_name, f"acs:ram::{self.account_id}:user/{user_name}"
        self.users[user_name.lower()] = user
        for key in self.keys_of(user):
            self._keys[key.access_key_id] = replace(key, principal=self._principal(key.access_key_id, user))

    def find_role(self, role_name: str) -> Role | None:
        """The role of that name; RAM compares names without case."""
        return self.roles.get(role_name.lower())

    def add_role(
        self,
        role_name: str,
        *,
        max_session_seconds: int = 3600,
        deny: Iterable[str] = (),
        policy: PolicyDocument | None = None,
        trust: PolicyDocument | None = None,
    ) -> Role:
        """A role, which everybody in the account may assume unless `trust` says who.

        `policy` is what it may do; without one everything but `deny`. Errors: MalformedPolicy.
        """
        role = self.make_role(role_name, trust=None if trust is None else read_policy(trust, is_trust=True))
        role.max_session_seconds = max_session_seconds
        self.attach(role, self._policy_for(role_name, policy, tuple(deny)))
        return role

    def make_role(self, role_name: str, *, trust: Policy | None) -> Role:
        """A role that may do nothing yet."""
        role = Role(
            role_name=role_name,
            role_id=_stable_id("3", role_name),
            arn=f"acs:ram::{self.account_id}:role/{role_name.lower()}",
            created_at=self._clock.now(),
            trust=trust,
        )
        self.roles[role_name.lower()] = role
        return role

    # Policies

    def find_policy(self, policy_type: PolicyType, policy_name: str) -> ManagedPolicy | None:
        """The policy of that kind and name."""
        if policy_type is PolicyType.CUSTOM:
            return self.custom_policies.get(policy_name)
        if policy_name in SYSTEM_POLICIES and policy_name not in self._system_policies:
            document = allow(SYSTEM_POLICIES[policy_name])
            self._system_policies[policy_name] = self._managed(policy_name, PolicyType.SYSTEM, document)
        return self._system_policies.get(policy_name)

    def add_policy(self, policy_name: str, policy: Policy, description: str = "") -> ManagedPolicy:
        """A policy of the account."""
        managed = self._managed(policy_name, PolicyType.CUSTOM, policy, description)
        self.custom_policies[policy_name] = managed
        return managed

    def attach(self, identity: User | Role, policy: ManagedPolicy) -> None:
        """From now on the identity has the policy."""
        identity.attachments.append(Attachment(policy=policy, attached_at=self._clock.now()))

    def _policy_for(self, name: str, document: PolicyDocument | None, denied: tuple[str, ...]) -> ManagedPolicy:
        if document is not None:
            return self.add_policy(f"{name}-policy", read_policy(document))
        if denied:
            return self.add_policy(f"{name}-policy", allow(("*",), deny=denied))
        administrator = self.find_policy(PolicyType.SYSTEM, "AdministratorAccess")
        assert administrator is not None
        return administrator

    def _managed(
        self, policy_name: str, policy_type: PolicyType, policy: Policy, description: str = ""
    ) -> ManagedPolicy:
        now = self._clock.now()
        return ManagedPolicy(
            policy_name=policy_name,
            policy_type=policy_type,
            description=description,
            created_at=now,
            updated_at=now,
            versions=[PolicyVersion(version_id="v1", policy=policy, created_at=now)],
            default_version_id="v1",
        )

    def _principal(self, access_key_id: str, user: User | None) -> Principal:
        if user is None:
            return replace(self.root, access_key_id=access_key_id)
        return Principal(
            account_id=self.account_id,
            access_key_id=access_key_id,
            arn=user.arn,
            user_id=user.user_id,
            identity_type="RAMUser",
        )


def random_secret(length: int) -> str:
    """Letters and digits nobody can guess; never made from the seed."""
    return "".join(secrets.choice(_SECRET_LETTERS) for _ in range(length))


def _stable_id(first_digit: str, name: str) -> str:
    """18 digits that are the same in each run for the same name."""
    number = int.from_bytes(hashlib.sha256(name.lower().encode()).digest()[:8], "big")
    return first_digit + str(number % 10**17).zfill(17)
