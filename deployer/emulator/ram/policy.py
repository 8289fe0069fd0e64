"""A policy document: read strictly, and asked what it says about one access.

Source: https://www.alibabacloud.com/help/en/ram/policy-structure-and-syntax and
https://help.aliyun.com/en/ram/policy-elements
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from deployer.emulator.ram.conditions import Condition, Facts, MalformedCondition, read_conditions
from deployer.emulator.ram.patterns import wildcard

_ACTION = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?_./-]+")
_STATEMENT_KEYS = frozenset(
    {"Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal", "Sid"}
)


class MalformedPolicy(ValueError):
    """The document is no policy; the text says what is wrong with it."""


class Verdict(str, Enum):
    """What policies say about an access; the two denials as `NoPermissionType` spells them."""

    ALLOW = "Allow"
    IMPLICIT_DENY = "ImplicitDeny"
    EXPLICIT_DENY = "ExplicitDeny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One action on one resource: `ecs:DeleteInstance` on `acs:ecs:cn-hangzhou:123:instance/i-1`."""

    action: str
    resource: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """What an element names, or with its Not form everything else."""

    patterns: tuple[re.Pattern[str], ...]
    is_negated: bool

    def match(self, text: str) -> bool:
        return any(pattern.fullmatch(text) for pattern in self.patterns) is not self.is_negated


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `principals` is filled in resource-based policies only."""

    allows: bool
    actions: _Patterns
    resources: _Patterns
    conditions: tuple[Condition, ...]
    principals: Mapping[str, tuple[str, ...]]

    def applies(self, access: Access) -> bool:
        """True when the statement speaks of this access."""
        return (
            self.actions.match(access.action)
            and self.resources.match(access.resource)
            and all(condition.holds(access.facts) for condition in self.conditions)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A document that was read; `text` is how it was written."""

    text: str
    statements: tuple[Statement, ...]


def judge(policies: Iterable[Policy], access: Access) -> Verdict:
    """What the policies of one identity say together: a denial beats every permission, silence is a denial.

    Source: https://help.aliyun.com/en/ram/policy-elements (Deny takes precedence)
    """
    applying = [statement for policy in policies for statement in policy.statements if statement.applies(access)]
    if any(not statement.allows for statement in applying):
        return Verdict.EXPLICIT_DENY
    return Verdict.ALLOW if applying else Verdict.IMPLICIT_DENY


def read_policy(document: str | Mapping[str, Any], *, is_trust: bool = False) -> Policy:
    """The policy a JSON text or its parsed form stands for. A trust policy names principals instead of resources.

    Errors: MalformedPolicy.
    """
    if isinstance(document, str):
        text = document
        try:
            parsed = json.loads(document)
        except ValueError as error:
            raise MalformedPolicy(f"no JSON: {error}") from None
    else:
        parsed, text = document, json.dumps(document)
    if not isinstance(parsed, Mapping):
        raise MalformedPolicy("a policy is an object")
    if parsed.get("Version") != "1":
        raise MalformedPolicy('Version has to be "1"')
    raw = parsed.get("Statement")
    if not isinstance(raw, list) or not raw:
        raise MalformedPolicy("Statement has to be a list that is not empty")
    unknown = sorted(set(parsed) - {"Version", "Statement"})
    if unknown:
        raise MalformedPolicy(f"unknown element {unknown[0]!r}")
    return Policy(text=text, statements=tuple(_read_statement(one, is_trust=is_trust) for one in raw))


def allow(actions: Iterable[str], *, deny: Iterable[str] = ()) -> Policy:
    """A policy that allows some actions on everything, and denies others."""
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]
    if denied := list(deny):
        statements.append({"Effect": "Deny", "Action": denied, "Resource": "*"})
    return read_policy({"Version": "1", "Statement": statements})


def _read_statement(raw: Any, *, is_trust: bool) -> Statement:
    if not isinstance(raw, Mapping):
        raise MalformedPolicy("a statement is an object")
    unknown = sorted(set(raw) - _STATEMENT_KEYS)
    if unknown:
        raise MalformedPolicy(f"unknown element {unknown[0]!r}")
    if raw.get("Effect") not in {"Allow", "Deny"}:
        raise MalformedPolicy("Effect has to be Allow or Deny")
    if is_trust is not ("Principal" in raw):
        raise MalformedPolicy("a trust policy names its Principal" if is_trust else "Principal is not allowed here")
    try:
        conditions = read_conditions(raw.get("Condition", {}))
    except MalformedCondition as error:
        raise MalformedPolicy(str(error)) from None
    return Statement(
        allows=raw["Effect"] == "Allow",
        actions=_read_patterns(raw, "Action", ignore_case=True),
        resources=_read_patterns({"Resource": "*"} if is_trust else raw, "Resource", ignore_case=False),
        conditions=conditions,
        principals=_read_principals(raw.get("Principal", {})),
    )


def _read_patterns(raw: Mapping[str, Any], name: str, *, ignore_case: bool) -> _Patterns:
    """`Action` or `NotAction`, `Resource` or `NotResource`: one text or several. Action names ignore letter case."""
    given = [key for key in (name, f"Not{name}") if key in raw]
    if len(given) != 1:
        raise MalformedPolicy(f"a statement has either {name} or Not{name}")
    texts = _texts(raw[given[0]], given[0])
    if name == "Action" and (bad := [text for text in texts if not _ACTION.fullmatch(text)]):
        raise MalformedPolicy(f"{bad[0]!r} is no action")
    if name == "Resource" and (bad := [text for text in texts if text != "*" and not text.startswith("acs:")]):
        raise MalformedPolicy(f"{bad[0]!r} is no resource")
    return _Patterns(
        patterns=tuple(wildcard(text, ignore_case=ignore_case) for text in texts), is_negated=given[0] != name
    )


def _read_principals(raw: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(raw, Mapping):
        raise MalformedPolicy("Principal has to be an object")
    return {str(kind): _texts(names, "Principal") for kind, names in raw.items()}


def _texts(value: Any, name: str) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(text, str) and text for text in found):
        raise MalformedPolicy(f"{name} has to be a text, or a list of texts that is not empty")
    return tuple(found)
