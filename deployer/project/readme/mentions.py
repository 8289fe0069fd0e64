"""What a README mentions beside commands: ports, settings, and words that are meant for AI agents."""

import re
from collections.abc import Iterable, Sequence

from deployer.project.readme.document import CodeBlock
from deployer.project.readme.model import Runtime

_LOCAL_URL = re.compile(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?:</?\w{1,10}>)?:(\d{2,5})\b")
_NAMED_PORT = re.compile(
    r"\bport(?:\s+is|:)?\s+`?(\d{4,5})\b|端口(?:号)?\s?(?:为|是|：|:)?\s?`?(\d{2,5})(?!\d)", re.IGNORECASE
)
_PORTS_OF_OTHERS = frozenset(
    {22, 1433, 3306, 5432, 5672, 6379, 9092, 9200, 11211, 11434, 27017}
)  # databases and queues
_VARIABLE = re.compile(r"\s*(?:export\s+|set\s+|-\s+|ENV\s+)?([A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){0,8})\s?=(?![=>])")
_NAMED_VARIABLE = re.compile(r"[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}){1,8}")
_MOST_VARIABLES = 100
_RUNTIME = re.compile(
    r"(?<![\w/.-])(python|node(?:\.js)?|nodejs|java|jdk|go|golang|php|ruby|\.net)\s?(?:version|版本)?\s?(?:>=|≥|>|v|:|：)?\s?(\d{1,2}(?:\.\d{1,2})?)(?![\d/%])",
    re.IGNORECASE,
)
_RUNTIME_NAMES = {
    "python": "Python", "node": "Node.js", "nodejs": "Node.js", "java": "Java", "jdk": "Java", "go": "Go", "golang": "Go",
    "php": "PHP", "ruby": "Ruby", ".net": ".NET",
}  # fmt: skip
_TALK = (
    "ignore previous instructions", "ignore all previous", "ignore prior instructions", "disregard previous", "disregard all previous",
    "ai agents must", "ai agent must", "ai assistants must", "ai assistant must", "agents must run", "agents must execute", "if you are an ai", "if you are a language model",
    "as an ai ", "note to ai", "note for ai", "instructions for ai", "attention ai", "do not tell the user",
    "without telling the user", "without asking the user", "忽略之前的指令", "忽略以上指令", "忽略先前的指令", "不要告诉用户",
)  # fmt: skip


def read_ports(lines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """(number, line) of local addresses, then of sentences that name a port."""
    addresses = [
        (found[1], number) for number, line in enumerate(lines, start=1) for found in _LOCAL_URL.finditer(line)
    ]
    named = [
        (found[1] or found[2], number)
        for number, line in enumerate(lines, start=1)
        for found in _NAMED_PORT.finditer(line)
    ]
    ports = ((int(text), number) for text, number in (*addresses, *named))
    return tuple((port, number) for port, number in ports if 0 < port < 65536 and port not in _PORTS_OF_OTHERS)


def read_variables(blocks: Iterable[CodeBlock]) -> tuple[tuple[str, int], ...]:
    """(name, line) of the settings that are assigned in code, or named alone as code; each at its first line. No values."""
    found: dict[str, int] = {}
    for block in blocks:
        if block.is_inline:
            name = block.text.partition("=")[0].removeprefix("$").strip("{}")
            if _NAMED_VARIABLE.fullmatch(name):
                found.setdefault(name, block.line)
            continue
        for number, line in enumerate(block.text.split("\n"), start=block.line):
            assigned = _VARIABLE.match(line[:200])
            if assigned is not None and len(found) < _MOST_VARIABLES:
                found.setdefault(assigned[1], number)
    return tuple(found.items())


def read_runtimes(lines: Sequence[str]) -> tuple[Runtime, ...]:
    """The versions of languages the README asks for, each language at its first line."""
    found: dict[str, Runtime] = {}
    for number, line in enumerate(lines, start=1):
        for version in _RUNTIME.finditer(line):
            name = _RUNTIME_NAMES[version[1].lower().removesuffix(".js")]
            found.setdefault(name, Runtime(name=name, version=version[2], line=number))
    return tuple(found.values())


def find_talk(lines: Sequence[str]) -> tuple[int, ...]:
    """The lines that give orders to AI agents, in comments or in sight; at most ten."""
    spoken = (number for number, line in enumerate(lines, start=1) if any(words in line.lower() for words in _TALK))
    return tuple(number for number, _ in zip(spoken, range(10), strict=False))
