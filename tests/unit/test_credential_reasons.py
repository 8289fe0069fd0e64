"""Why there are no credentials, source by source; and keys on the command line."""

import json

import pytest

from deployer.cli.main import run
from deployer.cloud.credentials import why_missing
from deployer.errors.access import CredentialsMissing
from deployer.ui.sign_in import render_sign_in


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI"}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "canary-token"}, "ALIBABA_CLOUD_ACCESS_KEY_ID is not"),
        ({"ALIBABA_CLOUD_SECURITY_TOKEN": "canary-token"}, "are not"),
        (
            {"ALIBABA_CLOUD_CREDENTIALS_FILE": "/nowhere/credentials.ini"},
            "`/nowhere/credentials.ini`, which is not there",
        ),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": "\n", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": " "}, "nothing but spaces"),
    ],
)
def test_half_a_key_in_the_environment_is_named(tmp_path, variables, reason):
    error = CredentialsMissing(why_missing({"HOME": str(tmp_path), **variables}, None, "what the chain said"))

    assert reason in error.facts["reasons"][0]
    assert reason in error.message
    assert "canary" not in error.message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("{", "is broken: no JSON from line 1 on"),
        ('{\n"current": "a",\n!', "no JSON from line 3 on"),
        ("[]", "it holds no profiles"),
        ('{"current": "a", "profiles": []}', "has no profile"),
        ('{"current": "gone", "profiles": [{"name": "here", "mode": "AK"}]}', "no profile `gone`; it has `here`"),
        ('{"current": "a", "profiles": [{"name": "a", "mode": "RsaKeyPair"}]}', "the mode `RsaKeyPair`"),
        ('{"current": "a", "profiles": [{"name": "a", "mode": "AK", "access_key_id": "LTAI"}]}', "lacks `access_key_secret`"),
        ('{"current": "a", "profiles": [{"name": "a", "mode": "StsToken"}]}', "`sts_token`"),
    ],
)  # fmt: skip
def test_each_way_a_profile_can_be_wrong_has_its_own_words(tmp_path, text, reason):
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun/config.json").write_text(text, encoding="utf-8")

    [said] = why_missing({"HOME": str(tmp_path)}, None, "what the chain said")

    assert reason in said


@pytest.mark.parametrize(
    "flags",
    [
        ["--access-key-id", "LTAI5canary"],
        ["--access-key-secret=canary-token"],
        ["--ak", "LTAI5canary"],
        ["--sts-token", "canary-token"],
        ["--access_key_secret", "canary-token"],
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(flags, capsys):
    exit_code = run(["list", *flags, "--output", "json"])

    shown = capsys.readouterr().out
    assert (exit_code, json.loads(shown)["code"]) == (64, "usage.key_on_command_line")
    assert "canary" not in shown
    assert "process list" in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_ways_to_sign_in_are_shown_as_commands_with_placeholders(language):
    shown = render_sign_in(language)

    assert [line[0] for line in shown.splitlines() if line[1:2] == "."] == ["A", "B", "C", "D"]
    assert "aliyun configure --mode OAuth --profile oauth" in shown
    assert "--access-key-id <your-access-key-id> --access-key-secret <your-access-key-secret>" in shown
    assert ("终端" in shown) is (language == "zh")
