"""The Node.js row of the start script: a runtime of an accepted version, the package manager, the dependencies, the build."""

import re

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors
from deployer.project.scripts.shell import one_per_line

# Preferred first: the versions kept for long, newest but one at the front; then what only pins ask for.
_MAJORS = (22, 20, 24, 18, 16, 23, 21, 19, 17, 14, 12, 10, 8, 6, 4)
_USUAL = (22, 20, 24, 18, 23, 21)
_CODE_NAMES = {"argon": 4, "boron": 6, "carbon": 8, "dubnium": 10, "erbium": 12, "fermium": 14, "gallium": 16, "hydrogen": 18,
               "iron": 20, "jod": 22, "krypton": 24}  # fmt: skip
# What is installed of each major version that is asked for often. Source of the sums: SHASUMS256.txt of each version
# at https://nodejs.org/dist/.
_PINNED = {
    24: ("24.19.0", "f625d97cd707df4ff96254916fbc5ff014f09c09effe5a1e0ca8f6d41a8789d4",
         "d28c8a5bf0a808f0ed434a1dce8c54ae98f0371c0bd86ac58abc613f73e6643f"),
    22: ("22.23.2", "b294a556e639d64338823920e5866c21c02741742d2e1529ee1a225c1ec9252a",
         "013b59cfd2819703a6f4a14ab891fc46fc2a4e3f5bcd92de3fb4929b43e35b30"),
    20: ("20.20.2", "19e56f0825510207dd904f087fe52faa0a4eb6b2aab5f0ea7a33830d04888b8b",
         "47ef73d543ecf6eb19435f6c03a0ac4809b3bf0dd6b26c7c571efc2a6572a74d"),
    18: ("18.20.8", "27a9f3f14d5e99ad05a07ed3524ba3ee92f8ff8b6db5ff80b00f9feb5ec8097a",
         "2e3dfc51154e6fea9fc86a90c4ea8f3ecb8b60acaf7367c4b76691da192571c1"),
    16: ("16.20.2", "c9193e6c414891694759febe846f4f023bf48410a6924a8b1520c46565859665",
         "b6945fcc9ad220386bb814bfae7137189fd17297f2959a744105e1bee006035a"),
}  # fmt: skip
_CLAUSE = re.compile(r"(>=|<=|>|<|\^|~|=)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?")
_NO_NODE = '    *) fail "no Node.js for the processor $(uname -m)" ;;'
_SMALL_MEMORY_MIB = 1800


def accepted_versions(constraint: str | None) -> tuple[tuple[int, int], ...]:
    """(major, least minor) of each Node.js a constraint takes, preferred first; the usual ones when it takes none."""
    usual = tuple((major, 0) for major in _USUAL)
    if not constraint:
        return usual
    named = re.fullmatch(r"lts/([\w*-]+)", constraint)
    if named:
        return ((_CODE_NAMES[named[1]], 0),) if named[1] in _CODE_NAMES else usual
    found: dict[int, int] = {}
    for alternative in constraint.split("||"):
        clauses = _clauses(alternative)
        for major in _MAJORS if clauses else ():
            minors = [_least_minor(clause, major) for clause in clauses]
            if None not in minors:
                least = max(minor for minor in minors if minor is not None)
                found[major] = min(least, found.get(major, least))
    return tuple((major, found[major]) for major in _MAJORS if major in found) or usual


def newest_version() -> int:
    """The newest major version there is a mirror of."""
    return max(_MAJORS)


def _clauses(text: str) -> list[tuple[str, int, int | None]]:
    """(operator, major, minor) of each clause; a hyphen range is two."""
    text = re.sub(r"(\S+)\s+-\s+(\S+)", r">=\1 <=\2", text.strip())
    found = []
    for match in _CLAUSE.finditer(text):
        if match[2].isdigit():
            minor = int(match[3]) if match[3] and match[3].isdigit() else None
            found.append((match[1] or "", int(match[2]), minor))
        else:
            found.append((">=", 0, None))
    return found


def _least_minor(clause: tuple[str, int, int | None], major: int) -> int | None:
    """The least minor version of a major that a clause takes; None when it takes none. Upper bounds count by their major."""
    operator, wanted, minor = clause
    if operator in {">=", ">"}:
        if operator == ">" and minor is None and major == wanted:
            return None
        return None if major < wanted else (minor or 0) if major == wanted else 0
    if operator == "<":
        return 0 if major < wanted or (major == wanted and minor) else None
    if operator == "<=":
        return 0 if major <= wanted else None
    return (minor or 0) if major == wanted else None


def node_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves `node`, the package manager and the installed programs on PATH, with everything installed."""
    versions = accepted_versions(analysis.language_version)
    lines = [
        *_find_node(versions),
        *_fetch_node(versions[0][0]),
        *_environment(analysis.directory),
        *_memory(analysis),
    ]
    if analysis.install_command:
        lines += [
            "# Install: everything the build needs as well, asking nothing.",
            "export CI=1",
            one_per_line(analysis.install_command),
            "unset CI",
        ]
    return "\n".join(lines) + "\n"


def _find_node(versions: tuple[tuple[int, int], ...]) -> list[str]:
    accepted = " ".join(f"{major}.{minor}" for major, minor in versions)
    return [
        "# Node.js of an accepted major version, from the minor on that stands behind the dot: what is there, else the",
        "# system's package when it fits, else the official archive, believed by its SHA-256.",
        f'APP_NODE_VERSIONS="{accepted}"',
        "fits_node() {",
        "  local wanted rest",
        '  rest="${1#*.}"',
        "  for wanted in $APP_NODE_VERSIONS; do",
        '    if [ "${1%%.*}" = "${wanted%%.*}" ] && [ "${rest%%.*}" -ge "${wanted#*.}" ]; then return 0; fi',
        "  done",
        "  return 1",
        "}",
        "find_node() {",
        "  local candidate version",
        "  for candidate in node nodejs /usr/local/bin/node /opt/node-*/bin/node; do",
        '    version="$("$candidate" --version 2> /dev/null | sed -n "s/^v\\([0-9]*\\.[0-9]*\\).*/\\1/p" || true)"',
        '    if [ -n "$version" ] && fits_node "$version" && [ -e "$(dirname "$(command -v "$candidate")")/npm" ]; then',
        '      command -v "$candidate"',
        "      return 0",
        "    fi",
        "  done",
        "  return 1",
        "}",
        "packaged_node() {",
        "  if command -v dnf > /dev/null 2>&1; then",
        '    dnf -q repoquery --latest-limit 1 --queryformat "%{version}\\n" nodejs 2> /dev/null | tail -n 1',
        "  elif command -v apt-cache > /dev/null 2>&1; then",
        '    apt-cache policy nodejs 2> /dev/null | sed -n "s/^ *Candidate: \\([0-9][0-9.]*\\).*/\\1/p"',
        "  fi",
        "}",
        'APP_NODE="$(find_node || true)"',
        'if [ -z "$APP_NODE" ] && fits_node "$(packaged_node || true)"; then',
        "  install_packages nodejs npm || true",
        '  APP_NODE="$(find_node || true)"',
        "fi",
    ]


def _fetch_node(major: int) -> list[str]:
    return [
        'if [ -z "$APP_NODE" ]; then',
        f"  APP_NODE_PLACE={mirrors.NODE.usual}",
        f"  if in_mainland; then APP_NODE_PLACE={mirrors.NODE.address}; fi",
        *_stand_in(major),
        "fi",
        'if [ -z "$APP_NODE" ]; then',
        f"  APP_NODE_HOME=/opt/node-{major}",
        '  mkdir -p "$APP_NODE_HOME"',
        '  case "$(uname -m)" in',
        *(_pinned_archive(*_PINNED[major]) if major in _PINNED else _newest_archive(major)),
        '  fetch_checked "$APP_NODE_PLACE/$APP_NODE_FILE" "$APP_NODE_SHA256" "$APP_NODE_HOME/node.tar.gz"',
        '  tar -xzf "$APP_NODE_HOME/node.tar.gz" -C "$APP_NODE_HOME" --strip-components=1 --no-same-owner',
        '  rm -f "$APP_NODE_HOME/node.tar.gz"',
        f'  APP_NODE="$(find_node)" || fail "Node.js {major} cannot be installed"',
        "fi",
    ]


def _stand_in(major: int) -> list[str]:
    """Where nothing can be downloaded, a newer Node.js of the machine serves, and the log says so."""
    newer = " ".join(f"{one}.0" for one in _MAJORS if one > major)
    return [
        '  if ! fetch "$APP_NODE_PLACE/latest/SHASUMS256.txt" /dev/null; then',
        f'    APP_NODE="$(APP_NODE_VERSIONS="{newer}" && find_node)" || fail "no Node.js {major} here, and $APP_NODE_PLACE cannot be reached"',
        f'    echo "warning: $("$APP_NODE" --version) serves instead of Node.js {major}, because $APP_NODE_PLACE cannot be reached"',
        "  fi",
    ]


def _pinned_archive(version: str, x64_sha256: str, arm64_sha256: str) -> list[str]:
    return [
        f"    x86_64) APP_NODE_SYSTEM=linux-x64 APP_NODE_SHA256={x64_sha256} ;;",
        f"    aarch64) APP_NODE_SYSTEM=linux-arm64 APP_NODE_SHA256={arm64_sha256} ;;",
        _NO_NODE,
        "  esac",
        f'  APP_NODE_FILE="v{version}/node-v{version}-$APP_NODE_SYSTEM.tar.gz"',
    ]


def _newest_archive(major: int) -> list[str]:
    """The newest of a major version that is asked for rarely: by the sums that stand beside it."""
    return [
        "    x86_64) APP_NODE_SYSTEM=linux-x64 ;;",
        "    aarch64) APP_NODE_SYSTEM=linux-arm64 ;;",
        _NO_NODE,
        "  esac",
        f'  APP_NODE_PLACE="$APP_NODE_PLACE/latest-v{major}.x"',
        '  fetch "$APP_NODE_PLACE/SHASUMS256.txt" "$APP_NODE_HOME/sums" || fail "cannot download the sums of Node.js"',
        '  APP_NODE_LINE="$(grep -E "^[0-9a-f]{64}  node-v[0-9.]+-$APP_NODE_SYSTEM\\.tar\\.gz\\$" "$APP_NODE_HOME/sums" || true)"',
        f'  [ -n "$APP_NODE_LINE" ] || fail "no Node.js {major} for $APP_NODE_SYSTEM"',
        '  APP_NODE_FILE="${APP_NODE_LINE#*  }" APP_NODE_SHA256="${APP_NODE_LINE%% *}"',
    ]


def _environment(directory: str) -> list[str]:
    """Programs of the application, when it stands below the top, before those of the workspace around it."""
    registry = mirrors.NPM.address
    places = [f"$APP_DIR/{directory}", "$APP_DIR"] if directory else ["$APP_DIR"]
    programs = ":".join(f"{place}/node_modules/.bin:{place}/.tools/node_modules/.bin" for place in places)
    return [
        f'PATH="{programs}:$(dirname "$APP_NODE"):$PATH"',
        "export PATH NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 NG_CLI_ANALYTICS=false",
        "export HUSKY=0 COREPACK_ENABLE_STRICT=0 npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false",
        "export npm_config_fetch_timeout=120000 npm_config_fetch_retries=3",
        "unset NODE_ENV",
        "# Packages in the mainland from a mirror, unless the machine or the project names a registry of its own.",
        'if in_mainland && [ -z "${npm_config_registry:-}${NPM_CONFIG_REGISTRY:-}" ] \\',
        '  && [ "$(npm config get registry 2> /dev/null || true)" = "https://registry.npmjs.org/" ] \\',
        '  && ! grep -qsE "^[[:space:]]*(registry|npmRegistryServer)" .npmrc .yarnrc.yml "$HOME/.npmrc"; then',
        f'  export npm_config_registry="{registry}" YARN_NPM_REGISTRY_SERVER="{registry}" BUN_CONFIG_REGISTRY="{registry}"',
        "fi",
    ]


def _memory(analysis: ProjectAnalysis) -> list[str]:
    if not analysis.build_command:
        return []
    return [
        "# A build that needs more memory than there is gets killed without a word of its own.",
        "APP_MEMORY_MIB=\"$(awk '/^(MemAvailable|SwapFree):/ { sum += $2 } END { print int(sum / 1024) }' /proc/meminfo 2> /dev/null || true)\"",
        f'if [ "${{APP_MEMORY_MIB:-{_SMALL_MEMORY_MIB}}}" -lt {_SMALL_MEMORY_MIB} ]; then',
        '  echo "only $APP_MEMORY_MIB MiB of memory are free for the build: when it is killed (137), add swap or take a larger type"',
        "fi",
    ]
