"""The two ways an answer comes in pages: by token, or by number."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from deployer.emulator.services.paging import page_by_number, page_by_token, wants_token_paging

Item = TypeVar("Item")


def take_page(
    items: Sequence[Item], params: Mapping[str, Any], key: Callable[[Item], str]
) -> tuple[Sequence[Item], dict[str, Any]]:
    """One page, ten items unless asked otherwise and 50 at most, and the fields that describe it.

    Errors: 400 InvalidParameter.
    """
    if wants_token_paging(params) or not {"PageNumber", "PageSize"} & set(params):
        page, token = page_by_token(items, params, key=key, default_size=10, max_size=50)
        size = params.get("MaxResults", 10)
        return page, {"NextToken": token, "TotalCount": len(items), "PageNumber": 1, "PageSize": size}
    numbered, fields = page_by_number(items, params, default_size=10, max_size=50)
    return numbered, {**fields, "NextToken": ""}
