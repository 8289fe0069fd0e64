"""Redirects of the SDKs' transport are refused: an endpoint comes from the SDK's tables, never from an answer.

The RPC SDKs follow redirects by themselves, to plain HTTP too, and have no setting against it; the OSS SDK follows none.
"""

import sys
from typing import Any
from urllib.parse import urlsplit

from deployer.errors.cloud import RedirectRefused

_TRANSPORTS = (("darabonba.core", "DaraCore"), ("Tea.core", "TeaCore"))


def refuse_redirects() -> None:
    """From now on each HTTP session the SDKs of this process make raises RedirectRefused where it would follow one."""
    strict = _strict_session()
    for module_name, core_name in _TRANSPORTS:
        __import__(module_name)
        module = sys.modules[module_name]
        if getattr(module.Session, "refuses_redirects", False):
            continue
        module.Session = strict  # type: ignore[attr-defined]
        getattr(module, core_name)._sessions.clear()  # noqa: SLF001  (made before, they would follow)


def _strict_session() -> Any:
    from requests import Session

    class StrictSession(Session):
        refuses_redirects = True

        def get_redirect_target(self, resp: Any) -> str | None:
            target = super().get_redirect_target(resp)
            if target is not None:
                raise RedirectRefused(str(urlsplit(resp.url).hostname), target)
            return None

    return StrictSession
