"""Ask an address from this computer. Used for the local cloud; elsewhere only on request."""

import urllib.error
import urllib.request

from deployer.clock import Clock
from deployer.cloud.polling import Wait, wait_until
from deployer.errors.cloud import WaitedTooLong

PATIENCE_SECONDS = 5.0


def ask_address(url: str, clock: Clock) -> int | None:
    """The HTTP status of the address, None when it does not answer within five seconds. No proxy is used."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask() -> int | None:
        try:
            with opener.open(url, timeout=3) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    try:
        return wait_until(
            ask,
            lambda status: status is not None,
            Wait(what=url, timeout_seconds=PATIENCE_SECONDS),
            status=str,
            clock=clock,
        )
    except WaitedTooLong:
        return None
