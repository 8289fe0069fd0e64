"""What the CLI prints, in all the forms it is known to have: read as lines, statuses, outputs, errors and prices."""

import json
from decimal import Decimal

import pytest

from deployer.backends.appmanager.answers import command_output, read_group, read_names
from deployer.backends.appmanager.child import Ending
from deployer.backends.appmanager.failures import deploy_failure, failure_of, find_api_code
from deployer.backends.appmanager.following import Phase, phase_of
from deployer.backends.appmanager.quoting import read_quote
from deployer.backends.appmanager.stream import CliFailure, CliResult, CliStep, read_answer, read_line
from deployer.errors.appmanager import AppmanagerFailed, AppmanagerUnclear
from deployer.models.analysis import ApplicationType
from deployer.models.config import DeployConfig, NewInstance

WELL = Ending(exit_code=0, stderr="")
CONFIG = DeployConfig(
    application_name="shop",
    application_group_name="default-cn-hangzhou",
    type=ApplicationType.APP,
    deploy_region_id="cn-hangzhou",
    instance=NewInstance(instance_type="ecs.u1-c1m2.large"),
    port=8080,
    start_script="",
    stop_script="",
)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            '{"type":"step", "step":2, "total":9, "message":"Uploading to OSS..."}',
            CliStep(number=2, total=9, message="Uploading to OSS..."),
        ),
        ('{"type":"step","step":"3","total":null}\r\n', CliStep(number=3, total=0, message="")),
        (
            '{"type":"result","status":"success","data":{"revision_id":"rev-1"}}',
            CliResult(data={"revision_id": "rev-1"}),
        ),
        ('{"type":"progress","percent":40}', None),
        ("Collecting appmanager-cli", None),
        ('{"type":"step","st', None),
        ("[1, 2]", None),
        ("", None),
    ],
)
def test_a_line_is_a_step_a_result_or_nothing_of_the_tools(line: str, found: object) -> None:
    assert read_line(line) == found


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"type":"error","error":"NoPermission: you may not"}', "NoPermission: you may not"),
        ('{"type":"error","message":"you may not","code":"NoPermission"}', "NoPermission: you may not"),
        ('{"type":"error","error":{"code":"NoPermission","message":"you may not"}}', "NoPermission: you may not"),
        ('{"type":"error"}', "no reason given"),
        ('{"type":"result","status":"failed","error":"it broke"}', "it broke"),
        ('{"type":"result","status":"failed"}', "failed"),
        ('{"success":false,"message":"no"}', "no"),
    ],
)
def test_an_error_says_its_sentence_whatever_form_it_has(line: str, sentence: str) -> None:
    found = read_line(line)
    assert isinstance(found, CliFailure)
    assert found.sentence == sentence


def test_an_answer_is_the_last_end_and_an_error_beside_a_result_counts() -> None:
    result, error = '{"type":"result","data":{"a":1}}', '{"type":"error","error":"no"}'
    assert read_answer(f"noise\n{result}\n") == CliResult(data={"a": 1})
    assert isinstance(read_answer(f"{error}\n{result}\n"), CliFailure)
    assert isinstance(read_answer(f"{result}\n{error}\n"), CliFailure)
    assert read_answer('{"type":"step","step":1,"total":9,"message":"x"}') is None
    assert read_answer("nothing of the kind") is None


def test_a_status_is_one_object_over_many_lines_with_warnings_before_it() -> None:
    status = json.dumps({"data": {"status": "Deployed", "ecs_instance_ids": ["i-1", "i-2"]}}, indent=2)
    answer = read_answer(f"UserWarning: old\n{status}\n")
    assert isinstance(answer, CliResult)
    group = read_group("app", answer.data)
    assert (group.status, group.instance_ids) == ("Deployed", ("i-1", "i-2"))


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("Traceback: boom", "Traceback: boom"),
        (["first machine", "second machine"], "first machine\nsecond machine"),
        ([None], ""),
        (["null", "said"], "said"),
        ('["quoted list"]', "quoted list"),
        ("null", ""),
        (None, ""),
        ([], ""),
        (7, ""),
    ],
)
@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize("place", ["Outputs", "LastTriggerOutputs"])
def test_the_output_of_scripts_is_found_in_all_its_shapes(
    output: object, text: str, place: str, *, as_text: bool
) -> None:
    """M120."""
    outputs = {"deployCommandOutput": output}
    log = {place: json.dumps(outputs) if as_text else outputs}
    assert command_output({"execution_log": log}) == text
    assert command_output(log) == text


@pytest.mark.parametrize("broken", [{}, {"execution_log": None}, {"execution_log": "text"}, {"Outputs": "{cut"}])
def test_no_output_is_no_error(broken: dict[str, object]) -> None:
    assert command_output(broken) == ""


def test_addresses_and_pages_are_found_under_either_name() -> None:
    """M145."""
    group = read_group(
        "app", {"instance_ip": "1.2.3.4", "console_url": "https://console", "execution_log": {"ExecutionId": "exec-1"}}
    )
    assert (group.public_ips, group.console_url, group.execution_id) == (("1.2.3.4",), "https://console", "exec-1")
    assert read_names({"apps": [{"name": "shop"}, "blog", {"other": 1}, None]}) == ("shop", "blog")
    assert read_names(None) == read_names({"count": 0}) == ()


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("InvalidAccountStatus.NotEnoughBalance: top up", "InvalidAccountStatus.NotEnoughBalance"),
        ("upload_to_oss failed: AccessDenied: you may not (RequestId: 1)", "AccessDenied"),
        ("Deployment failed with status ReleaseCancelled", "ReleaseCancelled"),
        ("DeployFailed: OperationDenied.NoStock", "OperationDenied.NoStock"),
        ("InvalidParameter: DeployRegionId is invalid", "InvalidParameter"),
        ("Something went wrong. Please retry.", ""),
        ("", ""),
    ],
)
def test_an_api_code_is_told_from_words(sentence: str, code: str) -> None:
    assert find_api_code(sentence) == code


@pytest.mark.parametrize(
    ("sentence", "code", "exit_code"),
    [
        ("InvalidAccountStatus.NotEnoughBalance: less than 100", "cloud.not_enough_balance", 69),
        ("upload_to_oss failed: AccessDenied: not yours", "cloud.bucket_name_taken", 69),
        ("OperationDenied.NoStock: none left", "cloud.out_of_stock", 69),
        ("Zone.NotOnSale: not here", "cloud.out_of_stock", 69),
        ("InvalidInstanceType.ValueNotSupported: no such", "cloud.out_of_stock", 69),
        ("InvalidParameter: DeployRegionId is invalid", "cloud.refused", 69),
        ("InvalidSecurityToken.Expired: sign in", "access.credentials_refused", 77),
        ("InvalidAccessKeyId.NotFound: no", "access.credentials_refused", 77),
        ("SignatureDoesNotMatch: no", "access.credentials_refused", 77),
        ("Forbidden.RAM: not allowed to call ecs:RunInstances", "access.permission_denied", 77),
        ("NoPermission: oos:CreateApplication", "access.permission_denied", 77),
        ("Throttling.User: slow down", "transient.throttled", 75),
        ("something else", "appmanager.failed", 69),
    ],
)
def test_each_error_of_the_tool_is_one_of_ours(sentence: str, code: str, exit_code: int) -> None:
    """M26, M109, M119, M121."""
    failure = failure_of(
        "aliyun appmanager app deploy", CliFailure(sentence=sentence), Ending(exit_code=1, stderr="seen")
    )
    error = deploy_failure(failure, CONFIG, is_uploading=True)
    assert error is not None
    assert (error.code, error.exit_code) == (code, exit_code)
    assert error.hint
    assert code in {"cloud.bucket_name_taken", "cloud.out_of_stock"} or error.facts["stderr"] == "seen"


def test_a_missing_permission_is_named_and_a_bucket_too() -> None:
    denied = failure_of("aliyun", CliFailure(sentence="Forbidden.RAM: may not ecs:RunInstances"), WELL)
    assert denied.facts["missing_action"] == "ecs:RunInstances"
    taken = deploy_failure(
        failure_of("aliyun", CliFailure(sentence="AccessDenied: no"), WELL), CONFIG, is_uploading=True
    )
    assert taken is not None
    assert "shop-cn-hangzhou" in taken.message
    later = deploy_failure(
        failure_of("aliyun", CliFailure(sentence="AccessDenied: no"), WELL), CONFIG, is_uploading=False
    )
    assert later is not None
    assert later.code == "access.permission_denied"


@pytest.mark.parametrize("status", ["ReleaseCancelled", "ReleaseFailed", "DeployFailed", "ReleaseWaiting"])
def test_a_release_that_ended_badly_is_no_error_of_the_tool(status: str) -> None:
    """M117, M118."""
    failure = failure_of("aliyun", CliFailure(sentence=f"failed: {status}"), Ending(exit_code=1, stderr=""))
    assert deploy_failure(failure, CONFIG, is_uploading=False) is None


@pytest.mark.parametrize(
    ("answer", "exit_code", "printed", "kind"),
    [
        (None, -9, "", AppmanagerUnclear),
        (None, 0, "not JSON", AppmanagerUnclear),
        (CliResult(data={}), -15, "", AppmanagerUnclear),
        (None, 139, "", AppmanagerUnclear),  # a wrapper's word for signal 11
        (CliResult(data={}), 3, "", AppmanagerFailed),
        (None, 2, "usage: appmanager", AppmanagerFailed),
        (CliFailure(sentence="no"), 0, "", AppmanagerFailed),
    ],
)
def test_an_exit_code_and_an_answer_that_disagree_are_a_failure(
    answer, exit_code: int, printed: str, kind: type
) -> None:
    failure = failure_of("aliyun", answer, Ending(exit_code=exit_code, stderr="the last words"), printed)
    assert type(failure) is kind
    assert failure.facts["stderr"] == "the last words"


def test_secrets_in_what_the_tool_says_are_masked() -> None:
    sentence = "login failed for LTAI5tABCDEFGHIJKLMNOP with sk-abcdefghijklmnopqrstuv"
    error = failure_of("aliyun", CliFailure(sentence=sentence), WELL)
    assert "LTAI5t" not in str(error.as_dict())
    assert "sk-abc" not in str(error.as_dict())


def test_phases_only_go_on_whatever_the_steps_are_called() -> None:
    """M113: the CLI's nine steps are told under ours."""
    phase = Phase.PREPARE
    seen = []
    for message in (
        "Validating config...",
        "正在上传",
        "Creating group",
        "???",
        "Deploying",
        "Uploading the rest",
        "Done",
    ):
        phase = phase_of(message, phase)
        seen.append(phase)
    assert seen == [Phase.PREPARE, Phase.UPLOAD, Phase.PROVISION, Phase.PROVISION, *[Phase.RELEASE] * 3]


PRICE = {
    "service_id": "service-1",
    "template_name": "oss-revision",
    "instance_type": "ecs.u1-c1m2.large",
    "instance_type_spec": {"cpu_core_count": 2, "memory_size": 4.0},
    "request_id": "REQ",
    "resources": [
        {
            "name": "ecs",
            "price_unit": "/Hour",
            "items": [
                {"resource": "InstanceType", "trade_amount": 0.1, "attributes": "x"},
                {"resource": "SystemDisk", "trade_amount": 0.2},
            ],
            "association": [
                {"charge_type": "PayByTraffic", "trade_amount": 0.8, "currency": "CNY", "price_unit": "/GB"}
            ],
        },
        {"name": "eip", "price_unit": "/Month", "items": [], "total_trade": 72},
        {"name": "licence", "price_unit": "/Piece", "total_trade": 9},
        {"name": "odd", "price_unit": "/Hour", "items": [{"resource": "Extra", "trade_amount": None}]},
    ],
}


def test_a_price_is_exact_and_what_is_not_charged_by_time_is_in_no_total() -> None:
    """M91-M94, D16."""
    quote = read_quote(PRICE, 1024)
    assert quote.hourly_total == Decimal("0.4")
    assert quote.monthly_total == Decimal("288.00")
    assert quote.unpriced == ("licence", "Extra", "public traffic")
    assert quote.request_ids == ("REQ",)
    assert quote.items[0].specification == "ecs.u1-c1m2.large (2 vCPU, 4 GiB)"
    assert any("service-1" in note for note in quote.notes)


@pytest.mark.parametrize("answer", [{}, {"resources": "none"}, {"resources": [{"items": [{"trade_amount": "NaN"}]}]}])
def test_an_answer_without_a_price_is_a_failure_not_a_gift(answer: dict[str, object]) -> None:
    """M95."""
    with pytest.raises(AppmanagerFailed, match="names no price"):
        read_quote(answer, 0)
