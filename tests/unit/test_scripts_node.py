"""The Node.js row of the start script: which runtime, from where, believed by what; and real servers started by it."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from project_trees import PROJECTS, analyze_example, analyze_tree, run_bash

from deployer.project import mirrors
from deployer.project.scripts import make_scripts
from deployer.project.scripts.make import with_functions
from deployer.project.scripts.node import accepted_versions, node_runtime

FAIL = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; return 1; }\nset -e\nAPP_DIR="$PWD"\n'
UNSHARE = ["unshare", "-Urm", "--pid", "--fork", "--kill-child", "--mount-proc"]
PASSED_ON = ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "npm_config_cafile")


@pytest.mark.parametrize("tree", ["node-server", "node-express", "node-next", "node-vite", "node-nest", "node-tiny"])
def test_node_is_pinned_and_packages_are_there_before_the_old_process_is_stopped(tree: str) -> None:
    start = make_scripts(analyze_example(tree), "shop", 3000).start
    assert re.search(r'APP_NODE_FILE="v(\d+\.\d+\.\d+)/node-v\1-\$APP_NODE_SYSTEM\.tar\.gz"', start)
    assert "--connect-timeout 30 --max-time 120" in start
    assert "| bash" not in start
    assert start.index("npm install") < start.index("stop_application\ntouch")


def test_tools_come_before_what_needs_them_and_the_port_is_the_one_asked_for() -> None:
    start = make_scripts(analyze_example("node-next"), "shop", 8200).start
    order = (
        "pnpm@9.12.3",
        "\npnpm install --frozen-lockfile",
        "\npnpm run build",
        "exec next start -H 0.0.0.0 -p ${APP_PORT}",
    )
    assert [start.index(one) for one in order] == sorted(start.index(one) for one in order)
    assert "memory are free for the build" in start
    assert "3100" not in start
    assert start.index("unset NODE_ENV") < start.index("export NODE_ENV=production")


@pytest.mark.parametrize(
    ("constraint", "versions"),
    [
        (None, ((22, 0), (20, 0), (24, 0), (18, 0), (23, 0), (21, 0))),
        ("20.11.1", ((20, 11),)),
        ("v20", ((20, 0),)),
        ("20.x", ((20, 0),)),
        (">=20.9 <23", ((22, 0), (20, 9), (21, 0))),
        ("^18.17.0 || >=20.5.0 <21", ((20, 5), (18, 17))),
        ("~16.14", ((16, 14),)),
        ("18 - 20", ((20, 0), (18, 0), (19, 0))),
        ("lts/iron", ((20, 0),)),
        ("<=16", ((16, 0), (14, 0), (12, 0), (10, 0), (8, 0), (6, 0), (4, 0))),
        (">22", ((24, 0), (23, 0))),
    ],
)
def test_a_constraint_picks_the_runtimes(constraint: str | None, versions: tuple[tuple[int, int], ...]) -> None:
    assert accepted_versions(constraint) == versions


@pytest.mark.parametrize("constraint", ["*", ">=4", "lts/*", ">=99"])
def test_a_wide_or_unknown_constraint_gives_a_version_that_is_kept_for_long(constraint: str) -> None:
    assert accepted_versions(constraint)[0] == (22, 0)


def _runtime(tmp_path: Path, engines: str) -> str:
    files = {
        "package.json": f'{{"scripts": {{"start": "node a.js"}}, "engines": {{"node": "{engines}"}}}}',
        "a.js": "1\n",
    }
    return FAIL + with_functions(node_runtime(analyze_tree(tmp_path / "project", files)))


def test_a_runtime_that_fits_is_used_and_nothing_is_fetched(tmp_path: Path) -> None:
    tools = {"node": "echo v20.11.1", "npm": 'echo "npm $*"', "curl": "echo fetched"}
    done = run_bash(tmp_path, _runtime(tmp_path, ">=20.9") + 'echo "uses $APP_NODE"', tools)
    assert done.stdout == f"npm install --no-audit --no-fund\nuses {tmp_path}/tools/node\n"


@pytest.mark.parametrize("version", ["v20.8.1", "v18.20.0", "", "node: not found"])
def test_a_runtime_that_does_not_fit_is_passed_by(tmp_path: Path, version: str) -> None:
    tools = {"node": f"echo {version}", "nodejs": "exit 1", "npm": "true", "uname": "echo riscv64", "curl": "true"}
    done = run_bash(tmp_path, _runtime(tmp_path, ">=20.9 <20.99"), tools)
    assert done.returncode == 1
    assert "no Node.js for the processor riscv64" in done.stdout


def test_the_systems_package_is_taken_only_when_it_fits(tmp_path: Path) -> None:
    tools = {
        "node": "exit 1",
        "nodejs": "exit 1",
        "npm": "true",
        "uname": "echo riscv64",
        "dnf": "echo 18.20.4",
        "curl": "true",
    }
    fitting = run_bash(tmp_path, _runtime(tmp_path, "18"), tools)
    assert "installs nodejs npm" in fitting.stdout
    assert "installs" not in run_bash(tmp_path, _runtime(tmp_path, "20"), tools).stdout


@pytest.mark.parametrize("content", ["right", "wrong"])
@pytest.mark.parametrize("region", ["cn-shanghai", "cn-hongkong"])
@pytest.mark.parametrize("major", [20, 23])
def test_an_archive_is_believed_by_its_sum_only(tmp_path: Path, content: str, region: str, major: int) -> None:
    """The script, or for a version without long support the sums, say `right`; the archive is what the parameter says."""
    right = hashlib.sha256(b"right").hexdigest()
    sums = f"{right}  node-v23.1.0-linux-x64.tar.gz"
    curl = (
        'for last; do :; done; while [ "$1" != --output ]; do shift; done; '
        f'case "$last" in *SHASUMS256.txt) echo "{sums}" > "$2" ;; *) printf {content} > "$2" ;; esac; echo "from $last"'
    )
    tools = {"node": "exit 1", "nodejs": "exit 1", "npm": "true", "uname": "echo x86_64", "dnf": "true", "curl": curl,
             "tar": 'echo "unpacks $(cat "$2")"'}  # fmt: skip
    text = re.sub(r"APP_NODE_SHA256=\w{64}", f"APP_NODE_SHA256={right}", _runtime(tmp_path, f"{major}"))
    done = run_bash(tmp_path, text.replace("/opt/node-", f"{tmp_path}/node-"), tools, DEPLOYER_REGION_ID=region)
    place = mirrors.NODE.address if region == "cn-shanghai" else mirrors.NODE.usual
    file = "v20.20.2/node-v20.20.2-linux-x64.tar.gz" if major == 20 else "latest-v23.x/node-v23.1.0-linux-x64.tar.gz"
    assert f"from {place}/{file}" in done.stdout
    assert ("unpacks right" in done.stdout) is (content == "right")
    assert ("does not have the expected SHA-256" in done.stdout) is (content == "wrong")


@pytest.mark.parametrize(("there", "served"), [("v20.11.1", True), ("v16.20.2", False)])
def test_a_newer_runtime_of_the_machine_serves_where_none_can_be_downloaded(
    tmp_path: Path, there: str, *, served: bool
) -> None:
    tools = {"node": f"echo {there}", "nodejs": "exit 1", "npm": "true", "dnf": "true", "curl": "exit 6"}
    done = run_bash(tmp_path, _runtime(tmp_path, "18.x") + 'echo "uses $APP_NODE"', tools)
    assert (f"uses {tmp_path}/tools/node" in done.stdout) is served
    assert ("warning: v20.11.1 serves instead of Node.js 18" in done.stdout) is served
    assert ("no Node.js 18 here" in done.stdout) is not served


@pytest.mark.parametrize(
    ("configured", "expected"),
    [("https://registry.npmjs.org/", "https://registry.npmmirror.com"), ("https://packages.example.com/", "none")],
)
def test_the_mirror_is_used_only_where_no_registry_is_configured(
    tmp_path: Path, configured: str, expected: str
) -> None:
    tools = {"node": "echo v20.11.1", "npm": f'[ "$1" != config ] || echo {configured}'}
    done = run_bash(tmp_path, _runtime(tmp_path, "20") + 'echo "${npm_config_registry:-none}"', tools)
    assert done.stdout.strip() == expected


def _can_run() -> bool:
    if sys.platform != "linux" or not all(shutil.which(one) for one in ("unshare", "unzip", "node", "npm")):
        return False
    tried = subprocess.run([*UNSHARE, "mount", "--bind", "/tmp", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


needs_machine = pytest.mark.skipif(
    not _can_run(), reason="namespaces are not allowed here, or node or unzip is missing"
)


def _run(tmp_path: Path, tree: str, commands: str, **environment: str) -> str:
    """What the commands print on a throw-away `/root` that holds the tree's archive and both scripts; `$PORT_FREE` is free."""
    root = tmp_path / "root"
    root.mkdir()
    with zipfile.ZipFile(root / "project_1.zip", "w") as archive:
        for path in sorted((PROJECTS / tree).rglob("*")):
            archive.write(path, path.relative_to(PROJECTS / tree).as_posix())
    analysis = analyze_example(tree)
    scripts = make_scripts(analysis, "shop", analysis.port)
    (root / "start.sh").write_text(scripts.start)
    (root / "stop.sh").write_text(scripts.stop)
    (root / "tools").mkdir()
    (root / "tools" / "sleep").write_text('#!/bin/bash\n[ "$1" != 3 ] || set -- 0.7\nexec /bin/sleep "$@"\n')
    (root / "tools" / "sleep").chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    done = subprocess.run(
        [*UNSHARE, "bash", "-c", 'mount --bind "$1" /root && cd /root && exec bash -c "$2" 2>&1', "m", str(root), commands],
        env={**passed, "PATH": f"/root/tools:{os.environ['PATH']}", "HOME": "/root", "APP_PORT": port, **environment},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    return done.stdout


ASK = "node -e 'fetch(`http://127.0.0.1:${process.env.APP_PORT}/`).then(a => a.text()).then(t => console.log(`answer ${t}`), () => console.log(`no answer`))'"


@needs_machine
def test_a_plain_server_is_started_stopped_and_its_process_is_node_itself(tmp_path: Path) -> None:
    printed = _run(
        tmp_path, "node-server",
        f"bash start.sh > /dev/null; echo code $?; {ASK}; tr '\\0' ' ' < /proc/$(cat app.pid)/cmdline; echo;"
        f"bash start.sh > /dev/null; echo servers $(pgrep -cf '^node server.js'); bash stop.sh; {ASK}",
        npm_config_registry="http://127.0.0.1:9/",
    )  # fmt: skip
    assert "code 0\nanswer hello from production\nnode server.js \n" in printed
    assert "servers 1\n" in printed
    assert printed.rstrip().endswith("no answer")


@pytest.fixture(scope="session")
def registry() -> dict[str, str]:
    """The environment that reaches the registry this computer is set up for; skips where it cannot be reached."""
    asked = subprocess.run(["npm", "view", "ms@2.1.3", "version"], capture_output=True, timeout=60, check=False)
    if asked.returncode != 0:
        pytest.skip("the package registry cannot be reached from here")
    settings = subprocess.run(
        ["npm", "config", "get", "registry", "cafile"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    found = dict(line.split("=", 1) for line in settings)
    return {f"npm_config_{name}": value for name, value in found.items() if value not in {"", "null", "undefined"}}


@needs_machine
@pytest.mark.xdist_group("registry")  # asked for once
def test_dependencies_are_installed_and_the_build_runs_before_the_start(
    tmp_path: Path, registry: dict[str, str]
) -> None:
    printed = _run(tmp_path, "node-tiny", f"bash start.sh; echo code $?; {ASK}; bash stop.sh", **registry)
    assert "code 0" in printed
    assert "answer 172800000 no environment" in printed


@needs_machine
@pytest.mark.xdist_group("registry")  # asked for once
def test_built_pages_are_served_and_a_dotfile_among_them_is_not(tmp_path: Path, registry: dict[str, str]) -> None:
    secret = ASK.replace("APP_PORT}/", "APP_PORT}/.env")
    printed = _run(
        tmp_path,
        "node-vite",
        f"bash start.sh; echo code $?; echo SECRET > shop/out/.env; {ASK}; {secret}; bash stop.sh",
        **registry,
    )
    assert "code 0" in printed
    assert 'answer <script type="module"' in printed
    assert "SECRET" not in printed
