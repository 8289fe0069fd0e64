"""No price could be had."""

from deployer.errors.base import DeployerError


class PriceUnavailable(DeployerError):
    """The cloud gave no price, so nothing can be agreed to."""

    code = "price.unavailable"
    exit_code = 1

    def __init__(self, cause: DeployerError, command: str) -> None:
        super().__init__(
            f"no price could be had: {cause.message}",
            hint=cause.hint or "check instance type, region, permissions and network, then ask again",
            next_commands=(command,),
            cause=cause.as_dict(),
            usual_causes=[
                "the instance type is not sold in the region",
                "the identity may not ask for prices",
                "the region id is wrong",
                "the network or a proxy is in the way",
            ],
        )
        self.retryable = cause.retryable  # type: ignore[misc]  # as retryable as what caused it
