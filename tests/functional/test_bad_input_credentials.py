"""Credentials that are missing, halved, wrong, expired or not allowed: each its own words, nothing called, exit 77."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cloud_lab import KEY_ID, KEY_SECRET, Project
from fault_lab import VirtualLab, virtual_lab

from deployer.api import Deployer
from deployer.errors.base import AccessError, DeployerError

ID, SECRET, TOKEN = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualLab]:
    with virtual_lab(tmp_path / "cloud") as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        yield lab


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(path=tmp_path / "shop", name="shop").write()


def refuse(cloud: VirtualLab, shop: Project) -> DeployerError:
    with cloud.recording() as recording, pytest.raises(AccessError) as caught:
        cloud.deploy(shop.path)
    error = caught.value
    assert error.exit_code == 77
    assert error.hint
    assert error.next_commands
    assert KEY_SECRET not in str(error.as_dict())
    assert not recording.changing
    return error


@pytest.mark.parametrize(
    ("environment", "code", "words"),
    [
        ({ID: None, SECRET: None}, "access.credentials_missing", "no Alibaba Cloud credentials"),
        ({SECRET: None}, "access.credentials_missing", SECRET),
        ({ID: None}, "access.credentials_missing", ID),
        ({ID: "LTAI5tNobodyKnowsThis01"}, "access.credentials_refused", "id is not known"),
        ({SECRET: "wrong"}, "access.credentials_refused", "secret does not fit"),
        ({TOKEN: "not-a-token"}, "access.credentials_refused", "security token is not one"),
        ({TOKEN: "CAIS" + 80 * "x"}, "access.credentials_refused", "token belongs to another"),
    ],
    ids=["none", "no secret", "no id", "unknown id", "wrong secret", "no token", "wrong token"],
)
def test_each_kind_of_bad_credentials_is_named(
    cloud: VirtualLab,
    shop: Project,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str | None],
    code: str,
    words: str,
) -> None:
    for name, value in environment.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)

    error = refuse(cloud, shop)

    assert error.code == code
    assert words in str(error.as_dict())


def test_a_key_that_was_copied_with_its_surroundings_is_freed_of_them(
    cloud: VirtualLab, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ID, f"{KEY_ID}\n")
    monkeypatch.setenv(SECRET, f" {KEY_SECRET}")
    assert cloud.deploy(shop.path).status == "deployed"


def test_an_expired_token_says_to_sign_in_again(
    cloud: VirtualLab, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = cloud.emulator.accounts
    session = accounts.add_session(accounts.add_role("deployers"), "ann", 3600)
    monkeypatch.setenv(ID, session.access_key_id)
    monkeypatch.setenv(SECRET, session.secret)
    monkeypatch.setenv(TOKEN, session.security_token or "")
    cloud.clock.advance(3700)

    error = refuse(cloud, shop)

    assert error.facts["api_code"] == "InvalidSecurityToken.Expired"
    assert "sign in again" in (error.hint or "")


@pytest.mark.parametrize(
    ("product", "action", "api_code", "ram_action"),
    [
        ("ecs", "DescribeInstances", "Forbidden.RAM", "ecs:DescribeInstances"),
        ("oos", "GetApplicationGroup", "NoPermission", "oos:GetApplicationGroup"),
        ("oss", "ListBuckets", "AccessDenied", "oss:ListBuckets"),
        ("sts", "GetCallerIdentity", "NoPermission", "sts:GetCallerIdentity"),
    ],
)
def test_a_missing_permission_names_the_action_once(
    cloud: VirtualLab, shop: Project, product: str, action: str, api_code: str, ram_action: str
) -> None:
    cloud.fail(action, "error", product=product, status=403, code=api_code, times=None)

    error = refuse(cloud, shop)

    assert error.code == "access.permission_denied"
    assert error.facts["missing_action"] == ram_action
    assert "deployer policy" in error.next_commands
    assert len([call for call in cloud.emulator.recorder.calls if call.action == action]) == 1


@pytest.mark.parametrize("api_code", ["InvalidTimeStamp.Expired", "InvalidTimeStamp.Format"])
def test_a_wrong_clock_is_named(cloud: VirtualLab, shop: Project, api_code: str) -> None:
    cloud.fail("GetCallerIdentity", "error", status=400, code=api_code, times=None)
    with pytest.raises(DeployerError, match="clock"):
        cloud.deploy(shop.path)


def test_check_finds_what_deploy_would_stumble_over(cloud: VirtualLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "wrong")
    findings = {finding.id: finding for finding in Deployer(clock=cloud.clock).check()}
    assert findings["credentials"].ok is False
    assert findings["credentials"].fix


@pytest.mark.parametrize("endpoint", ["127.0.0.1:1", "localhost:1"])
def test_a_cloud_that_cannot_be_reached_is_named_and_nothing_is_tried_for_ever(
    cloud: VirtualLab, shop: Project, endpoint: str
) -> None:
    with pytest.raises(DeployerError) as caught:
        Deployer(clock=cloud.clock, endpoint=endpoint).deploy(shop.path, yes=True)
    assert (caught.value.code, caught.value.exit_code) == ("transient.unreachable", 75)
    assert "HTTPS_PROXY" in (caught.value.hint or "")
