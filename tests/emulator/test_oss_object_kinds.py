"""Objects that grow, that stand for others, that are put away, that have versions, and parts made of others."""

from urllib.parse import quote

import alibabacloud_oss_v2 as oss
import pytest
from oss_harness import PAGES, OssCloud, fetch, refused

BUCKET = "some-bucket"


@pytest.fixture
def cloud(virtual_server) -> OssCloud:
    return OssCloud(server=virtual_server)


@pytest.fixture
def client(cloud) -> oss.Client:
    return cloud.client_with_bucket(BUCKET)


def put(client, key: str, body: bytes = b"content", **fields):
    return client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=body, **fields))


def read(client, key: str, **fields) -> bytes:
    return client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=key, **fields)).body.read()


def append(client, key: str, position: int, body: bytes):
    return client.append_object(oss.AppendObjectRequest(bucket=BUCKET, key=key, position=position, body=body))


@pytest.mark.documented(PAGES + "appendobject")
def test_an_object_grows_at_its_end_and_tells_where_that_is(client):
    first = append(client, "log", 0, b"one\n")
    second = append(client, "log", first.next_position, b"two\n")
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="log"))
    assert (first.next_position, second.next_position, head.object_type) == (4, 8, "Appendable")
    assert (read(client, "log"), head.headers["x-oss-next-append-position"]) == (b"one\ntwo\n", "8")
    assert second.hash_crc64 == head.hash_crc64


@pytest.mark.documented(PAGES + "appendobject")
def test_what_does_not_go_on_at_the_end_is_refused_and_changes_nothing(client):
    append(client, "log", 0, b"one\n")
    put(client, "whole")
    with refused(409, "PositionNotEqualToLength") as found:
        append(client, "log", 2, b"lost")
    assert found[0].headers["x-oss-next-append-position"] == "4"
    with refused(409, "ObjectNotAppendable"):
        append(client, "whole", 7, b"lost")
    assert (read(client, "log"), read(client, "whole")) == (b"one\n", b"content")


@pytest.mark.documented(PAGES + "putsymlink")
def test_a_link_is_read_as_what_it_stands_for_and_deleted_as_itself(client):
    put(client, "target ü", b"behind the link", content_type="text/x-note")
    link = oss.PutSymlinkRequest(bucket=BUCKET, key="link", symlink_target=quote("target ü"))
    client.put_symlink(link)
    answer = client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="link"))
    assert (answer.body.read(), answer.content_type) == (b"behind the link", "text/x-note")
    assert client.get_symlink(oss.GetSymlinkRequest(bucket=BUCKET, key="link")).target == quote("target ü")
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="link"))
    assert read(client, "target ü") == b"behind the link"


@pytest.mark.documented(PAGES + "getsymlink")
def test_a_link_to_nothing_or_to_a_link_cannot_be_read_and_an_object_is_no_link(client):
    put(client, "object")
    for key, target in (("lost", "nowhere"), ("twice", "lost")):
        client.put_symlink(oss.PutSymlinkRequest(bucket=BUCKET, key=key, symlink_target=target))
    with refused(404, "SymlinkTargetNotExist"):
        read(client, "lost")
    with refused(400, "InvalidTargetType"):
        read(client, "twice")
    with refused(400, "NotSymlink"):
        client.get_symlink(oss.GetSymlinkRequest(bucket=BUCKET, key="object"))


@pytest.mark.documented(PAGES + "restoreobject")
def test_an_archived_object_is_read_once_it_was_restored_and_for_as_many_days(cloud, client):
    put(client, "old", storage_class="Archive")
    request = oss.RestoreObjectRequest(bucket=BUCKET, key="old", restore_request=oss.RestoreRequest(days=2))
    with refused(403, "InvalidObjectState"):
        read(client, "old")
    assert client.restore_object(request).status_code == 202
    with refused(409, "RestoreAlreadyInProgress"):
        client.restore_object(request)
    cloud.emulator.advance(61)
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="old"))
    assert head.restore.startswith('ongoing-request="false", expiry-date="')
    assert (read(client, "old"), client.restore_object(request).status_code) == (b"content", 200)
    cloud.emulator.advance(2 * 86_400)
    with refused(403, "InvalidObjectState"):
        read(client, "old")


@pytest.mark.documented(PAGES + "restoreobject")
def test_what_is_not_put_away_cannot_be_restored(client):
    put(client, "object")
    with refused(400, "OperationNotSupported"):
        client.restore_object(oss.RestoreObjectRequest(bucket=BUCKET, key="object"))


@pytest.mark.documented(PAGES + "listobjectversions")
def test_all_versions_are_listed_newest_first_over_all_pages(client):
    configuration = oss.VersioningConfiguration(status="Enabled")
    client.put_bucket_versioning(oss.PutBucketVersioningRequest(bucket=BUCKET, versioning_configuration=configuration))
    ids = [put(client, "a", body).version_id for body in (b"1", b"2", b"3")]
    put(client, "b/c")
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="a"))

    pages = list(client.list_object_versions_paginator(limit=2).iter_page(oss.ListObjectVersionsRequest(bucket=BUCKET)))
    versions = [version for page in pages for version in page.version or ()]
    [marker] = [marker for page in pages for marker in page.delete_marker or ()]
    assert [(found.key, found.version_id) for found in versions[:-1]] == [("a", one) for one in reversed(ids)]
    assert (versions[-1].key, versions[-1].is_latest) == ("b/c", True)
    assert (marker.key, marker.is_latest, [found.is_latest for found in versions[:-1]]) == ("a", True, [False] * 3)
    assert len(pages) == 3
    folded = client.list_object_versions(oss.ListObjectVersionsRequest(bucket=BUCKET, delimiter="/"))
    assert [common.prefix for common in folded.common_prefixes] == ["b/"]


@pytest.mark.documented(PAGES + "uploadpartcopy")
def test_a_part_is_made_of_another_objects_bytes(client):
    put(client, "source", b"0123456789")
    upload_id = client.initiate_multipart_upload(
        oss.InitiateMultipartUploadRequest(bucket=BUCKET, key="joined")
    ).upload_id
    copied = client.upload_part_copy(
        oss.UploadPartCopyRequest(
            bucket=BUCKET,
            key="joined",
            upload_id=upload_id,
            part_number=1,
            source_key="source",
            source_range="bytes=2-5",
        )
    )
    parts = oss.CompleteMultipartUpload(parts=[oss.UploadPart(part_number=1, etag=copied.etag)])
    client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(
            bucket=BUCKET, key="joined", upload_id=upload_id, complete_multipart_upload=parts
        )
    )
    assert (read(client, "joined"), copied.headers["ETag"]) == (b"2345", copied.etag)


@pytest.mark.documented(PAGES + "options")
def test_a_page_of_an_origin_that_a_rule_names_may_ask_and_read(cloud, client):
    put(client, "object")
    rule = oss.CORSRule(
        allowed_origins=["https://*.example.com"],
        allowed_methods=["GET", "PUT"],
        allowed_headers=["x-oss-*"],
        expose_headers=["ETag"],
        max_age_seconds=60,
    )
    client.put_bucket_cors(
        oss.PutBucketCorsRequest(bucket=BUCKET, cors_configuration=oss.CORSConfiguration(cors_rules=[rule]))
    )
    url = client.presign(oss.GetObjectRequest(bucket=BUCKET, key="object")).url
    origin = {"Origin": "https://app.example.com"}
    asked = fetch(
        url,
        "OPTIONS",
        headers={**origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-oss-meta-a"},
    )
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, origin["Origin"])
    assert asked.headers["Access-Control-Max-Age"] == "60"
    assert fetch(url, headers=origin).headers["Access-Control-Expose-Headers"] == "ETag"
    assert "Access-Control-Allow-Origin" not in fetch(url, headers={"Origin": "https://example.org"}).headers
    for wrong in ({"Access-Control-Request-Method": "DELETE"}, {"Access-Control-Request-Headers": "cookie"}):
        refusal = fetch(url, "OPTIONS", headers={**origin, "Access-Control-Request-Method": "GET", **wrong})
        assert (refusal.status_code, "AccessForbidden" in refusal.text) == (403, True)


@pytest.mark.documented(PAGES + "putbucketreferer")
def test_only_pages_that_may_link_get_the_object_by_its_url(client):
    put(client, "object")
    url = client.presign(oss.GetObjectRequest(bucket=BUCKET, key="object")).url
    configuration = oss.RefererConfiguration(
        allow_empty_referer=False, referer_list=oss.RefererList(referers=["https://*.example.com/*"])
    )
    client.put_bucket_referer(oss.PutBucketRefererRequest(bucket=BUCKET, referer_configuration=configuration))
    referers = ("https://www.example.com/page", "https://example.org/", "")
    answers = [fetch(url, headers={"Referer": referer} if referer else {}).status_code for referer in referers]
    assert (answers, read(client, "object")) == ([200, 403, 403], b"content")
