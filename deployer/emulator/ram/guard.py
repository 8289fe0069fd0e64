"""May this caller do this? Asks the caller's policies, and remembers which rights were made use of."""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from deployer.clock import Clock
from deployer.emulator.actions import ApiError, Principal
from deployer.emulator.contract.document import Operation
from deployer.emulator.denials import denial
from deployer.emulator.ram.conditions import Facts, fact_key
from deployer.emulator.ram.policy import Access, Policy, Verdict, judge

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KEPT_RIGHTS = 100_000  # different ones; a cloud that runs for long forgets no more than it can hold
# The tags of one resource, None when it has none or does not exist.
FindTags = Callable[[str], Mapping[str, str] | None]


class Holder(Protocol):
    """An AccessKey, as far as rights go."""

    @property
    def principal(self) -> Principal: ...

    def policies(self) -> dict[str, list[Policy]]:
        """What has to allow an access, each for itself; empty when nothing holds the caller back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One action on one resource."""

    action: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a call brings along that policies can ask for. Parameters are flat, as on the wire."""

    account_id: str
    region_id: str
    params: Mapping[str, str]
    is_secure: bool = True
    source_ip: str = "127.0.0.1"


@dataclass(slots=True, kw_only=True)
class Guard:
    """Lets calls pass or not. `used` are the rights that were needed and there, in the order of first use."""

    clock: Clock
    find_tags: FindTags = lambda _resource: None
    used: dict[Right, None] = field(default_factory=dict)

    def check_operation(self, operation: Operation, holder: Holder | None, request: Request) -> None:
        """Errors: ApiError 403 in the words of the product, naming the first right that is missing."""
        if holder is None:
            return
        # Facts are for policies; nothing holds the account itself back.
        facts = self._request_facts(operation, holder.principal, request) if holder.policies() else {}
        resources = resources_of(operation, request)
        if operation.product == "bss":
            self._check_any(holder, operation.ram_actions, resources[0], facts)
        else:
            for action, resource in itertools.product(operation.ram_actions, resources):
                self.check(operation.product, holder, Right(action=action, resource=resource), facts)
        for resource in _passed_roles(operation, request):
            right = Right(action="ram:PassRole", resource=resource)
            self.check(operation.product, holder, right, {**facts, "acs:service": ("ecs.aliyuncs.com",)})

    def check(self, product: str, holder: Holder, right: Right, facts: Facts) -> None:
        """Errors: ApiError 403 in the words of the product."""
        verdict, policy_type = self._judge(holder, right, facts)
        if verdict is not Verdict.ALLOW:
            raise denial(product, right.action, holder.principal, verdict=verdict, policy_type=policy_type)
        self._remember(right)

    def request_facts(self, principal: Principal, request: Request) -> dict[str, Sequence[str]]:
        """The condition keys every request has.

        Source: https://help.aliyun.com/en/ram/policy-elements (common condition keys)
        """
        return {
            "acs:sourceip": (request.source_ip,),
            "acs:securetransport": ("true" if request.is_secure else "false",),
            "acs:currenttime": (self.clock.now().isoformat(),),
            "acs:mfapresent": ("false",),
            "acs:principalarn": (principal.arn,),
        }

    def _request_facts(self, operation: Operation, principal: Principal, request: Request) -> dict[str, Sequence[str]]:
        facts = self.request_facts(principal, request)
        for name, value in request.params.items():
            tag = re.fullmatch(r"(Tag\.\d+\.)Key", name)
            if tag:
                tag_value = request.params.get(f"{tag[1]}Value", "")
                facts[f"acs:requesttag/{value}"] = facts[f"{operation.product}:tag/{value}"] = (tag_value,)
        if operation.name in {"RunCommand", "InvokeCommand"}:
            facts[fact_key("ecs:CommandRunAs")] = (request.params.get("Username") or "root",)
        return facts

    def _check_any(self, holder: Holder, actions: Iterable[str], resource: str, facts: Facts) -> None:
        """Billing knows an operation by two names: one allowed lets the call pass, one denied refuses it.

        Source: https://help.aliyun.com/knowledge_detail/139650.html
        """
        rights = [Right(action=action, resource=resource) for action in actions]
        judged = [(right, *self._judge(holder, right, facts)) for right in rights]
        refused = [one for one in judged if one[1] is Verdict.EXPLICIT_DENY]
        allowed = [one for one in judged if one[1] is Verdict.ALLOW]
        if refused or not allowed:
            right, verdict, policy_type = (refused or judged)[0]
            raise denial("bss", right.action, holder.principal, verdict=verdict, policy_type=policy_type)
        self._remember(allowed[0][0])

    def _remember(self, right: Right) -> None:
        if len(self.used) < _KEPT_RIGHTS:
            self.used.setdefault(right)

    def _judge(self, holder: Holder, right: Right, facts: Facts) -> tuple[Verdict, str]:
        layers = holder.policies()
        if not layers:
            return Verdict.ALLOW, ""
        access = Access(action=right.action, resource=right.resource, facts=self._with_tags(right, facts))
        for policy_type, policies in layers.items():
            verdict = judge(policies, access)
            if verdict is not Verdict.ALLOW:
                return verdict, policy_type
        return Verdict.ALLOW, ""

    def _with_tags(self, right: Right, facts: Facts) -> Facts:
        """The facts with the resource's tags, which calls that describe or list do not bring along.

        Assumed: measured by others for Describe and List calls of ECS; taken to be so of all reading calls.
        """
        product, _, name = right.action.partition(":")
        tags = None if name.startswith(("Describe", "List", "Get")) else self.find_tags(right.resource)
        if not tags:
            return facts
        of_resource = {f"acs:resourcetag/{tag}": (value,) for tag, value in tags.items()}
        old_names = {f"{product}:tag/{tag}": (value,) for tag, value in tags.items()}
        return {**old_names, **facts, **of_resource}


def resources_of(operation: Operation, request: Request) -> list[str]:
    """The ARNs an operation's rights are needed for, as the contract's patterns and the parameters give them.

    `instance/{InstanceId}` is one ARN for each id, or `instance/*` without any; a pattern that ends in `?` counts only
    when its parameter was given; one that starts with another product's code (`vpc:vswitch/…`) is that product's.
    """
    found: list[str] = []
    for pattern in operation.resources or ("*",):
        optional, body = pattern.endswith("?"), pattern.removesuffix("?")
        names = _PLACEHOLDER.findall(body)
        values = [values_of(request.params, name) for name in names]
        if optional and not all(values):
            continue
        code, colon, path = body.partition(":")
        if not colon or "{" in code:
            code, path = _ram_code(operation), body
        for chosen in itertools.product(*[one or ["*"] for one in values]):
            filled = path
            for name, value in zip(names, chosen, strict=True):
                filled = filled.replace(f"{{{name}}}", value.lower() if name == "ResourceType" else value)
            region_id = "" if code == "ram" else request.region_id
            is_whole = filled.startswith("acs:")
            found.append(filled if is_whole else f"acs:{code}:{region_id}:{request.account_id}:{filled}")
    return found


def values_of(params: Mapping[str, str], name: str) -> list[str]:
    """What a parameter says, in whichever of the three forms ids travel: one text, `Name.1`, or a JSON list."""
    if name in params:
        text = params[name]
        if text.startswith("["):
            try:
                parsed = json.loads(text)
            except ValueError:
                return [text]
            return [str(one) for one in parsed] if isinstance(parsed, list) else [text]
        return [text] if text else []
    numbered = re.compile(re.escape(name) + r"\.\d+")
    return [value for key, value in params.items() if value and numbered.fullmatch(key)]


def _passed_roles(operation: Operation, request: Request) -> list[str]:
    names = values_of(request.params, operation.passes_role) if operation.passes_role else []
    return [f"acs:ram::{request.account_id}:role/{name.lower()}" for name in names]


def _ram_code(operation: Operation) -> str:
    return operation.ram_actions[0].partition(":")[0] if operation.ram_actions else operation.product


def forbidden_by(error: ApiError) -> str:
    """The RAM action a denial names; "" when the error is none."""
    detail = error.extra.get("AccessDeniedDetail")
    return str(detail["AuthAction"]) if isinstance(detail, dict) else ""
