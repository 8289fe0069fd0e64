"""pip of this computer, which fetches wheels for another one. Nothing that it fetches is run."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from deployer.errors.carrying import PipFailed, PipMissing, WheelMissing
from deployer.project.carrying.addresses import masked
from deployer.project.carrying.target import Target

# What pip needs of the environment: its own settings and the way to the network. Nothing of the cloud's is among it.
_KEPT = re.compile(
    r"PIP_\w+|PATH|HOME|USER|LANG|LC_\w+|TMPDIR|TMP|TEMP|NETRC|XDG_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|\w+_PROXY|"
    r"SYSTEMROOT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|COMSPEC|PATHEXT",
    re.IGNORECASE,
)
_TIMEOUT_SECONDS = 900
_NOT_FOUND = 127
_NO_PIP = "No module named pip"
_NO_WHEEL = re.compile(r"No matching distribution found for ([^\s(]+)")
_MOST_WORDS = 300


class Pip:
    """pip by the first Python that has it; one of the target's own version reads conditions on versions as that will."""

    def __init__(self, environ: Mapping[str, str], target: Target, folder: Path) -> None:
        """`folder` is the project's, from which relative paths are read."""
        self._environment = {name: value for name, value in environ.items() if _KEPT.fullmatch(name)}
        self._environment |= {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        self._target = target
        self._folder = folder
        candidates = (f"python{target.python}", sys.executable, "python3", "python")
        self._candidates = tuple(dict.fromkeys(candidates))

    def download(self, requirements: Path, into: Path, *, let_see: Mapping[str, str]) -> None:
        """Wheels of a requirements file and of all that they need. `let_see` are variables the file refers to.

        Everything that may be secret stands in the file or in the environment, nothing of it among the arguments.
        Errors: PipMissing, WheelMissing, PipFailed.
        """
        arguments = ["-m", "pip", "download", "--quiet", "--progress-bar=off", "--dest", str(into)]
        arguments += ["--only-binary=:all:", "--implementation=cp", f"--python-version={self._target.python}"]
        arguments += [f"--abi=cp3{self._target.minor}", *(f"--platform={one}" for one in self._target.platforms)]
        environment = {**self._environment, **let_see}
        for program in self._programs():
            code, said = self._run([program, *arguments, "-r", str(requirements)], environment)
            if code == 0:
                return
            if code != _NOT_FOUND and _NO_PIP not in said:
                raise self._failure(said)
        raise PipMissing(self._candidates)

    def _programs(self) -> Iterator[str]:
        """Those there are of the candidates; a stand-in of a version manager may turn out to be none."""
        found = (shutil.which(one, path=self._environment.get("PATH")) for one in self._candidates)
        return (one for one in found if one is not None)

    def _run(self, command: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
        """(exit code, what it said). Errors: PipFailed."""
        try:
            ended = subprocess.run(
                command,
                cwd=self._folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=_TIMEOUT_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise PipFailed(f"it had not ended after {_TIMEOUT_SECONDS} seconds") from None
        return ended.returncode, ended.stderr.decode("utf-8", "replace")

    def _failure(self, said: str) -> WheelMissing | PipFailed:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
        telling = [line for line in errors if line != "Exception:"] or lines[-1:] or ["it failed without a word"]
        words = masked(telling[0])[:_MOST_WORDS]
        unreachable = any("Retrying" in line or "connection" in line.lower() for line in lines)
        missing = _NO_WHEEL.search(said)
        if missing and not unreachable:
            return WheelMissing(masked(missing[1]), str(self._target), words)
        return PipFailed(f"{words}; an index did not answer" if unreachable else words)
