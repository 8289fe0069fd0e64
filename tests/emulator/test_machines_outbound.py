"""Where requests that leave a machine go: the emulated cloud, the package index, elsewhere, or nowhere."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from machine_trial import Trial

from deployer.emulator.machines.base import MachineSpec
from deployer.emulator.machines.mirror import Asked, Mirrors, find_npm_registry
from deployer.emulator.machines.namespaces import NamespaceDriver, probe
from deployer.emulator.machines.outbound import RefusedRouteError, choose_route
from deployer.emulator.machines.package_sources import find_package_sources
from deployer.emulator.machines.process import ProcessDriver

SPEC = MachineSpec(instance_id="i-trial", hostname="web-1", private_ip="172.16.0.10")
CLOUD = ("127.0.0.1", 7001)

pytestmark = pytest.mark.assumed("the way out of a sandbox stands for the network of the VPC")


def route(host: str, *, tunnel: bool = False, environment=None, port: int = 80):
    return choose_route(host, port, tunnel=tunnel, cloud_address=CLOUD, environment=environment or {})


@pytest.mark.parametrize(
    "host",
    [
        "bucket-1.oss-cn-hangzhou-internal.aliyuncs.com",
        "bucket-1.oss-cn-hangzhou.aliyuncs.com",
        "oss-us-west-1-internal.aliyuncs.com",
        "ecs-cn-hangzhou.aliyuncs.com",
        "ecs.cn-shanghai.aliyuncs.com",
        "sts.aliyuncs.com",
        "100.100.100.200",
    ],
)
def test_hosts_of_the_emulated_cloud_are_the_emulator(host):
    assert (route(host).kind, route(host).address) == ("cloud", CLOUD)
    assert route(host, tunnel=True) == route(host)


def test_a_service_that_is_not_emulated_is_not_taken_for_the_emulator():
    environment = {"https_proxy": "http://proxy.example:8080"}
    assert route("dashscope.aliyuncs.com", tunnel=True, environment=environment).kind == "proxy"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "0.0.0.0", "app.localhost", "169.254.1.1"])
def test_the_host_itself_is_never_reached(host):
    with pytest.raises(RefusedRouteError):
        route(host)


def test_the_hosts_own_proxy_is_used_but_for_what_it_says_goes_direct():
    environment = {"http_proxy": "http://proxy.example:8080", "no_proxy": "192.0.2.7,.internal"}
    assert route("example.com", environment=environment).address == ("proxy.example", 8080)
    assert route("192.0.2.7", environment=environment).kind == "direct"


def test_package_sources_are_those_of_the_hosts_pip(tmp_path):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "index/simple").mkdir(parents=True)
    (tmp_path / "pip.conf").write_text(
        f"[global]\nfind-links = {tmp_path}/wheels /nowhere\n[install]\nindex-url=http://a/\n"
    )
    environment = {
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "PIP_EXTRA_INDEX_URL": f"file://{tmp_path}/index/simple",
        "PIP_INDEX_URL": "https://pypi.example/simple",
    }
    found = find_package_sources(environment, shown_at="/opt/p")
    assert found.index_url == "https://pypi.example/simple/"
    assert found.extra_index_urls == ("file:///opt/p/0/simple",)
    assert found.find_links == ("/opt/p/1",)
    assert dict(found.binds) == {"/opt/p/0": str(tmp_path / "index"), "/opt/p/1": str(tmp_path / "wheels")}


class Recording(BaseHTTPRequestHandler):
    """Answers with what it was asked; a package index below /index/simple/."""

    def do_GET(self):
        body = f"{self.path} host={self.headers['Host']} machine={self.headers['x-emulator-instance-id']}".encode()
        self.send_response(404 if "missing" in self.path else 200)
        if self.path.startswith("/npm/"):
            place = f"http://{self.headers['Host']}/npm/left-pad/-/left-pad-1.3.0.tgz"
            body = json.dumps({"asked": self.path, "tarball": place}).encode()
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        received = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{len(received)} bytes".encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recording)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,))
    thread.start()
    yield server.server_address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["namespaces", "process"])
def trial(request, tmp_path: Path, web):
    if request.param == "namespaces" and (reason := probe(tmp_path / "probe", os.environ)):
        pytest.skip(f"no namespaces here: {reason}")
    environment = {
        "PATH": os.environ["PATH"],
        "PIP_INDEX_URL": f"http://127.0.0.1:{web[1]}/index/simple",
        "npm_config_registry": f"http://127.0.0.1:{web[1]}/npm",
    }
    driver = {"namespaces": NamespaceDriver, "process": ProcessDriver}[request.param](tmp_path / "m", environment)
    driver.cloud_address = web
    yield Trial(machine=driver.boot(SPEC), driver=driver)
    driver.close()


@pytest.mark.sandbox
def test_a_machine_reaches_oss_inside_the_emulator_with_its_host_name(trial):
    url = "http://bucket-1.oss-cn-hangzhou-internal.aliyuncs.com/a%20key?x=1"
    expected = "/a%20key?x=1 host=bucket-1.oss-cn-hangzhou-internal.aliyuncs.com machine=i-trial"
    assert trial.text(f"curl -sS '{url}'") == expected


@pytest.mark.sandbox
def test_a_machine_uploads_through_its_way_out(trial):
    url = "http://bucket-1.oss-cn-hangzhou-internal.aliyuncs.com/k"
    assert trial.text(f"head -c 3000000 /dev/zero >/root/z; curl -sS -T /root/z '{url}'") == "3000000 bytes"


@pytest.mark.sandbox
def test_the_metadata_service_is_told_which_machine_asks_whatever_it_claims(trial):
    answer = trial.text("curl -sS -H 'x-emulator-instance-id: i-other' http://100.100.100.200/latest/meta-data/")
    assert answer == "/latest/meta-data/ host=100.100.100.200 machine=i-trial"


@pytest.mark.sandbox
def test_the_package_mirror_of_the_cloud_is_the_index_of_the_host(trial):
    assert "mirrors.cloud.aliyuncs.com/pypi/simple/" in trial.text("cat /root/.pip/pip.conf")
    page = trial.text("curl -sS http://mirrors.cloud.aliyuncs.com/pypi/simple/flask/")
    assert page.startswith("/index/simple/flask/ host=127.0.0.1")
    beside = trial.text("curl -sS http://mirrors.cloud.aliyuncs.com/pypi/files/a.whl")
    assert beside.startswith("/index/files/a.whl ")
    missing = "curl -s -o /dev/null -w '%{http_code}' http://mirrors.cloud.aliyuncs.com/pypi/simple/missing/"
    assert trial.text(missing) == "404"


@pytest.mark.sandbox
def test_what_the_emulator_plays_is_reached_by_https_too(trial):
    url = "https://bucket-1.oss-cn-hangzhou.aliyuncs.com/a?x=1"
    assert trial.text(f"curl -sS '{url}'") == "/a?x=1 host=bucket-1.oss-cn-hangzhou.aliyuncs.com machine=i-trial"
    assert trial.text(f"head -c 3000000 /dev/zero >/root/z; curl -sS -T /root/z '{url}'") == "3000000 bytes"
    by_python = "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode()[:8])"
    assert trial.text(f"python3 -c '{by_python}' '{url}'") == "/a?x=1 h"


@pytest.mark.sandbox
def test_the_mirrors_that_scripts_name_have_what_the_host_can_get(trial):
    page = trial.text("curl -sS https://mirrors.aliyun.com/pypi/simple/flask/")
    assert page.startswith("/index/simple/flask/ host=127.0.0.1")
    package = json.loads(trial.text("curl -sS https://registry.npmmirror.com/left-pad"))
    assert package["asked"] == "/npm/left-pad"
    assert package["tarball"] == "https://registry.npmmirror.com/left-pad/-/left-pad-1.3.0.tgz"
    posted = "curl -s -o /dev/null -w '%{http_code}' -d x https://registry.npmmirror.com/-/npm/v1/security/audits"
    assert trial.text(posted) == "405"


@pytest.mark.parametrize(
    ("files", "environment", "registry"),
    [
        ({}, {}, "https://registry.npmjs.org/"),
        ({".npmrc": "; a comment\nfund=false\nregistry=https://npm.example/team\n"}, {}, "https://npm.example/team/"),
        (
            {".npmrc": "registry = https://a.example\n"},
            {"npm_config_registry": "https://b.example"},
            "https://b.example/",
        ),
        ({".npmrc": "no value\n\xff"}, {}, "https://registry.npmjs.org/"),
    ],
)
def test_npm_packages_come_from_where_the_hosts_npm_takes_them(tmp_path, files, environment, registry):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert find_npm_registry({"HOME": str(tmp_path), **environment}) == registry


def test_a_mirror_is_asked_itself_and_what_it_mirrors_once_it_cannot_be_reached(web):
    nowhere = {"HOME": "/nonexistent"}
    mirrors = Mirrors(index_url=f"http://127.0.0.1:{web[1]}/index/simple/", environment=nowhere)
    asked = Asked(host="registry.npmmirror.com", path="/-/binary/node/v22.1.0/SHASUMS256.txt")
    assert list(mirrors._places(asked)) == [
        "https://registry.npmmirror.com/-/binary/node/v22.1.0/SHASUMS256.txt",
        "https://nodejs.org/dist/v22.1.0/SHASUMS256.txt",
    ]
    mirrors._unreachable.add("registry.npmmirror.com")
    assert next(mirrors._places(asked)) == "https://nodejs.org/dist/v22.1.0/SHASUMS256.txt"
