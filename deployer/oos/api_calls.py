"""Calling cloud APIs for tasks: how template parameters become API parameters, and how pages are joined.

Source: https://help.aliyun.com/zh/oos/user-guide/acs-executeapi and https://help.aliyun.com/zh/oos/user-guide/task
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# `(service, api, parameters) -> body`; raises ApiFailure.
CallApi = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
# A list that pages for ever would hang a task; no list in scope is longer.
MAXIMUM_PAGES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParameter:
    """One parameter an API takes: its name on the wire, and whether it is a list or an object with fields."""

    name: str
    is_list: bool = False
    fields: "tuple[ApiParameter, ...]" = field(default_factory=tuple)


# `(service, api) -> its parameters`, or None when they are not known.
DescribeApi = Callable[[str, str], "tuple[ApiParameter, ...] | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestCall:
    """A call of a service that is asked by method, path and body, as OSS is. `uri` may hold a query, or be empty."""

    service: str
    api: str
    method: str
    uri: str
    headers: Mapping[str, str]
    parameters: Mapping[str, Any]
    body: str


# `(call) -> body`, the answer as a map; raises ApiFailure.
CallRest = Callable[[RestCall], dict[str, Any]]


def api_parameters(given: Mapping[str, Any], known: tuple[ApiParameter, ...] | None) -> dict[str, Any]:
    """Template parameters under the API's own names.

    Letter case does not count; a dotted name may be written without its dot (`SystemDiskCategory`), a repeated
    parameter as a plural list (`InstanceIds` for `InstanceId.N`), or the other way round. Values given as `''` or null count as not given, and
    so does `{"": ""}`, which consoles send for a map without entries.
    A name the API does not know is passed on, so that the API refuses it.
    """
    wanted = {name: value for name, value in given.items() if value not in (None, "", {"": ""})}
    if known is None:
        return dict(wanted)
    places = dict(_places(known))
    result: dict[str, Any] = {}
    for name, value in wanted.items():
        place = _find_place(name, value, places)
        if place is None:
            result[name] = value
            continue
        path, parameter = place
        node = _inside(result, path[:-1])
        if node is None:  # the object itself was given as something else; the API says what it thinks of that
            result[name] = value
            continue
        is_single = parameter.is_list and not isinstance(value, list)
        node[path[-1]] = [value] if is_single else value
    return result


def _inside(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any] | None:
    """The map at that path, made where it is missing; None where something else stands."""
    for step in path:
        child = tree.setdefault(step, {})
        if not isinstance(child, dict):
            return None
        tree = child
    return tree


def _places(known: tuple[ApiParameter, ...]) -> Iterator[tuple[str, tuple[tuple[str, ...], ApiParameter]]]:
    for parameter in known:
        yield parameter.name.casefold(), ((parameter.name,), parameter)
        if not parameter.is_list:
            for name, (path, inner) in _places(parameter.fields):
                yield parameter.name.casefold() + name, ((parameter.name, *path), inner)


def _find_place(
    name: str, value: Any, places: Mapping[str, tuple[tuple[str, ...], ApiParameter]]
) -> tuple[tuple[str, ...], ApiParameter] | None:
    folded = name.casefold().replace(".", "")
    if folded in places:
        return places[folded]
    if isinstance(value, (list, str)):
        for singular in (folded.removesuffix("s"), folded.removesuffix("es"), folded.removesuffix("ies") + "y"):
            place = places.get(singular)
            if place is not None and place[1].is_list:
                return place
    return places.get(f"{folded}s") if isinstance(value, list) else None


def call_with_pages(
    call: Callable[[Mapping[str, Any]], dict[str, Any]],
    parameters: Mapping[str, Any],
    known: tuple[ApiParameter, ...] | None,
) -> dict[str, Any]:
    """The answer with the lists of all pages joined; one call when the API has no pages.

    A template that asks for one page by `NextToken` or `PageNumber` gets that page.
    """
    body = call(parameters)
    names = None if known is None else {parameter.name for parameter in known}
    if "NextToken" in parameters or "PageNumber" in parameters:
        return body
    seen: set[str] = set()
    page = body
    for page_number in range(2, MAXIMUM_PAGES + 1):
        step = _next_page(page, page_number, names)
        key = repr(step)
        if step is None or key in seen:
            break
        seen.add(key)
        page = call({**parameters, **step})
        if not _has_elements(page):
            break
        body = _joined(body, page)
    return body


def _next_page(page: Mapping[str, Any], page_number: int, names: set[str] | None) -> dict[str, Any] | None:
    """The parameters that fetch the page after `page`; None when it is the last."""
    for holder in (page, *(value for value in page.values() if isinstance(value, Mapping))):
        token = holder.get("NextToken")
        if isinstance(token, str) and token and (names is None or "NextToken" in names):
            return {"NextToken": token}
        total, number, size = (holder.get(key) for key in ("TotalCount", "PageNumber", "PageSize"))
        if (
            isinstance(total, int)
            and isinstance(number, int)
            and isinstance(size, int)
            and 0 < number * size < total
            and (names is None or "PageNumber" in names)
        ):
            return {"PageNumber": max(page_number, number + 1)}
    return None


def _has_elements(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value)
    return isinstance(value, Mapping) and any(_has_elements(inner) for inner in value.values())


def _joined(first: Any, second: Any) -> Any:
    """Lists one after the other, maps key by key; of two scalars the later one, but the first `RequestId`."""
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return {
            key: _joined(first[key], second[key]) if key in first and key in second else {**second, **first}[key]
            for key in {**first, **second}
        }
    return first if isinstance(first, str) and second != "" else second
