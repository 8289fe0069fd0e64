"""Credentials by the SDK's default chain, freed of copying accidents; and why there are none, source by source.

Reads the chain's own environment variables and files, to explain them; what they hold is never shown.
"""

import importlib
import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.errors.access import CredentialsMissing
from deployer.models.secret import Secret

KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID"
KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105  (a variable's name)
TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105  (a variable's name)
PROFILE = "ALIBABA_CLOUD_PROFILE"
CREDENTIALS_FILE = "ALIBABA_CLOUD_CREDENTIALS_FILE"
_AROUND = " \t\r\n'\"\N{NO-BREAK SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
# What a profile of each mode needs. The SDK fills a missing key from the environment, so another account could answer.
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "AK": ("access_key_id", "access_key_secret"),
    "StsToken": ("access_key_id", "access_key_secret", "sts_token"),
    "RamRoleArn": ("access_key_id", "access_key_secret", "ram_role_arn"),
    "EcsRamRole": (),
    "OIDC": ("ram_role_arn", "oidc_provider_arn", "oidc_token_file"),
    "ChainableRamRoleArn": ("source_profile", "ram_role_arn"),
    "CloudSSO": ("cloud_sso_sign_in_url", "access_token"),
    "OAuth": ("oauth_refresh_token",),
    "External": ("process_command",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticKey:
    """A fixed access key, as the local cloud hands out."""

    access_key_id: str
    access_key_secret: Secret
    security_token: Secret | None = None


class CleanProvider:
    """Another credentials provider, without the spaces, line ends and quotes that copying leaves around values.

    It has the methods of the SDK's `ICredentialsProvider`, which is not imported for it.
    """

    def __init__(self, provider: Any, on_trimmed: Callable[[], None]) -> None:
        self._provider = provider
        self._on_trimmed = on_trimmed

    def get_credentials(self) -> Any:
        """Key id, secret, token and provider name, from one refresh."""
        return self._clean(self._provider.get_credentials())

    async def get_credentials_async(self) -> Any:
        return self._clean(await self._provider.get_credentials_async())

    def get_provider_name(self) -> str:
        return str(self._provider.get_provider_name())

    def _clean(self, found: Any) -> Any:
        from alibabacloud_credentials.provider.refreshable import Credentials

        values = (found.get_access_key_id(), found.get_access_key_secret(), found.get_security_token())
        cleaned = tuple(value.strip(_AROUND) if value else None for value in values)
        if cleaned != tuple(value or None for value in values):
            self._on_trimmed()
        return Credentials(
            access_key_id=cleaned[0],
            access_key_secret=cleaned[1],
            security_token=cleaned[2],
            provider_name=found.get_provider_name(),
        )


def make_credential(
    static_key: StaticKey | None, profile: str | None, environ: Mapping[str, str], on_trimmed: Callable[[], None]
) -> Any:
    """The SDK's credential client: of a fixed key, of one CLI profile, or of the default chain.

    Errors: CredentialsMissing for a profile that cannot give any.
    """
    quiet_sdk_loggers()
    from alibabacloud_credentials.client import Client
    from alibabacloud_credentials.models import Config

    if static_key is not None:
        token = static_key.security_token
        return Client(
            Config(
                type="sts" if token else "access_key",
                access_key_id=static_key.access_key_id,
                access_key_secret=static_key.access_key_secret.reveal(),
                security_token=token.reveal() if token else None,
            )
        )
    from alibabacloud_credentials.provider import CLIProfileCredentialsProvider, DefaultCredentialsProvider
    from alibabacloud_credentials.utils import auth_util

    # It reads the environment once, when it is imported: a later run in the same process would get the first one's account.
    importlib.reload(auth_util)
    if profile is not None:
        trouble = profile_trouble(cli_profile_path(environ), profile)
        if trouble:
            raise CredentialsMissing((trouble,), profile=profile)
        return Client(provider=CleanProvider(CLIProfileCredentialsProvider(profile_name=profile), on_trimmed))
    return Client(provider=CleanProvider(DefaultCredentialsProvider(), on_trimmed))


def quiet_sdk_loggers() -> None:
    """Stop the SDKs from printing: the credentials package logs tracebacks, and `DEBUG=sdk` prints signed headers."""
    import logging

    if "sdk" in os.environ.get("DEBUG", ""):
        del os.environ["DEBUG"]
    for name in ("credentials", "alibabacloud-tea", "darabonba-core", "apscheduler"):
        logging.getLogger(name).disabled = True  # handlers come back with each import


def cli_profile_path(environ: Mapping[str, str]) -> Path:
    """Where the aliyun CLI keeps its profiles; no variable moves it."""
    return _home(environ) / ".aliyun" / "config.json"


def ini_path(environ: Mapping[str, str]) -> Path:
    """The credentials file of the SDKs."""
    return Path(environ.get(CREDENTIALS_FILE) or _home(environ) / ".alibabacloud" / "credentials.ini")


def why_missing(environ: Mapping[str, str], profile: str | None, chain_said: str) -> tuple[str, ...]:
    """What is wrong with the sources that are half set up; what the chain said when nothing is known to be wrong.

    With a `profile` only that counts. A source that is not there at all is no trouble of its own.
    """
    if profile is not None:
        trouble = profile_trouble(cli_profile_path(environ), profile)
        return (trouble,) if trouble else _said(chain_said)
    found = [
        environment_trouble(environ),
        profile_trouble(cli_profile_path(environ), environ.get(PROFILE)) if _exists(cli_profile_path(environ)) else "",
        _ini_trouble(environ),
    ]
    known = tuple(trouble for trouble in found if trouble)
    if known:
        return known
    return _said(chain_said) if "unable to open credentials file" not in chain_said else ()


def environment_trouble(environ: Mapping[str, str]) -> str:
    """Why the environment gives no credentials although part of them is set; empty when it is all or nothing."""
    key_id, secret = bool(environ.get(KEY_ID)), bool(environ.get(KEY_SECRET))
    blank = [name for name in (KEY_ID, KEY_SECRET) if environ.get(name) and not environ[name].strip(_AROUND)]
    if blank:
        return f"{' and '.join(blank)}: nothing but spaces"
    if key_id and not secret:
        return f"{KEY_ID} is set, {KEY_SECRET} is not"
    if secret and not key_id:
        return f"{KEY_SECRET} is set, {KEY_ID} is not"
    if environ.get(TOKEN) and not key_id:
        return f"{TOKEN} is set, {KEY_ID} and {KEY_SECRET} are not"
    return ""


def profile_trouble(path: Path, profile: str | None) -> str:
    """Why the CLI's profile cannot give credentials; empty when nothing is seen to be wrong. None: the current one."""
    data, trouble = _read_profiles(path)
    if data is None:
        return trouble
    profiles = {str(one.get("name")): one for one in data.get("profiles") or [] if isinstance(one, dict)}
    name = profile or str(data.get("current") or "")
    if not profiles:
        return f"`{path}` has no profile"
    if name not in profiles:
        return f"`{path}` has no profile `{name}`; it has {', '.join(f'`{one}`' for one in sorted(profiles)[:10])}"
    mode = str(profiles[name].get("mode") or "")
    if mode not in _NEEDED:
        return f"profile `{name}` has the mode `{mode}`, which the SDK does not know; known are {', '.join(_NEEDED)}"
    missing = [key for key in _NEEDED[mode] if not str(profiles[name].get(key) or "").strip(_AROUND)]
    if missing:
        return f"profile `{name}` ({mode}) lacks {', '.join(f'`{key}`' for key in missing)}"
    return ""


def find_exposed_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Files with keys that others on this machine can read or write."""
    if os.name == "nt":
        return ()
    paths = [path for path in (cli_profile_path(environ), ini_path(environ)) if path.is_file()]
    return tuple(path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077)


def find_profile_expiry(environ: Mapping[str, str], profile: str | None) -> int | None:
    """When the temporary key in the CLI's profile ends, in Unix seconds; None when it has none or does not say."""
    data, _ = _read_profiles(cli_profile_path(environ))
    name = profile or environ.get(PROFILE) or (data or {}).get("current")
    profiles: list[dict[str, Any]] = (data or {}).get("profiles") or []
    found: dict[str, Any] = next((one for one in profiles if one.get("name") == name), {})
    expiry = found.get("sts_expiration")
    return expiry if isinstance(expiry, int) and expiry > 0 else None


def _read_profiles(path: Path) -> tuple[dict[str, Any] | None, str]:
    """The CLI's file, or None and what is wrong with it."""
    if path.is_dir():
        return None, f"`{path}` is a directory, not a file"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None, f"there is no `{path}`"
    except (OSError, UnicodeDecodeError) as error:
        return None, f"`{path}` cannot be read ({getattr(error, 'strerror', None) or 'it is no UTF-8 text'})"
    if not text.strip():
        return None, f"`{path}` is empty"
    try:
        data = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        return None, f"`{path}` is broken: no JSON from line {line} on"
    if not isinstance(data, dict):
        return None, f"`{path}` is broken: it holds no profiles"
    return data, ""


def _ini_trouble(environ: Mapping[str, str]) -> str:
    path = ini_path(environ)
    if not _exists(path):
        return f"{CREDENTIALS_FILE} names `{path}`, which is not there" if environ.get(CREDENTIALS_FILE) else ""
    section = environ.get(PROFILE) or "default"
    return f"`{path}` gave none: it needs a section `[{section}]` with `type = access_key` and both parts of a key"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or environ.get("HOMEPATH") or Path.home())


def _said(text: str) -> tuple[str, ...]:
    """What each provider of the chain said, one line each, without the bodies some of them carry."""
    start = text.find("[")
    if start < 0:
        return (text.splitlines()[0][:200],) if text.strip() else ()
    parts = re.findall(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", text[start:])
    lines = [(first or second).split("\n")[0][:160] for first, second in parts]
    return tuple(line for line in lines if "Provider" in line) or (text[:200],)
