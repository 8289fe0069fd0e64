"""What cloud product actions declare, read off the templates behind them: which properties a task may and must give."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from deployer.oos import catalog
from deployer.oos.documents import read_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The properties of an action, by their spelling; `required` have no default."""

    properties: tuple[str, ...]
    required: tuple[str, ...]


@lru_cache(maxsize=256)
def find_declaration(folded_action: str) -> Declaration | None:
    """The declaration of an action whose properties are all known; None for others."""
    if folded_action not in catalog.WHOLLY_KNOWN_ACTIONS:
        return None
    wanted = folded_action.replace("::", "-") + ".yml"
    folder = files("deployer.oos") / "product_actions"
    (file,) = [entry for entry in folder.iterdir() if entry.name.casefold() == wanted]
    parameters = read_document(file.read_text("utf-8")).get("Parameters") or {}
    return Declaration(
        properties=tuple(parameters),
        required=tuple(name for name, definition in parameters.items() if "Default" not in definition),
    )
