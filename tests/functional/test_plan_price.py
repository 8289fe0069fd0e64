"""What a deploy costs: every item, both totals, what comes on top, and what to do when there is no price."""

import re
from decimal import Decimal

import pytest
from cloud_lab import CloudLab

from deployer.emulator.faults import Fault

pytestmark = pytest.mark.sandbox


def test_a_price_lists_instance_disk_bandwidth_and_storage(lab: CloudLab, make_project) -> None:
    """M91, M92, M93, M94, D16."""
    project = make_project("priced")

    result = lab.call_cli("price", project.path, "--target", "ecs", "--output", "json")
    text = lab.call_cli("price", project.path).stdout

    quote = result.data["quote"]
    hourly = [Decimal(item["hourly"]) for item in quote["items"] if item["hourly"] is not None]
    assert len(hourly) >= 2
    assert sum(hourly) == Decimal(quote["hourly_total"]) > 0
    monthly = [Decimal(item["monthly"]) for item in quote["items"] if item["monthly"] is not None]
    assert abs(sum(monthly) - Decimal(quote["monthly_total"])) < Decimal("0.02")
    assert Decimal(quote["monthly_total"]) >= (Decimal(quote["hourly_total"]) * 720).quantize(
        Decimal("0.01")
    ) - Decimal("0.01")
    assert quote["unpriced"] == ["public traffic"]  # by use: named, and never counted as nothing
    assert len(quote["request_ids"]) >= 1
    for words in ("ecs.u1-c1m2.large", "2 vCPU", "4 GiB", "40 GiB", "cn-hangzhou", "0.80", "0.12", "0.50", "30"):
        assert words in text, words
    assert len(re.findall(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}", text)) == len(quote["request_ids"])
    assert "the bill decides" in text


def test_the_price_of_an_existing_instance_is_storage_only(lab: CloudLab, make_project) -> None:
    """M102."""
    project = make_project("owned", deployment={"instanceId": lab.make_instance("owned-already")})

    quote = lab.call_cli("price", project.path, "--output", "json").data["quote"]

    assert quote["new_compute"] is False
    assert Decimal(quote["hourly_total"]) == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_summary_asks_one_question_in_the_readers_language(lab: CloudLab, make_project, language: str) -> None:
    """M101, M9."""
    project = make_project("asked")

    text = lab.call_cli("price", project.path, "--lang", language).stdout

    assert ("小时" in text) is (language == "zh")
    assert "=== AGENT_CONFIRM_REQUIRED ===" in text


def test_where_no_price_can_be_had_the_command_fails_and_names_the_causes(lab: CloudLab, make_project) -> None:
    """M95: exit 1, four usual causes, the command to run again; nothing is deployed at a price nobody knows."""
    project = make_project("priceless")
    for product in ("bss", "ecs"):
        action = "GetPayAsYouGoPrice" if product == "bss" else "DescribePrice"
        lab.emulator.faults.add(
            Fault(action=action, product=product, times=None, status=400, code="PRICE.PRICING_PLAN_RESULT_NOT_FOUND")
        )
    try:
        result = lab.call_cli("price", project.path, "--output", "json")
        with lab.recording() as recording:
            deploy = lab.call_cli("deploy", project.path, "--yes", "--output", "json")
    finally:
        lab.emulator.faults.clear()

    assert (result.exit_code, result.last["code"]) == (1, "price.unavailable")
    assert len(result.last["facts"]["usual_causes"]) == 4
    assert result.last["next"][0].startswith("deployer price")
    assert deploy.exit_code != 0
    assert recording.changing == []
