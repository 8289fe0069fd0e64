"""BSS: what things cost, and what is left in the account.

Business failures come with HTTP 200 and `Success` false; the code says what is wrong.
"""

import re
from decimal import Decimal
from typing import Any, Literal

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.services.bss.modules import Module, ecs_modules, module_price, parse_config
from deployer.emulator.services.bss.prices import PriceBook
from deployer.emulator.services.regions import REGIONS

Site = Literal["china", "international"]

_SITE_OF_HOST = re.compile(r"^business(?P<abroad>\.ap-southeast-1|-intl\.vpc-proxy)?\.")
_PRICE_TYPES = frozenset({"Hour", "Day", "Month", "Year", "Usage"})

# Product code, name, and the ways to pay for it. Source: the table of product codes in the BssOpenApi reference
_PRODUCTS = (
    ("ecs", "云服务器ECS", ("Subscription", "PayAsYouGo")),
    ("yundisk", "块存储", ("PayAsYouGo",)),
    ("snapshot", "快照", ("PayAsYouGo",)),
    ("eip", "弹性公网IP", ("Subscription", "PayAsYouGo")),
    ("oss", "对象存储OSS", ("PayAsYouGo",)),
)


class BssService:
    """Prices and balance of one account. `balance`, `site` and `prices` may be set by whoever owns the emulator."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.balance = Decimal("1000.00")
        self.credit = Decimal("0.00")
        self.site: Site = "china"
        self.prices = PriceBook()
        self._modules = ecs_modules(bandwidth_in_kbit=context.assumptions.bss_bandwidth_in_kbit)

    @action(
        "GetPayAsYouGoPrice",
        source="https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-getpayasyougoprice",
    )
    def get_pay_as_you_go_price(self, call: Call) -> Body:
        """The price of each module, without a total."""
        self._check_site(call)
        self._check_product(call)
        region_id = call.params.get("Region")
        if region_id is not None and region_id not in REGIONS:
            raise self._failure("InvalidParameter", f"Region {region_id} is not valid.")
        details = [_detail(asked["ModuleCode"], self._price(asked)) for asked in call.params["ModuleList"]]
        data = {
            "Currency": self.prices.currency,
            "ModuleDetails": {"ModuleDetail": details},
            "PromotionDetails": {"PromotionDetail": []},
        }
        return _success(data)

    @action(
        "DescribePricingModule",
        source="https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-describepricingmodule",
    )
    def describe_pricing_module(self, call: Call) -> Body:
        """The modules of a product, and what a Config of each must hold."""
        self._check_site(call)
        self._check_product(call)
        if call.params["SubscriptionType"] != "PayAsYouGo":
            raise ApiError(501, "Emulator.NotImplemented", "Subscription prices are not emulated by the local cloud.")
        modules = [
            {
                "ModuleCode": module.code,
                "ModuleName": module.name,
                "PriceType": "Hour",
                "Currency": self.prices.currency,
                "ConfigList": {"ConfigList": list(module.required)},
            }
            for module in self._modules.values()
        ]
        attributes = [
            {"Code": name, "Name": name, "Unit": module.unit if name == module.required[-1] else ""}
            for module in self._modules.values()
            for name in module.required
        ]
        return _success({"ModuleList": {"Module": modules}, "AttributeList": {"Attribute": attributes}})

    @action("QueryAccountBalance", source="https://www.alibabacloud.com/help/doc-detail/87997.htm")
    def query_account_balance(self, call: Call) -> Body:
        """What is left, as texts with thousands separators."""
        self._check_site(call)
        balance = Decimal(0) if self._context.faults.holds("balance") else self.balance
        return _success(
            {
                "AvailableAmount": _amount(balance + self.credit),
                "AvailableCashAmount": _amount(balance),
                "CreditAmount": _amount(self.credit),
                "MybankCreditAmount": _amount(Decimal(0)),
                "QuotaLimit": _amount(Decimal(0)),
                "Currency": self.prices.currency,
            }
        )

    @action(
        "GetSubscriptionPrice",
        source="https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-getsubscriptionprice",
    )
    def get_subscription_price(self, call: Call) -> Body:
        """The price of each module for the whole period and number, and the total."""
        self._check_site(call)
        self._check_product(call)
        params = call.params
        if params["OrderType"] != "NewOrder":
            raise ApiError(501, "Emulator.NotImplemented", f"OrderType {params['OrderType']} is not emulated.")
        unit, quantity = params.get("ServicePeriodUnit", "Month"), params.get("Quantity", 1)
        pieces = params.get("ServicePeriodQuantity", 1) * quantity
        if unit not in {"Month", "Year"} or pieces < 1:
            raise self._failure(
                "InvalidParameter", "ServicePeriodUnit, ServicePeriodQuantity or Quantity is not valid."
            )
        part = Decimal(str(self._context.assumptions.subscription_price_fraction)) * pieces
        prices = [
            (asked["ModuleCode"], self._price({**asked, "PriceType": unit}) * part) for asked in params["ModuleList"]
        ]
        total = float(sum((price for _, price in prices), Decimal(0)))
        return _success(
            {
                "Currency": self.prices.currency,
                "OriginalPrice": total,
                "DiscountPrice": 0.0,
                "TradePrice": total,
                "Quantity": quantity,
                "ModuleDetails": {"ModuleDetail": [_detail(code, price) for code, price in prices]},
                "PromotionDetails": {"PromotionDetail": []},
            }
        )

    @action(
        "QueryProductList",
        source="https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-queryproductlist",
    )
    def query_product_list(self, call: Call) -> Body:
        """The products of the emulated cloud, once for each way to pay."""
        self._check_site(call)
        number, size = call.params["PageNum"], call.params.get("PageSize", 20)
        if number < 1 or size < 1:
            raise self._failure("InvalidParameter", "PageNum or PageSize is not valid.")
        products = [
            {"ProductCode": code, "ProductType": code, "ProductName": name, "SubscriptionType": kind}
            for code, name, kinds in _PRODUCTS
            for kind in kinds
        ]
        data: dict[str, Any] = {
            "PageNum": number,
            "PageSize": size,
            "ProductList": {"Product": products[(number - 1) * size : number * size]},
        }
        if call.params.get("QueryTotalCount", False):
            data["TotalCount"] = len(products)
        return _success(data)

    def _price(self, asked: dict[str, Any]) -> Decimal:
        """What one module costs. Errors: ApiError `InvalidParameter`."""
        module = self._modules.get(asked["ModuleCode"])
        if module is None:
            raise self._failure("InvalidParameter", f"ModuleCode {asked['ModuleCode']} is not valid.")
        if asked["PriceType"] not in _PRICE_TYPES:
            raise self._failure("InvalidParameter", f"PriceType {asked['PriceType']} is not valid.")
        price = module_price(module, self._config(module, asked["Config"]), asked["PriceType"], self.prices)
        if price is None:
            raise self._failure("InvalidParameter", f"not found article by given param: {asked['Config']}")
        return price

    def _config(self, module: Module, text: str) -> dict[str, str]:
        """The Config, complete and without unknown names. Errors: ApiError `InvalidParameter`."""
        try:
            config = parse_config(text)
        except ValueError as malformed:
            raise self._failure("InvalidParameter", f"Config has a part that is no name:value: {malformed}") from None
        missing = [name for name in module.required if name not in config]
        unknown = [name for name in config if name not in {*module.required, *module.optional}]
        if missing or unknown:
            message = f"Config of {module.code}: missing {missing}, unknown {unknown}"
            raise self._failure("InvalidParameter", message)
        return config

    def _check_product(self, call: Call) -> None:
        if call.params["ProductCode"] != "ecs" or call.params.get("ProductType", "ecs") != "ecs":
            raise ApiError(
                501, "Emulator.NotImplemented", f"Prices of {call.params['ProductCode']} are not emulated yet."
            )

    def _check_site(self, call: Call) -> None:
        """An account of one site is refused at the other's host; a host without a site, as on loopback, serves both."""
        found = _SITE_OF_HOST.match(call.host)
        if found is not None and ("international" if found["abroad"] else "china") != self.site:
            raise self._failure("NotApplicable", "This API is not applicable for caller.")

    def _failure(self, code: str, message: str) -> ApiError:
        return ApiError(self._context.assumptions.bss_failure_status, code, message)


def _detail(module_code: str, price: Decimal) -> dict[str, Any]:
    return {
        "ModuleCode": module_code,
        "OriginalCost": float(price),
        "InvoiceDiscount": 0.0,
        "CostAfterDiscount": float(price),
        "UnitPrice": float(price),
    }


def _success(data: dict[str, Any]) -> Body:
    return {"Code": "Success", "Message": "Successful!", "Success": True, "Data": data}


def _amount(amount: Decimal) -> str:
    return f"{amount:,.2f}"
