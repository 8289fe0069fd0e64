"""Our OSS, OOS, BSS and STS clients, each method through the real SDK."""

import urllib.error
import urllib.request
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import fastcrc
import pytest
from client_lab import REGION, CloudLab, lab, make_lab

from deployer.cloud.ecs import PriceRequest
from deployer.cloud.oos import group_tag_key
from deployer.cloud.oss import PART_BYTES
from deployer.emulator.faults import Fault
from deployer.errors.access import PermissionDenied
from deployer.errors.base import TransientError
from deployer.errors.cloud import ApiRefused
from deployer.oos.shipped import read_template

__all__ = ["lab"]

OSS_PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"
OOS_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
STS_PAGE = "https://help.aliyun.com/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity"
BSS_PAGES = "https://help.aliyun.com/zh/user-center/developer-reference/api-bssopenapi-2017-12-14-"
BUCKET = "deployer-0123456789abcdef-cn-hangzhou"


@pytest.fixture
def oss(lab):
    lab.cloud.oss.create_bucket(BUCKET, "deployer=artifacts")
    return lab.cloud.oss


@pytest.mark.documented(STS_PAGE)
def test_the_identity_says_who_and_from_where(lab):
    identity = lab.cloud.sts.get_identity()

    assert identity.account_id == lab.emulator.accounts.account_id
    assert identity.arn == lab.emulator.accounts.root.arn
    assert identity.source == "static_ak"
    assert identity.expires_at is None


@pytest.mark.documented(OSS_PAGES + "putbucket")
def test_a_new_bucket_is_private_protected_and_found_by_its_tag(lab, oss):
    facts = oss.find_bucket(BUCKET)

    assert (facts.region_id, facts.acl, facts.owner_id) == (REGION, "private", lab.emulator.accounts.account_id)
    assert facts.block_public_access
    assert facts.versioning is None
    assert oss.list_bucket_names("deployer", "artifacts") == (BUCKET,)
    assert oss.list_bucket_names("deployer", "something else") == ()
    assert {"PutBucketEncryption", "PutBucketLifecycle", "PutBucketPublicAccessBlock"} <= set(lab.actions)


@pytest.mark.documented(OSS_PAGES + "listbuckets")
def test_buckets_are_listed_page_by_page_the_oldest_first_and_only_those_of_the_region(lab, oss):
    elsewhere = make_lab(lab.emulator, lab.endpoint, region_id="cn-beijing").cloud.oss
    elsewhere.create_bucket("deployer-fedcba9876543210-cn-beijing", "deployer=artifacts")
    lab.emulator.advance(5)
    oss.create_bucket("a-younger-bucket", "deployer=artifacts")

    assert oss.list_bucket_names("deployer", "artifacts") == (BUCKET, "a-younger-bucket")


@pytest.mark.documented(OSS_PAGES + "getbucketinfo")
def test_a_missing_bucket_is_none_and_a_foreign_one_is_refused(lab, oss):
    assert oss.find_bucket("deployer-nobody-has-this-one") is None

    lab.emulator.faults.add(Fault(action="GetBucketInfo", status=403, code="AccessDenied", times=None))
    with pytest.raises(PermissionDenied):
        oss.find_bucket(BUCKET)


@pytest.mark.documented(OSS_PAGES + "common-http-headers")
def test_the_service_says_its_time(lab):
    assert lab.cloud.oss.read_server_time().endswith("GMT")


@pytest.mark.documented(OSS_PAGES + "putobject")
def test_bytes_come_back_as_they_were(oss):
    assert oss.put_bytes(BUCKET, "shop/lock.json", b"\x00\xff{}")

    facts = oss.find_object(BUCKET, "shop/lock.json")
    assert oss.find_bytes(BUCKET, "shop/lock.json") == b"\x00\xff{}"
    assert (facts.size_bytes, facts.crc64) == (4, fastcrc.crc64.xz(b"\x00\xff{}"))
    assert facts.modified_at is not None
    assert oss.find_object(BUCKET, "shop/absent") is None
    assert oss.find_bytes(BUCKET, "shop/absent") is None


@pytest.mark.documented(OSS_PAGES + "putobject")
def test_of_two_that_must_not_overwrite_one_wins(oss):
    assert oss.put_bytes(BUCKET, "shop/lock.json", b"first", forbid_overwrite=True)
    assert not oss.put_bytes(BUCKET, "shop/lock.json", b"second", forbid_overwrite=True)
    assert oss.find_bytes(BUCKET, "shop/lock.json") == b"first"
    assert oss.put_bytes(BUCKET, "shop/lock.json", b"third")


@pytest.mark.documented(OSS_PAGES + "multipart-upload-overview")
@pytest.mark.parametrize("size_bytes", [0, 1, PART_BYTES, PART_BYTES + 1])
def test_a_file_is_uploaded_whole_or_in_parts_and_its_checksum_comes_back(oss, lab, tmp_path, size_bytes):
    path = tmp_path / "archive.zip"
    with path.open("wb") as file:
        file.truncate(size_bytes)
    told: list[int] = []

    crc64 = oss.put_file(BUCKET, "shop/archive.zip", path, told.append)

    assert oss.find_object(BUCKET, "shop/archive.zip").size_bytes == size_bytes
    assert crc64 == fastcrc.crc64.xz(path.read_bytes())
    assert told[-1] == size_bytes
    assert ("InitiateMultipartUpload" in lab.actions) is (size_bytes > PART_BYTES)


@pytest.mark.documented(OSS_PAGES + "abortmultipartupload")
def test_an_upload_that_fails_leaves_no_parts(oss, lab, tmp_path):
    path = tmp_path / "archive.zip"
    with path.open("wb") as file:
        file.truncate(PART_BYTES + 1)
    lab.emulator.faults.add(Fault(action="UploadPart", nth=2, times=None, status=500))

    with pytest.raises(TransientError):
        oss.put_file(BUCKET, "shop/archive.zip", path)

    assert lab.actions[-1] == "AbortMultipartUpload"
    assert not lab.emulator.oss.state.buckets[BUCKET].uploads
    assert oss.find_object(BUCKET, "shop/archive.zip") is None


@pytest.mark.documented(OSS_PAGES + "listobjectsv2")
def test_objects_are_listed_over_all_pages_and_removed_in_batches(oss, lab):
    names = tuple(f"shop/releases/{number:04}.json" for number in range(1005))
    for name in names:
        oss.put_bytes(BUCKET, name, b"{}")
    oss.put_bytes(BUCKET, "other/kept.json", b"{}")
    lab.emulator.recorder.clear()

    assert oss.list_object_names(BUCKET, "shop/") == names
    oss.delete_objects(BUCKET, (*names, "shop/never-was.json"))

    assert lab.actions == ["ListObjectsV2", "ListObjectsV2", "DeleteMultipleObjects", "DeleteMultipleObjects"]
    assert oss.list_object_names(BUCKET, "") == ("other/kept.json",)


def fetch(lab: CloudLab, url: str) -> tuple[int, bytes]:
    """What an instance gets for the URL: the host is OSS's, the machine is the emulator's."""
    parts = urlsplit(url)
    request = urllib.request.Request(f"http://{lab.endpoint}{parts.path}?{parts.query}", headers={"Host": parts.netloc})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.documented(OSS_PAGES + "include-signatures-in-urls")
def test_a_signed_url_gets_one_object_for_a_while_and_nothing_else(oss, lab):
    oss.put_bytes(BUCKET, "shop/a b+你.zip", b"archive")
    oss.put_bytes(BUCKET, "shop/other.zip", b"secret")

    url = oss.sign_download(BUCKET, "shop/a b+你.zip", 600)

    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    assert parts.netloc == f"{BUCKET}.oss-{REGION}-internal.aliyuncs.com"
    assert 590 <= int(query["x-oss-expires"][0]) <= 600
    assert fetch(lab, url) == (200, b"archive")
    assert fetch(lab, url.replace(parts.path, "/shop/other.zip"))[0] == 403
    lab.emulator.set_wall_clock(lab.clock)
    lab.emulator.advance(700)
    lab.clock.advance(700)
    assert fetch(lab, url)[0] == 403


@pytest.mark.documented(OSS_PAGES + "include-signatures-in-urls")
def test_the_life_of_a_signed_url_counts_from_the_session_s_clock(oss, lab):
    oss.put_bytes(BUCKET, "a", b"a")

    [expires] = parse_qs(urlsplit(oss.sign_download(BUCKET, "a", 3600)).query)["x-oss-expires"]

    assert abs(int(expires) - timedelta(hours=1).total_seconds()) < 10


@pytest.mark.documented(OOS_PAGES + "startexecution")
def test_an_execution_of_our_template_is_started_once_and_followed(lab):
    parameters = {
        "regionId": REGION,
        "instanceId": "i-bp1missing0000000000",
        "commandContent": "ZWNobw==",
        "timeoutSeconds": 60,
        "releaseId": "r1",
        "OOSAssumeRole": "",
    }
    start = lambda: lab.cloud.oos.start_execution(  # noqa: E731
        read_template("deployer-release"), parameters, tags={"deployer:application": "shop"}, client_token="token-1"
    )

    execution_id = start()
    assert start() == execution_id
    first = lab.cloud.oos.find_execution(execution_id)
    lab.emulator.advance(120)
    last = lab.cloud.oos.find_execution(execution_id)

    assert not first.is_final
    assert (last.is_final, last.status) == (True, "Failed")
    assert last.status_message
    assert lab.cloud.oos.find_execution("exec-none") is None
    assert isinstance(lab.cloud.oos.list_task_outputs(execution_id), dict)


@pytest.mark.documented(OOS_PAGES + "cancelexecution")
def test_an_execution_is_cancelled(lab):
    template = (
        "FormatVersion: OOS-2019-06-01\nTasks:\n- Name: wait\n  Action: ACS::Sleep\n  Properties:\n    Duration: PT1H\n"
    )
    execution_id = lab.cloud.oos.start_execution(template, {}, tags={}, client_token="token-1")
    lab.emulator.advance(5)

    lab.cloud.oos.cancel_execution(execution_id)
    lab.emulator.advance(5)

    assert lab.cloud.oos.find_execution(execution_id).status == "Cancelled"


@pytest.mark.documented(OOS_PAGES + "createapplicationgroup")
def test_application_and_group_are_made_listed_and_removed_in_the_control_region(lab):
    oos = make_lab(lab.emulator, lab.endpoint, region_id="cn-beijing").cloud.oos
    assert not oos.application_exists("shop")
    assert oos.find_group("shop", "default-cn-beijing") is None

    oos.create_application("shop", "token-1")
    oos.create_group("shop", "default-cn-beijing", "cn-beijing", "token-2")

    group = oos.find_group("shop", "default-cn-beijing")
    assert (group.deploy_region_id, group.import_tag_key) == ("cn-beijing", group_tag_key("shop"))
    assert oos.list_groups("shop") == (group,)
    assert "shop" in oos.list_application_names()
    assert {call.region_id for call in lab.emulator.recorder.calls} == {"cn-hangzhou"}

    oos.delete_group("shop", "default-cn-beijing")
    lab.emulator.advance(5)
    oos.delete_application("shop")
    oos.delete_group("shop", "default-cn-beijing")
    oos.delete_application("shop")
    assert oos.list_application_names() == ()


@pytest.mark.documented(OOS_PAGES + "listapplications")
def test_all_applications_and_groups_are_listed(lab):
    for number in range(103):
        lab.cloud.oos.create_application(f"app-{number}", f"token-{number}")
    for number in range(102):
        lab.cloud.oos.create_group("app-1", f"group-{number}", REGION, f"group-token-{number}")

    assert len(lab.cloud.oos.list_application_names()) == 103
    assert len(lab.cloud.oos.list_groups("app-1")) == 102


@pytest.mark.documented(BSS_PAGES + "getpayasyougoprice")
def test_a_price_is_given_module_by_module(lab):
    wanted = PriceRequest(
        instance_type="ecs.u1-c1m2.large",
        image_id=None,
        system_disk_category="cloud_essd",
        system_disk_gib=40,
        bandwidth_mbps=5,
    )

    price = lab.cloud.bss.get_price(REGION, wanted)

    assert (price.currency, [module.module_code for module in price.modules]) == ("CNY", ["InstanceType", "SystemDisk"])
    assert all(module.hourly > 0 for module in price.modules)
    assert price.request_id


@pytest.mark.documented(BSS_PAGES + "getpayasyougoprice")
def test_a_price_that_is_not_sold_is_refused_with_its_code(lab):
    wanted = PriceRequest(
        instance_type="ecs.imaginary.large",
        image_id=None,
        system_disk_category="cloud_essd",
        system_disk_gib=40,
        bandwidth_mbps=5,
    )

    with pytest.raises(ApiRefused) as caught:
        lab.cloud.bss.get_price(REGION, wanted)

    assert caught.value.facts["action"] == "bssapi:GetPayAsYouGoPrice"


@pytest.mark.documented(BSS_PAGES + "queryaccountbalance")
def test_the_balance_is_a_number_or_not_known(lab):
    amount, currency = lab.cloud.bss.find_balance()
    assert amount > 0
    assert currency == "CNY"

    lab.emulator.faults.add(Fault(action="QueryAccountBalance", times=None, status=403, code="NotAuthorized"))
    assert lab.cloud.bss.find_balance() is None
