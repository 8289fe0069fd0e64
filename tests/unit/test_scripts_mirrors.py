"""Where packages come from: mirrors in mainland China alone, never instead of what the machine is told, and no other host."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from project_trees import PROJECTS, analyze_example, run_bash

from deployer.models.analysis import ProjectAnalysis
from deployer.project.mirrors import IN_MAINLAND, MIRRORS
from deployer.project.scripts import make_scripts
from deployer.project.scripts.docker import ENGINE
from deployer.project.scripts.make import preparation, with_functions

FUNCTIONS = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; }\nset -e\nAPP_DIR="$PWD"\n'
MAINLAND, HONG_KONG, SINGAPORE = "cn-shanghai-finance-1", "cn-hongkong", "ap-southeast-1"
# Not a mirror, and asked in every region: Composer's installer and its signature, and the machine's own metadata.
OTHER_HOSTS = {"getcomposer.org", "composer.github.io", "100.100.100.200"}


def _plain(tree: str) -> str:
    """What prepares an example, without its build; Maven is there for a build alone."""
    analysis = analyze_example(tree)
    return preparation(analysis if analysis.package_manager == "maven" else replace(analysis, build_command=None))


PYTHON = {"python3": "true"}
CASES = [
    ("flask_local", PYTHON, "$PIP_INDEX_URL", "https://mirrors.aliyun.com/pypi/simple/", "PIP_INDEX_URL"),
    ("flask_local", PYTHON, "$PIPENV_PYPI_MIRROR", "https://mirrors.aliyun.com/pypi/simple/", "PIPENV_PYPI_MIRROR"),
    ("flask_local", PYTHON, "$PDM_PYPI_URL", "https://mirrors.aliyun.com/pypi/simple/", "PDM_PYPI_URL"),
    ("flask_local", PYTHON, "$POETRY_PYPI_MIRROR_URL", "https://mirrors.aliyun.com/pypi/simple/", "POETRY_PYPI_MIRROR_URL"),
    ("flask_local", PYTHON, "$UV_DEFAULT_INDEX", "https://mirrors.aliyun.com/pypi/simple/", "UV_DEFAULT_INDEX"),
    ("node-server", {"node": "echo v22.1.0", "npm": '[ "$1" != config ] || echo https://registry.npmjs.org/'},
     "$npm_config_registry", "https://registry.npmmirror.com", "npm_config_registry"),
    ("deno_api", {"deno": "true"}, "$NPM_CONFIG_REGISTRY", "https://registry.npmmirror.com", "NPM_CONFIG_REGISTRY"),
    ("go_service", {"go": "echo go1.25.1"}, "$GOPROXY", "https://goproxy.cn,https://mirrors.aliyun.com/goproxy/,direct", "GOPROXY"),
    ("ruby_sinatra", {"ruby": "true", "bundle": "true"}, "$APP_GEMS", "https://mirrors.aliyun.com/rubygems/", None),
    ("rust_axum", {"cargo": "echo cargo 1.90.0", "cc": "true"}, "$RUSTUP_DIST_SERVER", "https://mirrors.aliyun.com/rustup", "RUSTUP_DIST_SERVER"),
    ("rust_axum", {"cargo": "echo cargo 1.90.0", "cc": "true"}, "$(cat .cargo/config.toml 2> /dev/null | grep -o 'sparse.*/')",
     "sparse+https://mirrors.aliyun.com/crates.io-index/", None),
    ("java_spring", {"javac": 'echo "javac 25"', "mvn": "true"}, "$(cat .m2/settings.xml 2> /dev/null | grep -o 'https[^<]*')",
     "https://maven.aliyun.com/repository/central", None),
    ("php_laravel", {"php": "true", "composer": 'echo "$*" >> calls'}, "$(grep -o 'https.*' calls)", "https://mirrors.aliyun.com/composer/", None),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "tools", "shown", "mirror", "variable"), CASES)
def test_a_mirror_is_for_the_mainland_and_gives_way_to_what_the_machine_is_told(
    tmp_path: Path, tree: str, tools: dict[str, str], shown: str, mirror: str, variable: str | None
) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "pip"):
        (tmp_path / ".venv" / "bin" / name).write_text("#!/bin/bash\ntrue\n")
        (tmp_path / ".venv" / "bin" / name).chmod(0o755)
    (tmp_path / ".env.example").touch()
    text = f'{FUNCTIONS}{_plain(tree)}\necho "from {shown}"\n'

    def taken(region: str, **environment: str) -> str:
        for left in (".cargo/config.toml", ".m2/settings.xml", "calls"):
            (tmp_path / left).unlink(missing_ok=True)
        done = run_bash(tmp_path, text, tools, DEPLOYER_REGION_ID=region, **environment)
        assert done.returncode == 0, done.stdout
        return done.stdout.rpartition("from ")[2].strip()

    assert taken(MAINLAND) == mirror
    assert mirror not in taken(HONG_KONG)
    assert mirror not in taken(SINGAPORE)
    if variable:
        assert taken(MAINLAND, **{variable: "https://own.example/"}) == "https://own.example/"


def test_a_pip_that_is_configured_keeps_its_index_and_tools_that_do_not_read_it_get_the_mirror(tmp_path: Path) -> None:
    """Alibaba Cloud's images configure pip alone."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "pip"):
        (tmp_path / ".venv" / "bin" / name).write_text("#!/bin/bash\necho \"global.index-url='http://own.example/'\"\n")
        (tmp_path / ".venv" / "bin" / name).chmod(0o755)
    text = f'{FUNCTIONS}{_plain("flask_local")}\necho "from $PIP_INDEX_URL and $UV_DEFAULT_INDEX"\n'
    done = run_bash(tmp_path, text, PYTHON, DEPLOYER_REGION_ID=MAINLAND)
    assert done.stdout.endswith("from  and https://mirrors.aliyun.com/pypi/simple/\n")


@pytest.mark.parametrize(
    ("region", "expected"), [("cn-hangzhou", "yes"), ("cn-hongkong", "no"), ("us-west-1", "no"), ("", "no")]
)
def test_without_the_runner_the_metadata_of_the_machine_says_the_region(
    tmp_path: Path, region: str, expected: str
) -> None:
    curl = (
        f'case "$*" in *"-X PUT"*) echo token ;; *"token: token"*region-id) printf %s "{region}" ;; *) exit 7 ;; esac'
    )
    text = f"set -e\n{IN_MAINLAND}\nif in_mainland; then echo yes; else echo no; fi\n"
    assert run_bash(tmp_path, text, {"curl": curl}, DEPLOYER_REGION_ID="").stdout == f"{expected}\n"


def test_without_curl_the_machine_is_nowhere_in_particular(tmp_path: Path) -> None:
    text = f"set -e\nPATH=/nowhere\n{IN_MAINLAND}\nif in_mainland; then echo yes; else echo no; fi\n"
    assert run_bash(tmp_path, text, {}, DEPLOYER_REGION_ID="").stdout == "no\n"


@pytest.mark.parametrize(
    ("region", "named", "merged"),
    [
        (MAINLAND, "", ["https://docker.m.daocloud.io"]),
        (MAINLAND, "https://own.example", ["https://own.example"]),
        (SINGAPORE, "", None),
        (SINGAPORE, "https://own.example", ["https://own.example"]),
    ],
)
def test_docker_hub_has_a_mirror_in_the_mainland_or_where_one_is_named(
    tmp_path: Path, region: str, named: str, merged: list[str] | None
) -> None:
    settings = tmp_path / "daemon.json"
    tools = {"docker": "true", "systemctl": "true"}
    environment = {"APP_REGISTRY_MIRRORS": named} if named else {}
    done = run_bash(
        tmp_path,
        FUNCTIONS + with_functions(ENGINE),
        tools,
        APP_DAEMON_JSON=str(settings),
        DEPLOYER_REGION_ID=region,
        **environment,
    )
    assert done.returncode == 0, done.stdout
    assert settings.exists() is (merged is not None)
    assert all(f'"{one}"' in settings.read_text() for one in merged or ())


@pytest.mark.parametrize(("region", "place"), [(MAINLAND, "https://mirrors.aliyun.com/docker-ce"), (SINGAPORE, "https://download.docker.com")])  # fmt: skip
def test_on_alibaba_cloud_linux_docker_comes_from_its_own_repository(tmp_path: Path, region: str, place: str) -> None:
    dnf = 'echo "dnf $*"; case "$*" in *config-manager*) ;; *) exit 1 ;; esac'
    install = 'install_packages() { echo "installs $*"; case "$1" in docker-ce) touch tools/docker; chmod +x tools/docker ;; *) return 1 ;; esac; }\n'
    done = run_bash(
        tmp_path, f"{FUNCTIONS}{install}{with_functions(ENGINE)}", {"dnf": dnf, "systemctl": "true"},
        DEPLOYER_REGION_ID=region, APP_DAEMON_JSON=str(tmp_path / "daemon.json"), PATH=f"{tmp_path}/tools:/usr/bin:/bin",
    )  # fmt: skip
    if "dnf" not in done.stdout:
        pytest.skip("Docker is installed here")
    assert f"dnf config-manager --add-repo {place}/linux/centos/docker-ce.repo" in done.stdout
    assert done.stdout.index("--add-repo") < done.stdout.index("installs docker-ce docker-compose-plugin")


def _startable() -> list[ProjectAnalysis]:
    found = [analyze_example(path.name) for path in sorted(PROJECTS.iterdir()) if path.is_dir()]
    return [one for one in found if one.supported]


def test_the_scripts_of_no_language_ask_any_other_host_or_download_without_limits() -> None:
    """Addresses the project itself names are the project's; everything else is a mirror's, or one of the few above."""
    known = {urlsplit(address).hostname for one in MIRRORS for address in (one.usual, *one.address.split(","))}
    known |= {urlsplit(one.usual).hostname for one in MIRRORS} | OTHER_HOSTS
    for analysis in _startable():
        text = re.sub(r"(?m)^ *#.*", "", make_scripts(analysis, "shop", analysis.port).start)
        asked = {urlsplit(one).hostname for one in re.findall(r"https?://[\w.-]+", text.replace("\\", ""))} - {
            "0.0.0.0"
        }
        assert asked <= known, analysis.name
        for command in re.findall(r"(?m)^[^#\n]*\bcurl -(?:[^\n]|\\\n)*", text):
            assert "--connect-timeout" in command, command
            assert "--max-time" in command, command
        assert not re.search(r"\|\s*(sudo )?(ba|z|da)?sh\b", text)


def test_every_mirror_says_who_keeps_it_and_what_proves_its_content() -> None:
    for one in MIRRORS:
        assert one.keeper
        assert one.proof
        assert all(address.startswith("https://") for address in (one.usual, *one.address.split(",")))
    assert {one.packages for one in MIRRORS if "Alibaba" not in one.keeper} == {"Go", "images of Docker Hub"}
