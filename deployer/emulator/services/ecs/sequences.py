"""Names of instances that are made together: `web-[1,3]` counts, `${instance_id}` is filled in, a suffix tells apart.

Source: https://www.alibabacloud.com/help/en/ecs/user-guide/batch-configure-sequential-names-or-hostnames-for-multiple-instances
"""

import re

INSTANCE_ID = "${instance_id}"

_SEQUENCE = re.compile(r"\[(\d{0,6}),([1-6]?)\]")
_MOST_DIGITS = 6


def name_at(pattern: str, position: int) -> str:
    """The name of the instance at that position, counted from 0; the pattern itself where it has no sequence.

    `[begin,digits]`: both may be left out, for 0 and 6. Too few digits for the first number mean 6 as well.
    """
    found = _SEQUENCE.search(pattern)
    if found is None:
        return pattern
    begin, digits = found[1] or "0", int(found[2] or _MOST_DIGITS)
    if len(begin) > digits:
        digits = _MOST_DIGITS
    return f"{pattern[: found.start()]}{int(begin) + position:0{digits}d}{pattern[found.end() :]}"


def name_in_batch(pattern: str, position: int, *, has_unique_suffix: bool) -> str:
    """Likewise, with UniqueSuffix behind it, `001` and on, unless the name ends by its number already."""
    found = _SEQUENCE.search(pattern)
    ends_by_number = found is not None and found.end() == len(pattern)
    suffix = f"{position + 1:03d}" if has_unique_suffix and pattern and not ends_by_number else ""
    return name_at(pattern, position) + suffix
