"""DescribeInstances and its neighbours through the SDK: lag, filters, pages."""

import json

import pytest
from alibabacloud_ecs20140526 import models
from ecs_lab import ECS_PAGES, TYPE, open_lab, refused

DESCRIBE = ECS_PAGES + "describeinstances"
Tag = models.RunInstancesRequestTag


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


@pytest.fixture
def network(lab):
    return lab.make_network()


def ids(body):
    return [instance.instance_id for instance in body.instances.instance]


@pytest.mark.documented(ECS_PAGES + "runinstances")
def test_a_new_instance_is_missing_for_a_moment(lab, network):
    [instance_id] = lab.launch(network)

    at_once = lab.describe(instance_id)
    refused("InvalidInstanceId.NotFound", lambda: lab.ecs("stop_instance", instance_id=instance_id), status=404)
    lab.emulator.advance(0.5)

    assert at_once is None
    assert lab.status(instance_id) == "Pending"


@pytest.mark.documented(DESCRIBE)
def test_unknown_ids_give_an_empty_list_and_no_error(lab):
    answer = lab.ecs("describe_instances", instance_ids='["i-none"]')

    assert (answer.instances.instance, answer.total_count) == ([], 0)


@pytest.mark.documented(DESCRIBE)
def test_instances_are_found_by_every_filter(lab, network):
    other_network = lab.make_network()
    ours = lab.launch_running(
        network, instance_name="shop-prod", internet_max_bandwidth_out=1, tag=[Tag(key="app", value="shop")]
    )
    other = lab.launch_running(other_network, instance_type="ecs.g7.large", tag=[Tag(key="app", value="blog")])
    lab.ecs("stop_instance", instance_id=other)
    lab.settle()
    address = lab.describe(ours).public_ip_address.ip_address[0]
    private = lab.describe(ours).vpc_attributes.private_ip_address.ip_address[0]

    for fields in (
        {"instance_ids": json.dumps([ours])},
        {"tag": [models.DescribeInstancesRequestTag(key="app", value="shop")]},
        {"instance_name": "shop-*"},
        {"instance_name": "shop-prod"},
        {"status": "Running"},
        {"vpc_id": network.vpc_id},
        {"v_switch_id": network.vswitch_id},
        {"security_group_id": network.security_group_id},
        {"public_ip_addresses": json.dumps([address])},
        {"private_ip_addresses": json.dumps([private]), "vpc_id": network.vpc_id},
        {"instance_type": TYPE},
        {"instance_type_family": "ecs.u1"},
    ):
        assert ids(lab.ecs("describe_instances", **fields)) == [ours], fields
    both = lab.ecs("describe_instances", tag=[models.DescribeInstancesRequestTag(key="app")])
    assert ids(both) == [other, ours]


@pytest.mark.documented(DESCRIBE)
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": "Dreaming"}, "InvalidStatus.NotFound"),
        ({"instance_charge_type": "Free"}, "InvalidInstanceChargeType.NotFound"),
        ({"instance_network_type": "token-ring"}, "InvalidNetworkType.NotFound"),
        ({"filter": [models.DescribeInstancesRequestFilter(key="Colour", value="red")]}, "InvalidFilterKey.NotFound"),
    ],
)
def test_filter_values_that_do_not_exist_are_refused(lab, fields, code):
    refused(code, lambda: lab.ecs("describe_instances", **fields), status=404)


@pytest.mark.documented(DESCRIBE)
def test_pages_by_number_hold_everything_once_newest_first(lab, network):
    launched = []
    for _ in range(5):
        launched += lab.launch(network)
    lab.settle()

    pages = [lab.ecs("describe_instances", page_size=2, page_number=number) for number in (1, 2, 3, 4)]

    assert [instance_id for page in pages for instance_id in ids(page)] == launched[::-1]
    assert {(page.total_count, page.page_size) for page in pages} == {(5, 2)}
    refused("InvalidParameter", lambda: lab.ecs("describe_instances", page_size=101), status=400)


@pytest.mark.documented(DESCRIBE)
def test_pages_by_token_hold_everything_once_even_when_instances_come_meanwhile(lab, network):
    launched = lab.launch(network, amount=5)
    lab.settle()
    found, token = [], ""
    while True:
        answer = lab.ecs("describe_instances", max_results=2, next_token=token or None)
        found += ids(answer)
        token = answer.next_token
        if not token:
            break
        lab.launch(network)
        lab.settle()

    assert sorted(found) == sorted(launched)


@pytest.mark.documented(DESCRIBE)
def test_a_token_of_another_question_is_refused(lab, network):
    lab.launch(network, amount=3)
    lab.settle()
    token = lab.ecs("describe_instances", max_results=1).next_token

    refused("InvalidParameter", lambda: lab.ecs("describe_instances", status="Running", next_token=token))
    refused("InvalidParameter", lambda: lab.ecs("describe_instances", next_token="made-up"))


@pytest.mark.documented(DESCRIBE)
def test_instances_are_listed_in_their_own_region_only(lab, network):
    lab.launch_running(network)

    assert lab.ecs("describe_instances", region_id="cn-beijing").total_count == 0
    refused("InvalidRegionId.NotFound", lambda: lab.ecs("describe_instances", region_id="cn-atlantis"), status=404)


@pytest.mark.documented(DESCRIBE)
def test_instances_are_found_by_when_they_were_created(lab, network):
    first = lab.launch_running(network)
    boundary = lab.describe(first).creation_time
    lab.emulator.advance(3600)
    second = lab.launch_running(network)

    def created(key, value):
        return [models.DescribeInstancesRequestFilter(key=key, value=value)]

    until = lab.ecs("describe_instances", filter=created("CreationEndTime", boundary))
    since = lab.ecs("describe_instances", filter=created("CreationStartTime", lab.describe(second).creation_time))

    assert (ids(until), ids(since)) == ([first], [second])


@pytest.mark.documented(ECS_PAGES + "describeinstancestatus")
def test_states_of_some_instances(lab, network):
    launched = lab.launch(network, amount=3)
    lab.settle()

    answer = lab.ecs("describe_instance_status", instance_id=launched[:2])

    statuses = answer.instance_statuses.instance_status
    assert {(found.instance_id, found.status) for found in statuses} == {(one, "Running") for one in launched[:2]}


@pytest.mark.documented(ECS_PAGES + "describeinstanceattribute")
def test_one_instance_by_id_spells_io_optimized_as_a_word(lab, network):
    instance_id = lab.launch_running(network)

    attributes = lab.ecs("describe_instance_attribute", instance_id=instance_id)

    assert (attributes.status, attributes.io_optimized, attributes.cpu) == ("Running", "optimized", 2)


@pytest.mark.documented(ECS_PAGES + "describedisks")
def test_disks_are_found_by_type_and_by_ids(lab, network):
    instance_id = lab.launch_running(
        network, data_disk=[models.RunInstancesRequestDataDisk(category="cloud_essd", size=20)]
    )
    data = lab.ecs("describe_disks", disk_type="data").disks.disk

    assert [disk.instance_id for disk in data] == [instance_id]
    by_ids = lab.ecs("describe_disks", disk_ids=json.dumps([data[0].disk_id])).disks.disk
    assert [disk.disk_id for disk in by_ids] == [data[0].disk_id]


@pytest.mark.documented(ECS_PAGES + "attachinstanceramrole")
def test_attaching_a_role_succeeds_as_a_call_even_when_an_instance_fails(lab, network):
    instance_id = lab.launch_running(network)

    answer = lab.ecs(
        "attach_instance_ram_role", instance_ids=json.dumps([instance_id, "i-none"]), ram_role_name="deployer"
    )

    results = answer.attach_instance_ram_role_results.attach_instance_ram_role_result
    assert {(found.instance_id, found.code, found.success) for found in results} == {
        (instance_id, "200", True),
        ("i-none", "InvalidInstanceId.NotFound", False),
    }
    roles = lab.ecs("describe_instance_ram_role", ram_role_name="deployer").instance_ram_role_sets
    assert [role.instance_id for role in roles.instance_ram_role_set] == [instance_id]
    lab.state.ram_roles = {"other"}
    refused(
        "InvalidRamRole.NotFound",
        lambda: lab.ecs("attach_instance_ram_role", instance_ids=f'["{instance_id}"]', ram_role_name="deployer"),
        status=404,
    )
