"""The words of the language: which keys, actions, properties and functions exist.

Source: https://help.aliyun.com/zh/oos/user-guide/terms, the pages of each action, and public templates.
"""

import re
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
    """
    actiontrail adb adp aegis ahas alb alidns alikafka alimt amqp anycasteip apig apigateway approve appstream
    arms arms4finance baas bailian bds bpstudio bss bssopenapi cams cas cassandra cbn cc5g cciotgw cddc cdn cen
    cfw cicd clickhouse cloudapi cloudauth cloudcontrol cloudesl cloudfirewall cloudfw cloudphone cloudsiem
    cloudsso cms cn codeup companyreg computenest computenestsupplier config cr cs csas csb das databricks
    datahub dataphin dataworks dbfs dbs dbss dcdn ddos ddosbgp ddoscoo dds devops devopsrdc dfs dg dingtalk dlf
    dms dns dplus drds drs dts dyplsapi dysmsapi dyvmsapi eais eas ebs ecd eci ecp ecs edas eds edsaic eflo
    ehpc eiam eip elasticsearch emas emr ens eprn es ess eventbridge expressconnect fc fnf foas ga gdb
    governance gpdb gwlb gws hbase hbr hcs hitsdb hologram hsm httpdns idaas imagesearch imm ims iot ipam kafka
    kms kvstore kvstoreactions lindorm linkwan live log managedinstance market maxcompute mns mongodb mps mq
    mse mts nas nat nis nlb nls notify oceanbase ocs odps oms ons onsmqtt oos opensearch oss ossutil ots pai
    petadata polardb polardbx privatelink privatezone pvtz quotas rabbitmq ram rdc rds redis resourcecenter
    resourcedirectory resourcegroup resourcemanager resourcesharing rkvstore rocketmq ros rtc sae sag sas sc
    scdn schedulerx sddp searchplat selectdb servicecatalog servicemesh sgw slb sls smartag smc sms ssl sts
    supportplan swas tablestore tag tair tdsr threatdetection transitrouter tsdb vcs vod vpc vpn waf webplus
    websitebuild workorder xtrace yundun yunjian
    """.split()  # noqa: SIM905  (so many words read better than so many literals)
)
# How many arguments a function takes, where enough uses were seen to be sure.
ARGUMENT_COUNTS: Mapping[str, int] = MappingProxyType(
    {
        "fn::equals": 2,
        "fn::if": 3,
        "fn::join": 2,
        "fn::jq": 3,
        "fn::replace": 2,
        "fn::select": 2,
        "fn::split": 2,
    }
)
# Product actions whose properties are all known; of others only some uses were seen.
WHOLLY_KNOWN_ACTIONS = frozenset(
    [
        "acs::cicd::softwarepackagedeploy",
        "acs::cicd::softwarepackagedeployonsingleecs",
        "acs::ecs::attachdisk",
        "acs::ecs::deleteimage",
        "acs::ecs::deleteinstance",
        "acs::ecs::describeinstancesbyname",
        "acs::ecs::describeinstancesbystatus",
        "acs::ecs::describeinstancesbytag",
        "acs::ecs::downloadfile",
        "acs::ecs::downloadfileandruncommand",
        "acs::ecs::downloadossfile",
        "acs::ecs::downloadossfileandruncommand",
        "acs::ecs::installcloudassistant",
        "acs::ecs::invokecommand",
        "acs::ecs::modifyinstanceattribute",
        "acs::ecs::modifyinstancespec",
        "acs::ecs::rebootinstance",
        "acs::ecs::replacesystemdisk",
        "acs::ecs::resetdisk",
        "acs::ecs::runcommand",
        "acs::ecs::runcommandforlongtime",
        "acs::ecs::runinstances",
        "acs::ecs::startinstance",
        "acs::ecs::stopinstance",
        "acs::ecs::taginstancebylinuxkernelversion",
        "acs::ecs::taginstancebyostype",
        "acs::ecs::taginstancebyruncommandresult",
        "acs::ecs::uploadossfile",
        "acs::oss::generateurl",
    ]
)


def is_product_action(action: str) -> bool:
    """Whether the name has the form `ACS::<Product>::<Name>` with a product OOS knows."""
    parts = action.casefold().split("::")
    return (
        len(parts) == 3 and parts[0] == "acs" and parts[1] in PRODUCTS and re.fullmatch(r"[\w-]+", parts[2]) is not None
    )
