"""What a heading says of the commands below it: for servers, for anybody, for developers, or better not (English and Chinese)."""

import re
from collections.abc import Iterable
from enum import IntEnum


class Standing(IntEnum):
    """How far the commands of a section are meant for a server, best first."""

    PRODUCTION = 0
    PLAIN = 1
    DEVELOPMENT = 2
    DISCOURAGED = 3  # tests, what is deprecated, other systems, what comes after


_WORDS = {
    Standing.PRODUCTION: frozenset({"production", "prod", "deploy", "deploying", "deployment", "hosting", "selfhost"}),
    Standing.DEVELOPMENT: frozenset({
        "development", "develop", "developing", "dev", "debug", "debugging", "contribute", "contributing", "contribution",
        "contributors", "hacking", "reload",
    }),
    Standing.DISCOURAGED: frozenset({
        "deprecated", "legacy", "obsolete", "outdated", "unsupported", "unmaintained", "test", "tests", "testing", "linting",
        "uninstall", "uninstallation", "upgrade", "upgrading", "windows", "troubleshooting", "faq", "changelog", "benchmark",
        "benchmarks", "roadmap", "alternatives",
    }),
}  # fmt: skip
_CHINESE = {
    Standing.PRODUCTION: ("生产", "部署", "上线", "线上"),
    Standing.DEVELOPMENT: ("开发", "调试", "贡献"),
    Standing.DISCOURAGED: (
        "废弃",
        "弃用",
        "过时",
        "旧版",
        "不推荐",
        "测试",
        "卸载",
        "常见问题",
        "更新日志",
        "排错",
        "升级",
    ),
}
_UNIX = frozenset({"linux", "mac", "macos", "unix", "osx", "ubuntu", "debian", "centos"})
_WARNING = re.compile(
    r"\bdeprecated\b|\bobsolete\b|\bno longer\b|\bdo not use\b|\bdon't use\b|\bwindows\b|不推荐|已废弃|已弃用|不再(?:支持|使用|维护)|请勿使用",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"(?:\bnot|n't|\bnever|\bavoid|\binstead of|\brather than|\bwithout|\bno longer|不要|请勿|切勿|不能|不再|而不是)[^.。;；]{0,30}$",
    re.IGNORECASE,
)

_RUN = re.compile(
    r"(?:\b(?:run|running|start|execute|launch|call|use|with|via|do)|运行|启动|执行|使用|用)\W{0,3}(?:the script\W{0,3})?$",
    re.IGNORECASE,
)
_PROSE = frozenset({
    "the", "a", "an", "to", "and", "it", "is", "are", "you", "your", "in", "on", "for", "with", "then", "or", "this", "that", "if",
    "can", "will", "of", "as", "at", "by", "from", "be", "starts", "runs",
})  # fmt: skip


def standing_of(headings: Iterable[str], lead: str = "") -> Standing:
    """The standing of what is below these headings, after this paragraph: the innermost heading that says something decides.

    What a heading anywhere above calls deprecated stays so.
    """
    found = [one for one in map(_standing_of_title, headings) if one is not Standing.PLAIN]
    if Standing.DISCOURAGED in found or _is_warned_of(lead):
        return Standing.DISCOURAGED
    return found[-1] if found else Standing.PLAIN


def is_negated(before: str) -> bool:
    """Whether the words before a piece of code say not to do what it does."""
    return _NEGATION.search(before[-60:]) is not None


def asks_to_run(before: str) -> bool:
    """Whether the words right before a piece of code say to run it."""
    return _RUN.search(before[-60:]) is not None


def is_prose(line: str) -> bool:
    """Whether a line that nothing marks as code is a sentence that only begins like a command: "make sure it runs"."""
    return line.rstrip()[-1:] in ".,:;!?。，：；！？" or bool(_PROSE & set(line.lower().split()))


def _is_warned_of(lead: str) -> bool:
    found = _WARNING.search(lead)
    return found is not None and not (found[0].lower() == "windows" and _UNIX & set(_words(lead)))


def _standing_of_title(title: str) -> Standing:
    words = set(_words(title))
    if words & _UNIX:
        words.discard("windows")
    if words & {"local", "locally"}:
        words -= {"test", "testing"}  # "Testing locally" is how it is run
    for standing in (Standing.DISCOURAGED, Standing.DEVELOPMENT, Standing.PRODUCTION):
        if words & _WORDS[standing] or any(word in title for word in _CHINESE[standing]):
            return standing
    return Standing.PLAIN


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())
