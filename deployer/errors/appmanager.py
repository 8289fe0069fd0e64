"""Errors of the `aliyun appmanager` backend that the cloud itself does not give."""

from deployer.errors.base import CloudError, ConfigError, TransientError

CHECK_COMMAND = "deployer check --backend appmanager"


class AppmanagerMissing(CloudError):
    """There is no `aliyun` on PATH."""

    code = "appmanager.missing"

    def __init__(self) -> None:
        super().__init__(
            "the `aliyun` command line is not on PATH",
            hint="`deployer check --backend appmanager` says how to install it; the default backend needs none",
            next_commands=(CHECK_COMMAND,),
        )


class AppmanagerFailed(CloudError):
    """The CLI said no without an API code; its own words and its stderr are among the facts."""

    code = "appmanager.failed"

    def __init__(self, command: str, sentence: str, exit_code: int | None, stderr: str) -> None:
        super().__init__(
            f"`{command}` failed: {sentence}",
            hint="read the output of the CLI below; `deployer check --backend appmanager` looks at its versions",
            next_commands=(CHECK_COMMAND,),
            command=command,
            cli_exit_code=exit_code,
            stderr=stderr,
        )


class AppmanagerUnclear(TransientError):
    """The CLI ended without saying how: killed half way, or it printed something else. What it did is not known."""

    code = "appmanager.unclear"

    def __init__(self, command: str, found: str, exit_code: int | None, stderr: str) -> None:
        super().__init__(
            f"`{command}` ended ({_ending(exit_code)}) without a result: {found}",
            hint="see what it did with `deployer status --backend appmanager`, then run the same command again",
            next_commands=(CHECK_COMMAND,),
            command=command,
            found=found,
            cli_exit_code=exit_code,
            stderr=stderr,
        )


class ConfigRefused(ConfigError):
    """`aliyun appmanager config validate` does not accept the configuration that was made for it."""

    code = "config.refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(
            f"the CLI refuses the configuration: {sentence}",
            hint="change what it names, or use the default backend, whose rules `deployer config validate` knows",
        )


class GroupStateUnknown(CloudError):
    """The group could not be looked at, so a deploy might overwrite something nobody knows of."""

    code = "cloud.group_state_unknown"

    def __init__(self, application_name: str, group_name: str, deploy_region_id: str, reason: str) -> None:
        super().__init__(
            f"what runs in {application_name}/{group_name} is not known and might be overwritten: {reason}",
            hint="look at it with `deployer status`, then deploy again; `--force` goes on without knowing",
            next_commands=(
                f"deployer status --name {application_name} --group {group_name} --region {deploy_region_id}",
            ),
            application_name=application_name,
            application_group_name=group_name,
            reason=reason,
        )


class BucketNameTaken(CloudError):
    """The bucket the CLI uploads to has a name of its own making, and somebody else has it.

    Source: the CLI's bucket is `<application>-<region>`, and bucket names are unique in all of OSS.
    """

    code = "cloud.bucket_name_taken"

    def __init__(self, bucket_name: str) -> None:
        super().__init__(
            f"the CLI may not write to the bucket `{bucket_name}`: another account has this name",
            hint="give the application a rarer name with --name, or use the default backend, which names its own bucket",
            bucket_name=bucket_name,
        )


class RevisionNotKept(CloudError):
    """An earlier release has no revision that the CLI could deploy again."""

    code = "cloud.revision_not_kept"

    def __init__(self, application_name: str, group_name: str) -> None:
        super().__init__(
            f"this release of {application_name}/{group_name} was not made by the CLI, so it keeps no revision of it",
            hint="deploy it with the backend that released it: `--backend sdk`",
            application_name=application_name,
            application_group_name=group_name,
        )


def _ending(exit_code: int | None) -> str:
    if exit_code is None:
        return "still running"
    return f"killed by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
