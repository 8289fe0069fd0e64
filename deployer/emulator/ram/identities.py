"""Users, roles and the policies attached to them, as the emulator holds them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from deployer.emulator.ram.conditions import Facts
from deployer.emulator.ram.policy import Access, Policy


class PolicyType(str, Enum):
    """Who keeps a policy: Alibaba Cloud or the account."""

    SYSTEM = "System"
    CUSTOM = "Custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One text a policy had, or has."""

    version_id: str
    policy: Policy
    created_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class ManagedPolicy:
    """A policy with a name. Identities follow its default version."""

    policy_name: str
    policy_type: PolicyType
    description: str
    created_at: datetime
    updated_at: datetime
    versions: list[PolicyVersion]
    default_version_id: str
    next_version: int = 2

    @property
    def default_version(self) -> PolicyVersion:
        return next(one for one in self.versions if one.version_id == self.default_version_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A policy that an identity has."""

    policy: ManagedPolicy
    attached_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """A RAM user. Without a policy it may do nothing."""

    user_name: str
    user_id: str
    arn: str
    created_at: datetime
    display_name: str = ""
    comments: str = ""
    email: str = ""
    mobile_phone: str = ""
    updated_at: datetime | None = None
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Role:
    """A RAM role, which AssumeRole hands out to whom its trust policy names; None trusts the whole account."""

    role_name: str
    role_id: str
    arn: str
    created_at: datetime
    description: str = ""
    max_session_seconds: int = 3600
    trust: Policy | None = None
    updated_at: datetime | None = None
    attachments: list[Attachment] = field(default_factory=list)

    def trusts(self, kind: str, names: frozenset[str], facts: Facts) -> bool:
        """True when the trust policy allows AssumeRole to a `RAM` or `Service` principal of one of these names."""
        if self.trust is None:
            return True
        access = Access(action="sts:AssumeRole", resource="*", facts=facts)
        naming = [
            statement
            for statement in self.trust.statements
            if names & set(statement.principals.get(kind, ())) and statement.applies(access)
        ]
        return bool(naming) and all(statement.allows for statement in naming)


def policies_of(identity: User | Role) -> list[Policy]:
    """What the identity's policies say now."""
    return [attachment.policy.default_version.policy for attachment in identity.attachments]
