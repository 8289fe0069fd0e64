"""Answers that do not arrive as they should: broken off, reset, foreign, slow. Raw sockets show what is on the wire."""

import http.client
import io
import json
import socket
import time
from contextlib import closing

import alibabacloud_oss_v2 as oss
import pytest
from alibabacloud_sts20150401.client import Client
from oss_harness import OssCloud

from deployer.clock import VirtualClock
from deployer.emulator.broken_answers import break_answer, slow_down
from deployer.emulator.faults import Fault
from deployer.emulator.http import HttpRequest, HttpResponse

pytestmark = pytest.mark.assumed("faults are the emulator's own")

BODY = bytes(range(256)) * 4096


@pytest.fixture
def cloud(server) -> OssCloud:
    return OssCloud(server=server)


@pytest.fixture
def url(cloud) -> str:
    """A signed URL of an object of one megabyte."""
    client = cloud.client_with_bucket()
    client.put_object(oss.PutObjectRequest(bucket="some-bucket", key="large", body=BODY))
    return client.presign(oss.GetObjectRequest(bucket="some-bucket", key="large")).url


def download(url: str) -> bytes:
    """Everything that arrives. Errors: ConnectionResetError, http.client.IncompleteRead."""
    host, _, target = url.removeprefix("http://").partition("/")
    with closing(http.client.HTTPConnection(host, timeout=10)) as connection:
        connection.request("GET", f"/{target}")
        return connection.getresponse().read()


def test_an_answer_that_is_cut_ends_in_the_middle_and_the_next_one_is_whole(emulator, url):
    emulator.faults.add(Fault(action="GetObject", kind="cut_answer"))
    with pytest.raises(http.client.IncompleteRead) as caught:
        download(url)
    assert caught.value.partial == BODY[: len(BODY) // 2]
    assert download(url) == BODY


def test_an_answer_that_is_reset_breaks_the_connection_after_its_head(emulator, url):
    emulator.faults.add(Fault(action="GetObject", kind="reset_after"))
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        download(url)
    assert download(url) == BODY


def test_the_downloader_of_the_sdk_takes_up_where_an_answer_was_cut(cloud, emulator, url, tmp_path):
    emulator.faults.add(Fault(action="GetObject", kind="cut_answer"))
    downloader = cloud.client(retry_max_attempts=3).downloader()
    downloader.download_file(oss.GetObjectRequest(bucket="some-bucket", key="large"), str(tmp_path / "file"))
    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.parametrize("kind", ["cut_answer", "reset_after"])
def test_what_an_api_was_asked_for_is_done_though_its_answer_breaks_off(emulator, sdk_config, kind):
    role = emulator.accounts.add_role("ci")
    emulator.faults.add(Fault(action="AssumeRole", kind=kind))
    from alibabacloud_sts20150401.models import AssumeRoleRequest

    with pytest.raises(Exception, match=r"(?i)connection|incomplete|json|expecting"):
        Client(sdk_config()).assume_role(AssumeRoleRequest(role_arn=role.arn, role_session_name="ci"))
    assert [(call.action, call.status) for call in emulator.recorder.calls] == [("AssumeRole", 200)]


def test_a_foreign_answer_has_the_status_and_the_body_it_was_given(emulator, server, sdk_config):
    emulator.faults.add(Fault(action="*", kind="foreign_answer", status=200, body='{"InstanceIds": null}'))
    connection = http.client.HTTPConnection(server.endpoint, timeout=10)
    with closing(connection):
        connection.request("GET", "/?Action=DescribeInstances&Version=2014-05-26")
        assert connection.getresponse().status == 400  # nobody signed it: no fault is used up
    answer = Client(sdk_config()).get_caller_identity()
    assert (answer.status_code, answer.body.account_id) == (200, None)


def test_a_connection_that_is_reset_while_the_client_sends_changes_nothing(cloud, emulator, url):
    emulator.faults.add(Fault(action="PutObject", kind="reset"))
    with pytest.raises(oss.exceptions.OperationError):
        cloud.client().put_object(oss.PutObjectRequest(bucket="some-bucket", key="new", body=BODY))
    assert cloud.state.list_object_names("some-bucket") == ["large"]


def test_a_slow_network_takes_the_time_of_what_it_carries():
    clock, fault = VirtualClock(), Fault(kind="slow", bytes_per_second=1000)
    request = HttpRequest(method="PUT", target="/", headers={}, body=io.BytesIO(BODY[:5000]))
    slow_down(request, fault, clock)
    assert (request.body.read(), clock.monotonic()) == (BODY[:5000], pytest.approx(5))
    answer = break_answer(HttpResponse(status=200, body=BODY[:10_000]), fault, clock)
    assert (b"".join(answer.body), answer.content_length) == (BODY[:10_000], 10_000)
    assert clock.monotonic() == pytest.approx(15)


def test_on_the_wire_a_slow_answer_comes_piece_by_piece(emulator, server):
    emulator.faults.add(Fault(kind="slow", bytes_per_second=4000))
    request = b"GET /nothing-here HTTP/1.1\r\nHost: oss-cn-hangzhou.aliyuncs.com\r\nConnection: close\r\n\r\n"
    started, pieces = time.monotonic(), []
    with socket.create_connection(("127.0.0.1", server.http.port), timeout=10) as connection:
        connection.sendall(request)
        while piece := connection.recv(65536):
            pieces.append(piece)
    body = b"".join(pieces).partition(b"\r\n\r\n")[2]
    assert time.monotonic() - started >= len(body) / 4000 * 0.9
    assert len(pieces) > 1


def test_faults_are_armed_over_http_as_lines_and_as_objects_all_or_none(server):
    def send(method: str, described=None):
        with closing(http.client.HTTPConnection(server.endpoint, timeout=10)) as connection:
            connection.request(method, "/_emulator/faults", body=json.dumps(described))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    status, armed = send("POST", ["throttle:3", {"kind": "stock_out"}, "disk_full,instance=i-1"])
    assert (status, [one["kind"] for one in armed]) == (200, ["throttle", "stock_out", "disk_full"])
    assert send("POST", ["throttle", "meteor"])[0] == 400
    assert len(send("GET")[1]) == 3
    assert send("DELETE") == (200, [])
