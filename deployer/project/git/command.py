"""Runs git so that nothing of a stranger's repository is run, nobody is asked, and only https and ssh are spoken."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO

from deployer.models.secret import Secret

# What git and the programs it asks for credentials need; nothing else of the environment reaches them.
_KEPT = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SSH_AUTH_SOCK", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"),
        *("DBUS_SESSION_BUS_ADDRESS", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSH", "GIT_SSH_COMMAND"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "COMSPEC", "PATHEXT", "TEMP", "TMP"),
    }
)
_FIXED: Mapping[str, str] = MappingProxyType(
    {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GCM_INTERACTIVE": "never",
        "GIT_ALLOW_PROTOCOL": "https:ssh",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }
)
# The repository's own settings may name programs to run; none of them is.
UNHOOKED = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "safe.directory=*")
_LOOKS_EVERY_SECONDS = 0.25
_OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024


class GitEnded(Exception):
    """git said no; the text is its own, bounded and free of control characters."""


class GitTookTooLong(Exception):
    """git was ended because its time was over."""


class GitSaidTooMuch(Exception):
    """git was ended because it printed more than any repository of a sane size makes it print."""


class GitCommand:
    """git with one environment. `authorization` is sent to `site` alone: a redirect is then an error, not followed."""

    def __init__(self, environ: Mapping[str, str], *, site: str, authorization: Secret | None) -> None:
        self._environment = {name: value for name, value in environ.items() if name.upper() in _KEPT}
        self._environment |= _FIXED
        if authorization:
            settings = ((f"http.{site}.extraHeader", authorization.reveal()), ("http.followRedirects", "false"))
            self._environment["GIT_CONFIG_COUNT"] = str(len(settings))
            for number, (name, value) in enumerate(settings):
                self._environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}

    def run(
        self, *arguments: str, folder: Path, timeout_seconds: float, watch: Callable[[], None] = lambda: None
    ) -> bytes:
        """What git printed. `watch` is called a few times a second and may raise to end it.

        Errors: GitEnded, GitTookTooLong, GitSaidTooMuch, FileNotFoundError when there is no git.
        """
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as said:
            # A session of its own: git and ssh have no terminal to ask at, and end together.
            with subprocess.Popen(
                ["git", *UNHOOKED, *arguments],
                cwd=folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=said,
                start_new_session=True,
            ) as process:
                try:
                    _wait(process, timeout_seconds, lambda: _look(watch, output, said))
                except BaseException:
                    _end(process)
                    raise
            if process.returncode != 0:
                raise GitEnded(_last_words(_content(said)))
            return _content(output)


def _wait(process: "subprocess.Popen[bytes]", timeout_seconds: float, look: Callable[[], None]) -> None:
    for _ in range(max(1, round(timeout_seconds / _LOOKS_EVERY_SECONDS))):
        try:
            process.wait(_LOOKS_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            look()
        else:
            return look()
    raise GitTookTooLong


def _look(watch: Callable[[], None], *outputs: IO[bytes]) -> None:
    watch()
    if any(os.fstat(one.fileno()).st_size > _OUTPUT_LIMIT_BYTES for one in outputs):
        raise GitSaidTooMuch


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End git and the programs it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _last_words(said: bytes) -> str:
    """The line that says why, without git's own prefixes: the first, for what follows it is advice."""
    lines = (line.strip() for line in said.decode("utf-8", "replace").splitlines())
    telling = next((line for line in lines if line and not line.lower().startswith("warning:")), "")
    plain = "".join(character for character in telling if character.isprintable())
    return plain.removeprefix("fatal:").removeprefix("error:").strip()[:300] or "it failed without a word"
