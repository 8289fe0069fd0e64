"""The end of a deploy: what runs where, how to use it, what it costs, how it is deleted, and the proof of each step."""

from deployer.models.report import Report
from deployer.ui.printable import printable
from deployer.ui.tables import render_fields
from deployer.ui.texts import Language, text


def render_report(report: Report, language: Language = "en") -> str:
    """The final block. The cost reminder and the commands are always in it."""
    blocks = [
        render_self_check(report, language),
        _summary(report, language),
        _list("usage", report.usage, language),
        _pairs("console", report.console_urls, language),
        f"⚠️ {text('cost', language)}: {printable(report.cost_reminder)}",
        _pairs("next", report.next_commands, language),
        _list("warnings", report.warnings, language),
    ]
    return "\n\n".join(block for block in blocks if block)


def render_self_check(report: Report, language: Language = "en") -> str:
    """The numbered list that shows each step was really done, with its proof."""
    if not report.self_check:
        return ""
    good = all(item.done for item in report.self_check)
    lines = ["---", f"{'✅' if good else '❌'} {text('self.check', language)}:"]
    lines += [
        f"  {item.number}. {printable(item.title)} — {printable(item.proof)} {'✅' if item.done else '❌'}"
        for item in report.self_check
    ]
    return "\n".join([*lines, "---"])


def _summary(report: Report, language: Language) -> str:
    status = text(report.status, language) if report.status in ("deployed", "unchanged") else printable(report.status)
    return render_fields(
        [
            (text("application", language), report.application_name),
            (text("region", language), report.deploy_region_id),
            (text("group", language), report.application_group_name),
            (text("status", language), f"{status}, {text(report.verdict.value, language)}"),
            (text("release", language), report.release_id),
            (text("execution", language), report.execution_id),
            (text("instances", language), report.instance_ids),
            ("IP", report.public_ips),
            (text("address", language), report.urls),
            (text("elapsed", language), f"{report.elapsed_seconds:.1f} s"),
        ]
    )


def _list(key: str, lines: tuple[str, ...], language: Language) -> str:
    if not lines:
        return ""
    return "\n".join([f"{text(key, language)}:", *(f"  {printable(line)}" for line in lines)])


def _pairs(key: str, pairs: tuple[tuple[str, str], ...], language: Language) -> str:
    if not pairs:
        return ""
    inner = render_fields(pairs)
    return "\n".join([f"{text(key, language)}:", *(f"  {line}" for line in inner.split("\n"))])
