"""Regions, zones, stock, instance types and images through the SDK."""

import pytest
from ecs_lab import ARM_FAMILY, ECS_PAGES, FAMILY, REGION, TYPE, open_lab, refused

from deployer.emulator.services.regions import REGIONS

STOCK = ECS_PAGES + "describeavailableresource"
IMAGES = ECS_PAGES + "describeimages"
TYPES = ECS_PAGES + "describeinstancetypes"


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


def supply_by_zone(lab, **fields):
    zones = lab.ecs("describe_available_resource", destination_resource="InstanceType", **fields)
    return {zone.zone_id: zone.status_category for zone in zones.available_zones.available_zone}


@pytest.mark.documented(ECS_PAGES + "describeregions")
def test_regions_are_listed_without_a_region_and_in_two_languages(lab):
    chinese = lab.ecs("describe_regions").regions.region
    english = lab.ecs("describe_regions", accept_language="en-US").regions.region

    names = {region.region_id: region.local_name for region in chinese}
    assert names["cn-hangzhou"] == "华东1（杭州）"
    assert {region.region_id: region.local_name for region in english}["ap-southeast-1"] == "Singapore"
    assert "cn-shanghai-finance-1" in names
    assert len(names) >= 20


@pytest.mark.documented(ECS_PAGES + "describezones")
def test_zones_say_what_they_sell_unless_told_to_be_brief(lab):
    full = lab.ecs("describe_zones").zones.zone
    brief = lab.ecs("describe_zones", verbose=False).zones.zone

    assert {zone.zone_id for zone in full} == set(REGIONS[REGION].zone_ids)
    assert TYPE in full[0].available_instance_types.instance_types
    assert brief[0].available_instance_types is None
    refused("InvalidRegionId.NotFound", lambda: lab.ecs("describe_zones", region_id="cn-atlantis"), status=404)


@pytest.mark.documented(STOCK)
def test_stock_is_told_for_each_zone_and_follows_what_is_sold_out(lab):
    before = supply_by_zone(lab, instance_type=TYPE)
    lab.state.stock.set_sold_out(REGION, "cn-hangzhou-h", TYPE)
    lab.state.stock.set_scarce(REGION, "cn-hangzhou-i", TYPE, left=3)

    after = supply_by_zone(lab, instance_type=TYPE)

    assert set(before.values()) == {"WithStock"}
    assert (after["cn-hangzhou-h"], after["cn-hangzhou-i"]) == ("WithoutStock", "ClosedWithStock")
    assert supply_by_zone(lab, instance_type=TYPE, zone_id="cn-hangzhou-g") == {"cn-hangzhou-g": "WithStock"}


@pytest.mark.documented(STOCK)
def test_system_disks_depend_on_the_type_which_must_be_named(lab):
    def categories(instance_type):
        answer = lab.ecs("describe_available_resource", destination_resource="SystemDisk", instance_type=instance_type)
        resources = answer.available_zones.available_zone[0].available_resources.available_resource[0]
        return {found.value: (found.min, found.max) for found in resources.supported_resources.supported_resource}

    assert categories(TYPE)["cloud_essd_entry"] == (20, 2048)
    assert "cloud_efficiency" not in categories("ecs.g7.large")
    refused("Invalid.Param", lambda: lab.ecs("describe_available_resource", destination_resource="SystemDisk"))


@pytest.mark.documented(STOCK)
def test_types_are_found_by_cores_and_memory(lab):
    answer = lab.ecs("describe_available_resource", destination_resource="InstanceType", cores=2, memory=16.0)

    offered = answer.available_zones.available_zone[0].available_resources.available_resource[0]
    assert [found.value for found in offered.supported_resources.supported_resource] == ["ecs.r7.large"]
    refused(
        "InvalidParam.TypeAndCpuMem.Conflict",
        lambda: supply_by_zone(lab, instance_type=TYPE, cores=2),
        status=403,
    )


@pytest.mark.assumed("which zone lacks which type changes from month to month")
def test_arm_types_are_not_sold_in_every_zone(lab):
    x86, arm = supply_by_zone(lab, instance_type=TYPE), supply_by_zone(lab, instance_type="ecs.g8y.large")

    assert set(arm) < set(x86)


@pytest.mark.documented(TYPES)
def test_a_type_tells_cores_memory_and_architecture(lab):
    answer = lab.ecs("describe_instance_types", instance_types=[TYPE, "ecs.g8y.large"])

    described = {
        found.instance_type_id: (
            found.cpu_core_count,
            found.memory_size,
            found.cpu_architecture,
            found.instance_type_family,
        )
        for found in answer.instance_types.instance_type
    }
    assert described == {TYPE: (2, 4.0, "X86", "ecs.u1"), "ecs.g8y.large": (2, 8.0, "ARM", "ecs.g8y")}


@pytest.mark.documented(TYPES)
def test_types_come_in_pages_whose_tokens_belong_to_the_question(lab):
    first = lab.ecs("describe_instance_types", max_results=5, cpu_architecture="ARM")
    rest = lab.ecs("describe_instance_types", max_results=5, cpu_architecture="ARM", next_token=first.next_token)

    ids = [found.instance_type_id for page in (first, rest) for found in page.instance_types.instance_type]
    assert len(ids) == len(set(ids)) == 9
    assert rest.next_token == ""
    refused(
        "InvalidParameter",
        lambda: lab.ecs("describe_instance_types", cpu_architecture="X86", next_token=first.next_token),
    )


@pytest.mark.documented(ECS_PAGES + "describeimagefromfamily")
def test_the_newest_image_of_a_family_or_no_image_and_no_error(lab):
    known = lab.ecs("describe_image_from_family", image_family=FAMILY)
    unknown = lab.ecs("describe_image_from_family", image_family="alibaba-cloud-linux-3")
    listed = lab.ecs("describe_images", image_family=FAMILY).images.image

    assert known.image.image_id == listed[0].image_id
    assert len(listed) == 2
    assert listed[0].creation_time > listed[1].creation_time
    assert unknown.image is None
    assert unknown.request_id


@pytest.mark.documented(IMAGES)
def test_images_are_found_by_architecture_owner_and_type(lab):
    arm = lab.ecs("describe_images", architecture="arm64").images.image

    assert {image.image_family for image in arm} == {ARM_FAMILY}
    assert lab.ecs("describe_images", image_owner_alias="self").total_count == 0
    assert lab.ecs("describe_images", instance_type="ecs.g8y.large").total_count == len(arm)
    assert lab.ecs("describe_images", page_size=5).total_count == 18
    refused(
        "InvalidImageOwnerAlias.ValueNotSupported",
        lambda: lab.ecs("describe_images", image_owner_alias="me"),
        status=400,
    )


@pytest.mark.documented(IMAGES)
def test_image_ids_belong_to_their_region(lab):
    here = {image.image_id for image in lab.ecs("describe_images", page_size=100).images.image}
    there = {image.image_id for image in lab.ecs("describe_images", page_size=100, region_id="cn-beijing").images.image}

    assert here != there


@pytest.mark.documented(ECS_PAGES + "describeaccountattributes")
def test_account_attributes_give_quotas_and_use(lab):
    lab.launch_running(lab.make_network())

    answer = lab.ecs("describe_account_attributes", attribute_name=["used-postpaid-instance-vcpu-count"])

    [item] = answer.account_attribute_items.account_attribute_item
    assert [value.value for value in item.attribute_values.value_item] == ["2"]
