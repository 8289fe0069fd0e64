"""The Rust row of the start script: a Cargo that can build the package, by rustup with its checksum where there is none."""

import re

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors
from deployer.project.scripts.shell import one_per_line

# Source of the sums: https://static.rust-lang.org/rustup/archive/1.29.0/
_RUSTUP = "1.29.0"
_SHA256 = {
    "x86_64": "4acc9acc76d5079515b46346a485974457b5a79893cfb01112423c89aeb5aa10",
    "aarch64": "9732d6c5e2a098d3521fca8145d826ae0aaa067ef2385ead08e6feac88fa5792",
}
_OLDEST_MINOR = 70
_CONFIG = (
    "[source.crates-io]", 'replace-with = "mirror"', "[source.mirror]", f'registry = "sparse+{mirrors.CRATES.address}"',
)  # fmt: skip


def rust_runtime(analysis: ProjectAnalysis) -> str:
    """The part that leaves `cargo` and a linker on PATH and the crates fetched."""
    pinned = analysis.language_version or ""
    match = re.fullmatch(r">=1\.(\d+)(\.\d+)?", pinned)
    minor = int(match[1]) if match else _OLDEST_MINOR
    toolchain = pinned if re.fullmatch(r"[\w.-]+", pinned) else "stable"
    lines = [
        f"# Rust from 1.{minor} on, or rustup, which reads the toolchain the project pins itself.",
        'export PATH="$HOME/.cargo/bin:$PATH"',
        f"APP_RUST={mirrors.RUST.usual}",
        f"if in_mainland; then APP_RUST={mirrors.RUST.address}; fi",
        'export RUSTUP_DIST_SERVER="${RUSTUP_DIST_SERVER:-$APP_RUST}" RUSTUP_UPDATE_ROOT="${RUSTUP_UPDATE_ROOT:-$APP_RUST/rustup}"',
        "has_cargo() {",
        "  local minor",
        "  command -v rustup > /dev/null 2>&1 && cargo --version > /dev/null 2>&1 && return 0",
        "  minor=\"$(cargo --version 2> /dev/null | sed -n -E 's/^cargo 1\\.([0-9]+).*/\\1/p' || true)\"",
        f'  [ "${{minor:-0}}" -ge {minor} ]',
        "}",
        "command -v cc > /dev/null 2>&1 || install_packages gcc || fail 'no linker: gcc cannot be installed'",
        "if ! has_cargo; then",
        '  case "$(uname -m)" in',
        *(f'    {name}) APP_RUSTUP_SHA256="{digest}" ;;' for name, digest in _SHA256.items()),
        '    *) fail "no Rust for the processor $(uname -m)" ;;',
        "  esac",
        f'  fetch_checked "$APP_RUST/rustup/archive/{_RUSTUP}/$(uname -m)-unknown-linux-gnu/rustup-init" "$APP_RUSTUP_SHA256" /root/rustup-init',
        "  chmod +x /root/rustup-init",
        f"  /root/rustup-init -y -q --no-modify-path --profile minimal --default-toolchain {toolchain}",
        "  rm -f /root/rustup-init",
        '  has_cargo || fail "Rust cannot be installed"',
        "fi",
        *_crates(),
    ]
    if analysis.install_command:
        lines.append(one_per_line(analysis.install_command))
    return "\n".join(lines) + "\n"


def _crates() -> list[str]:
    written = " ".join(f"'{line}'" for line in _CONFIG)
    return [
        "# Crates in the mainland from a mirror, unless the project or the machine has settings of its own.",
        'export CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}"',
        "has_cargo_settings() {",
        "  local file",
        '  for file in "$CARGO_HOME"/config "$CARGO_HOME/config.toml" .cargo/config .cargo/config.toml; do',
        '    if [ -e "$file" ]; then return 0; fi',
        "  done",
        "  return 1",
        "}",
        "if in_mainland && ! has_cargo_settings; then",
        "  mkdir -p .cargo",
        f"  printf '%s\\n' {written} > .cargo/config.toml",
        "fi",
    ]
