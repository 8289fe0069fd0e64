"""A person at the other end of every question."""


class Answer:
    """What a prompt of questionary is before it is asked."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def ask(self) -> str | None:
        return self._value


class Person:
    """Stands where questionary stands: picks the choice that holds the next word, or types it; None leaves."""

    def __init__(self, *words: str | None) -> None:
        self.words = list(words)
        self.asked: list[str] = []
        self.offered: list[list[str]] = []

    def select(self, message: str, choices: list[str]) -> Answer:
        self.asked.append(message)
        self.offered.append(choices)
        word = self.words.pop(0)
        return Answer(None if word is None else next(choice for choice in choices if word in choice))

    def text(self, message: str) -> Answer:
        self.asked.append(message)
        return Answer(self.words.pop(0))
