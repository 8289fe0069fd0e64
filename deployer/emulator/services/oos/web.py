"""The world outside of the cloud, as far as tasks talk to it: what they sent is kept, and this machine is reached.

Nothing leaves the machine: a request to loopback is really sent, any other address answers only when a test says what.
"""

import http.client
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from deployer.oos.failures import TaskFailure
from deployer.oos.web import WebAnswer, WebRequest

# The emulator serves nobody meanwhile, so whoever is asked must not ask it back before answering.
_PATIENCE_SECONDS = 5.0
_LARGEST_ANSWER_BYTES = 1024 * 1024


class Web:
    """Receivers of webhooks and HTTP requests. `requests` is what was sent, in order."""

    def __init__(self) -> None:
        self.requests: list[WebRequest] = []
        self._receivers: list[tuple[str, Callable[[WebRequest], WebAnswer]]] = []

    def answer(self, url_prefix: str, receiver: Callable[[WebRequest], WebAnswer]) -> None:
        """From now on `receiver` answers addresses that begin like that; a later one goes before an earlier one."""
        self._receivers.insert(0, (url_prefix, receiver))

    def send(self, request: WebRequest) -> WebAnswer:
        """The answer. Errors: TaskFailure when nobody answers."""
        self.requests.append(request)
        for prefix, receiver in self._receivers:
            if request.url.startswith(prefix):
                return receiver(request)
        if not _is_on_this_machine(request.url):
            raise TaskFailure(f"Emulator.NotImplemented: {request.url} is not on this machine, nothing was sent")
        try:
            return _exchange(request)
        except (OSError, http.client.HTTPException) as error:
            raise TaskFailure(f"{request.url} does not answer: {error}") from None

    def send_message(self, request: WebRequest) -> None:
        """Send a notification; it is kept even when nobody receives it."""
        try:
            self.send(request)
        except TaskFailure:
            return


def _is_on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _exchange(request: WebRequest) -> WebAnswer:
    address = urlsplit(request.url)
    connection_type = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = connection_type(address.netloc, timeout=_PATIENCE_SECONDS)
    try:
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        connection.request(request.method, target, body=request.body.encode(), headers=dict(request.headers))
        response = connection.getresponse()
        return WebAnswer(status=response.status, body=response.read(_LARGEST_ANSWER_BYTES).decode("utf-8", "replace"))
    finally:
        connection.close()
