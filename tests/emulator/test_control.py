"""`/_emulator/` continued: seeds, a clock that is moved on, and calls that are forgotten."""

import http.client
import json
from contextlib import closing
from datetime import datetime

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client

from deployer.clock import ShiftedClock

pytestmark = pytest.mark.assumed("the control endpoints are the emulator's own")


@pytest.fixture
def server(emulator_server):
    """A server whose clock is the machine's and can be moved on, as that of the local cloud."""
    return emulator_server(clock=ShiftedClock())


@pytest.fixture
def control(server):
    with closing(http.client.HTTPConnection(server.endpoint, timeout=10)) as connection:

        def send(method, name, payload=None):
            connection.request(method, f"/_emulator/{name}", body=json.dumps(payload))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

        yield send


def new_request_id(server) -> str:
    request = ecs.DescribeRegionsRequest()
    return Client(server.sdk_config()).describe_regions(request).body.request_id


def test_the_same_seed_gives_the_same_ids_again(server, control):
    assert control("POST", "seed", {"seed": 7}) == (200, {"status": "ok"})
    first = [new_request_id(server) for _ in range(2)]
    assert control("POST", "reset", {"seed": 7})[0] == 200
    assert [new_request_id(server) for _ in range(2)] == first
    assert control("POST", "seed", {"seed": "other"})[0] == 200
    assert new_request_id(server) != first[0]
    assert [control("POST", "seed", wrong)[0] for wrong in ({}, {"seed": True}, {"seed": [1]})] == [400] * 3


def test_a_clock_in_real_time_is_moved_on_and_what_is_due_happens(server, control):
    happened = []
    server.emulator.context.scheduler.after(3600, lambda: happened.append("due"))
    before = datetime.fromisoformat(control("GET", "clock")[1]["now"])
    _, answer = control("POST", "clock", {"seconds": 3601})
    assert 3601 <= (datetime.fromisoformat(answer["now"]) - before).total_seconds() < 3661
    assert happened == ["due"]
    assert new_request_id(server)  # requests are still judged by the time of day that stamps them


def test_calls_are_forgotten_on_request_and_a_wrong_limit_is_refused(server, control):
    new_request_id(server)
    assert len(control("GET", "requests?action=DescribeRegions&limit=5")[1]) == 1
    assert control("DELETE", "requests") == (200, [])
    assert control("GET", "requests")[1] == []
    assert control("GET", "requests?limit=many")[0] == 400


def test_after_a_reset_no_fault_is_armed(control):
    control("POST", "faults", ["throttle:always"])
    control("POST", "reset")
    assert control("GET", "faults")[1] == []
