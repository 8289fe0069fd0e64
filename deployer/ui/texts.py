"""The words of headings and fixed notices, in English and Chinese. What the cloud and the errors say stays as it is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]

_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "plan": ("Plan", "部署计划"),
        "steps": ("Steps", "步骤"),
        "title.analyze": ("Read the project", "读取项目"),
        "title.configure": ("Resolve the configuration", "确定配置"),
        "title.package": ("Package the project", "打包项目"),
        "title.check": ("Check credentials and identity", "检查凭证与身份"),
        "title.plan": ("Observe, price and plan", "查询现状、询价并制定计划"),
        "title.upload": ("Upload to OSS", "上传到 OSS"),
        "title.provision": ("Prepare network and instance", "准备网络与实例"),
        "title.release": ("Release on the instance", "在实例上发布"),
        "title.verify": ("Verify that it runs", "验证运行状态"),
        "step.create": ("create", "新建"),
        "step.keep": ("there already", "已存在"),
        "step.change": ("change", "变更"),
        "notice": ("notice", "提示"),
        "nothing": ("Nothing to do: what runs is what you have.", "无需变更：线上版本与本地一致。"),
        "risks": ("Needs your consent", "需要您确认的事项"),
        "price": ("Deployment Price Estimate", "部署费用预估"),
        "item": ("item", "计费项"),
        "specification": ("specification", "规格"),
        "hourly": ("per hour", "每小时"),
        "monthly": ("per month", "每月"),
        "subtotal": ("subtotal", "小计"),
        "total": ("Total", "合计"),
        "hour": ("hour", "小时"),
        "month": ("month", "月"),
        "month.rule": ("30 days x 24 hours", "按 30 天 × 24 小时计算"),
        "by.use": ("by use", "按量"),
        "associated": ("Charged by use, in no total", "关联计费（按实际用量结算，不计入合计）"),
        "unpriced": ("No price known for", "未获取到价格"),
        "cross.check": ("the other price API says", "另一价格接口报价"),
        "no.compute": ("no new compute; OSS only", "不新建计算资源，仅产生 OSS 费用"),
        "estimate": ("Estimated; the bill decides.", "以上为预估价格，实际费用以账单为准。"),
        "requests": ("RequestId", "RequestId"),
        "source": ("source", "来源"),
        "region": ("Region", "区域"),
        "target": ("Target", "部署目标"),
        "new.ecs": ("new ECS instance", "新建 ECS 实例"),
        "existing.ecs": ("existing ECS instance", "已有 ECS 实例"),
        "application": ("Application", "应用"),
        "group": ("Group", "分组"),
        "status": ("Status", "状态"),
        "release": ("Release", "版本"),
        "execution": ("Execution", "执行"),
        "instances": ("ECS instances", "ECS 实例"),
        "address": ("Address", "访问地址"),
        "console": ("Console", "控制台"),
        "usage": ("How to use it", "使用方法"),
        "cost": ("Cost reminder", "费用提醒"),
        "next": ("Next", "后续操作"),
        "self.check": ("Deployment self-check report", "部署自检报告"),
        "warnings": ("Warnings", "警告"),
        "deployed": ("deployed", "已部署"),
        "unchanged": ("unchanged", "无变更"),
        "running": ("running", "运行中"),
        "failed": ("failed", "失败"),
        "done": ("done", "完成"),
        "inconclusive": ("cannot tell", "无法判断"),
        "verification": ("Post-deploy verification", "部署后验证"),
        "log": ("Application log", "应用日志"),
        "log.none": ("no log was found", "未获取到日志"),
        "log.dropped": ("{count} bytes are not shown", "有 {count} 字节未显示"),
        "checks": ("Environment check", "环境检查"),
        "checks.good": ("All checks passed. Ready to deploy.", "全部检查通过，可以部署。"),
        "checks.bad": (
            "{count} to mend; then run `{again}` again.",
            "{count} 项需处理，处理后请重新运行 `{again}`。",
        ),
        "fix": ("fix", "处理"),
        "ask": ("ask the user", "询问用户"),
        "or": ("or", "或"),
        "empty": ("none", "无"),
        "config.valid": ("{path} is valid", "{path} 有效"),
        "confirm.head": (
            "Ask for each of these; deploy only when every one is agreed to:",
            "请逐项向用户确认，全部同意后才能部署：",
        ),
        "confirm.run": ("then run", "确认后运行"),
        "error": ("error", "错误"),
        "hint": ("hint", "建议"),
        "facts": ("facts", "详情"),
        "try": ("try", "可运行"),
        "answers": ("Please answer", "请回答"),
        "allowed": ("allowed", "允许"),
        "region.other": ("another region, by its id", "其他区域（输入区域 ID）"),
        "region.id": ("region id:", "区域 ID："),
        "instances.which": ("Which ECS instance?", "使用哪台 ECS 实例？"),
        "instances.none": (
            "There is no ECS instance to choose from in {region}. What now?",
            "{region} 没有可选的 ECS 实例，请选择：",
        ),
        "instances.other": ("another instance, by its id", "其他实例（输入实例 ID）"),
        "instances.new": ("a new instance instead", "改为新建实例"),
        "instances.id": ("ECS instance id:", "ECS 实例 ID："),
        "instances.unknown": (
            "The instances of {region} cannot be listed: {reason}",
            "无法获取 {region} 的实例列表：{reason}",
        ),
        "yes": ("yes", "是"),
        "no": ("no", "否"),
        "unknown": ("cannot tell", "无法判断"),
        "detect.ways": ("ways the README names:", "README 中的运行方式："),
        "detect.evidence": ("evidence:", "依据："),
        "detect.mentions": ("the README mentions:", "README 还提到："),
        "detect.conflicts": ("the README and the project's files disagree:", "README 与项目文件不一致："),
        "detect.warning": ("warning", "警告"),
        "elapsed": ("took", "用时"),
        "summary.price": (
            (
                "Estimated cost: {currency} {hourly}/hour (~{currency} {monthly}/month); OSS storage and requests come "
                "on top, and public traffic by use. Confirm to continue?"
            ),
            (
                "预估费用：{currency} {hourly}/小时（约 {currency} {monthly}/月），另有少量 OSS 存储与请求费用，"
                "公网流量按实际用量计费。是否确认继续部署？"
            ),
        ),
    }
)


def text(key: str, language: Language = "en", **values: object) -> str:
    """The words for a key, with `{name}` filled in.

    Errors: KeyError for a key that is not in the catalogue.
    """
    english, chinese = _TEXTS[key]
    return (chinese if language == "zh" else english).format(**values)


def step_title(step_id: str, title: str, language: Language) -> str:
    """What a step is called in the language; a step that is not in the catalogue keeps its own title."""
    key = f"title.{step_id}"
    return text(key, language) if language != "en" and key in _TEXTS else title


def language_of(setting: str, locale: str) -> Language:
    """The language for `--lang en|zh|auto`; "auto" looks at a locale such as `zh_CN.UTF-8`."""
    if setting in ("en", "zh"):
        return "zh" if setting == "zh" else "en"
    return "zh" if locale.lower().startswith("zh") else "en"
