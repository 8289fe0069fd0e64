"""Lists of objects: prefixes, delimiters, pages, encoded names."""

from dataclasses import dataclass

import alibabacloud_oss_v2 as oss
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oss_harness import PAGES, OssCloud, refused

from deployer.emulator.wire.oss_listing import Question, list_page

BUCKET = "some-bucket"
KEYS = ("a", "app/", "app/web/1.json", "app/web/2.json", "app/x y&<你好>\x01", "b/1", "b/2", "c")


@pytest.fixture
def client(server):
    cloud = OssCloud(server=server)
    client = cloud.client_with_bucket(BUCKET)
    for key in KEYS:
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=key.encode()))
    return client


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
    for token in ("no token", "ü"):
        with refused(400, "InvalidArgument"):
            client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET, continuation_token=token))


@dataclass
class Name:
    object_name: str


@pytest.mark.documented(PAGES + "listobjects")
@given(
    names=st.sets(st.text("ab/é", min_size=1, max_size=6)),
    prefix=st.text("ab/", max_size=2),
    delimiter=st.sampled_from(["", "/", "b"]),
    limit=st.integers(1, 4),
)
def test_whatever_the_names_every_entry_is_on_exactly_one_page(names, prefix, delimiter, limit):
    items = [Name(name) for name in sorted(names, key=str.encode)]
    expected = set()
    for name in names:
        if name.startswith(prefix):
            head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name[len(prefix) :], "", "")
            expected.add((prefix + head + found, bool(found)))
    entries, marker, is_truncated = [], "", True
    while is_truncated:
        page = list_page(items, Question(prefix=prefix, delimiter=delimiter, marker=marker, limit=limit))
        entries += [(item.object_name, False) for item in page.items]
        entries += [(folded, True) for folded in page.common_prefixes]
        marker, is_truncated = page.last, page.is_truncated

    assert len(entries) == len(expected)
    assert set(entries) == expected
