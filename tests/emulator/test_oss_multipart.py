"""Multipart uploads through the SDK, by hand and by its Uploader."""

import hashlib
import io
import random

import alibabacloud_oss_v2 as oss
import fastcrc
import pytest
from alibabacloud_oss_v2.uploader import UploadError
from oss_harness import PAGES, OssCloud, refused

BUCKET = "some-bucket"
KEY = "dir/a b.zip"
PART_BYTES = 100 * 1024


@pytest.fixture
def cloud(server):
    return OssCloud(server=server)


@pytest.fixture
def client(cloud):
    return cloud.client_with_bucket(BUCKET)


def initiate(client, key=KEY, **settings):
    return client.initiate_multipart_upload(
        oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=key, **settings)
    ).upload_id


def upload_part(client, upload_id, number, body):
    request = oss.UploadPartRequest(bucket=BUCKET, key=KEY, part_number=number, upload_id=upload_id, body=body)
    return oss.UploadPart(part_number=number, etag=client.upload_part(request).etag)


def complete(client, upload_id, parts, **settings):
    request = oss.CompleteMultipartUploadRequest(
        bucket=BUCKET,
        key=KEY,
        upload_id=upload_id,
        complete_multipart_upload=oss.CompleteMultipartUpload(parts=list(parts)) if parts is not None else None,
        **settings,
    )
    return client.complete_multipart_upload(request)


def list_parts(client, upload_id, **settings):
    return client.list_parts(oss.ListPartsRequest(bucket=BUCKET, key=KEY, upload_id=upload_id, **settings))


@pytest.mark.documented(PAGES + "completemultipartupload")
def test_parts_become_one_object_with_an_etag_of_the_parts(cloud, client):
    bodies = [b"1" * PART_BYTES, b"2" * PART_BYTES, b"3"]
    upload_id = initiate(client, metadata={"who": "me"})
    parts = [upload_part(client, upload_id, number, body) for number, body in enumerate(bodies, 1)]
    assert cloud.state.open_upload_count == 1
    result = complete(client, upload_id, parts)
    answer = client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=KEY))

    digest = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in bodies)).hexdigest().upper()
    assert answer.body.content == b"".join(bodies)
    assert result.etag == answer.etag == f'"{digest}-3"'
    assert result.hash_crc64 == answer.hash_crc64 == str(fastcrc.crc64.xz(b"".join(bodies)))
    assert (answer.object_type, dict(answer.metadata)) == ("Multipart", {"who": "me"})
    assert cloud.state.open_upload_count == 0
    assert len(list((cloud.emulator.context.data_dir / "oss").iterdir())) == 1
    with refused(404, "NoSuchUpload"):
        complete(client, upload_id, parts)


@pytest.mark.documented(PAGES + "completemultipartupload")
def test_complete_all_takes_every_part_there_is(client):
    upload_id = initiate(client)
    upload_part(client, upload_id, 7, b"b")
    upload_part(client, upload_id, 2, b"a" * PART_BYTES)
    complete(client, upload_id, None, complete_all="yes")

    assert client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=KEY)).body.content == b"a" * PART_BYTES + b"b"


@pytest.mark.documented(PAGES + "completemultipartupload")
def test_parts_that_do_not_fit_are_refused(cloud, client):
    upload_id = initiate(client)
    small = upload_part(client, upload_id, 1, b"small")
    last = upload_part(client, upload_id, 2, b"last")

    with refused(400, "EntityTooSmall"):
        complete(client, upload_id, [small, last])
    with refused(400, "InvalidPartOrder"):
        complete(client, upload_id, [last, small])
    with refused(400, "InvalidPart"):
        complete(client, upload_id, [oss.UploadPart(part_number=1, etag='"0"')])
    with refused(400, "InvalidPart"):
        complete(client, upload_id, [oss.UploadPart(part_number=9, etag=small.etag)])
    with refused(400, "InvalidArgument"):
        upload_part(client, upload_id, 10001, b"x")
    assert cloud.state.list_object_names(BUCKET) == []


@pytest.mark.documented(PAGES + "completemultipartupload")
def test_forbid_overwrite_holds_for_multipart_uploads_too(cloud, client):
    early = initiate(client)
    part = upload_part(client, early, 1, b"late")
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=KEY, body=b"first"))

    with refused(409, "FileAlreadyExists"):
        initiate(client, forbid_overwrite=True)
    with refused(409, "FileAlreadyExists"):
        complete(client, early, [part], forbid_overwrite=True)
    assert client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=KEY)).body.content == b"first"
    assert cloud.state.open_upload_count == 1


@pytest.mark.documented(PAGES + "abortmultipartupload")
def test_an_aborted_upload_leaves_nothing(cloud, client):
    upload_id = initiate(client)
    upload_part(client, upload_id, 1, b"one")
    abort = oss.AbortMultipartUploadRequest(bucket=BUCKET, key=KEY, upload_id=upload_id)

    assert client.abort_multipart_upload(abort).status_code == 204
    assert cloud.state.open_upload_count == 0
    assert list((cloud.emulator.context.data_dir / "oss").iterdir()) == []
    with refused(404, "NoSuchUpload"):
        client.abort_multipart_upload(abort)
    with refused(404, "NoSuchUpload"):
        upload_part(client, upload_id, 1, b"one")


@pytest.mark.documented(PAGES + "listparts")
def test_parts_are_listed_in_pages_and_the_later_one_of_a_number_counts(client):
    upload_id = initiate(client)
    for number in (3, 1, 2):
        upload_part(client, upload_id, number, b"x" * number)
    upload_part(client, upload_id, 2, b"again")
    first = list_parts(client, upload_id, max_parts=2)
    second = list_parts(client, upload_id, part_number_marker=first.next_part_number_marker)

    assert (first.key, first.is_truncated, first.next_part_number_marker) == (KEY, True, 2)
    assert [(part.part_number, part.size) for part in first.parts] == [(1, 1), (2, 5)]
    assert [part.part_number for part in second.parts] == [3]
    assert (second.is_truncated, second.next_part_number_marker) == (False, 3)


@pytest.mark.documented(PAGES + "listmultipartuploads")
def test_unfinished_uploads_are_listed_in_pages(client):
    made = [("a", initiate(client, "a")), ("a", initiate(client, "a")), ("b/c", initiate(client, "b/c"))]
    pages = list(
        client.list_multipart_uploads_paginator(limit=1).iter_page(oss.ListMultipartUploadsRequest(bucket=BUCKET))
    )
    found = [(upload.key, upload.upload_id) for page in pages for upload in page.uploads]

    assert found == sorted(made)
    only = client.list_multipart_uploads(oss.ListMultipartUploadsRequest(bucket=BUCKET, prefix="b/"))
    assert [upload.key for upload in only.uploads] == ["b/c"]


@pytest.mark.documented(PAGES + "listmultipartuploads")
def test_the_last_page_of_uploads_has_markers_as_well_for_clients_that_insist_on_them(client):
    asked = {"op_name": "ListMultipartUploads", "method": "GET", "bucket": BUCKET, "parameters": {"uploads": ""}}
    answer = client.invoke_operation(oss.OperationInput(**asked, op_metadata={"sub-resource": ["uploads"]}))

    assert b"<NextKeyMarker></NextKeyMarker>" in answer.http_response.content
    assert b"<NextUploadIdMarker></NextUploadIdMarker>" in answer.http_response.content


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/multipart-upload-12")
def test_the_uploader_sends_a_large_file_in_parts(client, tmp_path):
    body = random.Random(1).randbytes(1_000_000)
    path = tmp_path / "package.zip"
    path.write_bytes(body)
    result = client.uploader(part_size=PART_BYTES, parallel_num=3).upload_file(
        oss.PutObjectRequest(bucket=BUCKET, key=KEY, forbid_overwrite=True), str(path)
    )

    assert result.etag.endswith('-10"')
    assert client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=KEY)).body.content == body
    with pytest.raises(UploadError):
        client.uploader(part_size=PART_BYTES).upload_from(
            oss.PutObjectRequest(bucket=BUCKET, key=KEY, forbid_overwrite=True), io.BytesIO(body)
        )


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/resumable-upload")
def test_an_interrupted_upload_is_resumed_from_its_checkpoint(cloud, client, tmp_path):
    body = random.Random(2).randbytes(5 * PART_BYTES)
    path = tmp_path / "package.zip"
    path.write_bytes(body)
    calls = []

    class Lost(Exception):
        pass

    def stop_after_two(_, written, __):
        calls.append(written)
        if written >= 2 * PART_BYTES:
            raise Lost

    settings = {"part_size": PART_BYTES, "parallel_num": 1, "enable_checkpoint": True}
    settings["checkpoint_dir"] = f"{tmp_path}/"
    request = oss.PutObjectRequest(bucket=BUCKET, key=KEY, progress_fn=stop_after_two)
    with pytest.raises((Lost, UploadError)):
        client.uploader(**settings).upload_file(request, str(path))
    assert cloud.state.open_upload_count == 1

    client.uploader(**settings).upload_file(oss.PutObjectRequest(bucket=BUCKET, key=KEY), str(path))
    assert client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=KEY)).body.content == body
    assert cloud.state.open_upload_count == 0
