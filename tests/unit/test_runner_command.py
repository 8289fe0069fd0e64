"""What is sent to an instance: complete, bounded, and nothing in it can be anything but a value."""

import base64
import hashlib
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.backends.runner import command
from deployer.backends.runner.command import (
    MAX_COMMAND_BYTES,
    ProbeInput,
    RunnerInput,
    render_command,
    render_environment,
    render_probe,
    runner_source,
)

URL = (
    "https://deployer-0123456789abcdef-cn-hangzhou.oss-cn-hangzhou-internal.aliyuncs.com/shop/x.zip?x-oss-signature="
    + "f" * 64
)
RELEASE = RunnerInput(
    action="release",
    application_name="shop",
    application_group_name="shop-production",
    release_id="20261122t150000-1a2b",
    runner_url=URL,
    archive_url=URL,
    archive_sha256="a" * 64,
    archive_size_bytes=1000,
    start_url=URL,
    start_sha256="b" * 64,
    stop_url=URL,
    stop_sha256="c" * 64,
    environment={"GREETING": "hello"},
    port=8000,
)

HOSTILE = [
    "'",
    "';touch /tmp/owned;'",
    "$(id)",
    "`id`",
    "a b",
    "a\nb",
    "a\n",
    "../x",
    "-rf",
    "{{ACS::InstanceId}}",
    "\0",
    "",
    "你",
    "a/b",
    '"',
    "\\",
    "a;b",
]


def values_of(rendered: bytes, names: list[str]) -> dict[str, str]:
    """What bash makes of the lines of values."""
    lines = [line for line in rendered.decode().splitlines() if line.split("=")[0] in names]
    script = "\n".join(lines) + "\n" + "".join(f'printf "%s\\0" "${name}"\n' for name in names)
    out = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={}).stdout
    return dict(zip(names, out.decode().split("\0"), strict=False))


def test_a_release_carries_its_values_and_the_hash_of_the_runner() -> None:
    values = values_of(
        render_command(RELEASE), ["action", "release_id", "archive_url", "port", "runner_sha256", "health_path_base64"]
    )
    assert values == {
        "action": "release",
        "release_id": "20261122t150000-1a2b",
        "archive_url": URL,
        "port": "8000",
        "runner_sha256": hashlib.sha256(runner_source().encode()).hexdigest(),
        "health_path_base64": base64.b64encode(b"/").decode(),
    }


def test_every_command_fits_and_holds_no_template_syntax() -> None:
    long_url = URL + "&x-oss-security-token=" + "A" * 1200
    long = replace(RELEASE, **{f"{name}_url": long_url for name in ("runner", "archive", "start", "stop")})
    plain = RunnerInput(action="restart", application_name="a" * 64, application_group_name="g" * 128)
    commands = [render_command(long), render_probe(ProbeInput(application_name="shop"))]
    commands += [render_command(replace(plain, action=action)) for action in ("restart", "stop", "uninstall")]
    assert max(map(len, commands)) <= MAX_COMMAND_BYTES
    assert [one for one in commands if b"{{" in one or not one.isascii() or not one.startswith(b"#!/bin/bash\n")] == []


def test_the_same_input_gives_the_same_bytes() -> None:
    assert render_command(RELEASE) == render_command(replace(RELEASE))


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "field",
    ["action", "application_name", "application_group_name", "release_id", "runner_url", "archive_url", "start_url", "stop_url",
     "archive_sha256", "start_sha256", "stop_sha256"],
)  # fmt: skip
def test_hostile_values_are_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: "):
        render_command(replace(RELEASE, **{field: value}))


@pytest.mark.parametrize("field", ["runner_url", "archive_url", "environment_url"])
def test_a_refused_url_is_not_shown(field: str) -> None:
    with pytest.raises(ValueError, match="this URL") as refused:
        render_command(replace(RELEASE, **{field: "https://x/?signature=secret'"}))
    assert "secret" not in str(refused.value)


def test_signed_urls_and_environment_stay_out_of_the_repr() -> None:
    assert "x-oss-signature" not in repr(RELEASE)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"port": 0}, "port"), ({"port": 65_536}, "port"), ({"alive_seconds": -1}, "alive_seconds"), ({"keep_releases": 0}, "keep_releases"),
     ({"gate_timeout_seconds": 0}, "gate_timeout_seconds"), ({"health_path": "no-slash"}, "health_path"), ({"health_path": "/a b"}, "health_path"),
     ({"health_path": "/\r\nHost: x"}, "health_path"), ({"region_id": "cn-hangzhou'"}, "region_id"), ({"region_id": "$(id)"}, "region_id"), ({"environment_url": URL}, "environment_sha256"), ({"environment": {"a b": "c"}}, "environment"),
     ({"environment": {"A": "\0"}}, "environment"), ({"environment": {"DEPLOYER_LOG": "x"}}, "environment"), ({"environment": {"A": "x" * 20_000}}, "environment")],
)  # fmt: skip
def test_values_out_of_bounds_are_refused_by_name(changes: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: "):
        render_command(replace(RELEASE, **changes))


@given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(lambda key: not key.startswith("DEPLOYER_")),
                       st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=50), max_size=5))  # fmt: skip
def test_any_environment_can_be_read_back(environment: dict[str, str]) -> None:
    lines = render_environment(environment).decode().splitlines()
    assert {
        key: base64.b64decode(value).decode() for key, value in (line.split("=", 1) for line in lines)
    } == environment


@pytest.mark.parametrize("field", ["application_name", "release_id", "health_path"])
@pytest.mark.parametrize("value", [one for one in HOSTILE if one])
def test_a_probe_refuses_hostile_values_as_well(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: "):
        render_probe(ProbeInput(**{"application_name": "shop", field: value}))


def test_every_value_of_a_run_reaches_the_instance() -> None:
    rendered = render_command(RELEASE).decode()
    encoded = {"environment": "environment_base64", "health_path": "health_path_base64"}
    missing = [one.name for one in fields(RunnerInput) if f"\n{encoded.get(one.name, one.name)}='" not in rendered]
    assert missing == []


@pytest.mark.parametrize(
    "names",
    [command._RUNNER_FILES, command._UNINSTALL_FILES, command._KEPT_FILES, command._PROBE_FILES, ("bootstrap.sh",)],
)
def test_stripping_comments_changes_no_meaning(names: tuple[str, ...]) -> None:
    source = command._join(names)
    shapes = []
    for text in (source, command._stripped(source)):
        dump = f"everything() {{\n{text}\n}}\ndeclare -f everything"
        shapes.append(subprocess.run(["bash", "-c", dump], capture_output=True, check=True).stdout)
    # indentation inside quoted text is all that may differ
    assert [line.strip() for line in shapes[0].splitlines()] == [line.strip() for line in shapes[1].splitlines()]


@pytest.mark.parametrize("names", [command._RUNNER_FILES, command._PROBE_FILES, ("bootstrap.sh",)])
def test_the_bash_is_clean_by_shellcheck(names: tuple[str, ...]) -> None:
    given = [f"{name}=${{{name}:-}}" for name in values_named_in_headers()]
    script = "\n".join(["#!/bin/bash", *given, "unpack_program=", command._join(names)])
    program = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("shellcheck is not installed")
    # SC2034: a variable that another file of ours uses
    checked = subprocess.run(
        [program, "--shell=bash", "--exclude=SC2034", "-"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == ""


def values_named_in_headers() -> list[str]:
    rendered = render_command(RELEASE) + render_probe(ProbeInput(application_name="shop"))
    lines = rendered.decode().splitlines()
    return sorted(
        {line.split("=")[0] for line in lines if line.endswith("'") and "='" in line and " " not in line.split("=")[0]}
    )
