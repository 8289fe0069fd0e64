"""BSS: what a pay-as-you-go instance costs, and what is left on the account."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from deployer.cloud.ecs import PriceRequest
from deployer.cloud.failures import Refusal, error_for
from deployer.cloud.session import CONTROL_REGION_ID, Session
from deployer.errors.base import DeployerError


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePrice:
    """The price of one pricing module by the hour."""

    module_code: str
    hourly: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PayAsYouGoPrice:
    """What GetPayAsYouGoPrice answers; the service gives no total."""

    currency: str
    modules: tuple[ModulePrice, ...]
    request_id: str


class BssClient:
    """Billing 2017-12-14. Which of its hosts answers follows the account's site: `NotApplicable` means the other."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_price(self, region_id: str, wanted: PriceRequest) -> PayAsYouGoPrice:
        """Instance type, system disk and bandwidth by the hour.

        Source: https://help.aliyun.com/zh/user-center/developer-reference/api-bssopenapi-2017-12-14-getpayasyougoprice
        """
        from alibabacloud_bssopenapi20171214.models import (
            GetPayAsYouGoPriceRequest,
            GetPayAsYouGoPriceRequestModuleList,
        )

        request = GetPayAsYouGoPriceRequest(
            product_code="ecs",
            product_type="ecs",
            subscription_type="PayAsYouGo",
            region=region_id,
            module_list=[
                GetPayAsYouGoPriceRequestModuleList(module_code=code, config=config, price_type="Hour")
                for code, config in price_modules(wanted)
            ],
        )
        body = self._call("GetPayAsYouGoPrice", lambda sdk: sdk.get_pay_as_you_go_price(request))
        data = body.data
        details = (data.module_details.module_detail if data and data.module_details else None) or []
        return PayAsYouGoPrice(
            currency=(data.currency if data else None) or "",
            modules=tuple(
                ModulePrice(module_code=one.module_code or "", hourly=Decimal(str(one.cost_after_discount)))
                for one in details
                if one.cost_after_discount is not None
            ),
            request_id=body.request_id or "",
        )

    def find_balance(self) -> tuple[Decimal, str] | None:
        """Available amount and currency; None when it may not be asked or is not a number.

        Vouchers are not in it although they count, so a low balance is a warning, never a refusal.
        """
        try:
            body = self._call("QueryAccountBalance", lambda sdk: sdk.query_account_balance())
            return Decimal(body.data.available_amount.replace(",", "")), body.data.currency or "CNY"
        except (DeployerError, InvalidOperation, AttributeError):
            return None

    def _call(self, operation: str, perform: Callable[[Any], Any]) -> Any:
        from alibabacloud_bssopenapi20171214.client import Client

        action = f"bssapi:{operation}"
        failure: DeployerError | None = None
        for host in self._session.endpoints.bss():
            sdk = Client(self._session.rpc_config("bss", CONTROL_REGION_ID, host))
            try:
                body = self._session.call(action, lambda sdk=sdk: perform(sdk)).body  # type: ignore[misc]  # mypy cannot infer defaults
            except DeployerError as error:
                failure = error
            else:
                if body.success is not False and body.code in {None, "", "Success"}:
                    return body
                refused = Refusal(
                    api_code=body.code or "", status=200, sentence=body.message or "", request_id=body.request_id
                )
                failure = error_for(action, refused)
            if failure.facts.get("api_code") != "NotApplicable":
                break
        assert failure is not None
        raise failure


def price_modules(wanted: PriceRequest) -> tuple[tuple[str, str], ...]:
    """(ModuleCode, Config) of what is priced. Bandwidth by traffic has no hourly price but is asked all the same."""
    family = wanted.instance_type.rpartition(".")[0]
    level = ",SystemDisk.PerformanceLevel:PL0" if wanted.system_disk_category == "cloud_essd" else ""
    modules = [
        (
            "InstanceType",
            f"InstanceType:{wanted.instance_type},IoOptimized:IoOptimized,ImageOs:linux,InstanceTypeFamily:{family}",
        ),
        (
            "SystemDisk",
            f"SystemDisk.Category:{wanted.system_disk_category},SystemDisk.Size:{wanted.system_disk_gib}{level}",
        ),
    ]
    return tuple(modules)
