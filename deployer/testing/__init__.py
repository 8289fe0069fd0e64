"""Alibaba Cloud inside the process, for tests of code that talks to it: `mock_aliyun`, and the fixture `aliyun`.

Nothing slow is imported before a mock starts.
"""

from deployer.testing.mock import MockAliyun, mock_aliyun
from deployer.testing.network import NetworkBlocked
from deployer.testing.settings import ACCESS_KEY_ID, ACCESS_KEY_SECRET

__all__ = ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "MockAliyun", "NetworkBlocked", "mock_aliyun"]
