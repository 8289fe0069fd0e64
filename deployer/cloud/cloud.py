"""Every client of one run, made on first use, all with the same identity."""

import threading
from functools import cached_property

from deployer.cloud.assistant import AssistantClient
from deployer.cloud.bss import BssClient
from deployer.cloud.ecs import EcsClient
from deployer.cloud.network import SecurityGroupClient, VpcClient
from deployer.cloud.oos import OosClient
from deployer.cloud.oss import OssClient
from deployer.cloud.session import Session
from deployer.cloud.sts import StsClient


class Cloud:
    """The services of Alibaba Cloud as one region sees them."""

    def __init__(self, session: Session, region_id: str) -> None:
        self.session = session
        self.region_id = region_id

    @cached_property
    def sts(self) -> StsClient:
        return StsClient(self.session)

    @cached_property
    def ecs(self) -> EcsClient:
        return EcsClient(self.session, self.region_id)

    @cached_property
    def security_groups(self) -> SecurityGroupClient:
        return SecurityGroupClient(self.ecs)

    @cached_property
    def assistant(self) -> AssistantClient:
        return AssistantClient(self.ecs)

    @cached_property
    def vpc(self) -> VpcClient:
        return VpcClient(self.session, self.region_id)

    @cached_property
    def oos(self) -> OosClient:
        return OosClient(self.session, self.region_id)

    @cached_property
    def oss(self) -> OssClient:
        return OssClient(self.session, self.region_id)

    @cached_property
    def bss(self) -> BssClient:
        return BssClient(self.session)


def load_sdks_in_background() -> None:
    """Start importing the SDKs, which takes a second, while the caller reads the project."""
    threading.Thread(target=_import_sdks, name="load-sdks", daemon=True).start()


def _import_sdks() -> None:
    import alibabacloud_credentials.client  # noqa: F401
    import alibabacloud_oss_v2  # noqa: F401
    import alibabacloud_sts20150401.client  # noqa: F401

    import alibabacloud_ecs20140526.client  # noqa: F401  # isort: skip  (slowest, so last)
    import alibabacloud_oos20190601.client  # noqa: F401  # isort: skip
    import alibabacloud_vpc20160428.client  # noqa: F401  # isort: skip
