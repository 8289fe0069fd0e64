"""What must never be in the source, in a URL, in a security group or on a web page; and hashes that travel another way."""

import ast
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloud_lab import REGION, ROOT, CloudLab, Project
from fault_lab import VirtualLab, virtual_lab

from deployer.api import Deployer
from deployer.cloud.cloud import Cloud
from deployer.cloud.network import SecurityGroupClient
from deployer.cloud.session import BSS_HOSTS, Endpoints, Session
from deployer.errors.base import UsageError

SOURCES = sorted((ROOT / "deployer").rglob("*.py"))


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualLab]:
    with virtual_lab(tmp_path / "cloud") as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        yield lab


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(path=tmp_path / "shop", name="shop").write()


def test_no_source_calls_what_runs_text_or_trusts_everybody() -> None:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found += [f"{path}:{node.lineno}: {what}" for what in _wrongs(node)] if isinstance(node, ast.Call) else []
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.split(".")[0] for alias in node.names} | {getattr(node, "module", "") or ""}
                found += [
                    f"{path}:{node.lineno}: {name}" for name in names & {"pickle", "marshal", "shelve", "telnetlib"}
                ]
    assert not found


def _wrongs(call: ast.Call) -> list[str]:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    owner = getattr(function.value, "id", "") if isinstance(function, ast.Attribute) else ""
    wrong = []
    if name in {"eval", "exec"} and not owner:
        wrong.append(name)
    if (owner, name) in {("os", "system"), ("os", "popen"), ("tempfile", "mktemp"), ("yaml", "unsafe_load")}:
        wrong.append(f"{owner}.{name}")
    loader = next((keyword.value for keyword in call.keywords if keyword.arg == "Loader"), None)
    if (owner, name) == ("yaml", "load") and not _is_safe_loader(getattr(loader, "id", "")):
        wrong.append("yaml.load")
    for keyword in call.keywords:
        value = getattr(keyword.value, "value", None)
        if (keyword.arg, value) in {("shell", True), ("verify", False), ("check_hostname", False)}:
            wrong.append(f"{keyword.arg}={value}")
    return wrong


def _is_safe_loader(name: str) -> bool:
    """A loader of ours that is derived from PyYAML's safe one."""
    return any(f"class {name}(yaml.SafeLoader)" in path.read_text(encoding="utf-8") for path in SOURCES)


def test_no_source_names_a_file_in_the_shared_temporary_folder() -> None:
    """What runs inside a machine has its own /tmp; on this computer `tempfile` picks names."""
    found = [
        f"{path}: {match[0]}"
        for path in SOURCES
        if "emulator" not in path.parts and "runner" not in path.parts and "scripts" not in path.parts
        for match in re.finditer(r"""["'f]/(?:var/)?tmp/[^"']*""", path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_endpoints_are_https_unless_the_cloud_is_on_this_computer() -> None:
    real = Endpoints()
    assert real.protocol == "https"
    assert real.oss(REGION).startswith("https://")
    assert real.oss_from_instance(REGION).startswith("https://")
    assert all(host.endswith(".aliyuncs.com") for host in BSS_HOSTS)
    for product in ("ecs", "vpc", "oos", "sts"):
        host = real.rpc(product, REGION)
        assert host is None or host.endswith(".aliyuncs.com")


@pytest.mark.parametrize("address", ["example.com:80", "10.0.0.7:8080", "169.254.169.254:80"])
def test_an_endpoint_elsewhere_is_never_spoken_to_in_plain_text(
    shop: Project, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DEPLOYER_ENDPOINT", address)
    with pytest.raises(UsageError, match="not on this computer"):
        Deployer().deploy(shop.path, yes=True)


def test_signed_urls_are_for_one_object_to_get_and_end_soon_after_their_command(
    cloud: VirtualLab, shop: Project
) -> None:
    events: list[object] = []
    cloud.deploy(shop.path, on_event=events.append)
    (command,) = [
        command.content.decode()
        for commands in cloud.emulator.context.driver.commands.values()
        for command in commands
        if b"archive_sha256" in command.content
    ]
    urls = sorted(set(re.findall(r"https?://[^\s'\"]+", command)))
    signed = [url for url in urls if "x-oss-signature=" in url]
    assert len(signed) == 4  # runner, archive, start, stop
    for url in signed:
        parts = urllib.parse.urlsplit(url)
        query = dict(urllib.parse.parse_qsl(parts.query))
        assert parts.path.count("/") >= 3
        assert not parts.path.endswith("/")
        assert int(query["x-oss-expires"]) <= 3600 + 300
        assert _status(cloud, url, "GET") == 200
        for method in ("PUT", "DELETE", "POST"):
            assert _status(cloud, url, method) == 403
        assert _status(cloud, url.replace("/artifacts/", "/journal/").replace("/scripts/", "/journal/"), "GET") == 403
    told = repr(events)
    assert "x-oss-signature" not in told
    cloud.clock.advance(3600 + 301)
    assert {_status(cloud, url, "GET") for url in signed} == {403}


def _status(cloud: VirtualLab, url: str, method: str) -> int:
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(
        f"http://{cloud.http.endpoint}{parts.path}?{parts.query}",
        method=method,
        headers={"Host": parts.netloc},
        data=b"" if method in {"PUT", "POST"} else None,
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_hashes_travel_in_the_command_and_not_beside_the_object(cloud: VirtualLab, shop: Project) -> None:
    report = cloud.deploy(shop.path)
    commands = [
        command.content.decode() for commands in cloud.emulator.context.driver.commands.values() for command in commands
    ]
    archives = [name for name in cloud.existing()["objects"] if "/artifacts/" in name]
    (sha256,) = [Path(name).stem for name in archives]
    assert any(
        f"{sha256}" in command.split("archive_sha256", 1)[1][:80] for command in commands if "archive_sha256" in command
    )
    assert report.release_id


def test_a_security_group_opens_the_applications_port_and_no_other(cloud: VirtualLab, shop: Project) -> None:
    cloud.deploy(shop.path)
    (group,) = cloud.emulator.services.ecs_state.security_groups.values()
    rules = client_of(cloud).list_inbound_rules(group.security_group_id)
    assert [(rule.protocol, rule.first_port, rule.last_port, rule.source, rule.accepts) for rule in rules] == [
        ("TCP", 8080, 8080, "0.0.0.0/0", True)
    ]


def client_of(cloud: VirtualLab) -> SecurityGroupClient:
    return Cloud(Session(endpoints=Endpoints(address=cloud.http.endpoint), clock=cloud.clock), REGION).security_groups


@pytest.mark.sandbox
def test_a_static_site_serves_no_hidden_files(lab: CloudLab, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>hello</h1>")
    (site / ".htpasswd").write_text("secret")
    (site / ".well-known").mkdir()
    (site / ".well-known" / "security.txt").write_text("Contact: mailto:a@example.com")
    report = lab.deployer().deploy(
        site, yes=True, name="static-site", region=REGION, ecs="new", alive_seconds=1, port=8123
    )
    instance_id = report.instance_ids[0]
    assert "hello" in lab.ask(instance_id, 8123)
    address = lab.emulator.services.ecs_state.get_instance(instance_id, None).internet_ip
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for path in (".htpasswd", ".git/config", ".env", "%2ehtpasswd", "./.htpasswd", "a/../.htpasswd"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener.open(f"http://{address}:8123/{path}", timeout=5)
        assert refused.value.code in {403, 404}
    lab.deployer().delete(yes=True, name="static-site", region=REGION)
