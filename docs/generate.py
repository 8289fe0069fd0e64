"""Writes the reference pages beside it from the code itself: errors, events, commands, configuration.

Run it from a checkout after changing one of them: `python docs/generate.py`. A test fails while a page is stale.
"""

import ast
import importlib
import inspect
import pkgutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOTE = "<!-- Written by docs/generate.py from the code; change it there. -->\n"
OTHER_VARIABLES = (
    ("DEPLOYER_LOCAL", "`1`: the local cloud, as `--local`"),
    (
        "DEPLOYER_ENDPOINT",
        "`127.0.0.1:PORT` of a local cloud that answers for every product, started by other means",
    ),
    (
        "DEPLOYER_SESSION_ID",
        "the run's id in the user agent of every call: 16 to 64 lower-case hexadecimal digits or dashes",
    ),
    ("DEPLOYER_STATE_DIR", "where the local cloud keeps its state"),
    ("DEPLOYER_CACHE_DIR", "where archives and approved plans are kept"),
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "the default chain's, with `…_ACCESS_KEY_SECRET` and `…_SECURITY_TOKEN`"),
    ("ALIBABA_CLOUD_PROFILE", "the CLI profile, as `--profile`"),
    ("ALIBABA_CLOUD_REGION_ID", "proposed as the answer when the region is asked for, and what `check` looks at"),
    ("NO_COLOR", "no colour"),
)
SCRIPT_VARIABLES = (
    ("DEPLOYER_RELEASE_ID", "the release that is started"),
    ("DEPLOYER_RELEASE_DIR", "the folder with the unpacked project, where the script begins"),
    ("DEPLOYER_ARCHIVE", "the archive it was unpacked from"),
    ("DEPLOYER_APPLICATION", "the application's name; it marks the processes that belong to it"),
    ("DEPLOYER_REGION_ID", "the instance's region; mirrors for mainland China are used there alone"),
    ("DEPLOYER_LOG", "the log file"),
    ("DEPLOYER_PID_FILE", "the file for the main process's id"),
    ("APP_PORT", "the port to listen on"),
)
EXITS = (
    (0, "done, or nothing to do; `verify`: running"),
    (1, "changes were made and the release failed, or it runs unhealthy; `check`, `price`: not good"),
    (2, "`verify` could not tell"),
    (3, "an answer or approval is missing: all of them are listed, with their flags"),
    (64, "wrong flags"),
    (65, "the project or its configuration has to be mended"),
    (69, "the cloud said no before anything changed"),
    (70, "a defect of ours; the traceback is in the file that is named"),
    (75, "throttled, locked or unreachable: the same command may work later"),
    (77, "credentials or permissions"),
    (130, "interrupted"),
)


def error_classes() -> list[type]:
    """Every error a user can meet, by code."""
    from deployer import errors
    from deployer.errors.base import DeployerError

    found = {DeployerError}
    for module in pkgutil.iter_modules(errors.__path__, "deployer.errors."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and issubclass(one, DeployerError):
                found.add(one)
    return sorted(found, key=lambda one: (one.exit_code, one.code, one.__name__))


def event_classes() -> list[type]:
    """Every event, in the order of the module."""
    from deployer import events

    kinds = [one for one in vars(events).values() if isinstance(one, type) and issubclass(one, events.Event)]
    return [one for one in kinds if one is not events.Event]


def warning_codes() -> list[str]:
    """The codes of `warning.raised`, as the code gives them."""
    found = set()
    for path in sorted((ROOT / "deployer").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "WarningRaised":
                found |= {
                    one.value.value
                    for one in node.keywords
                    if one.arg == "code" and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str)
                }
    return sorted(found)


def problem_codes() -> list[str]:
    """The codes of the problems that `config.invalid` lists, as the code gives them."""
    found = set()
    for path in sorted((ROOT / "deployer" / "config").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
    return sorted(found)


def first_line(thing: object) -> str:
    """The first line of a docstring, fit for a table."""
    return (inspect.getdoc(thing) or "").split("\n", maxsplit=1)[0].replace("|", "\\|")


def errors_page() -> str:
    """Exit codes and errors."""
    lines = [
        NOTE,
        "# Errors",
        "",
        "Every failure ends with one exit code and, with `--output json`, one `error` line: stable `code`,",
    ]
    lines += [
        "`message`, `hint`, `retryable`, `next` (commands), `facts` and `exit_code`.",
        "",
        "| exit | meaning |",
        "| --- | --- |",
    ]
    lines += [f"| {code} | {meaning} |" for code, meaning in EXITS]
    lines += ["", "| code | exit | again? | what it is |", "| --- | --- | --- | --- |"]
    seen: set[str] = set()
    for one in error_classes():
        if one.code not in seen:
            seen.add(one.code)
            again = "yes" if one.retryable else ""
            best = max(
                (other for other in error_classes() if other.code == one.code), key=lambda other: len(other.__mro__)
            )
            lines.append(f"| `{one.code}` | {one.exit_code} | {again} | {first_line(best)} |")
    lines += [
        "",
        "Problems that `config.invalid` lists under `facts.problems`, each with path, line and what is allowed:",
        "",
    ]
    lines += [f"- `{code}`" for code in problem_codes()]
    return "\n".join(lines) + "\n"


def events_page() -> str:
    """Events and warnings."""
    lines = [
        NOTE,
        "# Events",
        "",
        "What `on_event` is told, and what `--output json` streams before its last line: steps as",
    ]
    lines += [
        '`{"type": "step", …}`, everything else as `{"type": "event", "event": "<type>", …}`. Events inform, they never steer.'
    ]
    for one in event_classes():
        lines += ["", f"## `{one.type}`", "", first_line(one), ""]
        lines += [f"- `{field.name}`" for field in fields(one)]
    lines += ["", "## Codes of `warning.raised`", "", *[f"- `{code}`" for code in warning_codes()]]
    return "\n".join(lines) + "\n"


def commands() -> Iterator[tuple[str, object]]:
    """(full name, click command) of every command, groups expanded."""
    import click

    from deployer.cli.main import COMMANDS

    for name, (module, _) in COMMANDS.items():
        command = importlib.import_module(f"deployer.cli.{module}").command
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())


def commands_page() -> str:
    """Commands and their flags."""
    import click

    lines = [NOTE, "# Commands", "", "`deployer COMMAND --help` says the same."]
    for name, command in commands():
        assert isinstance(command, click.Command)
        lines += ["", f"## `deployer {name}`", "", (command.help or "").replace("\n", " ")]
        options = [one for one in command.params if isinstance(one, click.Option)]
        if options:
            lines += ["", "| flag | what it does |", "| --- | --- |"]
        for option in options:
            flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
            lines.append(f"| {flags} | {(option.help or '').replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def configuration_page() -> str:
    """The configuration with all its keys, and the variables that set them."""
    from deployer.config.load import FLAG_PATHS, VARIABLES

    reference = (ROOT / "deployer" / "config" / "reference.yml").read_text(encoding="utf-8")
    lines = [
        NOTE,
        "# Configuration",
        "",
        "`.appmanager/config.yaml`. `deployer config reference` prints this page, `deployer config validate` checks a",
    ]
    lines += [
        "file, `deployer schema config` gives the JSON Schema for editors.",
        "",
        "```yaml",
        reference.rstrip(),
        "```",
        "",
    ]
    lines += ["| variable | key |", "| --- | --- |"]
    lines += [f"| `{variable}` | `{'.'.join(FLAG_PATHS[flag])}` |" for variable, flag in VARIABLES.items()]
    lines += ["", "| other variable | what it does |", "| --- | --- |"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in OTHER_VARIABLES]
    lines += ["", "| what scripts get on the instance | |", "| --- | --- |"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in SCRIPT_VARIABLES]
    return "\n".join(lines) + "\n"


def scripts_page() -> str:
    """What start and stop scripts have to keep to, and where the generated ones take packages from."""
    from deployer.project.lint import RULES
    from deployer.project.mirrors import MIRRORS

    lines = [
        NOTE,
        "# Scripts",
        "",
        "`deployer init` writes a start and a stop script for what it found in the project. They work on a bare instance with",
        "dnf, yum or apt, may run twice, and run under this tool's runner as well as under the conventions of the original:",
        "the newest `/root/project_*.zip` is unpacked to `/root/<application>`, the log is `/root/app.log`, the PID is in",
        "`/root/app.pid`, and the stop script is run in front of the start script. What scripts are given stands in",
        "[configuration.md](configuration.md).",
        "",
        "## Rules",
        "",
        "`deployer config validate` reads scripts as bash does and names every broken rule with its line and what to write",
        "instead; nothing is run. `plan` and `deploy` tell what matters on the instance. The runner makes up for the rules",
        "marked with a star: under it they break nothing.",
        "",
        "| rule | | why | instead |",
        "| --- | --- | --- | --- |",
    ]
    for rule in RULES.values():
        star = " *" if rule.made_good else ""
        cells = (f"`{rule.id}`{star}", rule.severity.value, rule.why, rule.fix)
        lines.append("| " + " | ".join(cell.replace("|", chr(92) + "|") for cell in cells) + " |")
    lines += [
        "",
        "## Mirrors",
        "",
        "In mainland China (`cn-*` but Hong Kong) the usual places are slow or out of reach, so the generated scripts take",
        "packages from mirrors there, and only there. Alibaba Cloud's own come first; somebody else's is asked only where it",
        "has none. `mirrors.cloud.aliyuncs.com`, which is free of traffic charges inside a VPC, is not used for packages: it",
        "speaks plain HTTP. What the machine or the project names itself (an index, a registry, a proxy) always wins. Programs",
        "are believed by a checksum that stands in the script; nothing that is downloaded is piped into a shell.",
        "",
        "| what | elsewhere | in the mainland | kept by | what proves its content |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {one.packages} | {one.usual} | {one.address.replace(',', ', ')} | {one.keeper} | {one.proof} |"
        for one in MIRRORS
    ]
    lines += [
        "",
        (
            "Scripts that people wrote are left alone: `far-host` proposes the words, and `deployer config validate --use-mirrors` writes them "
            "where they are meant. For instances that reach no index at all, `--carry` brings Python packages in the archive "
            "(docs/projects.md)."
        ),
        "",
        "Composer comes by its installer, whose SHA-384 is published on another host. NuGet and Poetry, which has no setting for a mirror, ask their usual places.",
    ]
    return "\n".join(lines) + "\n"


PRODUCTS = {
    "ecs": "Elastic Compute Service, with Cloud Assistant (2014-05-26)",
    "vpc": "Virtual Private Cloud and elastic IP addresses (2016-04-28)",
    "oss": "Object Storage Service",
    "oos": "Operation Orchestration Service (2019-06-01)",
    "bss": "Billing, BssOpenApi (2017-12-14)",
    "ram": "Resource Access Management (2015-05-01)",
    "sts": "Security Token Service (2015-04-01)",
    "location": "Location, which tells first-generation clients where a product is (2015-06-12)",
}


def coverage_page() -> str:
    """What the emulated cloud answers, operation by operation."""
    from deployer.emulator.core import Emulator
    from deployer.emulator.coverage import Ground, coverage_of
    from deployer.emulator.machines.scripted import ScriptedDriver

    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(driver=ScriptedDriver(), data_dir=Path(folder) / "data")
        found = list(coverage_of(emulator.services))
        emulator.close()
    lines = [NOTE, "# What the emulator answers", ""]
    lines += [
        "*documented*: built from the page that is linked. *assumed*: the same, with a guess the page leaves room for;",
        "guesses are named in `deployer/emulator/assumptions.py` and can be changed. *recorded*: held against answers of the",
        "real cloud. What is not implemented is answered with 501 `Emulator.NotImplemented`, which names it; so are the",
        "parameters in the last column. How long states last, and how much an account may hold, is assumed throughout.",
        "",
        "| product | answered | of those assumed | not implemented |",
        "| --- | --- | --- | --- |",
    ]
    by_product = {product: [one for one in found if one.product == product] for product in PRODUCTS}
    for product, title in PRODUCTS.items():
        grounds = Counter(one.ground for one in by_product[product])
        missing = grounds.pop(Ground.NOT_IMPLEMENTED, 0)
        lines.append(f"| {title} | {grounds.total()} | {grounds[Ground.ASSUMED]} | {missing} |")
    for product, title in PRODUCTS.items():
        answered = [one for one in by_product[product] if one.ground is not Ground.NOT_IMPLEMENTED]
        missing_names = [one.action for one in by_product[product] if one.ground is Ground.NOT_IMPLEMENTED]
        lines += ["", f"## {title}", "", "| operation | ground | parameters that are refused |", "| --- | --- | --- |"]
        for one in answered:
            lines.append(f"| [`{one.action}`]({one.source}) | {one.ground.value} | {', '.join(one.refused)} |")
        if missing_names:
            lines += ["", "Not implemented: " + ", ".join(missing_names) + "."]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {
        "commands.md": commands_page(),
        "configuration.md": configuration_page(),
        "coverage.md": coverage_page(),
        "errors.md": errors_page(),
        "events.md": events_page(),
        "scripts.md": scripts_page(),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for page_name, text in pages().items():
        (HERE / page_name).write_text(text, encoding="utf-8")
