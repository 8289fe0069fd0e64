"""A git address as a project: which are taken, what of it is fetched, and that nothing of it is run or shown."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from git_server import GitServer
from processes import ends

from deployer.api import Deployer
from deployer.cli.main import run
from deployer.clock import SystemClock
from deployer.errors.base import DeployerError
from deployer.errors.git import GitAddressInvalid
from deployer.events import SourceFetched
from deployer.project.git.address import find_git_address
from deployer.project.git.checkout import Checkout, Limits, check_out
from deployer.project.git.command import GitCommand

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
CANARY = "canary%2F42"
WEB = {"requirements.txt": "flask\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> GitServer:
    """A repository with a tag, a branch and two applications; no test changes it."""
    server = GitServer(tmp_path_factory.mktemp("git"))
    server.first = server.commit(
        {**WEB, "web/api/app.py": WEB["app.py"], "web/api/requirements.txt": "flask\n"}, tag="v1"
    )
    server.second = server.commit({"app.py": "print(2)\n"}, branch="feature/x")
    return server


def fetch(server: GitServer, into: Path, suffix: str = "", *, base: str = "", **limits: float) -> Checkout:
    address = find_git_address((base or server.url) + suffix)
    assert address is not None
    folder = Path(tempfile.mkdtemp(dir=into))
    return check_out(address, folder, server.environ, SystemClock(), Limits(**limits))


@pytest.mark.parametrize(
    ("text", "url", "ref", "folder", "shown"),
    [
        ("https://h.example/o/shop.git", "https://h.example/o/shop.git", None, "", None),
        ("https://h.example:8443/o/shop/@v1.2", "https://h.example:8443/o/shop", "v1.2", "", "https://h.example:8443/o/shop@v1.2"),
        ("https://h.example/o/shop@feature/x#web/api/", "https://h.example/o/shop", "feature/x", "web/api", "https://h.example/o/shop@feature/x#web/api"),
        ("https://h.example/o/shop#subdirectory=web", "https://h.example/o/shop", None, "web", "https://h.example/o/shop#web"),
        (f"https://me:{CANARY}@h.example/o/shop@main", "https://h.example/o/shop", "main", "", "https://…@h.example/o/shop@main"),
        ("HTTPS://token@h.example/shop", "https://h.example/shop", None, "", "https://…@h.example/shop"),
        ("ssh://git@h.example:2222/~me/shop.git", "ssh://git@h.example:2222/~me/shop.git", None, "", None),
        ("git@h.example:o/shop.git@v1#web", "git@h.example:o/shop.git", "v1", "web", None),
    ],
)  # fmt: skip
def test_addresses_are_taken_apart(text, url, ref, folder, shown) -> None:
    address = find_git_address(text)
    assert address is not None
    assert (address.url, address.ref, address.folder, address.name) == (url, ref, folder, "shop")
    assert str(address) == (shown or text)
    assert "canary" not in repr(address)


@pytest.mark.parametrize("text", [".", "shop", "/srv/shop", "./a::b", "C:\\shop", "a@b", "github.com/o/shop", ""])
def test_paths_are_no_addresses(text: str) -> None:
    assert find_git_address(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://h.example/o/shop", "`http`"),
        ("git://h.example/o/shop", "`git`"),
        ("file:///srv/shop.git", "the path of its directory"),
        ("ext::sh -c touch% marker", "`ext`"),
        ("https://h.example", "host and path"),
        ("https://-oProxyCommand=x/o/shop", "host and path"),
        ("ssh://-oProxyCommand=x/o/shop", "host and path"),
        (f"https://me:{CANARY[:6]}/x@h.example/o/shop", "host and path"),
        ("git@-oProxyCommand=x:o/shop", "host and path"),
        ("git@h.example:-o/shop", "no path"),
        (f"ssh://git:{CANARY}@h.example/o/shop", "not a password"),
        (f"https://h.example/o/shop?token={CANARY}", "no path"),
        ("https://h.example/o/../shop", "no path"),
        ("https://h.example/o/..", "no path"),
        ("https://h.example/o/shop@--upload-pack=x", "a ref"),
        ("https://h.example/o/shop@a b", "a ref"),
        ("https://h.example/o/shop@a..b", "a ref"),
        ("https://h.example/o/shop#../etc", "no directory"),
        ("https://h.example/o/shop#.git/hooks", "no directory"),
        ("https://github.com/o/shop/tree/main/web/api", "`https://github.com/o/shop@main#web/api`"),
        ("https://gitlab.com/a/b/shop/-/tree/v1", "`https://gitlab.com/a/b/shop@v1`"),
        ("https://h.example/o/sh\nop", "no path"),
    ],
)  # fmt: skip
def test_other_addresses_are_refused_and_not_repeated(text: str, words: str) -> None:
    with pytest.raises(GitAddressInvalid) as caught:
        find_git_address(text)
    assert words in f"{caught.value.message} {caught.value.hint}"
    assert "canary" not in str(caught.value.as_dict())


@pytest.mark.parametrize("suffix", ["", "@main", "@v1", "@refs/tags/v1"])
def test_a_branch_or_tag_is_fetched_and_nothing_else(published: GitServer, tmp_path: Path, suffix: str) -> None:
    checkout = fetch(published, tmp_path, suffix)
    assert checkout.commit == published.first
    assert (checkout.path / "app.py").read_text() == WEB["app.py"]
    git = ["git", "-C", str(checkout.path), "rev-list", "--all", "--count"]
    assert subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip() == "1"


def test_commits_and_branches_with_a_slash_are_found(published: GitServer, tmp_path: Path) -> None:
    for ref in ("feature/x", published.second, published.second[:8]):
        assert fetch(published, tmp_path, f"@{ref}").commit == published.second


def test_a_directory_below_the_top_is_the_project(published: GitServer, tmp_path: Path) -> None:
    checkout = fetch(published, tmp_path, "@v1#web/api")
    assert sorted(path.name for path in checkout.path.iterdir()) == ["app.py", "requirements.txt"]


@pytest.mark.parametrize(
    ("suffix", "code", "near"),
    [("@mian", "git.ref_missing", "`main`"), ("@v1#web/apo", "git.folder_missing", "`web/api`"), ("@" + "0" * 40, "git.failed", "")],
)  # fmt: skip
def test_what_is_not_there_is_told_with_what_is(published, tmp_path, suffix, code, near) -> None:
    with pytest.raises(DeployerError) as caught:
        fetch(published, tmp_path, suffix)
    assert caught.value.code == code
    assert near in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"size_bytes": 10}, "git.too_large"), ({"files": 1}, "git.too_large"), ({"seconds": 0.3}, "git.timed_out")],
)
def test_a_repository_has_limits(published: GitServer, tmp_path: Path, limits, code) -> None:
    if code == "git.timed_out":
        published = GitServer(tmp_path)
        published.ssh.write_text("#!/bin/sh\nsleep 60\n")
    with pytest.raises(DeployerError) as caught:
        fetch(published, tmp_path, **limits)
    assert caught.value.code == code


def test_nothing_of_the_repository_or_its_submodules_is_run(tmp_path: Path) -> None:
    server = GitServer(tmp_path)
    marker = tmp_path / "marker"
    evil = tmp_path / "template" / "hooks" / "post-checkout"
    evil.parent.mkdir(parents=True)
    evil.write_text(f"#!/bin/sh\ntouch {marker}\n")
    evil.chmod(0o755)
    (tmp_path / "home" / ".gitconfig").write_text(f"[init]\n\ttemplateDir = {evil.parent.parent}\n")
    server.commit({**WEB, ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% {marker}\n'})

    checkout = fetch(server, tmp_path)

    assert (checkout.path / ".gitmodules").exists()
    assert not marker.exists()


def test_only_https_and_ssh_are_spoken_even_where_git_is_set_up_otherwise(published, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[url "file://{published.folder}/"]\n\tinsteadOf = https://h.example/\n')
    address = find_git_address("https://h.example/srv/shop.git")
    with pytest.raises(DeployerError) as caught:
        check_out(address, tmp_path, {**published.environ, "HOME": str(home)}, SystemClock())
    assert "transport 'file' not allowed" in caught.value.message


def test_git_gets_what_it_needs_of_the_environment_and_no_terminal(published: GitServer, tmp_path: Path) -> None:
    environ = {**published.environ, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "canary", "GIT_DIR": "/x", "DISPLAY": ":0"}
    check_out(find_git_address(published.url), tmp_path, environ, SystemClock())
    assert "canary" not in published.ssh_environment
    assert "GIT_DIR" not in published.ssh_environment
    asking = tmp_path / "asking"
    asking.write_text("#!/bin/sh\nread answer < /dev/tty && exit 0\necho no terminal >&2\nexit 1\n")
    asking.chmod(0o755)
    with pytest.raises(DeployerError) as caught:
        check_out(
            find_git_address(published.url), tmp_path / "2", {**environ, "GIT_SSH_COMMAND": str(asking)}, SystemClock()
        )
    assert caught.value.code == "git.failed"


def test_user_and_password_reach_git_by_its_environment_alone(published: GitServer, tmp_path: Path) -> None:
    """What stands for git notes how it is called."""
    stand_in = tmp_path / "bin" / "git"
    stand_in.parent.mkdir()
    stand_in.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/arguments\nenv > {tmp_path}/environment\n[ "$1" = x ]\n')
    stand_in.chmod(0o755)
    environ = {"PATH": f"{stand_in.parent}:{os.environ['PATH']}"}
    address = find_git_address(f"https://me:{CANARY}@h.example/o/shop")

    with pytest.raises(DeployerError) as caught:
        check_out(address, tmp_path, environ, SystemClock())

    seen = (tmp_path / "environment").read_text()
    assert "http.https://h.example.extraHeader" in seen
    assert "Basic bWU6Y2FuYXJ5LzQy" in seen
    assert "followRedirects" in seen
    assert "canary" not in (tmp_path / "arguments").read_text()
    assert "canary" not in str(caught.value.as_dict())


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_an_interruption_ends_git_and_what_it_started(tmp_path: Path) -> None:
    stand_in = tmp_path / "git"
    stand_in.write_text(
        f"#!/bin/sh\nsleep 60 &\necho $$ $! > {tmp_path}/pids.new\nmv {tmp_path}/pids.new {tmp_path}/pids\nwait\n"
    )
    stand_in.chmod(0o755)
    pids = tmp_path / "pids"

    def interrupt() -> None:
        if pids.exists():
            raise KeyboardInterrupt

    command = GitCommand({"PATH": f"{tmp_path}:{os.environ['PATH']}"}, site="", authorization=None)
    with pytest.raises(KeyboardInterrupt):
        command.run("fetch", folder=tmp_path, timeout_seconds=30, watch=interrupt)
    # A killed process is gone soon, not at once.
    assert all(ends(pid) for pid in pids.read_text().split())


def test_a_machine_without_git_says_so(published: GitServer, tmp_path: Path) -> None:
    with pytest.raises(DeployerError) as caught:
        check_out(find_git_address(published.url), tmp_path, {"PATH": str(tmp_path)}, SystemClock())
    assert caught.value.code == "git.missing"


@pytest.fixture
def at_home(published: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The process's environment reaches the repository; the current directory is empty."""
    for name, value in {**published.environ, "DEPLOYER_CACHE_DIR": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "tmp").mkdir()
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return tmp_path


def test_an_address_is_taken_wherever_a_path_is(published: GitServer, at_home: Path, capsys) -> None:
    events = []
    deployer = Deployer(on_event=events.append)

    assert deployer.detect(published.url).start_command
    assert deployer.configure(f"{published.url}#web/api", region="cn-hangzhou", ecs="new").application_name == "api"
    package = deployer.package(published.url, to=Path("kept.zip"))
    assert package.source_commit == published.first
    assert [one.path for one in package.files if "/" not in one.path] == ["app.py", "requirements.txt"]
    assert [event.commit for event in events if isinstance(event, SourceFetched)] == [published.first] * 2
    assert run(["init", f"{published.url}@v1", "--non-interactive", "--region", "cn-hangzhou", "--ecs", "new"]) == 0
    assert f"deployer deploy {published.url}@v1 --config shop.yaml" in capsys.readouterr().out
    assert "name: shop\n" in Path("shop.yaml").read_text()
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["kept.zip", "shop.yaml"]
    assert not list((at_home / "tmp").iterdir())
    assert not list((at_home / "cache").rglob("*/*"))


@pytest.mark.parametrize("command", ["detect", "package", "init", "plan", "deploy", "status", "price"])
@pytest.mark.parametrize("output", ["text", "json"])
def test_no_command_shows_a_password_of_the_address(at_home: Path, capsys, command: str, output: str) -> None:
    address = f"https://me:{CANARY}@127.0.0.1:1/o/shop@v1"
    assert run([command, address, "--output", output, "--non-interactive"]) == 65
    shown = "".join(capsys.readouterr())
    assert "@127.0.0.1:1/o/shop@v1" in shown
    assert "canary" not in shown
    assert "bWU6Y2FuYXJ5LzQy" not in shown


def test_a_configuration_in_the_repository_is_told_by_its_place_there(
    at_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = GitServer(tmp_path)
    server.commit({**WEB, ".appmanager/config.yaml": "metadata: {regionId: cn-hangzhou}\n"}, tag="good")
    server.commit({".appmanager/config.yaml": "metadata: {regionId: cn-hangzou}\n"}, tag="bad")
    monkeypatch.setenv("GIT_SSH_COMMAND", server.environ["GIT_SSH_COMMAND"])

    config = Deployer().configure(f"{server.url}@good")
    with pytest.raises(DeployerError) as caught:
        Deployer().configure(f"{server.url}@bad")

    assert config.origins["metadata.regionId"] == ".appmanager/config.yaml line 1"
    assert config.config_path is None
    assert f"in `{server.url}@bad`" in caught.value.message
    assert caught.value.next_commands == ()
    assert str(at_home / "cache") not in f"{config} {caught.value.as_dict()}"
