"""What every README is read into, whatever it is written in: its blocks of code, each under its headings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    """Lines that could be typed into a shell. `line` (1-based) is that of the first; `lead` what is said before it.

    `language` is what the author called it, in lower case: "" for none. `is_inline` for code inside a sentence, `is_loose`
    for text that nothing marks as code.
    """

    text: str
    line: int
    headings: tuple[str, ...] = ()
    lead: str = ""
    language: str = ""
    is_inline: bool = False
    is_loose: bool = False


class Headings:
    """The headings above the place that is read: deeper ones end where a higher one begins.

    The title of the document is none of them: a project called "legacy-tests" is neither.
    """

    def __init__(self) -> None:
        self._stack: list[tuple[int, str]] = []
        self._has_begun = False

    def enter(self, level: int, title: str) -> None:
        """Go on below this heading."""
        self.leave(level)
        is_title = level == 1 and not self._has_begun
        self._has_begun = True
        if not is_title:
            self._stack.append((level, title.strip()[:200]))

    def leave(self, level: int) -> None:
        """Go on above the headings of this level and of deeper ones."""
        self._stack = [one for one in self._stack if one[0] < level]

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self._stack)
