"""What `check` looks at in the cloud: credentials and their source, identity, region, clock, balance."""

import email.utils
from collections.abc import Callable, Sequence
from decimal import Decimal

from deployer.backends.base import Check
from deployer.cloud.cloud import Cloud
from deployer.cloud.session import Identity
from deployer.errors.base import DeployerError
from deployer.errors.cloud import TOP_UP_URL

NEEDED_BALANCE = Decimal(100)  # CNY; source: the ReActivateInstances page, and RunInstances' NotEnoughBalance
SKEW_WARNING_SECONDS = 120


def check_cloud(cloud: Cloud) -> Sequence[Check]:
    """The findings, in order; what depends on credentials is left out when there are none."""
    identity, finding = _identity(cloud)
    if identity is None:
        return (finding,)
    return (finding, *(_guarded(look, cloud) for look in (_region, _oos, _oss, _clock, _balance)))


def _guarded(look: Callable[[Cloud], Check], cloud: Cloud) -> Check:
    try:
        return look(cloud)
    except DeployerError as error:
        return Check(id=look.__name__.strip("_"), ok=False, detail=error.message, fix=error.hint, code=error.code)


def _identity(cloud: Cloud) -> tuple[Identity | None, Check]:
    try:
        identity = cloud.sts.get_identity()
    except DeployerError as error:
        ask = "AGENT: ask the user to set up credentials in their own shell; never ask for the key itself"
        return None, Check(id="credentials", ok=False, detail=error.message, fix=error.hint, ask=ask, code=error.code)
    detail = f"{identity.arn} (account {identity.account_id}) from {source_name(identity.source)}"
    if identity.expires_at is not None:
        detail += f", until {identity.expires_at:%Y-%m-%d %H:%M} UTC"
    notes = cloud.session.find_credential_notes()
    if notes:
        return identity, Check(id="credentials", ok=None, detail=f"{detail}; but {'; '.join(notes)}")
    return identity, Check(id="credentials", ok=True, detail=detail)


def source_name(provider_name: str) -> str:
    """What gave the credentials, in words; the SDK's own name behind it."""
    words = (
        ("/env", "environment variables"),
        ("oauth", "the CLI profile (OAuth)"),
        ("cli_profile", "the CLI profile file"),
        ("/profile", "the credentials file"),
        ("ecs_ram_role", "the instance's RAM role"),
        ("oidc", "an OIDC token"),
        ("credential_uri", "the credentials URI"),
        ("static", "a fixed key"),
    )
    found = next((word for mark, word in words if mark in provider_name), "the default chain")
    return f"{found} [{provider_name}]"


def _region(cloud: Cloud) -> Check:
    regions = cloud.ecs.list_region_ids()
    if cloud.region_id not in regions:
        return Check(
            id="region",
            ok=False,
            detail=f"{cloud.region_id} is not open to this account",
            fix="choose one of: " + ", ".join(regions),
        )
    return Check(id="region", ok=True, detail=f"ECS answers in {cloud.region_id} ({len(regions)} regions are open)")


def _oos(cloud: Cloud) -> Check:
    count = len(cloud.oos.list_application_names())
    return Check(id="oos", ok=True, detail=f"OOS application management answers ({count} applications)")


def _oss(cloud: Cloud) -> Check:
    names = cloud.oss.list_bucket_names("deployer", "artifacts")
    return Check(id="oss", ok=True, detail=f"OSS answers; artifact bucket: {names[0] if names else 'none yet'}")


def _clock(cloud: Cloud) -> Check:
    served = cloud.oss.read_server_time()
    if served is None:
        return Check(id="clock", ok=None, detail="the service did not say its time")
    skew = (email.utils.parsedate_to_datetime(served) - cloud.session.clock.now()).total_seconds()
    if abs(skew) > SKEW_WARNING_SECONDS:
        way = "behind" if skew > 0 else "ahead"
        return Check(
            id="clock",
            ok=None,
            detail=f"this machine's clock is {abs(skew) / 60:.0f} min {way}",
            fix="set the clock, for example with `timedatectl set-ntp true`: from 15 min on nothing can be signed",
        )
    return Check(id="clock", ok=True, detail=f"within {max(1, round(abs(skew)))} s of the cloud's")


def _balance(cloud: Cloud) -> Check:
    balance = cloud.bss.find_balance()
    if balance is None:
        return Check(id="balance", ok=None, detail="unknown (this identity may not read it)")
    amount, currency = balance
    if amount < NEEDED_BALANCE and currency == "CNY":
        return Check(
            id="balance",
            ok=None,
            detail=f"{amount} {currency}: a new pay-as-you-go instance needs {NEEDED_BALANCE} (vouchers count, but are not shown)",
            fix=f"top up at {TOP_UP_URL}, or deploy to an instance you already have",
        )
    return Check(id="balance", ok=True, detail=f"{amount} {currency} available")
