"""Tiny wheels, and a pip that asks nobody but the folder they lie in."""

import hashlib
import os
import sys
import zipfile
from pathlib import Path

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def make_wheel(folder: Path, name: str, version: str, *needs: str, body: str = "", tag: str = "py3-none-any") -> str:
    """A wheel of one module; its SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel, info = folder / f"{name}-{version}-{tag}.whl", f"{name}-{version}.dist-info"
    lines = [f"Requires-Dist: {need}\n" for need in needs]
    files = {
        f"{name}.py": body,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{''.join(lines)}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
        record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), record)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def write(root: Path, files: dict[str, str]) -> Path:
    """A tree of text files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def offline(cache: Path) -> dict[str, str]:
    """An environment for pip without an index, and with a cache of the deployer's own."""
    path = f"{Path(os.path.realpath(sys.executable)).parent}:/usr/bin:/bin"
    return {"PATH": path, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "DEPLOYER_CACHE_DIR": str(cache)}
