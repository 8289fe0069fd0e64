"""Objects that are put away: they cannot be read until they were restored, and then for some days.

Source: https://www.alibabacloud.com/help/en/oss/developer-reference/restoreobject
"""

from datetime import datetime, timedelta

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse
from deployer.emulator.services.oss.authorization import get_bucket, get_object
from deployer.emulator.services.oss.call import OssCall, empty_response, http_time, invalid_argument
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import ObjectVersion, OssState

_PUT_AWAY = frozenset({"Archive", "ColdArchive", "DeepColdArchive"})
_MOST_DAYS = {"Archive": 7, "ColdArchive": 365, "DeepColdArchive": 365}
_TIERS = ("Expedited", "Standard", "Bulk")


class Restoring:
    """RestoreObject."""

    def __init__(self, state: OssState) -> None:
        self._state = state

    @operation("RestoreObject", source="https://www.alibabacloud.com/help/en/oss/developer-reference/restoreobject")
    def restore(self, call: OssCall) -> HttpResponse:
        """202 when it begins, 200 when the object is readable already and stays so for longer now."""
        asked = call.read_xml() if call.request.content_length else {}
        tier = asked.get("JobParameters", {}).get("Tier", "Standard")
        if tier not in _TIERS:
            raise invalid_argument("Tier", tier, f"must be one of {', '.join(_TIERS)}")
        with call.lock:
            version = get_object(call, get_bucket(call, self._state))
            storage_class = version.attributes.storage_class
            if storage_class not in _PUT_AWAY:
                raise ApiError(
                    400,
                    "OperationNotSupported",
                    "The operation is not supported for this resource.",
                    extra={"Resource": version.object_name, "Detail": f"The storage class is {storage_class}"},
                )
            days = _read_days(asked.get("Days", "1"), _MOST_DAYS[storage_class])
            was_readable = is_readable(version, call.now)
            if version.readable_from is not None and not was_readable and call.now < version.readable_from:
                raise ApiError(409, "RestoreAlreadyInProgress", "The restore operation is in progress.")
            if not was_readable:
                version.readable_from = call.now + timedelta(seconds=call.assumptions.oss_restore_seconds)
            start = call.now if was_readable else version.readable_from
            assert start is not None
            version.readable_until = start + timedelta(days=days)
        return empty_response(200 if was_readable else 202)


def is_readable(version: ObjectVersion, now: datetime) -> bool:
    """True for every object that is not put away, and for one that was restored."""
    if version.attributes.storage_class not in _PUT_AWAY:
        return True
    start, end = version.readable_from, version.readable_until
    return start is not None and end is not None and start <= now < end


def check_is_readable(version: ObjectVersion, now: datetime) -> None:
    """Errors: ApiError 403 InvalidObjectState."""
    if not is_readable(version, now):
        raise ApiError(
            403,
            "InvalidObjectState",
            "The operation is not valid for the object's state.",
            extra={"EC": "0003-00000601", "ObjectName": version.object_name},
        )


def restore_headers(version: ObjectVersion, now: datetime) -> dict[str, str]:
    """`x-oss-restore` of an object whose restoring was asked for."""
    if version.readable_from is None or version.readable_until is None or now >= version.readable_until:
        return {}
    if now < version.readable_from:
        return {"x-oss-restore": 'ongoing-request="true"'}
    return {"x-oss-restore": f'ongoing-request="false", expiry-date="{http_time(version.readable_until)}"'}


def _read_days(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= most:
        raise invalid_argument("Days", text, f"must be between 1 and {most}")
    return int(text)
