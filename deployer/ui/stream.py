"""Text to a stream that may be closed, no terminal, or unable to write what is asked of it."""

from typing import TextIO

_ASCII = {"✅": "[ok]", "❌": "[x]", "⚠️": "[!]", "❔": "[?]", "…": "...", "—": "-", "–": "-", "×": "x", "→": "->"}


def show(stream: TextIO, text: str) -> bool:
    r"""Write the text and a line break; False when nobody reads any more, which is no error.

    What the stream's encoding cannot hold is written as `\\u4f60`, ticks and crosses as `[ok]` and `[x]`.
    """
    try:
        stream.write(encodable(text, stream.encoding or "utf-8") + "\n")
        stream.flush()
    except (BrokenPipeError, ValueError):  # ValueError: the stream was closed
        return False
    return True


def encodable(text: str, encoding: str) -> str:
    """The text in characters that encoding has."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        for fancy, plain in _ASCII.items():
            text = text.replace(fancy, plain)
        known = encoding if _is_known(encoding) else "ascii"
        return text.encode(known, "backslashreplace").decode(known)
    return text


def _is_known(encoding: str) -> bool:
    try:
        "".encode(encoding)
    except LookupError:
        return False
    return True
