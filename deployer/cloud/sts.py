"""STS: who the credentials belong to."""

from typing import Any

from deployer.cloud.session import CONTROL_REGION_ID, Identity, Session


class StsClient:
    """Security Token Service 2015-04-01."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_identity(self) -> Identity:
        """Account, ARN and the source of the credentials. The cheapest proof of credentials, clock and network.

        Errors: AccessError, TransientError.
        Source: https://help.aliyun.com/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity
        """
        from alibabacloud_sts20150401.client import Client

        client: Any = Client(self._session.rpc_config("sts", CONTROL_REGION_ID))
        response = self._session.call("sts:GetCallerIdentity", client.get_caller_identity)
        source = self._session.read_credential().provider_name or "static"
        return Identity(
            account_id=response.body.account_id or "",
            arn=response.body.arn or "",
            identity_type=response.body.identity_type or "",
            source=source,
            expires_at=self._session.find_expiry(source),
        )
