"""The same operations through the `aliyun appmanager` command line."""

from deployer.backends.appmanager.backend import AppmanagerBackend

__all__ = ["AppmanagerBackend"]
