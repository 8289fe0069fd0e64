"""The clients that the tests of `mock_aliyun` send requests with."""

import alibabacloud_oss_v2 as oss
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_vpc20160428.client import Client as VpcClient

from deployer.testing import ACCESS_KEY_ID, ACCESS_KEY_SECRET

REGION_ID = "cn-hangzhou"


def config(**overrides) -> Config:
    """A `Config` as users write it, with the key of the mocked account."""
    settings = {"access_key_id": ACCESS_KEY_ID, "access_key_secret": ACCESS_KEY_SECRET, "region_id": REGION_ID}
    return Config(**{**settings, **overrides})


def ecs_client(**overrides) -> EcsClient:
    return EcsClient(config(**overrides))


def vpc_client(**overrides) -> VpcClient:
    return VpcClient(config(**overrides))


def oss_config() -> oss.config.Config:
    """A configuration of the OSS SDK with the credentials of the environment."""
    settings = oss.config.load_default()
    settings.credentials_provider = oss.credentials.EnvironmentVariableCredentialsProvider()
    settings.region = REGION_ID
    return settings


def oss_client() -> oss.Client:
    return oss.Client(oss_config())
