"""The command that does the same again: complete, safe for a shell, and without anything secret."""

import shlex

import pytest

from deployer.api import Deployer


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"api_key": "sk-canary0123456789"}, ["--api-key", "…"]),
        ({"api_key": "${DASHSCOPE_API_KEY}"}, ["--api-key", "${DASHSCOPE_API_KEY}"]),
        ({"env": ("TOKEN=canary", "A=canary")}, ["--env", "TOKEN=…", "--env", "A=…"]),
        ({"start": "run 'it' $(id)"}, ["--start", "run 'it' $(id)"]),
        ({"include_secret": ("a b", "c"), "force": True, "port": None}, ["--include-secret", "a b", "--include-secret", "c", "--force"]),
    ],
)  # fmt: skip
def test_a_command_to_run_again_is_whole_and_holds_no_secret(flags, words) -> None:
    command = Deployer().command("deploy", "https://me:canary@h.example/o/shop@v1", None, flags)
    assert shlex.split(command) == ["deployer", "deploy", "https://…@h.example/o/shop@v1", *words]
    assert "canary" not in command
