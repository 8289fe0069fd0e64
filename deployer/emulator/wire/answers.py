"""Answers of the RPC form: JSON or XML, good ones and refusals."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from deployer.emulator.actions import ApiError, Body
from deployer.emulator.http import HttpResponse

_JSON_TYPE = "application/json;charset=utf-8"
_XML_TYPE = "text/xml;charset=utf-8"


def render_body(action: str, body: Body, *, wants_xml: bool, request_id: str) -> HttpResponse:
    """A good answer: the body with its RequestId, in the format asked for."""
    whole = {"RequestId": request_id, **body}
    return _response(200, whole, root=f"{action}Response", wants_xml=wants_xml, request_id=request_id)


def render_error(
    error: ApiError, *, wants_xml: bool, request_id: str, host: str = "", product: str = ""
) -> HttpResponse:
    """A refusal: RequestId, HostId, Code, Message, Recommend, and what the service adds (`AccessDeniedDetail`).

    An error with a status below 400 is BSS's form of a business failure: HTTP 200 with `Success` false.
    Source: https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
    """
    if error.status < 400:
        body = {"Code": error.code, "Message": error.message, "Success": False, "RequestId": request_id, **error.extra}
        return _response(error.status, body, root="Response", wants_xml=wants_xml, request_id=request_id)
    recommend = f"https://api.alibabacloud.com/troubleshoot?q={quote(error.code)}&product={product.capitalize()}"
    body = {
        "RequestId": request_id,
        "HostId": host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"{recommend}&requestId={request_id}",
        **error.extra,
    }
    response = _response(error.status, body, root="Error", wants_xml=wants_xml, request_id=request_id)
    response.headers.update(error.headers)
    return response


def _response(status: int, body: Mapping[str, Any], *, root: str, wants_xml: bool, request_id: str) -> HttpResponse:
    if wants_xml:
        text = '<?xml version="1.0" encoding="UTF-8"?>' + "".join(_xml(root, body))
    else:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    headers = {"content-type": _XML_TYPE if wants_xml else _JSON_TYPE, "x-acs-request-id": request_id}
    return HttpResponse(status=status, headers=headers, body=text.encode())


def _xml(name: str, value: Any) -> Iterator[str]:
    """A value as elements: a list repeats its element, None leaves it out."""
    if isinstance(value, Mapping):
        yield f"<{name}>"
        for key, child in value.items():
            yield from _xml(key, child)
        yield f"</{name}>"
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _xml(name, child)
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield f"<{name}>{escape(text)}</{name}>"
