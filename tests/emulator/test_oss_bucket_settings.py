"""What is set on a bucket, read back as it was put, and what is refused."""

import alibabacloud_oss_v2 as oss
import pytest
from oss_harness import PAGES, OssCloud, refused

from deployer.emulator.assumptions import Assumptions

BUCKET = "some-bucket"


@pytest.fixture
def cloud(server):
    return OssCloud(server=server)


@pytest.fixture
def client(cloud):
    return cloud.client_with_bucket(BUCKET)


def put_lifecycle(client, *rules):
    configuration = oss.LifecycleConfiguration(rules=list(rules))
    client.put_bucket_lifecycle(oss.PutBucketLifecycleRequest(bucket=BUCKET, lifecycle_configuration=configuration))


def abort_rule(prefix="", days=1, **settings):
    abort = oss.LifecycleRuleAbortMultipartUpload(days=days)
    return oss.LifecycleRule(prefix=prefix, status="Enabled", abort_multipart_upload=abort, **settings)


def get_rules(client):
    return client.get_bucket_lifecycle(oss.GetBucketLifecycleRequest(bucket=BUCKET)).lifecycle_configuration.rules


@pytest.mark.documented(PAGES + "putbucketlifecycle")
def test_lifecycle_rules_are_replaced_as_a_whole_and_read_back(client):
    expiration = oss.LifecycleRuleExpiration(days=30)
    put_lifecycle(client, oss.LifecycleRule(id="old", prefix="old/", status="Enabled", expiration=expiration))
    put_lifecycle(client, abort_rule(prefix="tmp/", id="parts"), abort_rule(prefix="other/"))
    rules = get_rules(client)

    assert [(rule.prefix, rule.status, rule.abort_multipart_upload.days) for rule in rules] == [
        ("tmp/", "Enabled", 1),
        ("other/", "Enabled", 1),
    ]
    assert rules[0].id == "parts"
    assert rules[1].id


@pytest.mark.documented(PAGES + "getbucketlifecycle")
def test_a_bucket_without_lifecycle_rules_says_so(client):
    with refused(404, "NoSuchLifecycle"):
        get_rules(client)
    put_lifecycle(client, abort_rule())
    client.delete_bucket_lifecycle(oss.DeleteBucketLifecycleRequest(bucket=BUCKET))
    with refused(404, "NoSuchLifecycle"):
        get_rules(client)


@pytest.mark.documented(PAGES + "putbucketlifecycle")
def test_rules_whose_prefixes_overlap_are_refused(client):
    with refused(400, "InvalidArgument"):
        put_lifecycle(client, abort_rule(prefix="a"), abort_rule(prefix="a/b"))
    with refused(400, "MalformedXML"):
        put_lifecycle(client, oss.LifecycleRule(prefix="", status="Enabled"))


@pytest.mark.assumed("rules act as soon as their days are over; the cloud looks once a day")
def test_a_lifecycle_rule_aborts_uploads_and_expires_objects(virtual_emulator, virtual_server):
    cloud = OssCloud(server=virtual_server)
    client = cloud.client_with_bucket(BUCKET)
    expiration = oss.LifecycleRuleExpiration(days=2)
    put_lifecycle(
        client,
        abort_rule(prefix="up/"),
        oss.LifecycleRule(id="e", prefix="old/", status="Enabled", expiration=expiration),
    )
    client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key="up/a"))
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="old/a", body=b"a"))
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="kept", body=b"a"))
    virtual_emulator.advance(86400 + 60)
    client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET))

    assert cloud.state.open_upload_count == 0
    assert cloud.state.list_object_names(BUCKET) == ["kept", "old/a"]
    virtual_emulator.advance(86400)
    found = client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET)).contents
    assert [entry.key for entry in found] == ["kept"]


def put_encryption(client, algorithm, key_id=None):
    rule = oss.ServerSideEncryptionRule(
        apply_server_side_encryption_by_default=oss.ApplyServerSideEncryptionByDefault(
            sse_algorithm=algorithm, kms_master_key_id=key_id
        )
    )
    client.put_bucket_encryption(oss.PutBucketEncryptionRequest(bucket=BUCKET, server_side_encryption_rule=rule))


@pytest.mark.documented(PAGES + "putbucketencryption")
def test_the_encryption_of_a_bucket_is_taken_over_by_new_objects(client):
    with refused(400, "NoSuchServerSideEncryptionRule"):
        client.get_bucket_encryption(oss.GetBucketEncryptionRequest(bucket=BUCKET))
    put_encryption(client, "AES256")
    rule = client.get_bucket_encryption(oss.GetBucketEncryptionRequest(bucket=BUCKET)).server_side_encryption_rule
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"a"))

    assert rule.apply_server_side_encryption_by_default.sse_algorithm == "AES256"
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="a"))
    assert head.server_side_encryption == "AES256"
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET)).bucket_info
    assert info.sse_rule.sse_algorithm == "AES256"


@pytest.mark.documented(PAGES + "putbucketencryption")
def test_encryption_oss_does_not_know_is_refused(client):
    with refused(400, "InvalidEncryptionAlgorithmError"):
        put_encryption(client, "ROT13")
    with refused(400, "InvalidArgument"):
        put_encryption(client, "AES256", key_id="9468da86-3509-4f8d-a61e-6eab1eac****")
    with refused(400, "InvalidEncryptionAlgorithmError"):
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"a", server_side_encryption="ROT13"))


def put_tags(client, **tags):
    tagging = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key=key, value=value) for key, value in tags.items()]))
    client.put_bucket_tags(oss.PutBucketTagsRequest(bucket=BUCKET, tagging=tagging))


def get_tags(client):
    found = client.get_bucket_tags(oss.GetBucketTagsRequest(bucket=BUCKET)).tagging.tag_set
    return {tag.key: tag.value for tag in (found.tags if found and found.tags else ())}


@pytest.mark.documented(PAGES + "getbuckettags")
def test_tags_of_a_bucket_are_put_read_and_deleted(client):
    assert get_tags(client) == {}
    put_tags(client, deployer="artifacts", team="web")
    assert get_tags(client) == {"deployer": "artifacts", "team": "web"}
    client.delete_bucket_tags(oss.DeleteBucketTagsRequest(bucket=BUCKET))
    assert get_tags(client) == {}


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/0010-00000207")
def test_tags_with_reserved_prefixes_are_refused(client):
    with refused(400, "InvalidTag"):
        put_tags(client, **{"acs:mine": "x"})
    with refused(400, "InvalidTag"):
        put_tags(client, **{f"key-{number}": "x" for number in range(21)})


@pytest.mark.documented(PAGES + "getbucketpolicy")
def test_a_bucket_policy_is_kept_as_it_was_put(client):
    with refused(404, "NoSuchBucketPolicy"):
        client.get_bucket_policy(oss.GetBucketPolicyRequest(bucket=BUCKET))
    policy = '{"Version":"1","Statement":[{"Effect":"Deny","Action":["oss:*"],"Principal":["*"],"Resource":["*"]}]}'
    client.put_bucket_policy(oss.PutBucketPolicyRequest(bucket=BUCKET, body=policy))

    assert client.get_bucket_policy(oss.GetBucketPolicyRequest(bucket=BUCKET)).body == policy
    client.delete_bucket_policy(oss.DeleteBucketPolicyRequest(bucket=BUCKET))
    with refused(404, "NoSuchBucketPolicy"):
        client.get_bucket_policy(oss.GetBucketPolicyRequest(bucket=BUCKET))


@pytest.mark.documented(PAGES + "putbucketpublicaccessblock")
def test_block_public_access_is_read_back_and_off_once_deleted(client):
    def is_on():
        found = client.get_bucket_public_access_block(oss.GetBucketPublicAccessBlockRequest(bucket=BUCKET))
        return found.public_access_block_configuration.block_public_access

    assert is_on() is True
    client.delete_bucket_public_access_block(oss.DeleteBucketPublicAccessBlockRequest(bucket=BUCKET))
    assert is_on() is False


def put_versioning(client, status):
    configuration = oss.VersioningConfiguration(status=status)
    client.put_bucket_versioning(oss.PutBucketVersioningRequest(bucket=BUCKET, versioning_configuration=configuration))


@pytest.mark.documented(PAGES + "putbucketversioning")
def test_with_versioning_every_version_stays_readable(client):
    put_versioning(client, "Enabled")
    first = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"one"))
    second = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=b"two"))

    def read(version_id=None):
        return client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="a", version_id=version_id)).body.content

    assert client.get_bucket_versioning(oss.GetBucketVersioningRequest(bucket=BUCKET)).version_status == "Enabled"
    assert (read(), read(first.version_id), read(second.version_id)) == (b"two", b"one", b"two")
    deleted = client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="a"))
    assert deleted.delete_marker is True
    with refused(404, "NoSuchKey"):
        read()
    with refused(409, "BucketNotEmpty"):
        client.delete_bucket(oss.DeleteBucketRequest(bucket=BUCKET))
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="a", version_id=deleted.version_id))
    assert read() == b"two"


@pytest.mark.documented(PAGES + "putobject")
@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_versioning_takes_the_effect_from_forbid_overwrite(client, status):
    put_versioning(client, status)
    for body in (b"one", b"two"):
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a", body=body, forbid_overwrite=True))

    assert client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="a")).body.content == b"two"


@pytest.mark.assumed("the account has not opened KMS unless the assumptions say so")
def test_kms_needs_to_be_open(emulator_server):
    closed = OssCloud(server=emulator_server()).client_with_bucket(BUCKET)
    with refused(403, "KmsServiceNotEnabled"):
        put_encryption(closed, "KMS")


@pytest.mark.assumed("what an account that has opened KMS may set is kept as it was put")
def test_kms_is_accepted_once_it_is_open(emulator_server):
    client = OssCloud(server=emulator_server(assumptions=Assumptions(oss_kms_is_open=True))).client_with_bucket(BUCKET)
    put_encryption(client, "KMS", key_id="9468da86")
    rule = client.get_bucket_encryption(oss.GetBucketEncryptionRequest(bucket=BUCKET)).server_side_encryption_rule

    assert rule.apply_server_side_encryption_by_default.kms_master_key_id == "9468da86"
