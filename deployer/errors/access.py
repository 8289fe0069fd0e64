"""Errors of credentials and permissions, and the ways to set credentials up."""

from dataclasses import asdict, dataclass
from typing import Any

from deployer.errors.base import AccessError, UsageError

ACCESS_KEY_URL = "https://ram.console.aliyun.com/manage/ak"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInMethod:
    """A way to set credentials up: `command` is run by the user in the user's own terminal."""

    id: str
    name: str
    command: str


# The safest first: no long-lived key, a role, the environment, a key in a file of the user's own.
SIGN_IN_METHODS = (
    SignInMethod(id="A", name="OAuth in the browser", command="aliyun configure --mode OAuth --profile oauth"),
    SignInMethod(
        id="B", name="ECS RAM role", command="aliyun configure --mode EcsRamRole --ram-role-name <your-role-name>"
    ),
    SignInMethod(
        id="C",
        name="environment variables",
        command="export ALIBABA_CLOUD_ACCESS_KEY_ID=<your-access-key-id> "
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET=<your-access-key-secret>",
    ),
    SignInMethod(
        id="D",
        name="AccessKey profile",
        command="aliyun configure set --profile default --mode AK --access-key-id <your-access-key-id> "
        "--access-key-secret <your-access-key-secret> --region cn-hangzhou",
    ),
)


class CredentialsMissing(AccessError):
    """No source of the default chain gave credentials, or the profile that was named did not.

    `reasons` say what is wrong with the sources that are half set up, or that there is none.
    """

    code = "access.credentials_missing"

    def __init__(self, reasons: tuple[str, ...], *, profile: str | None = None) -> None:
        of_profile = f" in profile `{profile}`" if profile else ""
        super().__init__(
            f"no Alibaba Cloud credentials were found{of_profile}: " + ("; ".join(reasons) or "no source is set up"),
            hint="set credentials up in your own terminal, never in a chat, by one of the methods listed; "
            "or try the local cloud with `--local`, which needs none",
            next_commands=("deployer check",),
            reasons=list(reasons),
            profile=profile,
            methods=[asdict(method) for method in SIGN_IN_METHODS],
        )


class KeyOnCommandLine(UsageError):
    """A key was given as a flag, where everybody on the machine can read it. Its value is not repeated."""

    code = "usage.key_on_command_line"

    def __init__(self, flag: str) -> None:
        super().__init__(
            f"`{flag}` is not taken: a key on the command line is in the process list and in the shell's history",
            hint="set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET in your own terminal, or name a "
            f"profile with --profile; if it was a real key, replace it at {ACCESS_KEY_URL}",
            flag=flag,
        )


class CredentialsRefused(AccessError):
    """The credentials are wrong, inactive or expired."""

    code = "access.credentials_refused"

    def __init__(self, message: str, hint: str, **facts: Any) -> None:
        super().__init__(message, hint=hint, next_commands=("deployer check",), **facts)


class PermissionDenied(AccessError):
    """A RAM policy does not allow the action."""

    code = "access.permission_denied"

    def __init__(self, missing_action: str, **facts: Any) -> None:
        explicit = facts.get("no_permission_type") == "ExplicitDeny"
        super().__init__(
            f"the identity may not call `{missing_action}`" + (" (a policy denies it)" if explicit else ""),
            hint=f"let an administrator allow `{missing_action}` for it; `deployer policy` prints a policy that is enough",
            next_commands=("deployer policy",),
            missing_action=missing_action,
            **facts,
        )


class ClockIsWrong(AccessError):
    """This machine's clock differs too much from the cloud's."""

    code = "access.clock_is_wrong"

    def __init__(self, **facts: Any) -> None:
        super().__init__(
            "this machine's clock differs from the cloud's by more than 15 minutes, so requests cannot be signed",
            hint="set the clock, for example with `timedatectl set-ntp true`",
            **facts,
        )
