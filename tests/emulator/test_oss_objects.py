"""Objects through the SDK: byte for byte, in ranges, under conditions, copied, deleted, not overwritten."""

import base64
import hashlib
import io
import random
from datetime import datetime, timedelta, timezone

import alibabacloud_oss_v2 as oss
import fastcrc
import pytest
from oss_harness import PAGES, OssCloud, fetch, refused

BUCKET = "some-bucket"


@pytest.fixture
def cloud(server):
    return OssCloud(server=server)


@pytest.fixture
def client(cloud):
    return cloud.client_with_bucket(BUCKET)


def put(client, key, body=b"hello", **settings):
    return client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=body, **settings))


def get(client, key, **settings):
    return client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=key, **settings))


@pytest.mark.documented(PAGES + "putobject")
@pytest.mark.parametrize("key", ["a", "dir/a b+c/你好.txt", "%41%2F~*?&=#;'()", "tail/", "a//b", "😀"])
@pytest.mark.parametrize("size_bytes", [0, 1, 1024 * 1024 + 1])
def test_an_object_comes_back_byte_for_byte(client, key, size_bytes):
    body = random.Random(size_bytes).randbytes(size_bytes)
    result = put(client, key, body)
    answer = get(client, key)

    assert answer.body.content == body
    assert result.etag == answer.etag == f'"{hashlib.md5(body).hexdigest().upper()}"'
    assert result.hash_crc64 == answer.hash_crc64 == str(fastcrc.crc64.xz(body))
    assert (answer.content_length, answer.object_type, answer.storage_class) == (size_bytes, "Normal", "Standard")


@pytest.mark.documented(PAGES + "putobject")
def test_a_body_of_unknown_length_is_taken_in_chunks(client):
    pieces = [b"one,", b"two,", b"three"]
    put(client, "chunked", iter(pieces))

    assert get(client, "chunked").body.content == b"one,two,three"


@pytest.mark.documented(PAGES + "putobject")
def test_metadata_headers_and_tags_come_back(client):
    put(
        client,
        "a.json",
        metadata={"Source-Hash": "abc", "who": "me"},
        cache_control="no-cache",
        content_disposition="attachment",
        tagging="k1=v1&k2=v2",
    )
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="a.json"))
    tags = client.get_object_tagging(oss.GetObjectTaggingRequest(bucket=BUCKET, key="a.json")).tag_set.tags

    assert dict(head.metadata) == {"source-hash": "abc", "who": "me"}
    assert (head.content_type, head.cache_control, head.content_disposition) == (
        "application/json",
        "no-cache",
        "attachment",
    )
    assert (head.content_length, head.tagging_count) == (5, 2)
    assert {tag.key: tag.value for tag in tags} == {"k1": "v1", "k2": "v2"}


@pytest.mark.documented(PAGES + "putobjecttagging")
def test_tags_of_an_object_are_replaced_and_deleted(client):
    put(client, "a", tagging="old=1")
    tagging = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key="new", value="2")]))
    client.put_object_tagging(oss.PutObjectTaggingRequest(bucket=BUCKET, key="a", tagging=tagging))
    tags = client.get_object_tagging(oss.GetObjectTaggingRequest(bucket=BUCKET, key="a")).tag_set.tags
    assert [(tag.key, tag.value) for tag in tags] == [("new", "2")]

    client.delete_object_tagging(oss.DeleteObjectTaggingRequest(bucket=BUCKET, key="a"))
    assert client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="a")).tagging_count is None


@pytest.mark.documented(PAGES + "putobject")
def test_forbid_overwrite_keeps_what_is_there(client):
    put(client, "lock.json", b"mine", forbid_overwrite=True)
    with refused(409, "FileAlreadyExists") as errors:
        put(client, "lock.json", b"yours", forbid_overwrite=True)

    assert errors[0].ec == "0026-00000011"
    assert get(client, "lock.json").body.content == b"mine"
    put(client, "lock.json", b"ours")
    assert get(client, "lock.json").body.content == b"ours"


@pytest.mark.documented(PAGES + "putobject")
def test_of_many_at_once_only_one_makes_the_object(cloud, client):
    from concurrent.futures import ThreadPoolExecutor

    def take(number):
        try:
            put(cloud.client(), "lock.json", str(number).encode(), forbid_overwrite=True)
        except oss.exceptions.OperationError as error:
            return error.unwrap().code
        return "made"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(take, range(8)))

    assert sorted(outcomes) == ["FileAlreadyExists"] * 7 + ["made"]
    assert get(client, "lock.json").body.content == str(outcomes.index("made")).encode()


@pytest.mark.documented(PAGES + "putobject")
def test_a_wrong_digest_is_refused_and_leaves_nothing(cloud, client):
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    with refused(400, "InvalidDigest"):
        put(client, "a", b"hello", content_md5=wrong)

    assert cloud.state.list_object_names(BUCKET) == []
    assert list((cloud.emulator.context.data_dir / "oss").iterdir()) == []


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/object-naming-conventions")
@pytest.mark.parametrize("key", ["/leading", "\\leading", "你" * 342])
def test_object_names_that_break_the_rules_are_refused(client, key):
    with refused(400, "InvalidObjectName"):
        put(client, key)


@pytest.mark.documented(PAGES + "getobject")
@pytest.mark.parametrize(
    ("asked", "behavior", "status", "content"),
    [
        ("bytes=0-3", None, 206, b"0123"),
        ("bytes=4-", None, 206, b"456789"),
        ("bytes=-3", None, 206, b"789"),
        ("bytes=5-20", None, 200, b"0123456789"),
        ("bytes=20-", None, 200, b"0123456789"),
        ("bytes=5-20", "standard", 206, b"56789"),
        ("lines=1-2", "standard", 200, b"0123456789"),
    ],
)
def test_a_range_is_served_and_a_wrong_one_means_the_whole_object(client, asked, behavior, status, content):
    put(client, "digits", b"0123456789")
    answer = get(client, "digits", range_header=asked, range_behavior=behavior)

    assert (answer.status_code, answer.body.content) == (status, content)


@pytest.mark.documented(PAGES + "getobject")
def test_a_range_behind_the_end_is_refused_when_the_standard_is_asked_for(client):
    put(client, "digits", b"0123456789")
    with refused(416, "InvalidRange"):
        get(client, "digits", range_header="bytes=10-", range_behavior="standard")


@pytest.mark.documented(PAGES + "getobject")
def test_conditions_decide_what_is_answered(client):
    etag = put(client, "a").etag
    past = (datetime.now(timezone.utc) - timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    future = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")

    assert get(client, "a", if_match=etag, if_modified_since=past).status_code == 200
    with refused(412, "PreconditionFailed"):
        get(client, "a", if_match='"other"')
    with refused(412, "PreconditionFailed"):
        get(client, "a", if_unmodified_since=past)
    with refused(304, "NotModified"):
        get(client, "a", if_none_match=etag)
    with refused(304, "NotModified"):
        client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="a", if_modified_since=future))


@pytest.mark.documented(PAGES + "headobject")
def test_a_head_that_fails_tells_why_in_its_headers(client):
    with refused(404, "NoSuchKey") as errors:
        client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="missing"))

    assert errors[0].ec == "0026-00000001"
    assert b"<Key>missing</Key>" in base64.b64decode(errors[0].headers["x-oss-err"])
    assert client.is_object_exist(BUCKET, "missing") is False


@pytest.mark.documented(PAGES + "getobjectmeta")
def test_the_meta_of_an_object_is_size_etag_and_time(client):
    result = put(client, "a", b"12345")
    meta = client.get_object_meta(oss.GetObjectMetaRequest(bucket=BUCKET, key="a"))

    assert (meta.content_length, meta.etag, meta.hash_crc64) == (5, result.etag, result.hash_crc64)
    assert abs((meta.last_modified - datetime.now(timezone.utc)).total_seconds()) < 60


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses")
def test_a_refusal_is_xml_with_a_request_id(cloud, client):
    answer = fetch(f"{cloud.url}/{BUCKET}/a")

    assert answer.status_code == 403
    assert answer.headers["Server"] == "AliyunOSS"
    assert answer.headers["x-oss-server-time"].isdigit()
    assert f"<RequestId>{answer.headers['x-oss-request-id']}</RequestId>" in answer.text
    assert answer.headers["x-oss-ec"] == "0003-00000001"
    for part in ("<Error><Code>AccessDenied</Code>", "<HostId>127.0.0.1", "<RecommendDoc>", "<EC>0003-00000001</EC>"):
        assert part in answer.text


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/acl")
def test_anonymous_requests_reach_public_objects_only(cloud, client):
    put(client, "a")
    off = oss.PublicAccessBlockConfiguration(block_public_access=False)
    url = f"{cloud.url}/{BUCKET}/a"
    with refused(403, "AccessDenied"):
        client.put_object_acl(oss.PutObjectAclRequest(bucket=BUCKET, key="a", acl="public-read"))
    client.put_bucket_public_access_block(
        oss.PutBucketPublicAccessBlockRequest(bucket=BUCKET, public_access_block_configuration=off)
    )
    assert fetch(url).status_code == 403
    client.put_object_acl(oss.PutObjectAclRequest(bucket=BUCKET, key="a", acl="public-read"))

    assert client.get_object_acl(oss.GetObjectAclRequest(bucket=BUCKET, key="a")).acl == "public-read"
    assert fetch(url).content == b"hello"
    assert fetch(url, "PUT", data=b"x").status_code == 403
    assert fetch(f"{cloud.url}/{BUCKET}/missing").status_code == 403
    assert fetch(f"{cloud.url}/{BUCKET}").status_code == 403
    assert fetch(cloud.url).status_code == 403


@pytest.mark.documented(PAGES + "deleteobject")
def test_deleting_is_a_204_whether_it_was_there_or_not(cloud, client):
    put(client, "a")
    for _ in range(2):
        assert client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="a")).status_code == 204

    assert list((cloud.emulator.context.data_dir / "oss").iterdir()) == []


@pytest.mark.documented(PAGES + "deletemultipleobjects")
def test_many_objects_are_deleted_at_once(cloud, client):
    for key in ("a b", "你好&<>", "kept"):
        put(client, key)
    wanted = [oss.DeleteObject(key=key) for key in ("a b", "你好&<>", "missing")]
    result = client.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=wanted))

    assert [entry.key for entry in result.deleted_objects] == ["a b", "你好&<>", "missing"]
    assert cloud.state.list_object_names(BUCKET) == ["kept"]
    quiet = oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=[oss.DeleteObject(key="kept")], quiet=True)
    assert client.delete_multiple_objects(quiet).deleted_objects is None


@pytest.mark.documented(PAGES + "copyobject")
def test_a_copy_has_the_same_bytes_and_its_own_life(client):
    put(client, "from/a b", b"hello", metadata={"who": "me"})
    copy = oss.CopyObjectRequest(bucket=BUCKET, key="to/你好", source_bucket=BUCKET, source_key="from/a b")
    result = client.copy_object(copy)
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="from/a b"))
    answer = get(client, "to/你好")

    assert (answer.body.content, dict(answer.metadata), answer.etag) == (b"hello", {"who": "me"}, result.etag)


@pytest.mark.documented(PAGES + "copyobject")
def test_a_copy_is_refused_under_forbid_overwrite_and_unmet_conditions(client):
    put(client, "a")
    put(client, "b", b"other")

    def copy(**settings):
        client.copy_object(
            oss.CopyObjectRequest(bucket=BUCKET, key="b", source_bucket=BUCKET, source_key="a", **settings)
        )

    with refused(409, "FileAlreadyExists"):
        copy(forbid_overwrite=True)
    with refused(412, "PreconditionFailed"):
        copy(if_match='"other"')
    with refused(404, "NoSuchKey"):
        client.copy_object(oss.CopyObjectRequest(bucket=BUCKET, key="c", source_bucket=BUCKET, source_key="missing"))
    assert get(client, "b").body.content == b"other"


@pytest.mark.documented(PAGES + "getobject")
def test_an_object_that_is_replaced_while_it_is_read_is_read_to_the_end(cloud, client):
    old = b"o" * (3 * 1024 * 1024)
    put(client, "a", old)
    url = client.presign(oss.GetObjectRequest(bucket=BUCKET, key="a")).url
    with fetch(url, stream=True) as answer:
        first = answer.raw.read(10)
        put(client, "a", b"new")
        rest = answer.raw.read()

    assert first + rest == old
    assert get(client, "a").body.content == b"new"


class Zeros(io.RawIOBase):
    """Zeros without end to speak of, in whatever pieces are asked for."""

    def __init__(self, size_bytes):
        self.left = size_bytes

    def readable(self):
        return True

    def readinto(self, buffer):
        count = min(len(buffer), self.left)
        buffer[:count] = bytes(count)
        self.left -= count
        return count


@pytest.mark.documented(PAGES + "putobject")
def test_a_large_object_takes_no_memory_to_speak_of(cloud, client):
    import threading
    import tracemalloc

    from deployer.emulator.http import HttpRequest

    cloud.service.verify_signatures = False
    size_bytes, lock = 64 * 1024 * 1024, threading.RLock()
    headers = {"authorization": "OSS a:b", "date": "Sun, 22 Nov 2026 07:12:11 GMT", "host": "127.0.0.1"}

    def ask(method, body, length):
        request = HttpRequest(
            method=method, target=f"/{BUCKET}/large", headers=headers, body=body, content_length=length
        )
        return cloud.service.handle(request, lock)

    tracemalloc.start()
    try:
        stored = ask("PUT", io.BufferedReader(Zeros(size_bytes)), size_bytes)
        read = sum(len(piece) for piece in ask("GET", io.BytesIO(), 0).body)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (stored.status, read) == (200, size_bytes)
    assert peak_bytes < 8 * 1024 * 1024
