"""Services that are not emulated: a test says what their operations answer to the tasks of a template."""

from collections.abc import Callable, Mapping
from typing import Any

ApiAnswer = Callable[[Mapping[str, Any]], dict[str, Any]]


class OtherServices:
    """Answers by service and operation, letter case aside."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], ApiAnswer] = {}

    def answer(self, service: str, api: str, answer: ApiAnswer) -> None:
        """From now on `answer`, given the parameters of the task, gives the body; it raises ApiFailure to refuse."""
        self._answers[service.casefold(), api.casefold()] = answer

    def find(self, service: str, api: str) -> ApiAnswer | None:
        """What answers the operation; None when nothing does."""
        return self._answers.get((service.casefold(), api.casefold()))
