"""Lists of objects: prefixes, delimiters, pages, encoded names."""

import alibabacloud_oss_v2 as oss
import pytest
from oss_harness import PAGES, refused, running_oss

BUCKET = "some-bucket"
KEYS = ("a", "app/", "app/web/1.json", "app/web/2.json", "app/x y&<你好>\x01", "b/1", "b/2", "c")


@pytest.fixture
def client(emulator):
    with running_oss(emulator) as cloud:
        client = cloud.client_with_bucket(BUCKET)
        for key in KEYS:
            client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=key.encode()))
        yield client


def entries(page):
    return [entry.key for entry in page.contents or ()] + [prefix.prefix for prefix in page.common_prefixes or ()]


@pytest.mark.documented(PAGES + "listobjectsv2")
def test_names_of_every_kind_are_listed_in_byte_order(client):
    page = client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET, fetch_owner=True))

    assert [entry.key for entry in page.contents] == sorted(KEYS, key=str.encode)
    assert page.key_count == len(KEYS)
    assert {entry.owner.id for entry in page.contents} == {"1234567890123456"}
    assert [entry.size for entry in page.contents][:2] == [1, 4]


@pytest.mark.documented(PAGES + "listobjectsv2")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"delimiter": "/"}, ["a", "c", "app/", "b/"]),
        ({"delimiter": "/", "prefix": "app/"}, ["app/", "app/x y&<你好>\x01", "app/web/"]),
        ({"prefix": "b"}, ["b/1", "b/2"]),
        ({"prefix": "none"}, []),
        ({"start_after": "b/1"}, ["b/2", "c"]),
        ({"delimiter": "/", "start_after": "b/1"}, ["c", "b/"]),
    ],
)
def test_prefix_delimiter_and_start_shape_the_list(client, settings, expected):
    assert entries(client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET, **settings))) == expected


@pytest.mark.documented(PAGES + "listobjectsv2")
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_put_together_are_the_whole_list_in_both_versions(client, limit, delimiter):
    whole = sorted(entries(client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET, delimiter=delimiter))))
    new = client.list_objects_v2_paginator(limit=limit).iter_page(
        oss.ListObjectsV2Request(bucket=BUCKET, delimiter=delimiter)
    )
    old = client.list_objects_paginator(limit=limit).iter_page(
        oss.ListObjectsRequest(bucket=BUCKET, delimiter=delimiter)
    )
    new_pages, old_pages = list(new), list(old)

    assert sorted(entry for page in new_pages for entry in entries(page)) == whole
    assert sorted(entry for page in old_pages for entry in entries(page)) == whole
    assert all(len(entries(page)) <= limit for page in new_pages + old_pages)
    assert len(new_pages) == len(old_pages) == -(-len(whole) // limit)


@pytest.mark.documented(PAGES + "listobjects")
def test_more_than_1000_entries_at_once_are_refused(client):
    with refused(400, "InvalidArgument"):
        client.list_objects(oss.ListObjectsRequest(bucket=BUCKET, max_keys=1001))
    with refused(400, "InvalidArgument"):
        client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET, continuation_token="no token"))
