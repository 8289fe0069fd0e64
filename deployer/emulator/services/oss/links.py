"""Symbolic links: objects that stand for another one of their bucket.

Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putsymlink
"""

import io
from urllib.parse import unquote_plus

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse
from deployer.emulator.services.oss.attributes import read_attributes
from deployer.emulator.services.oss.authorization import get_bucket, get_object
from deployer.emulator.services.oss.bodies import BodyStore
from deployer.emulator.services.oss.call import OssCall, empty_response
from deployer.emulator.services.oss.object_reading import identity_headers
from deployer.emulator.services.oss.object_writing import ObjectWriting, check_may_write, new_version, written_headers
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import SYMLINK, OssState

_PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"


class Links:
    """PutSymlink, GetSymlink. Who reads an object through a link is `object_reading`'s business."""

    def __init__(self, state: OssState, bodies: BodyStore, objects: ObjectWriting) -> None:
        self._state = state
        self._bodies = bodies
        self._objects = objects

    @operation("PutSymlink", source=_PAGES + "putsymlink")
    def put_symlink(self, call: OssCall) -> HttpResponse:
        """The target need not exist yet. Errors: ApiError 400 InvalidTargetName; 409 FileAlreadyExists."""
        target = call.header("x-oss-symlink-target") or ""
        if not unquote_plus(target) or len(unquote_plus(target).encode()) > 1023:
            raise ApiError(400, "InvalidTargetName", "The target of a symbolic link is not valid.")
        with call.lock:
            bucket = get_bucket(call, self._state)
            check_may_write(call, bucket)
            attributes = read_attributes(call, bucket)
        version = new_version(call, self._bodies.receive(io.BytesIO(), 0), attributes)
        version.object_type = SYMLINK
        version.link_target = target
        self._objects.store(call, version)
        headers = written_headers(version)
        del headers["x-oss-hash-crc64ecma"]
        return empty_response(headers=headers)

    @operation("GetSymlink", source=_PAGES + "getsymlink")
    def get_symlink(self, call: OssCall) -> HttpResponse:
        """The target, as it was sent. Errors: ApiError 400 NotSymlink; 404 NoSuchKey."""
        with call.lock:
            version = get_object(call, get_bucket(call, self._state))
            if version.object_type != SYMLINK:
                raise ApiError(400, "NotSymlink", "The object is not a symbolic link.")
            headers = identity_headers(version) | {"x-oss-symlink-target": version.link_target}
            del headers["x-oss-hash-crc64ecma"]
        return empty_response(headers=headers)
