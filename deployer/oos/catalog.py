"""The words of the language: which keys, actions, properties and functions exist.

Source: https://help.aliyun.com/zh/oos/user-guide/terms, the pages of each action, and public templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from deployer.oos.functions import FUNCTIONS, UNDESCRIBED_FUNCTIONS

TOP_LEVEL_KEYS = frozenset(
    {"FormatVersion", "Description", "Parameters", "RamRole", "Conditions", "Tasks", "Outputs", "Metadata"}
)
PARAMETER_KEYS = frozenset(
    {
        "Type",
        "Label",
        "Description",
        "Default",
        "AllowedValues",
        "AllowedPattern",
        "MinLength",
        "MaxLength",
        "MinValue",
        "MaxValue",
        "ConstraintDescription",
        "NoEcho",
        "AssociationProperty",
        "AssociationPropertyMetadata",
    }
)
PARAMETER_TYPES = frozenset({"String", "Number", "Boolean", "List", "Json"})
OUTPUT_TYPES = PARAMETER_TYPES | {"Array", "Object"}
RETRY_KEYS = frozenset({"Retries", "Delay", "DelayType", "BackOff", "MaxRetryInterval"})
TASK_KEYS = RETRY_KEYS | {
    "Name",
    "Action",
    "Description",
    "When",
    "Properties",
    "Outputs",
    "OnError",
    "OnSuccess",
    "Loop",
}
RATE_CONTROL_KEYS = frozenset({"Mode", "Concurrency", "MaxErrors", "Batch", "ConcurrencyInBatches", "BatchPauseOption"})
LOOP_KEYS = RATE_CONTROL_KEYS | {"Items", "RateControl", "Outputs"}
PAUSE_OPTIONS = frozenset({"Automatic", "FirstBatchPause", "EveryBatchPause"})
AGGREGATE_TYPES = frozenset({"fn::listjoin", "fn::sum"})
# By folded name, without the leading `acs::`. `Now` and `TemplateName` are met nowhere.
BUILT_IN_NAMES = frozenset(
    {
        "taskloopitem",
        "regionid",
        "executionid",
        "accountid",
        "currentutctime",
        "oosutilversion",
        "currentdate",
        "executeuser",
    }
)
FUNCTION_NAMES = frozenset(FUNCTIONS) | UNDESCRIBED_FUNCTIONS | {"fn::if", "fn::not", "fn::and", "fn::or"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRule:
    """What an atomic action takes. `properties` None: its properties are not checked."""

    properties: frozenset[str] | None = None
    required: frozenset[str] = frozenset()
    may_loop: bool = False


_API = frozenset({"Service", "API", "Parameters", "AutoPaging", "Method", "URI", "Headers", "Body", "Risk"})
_POLL = _API | {"PropertySelector", "DesiredValues", "NotDesiredValues", "StopRetryValues"}
_MESSAGE = frozenset({"NotifyType", "WebHook"})

# By folded name.
ATOMIC_ACTIONS: Mapping[str, ActionRule] = MappingProxyType(
    {
        "acs::executeapi": ActionRule(properties=_API, required=frozenset({"Service", "API"}), may_loop=True),
        "acs::waitfor": ActionRule(
            properties=_POLL, required=frozenset({"Service", "API", "PropertySelector"}), may_loop=True
        ),
        "acs::checkfor": ActionRule(
            properties=_POLL, required=frozenset({"Service", "API", "PropertySelector"}), may_loop=True
        ),
        "acs::executehttprequest": ActionRule(
            properties=frozenset({"Method", "URL", "Headers", "Query", "Body", "WaitFor", "CheckFor"}),
            required=frozenset({"URL"}),
            may_loop=True,
        ),
        "acs::selecttargets": ActionRule(
            properties=frozenset({"ResourceType", "RegionId", "Filters"}),
            required=frozenset({"Filters"}),
            may_loop=True,
        ),
        "acs::template": ActionRule(
            properties=frozenset({"TemplateName", "TemplateVersion", "Parameters"}),
            required=frozenset({"TemplateName"}),
            may_loop=True,
        ),
        "acs::loop": ActionRule(
            properties=frozenset({"LoopItems", "LoopRateControl", "LoopTasks"}),
            required=frozenset({"LoopItems", "LoopTasks"}),
        ),
        "acs::choice": ActionRule(properties=frozenset({"DefaultTask", "Choices"}), required=frozenset({"Choices"})),
        "acs::sleep": ActionRule(properties=frozenset({"Duration", "EndDate"})),
        "acs::pause": ActionRule(properties=frozenset()),
        "acs::approve": ActionRule(properties=_MESSAGE | {"Approvers", "MinRequiredApprovals"}),
        "acs::notify": ActionRule(properties=_MESSAGE, required=_MESSAGE),
        "acs::timertrigger": ActionRule(
            properties=frozenset({"Type", "Expression", "TimeZone", "StartDate", "EndDate"}),
            required=frozenset({"Type", "Expression"}),
        ),
        "acs::alarmtrigger": ActionRule(),
        "acs::eventtrigger": ActionRule(),
        "acs::gitcoderepo": ActionRule(may_loop=True),
    }
)

TRIGGER_ACTIONS = frozenset({"acs::timertrigger", "acs::alarmtrigger", "acs::eventtrigger"})

# `ACS::<Product>::<Name>` is a cloud product action. The products seen to have some, or known to OOS, by folded name;
# there is no published list of the actions themselves, so only invented products can be told.
PRODUCTS = frozenset(
    [
        "actiontrail",
        "adb",
        "alb",
        "alidns",
        "ahas",
        "apigateway",
        "approve",
        "arms",
        "bss",
        "cas",
        "cbn",
        "cdn",
        "cddc",
        "cen",
        "cicd",
        "clickhouse",
        "cloudfw",
        "cms",
        "cn",
        "computenest",
        "config",
        "cr",
        "cs",
        "das",
        "dataworks",
        "dbs",
        "dcdn",
        "ddos",
        "dds",
        "dms",
        "dns",
        "drds",
        "dts",
        "ecd",
        "eci",
        "ecs",
        "edas",
        "eds",
        "ehpc",
        "eip",
        "elasticsearch",
        "emr",
        "ens",
        "ess",
        "fc",
        "ga",
        "gpdb",
        "gwlb",
        "hbase",
        "hbr",
        "kafka",
        "kms",
        "kvstore",
        "lindorm",
        "log",
        "managedinstance",
        "mongodb",
        "mq",
        "mse",
        "nas",
        "nlb",
        "nls",
        "notify",
        "ons",
        "oos",
        "opensearch",
        "oss",
        "ots",
        "pai",
        "polardb",
        "privatelink",
        "pvtz",
        "quotas",
        "ram",
        "rdc",
        "rds",
        "redis",
        "resourcecenter",
        "resourcemanager",
        "rocketmq",
        "ros",
        "sae",
        "sas",
        "sddp",
        "slb",
        "sls",
        "smc",
        "sms",
        "sts",
        "swas",
        "tag",
        "tair",
        "vod",
        "vpc",
        "vpn",
        "waf",
        "yundun",
    ]
)


def is_product_action(action: str) -> bool:
    """Whether the name has the form `ACS::<Product>::<Name>` with a product OOS knows."""
    parts = action.casefold().split("::")
    return len(parts) == 3 and parts[0] == "acs" and parts[1] in PRODUCTS and parts[2].isalnum()
