"""TagResources, UntagResources and ListTagResources through the SDK."""

import pytest
from alibabacloud_ecs20140526 import models
from ecs_lab import ECS_PAGES, REGION, open_lab, refused

from deployer.emulator.services.ecs.state import Taggable

TAG = ECS_PAGES + "tagresources"


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


@pytest.fixture
def network(lab):
    return lab.make_network()


def tag(lab, resource_id, resource_type="instance", **tags):
    request_tags = [models.TagResourcesRequestTag(key=key, value=value) for key, value in tags.items()]
    lab.ecs("tag_resources", resource_type=resource_type, resource_id=[resource_id], tag=request_tags)


def tags_of(lab, resource_id, resource_type="instance"):
    answer = lab.ecs("list_tag_resources", resource_type=resource_type, resource_id=[resource_id])
    return {found.tag_key: found.tag_value for found in answer.tag_resources.tag_resource}


@pytest.mark.documented(TAG)
def test_tags_are_added_overwritten_and_removed(lab, network):
    instance_id = lab.launch_running(network)

    tag(lab, instance_id, app="shop", stage="test")
    tag(lab, instance_id, stage="prod")
    both = tags_of(lab, instance_id)
    lab.ecs("untag_resources", resource_type="instance", resource_id=[instance_id], tag_key=["stage", "none"])
    one = tags_of(lab, instance_id)
    lab.ecs("untag_resources", resource_type="instance", resource_id=[instance_id], all=True)

    assert (both, one, tags_of(lab, instance_id)) == ({"app": "shop", "stage": "prod"}, {"app": "shop"}, {})


@pytest.mark.documented(TAG)
def test_an_id_that_does_not_exist_yet_is_refused_and_tags_nothing(lab, network):
    running = lab.launch_running(network)
    [fresh] = lab.launch(network)
    request_tag = models.TagResourcesRequestTag(key="app", value="shop")

    def tag_both():
        lab.ecs("tag_resources", resource_type="instance", resource_id=[running, fresh], tag=[request_tag])

    refused("InvalidResourceId.NotFound", tag_both, status=404)
    assert tags_of(lab, running) == {}
    lab.settle()
    tag_both()
    assert tags_of(lab, fresh) == {"app": "shop"}


@pytest.mark.assumed("Alibaba Cloud's own MCP server sends `Instance`, which works")
def test_the_resource_type_ignores_letter_case(lab, network):
    instance_id = lab.launch_running(network)

    tag(lab, instance_id, "Instance", app="shop")

    assert tags_of(lab, instance_id) == {"app": "shop"}


@pytest.mark.documented(TAG)
def test_disks_groups_and_interfaces_carry_tags(lab, network):
    instance_id = lab.launch_running(network)
    interface_id = lab.describe(instance_id).network_interfaces.network_interface[0].network_interface_id
    disk_id = lab.ecs("describe_disks", instance_id=instance_id).disks.disk[0].disk_id

    for resource_type, resource_id in (
        ("disk", disk_id),
        ("securitygroup", network.security_group_id),
        ("eni", interface_id),
    ):
        tag(lab, resource_id, resource_type, owner="ops")
        assert tags_of(lab, resource_id, resource_type) == {"owner": "ops"}


@pytest.mark.documented(TAG)
def test_kinds_of_resources_that_another_service_keeps_can_be_added(lab):
    commands = {"c-1": {"app": "shop"}}
    lab.state.add_taggable(
        "command", Taggable(find=lambda command_id, _region: commands.get(command_id), every=lambda _region: commands)
    )

    tag(lab, "c-1", "command", stage="prod")

    assert tags_of(lab, "c-1", "command") == {"app": "shop", "stage": "prod"}


@pytest.mark.documented(TAG)
@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("acs:x", "v", "InvalidTagKey.Malformed"),
        ("Aliyun-x", "v", "InvalidTagKey.Malformed"),
        ("http://x", "v", "InvalidTagKey.Malformed"),
        ("k" * 129, "v", "InvalidTagKey.Malformed"),
        ("k", "v" * 129, "InvalidTagValue.Malformed"),
        ("k", "https://x", "InvalidTagValue.Malformed"),
    ],
)
def test_keys_and_values_that_cannot_be_are_refused(lab, network, key, value, code):
    group_id = network.security_group_id

    refused(code, lambda: tag(lab, group_id, "securitygroup", **{key: value}), status=400)


@pytest.mark.documented(TAG)
def test_a_key_with_a_colon_is_fine_unless_it_is_reserved(lab, network):
    tag(lab, network.security_group_id, "securitygroup", **{"deployer:application": "shop"})

    assert tags_of(lab, network.security_group_id, "securitygroup") == {"deployer:application": "shop"}


@pytest.mark.documented(TAG)
def test_a_resource_carries_twenty_tags(lab, network):
    group_id = network.security_group_id
    tag(lab, group_id, "securitygroup", **{f"key-{number}": "v" for number in range(20)})

    refused("QuotaExceed.Tags", lambda: tag(lab, group_id, "securitygroup", one_more="v"), status=403)
    refused("InvalidResourceType.NotFound", lambda: tag(lab, group_id, "planet", one_more="v"), status=404)


@pytest.mark.documented(ECS_PAGES + "listtagresources")
def test_resources_are_listed_by_tag_in_pages(lab, network):
    wanted = [models.RunInstancesRequestTag(key="app", value="shop")]
    ids = lab.launch(network, amount=60, tag=wanted)
    lab.settle()
    request_tag = models.ListTagResourcesRequestTag(key="app", value="shop")

    first = lab.ecs("list_tag_resources", resource_type="instance", tag=[request_tag])
    second = lab.ecs("list_tag_resources", resource_type="instance", tag=[request_tag], next_token=first.next_token)

    listed = [found.resource_id for page in (first, second) for found in page.tag_resources.tag_resource]
    assert sorted(listed) == sorted(ids)
    assert len(first.tag_resources.tag_resource) == 50
    assert second.next_token == ""
    assert lab.state.instances(REGION)[0].tags == {"app": "shop"}
