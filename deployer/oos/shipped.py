"""The templates that come with this package: the product's own, and the cloud product actions in our words."""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.oos.template import Template
from deployer.oos.validate import check_template

if TYPE_CHECKING:
    from importlib.abc import Traversable


def read_template(name: str) -> str:
    """The text of one of the product's own templates, such as `deployer-release`.

    Installed, they lie inside the package; in a checkout, beside it.
    Errors: FileNotFoundError.
    """
    for place in _template_folders():
        file = place / f"{name}.yml"
        if file.is_file():
            return file.read_text("utf-8")
    raise FileNotFoundError(f"no template `{name}`")


def template_names() -> tuple[str, ...]:
    """The names of the product's own templates, in order."""
    found = {file.name.removesuffix(".yml") for place in _template_folders() for file in place.iterdir()}
    return tuple(sorted(found))


def _template_folders() -> "list[Traversable]":
    candidates: list[Traversable] = [
        files("deployer") / "oos_templates",
        Path(__file__).resolve().parents[2] / "oos_templates",
    ]
    return [place for place in candidates if place.is_dir()]


class ShippedTemplates:
    """Templates of the cloud's own, by name whatever its letter case; each is read once."""

    def __init__(self, folder: str, *, separator: str = "-") -> None:
        place = files("deployer.oos") / folder
        spelled = {
            file.name.removesuffix(".yml").replace("-", separator): file
            for file in place.iterdir()
            if file.name.endswith(".yml")
        }
        self.names = tuple(sorted(spelled))
        self._files = {name.casefold(): file for name, file in spelled.items()}
        self._templates: dict[str, Template] = {}

    def find(self, name: str) -> Template | None:
        """The template of that name; None when there is none."""
        key = name.casefold()
        if key in self._files and key not in self._templates:
            self._templates[key] = check_template(self._files[key].read_text("utf-8"))
        return self._templates.get(key)


def product_actions() -> ShippedTemplates:
    """The cloud product actions: `ACS::<Product>::<Name>`."""
    return ShippedTemplates("product_actions", separator="::")


def public_templates() -> ShippedTemplates:
    """The public templates: `ACS-<Product>-<Name>`."""
    return ShippedTemplates("public_templates")


def service_templates() -> ShippedTemplates:
    """What the service itself runs for its other operations."""
    return ShippedTemplates("service_templates")
