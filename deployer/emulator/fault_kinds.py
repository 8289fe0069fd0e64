"""What can go wrong: the kinds of fault, and the refusals that have a name of their own.

Source of the codes: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances and the
pages of the other operations named here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

FaultKind = Literal[
    "error",  # refused with status, code and message; nothing was done
    "throttle",  # refused until the next full minute of the clock
    "stock_out",  # refused: nothing of what is asked for is left in the zone
    "quota",  # refused: the account holds as many as it may
    "balance",  # refused: too little money; QueryAccountBalance says so, too
    "timeout_before",  # nothing was done, no answer comes
    "timeout_after",  # the work was done, no answer comes
    "reset",  # the connection is reset while the client sends; nothing was done
    "reset_after",  # the work was done, the connection is reset while the answer comes
    "cut_answer",  # the work was done, the connection is closed in the middle of the answer
    "cut_json",  # the work was done, the answer is said to be whole and is not
    "empty_200",  # the work was done, the answer has no body
    "foreign_answer",  # `body` comes in place of the answer, with `status`; nothing was done
    "http_502_html",  # a proxy answers with a page; nothing was done
    "html_200",  # something on the way answers with a page and HTTP 200; nothing was done
    "lag",  # the work is done after `seconds`
    "slow",  # request and answer travel at `bytes_per_second`
    "agent_offline",  # Cloud Assistant's agent on the instances is silent
    "disk_full",  # nothing can be written on the instances
    "command_failed",  # commands on the instances end with exit code 1, without having run
]
KINDS: frozenset[str] = frozenset(get_args(FaultKind))
AFTER_THE_WORK: frozenset[str] = frozenset({"timeout_after", "reset_after", "cut_answer", "cut_json", "empty_200"})
# Conditions of a machine: no call is refused, what the call is about is not as it should be.
OF_MACHINES: frozenset[str] = frozenset({"agent_offline", "disk_full", "command_failed"})
# These last until they are cleared unless a number of times is given; the others strike once.
LASTING: frozenset[str] = frozenset({"stock_out", "quota", "balance", "slow", "agent_offline", "disk_full"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error as the product words it."""

    status: int
    code: str
    message: str


_NO_STOCK = Refusal(
    status=403, code="OperationDenied.NoStock", message="The resource is out of stock in the specified zone."
)
_NO_MONEY = Refusal(
    status=403,
    code="InvalidAccountStatus.NotEnoughBalance",
    message="Your account does not have enough balance.",
)

# Which operations a named refusal strikes when none is given, and what each of them then says.
REFUSALS: Mapping[str, Mapping[str, Refusal]] = MappingProxyType(
    {
        "stock_out": {"RunInstances": _NO_STOCK, "CreateInstance": _NO_STOCK, "StartInstance": _NO_STOCK},
        "balance": {
            "RunInstances": _NO_MONEY,
            "CreateInstance": _NO_MONEY,
            "AllocateEipAddress": Refusal(
                status=400, code="InsufficientBalance", message="Your account does not have enough balance."
            ),
        },
        "quota": {
            "RunInstances": Refusal(
                status=403,
                code="QuotaExceed.ElasticQuota",
                message="The number of vCPUs has exceeded the quota of pay-as-you-go instances.",
            ),
            "CreateSecurityGroup": Refusal(
                status=403,
                code="QuotaExceed.SecurityGroup",
                message="The maximum number of security groups is exceeded.",
            ),
            "RunCommand": Refusal(
                status=403, code="CmdCount.ExceedQuota", message="The total number of commands exceeds the quota."
            ),
            "CreateVpc": Refusal(status=400, code="QuotaExceeded.Vpc", message="VPC quota exceeded."),
            "CreateVSwitch": Refusal(status=400, code="QuotaExceeded.VSwitch", message="VSwitch quota exceeded."),
            "AllocateEipAddress": Refusal(
                status=400, code="QuotaExceeded.Eip", message="Elastic IP address quota exceeded."
            ),
            "PutBucket": Refusal(
                status=400,
                code="TooManyBuckets",
                message="You have attempted to create more buckets than allowed.",
            ),
        },
    }
)
