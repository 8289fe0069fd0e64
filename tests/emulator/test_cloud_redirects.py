"""What answers for an API and points elsewhere is not followed: nothing signed goes where an answer says."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from client_lab import REGION

from deployer.clock import VirtualClock
from deployer.cloud.cloud import Cloud
from deployer.cloud.credentials import StaticKey
from deployer.cloud.session import Endpoints, Session
from deployer.errors.base import DeployerError
from deployer.errors.cloud import RedirectRefused
from deployer.models.secret import Secret

ENDPOINTS = "https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature"


class Pointer:
    """Answers every request with a redirect to itself, and remembers what was asked."""

    def __init__(self, status: int) -> None:
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked.append(self.path)
                self.send_response(status)
                self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815  (the name http.server calls)

            def log_message(self, *_: object) -> None:
                """Nothing to say."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def cloud(self) -> Cloud:
        session = Session(
            endpoints=Endpoints(address=f"127.0.0.1:{self.server.server_port}"),
            static_key=StaticKey(access_key_id="LTAI5tRedirect", access_key_secret=Secret("secret")),
            clock=VirtualClock(),
        )
        return Cloud(session, REGION)


@pytest.fixture(params=[301, 302, 307, 308])
def pointer(request: pytest.FixtureRequest) -> Iterator[Pointer]:
    pointer = Pointer(request.param)
    yield pointer
    pointer.server.shutdown()
    pointer.server.server_close()


@pytest.mark.documented(ENDPOINTS)
@pytest.mark.parametrize(
    "ask",
    [lambda cloud: cloud.sts.get_identity(), lambda cloud: cloud.ecs.list_region_ids()],
    ids=["sts", "ecs"],
)
def test_an_api_that_points_elsewhere_is_not_followed(pointer: Pointer, ask) -> None:
    with pytest.raises(RedirectRefused) as caught:
        ask(pointer.cloud())

    assert len(pointer.asked) == 1
    assert "/elsewhere" not in pointer.asked
    assert caught.value.facts["location"].endswith("/elsewhere")


@pytest.mark.documented(ENDPOINTS)
def test_object_storage_that_points_elsewhere_is_not_followed(pointer: Pointer) -> None:
    with pytest.raises(DeployerError):
        pointer.cloud().oss.list_bucket_names("deployer", "artifacts")

    assert "/elsewhere" not in pointer.asked
