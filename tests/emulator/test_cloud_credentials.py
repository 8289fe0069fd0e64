"""Credentials by the SDK's default chain, each case in a process of its own: the SDK reads its environment at import."""

import json
import os
import time

import pytest
from account_key import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from cloud_person import key_profile, person

__all__ = ["person"]

CHAIN = "https://www.alibabacloud.com/help/en/sdk/developer-reference/v2-manage-python-access-credentials"
PROFILES = "https://www.alibabacloud.com/help/en/cli/configure-credentials"
GATEWAY = "https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature"


@pytest.mark.documented(CHAIN)
def test_a_key_in_the_environment_is_enough(person):
    person.set_key()

    answer = person.ask()

    assert answer == {
        "arn": person.emulator.accounts.root.arn,
        "source": "default/env",
        "expires_at": None,
        "notes": [],
    }
    assert person.emulator.recorder.actions() == ["GetCallerIdentity"]


@pytest.mark.documented(CHAIN)
def test_a_temporary_key_in_the_environment_is_sent_with_its_token(person):
    session = person.emulator.accounts.add_session(person.emulator.accounts.add_role("Deployer"), "ci", 900)
    person.set_key(session.access_key_id, session.secret, session.security_token)

    assert person.ask()["arn"].endswith("assumed-role/Deployer/ci")


@pytest.mark.documented(GATEWAY)
def test_an_expired_token_is_named_and_nothing_else_is_asked(person, monkeypatch):
    role = person.emulator.accounts.add_role("Deployer")
    session = person.emulator.accounts.add_session(role, "ci", -10)
    person.set_key(session.access_key_id, session.secret, session.security_token)

    error = person.ask()

    assert (error["code"], error["facts"]["api_code"]) == ("access.credentials_refused", "InvalidSecurityToken.Expired")
    assert len(person.emulator.recorder.calls) == 1


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize(
    ("key_id", "secret", "api_code"),
    [
        ("LTAInobody", "x", "InvalidAccessKeyId.NotFound"),
        (ACCESS_KEY_ID, "wrong", "SignatureDoesNotMatch"),
    ],
)
def test_a_wrong_key_is_named(person, key_id, secret, api_code):
    person.set_key(key_id, secret)

    assert person.ask()["facts"]["api_code"] == api_code


@pytest.mark.documented(CHAIN)
@pytest.mark.parametrize("around", ["{}\n", "'{}' "])
def test_a_key_copied_with_something_around_it_works_and_is_noted(person, around):
    person.set_key(around.format(ACCESS_KEY_ID), around.format(ACCESS_KEY_SECRET), "")

    answer = person.ask()

    assert answer["arn"] == person.emulator.accounts.root.arn
    assert "left out" in answer["notes"][0]


@pytest.mark.documented(PROFILES)
def test_the_current_profile_of_the_cli_is_used(person):
    person.write_profiles(key_profile("work"), key_profile("home", "LTAIother", "other"), current="work")

    answer = person.ask()

    assert answer["source"] == "default/cli_profile/static_ak"
    assert answer["notes"] == []


@pytest.mark.documented(PROFILES)
@pytest.mark.parametrize("by_variable", [True, False])
def test_another_profile_is_used_when_it_is_named(person, by_variable):
    person.emulator.accounts.add_access_key("LTAIci", "ci-secret", user_name="ci")
    person.write_profiles(key_profile(), key_profile("ci", "LTAIci", "ci-secret"))
    if by_variable:
        person.variables["ALIBABA_CLOUD_PROFILE"] = "ci"

    answer = person.ask(profile="" if by_variable else "ci")

    assert answer["arn"].endswith(":user/ci")
    assert answer["source"].endswith("cli_profile/static_ak")


@pytest.mark.documented(CHAIN)
def test_a_named_profile_wins_over_the_environment_and_the_environment_over_the_current_one(person):
    person.emulator.accounts.add_access_key("LTAIci", "ci-secret", user_name="ci")
    person.set_key()
    person.write_profiles(key_profile("ci", "LTAIci", "ci-secret"), current="ci")

    assert person.ask()["source"] == "default/env"
    assert person.ask(profile="ci")["arn"].endswith(":user/ci")


@pytest.mark.documented(PROFILES)
def test_a_profile_with_a_temporary_key_is_used(person):
    session = person.emulator.accounts.add_session(person.emulator.accounts.add_role("Deployer"), "cli", 900)
    person.write_profiles(
        {
            "name": "default",
            "mode": "StsToken",
            "access_key_id": session.access_key_id,
            "access_key_secret": session.secret,
            "sts_token": session.security_token,
        }
    )

    assert person.ask()["arn"].endswith("/cli")


@pytest.mark.documented(PROFILES)
def test_a_sign_in_by_oauth_is_used_while_its_temporary_key_lasts(person):
    """What `aliyun configure --mode OAuth` leaves; exchanging it anew goes to a fixed host, so that is not tried here."""
    session = person.emulator.accounts.add_session(person.emulator.accounts.add_role("Deployer"), "oauth", 3600)
    expires = int(time.time()) + 3600
    path = person.write_profiles(
        {
            "name": "oauth",
            "mode": "OAuth",
            "oauth_site_type": "CN",
            "oauth_access_token": "canary-token",
            "oauth_refresh_token": "canary-token",
            "oauth_access_token_expire": expires,
            "access_key_id": session.access_key_id,
            "access_key_secret": session.secret,
            "sts_token": session.security_token,
            "sts_expiration": expires,
        },
        current="oauth",
    )
    before = path.read_bytes()

    answer = person.ask()

    assert answer["source"] == "default/cli_profile/oauth"
    assert answer["arn"].endswith("/oauth")
    assert answer["expires_at"] is not None
    assert path.read_bytes() == before


@pytest.mark.documented(PROFILES)
def test_a_program_that_gives_keys_is_run(person):
    session = person.emulator.accounts.add_session(person.emulator.accounts.add_role("Deployer"), "program", 3600)
    given = {
        "mode": "StsToken",
        "access_key_id": session.access_key_id,
        "access_key_secret": session.secret,
        "sts_token": session.security_token,
    }
    program = person.write("give-keys.json", json.dumps(given))
    person.write_profiles({"name": "default", "mode": "External", "process_command": f"cat {program}"})

    answer = person.ask()

    assert answer["arn"].endswith("/program")
    assert answer["source"] == "default/cli_profile/external"


@pytest.mark.documented(CHAIN)
@pytest.mark.parametrize("place", [".alibabacloud/credentials.ini", "elsewhere.ini"])
def test_the_credentials_file_of_the_sdks_is_used(person, place):
    text = f"[default]\ntype = access_key\naccess_key_id = {ACCESS_KEY_ID}\naccess_key_secret = {ACCESS_KEY_SECRET}\n"
    path = person.write(place, text)
    if place == "elsewhere.ini":
        person.variables["ALIBABA_CLOUD_CREDENTIALS_FILE"] = str(path)

    assert person.ask()["source"] == "default/profile/static_ak"


@pytest.mark.documented(CHAIN)
def test_without_any_source_the_error_shows_how_to_set_one_up(person):
    error = person.ask()

    assert (error["code"], error["exit_code"], error["retryable"]) == ("access.credentials_missing", 77, False)
    assert error["facts"]["reasons"] == []
    assert [method["id"] for method in error["facts"]["methods"]] == ["A", "B", "C", "D"]
    assert "--local" in error["hint"]
    assert person.emulator.recorder.calls == ()


@pytest.mark.documented(CHAIN)
def test_half_a_key_is_what_the_error_speaks_of(person):
    person.variables |= {"ALIBABA_CLOUD_ACCESS_KEY_ID": "\n", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": " "}

    error = person.ask()

    assert error["code"] == "access.credentials_missing"
    assert "nothing but spaces" in error["message"]


@pytest.mark.documented(PROFILES)
def test_a_broken_profile_file_is_what_the_error_speaks_of(person):
    person.write(".aliyun/config.json", '{"current": "a", "profiles": [{"name": "a", "mode": "RsaKeyPair"}]}')

    error = person.ask()

    assert error["code"] == "access.credentials_missing"
    assert "the mode `RsaKeyPair`" in error["message"]


@pytest.mark.documented(PROFILES)
def test_a_directory_where_the_profiles_should_be_is_named(person):
    (person.home / ".aliyun/config.json").mkdir(parents=True)

    assert "is a directory, not a file" in person.ask()["facts"]["reasons"][0]


@pytest.mark.documented(PROFILES)
def test_a_profile_that_is_missing_or_has_half_a_key_never_falls_back_to_another_account(person):
    person.set_key()
    person.write_profiles({"name": "half", "mode": "AK", "access_key_id": "LTAIhalf"}, key_profile())

    for profile, reason in (("half", "lacks `access_key_secret`"), ("gone", "no profile `gone`")):
        error = person.ask(profile=profile)
        assert (error["code"], error["facts"]["profile"]) == ("access.credentials_missing", profile)
        assert reason in error["message"]
    assert person.emulator.recorder.calls == ()


@pytest.mark.documented(PROFILES)
@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
def test_a_file_of_keys_that_others_can_read_is_warned_of(person):
    path = person.write_profiles(key_profile())
    path.chmod(0o644)

    [note] = person.ask()["notes"]

    assert str(path) in note
    assert "chmod 600" in note


@pytest.mark.documented(CHAIN)
def test_half_a_key_that_was_passed_over_is_noted(person):
    person.write_profiles(key_profile())
    person.variables["ALIBABA_CLOUD_SECURITY_TOKEN"] = "canary-token"

    answer = person.ask()

    assert answer["source"] == "default/cli_profile/static_ak"
    assert "passed over" in answer["notes"][0]


@pytest.mark.documented(CHAIN)
def test_check_says_which_source_won_who_it_is_and_everything_else(person):
    person.set_key()

    exit_code, line = person.deployer("check")

    checks = {check["id"]: check for check in line["data"]["checks"]}
    assert (exit_code, line["data"]["ok"]) == (0, True)
    assert list(checks) == ["python", "sdk", "credentials", "region", "oos", "oss", "clock", "balance"]
    assert person.emulator.accounts.root.arn in checks["credentials"]["detail"]
    assert person.emulator.accounts.account_id in checks["credentials"]["detail"]
    assert "environment variables [default/env]" in checks["credentials"]["detail"]


@pytest.mark.documented(CHAIN)
def test_check_without_credentials_fails_with_what_to_do_and_asks_nothing_of_the_cloud(person):
    exit_code, line = person.deployer("check")

    [finding] = [check for check in line["data"]["checks"] if check["status"] == "failed"]
    assert (exit_code, finding["id"], finding["code"]) == (1, "credentials", "access.credentials_missing")
    assert "never ask for the key" in finding["ask"]
    assert [method["command"].split()[0] for method in line["data"]["methods"]] == [
        "aliyun",
        "aliyun",
        "export",
        "aliyun",
    ]
    assert line["data"]["next"] == ["deployer check"]
    assert person.emulator.recorder.calls == ()


@pytest.mark.documented(PROFILES)
def test_check_warns_of_exposed_keys_and_still_passes(person):
    person.write_profiles(key_profile()).chmod(0o666)

    exit_code, line = person.deployer("check", "--profile", "default")

    [finding] = [check for check in line["data"]["checks"] if check["id"] == "credentials"]
    assert (exit_code, finding["status"]) == (0, "warning")
    assert "chmod 600" in finding["detail"]


@pytest.mark.documented(CHAIN)
def test_two_commands_share_the_session_they_are_given(person):
    person.set_key()
    person.variables["DEPLOYER_SESSION_ID"] = "00112233445566778899aabbccddeeff"

    person.deployer("list")
    person.deployer("instances", "--region", "cn-hangzhou")

    agents = {call.user_agent for call in person.emulator.recorder.calls}
    assert len(person.emulator.recorder.calls) >= 2
    assert {agent.count("alibabacloud-ecs-code-deploy/00112233445566778899aabbccddeeff") for agent in agents} == {1}


@pytest.mark.documented(CHAIN)
def test_a_malformed_session_id_is_refused_before_anything_is_asked(person):
    person.set_key()
    person.variables["DEPLOYER_SESSION_ID"] = "My Session"

    exit_code, line = person.deployer("list")

    assert (exit_code, line["code"]) == (64, "usage")
    assert person.emulator.recorder.calls == ()
