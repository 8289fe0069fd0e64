"""Prices and balance through the SDK."""

import io
from decimal import Decimal

import pytest
from alibabacloud_bssopenapi20171214 import models
from alibabacloud_bssopenapi20171214.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from deployer.emulator.contract.check import undeclared_fields
from deployer.emulator.contract.document import Contract
from deployer.emulator.http import HttpRequest
from deployer.emulator.services.bss.prices import PriceBook

PRICE_PAGE = (
    "https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-getpayasyougoprice"
)
BALANCE_PAGE = "https://www.alibabacloud.com/help/doc-detail/87997.htm"

INSTANCE = "InstanceType:ecs.u1-c1m2.large,IoOptimized:IoOptimized,ImageOs:linux,InstanceTypeFamily:ecs.u1"
SYSTEM_DISK = "SystemDisk.Category:cloud_essd,SystemDisk.Size:40,SystemDisk.PerformanceLevel:PL0"
BANDWIDTH = "InternetMaxBandwidthOut:5120,InternetMaxBandwidthOut.IsFlowType:5,NetworkType:1"


def ask(client, *modules, **overrides):
    request = models.GetPayAsYouGoPriceRequest(
        **{
            "product_code": "ecs",
            "subscription_type": "PayAsYouGo",
            "region": "cn-hangzhou",
            "module_list": [
                models.GetPayAsYouGoPriceRequestModuleList(module_code=code, config=config, price_type=price_type)
                for code, config, price_type in modules
            ],
            **overrides,
        }
    )
    return client.get_pay_as_you_go_price(request).body


@pytest.fixture
def client(sdk_config):
    return Client(sdk_config())


@pytest.mark.documented(PRICE_PAGE)
def test_each_module_is_priced_and_there_is_no_total(client):
    body = ask(
        client,
        ("InstanceType", INSTANCE, "Hour"),
        ("SystemDisk", SYSTEM_DISK, "Hour"),
        ("InternetMaxBandwidthOut", BANDWIDTH, "Hour"),
    )

    details = {detail.module_code: detail for detail in body.data.module_details.module_detail}
    assert (body.code, body.success, body.data.currency) == ("Success", True, "CNY")
    assert list(details) == ["InstanceType", "SystemDisk", "InternetMaxBandwidthOut"]
    assert details["InstanceType"].cost_after_discount == pytest.approx(0.36)
    assert 0 < details["SystemDisk"].original_cost < details["InstanceType"].original_cost


@pytest.mark.assumed("BSS does not publish the unit; the documented example sends 1024 for 1 Mbit/s")
def test_bandwidth_is_counted_in_kbit(client):
    body = ask(client, ("InternetMaxBandwidthOut", BANDWIDTH, "Hour"))

    cost = body.data.module_details.module_detail[0].cost_after_discount
    assert Decimal(str(cost)) == PriceBook().bandwidth_hourly(5)


@pytest.mark.documented(PRICE_PAGE)
def test_traffic_is_priced_by_usage(client):
    by_traffic = BANDWIDTH.replace("IsFlowType:5", "IsFlowType:1")

    body = ask(client, ("InternetMaxBandwidthOut", by_traffic, "Usage"))

    assert body.data.module_details.module_detail[0].unit_price == pytest.approx(0.8)


@pytest.mark.assumed("BSS publishes no codes for a Config that does not fit; failures come with HTTP 200")
@pytest.mark.parametrize(
    ("module", "overrides"),
    [
        (("InstanceType", "InstanceType:ecs.u1-c1m2.large", "Hour"), {}),
        (("InstanceType", INSTANCE + ",Colour:red", "Hour"), {}),
        (("InstanceType", INSTANCE.replace("ecs.u1-c1m2.large", "ecs.nothing.large"), "Hour"), {}),
        (("InstanceType", "no pairs here", "Hour"), {}),
        (("SystemDisk", SYSTEM_DISK.replace("40", "much"), "Hour"), {}),
        (("SystemDisk", SYSTEM_DISK, "Usage"), {}),
        (("SystemDisk", SYSTEM_DISK, "Fortnight"), {}),
        (("Memory", SYSTEM_DISK, "Hour"), {}),
        (("SystemDisk", SYSTEM_DISK, "Hour"), {"region": "mars-north-1"}),
    ],
)
def test_a_question_that_does_not_fit_fails_with_http_200(client, module, overrides):
    body = ask(client, module, **overrides)

    assert (body.success, body.code) == (False, "InvalidParameter")
    assert body.data is None


@pytest.mark.documented(PRICE_PAGE)
def test_the_modules_and_what_their_config_needs_are_described(client):
    request = models.DescribePricingModuleRequest(product_code="ecs", subscription_type="PayAsYouGo")

    body = client.describe_pricing_module(request).body

    needs = {module.module_code: module.config_list.config_list for module in body.data.module_list.module}
    assert needs["SystemDisk"] == ["SystemDisk.Category", "SystemDisk.Size"]
    assert "InternetMaxBandwidthOut" in needs


@pytest.mark.documented(BALANCE_PAGE)
def test_the_balance_is_text_with_thousands_separators(emulator, client):
    emulator.bss.balance = Decimal("1234567.5")

    data = client.query_account_balance().body.data

    assert (data.available_amount, data.available_cash_amount, data.currency) == ("1,234,567.50", "1,234,567.50", "CNY")


@pytest.mark.documented("https://help.aliyun.com/knowledge_detail/139650.html")
@pytest.mark.parametrize("denied", ["bssapi:QueryAccountBalance", "bss:DescribeAcccount"])
def test_either_name_of_the_right_denies_the_call(emulator, sdk_config, denied):
    emulator.accounts.add_access_key("LTAIuser", "user-secret", user_name="alice", deny=(denied,))

    with pytest.raises(ClientException) as caught:
        Client(sdk_config(access_key_id="LTAIuser", access_key_secret="user-secret")).query_account_balance()

    assert caught.value.code == "NotAuthorized"


@pytest.mark.documented("https://github.com/aliyun/terraform-provider-alicloud")
@pytest.mark.parametrize(
    ("site", "host", "success"),
    [
        ("china", "business.aliyuncs.com", True),
        ("china", "business.ap-southeast-1.aliyuncs.com", False),
        ("international", "business.aliyuncs.com", False),
        ("international", "business.ap-southeast-1.aliyuncs.com", True),
    ],
)
def test_an_account_is_served_at_its_own_site_only(make_emulator, site, host, success):
    emulator = make_emulator(verify_signatures=False)
    emulator.bss.site = site
    headers = {"host": host, "x-acs-action": "QueryAccountBalance", "x-acs-version": "2017-12-14"}
    request = HttpRequest(
        method="POST", target="/?Format=JSON", headers={**headers, "authorization": "ACS3-"}, body=io.BytesIO()
    )

    response = emulator.handle(request)
    emulator.close()

    assert response.status == 200
    assert (b'"Success":true' in response.body) is success
    assert (b'"NotApplicable"' in response.body) is not success


@pytest.mark.documented(PRICE_PAGE)
def test_answers_have_no_field_the_contract_does_not_know(emulator):
    contract = Contract()
    asked = {
        "DescribePricingModule": {"ProductCode": "ecs", "SubscriptionType": "PayAsYouGo"},
        "QueryAccountBalance": {},
        "GetPayAsYouGoPrice": {
            "ProductCode": "ecs",
            "SubscriptionType": "PayAsYouGo",
            "ModuleList": [{"ModuleCode": "InstanceType", "Config": INSTANCE, "PriceType": "Hour"}],
        },
    }

    for action, params in asked.items():
        body = emulator.call_api("bss", action, params, region_id="cn-hangzhou", principal=emulator.accounts.root)
        assert undeclared_fields(contract.find("bss", action), body) == []


@pytest.mark.documented(
    "https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-getsubscriptionprice"
)
def test_a_subscription_has_a_total_for_the_whole_period(sdk_config):
    config = "InstanceType:ecs.u1-c1m2.large,IoOptimized:IoOptimized,ImageOs:linux,InstanceTypeFamily:ecs.u1"
    module = models.GetSubscriptionPriceRequestModuleList(module_code="InstanceType", config=config)

    def price(**fields):
        request = models.GetSubscriptionPriceRequest(
            product_code="ecs",
            subscription_type="Subscription",
            order_type="NewOrder",
            service_period_unit="Month",
            service_period_quantity=1,
            module_list=[module],
            **fields,
        )
        return Client(sdk_config()).get_subscription_price(request).body.data

    one, three = price(quantity=1), price(quantity=3)
    assert one.trade_price == pytest.approx(three.trade_price / 3)
    assert one.module_details.module_detail[0].cost_after_discount == one.trade_price > 0


@pytest.mark.documented(
    "https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-queryproductlist"
)
def test_products_are_listed_once_for_each_way_to_pay(sdk_config):
    request = models.QueryProductListRequest(page_num=1, page_size=2, query_total_count=True)

    data = Client(sdk_config()).query_product_list(request).body.data

    assert [(one.product_code, one.subscription_type) for one in data.product_list.product] == [
        ("ecs", "Subscription"),
        ("ecs", "PayAsYouGo"),
    ]
    assert data.total_count > 2
