"""What web pages of other origins may do with a bucket (CORS).

Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketcors
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.services.oss.authorization import find_bucket, get_bucket
from deployer.emulator.services.oss.call import OssCall, empty_response, invalid_argument, xml_response
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import Bucket, OssState

_PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"
_MOST_RULES = 20
_METHODS = frozenset({"GET", "PUT", "DELETE", "POST", "HEAD"})

Rule = Mapping[str, Any]


class CrossOrigin:
    """The rules of a bucket, and the question browsers ask before a request."""

    def __init__(self, state: OssState) -> None:
        self._state = state

    @operation("PutBucketCors", source=_PAGES + "putbucketcors")
    def put_cors(self, call: OssCall) -> HttpResponse:
        asked = call.read_xml()
        check_rules(asked.get("CORSRule", []))
        with call.lock:
            get_bucket(call, self._state).cross_origin = asked
        return empty_response()

    @operation("GetBucketCors", source=_PAGES + "getbucketcors")
    def get_cors(self, call: OssCall) -> HttpResponse:
        with call.lock:
            bucket = get_bucket(call, self._state)
            if bucket.cross_origin is None:
                raise ApiError(
                    404,
                    "NoSuchCORSConfiguration",
                    "The CORS Configuration does not exist.",
                    extra={"BucketName": bucket.name},
                )
            return xml_response("CORSConfiguration", bucket.cross_origin)

    @operation("DeleteBucketCors", source=_PAGES + "deletebucketcors")
    def delete_cors(self, call: OssCall) -> HttpResponse:
        with call.lock:
            get_bucket(call, self._state).cross_origin = None
        return empty_response(204)

    @operation("OptionObject", source=_PAGES + "options")
    def option_object(self, call: OssCall) -> HttpResponse:
        """What the page may do; nobody signs this. Errors: ApiError 403 AccessForbidden."""
        origin, method = call.header("origin"), call.header("access-control-request-method")
        if not origin or not method:
            raise ApiError(400, "BadRequest", "Origin and Access-Control-Request-Method are required.")
        wanted = [name.strip() for name in (call.header("access-control-request-headers") or "").split(",")]
        with call.lock:
            rules = _rules(find_bucket(self._state, call.bucket_name))
        rule = _find_rule(rules, origin, method, [name for name in wanted if name])
        if rule is None:
            raise ApiError(403, "AccessForbidden", "CORSResponse: This CORS request is not allowed.")
        headers = _headers_of(rule, origin)
        if wanted != [""]:
            headers["Access-Control-Allow-Headers"] = ", ".join(wanted)
        return empty_response(headers=headers)


def cross_origin_headers(bucket: Bucket | None, request: HttpRequest) -> dict[str, str]:
    """What lets the page of the request's Origin read the answer; empty when no rule does."""
    origin = request.headers.get("origin")
    if bucket is None or not origin:
        return {}
    rule = _find_rule(_rules(bucket), origin, request.method, ())
    return _headers_of(rule, origin) if rule is not None else {}


def check_rules(rules: Sequence[Rule]) -> None:
    """Errors: ApiError 400 MalformedXML, InvalidArgument."""
    if not 0 < len(rules) <= _MOST_RULES:
        raise ApiError(400, "MalformedXML", f"A CORS configuration has between 1 and {_MOST_RULES} rules.")
    for rule in rules:
        for name in ("AllowedOrigin", "AllowedMethod"):
            if not rule.get(name):
                raise ApiError(400, "MalformedXML", f"A CORS rule needs an {name}.")
        for method in rule["AllowedMethod"]:
            if method not in _METHODS:
                raise invalid_argument("AllowedMethod", method, f"must be one of {', '.join(sorted(_METHODS))}")
        for pattern in (*rule["AllowedOrigin"], *rule.get("AllowedHeader", ())):
            if pattern.count("*") > 1:
                raise invalid_argument("CORSRule", pattern, "may hold one `*`")


def _rules(bucket: Bucket) -> Sequence[Rule]:
    return bucket.cross_origin.get("CORSRule", ()) if bucket.cross_origin else ()


def _find_rule(rules: Sequence[Rule], origin: str, method: str, headers: Sequence[str]) -> Rule | None:
    """The first rule that allows all of it."""
    for rule in rules:
        allowed = rule.get("AllowedHeader", ())
        if (
            method in rule["AllowedMethod"]
            and any(_fits(pattern, origin) for pattern in rule["AllowedOrigin"])
            and all(any(_fits(pattern.lower(), name.lower()) for pattern in allowed) for name in headers)
        ):
            return rule
    return None


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def _headers_of(rule: Rule, origin: str) -> dict[str, str]:
    allows_all = "*" in rule["AllowedOrigin"]
    headers = {
        "Access-Control-Allow-Origin": "*" if allows_all else origin,
        "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethod"]),
    }
    if rule.get("ExposeHeader"):
        headers["Access-Control-Expose-Headers"] = ", ".join(rule["ExposeHeader"])
    if rule.get("MaxAgeSeconds"):
        headers["Access-Control-Max-Age"] = rule["MaxAgeSeconds"]
    return headers
