"""The metadata address: asked through the server as by a proxy, and from inside a machine."""

import http.client
import io
import json
import os
from contextlib import closing

import pytest
from assistant_lab import open_assistant
from ecs_lab import open_lab

from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.machines.choose import choose_driver
from deployer.emulator.metadata import INSTANCE_HEADER, METADATA_HOST

PAGE = "https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata"
ROLES = "/latest/meta-data/ram/security-credentials/"

pytestmark = pytest.mark.documented(PAGE)


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


def ask(lab, path: str, *, method: str = "GET", **headers) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = io.BytesIO()
    return lab.emulator.handle(
        HttpRequest(method=method, target=path, headers={"host": METADATA_HOST, **named}, body=body, content_length=0)
    )


def test_an_instance_is_told_about_itself_and_folders_list_what_is_in_them(lab):
    network = lab.make_network()
    instance_id = lab.launch_running(network, instance_name="web-1", internet_max_bandwidth_out=5)
    instance = lab.describe(instance_id)
    me = {INSTANCE_HEADER.replace("-", "_"): instance_id}

    def read(name: str) -> str:
        return ask(lab, f"/latest/meta-data/{name}", **me).body.decode()

    assert [read(name) for name in ("instance-id", "region-id", "zone-id", "vswitch-id")] == [
        instance_id,
        instance.region_id,
        instance.zone_id,
        network.vswitch_id,
    ]
    assert read("private-ipv4") == instance.vpc_attributes.private_ip_address.ip_address[0]
    assert read("public-ipv4") == instance.public_ip_address.ip_address[0]
    assert {"hostname", "instance/", "network/"} <= set(read("").splitlines())
    assert read("network/interfaces/macs/").splitlines() == [f"{read('mac')}/"]
    document = json.loads(ask(lab, "/latest/dynamic/instance-identity/document", **me).body)
    assert (document["instance-id"], document["zone-id"]) == (instance_id, instance.zone_id)
    assert ask(lab, "/latest/meta-data/no-such-thing", **me).status == 404


def test_an_instance_that_insists_on_tokens_answers_nobody_without_one(lab):
    network = lab.make_network()
    instance_id = lab.launch_running(network, http_endpoint="enabled", http_tokens="required")
    me = {INSTANCE_HEADER.replace("-", "_"): instance_id}
    ttl = {"x_aliyun_ecs_metadata_token_ttl_seconds": "60"}
    token = ask(lab, "/latest/api/token", method="PUT", **me, **ttl).body.decode()
    path = "/latest/meta-data/instance-id"
    assert ask(lab, path, **me).status == 403
    assert ask(lab, path, **me, x_aliyun_ecs_metadata_token=token).body.decode() == instance_id
    assert ask(lab, path, **me, x_aliyun_ecs_metadata_token="guess").status == 403
    lab.emulator.advance(61)
    assert ask(lab, path, **me, x_aliyun_ecs_metadata_token=token).status == 403


def test_this_computer_has_the_role_it_was_given_and_reaches_it_through_the_server_as_a_proxy(lab, virtual_server):
    assert ask(lab, ROLES).status == 404
    lab.emulator.let_computer_have_role("ci")
    with closing(http.client.HTTPConnection(virtual_server.endpoint, timeout=10)) as proxy:

        def get(path: str) -> str:
            proxy.request("GET", f"http://{METADATA_HOST}{path}", headers={"Host": METADATA_HOST})
            return proxy.getresponse().read().decode()

        assert get(ROLES) == "ci"
        temporary = json.loads(get(ROLES + "ci"))
    key = lab.emulator.accounts.secret_for(temporary["AccessKeyId"])
    assert (key.secret, key.security_token) == (temporary["AccessKeySecret"], temporary["SecurityToken"])
    assert key.principal.arn.endswith(":assumed-role/ci/metadata")


@pytest.mark.sandbox
class TestInside:
    """From inside a machine, with whatever a script there uses."""

    @pytest.fixture
    def driver(self, tmp_path):
        return choose_driver(tmp_path / "machines", "auto", os.environ)

    def test_a_script_learns_its_instance_id_and_cannot_pass_for_another(self, virtual_server, lab):
        virtual_server.host.announce("127.0.0.1", virtual_server.http.port)
        assistant = open_assistant(lab)
        url = f"http://{METADATA_HOST}/latest/meta-data/instance-id"
        script = f"curl -sS {url}; echo; curl -sS -H '{INSTANCE_HEADER}: i-other' {url}"
        assert assistant.finish(assistant.run(script)).output.split() == [assistant.instance_id] * 2
