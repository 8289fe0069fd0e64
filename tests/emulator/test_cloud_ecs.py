"""Our ECS, VPC, security group and Cloud Assistant clients, each method through the real SDK."""

import pytest
from client_lab import REGION, CloudLab, lab

from deployer.cloud.assistant import decode_output
from deployer.cloud.ecs import InstanceRequest, PriceRequest
from deployer.emulator.machines.scripted import ScriptedAnswer
from deployer.errors.cloud import ApiRefused, InstanceNotFound
from deployer.models.plan import InstanceFacts

__all__ = ["lab"]

ECS_PAGES = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
VPC_PAGES = "https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-"
TYPE = "ecs.u1-c1m2.large"
TAGS = {"deployer:application": "shop", "deployer:group": "default-cn-hangzhou"}


def settle(lab: CloudLab) -> None:
    lab.emulator.advance(30)


def make_network(lab: CloudLab) -> tuple[str, str, str]:
    """(VPC id, vSwitch id, security group id), all there."""
    vpc_id = lab.cloud.vpc.create_vpc("10.0.0.0/8", "deployer", "token-vpc", {"deployer": "network"})
    settle(lab)
    vswitch_id = lab.cloud.vpc.create_vswitch(
        vpc_id, "cn-hangzhou-h", "10.0.0.0/20", name="deployer", client_token="token-vswitch"
    )
    group_id = lab.cloud.security_groups.create("deployer-shop", vpc_id, TAGS, "token-group")
    settle(lab)
    return vpc_id, vswitch_id, group_id


def wanted(lab: CloudLab, vswitch_id: str, group_id: str, *, bandwidth_mbps: int = 5) -> InstanceRequest:
    return InstanceRequest(
        instance_name="shop-default-cn-hangzhou",
        instance_type=TYPE,
        image_id=lab.cloud.ecs.find_image_id("X86") or "",
        vswitch_id=vswitch_id,
        security_group_id=group_id,
        system_disk_category="cloud_essd",
        system_disk_gib=40,
        bandwidth_mbps=bandwidth_mbps,
        tags=TAGS,
    )


def launch(lab: CloudLab, **settings) -> InstanceFacts:
    _, vswitch_id, group_id = make_network(lab)
    instance_id = lab.cloud.ecs.run_instance(wanted(lab, vswitch_id, group_id, **settings), "token-run")
    settle(lab)
    return lab.cloud.ecs.get_instance(instance_id)


@pytest.mark.documented(ECS_PAGES + "describeregions")
def test_the_regions_of_the_account_are_listed(lab):
    assert {REGION, "cn-beijing", "ap-southeast-1"} <= set(lab.cloud.ecs.list_region_ids())


@pytest.mark.documented(ECS_PAGES + "describeinstancetypes")
def test_a_type_is_looked_up_and_an_unknown_one_is_none(lab):
    facts = lab.cloud.ecs.get_instance_type(TYPE)

    assert (facts.cpu_cores, facts.memory_gib, facts.architecture) == (2, 4.0, "X86")
    assert lab.cloud.ecs.get_instance_type("ecs.imaginary.large") is None


@pytest.mark.documented(ECS_PAGES + "describeavailableresource")
def test_zones_and_disks_that_are_sold_are_listed(lab):
    zones = lab.cloud.ecs.list_selling_zones(TYPE)

    assert zones
    assert all(zone.startswith(REGION) for zone in zones)
    assert "cloud_essd" in lab.cloud.ecs.list_disk_categories(TYPE, zones[0])
    with pytest.raises(ApiRefused, match="InvalidZoneId"):
        lab.cloud.ecs.list_disk_categories(TYPE, "cn-hangzhou-zz")


@pytest.mark.documented(ECS_PAGES + "describeimagefromfamily")
def test_the_newest_image_of_each_architecture_is_found(lab):
    ids = {lab.cloud.ecs.find_image_id(architecture) for architecture in ("X86", "ARM")}

    assert len(ids) == 2
    assert all(image_id.startswith("aliyun_3_") for image_id in ids)


@pytest.mark.documented(ECS_PAGES + "runinstances")
def test_a_new_instance_is_what_was_asked_for(lab):
    facts = launch(lab)

    assert (facts.status, facts.instance_type, facts.deploy_region_id) == ("Running", TYPE, REGION)
    assert facts.public_ip
    assert facts.private_ip.startswith("10.0.")
    assert dict(facts.tags) == TAGS
    assert facts.os_type == "linux"
    [call] = [call for call in lab.emulator.recorder.calls if call.action == "RunInstances"]
    assert (call.params["HttpTokens"], call.params["Amount"]) == ("required", "1")
    assert not {"Password", "KeyPairName"} & call.params.keys()


@pytest.mark.documented("https://www.alibabacloud.com/help/doc-detail/25693.html")
def test_the_same_token_gives_the_same_instance(lab):
    _, vswitch_id, group_id = make_network(lab)
    request = wanted(lab, vswitch_id, group_id)

    ids = {lab.cloud.ecs.run_instance(request, "token-run") for _ in range(3)}

    assert len(ids) == 1


@pytest.mark.documented("https://www.alibabacloud.com/help/doc-detail/25693.html")
@pytest.mark.parametrize("kind", ["timeout_after", "empty_200", "cut_json", "reset", "timeout_before"])
def test_an_answer_that_is_lost_does_not_make_a_second_instance(lab, kind):
    from deployer.emulator.faults import Fault

    _, vswitch_id, group_id = make_network(lab)
    lab.emulator.faults.add(Fault(action="RunInstances", kind=kind))

    instance_id = lab.cloud.ecs.run_instance(wanted(lab, vswitch_id, group_id), "token-run")
    settle(lab)

    assert [one.instance_id for one in lab.cloud.ecs.list_instances()] == [instance_id]


@pytest.mark.documented(ECS_PAGES + "runinstances")
def test_without_bandwidth_there_is_no_public_address(lab):
    assert launch(lab, bandwidth_mbps=0).public_ip is None


@pytest.mark.documented(ECS_PAGES + "describeinstances")
def test_all_pages_are_read_and_the_newest_instance_comes_first(lab):
    _, vswitch_id, group_id = make_network(lab)
    made = []
    for number in range(137):
        made.append(lab.cloud.ecs.run_instance(wanted(lab, vswitch_id, group_id), f"token-{number}"))
        lab.emulator.advance(60)
    lab.emulator.recorder.clear()

    found = lab.cloud.ecs.list_instances()

    assert [one.instance_id for one in found] == list(reversed(made))
    assert lab.actions == ["DescribeInstances", "DescribeInstances"]
    assert len({one.created_at for one in found}) == 137


@pytest.mark.documented(ECS_PAGES + "describeinstances")
def test_instances_are_found_by_tag_and_by_id_and_a_missing_one_is_an_error(lab):
    facts = launch(lab)

    assert lab.cloud.ecs.list_instances(tags=TAGS)[0].instance_id == facts.instance_id
    assert lab.cloud.ecs.list_instances(tags={"deployer:application": "other"}) == ()
    assert lab.cloud.ecs.list_instances(instance_ids=[facts.instance_id]) == (facts,)
    with pytest.raises(InstanceNotFound) as caught:
        lab.cloud.ecs.get_instance("i-bp1missing0000000000")
    assert caught.value.facts["deploy_region_id"] == REGION


@pytest.mark.documented(ECS_PAGES + "tagresources")
def test_tags_are_set_replaced_and_removed(lab):
    facts = launch(lab)

    lab.cloud.ecs.tag_instances((facts.instance_id,), {"deployer:group": "other", "app-shop": "blue"})
    lab.cloud.ecs.untag_instances((facts.instance_id,), ("deployer:application",))

    assert dict(lab.cloud.ecs.get_instance(facts.instance_id).tags) == {"deployer:group": "other", "app-shop": "blue"}


@pytest.mark.documented(ECS_PAGES + "deleteinstance")
def test_a_running_instance_is_released_and_once_more_is_fine(lab):
    facts = launch(lab)

    lab.cloud.ecs.delete_instance(facts.instance_id)
    settle(lab)
    lab.cloud.ecs.delete_instance(facts.instance_id)

    assert lab.cloud.ecs.list_instances() == ()


@pytest.mark.documented(ECS_PAGES + "startinstance")
def test_a_stopped_instance_is_started(lab):
    from alibabacloud_ecs20140526.models import StopInstanceRequest

    facts = launch(lab)
    lab.cloud.ecs.call("StopInstance", "stop_instance", StopInstanceRequest(instance_id=facts.instance_id))
    settle(lab)
    assert lab.cloud.ecs.get_instance(facts.instance_id).status == "Stopped"

    lab.cloud.ecs.start_instance(facts.instance_id)
    settle(lab)

    assert lab.cloud.ecs.get_instance(facts.instance_id).status == "Running"


@pytest.mark.documented(ECS_PAGES + "describeprice")
def test_the_price_of_an_instance_has_its_parts(lab):
    price = lab.cloud.ecs.get_price(
        PriceRequest(
            instance_type=TYPE,
            image_id=lab.cloud.ecs.find_image_id("X86"),
            system_disk_category="cloud_essd",
            system_disk_gib=40,
            bandwidth_mbps=5,
        )
    )

    assert price.currency == "CNY"
    assert price.hourly_total == sum(item.hourly for item in price.items)
    assert {"instanceType", "systemDisk"} <= {item.name for item in price.items}
    assert all(item.monthly == item.hourly * 720 for item in price.items)


@pytest.mark.documented(VPC_PAGES + "createvpc")
def test_a_network_is_made_tagged_found_and_removed(lab):
    vpc_id, vswitch_id, group_id = make_network(lab)
    [vpc] = lab.cloud.vpc.list_vpcs({"deployer": "network"})
    [vswitch] = lab.cloud.vpc.list_vswitches(vpc_id)
    assert (vpc.vpc_id, vpc.status, lab.cloud.vpc.get_vpc_status(vpc_id)) == (vpc_id, "Available", "Available")
    assert (vswitch.vswitch_id, vswitch.zone_id, vswitch.status) == (vswitch_id, "cn-hangzhou-h", "Available")
    assert vswitch.free_addresses > 4000

    lab.cloud.security_groups.delete(group_id)
    lab.cloud.vpc.delete_vswitch(vswitch_id)
    settle(lab)
    lab.cloud.vpc.delete_vpc(vpc_id)
    settle(lab)
    assert lab.cloud.vpc.list_vpcs({}) == ()
    assert lab.cloud.vpc.get_vpc_status(vpc_id) == ""


@pytest.mark.documented(VPC_PAGES + "deletevpc")
def test_what_is_gone_already_need_not_be_removed(lab):
    lab.cloud.vpc.delete_vpc("vpc-bp1gone000000000000000")
    lab.cloud.vpc.delete_vswitch("vsw-bp1gone000000000000000")
    lab.cloud.security_groups.delete("sg-bp1gone00000000000000")

    assert lab.actions == ["DeleteVpc", "DeleteVSwitch", "DeleteSecurityGroup"]


@pytest.mark.documented(ECS_PAGES + "deletesecuritygroup")
def test_a_group_that_is_in_use_cannot_be_removed(lab):
    facts = launch(lab)

    with pytest.raises(ApiRefused) as caught:
        lab.cloud.security_groups.delete(facts.security_group_ids[0])

    assert caught.value.api_code == "DependencyViolation"


@pytest.mark.documented(ECS_PAGES + "authorizesecuritygroup")
def test_a_port_is_opened_once_to_whom_it_was_said(lab):
    _, _, group_id = make_network(lab)
    groups = lab.cloud.security_groups
    before = groups.list_inbound_rules(group_id)

    groups.open_port(group_id, 8080, "0.0.0.0/0", "token-1")
    groups.open_port(group_id, 8080, "0.0.0.0/0", "token-2")
    groups.open_port(group_id, 9090, "192.0.2.0/24", "token-3")

    rules = groups.list_inbound_rules(group_id)
    assert not any(rule.lets_in(8080) for rule in before)
    assert [port for port in (8080, 8081, 9090) if any(rule.lets_in(port) for rule in rules)] == [8080]
    assert len([rule for rule in rules if rule.first_port == 8080]) == 1


@pytest.mark.documented(ECS_PAGES + "describesecuritygroups")
def test_every_group_with_the_tags_is_listed(lab):
    vpc_id = make_network(lab)[0]
    for number in range(90):
        lab.cloud.security_groups.create(f"deployer-{number}", vpc_id, {"many": "yes"}, f"token-{number}")

    assert len(lab.cloud.security_groups.list_ids({"many": "yes"})) == 90
    assert [vpc for _, vpc in lab.cloud.security_groups.list_ids(TAGS)] == [vpc_id]


@pytest.mark.documented(VPC_PAGES + "describevswitches")
def test_every_vswitch_of_a_vpc_is_listed(lab):
    vpc_id = lab.cloud.vpc.create_vpc("10.0.0.0/8", "deployer", "token-vpc")
    settle(lab)
    for number in range(60):
        lab.cloud.vpc.create_vswitch(
            vpc_id, "cn-hangzhou-h", f"10.0.{number}.0/24", name=f"v{number}", client_token=f"token-{number}"
        )
        lab.emulator.advance(1)

    assert len(lab.cloud.vpc.list_vswitches(vpc_id)) == 60


@pytest.mark.documented(ECS_PAGES + "runcommand")
def test_a_command_is_run_and_its_output_comes_back_as_bytes(lab, driver):
    driver.answer = lambda _machine, _command: ScriptedAnswer(output=b"\xff\x00 done\n", exit_code=3)
    instance_id = launch(lab).instance_id
    assert lab.cloud.assistant.is_ready(instance_id)

    invoke_id = lab.cloud.assistant.start_command(
        instance_id, b"#!/bin/bash\nexit 3\n", name="release", timeout_seconds=60, client_token="token-command"
    )
    again = lab.cloud.assistant.start_command(
        instance_id, b"#!/bin/bash\nexit 3\n", name="release", timeout_seconds=60, client_token="token-command"
    )
    settle(lab)

    result = lab.cloud.assistant.find_result(invoke_id, instance_id)
    assert again == invoke_id
    assert (result.status, result.exit_code, result.output) == ("Failed", 3, b"\xff\x00 done\n")
    assert result.is_final
    assert result.dropped_bytes == 0


@pytest.mark.documented(ECS_PAGES + "describecloudassistantstatus")
def test_the_agent_is_not_ready_before_the_instance_has_booted(lab):
    _, vswitch_id, group_id = make_network(lab)
    instance_id = lab.cloud.ecs.run_instance(wanted(lab, vswitch_id, group_id), "token-run")
    lab.emulator.advance(1)

    assert not lab.cloud.assistant.is_ready(instance_id)
    settle(lab)
    assert lab.cloud.assistant.is_ready(instance_id)


@pytest.mark.documented(ECS_PAGES + "stopinvocation")
def test_a_running_command_is_stopped_and_what_it_printed_stays(lab, driver):
    driver.answer = lambda _machine, _command: ScriptedAnswer(output=b"so far\n", running=True)
    instance_id = launch(lab).instance_id
    invoke_id = lab.cloud.assistant.start_command(
        instance_id, b"sleep 1000", name="release", timeout_seconds=3600, client_token="token-command"
    )
    lab.emulator.advance(1)
    assert not lab.cloud.assistant.find_result(invoke_id, instance_id).is_final

    lab.cloud.assistant.stop_command(invoke_id, instance_id)
    settle(lab)

    result = lab.cloud.assistant.find_result(invoke_id, instance_id)
    assert result.is_final
    assert result.output == b"so far\n"


@pytest.mark.documented(ECS_PAGES + "describeinvocationresults")
@pytest.mark.parametrize(
    ("output", "expected"),
    [("aGVsbG8=", b"hello"), ("", b""), (None, b""), ("plain text!", b"plain text!"), ("你好", "你好".encode())],
)
def test_output_is_decoded_whether_it_comes_in_base64_or_not(output, expected):
    assert decode_output(output) == expected
