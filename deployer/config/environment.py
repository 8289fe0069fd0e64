"""The process's environment, read at one place; everything else takes it as an argument."""

import os
from collections.abc import Mapping


def process_environment() -> Mapping[str, str]:
    """The process's environment as it is now."""
    return dict(os.environ)
