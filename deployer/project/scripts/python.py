"""The Python row of the start script: an interpreter that fits, a virtual environment, the dependencies."""

import re

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors
from deployer.project.scripts.shell import one_per_line

# Preferred first: what wheels exist for, before the newest. The system's own `python3` comes before all of them.
_MINORS = (11, 12, 10, 13, 9, 14)
_INSTALLABLE = (11, 12)  # Alibaba Cloud Linux 3 has both as packages; its own python3 is 3.6
# What pip installs for each. Poetry asks pypi.org whatever pip is told, but for this plug-in.
# Source: https://pypi.org/project/poetry-plugin-pypi-mirror/
_TOOLS = {"uv": "uv", "poetry": "poetry poetry-plugin-pypi-mirror", "pipenv": "pipenv", "pdm": "pdm"}
_INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "PIPENV_PYPI_MIRROR", "PDM_PYPI_URL", "POETRY_PYPI_MIRROR_URL")
# pip and its kin ask git for what stands in a repository; few images have it.
_GIT = (
    "if ! command -v git > /dev/null 2>&1 && grep -qsE '(^|[@\"= {,])git(\\+| *=)' requirements*.txt ./*/requirements*.txt pyproject.toml Pipfile; then",
    "  install_packages git",
    "fi",
)
_CLAUSE = re.compile(r"(===|==|~=|!=|>=|<=|>|<|\^|~)?\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?(\.\*)?")


def accepted_minors(constraint: str | None) -> tuple[int, ...]:
    """The minor versions of Python 3 a constraint takes, preferred first; all of them when it takes none."""
    if not constraint:
        return _MINORS
    alternatives = re.split(r"\|\|?", constraint)
    fitting = tuple(minor for minor in _MINORS if any(_takes(one, minor) for one in alternatives))
    return fitting or _MINORS


def installable_minors(constraint: str) -> tuple[int, ...]:
    """Those a constraint takes that Alibaba Cloud Linux has as packages; empty when it takes none of them."""
    alternatives = re.split(r"\|\|?", constraint)
    return tuple(minor for minor in _INSTALLABLE if any(_takes(one, minor) for one in alternatives))


def _takes(constraint: str, minor: int) -> bool:
    return all(_clause_takes(match, minor) for match in _CLAUSE.finditer(constraint))


def _clause_takes(match: re.Match[str], minor: int) -> bool:
    operator, major, wanted, patch = match[1] or "==", int(match[2]), int(match[3] or 0), match[4]
    if major != 3:
        # ">=2.7" and "<4" take every Python 3; "==2.7" none.
        return operator in {">=", ">", "!="} if major < 3 else operator in {"<", "<=", "!="}
    exact = match[3] is not None
    return {
        ">=": minor >= wanted,
        ">": minor > wanted or (patch is not None and minor == wanted),
        "<=": minor <= wanted,
        "<": minor < wanted or (patch not in {None, "0"} and minor == wanted),
        "==": not exact or minor == wanted,
        "===": minor == wanted,
        "!=": not exact or minor != wanted or patch is not None,
        "^": minor >= wanted,
        "~": minor == wanted,
        "~=": minor == wanted if patch else minor >= wanted,
    }[operator]


def python_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves a virtual environment with everything installed, first on PATH."""
    minors = accepted_minors(analysis.language_version)
    lines = [*_find_python(minors), *_virtual_environment()]
    tool = analysis.package_manager
    if tool in _TOOLS:
        lines += [
            f"# {tool} lives apart from the application's own packages.",
            f'[ -x .tools/bin/{tool} ] || {{ "$APP_PYTHON" -m venv .tools && .tools/bin/python -m pip install -q {_TOOLS[tool]}; }}',
            'export PATH="$PATH:$APP_DIR/.tools/bin" UV_PROJECT_ENVIRONMENT="$VIRTUAL_ENV" PIPENV_VERBOSITY=-1',
        ]
    if analysis.install_command:
        lines += _GIT
        lines.append(one_per_line(analysis.install_command))
    return "\n".join(lines) + "\n"


def _find_python(minors: tuple[int, ...]) -> list[str]:
    accepted = " ".join(f"3.{minor}" for minor in sorted(minors))
    names = " ".join(("python3", *(f"python3.{minor}" for minor in minors)))
    installable = " ".join(f"3.{minor}" for minor in _INSTALLABLE if minor in minors) or f"3.{minors[0]}"
    check = (
        "import sys, venv, ensurepip; "
        'sys.exit(\\"%d.%d\\" % sys.version_info[:2] not in \\"$APP_PYTHON_VERSIONS\\".split())'
    )
    return [
        f"# Python, one of {accepted}, with venv: what is there, else what the system can install.",
        f'APP_PYTHON_VERSIONS="{accepted}"',
        "find_python() {",
        "  local candidate",
        f"  for candidate in {names}; do",
        f'    if "$candidate" -c "{check}" > /dev/null 2>&1; then',
        '      command -v "$candidate"',
        "      return 0",
        "    fi",
        "  done",
        "  return 1",
        "}",
        'APP_PYTHON="$(find_python || true)"',
        'if [ -z "$APP_PYTHON" ] && command -v apt-get > /dev/null 2>&1; then',
        "  install_packages python3 python3-venv || true",
        '  APP_PYTHON="$(find_python || true)"',
        "fi",
        f'APP_PYTHON_INSTALLABLE="{installable}"',
        "for version in $APP_PYTHON_INSTALLABLE; do",
        '  if [ -z "$APP_PYTHON" ]; then',
        "    if command -v apt-get > /dev/null 2>&1; then",
        '      install_packages "python$version" "python$version-venv" || true',
        "    else",
        '      install_packages "python$version" || true',
        "    fi",
        '    APP_PYTHON="$(find_python || true)"',
        "  fi",
        "done",
        '[ -n "$APP_PYTHON" ] || fail "no Python with venv among $APP_PYTHON_VERSIONS, and none could be installed"',
        "",
    ]


def _virtual_environment() -> list[str]:
    index = mirrors.PYPI.address
    return [
        "# Its packages, in the mainland from a mirror unless the machine names an index of its own.",
        '.venv/bin/python -c "import pip" > /dev/null 2>&1 || "$APP_PYTHON" -m venv --clear .venv',
        'export VIRTUAL_ENV="$APP_DIR/.venv"',
        'export PATH="$VIRTUAL_ENV/bin:$PATH"',
        "export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_DEFAULT_TIMEOUT=60 PIP_ROOT_USER_ACTION=ignore PIP_PROGRESS_BAR=off",
        "if in_mainland; then",
        '  if [ -z "${PIP_INDEX_URL:-}${PIP_NO_INDEX:-}" ] && ! pip config list 2> /dev/null | grep -qE "(index-url|no-index)="; then',
        f'    export PIP_INDEX_URL="{index}"',
        "  fi",
        "  # These read nothing of pip's configuration, which the images of Alibaba Cloud come with.",
        *(f'  export {name}="${{{name}:-{index}}}"' for name in _INDEX_VARIABLES),
        "fi",
    ]
