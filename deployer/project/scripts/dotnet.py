"""The .NET row of the start script: an SDK to publish with, or a runtime for what is published already."""

import re

from deployer.models.analysis import ProjectAnalysis
from deployer.project.scripts.shell import one_per_line

_DEFAULT = "8.0"
_LONG_SUPPORTED = ("8.0", "10.0")


def dotnet_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves `dotnet` of a release that fits on PATH and the packages restored."""
    match = re.match(r"\d+\.\d+", analysis.language_version or "")
    wanted = match[0] if match else _DEFAULT
    builds = analysis.build_command is not None
    package = "dotnet-sdk" if builds else "aspnetcore-runtime" if analysis.framework == "aspnet" else "dotnet-runtime"
    major = int(wanted.partition(".")[0])
    releases = dict.fromkeys((wanted, *(one for one in _LONG_SUPPORTED if int(one.partition(".")[0]) > major)))
    listed = "--list-sdks" if builds else "--list-runtimes"
    lines = [
        f"# .NET {wanted} or newer: what is there, else what the system can install.",
        "export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_ROLL_FORWARD=Major",
        'export DOTNET_CLI_HOME="${DOTNET_CLI_HOME:-/root}"',
        "has_dotnet() {",
        f"  dotnet {listed} 2> /dev/null | grep -oE '(^|App )[0-9]+' | grep -oE '[0-9]+' | sort -n | tail -n 1 | {{ read -r found && [ \"$found\" -ge {major} ]; }}",
        "}",
        f'APP_DOTNET_RELEASES="{" ".join(releases)}"',
        "for release in $APP_DOTNET_RELEASES; do",
        f'  has_dotnet || install_packages "{package}-$release" || true',
        "done",
        f'has_dotnet || fail "no .NET {wanted} or newer, and none could be installed"',
    ]
    if analysis.install_command:
        lines.append(one_per_line(analysis.install_command))
    return "\n".join(lines) + "\n"
