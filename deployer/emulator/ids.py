"""Identifiers in Alibaba Cloud's shapes, from one seed: the same run makes the same ids."""

import random
import string

_ALPHANUMERIC = string.ascii_lowercase + string.digits


class Ids:
    """A source of identifiers; two sources with one seed give the same sequence."""

    def __init__(self, seed: int | str = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311  (names, not secrets)

    def reseed(self, seed: int | str) -> None:
        """From now on the sequence of that seed."""
        self._random.seed(seed)

    def hexadecimal(self, length: int) -> str:
        return "".join(self._random.choices("0123456789abcdef", k=length))

    def alphanumeric(self, length: int) -> str:
        return "".join(self._random.choices(_ALPHANUMERIC, k=length))

    def request_id(self) -> str:
        """`4C467B38-3910-447D-87BC-AC049166F216`: an upper-case UUID."""
        digits = self.hexadecimal(32).upper()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def resource_id(self, prefix: str, length: int = 20) -> str:
        """`i-bp67acfmxazb4p****`: a prefix, a dash, and that many letters and digits."""
        return f"{prefix}-{self.alphanumeric(length)}"
