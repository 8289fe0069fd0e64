"""`deployer local serve`: a local cloud in the foreground, for programs in any language."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alibabacloud_ecs20140526.client import Client
from alibabacloud_ecs20140526.models import DescribeRegionsRequest
from alibabacloud_tea_openapi.utils_models import Config

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def serve(tmp_path) -> Iterator:
    """Starts the command with its temporary files below `tmp_path`; whatever still runs in the end is killed."""
    started: list[subprocess.Popen] = []

    def start(*arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "deployer",
                "local",
                "serve",
                "--sandbox",
                "process",
                "--output",
                "json",
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_with_the_key_it_names_and_leaves_nothing_when_interrupted(serve, tmp_path, number):
    process = serve()
    line = json.loads(process.stdout.readline())
    assert (line["type"], line["status"]) == ("result", "success")
    data = line["data"]
    client = Client(
        Config(
            access_key_id=data["access_key_id"],
            access_key_secret=data["access_key_secret"],
            endpoint=data["endpoint"],
            protocol="http",
            region_id="cn-hangzhou",
        )
    )
    assert client.describe_regions(DescribeRegionsRequest()).status_code == 200
    process.send_signal(number)
    rest, _ = process.communicate(timeout=20)
    assert (process.returncode, rest) == (0, "")
    assert list(tmp_path.glob("deployer-serve-*")) == []


def test_a_port_that_is_taken_is_named(serve):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        output, _ = serve("--port", str(port)).communicate(timeout=20)
        result = json.loads(output)
    assert result["type"] == "error"
    assert result["code"] == "local.port_unavailable"
    assert result["facts"]["port"] == port
