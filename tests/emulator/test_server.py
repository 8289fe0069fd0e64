"""The HTTP server: kept-alive connections, bodies of all kinds, long lines, and the control endpoints."""

import hashlib
import http.client
import json
import socket
import threading
import time
from contextlib import closing

import pytest

from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.http_server import HttpServer

HTTP = "https://www.rfc-editor.org/rfc/rfc9112"


def digest_of_body(request: HttpRequest) -> HttpResponse:
    digest = hashlib.sha256()
    size = 0
    while piece := request.body.read(65536):
        digest.update(piece)
        size += len(piece)
    answer = {"method": request.method, "target": request.target, "size": size, "sha256": digest.hexdigest()}
    return HttpResponse(status=200, headers={"content-type": "application/json"}, body=json.dumps(answer).encode())


@pytest.fixture
def serve():
    """Starts a bare server with a handler; gives a connection to it."""
    servers: list[HttpServer] = []
    connections: list[http.client.HTTPConnection] = []

    def start(handler=digest_of_body) -> http.client.HTTPConnection:
        server = HttpServer(handler)
        server.start()
        servers.append(server)
        connections.append(http.client.HTTPConnection(server.endpoint, timeout=10))
        return connections[-1]

    yield start
    for connection in connections:
        connection.close()
    for server in servers:
        server.close()


def ask(connection, method="GET", path="/", **arguments):
    connection.request(method, path, **arguments)
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.documented(HTTP)
def test_one_connection_carries_many_requests(serve):
    connection = serve()
    connection.connect()
    own_port = connection.sock.getsockname()[1]

    for _ in range(20):
        response, _ = ask(connection, "POST", body=b"x" * 1000)
        assert response.status == 200

    assert connection.sock.getsockname()[1] == own_port


@pytest.mark.documented(HTTP)
def test_a_chunked_body_arrives_whole(serve):
    pieces = [b"first", b"", b"x" * 300_000, b"last"]

    _, body = ask(
        serve(), "PUT", "/object", body=iter(pieces), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
    )

    whole = b"".join(pieces)
    assert json.loads(body) == {
        "method": "PUT",
        "target": "/object",
        "size": len(whole),
        "sha256": hashlib.sha256(whole).hexdigest(),
    }


@pytest.mark.documented(HTTP)
def test_a_body_nobody_read_does_not_spoil_the_next_request(serve):
    connection = serve(lambda request: HttpResponse(status=200, body=request.target.encode()))

    first, _ = ask(connection, "PUT", "/first", body=b"y" * 100_000)
    second, body = ask(connection, "GET", "/second")

    assert (first.status, second.status, body) == (200, 200, b"/second")


@pytest.mark.documented(HTTP)
def test_a_client_that_waits_for_100_continue_is_told_to_go_on(serve):
    connection = serve()
    connection.connect()
    stream = connection.sock
    stream.sendall(b"PUT /o HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")

    assert stream.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    stream.sendall(b"hello")
    assert b'"size": 5' in stream.recv(4096)


@pytest.mark.documented("https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand")
def test_a_request_line_of_64_kb_is_read(serve):
    target = "/?CommandContent=" + "A" * 64 * 1024

    response, body = ask(serve(), "POST", target)

    assert response.status == 200
    assert json.loads(body)["target"] == target


@pytest.mark.documented(HTTP)
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET /" + b"a" * 140_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_what_is_not_http_is_refused(serve, sent, status):
    connection = serve()
    connection.connect()
    connection.sock.sendall(sent)

    assert connection.sock.recv(100).startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.documented(HTTP)
def test_head_and_204_have_no_body_and_the_connection_goes_on(serve):
    answers = {"HEAD": HttpResponse(status=200, body=b"unseen"), "DELETE": HttpResponse(status=204)}
    connection = serve(lambda request: answers.get(request.method, HttpResponse(status=200, body=b"seen")))

    head, head_body = ask(connection, "HEAD")
    gone, gone_body = ask(connection, "DELETE")
    _, body = ask(connection, "GET")

    assert (head.getheader("content-length"), head_body) == ("6", b"")
    assert (gone.status, gone.getheader("content-length"), gone_body) == (204, None, b"")
    assert body == b"seen"


@pytest.mark.documented(HTTP)
@pytest.mark.parametrize("content_length", [None, 300_000])
def test_a_streamed_answer_arrives_whole(serve, content_length):
    def stream(_request):
        return HttpResponse(status=200, body=(b"z" * 100_000 for _ in range(3)), content_length=content_length)

    _, body = ask(serve(stream))

    assert body == b"z" * 300_000


@pytest.mark.documented(HTTP)
def test_a_client_that_leaves_in_the_middle_of_a_body_is_not_taken_for_one_that_finished(serve):
    outcome: list[object] = []
    ended = threading.Event()

    def read_all(request):
        try:
            outcome.append(len(request.body.read()))
        except OSError as error:
            outcome.append(error)
            raise
        finally:
            ended.set()
        return HttpResponse(status=200)

    connection = serve(read_all)
    connection.connect()
    connection.sock.sendall(b"PUT /o HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this")
    connection.close()

    assert ended.wait(5)
    assert isinstance(outcome[0], ConnectionResetError)


@pytest.mark.assumed("a bug of the emulator must not look like a lost connection")
@pytest.mark.parametrize("error", [KeyError("surprise"), OSError("surprise: disk full")])
def test_a_failing_handler_is_answered_with_500_and_logged(serve, caplog, error):
    def fail(_request):
        raise error

    response, body = ask(serve(fail))

    assert (response.status, json.loads(body)["Code"]) == (500, "InternalError")
    assert "surprise" in caplog.text


@pytest.mark.assumed("the local cloud shall feel local: a call costs about a millisecond")
def test_a_kept_alive_call_takes_no_forty_milliseconds(serve):
    connection = serve()
    ask(connection)

    started = time.perf_counter()
    for _ in range(100):
        ask(connection, "POST", body=b"x")
    seconds_per_call = (time.perf_counter() - started) / 100

    assert seconds_per_call < 0.02


@pytest.mark.documented(HTTP)
def test_after_close_nobody_listens_and_connections_are_ended():
    server = HttpServer(digest_of_body)
    server.start()
    with closing(socket.create_connection(("127.0.0.1", server.port))) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        client.recv(4096)
        server.close()

        assert client.recv(100) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port))


class TestControl:
    """`/_emulator/`: for tests and for the curious."""

    @pytest.fixture
    def control(self, virtual_server):
        with closing(http.client.HTTPConnection(virtual_server.endpoint, timeout=10)) as connection:

            def send(method, name, payload=None):
                response, body = ask(connection, method, f"/_emulator/{name}", body=json.dumps(payload))
                return response.status, json.loads(body)

            yield send

    @pytest.mark.assumed("the control endpoints are the emulator's own")
    def test_health_state_and_requests_are_told(self, control, virtual_server):
        from alibabacloud_sts20150401.client import Client

        Client(virtual_server.sdk_config()).get_caller_identity()

        assert control("GET", "health")[1]["status"] == "ok"
        state = control("GET", "state")[1]
        assert (state["driver"], state["calls"]) == ("scripted", 1)
        assert "GetCallerIdentity" in state["actions"]["sts"]
        _, (call,) = control("GET", "requests?action=GetCallerIdentity")
        assert (call["product"], call["status"]) == ("sts", 200)
        assert call["user_agent"].startswith("AlibabaCloud")

    @pytest.mark.assumed("the control endpoints are the emulator's own")
    def test_faults_are_armed_listed_and_cleared(self, control):
        status, armed = control("POST", "faults", {"action": "RunInstances", "kind": "error", "code": "QuotaExceed"})
        assert (status, armed[0]["code"]) == (200, "QuotaExceed")
        assert control("GET", "faults")[1] == armed
        assert control("DELETE", "faults") == (200, [])
        assert control("POST", "faults", {"action": "X", "kind": "meteor"})[0] == 400
        assert control("POST", "faults", {"no_such": "field"})[0] == 400

    @pytest.mark.assumed("the control endpoints are the emulator's own")
    def test_virtual_time_advances_and_reset_forgets(self, control, virtual_server):
        before = virtual_server.emulator.context.clock.now()

        assert control("POST", "clock", {"seconds": 60})[0] == 200
        assert (virtual_server.emulator.context.clock.now() - before).total_seconds() == 60
        assert control("POST", "clock", {"seconds": -1})[0] == 400
        assert control("POST", "clock", "soon")[0] == 400

    @pytest.mark.assumed("the control endpoints are the emulator's own")
    def test_reset_makes_a_new_cloud_behind_the_same_port(self, emulator_server):
        server = emulator_server()
        first = server.emulator
        with closing(http.client.HTTPConnection(server.endpoint, timeout=10)) as connection:
            response, _ = ask(connection, "POST", "/_emulator/reset")

        assert response.status == 200
        assert server.emulator is not first

    @pytest.mark.assumed("the control endpoints are the emulator's own")
    def test_a_real_clock_cannot_be_advanced(self, server):
        with closing(http.client.HTTPConnection(server.endpoint, timeout=10)) as connection:
            response, _ = ask(connection, "POST", "/_emulator/clock", body=b'{"seconds": 1}')

        assert response.status == 409

    @pytest.mark.assumed("a web page in a browser can send requests to loopback; it does not know the token")
    def test_without_the_token_only_health_answers(self, emulator_server):
        server = emulator_server(token="secret-token")
        with closing(http.client.HTTPConnection(server.endpoint, timeout=10)) as connection:
            health, _ = ask(connection, "GET", "/_emulator/health")
            refused, _ = ask(connection, "POST", "/_emulator/reset")
            wrong, _ = ask(connection, "GET", "/_emulator/state", headers={"x-emulator-token": "guess"})
            right, _ = ask(connection, "GET", "/_emulator/state", headers={"x-emulator-token": "secret-token"})

        assert [health.status, refused.status, wrong.status, right.status] == [200, 403, 403, 200]


@pytest.mark.assumed("the ticker is the emulator's own")
def test_what_is_due_happens_between_requests(server):
    happened = threading.Event()
    server.emulator.context.scheduler.after(0.03, happened.set)
    with closing(http.client.HTTPConnection(server.endpoint, timeout=10)) as connection:
        ask(connection, "GET", "/_emulator/health")

    assert happened.wait(5)
