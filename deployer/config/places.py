"""Folders on the user's machine: caches that may be lost, and the state of the local cloud."""

import sys
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Archives and printed plans; losing it costs time only. `DEPLOYER_CACHE_DIR` moves it."""
    if environ.get("DEPLOYER_CACHE_DIR"):
        return Path(environ["DEPLOYER_CACHE_DIR"])
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]) / "deployer"
    if sys.platform == "darwin":
        return _home(environ) / "Library" / "Caches" / "deployer"
    return _home(environ) / ".cache" / "deployer"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where the local cloud lives. `DEPLOYER_STATE_DIR` moves it."""
    if environ.get("DEPLOYER_STATE_DIR"):
        return Path(environ["DEPLOYER_STATE_DIR"])
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"]) / "deployer"
    if sys.platform == "darwin":
        return _home(environ) / "Library" / "Application Support" / "deployer"
    return _home(environ) / ".local" / "state" / "deployer"


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()
