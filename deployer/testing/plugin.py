"""The pytest plugin: the fixture `aliyun`, and the marker that gives it options."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from deployer.testing.mock import mock_aliyun

if TYPE_CHECKING:
    from deployer.testing.aliyun import Aliyun


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "aliyun(**options): what the fixture `aliyun` passes to mock_aliyun")


@pytest.fixture
def aliyun(request: pytest.FixtureRequest) -> "Iterator[Aliyun]":
    """A mocked Alibaba Cloud for one test; `@pytest.mark.aliyun(seed=7)` gives it options."""
    marker = request.node.get_closest_marker("aliyun")
    with mock_aliyun(**(marker.kwargs if marker else {})) as cloud:
        yield cloud
