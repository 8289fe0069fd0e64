"""Objects that grow at their end.

Source: https://www.alibabacloud.com/help/en/oss/developer-reference/appendobject
"""

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse
from deployer.emulator.services.oss.attributes import read_attributes
from deployer.emulator.services.oss.authorization import get_bucket
from deployer.emulator.services.oss.bodies import BodyStore, StoredBody
from deployer.emulator.services.oss.call import OssCall, empty_response
from deployer.emulator.services.oss.object_writing import ObjectWriting, new_version, receive_body, written_headers
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import APPENDABLE, Bucket, ObjectVersion, OssState

_LARGEST_BYTES = 5 * 1024**3


class Appending:
    """AppendObject."""

    def __init__(self, state: OssState, bodies: BodyStore, objects: ObjectWriting) -> None:
        self._state = state
        self._bodies = bodies
        self._objects = objects

    @operation("AppendObject", source="https://www.alibabacloud.com/help/en/oss/developer-reference/appendobject")
    def append(self, call: OssCall) -> HttpResponse:
        """The bytes stand behind those there were, of which `position` has to be the number.

        Errors: ApiError 409 ObjectNotAppendable, PositionNotEqualToLength; 400 InvalidArgument, and those of PutObject.
        """
        position = call.number("position", default=0, low=0, high=_LARGEST_BYTES)
        with call.lock:
            bucket = get_bucket(call, self._state)
            before = _grown_so_far(call, bucket, position)
            attributes = before.attributes if before else read_attributes(call, bucket)
        added = receive_body(call, self._bodies)
        body = self._joined(before, added)
        version = new_version(call, body, attributes)
        version.object_type = APPENDABLE
        with call.lock:
            try:
                _grown_so_far(call, get_bucket(call, self._state), position)
            except ApiError:
                self._bodies.remove(body)
                raise
            self._objects.store(call, version)
        headers = written_headers(version) | {"x-oss-next-append-position": str(body.size_bytes)}
        return empty_response(headers=headers)

    def _joined(self, before: ObjectVersion | None, added: StoredBody) -> StoredBody:
        if before is None or before.body is None:
            return added
        try:
            return self._bodies.join((before.body, added))
        finally:
            self._bodies.remove(added)


def _grown_so_far(call: OssCall, bucket: Bucket, position: int) -> ObjectVersion | None:
    """The object to append to, None when this makes it."""
    version = bucket.find_object(call.object_name)
    if version is not None and version.object_type != APPENDABLE:
        raise ApiError(409, "ObjectNotAppendable", "The object is not appendable.", extra={"EC": "0026-00000022"})
    length = version.size_bytes if version else 0
    if position != length:
        raise ApiError(
            409,
            "PositionNotEqualToLength",
            "Position is not equal to file length.",
            extra={"EC": "0026-00000016"},
            headers={"x-oss-next-append-position": str(length)},
        )
    return version
