"""The default backend: everything by the official SDKs."""

from deployer.backends.sdk.backend import SdkBackend

__all__ = ["SdkBackend"]
