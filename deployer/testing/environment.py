"""Credentials in the environment while a mock runs: those of the mocked account, and none of anybody else's."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from deployer.testing.settings import ACCESS_KEY_ID, ACCESS_KEY_SECRET

# What the credential chains of the SDKs read. None: not set while a mock runs.
VARIABLES: Mapping[str, str | None] = MappingProxyType(
    {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ACCESS_KEY_SECRET,
        "ALIBABA_CLOUD_SECURITY_TOKEN": None,
        "ALIBABA_CLOUD_ROLE_ARN": None,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": None,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": None,
        "ALIBABA_CLOUD_CREDENTIALS_URI": None,
        "ALIBABA_CLOUD_ECS_METADATA": None,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": None,
        "OSS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "OSS_ACCESS_KEY_SECRET": ACCESS_KEY_SECRET,
        "OSS_SESSION_TOKEN": None,
    }
)
# `alibabacloud_credentials` reads the environment once, when it is imported, into these names of a module.
READ_AT_IMPORT: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "environment_access_key_id": ("ALIBABA_CLOUD_ACCESS_KEY_ID", None),
        "environment_access_key_secret": ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", None),
        "environment_security_token": ("ALIBABA_CLOUD_SECURITY_TOKEN", None),
        "environment_role_arn": ("ALIBABA_CLOUD_ROLE_ARN", None),
        "environment_oidc_provider_arn": ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", None),
        "environment_oidc_token_file": ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", None),
        "environment_credentials_uri": ("ALIBABA_CLOUD_CREDENTIALS_URI", None),
        "environment_ecs_metadata": ("ALIBABA_CLOUD_ECS_METADATA", None),
        "environment_ecs_metadata_disabled": ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "false"),
    }
)
_OIDC = "enable_oidc_credential"
_OIDC_VARIABLES = ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN")


class FakeEnvironment:
    """The variables as they are while a mock runs. `restore` puts back what was there."""

    def __init__(self) -> None:
        self.saved = {name: os.environ.get(name) for name in VARIABLES}
        _set_all(VARIABLES)

    def restore(self) -> None:
        """The environment is what it was before."""
        _set_all(self.saved)

    def read_at_import(self, module: Any, *, freshly: bool) -> dict[str, Any]:
        """What the module is to hold again later. `freshly`: it was imported from the fake environment a moment ago."""
        if not freshly:
            return {name: getattr(module, name) for name in (*READ_AT_IMPORT, _OIDC) if hasattr(module, name)}
        real: dict[str, Any] = {
            name: self.saved[variable] or default for name, (variable, default) in READ_AT_IMPORT.items()
        }
        real[_OIDC] = all(self.saved[variable] for variable in _OIDC_VARIABLES)
        return {name: value for name, value in real.items() if hasattr(module, name)}


def values_while_mocked() -> dict[str, Any]:
    """What the module that reads the environment at import holds while a mock runs."""
    values: dict[str, Any] = {
        name: VARIABLES[variable] or default for name, (variable, default) in READ_AT_IMPORT.items()
    }
    return {**values, _OIDC: False}


def _set_all(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
