"""DescribePrice through the SDK."""

from decimal import Decimal

import pytest
from alibabacloud_ecs20140526 import models
from ecs_lab import ARM_FAMILY, ECS_PAGES, FAMILY, TYPE, open_lab, refused

from deployer.emulator.services.bss.prices import PriceBook

PRICE = ECS_PAGES + "describeprice"
SystemDisk = models.DescribePriceRequestSystemDisk


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


def image_id(lab, family=FAMILY):
    return lab.ecs("describe_image_from_family", image_family=family).image.image_id


def price(lab, **fields):
    return lab.ecs("describe_price", **{"instance_type": TYPE, "image_id": image_id(lab), **fields}).price_info.price


def details(found):
    return {item.resource: Decimal(str(item.trade_price)) for item in found.detail_infos.detail_info}


@pytest.mark.documented(PRICE)
def test_a_price_has_items_that_add_up_to_the_total(lab):
    found = price(
        lab,
        system_disk=SystemDisk(category="cloud_essd", size=40, performance_level="PL0"),
        internet_max_bandwidth_out=5,
        internet_charge_type="PayByBandwidth",
    )

    book, items = PriceBook(), details(found)

    assert items["instanceType"] == book.instance_hourly(TYPE)
    assert items["systemDisk"] == book.disk_hourly("cloud_essd", "PL0", 40)
    assert items["bandwidth"] == book.bandwidth_hourly(5)
    assert Decimal(str(found.trade_price)) == sum(items.values())
    assert found.currency == "CNY"


@pytest.mark.documented(PRICE)
def test_traffic_is_not_in_an_hourly_price(lab):
    assert details(price(lab, internet_max_bandwidth_out=100))["bandwidth"] == 0


@pytest.mark.documented(PRICE)
def test_amount_and_period_multiply(lab):
    one, six = price(lab), price(lab, amount=3, period=2)

    assert six.trade_price == pytest.approx(one.trade_price * 6)


@pytest.mark.documented(PRICE)
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"instance_type": "ecs.none.large"}, "InvalidInstanceType.ValueNotSupported"),
        ({"instance_type": None}, "InvalidInstanceType.Missing"),
        ({"image_id": "none.vhd"}, "InvalidImageId.NotFound"),
        ({"system_disk": SystemDisk(category="floppy")}, "InvalidSystemDiskCategory.ValueNotSupported"),
        ({"system_disk": SystemDisk(category="cloud_essd", size=5000)}, "InvalidSystemDiskSize.ValueNotSupported"),
    ],
)
def test_what_cannot_be_bought_has_no_price(lab, fields, code):
    refused(code, lambda: price(lab, **fields))


@pytest.mark.documented(PRICE)
def test_an_arm_image_has_no_price_with_an_x86_type(lab):
    refused("ImageNotSupportInstanceType", lambda: price(lab, image_id=image_id(lab, ARM_FAMILY)), status=403)


@pytest.mark.documented(PRICE)
def test_a_type_without_a_price_says_so(lab):
    refused(
        "PriceNotFound",
        lambda: price(lab, instance_type="ecs.gn7i-c8g1.2xlarge"),
        status=400,
    )


@pytest.mark.documented(PRICE)
def test_disks_alone_have_a_price(lab):
    disk = models.DescribePriceRequestDataDisk(category="cloud_essd", size=100, performance_level="PL1")

    found = price(lab, resource_type="disk", instance_type=None, image_id=None, data_disk=[disk])

    assert details(found) == {"dataDisk": PriceBook().disk_hourly("cloud_essd", "PL1", 100)}
