"""OSS of an emulator behind a real socket, the SDK's clients for it, and what its refusals look like."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest
import requests

from deployer.emulator.core import Emulator
from deployer.emulator.services.oss.service import OssService
from deployer.emulator.services.oss.state import OssState

ACCESS_KEY_ID = "LTAI5tTestTestTestTest01"
ACCESS_KEY_SECRET = "test-secret-of-the-account"
PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"


@dataclass(kw_only=True)
class OssCloud:
    """OSS of a running server."""

    server: Any  # conftest's RunningServer

    @property
    def emulator(self) -> Emulator:
        return self.server.emulator

    @property
    def service(self) -> OssService:
        return self.emulator.services.oss

    @property
    def url(self) -> str:
        return f"http://{self.server.endpoint}"

    @property
    def state(self) -> OssState:
        return self.service.state

    def client(
        self, region_id="cn-hangzhou", *, key=(ACCESS_KEY_ID, ACCESS_KEY_SECRET, None), **settings
    ) -> oss.Client:
        """An SDK client; `key` is id, secret and token, None for an anonymous one."""
        config = oss.config.load_default()
        config.credentials_provider = (
            oss.credentials.StaticCredentialsProvider(*key) if key else oss.credentials.AnonymousCredentialsProvider()
        )
        config.region, config.endpoint, config.retry_max_attempts = region_id, self.url, 1
        for name, value in settings.items():
            setattr(config, name, value)
        return oss.Client(config)

    def client_with_bucket(self, bucket_name: str = "some-bucket") -> oss.Client:
        client = self.client()
        client.put_bucket(oss.PutBucketRequest(bucket=bucket_name))
        return client


@contextmanager
def refused(status: int, code: str) -> Iterator[list[oss.exceptions.ServiceError]]:
    """The block fails with that answer of the service, which is in the list afterwards."""
    found: list[oss.exceptions.ServiceError] = []
    with pytest.raises(oss.exceptions.OperationError) as failure:
        yield found
    error = failure.value.unwrap()
    assert isinstance(error, oss.exceptions.ServiceError), error
    assert (error.status_code, error.code) == (status, code), error
    found.append(error)


def fetch(url: str, method: str = "GET", **settings) -> requests.Response:
    """A request that carries only what it is given."""
    return requests.request(method, url, timeout=10, **settings)
