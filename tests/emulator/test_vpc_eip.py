"""Elastic IP addresses through the SDK."""

import pytest
from alibabacloud_vpc20160428 import models
from ecs_lab import EIP_PAGES, open_lab, refused

ALLOCATE = EIP_PAGES + "allocateeipaddress-eips"
ASSOCIATE = EIP_PAGES + "associateeipaddress-eips"
UNASSOCIATE = EIP_PAGES + "unassociateeipaddress-eips"
RELEASE = EIP_PAGES + "releaseeipaddress-eips"
VPC_TAGS = "https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-tagresources"


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


def describe(lab, allocation_id):
    return lab.vpc("describe_eip_addresses", allocation_id=allocation_id).eip_addresses.eip_address[0]


@pytest.mark.documented(ALLOCATE)
def test_a_new_address_is_paid_by_bandwidth_of_five_megabits_unless_told_otherwise(lab):
    allocation_id = lab.vpc("allocate_eip_address").allocation_id

    eip = describe(lab, allocation_id)

    assert (eip.status, eip.bandwidth, eip.internet_charge_type) == ("Available", "5", "PayByBandwidth")


@pytest.mark.documented(ASSOCIATE)
def test_an_address_is_bound_used_and_taken_off_again(lab):
    instance_id = lab.launch_running(lab.make_network())
    eip = lab.vpc("allocate_eip_address", bandwidth="10", internet_charge_type="PayByTraffic")

    lab.vpc("associate_eip_address", allocation_id=eip.allocation_id, instance_id=instance_id)
    during = describe(lab, eip.allocation_id).status
    lab.settle()
    bound, instance = describe(lab, eip.allocation_id), lab.describe(instance_id)
    lab.vpc("unassociate_eip_address", allocation_id=eip.allocation_id, instance_id=instance_id)
    leaving = describe(lab, eip.allocation_id).status
    lab.settle()

    assert (during, bound.status, leaving) == ("Associating", "InUse", "Unassociating")
    assert bound.instance_id == instance_id
    assert (instance.eip_address.ip_address, instance.eip_address.bandwidth) == (eip.eip_address, 10)
    assert instance.public_ip_address.ip_address == []
    assert describe(lab, eip.allocation_id).status == "Available"
    assert lab.describe(instance_id).eip_address.ip_address == ""


@pytest.mark.documented(ASSOCIATE)
def test_an_address_cannot_be_bound_to_what_does_not_take_it(lab):
    network = lab.make_network()
    with_public_ip = lab.launch_running(network, internet_max_bandwidth_out=5)
    allocation_id = lab.vpc("allocate_eip_address").allocation_id

    def bind(instance_id):
        return lambda: lab.vpc("associate_eip_address", allocation_id=allocation_id, instance_id=instance_id)

    refused("InvalidInstanId.NotFound", bind("i-none"), status=404)
    refused("InvalidAssociation.Duplicated", bind(with_public_ip), status=400)
    [starting] = lab.launch(network)
    lab.emulator.advance(1.5)
    refused("IncorrectInstanceStatus", bind(starting), status=400)


@pytest.mark.documented(ASSOCIATE)
def test_an_address_is_bound_to_an_interface_and_free_again_once_that_is_deleted(lab):
    network = lab.make_network()
    place = {"v_switch_id": network.vswitch_id, "security_group_id": network.security_group_id}
    interface_id = lab.ecs("create_network_interface", **place).network_interface_id
    lab.settle()
    allocation_id = lab.vpc("allocate_eip_address").allocation_id
    binding = {"allocation_id": allocation_id, "instance_id": interface_id}

    refused("InvalidInstanId.NotFound", lambda: lab.vpc("associate_eip_address", **binding), status=404)
    lab.vpc("associate_eip_address", **binding, instance_type="NetworkInterface")
    lab.settle()
    eip = describe(lab, allocation_id)
    shown = lab.ecs("describe_network_interfaces", network_interface_id=[interface_id]).network_interface_sets
    refused("InvalidBindingStatus", lambda: lab.vpc("unassociate_eip_address", **binding, instance_type="EcsInstance"))

    assert (eip.status, eip.instance_id, eip.instance_type) == ("InUse", interface_id, "NetworkInterface")
    assert shown.network_interface_set[0].associated_public_ip.public_ip_address == eip.ip_address
    lab.ecs("delete_network_interface", network_interface_id=interface_id)
    lab.settle()
    free = describe(lab, allocation_id)
    assert (free.status, free.instance_id, free.instance_type) == ("Available", "", "")


@pytest.mark.documented(RELEASE)
def test_a_bound_address_cannot_be_released_and_outlives_its_instance(lab):
    instance_id = lab.launch_running(lab.make_network())
    allocation_id = lab.vpc("allocate_eip_address").allocation_id
    lab.vpc("associate_eip_address", allocation_id=allocation_id, instance_id=instance_id)
    lab.settle()

    refused("IncorrectEipStatus", lambda: lab.vpc("release_eip_address", allocation_id=allocation_id), status=400)
    lab.ecs("delete_instance", instance_id=instance_id, force=True)
    lab.settle()

    assert describe(lab, allocation_id).status == "Available"
    lab.vpc("release_eip_address", allocation_id=allocation_id)
    assert lab.vpc("describe_eip_addresses").total_count == 0
    refused(
        "InvalidAllocationId.NotFound",
        lambda: lab.vpc("release_eip_address", allocation_id=allocation_id),
        status=404,
    )


@pytest.mark.documented(UNASSOCIATE)
def test_an_unbound_address_cannot_be_taken_off(lab):
    allocation_id = lab.vpc("allocate_eip_address").allocation_id

    refused("IncorrectEipStatus", lambda: lab.vpc("unassociate_eip_address", allocation_id=allocation_id), status=400)


@pytest.mark.documented(VPC_TAGS)
def test_the_tag_of_an_address_needs_a_value_and_finds_it(lab):
    tagged = lab.vpc("allocate_eip_address").allocation_id
    lab.vpc("allocate_eip_address")
    tag = models.TagResourcesRequestTag(key="deployer", value="shop")
    lab.vpc("tag_resources", resource_type="EIP", resource_id=[tagged], tag=[tag])

    wanted = models.DescribeEipAddressesRequestTag(key="deployer")
    found = lab.vpc("describe_eip_addresses", tag=[wanted]).eip_addresses.eip_address

    assert [eip.allocation_id for eip in found] == [tagged]


@pytest.mark.documented(ALLOCATE)
def test_every_address_is_another_one(lab):
    addresses = {lab.vpc("allocate_eip_address").eip_address for _ in range(5)}

    assert len(addresses) == 5


@pytest.mark.documented(ASSOCIATE)
def test_an_address_taken_from_a_deleted_instance_stays_with_its_next_one(lab):
    network = lab.make_network()
    first, second = lab.launch_running(network), lab.launch_running(network)
    allocation_id = lab.vpc("allocate_eip_address").allocation_id
    lab.vpc("associate_eip_address", allocation_id=allocation_id, instance_id=first)
    lab.settle()

    lab.ecs("delete_instance", instance_id=first, force=True)
    lab.emulator.advance(0.51)
    lab.vpc("unassociate_eip_address", allocation_id=allocation_id)
    lab.emulator.advance(0.31)
    lab.vpc("associate_eip_address", allocation_id=allocation_id, instance_id=second)
    lab.settle()

    eip = describe(lab, allocation_id)
    assert (eip.status, eip.instance_id) == ("InUse", second)
