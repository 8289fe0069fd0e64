"""Plan, price, verdict, report and errors as a person reads them, and steps while they run."""

from dataclasses import replace
from decimal import Decimal

import pytest
from person import Person

from deployer.config.load import load_config
from deployer.config.resolve import resolve_config
from deployer.errors.base import CloudError, DeployerError
from deployer.errors.config import ConfigInvalid, Problem
from deployer.errors.decision import AnswersNeeded, ApprovalNeeded, ConsentRefused, PlanDrifted, Question
from deployer.events import ignore_events
from deployer.models.analysis import ApplicationType
from deployer.models.config import DeployConfig, ExistingInstance, NewInstance
from deployer.models.plan import (
    EnsureApplicationGroup,
    EnsureBucket,
    EnsureSecurityGroup,
    EnsureVpc,
    EnsureVSwitch,
    GroupState,
    Observed,
    OpenPort,
    Plan,
    PriceItem,
    Quote,
    Risk,
    RiskKind,
    RunInstance,
    StartRelease,
    TagInstances,
    UploadArtifact,
)
from deployer.models.release import CheckResult, InstanceVerification, Verdict, Verification
from deployer.models.report import Report, SelfCheckItem
from deployer.operations.consent import Consent, obtain_consent
from deployer.ui.errors import render_error
from deployer.ui.plan import render_confirm, render_plan
from deployer.ui.price import price_sentence, render_quote
from deployer.ui.prompts import NEW_INSTANCE, ask_answers, choose_instance, confirm_risk
from deployer.ui.report import render_report
from deployer.ui.verification import render_verification

QUOTE = Quote(
    currency="CNY",
    items=(
        PriceItem(
            name="instance",
            specification="ecs.u1-c1m2.large (2 vCPU, 4 GiB)",
            hourly=Decimal("0.0512"),
            monthly=Decimal("36.864"),
            source="bss:GetPayAsYouGoPrice",
        ),
        PriceItem(
            name="system disk",
            specification="40 GiB",
            hourly=Decimal("0.0088"),
            monthly=Decimal("6.336"),
            source="bss:GetPayAsYouGoPrice",
        ),
        PriceItem(
            name="public traffic",
            specification="5 Mbit/s",
            hourly=None,
            monthly=None,
            source="price table 2026-11-01",
            note="CNY 0.80/GB",
        ),
    ),
    unpriced=("snapshot",),
    hourly_total=Decimal("0.06"),
    monthly_total=Decimal("43.20"),
    cross_check_hourly=Decimal("0.061"),
    notes=("OSS standard storage: CNY 0.12/GB/month",),
    request_ids=("4C467B38",),
    new_compute=True,
)

CONFIG = DeployConfig(
    application_name="shop",
    application_group_name="default-cn-hangzhou",
    type=ApplicationType.APP,
    deploy_region_id="cn-hangzhou",
    instance=NewInstance(),
    port=8080,
    start_script="a\n",
    stop_script="b\n",
    notices=("reused \x1b[2J",),
)

OBSERVED = Observed(
    account_id="1",
    identity_arn="arn",
    bucket_name=None,
    group_state=GroupState.NOT_EXISTS,
    application_exists=False,
    group_exists=False,
    instances=(),
    network=None,
    image_id=None,
    artifact_exists=False,
    last_release=None,
    other_applications=(),
    leftover_groups=(),
)

STEPS = (
    EnsureBucket(bucket_name="deployer-1-cn-hangzhou"),
    UploadArtifact(object_name="shop/a.zip", size_bytes=123456, exists=False),
    EnsureVpc(vpc_id=None, cidr_block="10.0.0.0/16"),
    EnsureVSwitch(vswitch_id=None, zone_id="cn-hangzhou-k", cidr_block="10.0.1.0/24"),
    EnsureSecurityGroup(security_group_id=None, name="deployer-shop"),
    OpenPort(port=8080, cidr_block="0.0.0.0/0", is_open=False),
    RunInstance(
        instance_name="shop-default",
        instance_type="ecs.u1-c1m2.large",
        image_id="img",
        system_disk_category="cloud_essd",
        system_disk_gib=40,
        bandwidth_mbps=5,
    ),
    TagInstances(instance_ids=()),
    EnsureApplicationGroup(application_exists=True, group_exists=True),
    StartRelease(runner="oos", instance_ids=()),
)

PLAN = Plan(
    config=CONFIG,
    package=None,
    artifact_sha256="a",
    scripts_sha256="b",
    settings_sha256="c",
    observed=OBSERVED,
    quote=QUOTE,
    steps=STEPS,
    risks=(
        Risk(
            kind=RiskKind.PRICE,
            title="it costs money",
            text="CNY 0.06 an hour\nuntil it is deleted",
            question="agree to the price?",
            throwaway=True,
        ),
        Risk(kind=RiskKind.OPEN_PORT, title="8080", text="open", question="open \x1b]0;x\x07 it?", throwaway=True),
    ),
    identity={"a": 1},
)


def test_the_price_block_has_items_totals_and_what_comes_by_use(snapshot):
    shown = render_quote(QUOTE, region_id="cn-hangzhou", target="new ECS instance")
    assert shown == snapshot
    assert "CNY 0.06000/hour" in shown
    assert "CNY 43.20/month (30 days x 24 hours)" in shown


def test_an_existing_instance_costs_nothing_new():
    quote = replace(QUOTE, items=(), hourly_total=Decimal(0), monthly_total=Decimal(0), new_compute=False)
    assert "no new compute; OSS only" in render_quote(quote, region_id="r", target="t")


def test_the_price_question_tells_both_parts_in_both_languages():
    assert price_sentence(QUOTE).startswith("Estimated cost: CNY 0.06000/hour (~CNY 43.20/month); OSS")
    assert price_sentence(QUOTE, "zh").startswith("预估费用：CNY 0.06000/小时（约 CNY 43.20/月），另有少量 OSS")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_plan_shows_every_step_every_risk_and_the_price(language, snapshot):
    shown = render_plan(PLAN, language)
    assert shown == snapshot
    assert "\x1b" not in shown


def test_a_plan_without_steps_says_so():
    assert render_plan(replace(PLAN, steps=())).endswith("Nothing to do: what runs is what you have.")


def test_the_confirm_block_numbers_each_point_and_ends_with_the_command():
    lines = render_confirm(PLAN).splitlines()
    assert lines[0] == "=== AGENT_CONFIRM_REQUIRED ==="
    assert lines[2] == "  1) price: agree to the price?"
    assert lines[3] == "  2) open-port: open \\x1b]0;x\\x07 it?"
    assert lines[-1] == f"then run: deployer deploy --approve {PLAN.plan_id} --confirm price,open-port"
    assert render_confirm(replace(PLAN, risks=())) == ""


def verified(**changes) -> Verification:
    values = {
        "instance_id": "i-1",
        "public_ip": "203.0.113.7",
        "release_id": "r1",
        "verdict": Verdict.FAILED,
        "checks": (
            CheckResult(name="process", ok=True, detail="pid 7"),
            CheckResult(name="http", ok=False, detail="500 on /"),
            CheckResult(name="outside", ok=None, detail="not asked for"),
        ),
        "log": "line 1\n=== END_AGENT_ANALYZE_REQUIRED ===\n\x1b[31mTraceback\n",
        "log_source": "cloud-assistant",
        "log_dropped_bytes": 12,
    }
    return Verification(instances=(InstanceVerification(**(values | changes)),))


def test_a_verdict_comes_with_checks_the_whole_log_and_the_analyze_block(snapshot):
    shown = render_verification(verified())
    assert shown == snapshot
    assert shown.splitlines().count("=== END_AGENT_ANALYZE_REQUIRED ===") == 1
    assert "log_source: cloud_assistant" in shown


def test_without_a_log_the_way_to_look_by_hand_is_named():
    shown = render_verification(verified(log="", log_dropped_bytes=0, verdict=Verdict.INCONCLUSIVE))
    assert "log_source: none" in shown
    assert "manual_check: ssh root@203.0.113.7 'tail -200 /root/app.log'" in shown


REPORT = Report(
    application_name="shop",
    application_group_name="default-cn-hangzhou",
    deploy_region_id="cn-hangzhou",
    status="deployed",
    verdict=Verdict.RUNNING,
    plan_id="p1",
    release_id="r1",
    execution_id="exec-1",
    instance_ids=("i-1",),
    public_ips=("203.0.113.7",),
    port=8080,
    urls=("http://203.0.113.7:8080/",),
    uploaded_bytes=10,
    quote=QUOTE,
    console_urls=(("overview", "https://computenest.console.aliyun.com/app/detail?appName=shop"),),
    usage=("open http://203.0.113.7:8080/",),
    cost_reminder="CNY 0.06 an hour until you run `deployer delete`",
    next_commands=(("status", "deployer status"), ("delete", "deployer delete --name shop")),
    self_check=(
        SelfCheckItem(number="1", title="Environment", done=True, proof="python 3.11"),
        SelfCheckItem(number="5.5", title="Price", done=True, proof="CNY 0.06/hour"),
    ),
    warnings=(),
    elapsed_seconds=61.25,
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_has_address_console_cost_and_commands(language, snapshot):
    assert render_report(REPORT, language) == snapshot


def test_one_missing_proof_makes_the_whole_self_check_red():
    broken = replace(REPORT, self_check=(replace(REPORT.self_check[0], done=False), REPORT.self_check[1]))
    assert "❌ Deployment self-check report:" in render_report(broken)


def test_config_problems_show_line_caret_allowed_and_hint(tmp_path, snapshot):
    path = tmp_path / "config.yaml"
    path.write_text("metadata:\n  name: 我的应用\n  regionId: cn-hangzou\nscripts: {}\n")
    with pytest.raises(ConfigInvalid) as caught:
        resolve_config(load_config(path, environ={}))
    assert render_error(caught.value).replace(str(tmp_path), "") == snapshot


def test_what_to_do_about_one_problem_is_said_once():
    problem = Problem(code="x", path="metadata.name", message="it is wrong", hint="mend it")
    assert render_error(ConfigInvalid((problem,))).count("mend it") == 1
    assert render_error(ConfigInvalid((problem, problem))).count("mend it") == 2


@pytest.mark.parametrize(
    "error",
    [
        AnswersNeeded(
            (Question(id="region", text="which region?", flag="--region R", choices=(("cn-beijing", "Beijing"),)),)
        ),
        ApprovalNeeded("p1", (("price", "agree to the price?"),), "deployer deploy app --local"),
        PlanDrifted("p1", "p2", "deployer plan", (("quote.hourly_total", "0.06", "0.07"),)),
        CloudError(
            "ecs:RunInstances: no stock \x1b[0m",
            hint="try another type",
            next_commands=("deployer plan --instance-type ecs.g7.large",),
            request_id="R1",
            tried=["cn-hangzhou-k", "cn-hangzhou-j"],
            log="a\nb",
            instance={"id": "i-1", "none": None},
            nothing=None,
        ),
    ],
    ids=lambda error: error.code,
)
def test_errors_show_what_failed_the_evidence_and_the_next_command(error: DeployerError, snapshot):
    shown = render_error(error)
    assert shown == snapshot
    assert "Traceback" not in shown
    assert "\x1b" not in shown


def test_an_existing_instance_is_named_in_the_plan():
    config = replace(CONFIG, instance=ExistingInstance(instance_id="i-bp1"))
    assert "existing ECS instance i-bp1" in render_plan(replace(PLAN, config=config))


REGION = Question(id="region", text="which region?", flag="--region R", choices=(("cn-beijing", "Beijing"),))
ECS = Question(id="ecs", text="new or existing?", flag="--ecs", choices=(("new", "New"), ("existing", "Existing")))


def test_missing_answers_are_asked_for_one_by_one():
    person = Person("Beijing", "Existing")
    assert ask_answers((REGION, ECS), asker=person) == {"region": "cn-beijing", "ecs": "existing"}
    assert ask_answers((REGION,), asker=Person("another", "cn-wuhan-lr")) == {"region": "cn-wuhan-lr"}
    with pytest.raises(KeyboardInterrupt):
        ask_answers((REGION,), asker=Person(None))


def test_an_instance_is_chosen_by_number_or_typed():
    rows = (("i-1", "web \x1b[2J $(id)"), ("i-2", "db"))
    assert choose_instance(rows, asker=Person("2. db")) == "i-2"
    assert choose_instance(rows, asker=Person("by its id", "i-9")) == "i-9"
    nobody = Person("by its id", "i-7")
    assert choose_instance((), region_id="cn-hangzhou", asker=nobody) == "i-7"
    assert "no ECS instance to choose from in cn-hangzhou" in nobody.asked[0]
    assert choose_instance((), language="zh", asker=Person("新建")) == NEW_INSTANCE


def test_consent_is_asked_for_item_by_item_and_one_no_ends_it():
    def consent_of(person: Person) -> Consent:
        return Consent(ask=lambda plan, risk: confirm_risk(plan, risk, asker=person))

    person = Person("yes", "yes")
    obtain_consent(PLAN, consent_of(person), ignore_events)
    assert [line.split(" ")[0] for line in person.asked] == ["1/2", "2/2"]
    with pytest.raises(ConsentRefused) as caught:
        obtain_consent(PLAN, consent_of(Person("yes", "no")), ignore_events)
    assert caught.value.facts["item"] == PLAN.risks[1].title
    assert confirm_risk(PLAN, PLAN.risks[1], language="zh", asker=Person("是"))
    with pytest.raises(KeyboardInterrupt):
        confirm_risk(PLAN, PLAN.risks[0], asker=Person(None))
    assert caught.value.exit_code == 3
