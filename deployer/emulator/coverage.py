"""What the emulator answers, operation by operation, and on what ground: read off the code itself."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from deployer.emulator.composition import Services
from deployer.emulator.contract.document import Contract

_REFUSALS = frozenset({"refuse_unsupported"})


class Ground(str, Enum):
    """What an operation's behaviour rests on."""

    DOCUMENTED = "documented"  # pages of Alibaba Cloud
    RECORDED = "recorded"  # answers seen of the real cloud
    ASSUMED = "assumed"  # pages, and a guess that the handler names
    NOT_IMPLEMENTED = "not implemented"  # 501 Emulator.NotImplemented


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationCoverage:
    """One operation. `refused` are the parameters that are answered with 501 as well."""

    product: str
    action: str
    ground: Ground
    source: str = ""
    refused: tuple[str, ...] = ()


def coverage_of(services: Services) -> Iterator[OperationCoverage]:
    """Every operation of every product, answered or not, by product and name."""
    contract = Contract()
    for product, handlers in services.handlers().items():
        document = contract.product(product)
        for action in sorted({*handlers, *document.names, *document.other_names}):
            yield _covered(product, action, handlers.get(action))
    answered = services.oss.handlers
    for action in sorted({*answered, *services.oss.contract_operations}):
        yield _covered("oss", action, answered.get(action))


def _covered(product: str, action: str, handler: Callable[..., Any] | None) -> OperationCoverage:
    if handler is None:
        return OperationCoverage(product=product, action=action, ground=Ground.NOT_IMPLEMENTED)
    source: str = handler.action_source  # type: ignore[attr-defined]  # functions carry attributes
    assumes = "Assumed:" in (handler.__doc__ or "") or source.startswith("assumed")
    seen = Ground.RECORDED if source.startswith("recorded") else Ground.DOCUMENTED
    return OperationCoverage(
        product=product,
        action=action,
        ground=Ground.ASSUMED if assumes else seen,
        source=source,
        refused=tuple(sorted(set(_refused_by(handler)))),
    )


def _refused_by(handler: Callable[..., Any]) -> Iterator[str]:
    """The parameter names a handler passes to `refuse_unsupported`, constants of its module included."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(handler)))
    known: Mapping[str, Any] = inspect.unwrap(handler).__globals__
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _REFUSALS:
            for argument in node.args[1:]:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)
                elif isinstance(argument, ast.Starred) and isinstance(argument.value, ast.Name):
                    yield from known.get(argument.value.id, ())
