"""RunInstances and CreateInstance through the SDK: what they make, and every reason they refuse."""

import base64
from datetime import timedelta

import pytest
from alibabacloud_ecs20140526 import models
from alibabacloud_tea_openapi.exceptions import ServerException
from ecs_lab import ARM_FAMILY, ECS_PAGES, FAMILY, IDEMPOTENCE, REGION, STATES_PAGE, TYPE, ZONE, open_lab, refused

RUN = ECS_PAGES + "runinstances"
SEQUENCES = "https://www.alibabacloud.com/help/en/ecs/user-guide/batch-configure-sequential-names-or-hostnames-for-multiple-instances"
Disk = models.RunInstancesRequestSystemDisk
DataDisk = models.RunInstancesRequestDataDisk
Tag = models.RunInstancesRequestTag


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


@pytest.fixture
def network(lab):
    return lab.make_network()


@pytest.mark.documented(STATES_PAGE)
def test_a_new_instance_is_pending_then_starting_then_running(lab, network, driver):
    [instance_id] = lab.launch(network)
    seen = []
    for _ in range(40):
        status = lab.status(instance_id)
        if status not in seen[-1:]:
            seen.append(status)
        lab.emulator.advance(0.1)

    assert seen == [None, "Pending", "Starting", "Running"]
    assert driver.machines[instance_id].alive


@pytest.mark.documented(RUN)
def test_the_instance_is_as_it_was_ordered(lab, network):
    instance_id = lab.launch_running(
        network,
        instance_name="shop-prod",
        host_name="shop-1",
        description="the shop",
        internet_max_bandwidth_out=5,
        tag=[Tag(key="deployer:application", value="shop")],
        http_tokens="required",
        deletion_protection=True,
    )

    instance = lab.describe(instance_id)

    assert (instance.instance_name, instance.host_name, instance.zone_id) == ("shop-prod", "shop-1", ZONE)
    assert (instance.cpu, instance.memory, instance.instance_type_family) == (2, 4096, "ecs.u1")
    assert instance.vpc_attributes.v_switch_id == network.vswitch_id
    assert instance.vpc_attributes.private_ip_address.ip_address[0].startswith("192.168.0.")
    assert instance.public_ip_address.ip_address[0].startswith("127.10.")
    assert instance.security_group_ids.security_group_id == [network.security_group_id]
    assert [(tag.tag_key, tag.tag_value) for tag in instance.tags.tag] == [("deployer:application", "shop")]
    assert instance.metadata_options.http_tokens == "required"
    assert instance.deletion_protection is True
    assert instance.expired_time == "2099-12-31T15:59Z"


@pytest.mark.documented(RUN)
def test_without_bandwidth_there_is_no_public_address(lab, network):
    instance = lab.describe(lab.launch_running(network))

    assert instance.public_ip_address.ip_address == []
    assert instance.internet_max_bandwidth_out == 0


@pytest.mark.documented(RUN)
def test_every_instance_of_a_batch_has_its_own_addresses_and_name_suffix(lab, network):
    ids = lab.launch(network, amount=3, instance_name="web", unique_suffix=True, internet_max_bandwidth_out=1)
    lab.settle()

    instances = [lab.describe(instance_id) for instance_id in ids]

    assert len({instance.public_ip_address.ip_address[0] for instance in instances}) == 3
    assert len({instance.vpc_attributes.private_ip_address.ip_address[0] for instance in instances}) == 3
    assert [instance.instance_name for instance in instances] == ["web001", "web002", "web003"]


@pytest.mark.documented(SEQUENCES)
@pytest.mark.parametrize(
    ("pattern", "suffixed", "names"),
    [
        ("web-[9,3]", False, ["web-009", "web-010"]),
        ("web-[9,3]", True, ["web-009", "web-010"]),
        ("web-[0,1]-x", False, ["web-0-x", "web-1-x"]),
        ("web-[0,1]-x", True, ["web-0-x001", "web-1-x002"]),
        ("web[,]", False, ["web000000", "web000001"]),
        ("web[1234,2]", False, ["web001234", "web001235"]),
    ],
)
def test_names_with_a_sequence_count(lab, network, pattern, suffixed, names):
    ids = lab.launch(network, amount=2, instance_name=pattern, host_name=pattern, unique_suffix=suffixed)
    lab.settle()

    found = [lab.describe(instance_id) for instance_id in ids]

    assert [(one.instance_name, one.host_name) for one in found] == [(name, name) for name in names]


@pytest.mark.documented(RUN)
def test_a_host_may_be_called_after_its_id(lab, network):
    instance_id = lab.launch_running(network, host_name="k8s-${instance_id}")

    assert lab.describe(instance_id).host_name == f"k8s-{instance_id}"


@pytest.mark.documented(IDEMPOTENCE)
def test_a_repeated_client_token_makes_no_second_instance(lab, network):
    first = lab.launch(network, client_token="plan-1:run")
    again = lab.launch(network, client_token="plan-1:run")
    lab.settle()

    assert first == again
    assert lab.ecs("describe_instances").total_count == 1
    refused(
        "IdempotentParameterMismatch",
        lambda: lab.launch(network, client_token="plan-1:run", amount=2),
        status=400,
    )


@pytest.mark.documented(IDEMPOTENCE)
def test_a_refused_call_does_not_use_up_its_token(lab, network):
    lab.state.stock.set_sold_out(REGION, ZONE, TYPE)
    refused("OperationDenied.NoStock", lambda: lab.launch(network, client_token="t"), status=403)
    lab.state.stock.set_in_stock(REGION, ZONE, TYPE)

    assert len(lab.launch(network, client_token="t")) == 1


@pytest.mark.documented(RUN)
def test_a_dry_run_that_passes_is_an_error_and_makes_nothing(lab, network):
    refused("DryRunOperation", lambda: lab.launch(network, dry_run=True), status=400)
    refused("InvalidImageId.NotFound", lambda: lab.launch(network, dry_run=True, image_family=None, image_id="x.vhd"))
    lab.settle()

    assert lab.ecs("describe_instances").total_count == 0


@pytest.mark.documented(RUN)
def test_a_batch_is_all_or_nothing_unless_a_minimum_is_given(lab, network):
    lab.state.stock.set_scarce(REGION, ZONE, TYPE, left=2)

    refused("OperationDenied.NoStock", lambda: lab.launch(network, amount=3), status=403)
    assert len(lab.launch(network, amount=3, min_amount=1)) == 2
    refused("OperationDenied.NoStock", lambda: lab.launch(network), status=403)
    refused("InvalidMinAmount.Malformed", lambda: lab.launch(network, amount=1, min_amount=2), status=400)


@pytest.mark.documented(RUN)
@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"instance_type": "ecs.u9.giant"}, 400, "InvalidInstanceType.ValueNotSupported"),
        ({"image_id": "some.vhd"}, 400, "UnexpectedImageFamily.ImageIdSupplied"),
        ({"image_family": "acs:none"}, 403, "InvalidImageFamily.MissingAvailableImage"),
        ({"image_family": None, "image_id": "none.vhd"}, 404, "InvalidImageId.NotFound"),
        ({"image_family": None}, 400, "MissingParameter"),
        ({"image_family": ARM_FAMILY}, 403, "ImageNotSupportInstanceType"),
        ({"instance_type": "ecs.g8y.large"}, 403, "ImageNotSupportInstanceType"),
        ({"v_switch_id": "vsw-none"}, 404, "InvalidVSwitchId.NotFound"),
        ({"v_switch_id": None}, 400, "InvalidVSwitchId.Necessary"),
        ({"zone_id": "cn-hangzhou-zz"}, 404, "InvalidZoneId.NotFound"),
        ({"zone_id": "cn-hangzhou-i"}, 403, "InvalidParameter.NotMatch"),
        ({"security_group_id": "sg-none"}, 404, "InvalidSecurityGroupId.NotFound"),
        ({"security_group_ids": ["sg-none"]}, 400, "InvalidParameter.Conflict"),
        ({"instance_name": "1st"}, 400, "InvalidInstanceName.Malformed"),
        ({"instance_name": "x"}, 400, "InvalidInstanceName.Malformed"),
        ({"instance_name": "web-[1, 3]"}, 400, "InvalidInstanceName.Malformed"),
        ({"instance_name": "web-[1,7]"}, 400, "InvalidInstanceName.Malformed"),
        ({"host_name": "-x-"}, 400, "InvalidHostName.Malformed"),
        ({"host_name": "a--b"}, 400, "InvalidHostName.Malformed"),
        ({"description": "http://x"}, 400, "InvalidDescription.Malformed"),
        ({"password": "short"}, 400, "InvalidPassword.Malformed"),
        ({"password": "alllowercase"}, 400, "InvalidPassword.Malformed"),
        ({"auto_pay": False}, 400, "InvalidAutoPay.PostPaidUnsupported"),
        ({"auto_release_time": "tomorrow"}, 400, "InvalidAutoReleaseTime.Malformed"),
        ({"auto_release_time": "2020-01-01T00:00:00Z"}, 400, "InvalidAutoReleaseTime.Malformed"),
        ({"user_data": "%%%"}, 400, "InvalidUserData.NotSupported"),
        ({"private_ip_address": "10.1.1.1"}, 400, "InvalidPrivateIpAddress.Malformed"),
        ({"private_ip_address": "192.168.0.0"}, 400, "InvalidPrivateIpAddress.Malformed"),
        ({"tag": [Tag(key="acs:x", value="y")]}, 400, "InvalidTagKey.Malformed"),
        ({"tag": [Tag(key="a", value="1"), Tag(key="a", value="2")]}, 400, "Duplicate.TagKey"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_documented_code(lab, network, fields, status, code):
    refused(code, lambda: lab.launch(network, **fields), status=status)


@pytest.mark.documented(RUN)
@pytest.mark.parametrize(
    ("fields", "disk", "status", "code"),
    [
        ({}, Disk(category="floppy"), 400, "InvalidSystemDiskCategory.ValueNotSupported"),
        ({"instance_type": "ecs.g7.large"}, Disk(category="cloud_efficiency"), 403, "InvalidDiskCategory.NotSupported"),
        ({"instance_type": "ecs.g7.large"}, Disk(category="cloud_essd_entry"), 403, "InvalidDiskCategory.NotSupported"),
        ({}, Disk(category="cloud_essd", size="10"), 404, "InvalidSystemDiskSize.LessThanImageSize"),
        ({}, Disk(category="cloud_essd", size="3000"), 400, "InvalidSystemDiskSize.ValueNotSupported"),
        (
            {},
            Disk(category="cloud_essd", size="100", performance_level="PL2"),
            400,
            "InvalidSystemDiskSize.ValueNotSupported",
        ),
        (
            {},
            Disk(category="cloud_essd_entry", performance_level="PL0"),
            400,
            "InvalidPerformanceLevel.ValueNotSupported",
        ),
        ({}, Disk(category="cloud_essd", performance_level="PL9"), 400, "InvalidPerformanceLevel.ValueNotSupported"),
    ],
)
def test_a_system_disk_that_cannot_be_is_refused(lab, network, fields, disk, status, code):
    refused(code, lambda: lab.launch(network, system_disk=disk, **fields), status=status)


@pytest.mark.documented(RUN)
def test_disks_are_made_with_the_instance_and_carry_its_tags(lab, network):
    instance_id = lab.launch_running(
        network,
        system_disk=Disk(category="cloud_essd", size="60", performance_level="PL0"),
        data_disk=[DataDisk(category="cloud_auto", size=100, delete_with_instance=False)],
        tag=[Tag(key="deployer", value="shop")],
    )

    disks = {disk.type: disk for disk in lab.ecs("describe_disks", instance_id=instance_id).disks.disk}

    assert (disks["system"].size, disks["system"].performance_level) == (60, "PL0")
    assert (disks["data"].size, disks["data"].category, disks["data"].device) == (100, "cloud_auto", "/dev/xvdb")
    assert {disk.status for disk in disks.values()} == {"In_use"}
    assert all(disk.tags.tag[0].tag_value == "shop" for disk in disks.values())
    lab.ecs("delete_instance", instance_id=instance_id, force=True)
    lab.settle()
    assert [disk.status for disk in lab.ecs("describe_disks").disks.disk] == ["Available"]


@pytest.mark.documented(RUN)
@pytest.mark.parametrize(
    ("instance_type", "category", "level"),
    [("ecs.g6.large", "cloud_efficiency", ""), ("ecs.g7.large", "cloud_essd", "PL0")],
)
def test_without_a_category_the_disk_depends_on_the_type(lab, network, instance_type, category, level):
    instance_id = lab.launch_running(network, instance_type=instance_type, system_disk=None)

    [disk] = lab.ecs("describe_disks", instance_id=instance_id).disks.disk

    assert (disk.category, disk.performance_level, disk.size) == (category, level, 40)


@pytest.mark.documented(RUN)
def test_an_essd_without_a_level_is_pl1(lab, network):
    instance_id = lab.launch_running(network, system_disk=Disk(category="cloud_essd", size="40"))

    assert lab.ecs("describe_disks", instance_id=instance_id).disks.disk[0].performance_level == "PL1"


@pytest.mark.assumed("which zone lacks PL0 is not documented, only that some do")
def test_pl0_is_not_sold_in_every_zone(lab):
    network = lab.make_network(zone_id="cn-hangzhou-k")

    refused(
        "InvalidPerformanceLevel.ValueNotSupported",
        lambda: lab.launch(network, system_disk=Disk(category="cloud_essd", performance_level="PL0", size="40")),
    )


@pytest.mark.documented(RUN)
def test_group_and_vswitch_must_share_a_vpc(lab, network):
    other = lab.make_network()

    refused(
        "InvalidParameter.Mismatch",
        lambda: lab.launch(network, security_group_id=other.security_group_id),
        status=400,
    )


@pytest.mark.documented(RUN)
def test_a_zone_off_sale_and_a_zone_without_the_type_say_so(lab, network):
    last_zone = lab.make_network(zone_id="cn-hangzhou-k")
    refused(
        "InvalidInstanceType.ZoneNotSupported",
        lambda: lab.launch(last_zone, instance_type="ecs.g8y.large", image_family=ARM_FAMILY),
        status=403,
    )
    lab.state.stock.set_off_sale(ZONE)

    refused("Zone.NotOnSale", lambda: lab.launch(network), status=403)


@pytest.mark.documented("https://www.alibabacloud.com/help/doc-detail/35745.htm")
def test_a_full_vswitch_takes_no_more_instances(lab):
    network = lab.make_network(cidr_block="192.168.1.0/29")
    lab.launch(network, amount=4)

    refused("QuotaExceeded.PrivateIpAddress", lambda: lab.launch(network), status=400)


@pytest.mark.documented(RUN)
def test_a_private_address_can_be_chosen_once(lab, network):
    instance_id = lab.launch_running(network, private_ip_address="192.168.0.77")

    assert lab.describe(instance_id).vpc_attributes.private_ip_address.ip_address == ["192.168.0.77"]
    refused(
        "InvalidPrivateIpAddress.Duplicated",
        lambda: lab.launch(network, private_ip_address="192.168.0.77"),
        status=400,
    )


@pytest.mark.assumed("the figure of an account is shown in Quota Center only")
def test_the_vcpu_quota_holds(lab, network):
    refused(
        "QuotaExceed.ElasticQuota",
        lambda: [lab.launch(network, amount=100, instance_type="ecs.u1-c1m2.2xlarge") for _ in range(3)],
        status=403,
    )


@pytest.mark.documented(
    "https://www.alibabacloud.com/help/en/ecs/user-guide/customize-the-initialization-configuration-for-an-instance"
)
def test_user_data_runs_once_at_the_first_boot(lab, network, driver):
    script = b"#!/bin/sh\necho hello > /root/hello\n"
    instance_id = lab.launch_running(network, user_data=base64.b64encode(script).decode())
    first_boot = [command.content for command in driver.machines[instance_id].commands]

    lab.ecs("reboot_instance", instance_id=instance_id)
    lab.settle()

    assert first_boot == [script]
    assert driver.machines[instance_id].commands == []


@pytest.mark.documented(RUN)
def test_an_instance_releases_itself_when_its_time_has_come(lab, network):
    moment = lab.emulator.context.clock.now() + timedelta(hours=1)
    instance_id = lab.launch_running(network, auto_release_time=moment.strftime("%Y-%m-%dT%H:%M:%SZ"))

    lab.emulator.advance(3500)
    before = lab.status(instance_id)
    lab.emulator.advance(200)

    assert before == "Running"
    assert lab.status(instance_id) is None


@pytest.mark.documented(ECS_PAGES + "createinstance")
def test_create_instance_leaves_it_stopped_and_without_a_public_address(lab, network):
    instance_id = lab.ecs(
        "create_instance",
        instance_type=TYPE,
        image_id=lab.ecs("describe_image_from_family", image_family=FAMILY).image.image_id,
        v_switch_id=network.vswitch_id,
        security_group_id=network.security_group_id,
        system_disk=models.CreateInstanceRequestSystemDisk(category="cloud_essd", size=40),
        internet_max_bandwidth_out=5,
    ).instance_id
    lab.settle()
    stopped = lab.describe(instance_id)

    address = lab.ecs("allocate_public_ip_address", instance_id=instance_id).ip_address
    lab.ecs("start_instance", instance_id=instance_id)
    lab.settle()

    assert (stopped.status, stopped.public_ip_address.ip_address) == ("Stopped", [])
    running = lab.describe(instance_id)
    assert (running.status, running.public_ip_address.ip_address) == ("Running", [address])


@pytest.mark.assumed("the emulator says what it leaves out instead of guessing")
@pytest.mark.parametrize(
    "fields",
    [{"spot_strategy": "SpotAsPriceGo"}, {"instance_charge_type": "PrePaid"}, {"hpc_cluster_id": "mine"}],
)
def test_what_is_not_emulated_is_refused_aloud(lab, network, fields):
    with pytest.raises(ServerException) as caught:
        lab.launch(network, **fields)

    assert (caught.value.status_code, caught.value.code) == (501, "Emulator.NotImplemented")
