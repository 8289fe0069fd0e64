"""Rust projects: the binary that is built, and where it listens."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree

MANIFEST = '[package]\nname = "shop"\nversion = "0.1.0"\n\n[dependencies]\n%s = "1"\n'
MAIN = "fn main() {\n%s\n}\n"


def test_the_example_is_built_for_release_as_its_readme_runs_it() -> None:
    found = analyze_example("rust_axum")
    assert (found.language, found.framework, found.language_version) == ("rust", "axum", ">=1.75")
    assert found.build_command == "cargo build --release --bin quotes"
    assert found.start_command == "./target/release/quotes"
    assert (found.port, found.bind_host, found.source) == (3010, "0.0.0.0", "readme")
    assert ("src/main.rs", 7) in {(one.file, one.line) for one in found.evidence}


@pytest.mark.parametrize(
    ("code", "port", "host"),
    [
        ('TcpListener::bind("0.0.0.0:3000").await', 3000, "0.0.0.0"),
        ('HttpServer::new(f).bind(("127.0.0.1", 8081))', 8081, "127.0.0.1"),
        ("let a = SocketAddr::from(([0, 0, 0, 0], 8082));", 8082, "0.0.0.0"),
        ("warp::serve(r).run(([127, 0, 0, 1], 3030)).await;", 3030, "127.0.0.1"),
        ('let port = env::var("PORT").unwrap_or_else(|_| "8083".to_string());', 8083, None),
        ("const PORT: u16 = 8084; serve(PORT);", 8084, None),
        ("loop { work(); }", 8080, None),
    ],
)
def test_the_port_is_read_from_the_code(tmp_path: Path, code: str, port: int, host: str | None) -> None:
    found = analyze_tree(tmp_path, {"Cargo.toml": MANIFEST % "axum", "src/main.rs": MAIN % code})
    assert (found.port, found.bind_host) == (port, host)
    assert any("cannot be reached" in one for one in found.warnings) is (host == "127.0.0.1")


def test_rocket_gets_its_address_from_the_environment(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": MANIFEST % "rocket",
        "src/main.rs": "#[launch]\nfn r() -> _ {}\n",
        "Rocket.toml": "[default]\nport = 8001\n",
    }
    found = analyze_tree(tmp_path, files)
    assert dict(found.environment) == {"ROCKET_ADDRESS": "0.0.0.0", "ROCKET_PORT": "8001"}
    assert found.port == 8001


@pytest.mark.parametrize(
    ("files", "binary"),
    [
        ({"Cargo.toml": MANIFEST % "x", "src/bin/api.rs": MAIN % ""}, "api"),
        ({"Cargo.toml": MANIFEST % "x" + '[[bin]]\nname = "serve"\npath = "src/main.rs"\n', "src/main.rs": MAIN % ""}, "serve"),
        ({"Cargo.toml": '[workspace]\nmembers = ["lib", "web"]\n', "lib/Cargo.toml": MANIFEST.replace("shop", "lib") % "x",
          "lib/src/lib.rs": "\n", "web/Cargo.toml": MANIFEST.replace("shop", "web") % "axum", "web/src/main.rs": MAIN % ""}, "web"),
        ({"Cargo.toml": MANIFEST % "x", "src/bin/red.rs": MAIN % "", "src/bin/blue.rs": MAIN % "",
          "README.md": "```\ncargo run --bin blue\n```\n"}, "blue"),
    ],
)  # fmt: skip
def test_the_program_is_found(tmp_path: Path, files: dict[str, str], binary: str) -> None:
    assert analyze_tree(tmp_path, files).start_command == f"./target/release/{binary}"


def test_a_library_and_equal_programs_are_not_guessed_at(tmp_path: Path) -> None:
    library = analyze_tree(tmp_path / "one", {"Cargo.toml": MANIFEST % "x", "src/lib.rs": "\n"})
    assert not library.supported
    files = {"Cargo.toml": MANIFEST % "x", "src/bin/red.rs": MAIN % "", "src/bin/blue.rs": MAIN % ""}
    several = analyze_tree(tmp_path / "two", files)
    assert any("`blue`" in one and "`red`" in one for one in several.warnings)


def test_a_pinned_toolchain_is_wanted_before_the_oldest_that_works(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": MANIFEST % "x",
        "src/main.rs": MAIN % "",
        "rust-toolchain.toml": '[toolchain]\nchannel = "1.80.1"\n',
    }
    assert analyze_tree(tmp_path, files).language_version == "1.80.1"
