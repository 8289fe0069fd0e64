"""The Go row of the start script: China-reachable sources, a checked toolchain, and none where Go is there already."""

import hashlib
import shutil
from pathlib import Path

import pytest
from project_trees import analyze_example, clean_scripts, run_bash
from real_start import answer_of

from deployer.project.scripts.fetching import FETCH, FETCH_CHECKED
from deployer.project.scripts.golang import go_runtime
from deployer.project.scripts.make import with_functions

FAIL = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; }\nset -e\n'
CURL = 'while [ $# -gt 0 ]; do [ "$1" != --output ] || printf "%s" "$CONTENT" > "$2"; shift; done'


def test_the_scripts_are_clean_and_fetch_from_places_reachable_from_the_mainland(tmp_path: Path) -> None:
    start = clean_scripts(tmp_path, analyze_example("go_service")).start
    assert "https://goproxy.cn" in start
    assert "https://golang.google.cn/dl" in start
    assert "--connect-timeout 30 --max-time 120" in start
    assert (
        start.index("go mod download") < start.index("go build -o bin/server") < start.index("stop_application\ntouch")
    )
    assert "exec ./bin/server" in start


def test_go_that_is_there_is_used_and_nothing_is_fetched(tmp_path: Path) -> None:
    go = 'if [ "$1" = env ]; then echo go1.25.1; else echo "go $*, from $GOPROXY"; fi'
    done = run_bash(
        tmp_path, FAIL + with_functions(go_runtime(analyze_example("go_service"))), {"go": go, "curl": "echo fetched"}
    )
    assert done.stdout == "go mod download, from https://goproxy.cn,https://mirrors.aliyun.com/goproxy/,direct\n"
    assert done.returncode == 0


def test_a_go_too_old_to_fetch_its_successor_is_not_used(tmp_path: Path) -> None:
    tools = {"go": "echo go1.19.8", "uname": "echo riscv64"}
    done = run_bash(tmp_path, FAIL + with_functions(go_runtime(analyze_example("go_service"))), tools)
    assert "no Go for the processor riscv64" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [("right", "used right"), ("wrong", "does not have the expected SHA-256: it is not used")],
)
def test_a_download_is_believed_by_its_checksum_only(tmp_path: Path, content: str, expected: str) -> None:
    sha256 = hashlib.sha256(b"right").hexdigest()
    text = f'{FAIL}{FETCH}{FETCH_CHECKED}\nfetch_checked https://example.com/x {sha256} file\necho "used $(cat file)"'
    done = run_bash(tmp_path, text, {"curl": CURL}, CONTENT=content)
    assert expected in done.stdout
    assert (tmp_path / "file").exists() is (content == "right")
    assert not (tmp_path / "file.part").exists()


MAIN = """\
package main

import (
\t"fmt"
\t"net/http"
\t"os"
)

func main() {
\thttp.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hi from go") })
\tpanic(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
"""


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go here")
def test_a_program_is_built_started_and_stopped_for_real(tmp_path: Path) -> None:
    assert answer_of(tmp_path, {"go.mod": "module tiny\n\ngo 1.22\n", "main.go": MAIN}, "go") == "hi from go"
