"""Errors the cloud gives: refusals, permissions, money, stock, and what may work later.

Those that come from an API call carry `action`, `api_code`, `request_id` and `recommend` among their facts.
"""

from typing import Any

from deployer.errors.base import CloudError, TargetError, TransientError

TOP_UP_URL = "https://usercenter2.aliyun.com/finance/fund-management/recharge"
QUOTA_URL = "https://quotas.console.aliyun.com/"


class ApiRefused(CloudError):
    """An API call was refused for a reason that has no class of its own; `api_code` tells it."""

    code = "cloud.refused"

    def __init__(self, action: str, api_code: str, sentence: str, **facts: Any) -> None:
        super().__init__(
            f"`{action}` was refused with `{api_code}`: {sentence}",
            hint=f"see {facts['recommend']}" if facts.get("recommend") else "check the values named in the message",
            action=action,
            api_code=api_code,
            **facts,
        )
        self.api_code = api_code


class AnswerNotUnderstood(TransientError):
    """What answered is not the API: a proxy's page, or a body cut short. Whether the call took effect is not known."""

    code = "transient.answer_not_understood"

    def __init__(self, action: str, found: str) -> None:
        super().__init__(
            f"the answer to `{action}` is not one of the API's: {found}",
            hint="check the proxy and network between this machine and Alibaba Cloud, then run the command again",
            action=action,
            found=found,
        )


class RedirectRefused(CloudError):
    """An API answered that another address be asked; nothing signed is sent where an answer points."""

    code = "cloud.redirect_refused"

    def __init__(self, host: str, location: str) -> None:
        super().__init__(
            f"`{host}` answered with a redirect to `{location}`, which is not followed: the APIs do not redirect",
            hint="check the proxy and network between this machine and Alibaba Cloud, then run the command again",
            host=host,
            location=location,
        )


class RegionUnknown(CloudError):
    """No such region, or it is not open to the account; `open_region_ids` are."""

    code = "cloud.region_unknown"

    def __init__(self, deploy_region_id: str, open_region_ids: tuple[str, ...], **facts: Any) -> None:
        super().__init__(
            f"the region `{deploy_region_id}` does not exist or is not open to this account",
            hint="choose an open one with --region, such as " + ", ".join(f"`{one}`" for one in open_region_ids[:3])
            if open_region_ids
            else "give a region id such as `cn-hangzhou` with --region",
            next_commands=("deployer check",),
            deploy_region_id=deploy_region_id,
            open_region_ids=list(open_region_ids),
            **facts,
        )


class OutOfStock(CloudError):
    """No zone of the region sells the instance type right now."""

    code = "cloud.out_of_stock"

    def __init__(
        self, instance_type: str, deploy_region_id: str, tried: tuple[str, ...], others: tuple[str, ...]
    ) -> None:
        super().__init__(
            f"`{instance_type}` cannot be bought in {deploy_region_id}: sold out, or not offered there"
            + (f" (zones tried: {', '.join(tried)})" if tried else ""),
            hint=f"take another type, such as `{others[0]}`, or another region" if others else "take another region",
            instance_type=instance_type,
            deploy_region_id=deploy_region_id,
            zones_tried=list(tried),
            other_types=list(others),
        )


class QuotaReached(CloudError):
    """A quota of the account is used up."""

    code = "cloud.quota_reached"

    def __init__(self, action: str, api_code: str, sentence: str, **facts: Any) -> None:
        super().__init__(
            f"a quota is used up: `{action}` was refused with `{api_code}`: {sentence}",
            hint=f"raise it at {QUOTA_URL} or remove what is no longer needed",
            action=action,
            api_code=api_code,
            **facts,
        )


class NotEnoughBalance(CloudError):
    """Pay-as-you-go needs at least 100 CNY on the account.

    Source: https://help.aliyun.com/en/ecs/developer-reference/api-ecs-2014-05-26-reactivateinstances
    """

    code = "cloud.not_enough_balance"

    def __init__(self, **facts: Any) -> None:
        super().__init__(
            "the account's balance is too low for a pay-as-you-go instance (at least 100 CNY are needed)",
            hint=f"top up at {TOP_UP_URL}, or deploy to an instance you already have with "
            "`--ecs existing --instance-id ID`",
            **facts,
        )


class InstanceNotFound(TargetError):
    """The region has no instance with this id."""

    code = "target.instance_not_found"

    def __init__(self, instance_ids: tuple[str, ...], deploy_region_id: str) -> None:
        super().__init__(
            f"no such instance in {deploy_region_id}: {', '.join(instance_ids)}",
            hint="check the id and the region: an instance is found only in its own region",
            instance_ids=list(instance_ids),
            deploy_region_id=deploy_region_id,
        )


class InstanceUnfit(TargetError):
    """The chosen instance cannot take a release; `reason` says why."""

    code = "target.instance_unfit"

    def __init__(self, instance_id: str, reason: str, hint: str) -> None:
        super().__init__(
            f"instance {instance_id} cannot be used: {reason}", hint=hint, instance_id=instance_id, reason=reason
        )


class InstanceShared(TargetError):
    """The group's instance cannot be deleted: an application of another group lives on it too."""

    code = "target.instance_shared"

    def __init__(self, instance_id: str, application_name: str, group_name: str, deploy_region_id: str) -> None:
        command = f"deployer delete --name {application_name} --group {group_name} --region {deploy_region_id}"
        super().__init__(
            f"{application_name}/{group_name} runs on instance {instance_id} as well, and would go down with it",
            hint=f"remove that application first with `{command}`, or leave the instance with --keep-instance",
            next_commands=(command,),
            instance_id=instance_id,
            application_name=application_name,
            application_group_name=group_name,
        )


class ForeignBucket(CloudError):
    """The bucket belongs to another account; nothing was written to it."""

    code = "cloud.foreign_bucket"

    def __init__(self, bucket_name: str) -> None:
        super().__init__(
            f"the bucket `{bucket_name}` belongs to another account: nothing was uploaded",
            hint="remove its tag `deployer=artifacts`, or let deployer make a bucket of its own",
            bucket_name=bucket_name,
        )


class UnsafeBucket(CloudError):
    """The bucket found by tag is not safe to hold releases."""

    code = "cloud.unsafe_bucket"

    def __init__(self, bucket_name: str, reason: str) -> None:
        super().__init__(
            f"the bucket `{bucket_name}` is not used: {reason}",
            hint="mend it in the console, or remove its tag `deployer=artifacts` so that a new one is made",
            bucket_name=bucket_name,
            reason=reason,
        )


class Throttled(TransientError):
    """Too many calls; the API opens again with the next minute."""

    code = "transient.throttled"

    def __init__(self, action: str, **facts: Any) -> None:
        super().__init__(
            f"`{action}` is throttled: too many calls from this account",
            hint="wait a minute and run the same command again",
            action=action,
            **facts,
        )


class ServiceFailed(TransientError):
    """The service had an internal error."""

    code = "transient.service_failed"

    def __init__(self, action: str, api_code: str, **facts: Any) -> None:
        super().__init__(
            f"`{action}` failed on the cloud's side with `{api_code}`",
            hint="run the same command again",
            action=action,
            api_code=api_code,
            **facts,
        )


class Unreachable(TransientError):
    """The network between this machine and the cloud did not work."""

    code = "transient.unreachable"

    def __init__(self, action: str, host: str, reason: str) -> None:
        super().__init__(
            f"`{action}` did not reach {host}: {reason}",
            hint="check the network, HTTPS_PROXY and DNS of this machine, then run the same command again",
            action=action,
            host=host,
            reason=reason,
        )


class WaitedTooLong(TransientError):
    """Something did not become ready in time."""

    code = "transient.waited_too_long"

    def __init__(self, what: str, status: str, timeout_seconds: float, **facts: Any) -> None:
        super().__init__(
            f"{what} is still `{status}` after {timeout_seconds:.0f} s",
            hint="run the same command again: it goes on where this one stopped",
            what=what,
            status=status,
            timeout_seconds=timeout_seconds,
            **facts,
        )


class LockHeld(TransientError):
    """Another deploy of the same group is running."""

    code = "transient.lock_held"

    def __init__(self, holder: str, expires_in_seconds: float) -> None:
        super().__init__(
            f"another deploy of this group is running: {holder}",
            hint=f"wait for it; if it died, its lock ends by itself in {max(0, round(expires_in_seconds))} s",
            holder=holder,
            expires_in_seconds=round(expires_in_seconds, 1),
        )


class LockLost(TransientError):
    """Somebody else holds the lock now, so this run must not write any more."""

    code = "transient.lock_lost"

    def __init__(self) -> None:
        super().__init__(
            "the lock of this group was lost while the deploy ran, so it stopped before its next change",
            hint="run the same command again: it goes on where this one stopped",
        )


class GroupNotFound(CloudError):
    """There is no such application or group; what exists is listed."""

    code = "cloud.group_not_found"

    def __init__(self, application_name: str, group_name: str | None, existing: tuple[str, ...]) -> None:
        what = (
            f"group `{group_name}` of application `{application_name}`"
            if group_name
            else f"application `{application_name}`"
        )
        super().__init__(
            f"there is no {what}",
            hint=f"these exist: {', '.join(existing[:10])}"
            if existing
            else "look at what there is; what was never deployed is in no list",
            next_commands=("deployer list",),
            application_name=application_name,
            application_group_name=group_name,
            existing=list(existing),
        )


class BudgetExceeded(CloudError):
    """The plan costs more than the budget allows; nothing was changed."""

    code = "cloud.budget_exceeded"

    def __init__(self, limit_name: str, limit: str, total: str, currency: str) -> None:
        per = "an hour" if limit_name == "maxHourly" else "a month"
        super().__init__(
            f"the plan costs {total} {currency} {per}, the budget allows {limit}",
            hint=f"take a smaller instance type, or raise `deployer.budget.{limit_name}`",
            limit_name=limit_name,
            limit=limit,
            total=total,
            currency=currency,
        )


class UploadDamaged(TransientError):
    """What arrived in OSS is not what was sent."""

    code = "transient.upload_damaged"

    def __init__(self, object_name: str) -> None:
        super().__init__(
            f"the upload of `{object_name}` arrived damaged twice; it was removed again",
            hint="check the network or proxy between this machine and OSS, then run the same command again",
            object_name=object_name,
        )


class NoFreeGroup(CloudError):
    """The group and all its suffixes up to -10 are taken."""

    code = "cloud.no_free_group"

    def __init__(self, application_name: str, group_name: str) -> None:
        super().__init__(
            f"the group `{group_name}` and its names from `{group_name}-2` to `{group_name}-10` are all taken",
            hint="remove leftover groups with `deployer delete`, or name another one with --group",
            next_commands=(f"deployer list --name {application_name}",),
            application_name=application_name,
            application_group_name=group_name,
        )


class ReleaseNotFound(CloudError):
    """The group has no such release; those it has are listed."""

    code = "cloud.release_not_found"

    def __init__(self, release_id: str, existing: tuple[str, ...]) -> None:
        super().__init__(
            f"there is no release `{release_id}`",
            hint=f"these exist: {', '.join(existing[:10])}" if existing else "nothing was released yet",
            release_id=release_id,
            existing=list(existing),
        )


class ArtifactGone(CloudError):
    """The archive of an earlier release is no longer in OSS."""

    code = "cloud.artifact_gone"

    def __init__(self, object_name: str) -> None:
        super().__init__(
            f"the archive `{object_name}` is no longer in OSS",
            hint="deploy from the source tree instead",
            object_name=object_name,
        )
