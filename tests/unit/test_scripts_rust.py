"""The Rust row of the start script: a Cargo that is there, or rustup by its checksum."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from project_trees import analyze_example, clean_scripts, run_bash
from real_start import answer_of

from deployer.project.scripts.make import with_functions
from deployer.project.scripts.rust import rust_runtime

FUNCTIONS = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; }\nset -e\n'


def test_the_scripts_are_clean_and_build_before_the_old_process_is_stopped(tmp_path: Path) -> None:
    start = clean_scripts(tmp_path, analyze_example("rust_axum")).start
    build = start.index("cargo build --release --bin quotes")
    assert start.index("cargo fetch\n") < build < start.index("stop_application\ntouch")
    assert "exec ./target/release/quotes" in start


@pytest.mark.parametrize(("version", "enough"), [("1.75.0", True), ("1.90.0", True), ("1.74.1", False)])
def test_a_cargo_new_enough_is_used_and_another_is_replaced(tmp_path: Path, version: str, *, enough: bool) -> None:
    cargo = f'[ "$1" = --version ] && echo "cargo {version}" || echo "cargo $*"'
    tools = {"cargo": cargo, "cc": "true", "uname": "echo riscv64", "rustup": "exit 1"}
    text = FUNCTIONS + with_functions(rust_runtime(analyze_example("rust_axum"))).replace("command -v rustup", "false")
    done = run_bash(tmp_path, text, tools)
    assert ("cargo fetch" in done.stdout) is enough
    assert ("no Rust for the processor riscv64" in done.stdout) is not enough


def test_crates_come_from_a_mirror_unless_the_machine_names_one(tmp_path: Path) -> None:
    tools = {"cargo": "echo cargo 1.90.0", "cc": "true"}
    text = FUNCTIONS + with_functions(rust_runtime(analyze_example("rust_axum")))
    assert run_bash(tmp_path, text, tools).returncode == 0
    config = tmp_path / ".cargo" / "config.toml"
    assert "sparse+https://mirrors.aliyun.com/crates.io-index/" in config.read_text()
    config.write_text("own\n")
    assert run_bash(tmp_path, text, tools).returncode == 0
    assert config.read_text() == "own\n"
    (tmp_path / "home").mkdir()
    config.rename(tmp_path / "home" / "config.toml")
    assert run_bash(tmp_path, text, tools, CARGO_HOME=str(tmp_path / "home")).returncode == 0
    assert not config.exists()


def test_a_pinned_toolchain_is_the_one_rustup_installs() -> None:
    text = with_functions(rust_runtime(replace(analyze_example("rust_axum"), language_version="1.80.1")))
    assert "--default-toolchain 1.80.1" in text
    assert "--default-toolchain stable" in with_functions(rust_runtime(analyze_example("rust_axum")))


MAIN = """\
use std::io::{Read, Write};

fn main() {
    let port = std::env::var("PORT").unwrap_or("8080".into());
    for stream in std::net::TcpListener::bind(format!("0.0.0.0:{port}")).unwrap().incoming() {
        let mut stream = stream.unwrap();
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\\r\\nContent-Length: 12\\r\\n\\r\\nhi from rust");
    }
}
"""


@pytest.mark.skipif(shutil.which("cargo") is None or shutil.which("cc") is None, reason="there is no Rust here")
def test_a_program_is_built_started_and_stopped_for_real(tmp_path: Path) -> None:
    files = {"Cargo.toml": '[package]\nname = "tiny"\nversion = "0.1.0"\nedition = "2021"\n', "src/main.rs": MAIN}
    assert answer_of(tmp_path, files, "cargo", "cc") == "hi from rust"
