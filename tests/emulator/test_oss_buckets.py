"""Buckets through the SDK: made, found by tag, described, refused, deleted."""

import alibabacloud_oss_v2 as oss
import pytest
from oss_harness import PAGES, OssCloud, fetch, refused

BUCKET = "deployer-0123456789abcdef-cn-hangzhou"


@pytest.fixture
def cloud(server):
    return OssCloud(server=server)


def bucket_info(cloud: OssCloud, bucket_name: str = BUCKET):
    return cloud.client().get_bucket_info(oss.GetBucketInfoRequest(bucket=bucket_name)).bucket_info


@pytest.mark.documented(PAGES + "getbucketinfo")
def test_a_new_bucket_describes_where_it_is_and_whose(cloud):
    cloud.client("cn-shanghai").put_bucket(oss.PutBucketRequest(bucket=BUCKET))
    info = cloud.client("cn-shanghai").get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET)).bucket_info

    assert (info.name, info.location, info.owner.id) == (BUCKET, "oss-cn-shanghai", "1234567890123456")
    assert info.extranet_endpoint == "oss-cn-shanghai.aliyuncs.com"
    assert info.intranet_endpoint == "oss-cn-shanghai-internal.aliyuncs.com"
    assert (info.acl, info.storage_class, info.data_redundancy_type) == ("private", "Standard", "LRS")
    assert info.sse_rule.sse_algorithm == "None"
    assert info.creation_date.tzinfo is not None


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/block-public-access")
def test_a_new_bucket_has_block_public_access_switched_on(cloud):
    client = cloud.client_with_bucket(BUCKET)

    assert bucket_info(cloud).block_public_access is True
    with refused(403, "AccessDenied") as errors:
        client.put_bucket_acl(oss.PutBucketAclRequest(bucket=BUCKET, acl="public-read"))
    assert errors[0].message == "Put public bucket acl is not allowed."


@pytest.mark.documented(PAGES + "putbucketpublicaccessblock")
def test_public_acls_are_possible_once_block_public_access_is_off(cloud):
    client = cloud.client_with_bucket(BUCKET)
    off = oss.PublicAccessBlockConfiguration(block_public_access=False)
    client.put_bucket_public_access_block(
        oss.PutBucketPublicAccessBlockRequest(bucket=BUCKET, public_access_block_configuration=off)
    )
    client.put_bucket_acl(oss.PutBucketAclRequest(bucket=BUCKET, acl="public-read"))

    assert client.get_bucket_acl(oss.GetBucketAclRequest(bucket=BUCKET)).acl == "public-read"


@pytest.mark.documented(PAGES + "putbucket")
def test_a_name_another_account_has_is_taken(cloud):
    cloud.service.create_foreign_bucket(BUCKET, "9999999999999999")

    with refused(409, "BucketAlreadyExists") as errors:
        cloud.client().put_bucket(oss.PutBucketRequest(bucket=BUCKET))
    assert errors[0].ec == "0015-00000104"


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/support/0003-00000001")
def test_a_bucket_of_another_account_is_not_told_about(cloud):
    cloud.service.create_foreign_bucket(BUCKET, "9999999999999999")
    client = cloud.client()

    with refused(403, "AccessDenied"):
        client.get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET))
    with refused(403, "AccessDenied"):
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"a"))
    assert client.list_buckets(oss.ListBucketsRequest()).buckets is None


@pytest.mark.assumed("no page says what PutBucket answers for a bucket that is one's own already")
def test_making_an_own_bucket_again_succeeds_and_keeps_what_is_in_it(cloud):
    client = cloud.client_with_bucket(BUCKET)
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"a"))
    client.put_bucket(oss.PutBucketRequest(bucket=BUCKET))

    assert cloud.state.list_object_names(BUCKET) == ["a"]


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/bucket-naming-conventions")
def test_a_bucket_name_that_breaks_the_rules_is_refused(cloud):
    cloud.service.verify_signatures = False  # the SDK would not even send such a name
    headers = {"Authorization": "OSS anyone:anything", "Date": "Sun, 22 Nov 2026 07:12:11 GMT"}
    for name in ("Not_A_Bucket", "ab", "-abc", "a" * 64):
        answer = fetch(f"{cloud.url}/{name}", "PUT", headers=headers)
        assert (answer.status_code, "<Code>InvalidBucketName</Code>" in answer.text) == (400, True)

    assert cloud.state.buckets == {}


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/limits")
def test_an_account_has_100_buckets_in_a_region(cloud):
    client = cloud.client()
    for number in range(100):
        client.put_bucket(oss.PutBucketRequest(bucket=f"bucket-{number}"))

    with refused(400, "TooManyBuckets"):
        client.put_bucket(oss.PutBucketRequest(bucket="bucket-100"))
    cloud.client("cn-beijing").put_bucket(oss.PutBucketRequest(bucket="bucket-100"))
    assert len(cloud.state.buckets) == 101


@pytest.mark.documented(PAGES + "listbuckets")
def test_buckets_are_found_by_tag_in_all_regions(cloud):
    cloud.client().put_bucket(oss.PutBucketRequest(bucket="plain"))
    cloud.client().put_bucket(oss.PutBucketRequest(bucket="first", bucket_tagging="deployer=artifacts&team=web"))
    cloud.client("cn-beijing").put_bucket(oss.PutBucketRequest(bucket="second", bucket_tagging="deployer=other"))

    def names(**settings):
        found = cloud.client().list_buckets(oss.ListBucketsRequest(**settings)).buckets or ()
        return [(bucket.name, bucket.region) for bucket in found]

    assert names(tag_key="deployer", tag_value="artifacts") == [("first", "cn-hangzhou")]
    assert names(tag_key="deployer") == [("first", "cn-hangzhou"), ("second", "cn-beijing")]
    assert names(prefix="pl") == [("plain", "cn-hangzhou")]
    assert names(tag_key="missing") == []


@pytest.mark.documented(PAGES + "listbuckets")
def test_a_long_list_of_buckets_comes_in_pages(cloud):
    client = cloud.client()
    for name in ("aaa", "bbb", "ccc", "ddd", "eee"):
        client.put_bucket(oss.PutBucketRequest(bucket=name))
    pages = list(client.list_buckets_paginator(limit=2).iter_page(oss.ListBucketsRequest()))

    assert [[bucket.name for bucket in page.buckets] for page in pages] == [["aaa", "bbb"], ["ccc", "ddd"], ["eee"]]


@pytest.mark.documented(PAGES + "deletebucket")
def test_only_an_empty_bucket_is_deleted(cloud):
    client = cloud.client_with_bucket(BUCKET)
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"a"))
    with refused(409, "BucketNotEmpty"):
        client.delete_bucket(oss.DeleteBucketRequest(bucket=BUCKET))
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="a"))
    upload = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key="b"))
    with refused(409, "BucketNotEmpty"):
        client.delete_bucket(oss.DeleteBucketRequest(bucket=BUCKET))
    client.abort_multipart_upload(oss.AbortMultipartUploadRequest(bucket=BUCKET, key="b", upload_id=upload.upload_id))

    assert client.delete_bucket(oss.DeleteBucketRequest(bucket=BUCKET)).status_code == 204
    assert client.is_bucket_exist(BUCKET) is False


@pytest.mark.documented(PAGES + "getbucketinfo")
def test_a_bucket_that_is_not_there_is_a_404(cloud):
    with refused(404, "NoSuchBucket") as errors:
        cloud.client().get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET))
    assert errors[0].ec == "0015-00000101"
    assert len(errors[0].request_id) == 24


@pytest.mark.documented(PAGES + "getbucketstat")
def test_a_buckets_figures_count_objects_bytes_and_uploads(cloud):
    client = cloud.client_with_bucket(BUCKET)
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"12345"))
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="b", body=b"123"))
    client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key="c"))
    figures = client.get_bucket_stat(oss.GetBucketStatRequest(bucket=BUCKET))

    assert (figures.object_count, figures.storage, figures.multi_part_upload_count) == (2, 8, 1)


@pytest.mark.assumed("on loopback the region of the signature stands for the region of the endpoint")
def test_a_client_of_another_region_is_told_the_right_endpoint(cloud):
    cloud.client_with_bucket(BUCKET)
    with refused(403, "AccessDenied") as errors:
        cloud.client("cn-beijing").get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET))

    assert errors[0].error_fileds["Endpoint"] == "oss-cn-hangzhou.aliyuncs.com"
    location = cloud.client("cn-beijing").get_bucket_location(oss.GetBucketLocationRequest(bucket=BUCKET)).location
    assert location == "oss-cn-hangzhou"


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/http-403-error-code")
def test_a_denied_action_is_named_with_its_reason(cloud):
    cloud.client_with_bucket(BUCKET)
    cloud.emulator.accounts.add_access_key("LTAIuser", "user-secret", user_name="alice", deny=("oss:PutObject",))
    client = cloud.client(key=("LTAIuser", "user-secret", None))
    with refused(403, "AccessDenied") as errors:
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"a"))

    assert errors[0].ec == "0003-00000201"
    assert b"<AuthAction>oss:PutObject</AuthAction>" in errors[0].snapshot
    assert client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET)).key_count == 0


@pytest.mark.documented(PAGES + "describeregions")
def test_regions_have_three_endpoints_each(cloud):
    every = cloud.client().describe_regions(oss.DescribeRegionsRequest()).region_info
    [one] = cloud.client().describe_regions(oss.DescribeRegionsRequest(regions="oss-cn-beijing")).region_info
    assert (one.internal_endpoint, one.internet_endpoint) == (
        "oss-cn-beijing-internal.aliyuncs.com",
        "oss-cn-beijing.aliyuncs.com",
    )
    assert one.region in {region.region for region in every}
    with refused(404, "NoSuchRegion"):
        cloud.client().describe_regions(oss.DescribeRegionsRequest(regions="oss-mars"))
