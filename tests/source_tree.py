"""The package's own source as the house tests look at it: modules, their imports, their functions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "deployer"
SAMPLE = PACKAGE / "demo" / "sample"  # written as its user would


@dataclass(frozen=True)
class Module:
    """One source file of the package."""

    path: Path

    @cached_property
    def name(self) -> str:
        """Its dotted name: `deployer.cloud.session`."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def layer(self) -> str:
        """The first name below the package, empty for the package itself."""
        return layer_of(self.name)

    @property
    def shown(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.shown)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the syntax tree."""
        return tuple(ast.walk(self.tree))

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, module) of every import, those inside functions too; `from deployer import x` counts as `deployer.x`."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                names = [f"{module}.{alias.name}" for alias in node.names] if module == "deployer" else [module]
                yield from ((node.lineno, name) for name in names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in self.nodes if isinstance(node, ast.ClassDef))

    def uses_of(self, module: str, *names: str) -> Iterator[int]:
        """Lines that name `module.name` for one of the names, or import one of them from the module."""
        for node in self.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == module and node.attr in names:
                    yield node.lineno
            elif isinstance(node, ast.ImportFrom) and node.module == module and names_any(node, names):
                yield node.lineno


def names_any(node: ast.ImportFrom, names: tuple[str, ...]) -> bool:
    return any(alias.name in names for alias in node.names)


def layer_of(module_name: str) -> str:
    """`cloud` for `deployer.cloud.session`; empty for `deployer` and for what is not ours."""
    package, _, rest = module_name.partition(".")
    return rest.partition(".")[0] if package == "deployer" else ""


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package but the sample project, which is data."""
    return tuple(Module(path) for path in sorted(PACKAGE.rglob("*.py")) if SAMPLE not in path.parents)
