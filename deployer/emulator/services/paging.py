"""Answers in pages: by page number, or by token. A token is bound to the question it was handed out for."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from deployer.emulator.services.refusals import invalid_parameter

Item = TypeVar("Item")


def page_by_number(
    items: Sequence[Item], params: Mapping[str, Any], *, default_size: int = 10, max_size: int = 100
) -> tuple[Sequence[Item], dict[str, int]]:
    """The page asked for by PageNumber and PageSize, and the three fields that describe it.

    Errors: 400 InvalidParameter.
    """
    number, size = params.get("PageNumber", 1), params.get("PageSize", default_size)
    if number < 1:
        raise invalid_parameter("PageNumber")
    if not 1 <= size <= max_size:
        raise invalid_parameter("PageSize")
    start = (number - 1) * size
    return items[start : start + size], {"PageNumber": number, "PageSize": size, "TotalCount": len(items)}


def page_by_token(
    items: Sequence[Item],
    params: Mapping[str, Any],
    *,
    key: Callable[[Item], str],
    default_size: int = 10,
    max_size: int = 100,
) -> tuple[Sequence[Item], str]:
    """The page after NextToken, at most MaxResults long, and the token of the next one ("" after the last).

    The page starts behind the item the token names, so what is created meanwhile shifts nothing.
    Errors: 400 InvalidParameter for a token that was not handed out for the same question.
    """
    size = params.get("MaxResults", default_size)
    if not 1 <= size <= max_size:
        raise invalid_parameter("MaxResults")
    start = 0
    token = params.get("NextToken")
    question = _fingerprint(params)
    if token:
        last_key = _open_token(token, question)
        start = next((position + 1 for position, item in enumerate(items) if key(item) == last_key), len(items))
    page = items[start : start + size]
    more = start + size < len(items)
    return page, _make_token(key(page[-1]), question) if more else ""


def page_either_way(
    items: Sequence[Item], params: Mapping[str, Any], *, key: Callable[[Item], str], max_results: int = 100
) -> tuple[Sequence[Item], dict[str, Any]]:
    """The page asked for, by token when a token field was sent, else by number; and all the fields that describe it.

    `max_results` is how long a page by token may be; one by number may have a hundred.

    Errors: 400 InvalidParameter.
    """
    if wants_token_paging(params):
        page, token = page_by_token(items, params, key=key, max_size=max_results)
        return page, {"NextToken": token, "TotalCount": 0, "PageNumber": 0, "PageSize": 0}
    page, numbers = page_by_number(items, params)
    return page, {"NextToken": "", **numbers}


def wants_token_paging(params: Mapping[str, Any]) -> bool:
    """True when a token field was sent: the page fields are then ignored.

    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinstances
    """
    return "NextToken" in params or "MaxResults" in params


def _fingerprint(params: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in params.items() if name not in {"NextToken", "MaxResults"}}
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _make_token(last_key: str, question: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([question, last_key]).encode()).decode()


def _open_token(token: str, question: str) -> str:
    try:
        asked, last_key = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError, TypeError) as error:
        raise invalid_parameter("NextToken") from error
    if asked != question:
        raise invalid_parameter("NextToken")
    return str(last_key)
