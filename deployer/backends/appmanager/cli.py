"""Runs `aliyun appmanager …`: argument lists and never a shell, a deadline, and all the child says on stderr kept."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deployer.backends.appmanager.child import Child
from deployer.backends.appmanager.failures import failure_of
from deployer.backends.appmanager.stream import CliResult, read_answer
from deployer.cloud.session import Session
from deployer.errors.appmanager import AppmanagerFailed, AppmanagerMissing
from deployer.events import Emit, WaitProgressed, ignore_events

ASK_TIMEOUT_SECONDS = 300.0  # the first call ever makes a virtual environment and installs the plugin
NEEDS_NO_ACCOUNT = ("init",)
# What could give the child another identity, region or user agent than this run's, or make it print signed requests.
_PREFIXES = ("ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_")
_REPLACED = {
    *("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "CREDENTIALS_URI"),
    *("PROFILE", "IGNORE_PROFILE", "REGION_ID", "USER_AGENT"),
}


def child_environment(session: Session, region_id: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the CLI: this run's credentials, token included, its region, and its user agent once.

    Errors: CredentialsMissing.
    Source: README of aliyun-cli, "Supported environment variables", and its `cliext/appmanagerutil`: the keys of a profile
    file would win over the variables.
    """
    credential = session.read_credential()
    keys = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credential.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credential.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": credential.security_token,
    }
    named = {name: value for name, value in keys.items() if value}
    return {**environment_without_keys(session, region_id, environ), **named}


def environment_without_keys(session: Session, region_id: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The same for a command that asks nothing of the cloud."""
    return {
        **{name: value for name, value in environ.items() if not _is_replaced(name)},
        "ALIBABA_CLOUD_REGION_ID": region_id,
        "ALIBABA_CLOUD_USER_AGENT": session.user_agent,
        "ALIBABA_CLOUD_IGNORE_PROFILE": "TRUE",
        "ALIBABA_CLOUD_APPMANAGER_COMPAT_MODE": "aliyun appmanager",  # else set by the CLI with a profile only
    }


def _is_replaced(name: str) -> bool:
    prefix = next((one for one in _PREFIXES if name.startswith(one)), None)
    return name == "DEBUG" or (prefix is not None and name.removeprefix(prefix) in _REPLACED)


class AppmanagerCli:
    """The `aliyun appmanager` of this machine, as one identity in one region."""

    def __init__(self, session: Session, region_id: str, environ: Mapping[str, str]) -> None:
        self._session = session
        self._region_id = region_id
        self._environ = environ

    def start(self, words: Sequence[str], folder: Path, *, timeout_seconds: float, emit: Emit = ignore_events) -> Child:
        """The command at work in the folder. Ended by leaving the child's `with` block.

        Errors: AppmanagerMissing, AppmanagerFailed, CredentialsMissing.
        """
        program = shutil.which("aliyun", path=self._environ.get("PATH"))
        if program is None:
            raise AppmanagerMissing
        what = command_name(words)

        def tell_silence(elapsed: float) -> None:
            emit(
                WaitProgressed(
                    what=what, status="says nothing", elapsed_seconds=elapsed, timeout_seconds=timeout_seconds
                )
            )

        environment_of = environment_without_keys if words[0] in NEEDS_NO_ACCOUNT else child_environment
        environment = environment_of(self._session, self._region_id, self._environ)
        try:
            return Child(
                (str(Path(program).absolute()), "appmanager", *words, "--output", "json"),
                environment=environment,
                folder=folder,
                clock=self._session.clock,
                timeout_seconds=timeout_seconds,
                on_silence=tell_silence,
            )
        except OSError as error:  # a broken program, or one for another kind of machine
            reason = f"{program} cannot be run: {error.strerror}"
            raise AppmanagerFailed(what, reason, None, "") from None

    def ask(self, words: Sequence[str]) -> Mapping[str, Any]:
        """The data of a command that only says something, run where it finds no project. Errors: as `ask_in`."""
        with tempfile.TemporaryDirectory(prefix="deployer-appmanager-") as folder:
            return self.ask_in(Path(folder), words)

    def ask_in(self, folder: Path, words: Sequence[str]) -> Mapping[str, Any]:
        """The data of a short command run in the folder.

        Errors: what `failure_of` makes of the CLI's own; WaitedTooLong.
        """
        with self.start(words, folder, timeout_seconds=ASK_TIMEOUT_SECONDS) as child:
            text = "\n".join(child.lines())
        answer = read_answer(text)
        if isinstance(answer, CliResult) and child.exit_code == 0:
            return answer.data
        raise failure_of(command_name(words), answer, child.ending, text)


def command_name(words: Sequence[str]) -> str:
    """The command without its values, for messages: `aliyun appmanager app deploy`."""
    verbs = [word for word in words[:2] if not word.startswith("-")]
    return " ".join(("aliyun appmanager", *verbs))
