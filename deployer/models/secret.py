"""A value that must not be seen."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Text that shows as `***` wherever it is printed, formatted or serialised; only `reveal()` gives it."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The text itself, for the one place that has to send it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        return "***"

    __repr__ = __str__

    def __format__(self, _spec: str) -> str:
        return "***"

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not pickled")
