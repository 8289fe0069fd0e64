"""Sessions of Session Manager, through the SDK."""

from urllib.parse import parse_qs, urlsplit

import pytest
from assistant_lab import PAGES, Assistant, open_assistant
from ecs_lab import open_lab, refused

START = f"{PAGES}startterminalsession"


@pytest.fixture
def assistant(virtual_server) -> Assistant:
    return open_assistant(open_lab(virtual_server))


def start(assistant: Assistant, **fields):
    return assistant.lab.ecs("start_terminal_session", **{"instance_id": [assistant.instance_id], **fields})


@pytest.mark.documented(START)
def test_a_session_has_an_id_a_token_and_an_address_with_both(assistant):
    first = start(assistant, client_token="one", command_line="top")
    query = parse_qs(urlsplit(first.web_socket_url).query)

    assert first.web_socket_url.startswith("wss://cn-hangzhou.")
    assert (query["sessionId"], query["token"]) == ([first.session_id], [first.security_token])
    assert start(assistant, client_token="one", command_line="top").session_id == first.session_id
    assert start(assistant).session_id != first.session_id


@pytest.mark.assumed("the page names the conditions, not the codes of the refusals")
def test_a_session_needs_an_instance_that_runs_with_its_agent(assistant):
    refused("InvalidInstance.NotFound", lambda: start(assistant, instance_id=["i-nowhere"]), status=404)
    refused("InstanceIds.ExceedLimit", lambda: start(assistant, instance_id=[f"i-{n}" for n in range(11)]))
    assistant.lab.emulator.faults.add_described({"kind": "agent_offline"})
    refused("ClientNotRunning", lambda: start(assistant), status=403)
    assistant.lab.ecs("stop_instance", instance_id=assistant.instance_id)
    assistant.lab.settle()
    refused("IncorrectInstanceStatus", lambda: start(assistant), status=403)


@pytest.mark.documented(START)
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"command_line": "x" * 513}, "CommandLine"),
        ({"command_line": "top", "port_number": 22}, "CommandLine"),
        ({"port_number": 65536}, "PortNumber"),
        ({"target_server": "192.168.0.9"}, "TargetServer"),
    ],
)
def test_a_session_for_two_things_or_none_is_refused(assistant, fields, named):
    assert f'"{named}"' in refused("InvalidParameter", lambda: start(assistant, **fields), status=400).message
