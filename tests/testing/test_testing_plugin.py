"""The pytest plugin as users meet it."""

import os
import sys
from importlib.metadata import entry_points

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytest_plugins = ("pytester",)

TESTS = """
import requests, pytest
from deployer.testing import mock_aliyun

def ask():
    return requests.get("https://ecs.aliyuncs.com/?Action=DescribeRegions", timeout=5).status_code

def test_the_fixture(aliyun):
    assert ask() == 400
    assert aliyun.calls == ()

@pytest.mark.aliyun(seed=3, account_id="1" * 16)
def test_options(aliyun):
    assert (aliyun.settings.seed, aliyun.account_id) == (3, "1" * 16)

@mock_aliyun
def test_fixtures_reach_decorated_functions(tmp_path):
    assert ask() == 400

def test_nothing_is_left():
    assert requests.adapters.HTTPAdapter.send.__module__ == "requests.adapters"
"""


def test_the_fixture_and_its_marker_work_in_a_project_of_somebody_else(
    pytester: pytest.Pytester, monkeypatch, pytestconfig
):
    monkeypatch.setenv("PYTHONPATH", str(pytestconfig.rootpath), prepend=os.pathsep)
    pytester.makepyfile(TESTS)
    is_installed = "deployer" in {point.name for point in entry_points(group="pytest11")}
    plugin = () if is_installed else ("-p", "deployer.testing.plugin")
    result = pytester.runpytest_subprocess(*plugin, "--strict-markers")
    result.assert_outcomes(passed=4)


def test_the_plugin_is_registered_with_pytest(pytestconfig):
    described = tomllib.loads((pytestconfig.rootpath / "pyproject.toml").read_text(encoding="utf-8"))
    assert described["project"]["entry-points"]["pytest11"] == {"deployer": "deployer.testing.plugin"}
