"""Packages in the archive: an application starts where nothing of any network can be reached."""

import json
import platform
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from carrying_trees import PYTHON, make_wheel, offline, write
from project_trees import analyze_tree, clean_scripts

from deployer.cli.main import run
from deployer.config.load import load_flags
from deployer.config.packing_rules import wants_carrying
from deployer.errors.carrying import CarriedNotInstalled, PipFailed, PipMissing, WheelMissing, WheelNotTrusted
from deployer.models.analysis import ApplicationType
from deployer.models.config import DeployConfig, NewInstance
from deployer.operations.carrying import carry, check_carrying
from deployer.project.analysis import analyze
from deployer.project.carrying.closure import find_unmet
from deployer.project.carrying.target import Target, choose_minor
from deployer.project.carrying.wanted import carrying
from deployer.project.packing.archive import build_package
from deployer.project.project_dir import ProjectDir
from deployer.project.scripts import make_scripts

MAIN = "import time\nimport tinylib\nprint('carried', tinylib.WORD, flush=True)\nwhile True:\n    time.sleep(60)\n"


ALONE = ["unshare", "-Urn", "--pid", "--fork", "--kill-child", "--mount-proc"]  # without any network


def _can_be_alone() -> bool:
    if shutil.which("unshare") is None or platform.machine() != "x86_64":
        return False
    return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture
def project(tmp_path: Path) -> ProjectDir:
    """A worker that needs a package, which needs another one; both lie in a folder outside the project."""
    make_wheel(tmp_path / "shelf", "tinybase", "1.0", body="WORD = 'over'\n")
    make_wheel(tmp_path / "shelf", "tinylib", "2.1", "tinybase>=1", body="from tinybase import WORD\n")
    text = f"--find-links {tmp_path / 'shelf'}\ntinylib>=2\n"
    root = write(tmp_path / "job", {"main.py": MAIN, "requirements.txt": text, ".python-version": PYTHON})
    return ProjectDir.open(root)


@pytest.mark.skipif(not _can_be_alone(), reason="namespaces are not allowed here, or it is another machine")
def test_it_installs_and_starts_without_any_network_and_the_archive_stays_the_same(project: ProjectDir, tmp_path: Path):
    analysis = analyze(project)
    first = build_package(project, out_dir=tmp_path / "one", carried=carry(project, analysis, offline(tmp_path / "c")))
    again = carry(project, analysis, {"PATH": "", "DEPLOYER_CACHE_DIR": str(tmp_path / "c")})  # nothing is fetched
    second = build_package(project, out_dir=tmp_path / "two", carried=again)
    assert (first.sha256, str(first.carried)) == (second.sha256, f"2 packages for Python {PYTHON} on x86_64, 0.0 MiB")
    with zipfile.ZipFile(first.path) as archive:
        archive.extractall(tmp_path / "release")
    script = make_scripts(carrying(project, analysis), "job", None).start
    environment = {
        **offline(tmp_path), "PIP_NO_INDEX": "0", "HOME": str(tmp_path), "DEPLOYER_REGION_ID": "us-west-1",
        "DEPLOYER_RELEASE_DIR": str(tmp_path / "release"), "DEPLOYER_RELEASE_ID": "r1",
        "DEPLOYER_LOG": str(tmp_path / "log"), "DEPLOYER_PID_FILE": str(tmp_path / "pid"),
    }  # fmt: skip
    wait = '\nuntil grep -q . "$DEPLOYER_LOG"; do kill -0 "$(cat "$DEPLOYER_PID_FILE")" || break; sleep 0.05; done\ncat "$DEPLOYER_LOG"\n'
    ended = subprocess.run(
        [*ALONE, "bash", "-c", script + wait],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.stdout.endswith("carried over\n"), ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("lines", "error", "told"),
    [
        ("tinylib==9\n", WheelMissing, "tinylib==9"),
        (f"tinybase==1.0 --hash=sha256:{'0' * 64}\n", WheelNotTrusted, "tinybase-1.0-py3-none-any.whl"),
    ],
)
def test_what_cannot_be_fetched_is_named(
    project: ProjectDir, tmp_path: Path, lines: str, error: type[Exception], told: str
):
    write(project.path, {"requirements.txt": f"--find-links {tmp_path / 'shelf'}\n{lines}"})
    with pytest.raises(error) as raised:
        carry(project, analyze(project), offline(tmp_path / "c"))
    assert told in str(raised.value)
    assert not [one for one in (tmp_path / "c").rglob("*") if one.is_file()]  # nothing half-made is kept


def test_a_wish_that_names_its_hashes_and_a_damaged_cache_are_made_good(project: ProjectDir, tmp_path: Path):
    sha256 = make_wheel(tmp_path / "shelf", "tinybase", "1.5", body="WORD = 'hashed'\n")
    text = f"--find-links {tmp_path / 'shelf'}\ntinybase==1.5 \\\n    --hash=sha256:{'1' * 64} \\\n    --hash=sha256:{sha256}\n"
    write(project.path, {"requirements.txt": text})
    house = carry(project, analyze(project), offline(tmp_path / "c"))
    listed = (house.folder / "requirements-x86_64.txt").read_text()
    assert listed == f"tinybase==1.5 --hash=sha256:{sha256}\n"
    (house.folder / "tinybase-1.5-py3-none-any.whl").write_bytes(b"torn")
    carry(project, analyze(project), offline(tmp_path / "c"))
    assert (house.folder / "tinybase-1.5-py3-none-any.whl").stat().st_size > 100


def test_passwords_reach_pip_by_a_private_file_and_nothing_else(tmp_path: Path):
    """A stand-in for Python writes down how it was called, and fails with the address in its words."""
    pip = write(
        tmp_path,
        {
            "bin/python3": "#!/bin/bash\n"
            f'echo "$*" > {tmp_path}/argv; env > {tmp_path}/env; shift; ls -l "${{@: -1}}" > {tmp_path}/mode; cp "${{@: -1}}" {tmp_path}/file\n'
            "echo 'ERROR: cannot read https://me:canary@h.example/simple' >&2; exit 1\n"
        },
    )
    (pip / "bin/python3").chmod(0o755)
    text = "--extra-index-url https://me:canary@h.example/simple\n--index-url https://${INDEX_KEY}@h.example/\nprivate-lib\n"
    project = ProjectDir.open(
        write(
            tmp_path / "app",
            {"requirements.txt": text, "main.py": "import private_lib\nprint(1)\n", ".python-version": "3.99"},
        )
    )
    environ = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "INDEX_KEY": "shown", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "canary", "DEPLOYER_CACHE_DIR": str(tmp_path / "c")}  # fmt: skip
    analysis = replace(analyze(project), language_version=None)
    (tmp_path / "bin/python3.11").symlink_to("python3")
    with pytest.raises(PipFailed) as raised:
        carry(project, analysis, environ)
    assert "canary" not in f"{raised.value.as_dict()}{(tmp_path / 'argv').read_text()}{(tmp_path / 'env').read_text()}"
    assert "canary" in (tmp_path / "file").read_text()
    assert "INDEX_KEY=shown" in (tmp_path / "env").read_text()
    assert (tmp_path / "mode").read_text().startswith("-rw------- ")
    assert not [one for one in (tmp_path / "c").rglob("*") if one.is_file()]


def test_a_requirements_file_with_a_password_stays_behind_where_its_packages_are_carried(
    project: ProjectDir, tmp_path: Path
):
    text = (project.path / "requirements.txt").read_text()
    write(
        project.path, {"requirements.txt": f"--trusted-host h --extra-index-url https://me:canary@h.example/\n{text}"}
    )
    plain = build_package(project, out_dir=tmp_path / "out")
    assert "the password of a package index stands in plain text in `requirements.txt`" in plain.warnings
    whole = build_package(
        project, out_dir=tmp_path / "out", carried=carry(project, analyze(project), offline(tmp_path / "c"))
    )
    assert [one.path for one in whole.left_out] == ["requirements.txt"]
    with zipfile.ZipFile(whole.path) as archive:
        assert not [name for name in archive.namelist() if b"canary" in archive.read(name)]


def test_what_only_the_instance_needs_is_fetched_whatever_pip_thinks(project: ProjectDir, tmp_path: Path):
    """A stand-in for pip that copies what a file names, and does not look at what the wheels need."""
    copying = 'for word in $(sed "/^-/d; s/[>=].*//" "${@: -1}"); do cp "$SHELF/$word"-* "$7"; done\n'
    write(tmp_path, {"bin/python3": f'#!/bin/bash\necho "$*" >> {tmp_path}/calls\nSHELF={tmp_path}/shelf\n{copying}'})
    (tmp_path / "bin/python3").chmod(0o755)
    (tmp_path / f"bin/python{PYTHON}").symlink_to("python3")
    environ = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "DEPLOYER_CACHE_DIR": str(tmp_path / "c")}
    house = carry(project, analyze(project), environ)
    assert sorted(one.name for one in house.folder.glob("*.whl")) == [
        "tinybase-1.0-py3-none-any.whl",
        "tinylib-2.1-py3-none-any.whl",
    ]
    assert len((tmp_path / "calls").read_text().splitlines()) == 2


@pytest.mark.parametrize(("value", "carries"), [("1", True), ("true", True), ("0", False), ("FALSE", False)])
def test_the_variable_asks_for_it_as_the_flag_does(tmp_path: Path, value: str, *, carries: bool):
    assert wants_carrying(load_flags(tmp_path / "c.yaml", environ={"DEPLOYER_CARRY": value})) is carries


@pytest.mark.parametrize(
    ("said", "error", "told"),
    [
        ("WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: No matching distribution found for flask", PipFailed,
         "No matching distribution found for flask; an index did not answer"),
        ("ERROR: No matching distribution found for flask (from x)", WheelMissing, "no wheel of `flask` for Python"),
        ("ERROR: Exception:\nTraceback (most recent call last):\nValueError: boom", PipFailed, "ValueError: boom"),
        ("", PipFailed, "it failed without a word"),
    ],
)  # fmt: skip
def test_pips_last_words_say_whose_fault_it_is(
    project: ProjectDir, tmp_path: Path, said: str, error: type[Exception], told: str
):
    write(tmp_path, {"bin/python3": f"#!/bin/bash\ncat {tmp_path}/said >&2\nexit 1\n", "said": said})
    (tmp_path / "bin/python3").chmod(0o755)
    (tmp_path / f"bin/python{PYTHON}").symlink_to("python3")
    with pytest.raises(error) as raised:
        carry(project, analyze(project), {"PATH": f"{tmp_path}/bin:/bin", "DEPLOYER_CACHE_DIR": str(tmp_path / "c")})
    assert told in str(raised.value)


def test_without_pip_it_is_said_what_was_tried(project: ProjectDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(PipMissing, match="`python3 -m pip`"):
        carry(project, analyze(project), {"PATH": str(tmp_path), "DEPLOYER_CACHE_DIR": str(tmp_path / "c")})


def test_conditions_are_those_of_the_instance_whatever_computer_fetches(tmp_path: Path):
    make_wheel(tmp_path, "web", "1", "only-linux ; sys_platform == 'linux'", "only-mac ; sys_platform == 'darwin'",
               "for-intel ; platform_machine == 'x86_64'", "old ; python_version < '3.11'", "fast>=2 ; extra == 'speed'", "core[more]")  # fmt: skip
    make_wheel(tmp_path, "core", "1", "extra_of_core ; extra == 'more'", "never ; extra == 'other'")
    assert find_unmet(tmp_path, Target(minor=11), ["web"]) == ["extra_of_core", "for-intel", "only-linux"]
    assert find_unmet(tmp_path, Target(minor=10), ["web[speed]==1", "absent ; os_name == 'nt'"]) == [
        "extra_of_core",
        "fast>=2",
        "for-intel",
        "old",
        "only-linux",
    ]


@pytest.mark.parametrize(
    ("constraint", "minor"), [(None, 11), (">=3.12", 12), ("==3.9.*", 9), (">=3.13", 13), ("^3.10", 11)]
)
def test_the_python_is_one_that_the_instance_can_have(constraint: str | None, minor: int):
    assert choose_minor(constraint) == minor


def test_the_start_script_is_clean_and_takes_that_python_alone(tmp_path: Path):
    analysis = analyze_tree(
        tmp_path, {"requirements.txt": "flask\n", "app.py": "from flask import Flask\napp = Flask('x')\n"}
    )
    scripts = clean_scripts(tmp_path, carrying(ProjectDir.open(tmp_path), analysis))
    assert 'APP_PYTHON_VERSIONS="3.11"' in scripts.start
    assert (
        'pip install --no-index --find-links .deployer-wheels -r ".deployer-wheels/requirements-$(uname -m).txt"\n'
        in scripts.start
    )


@pytest.mark.parametrize(
    ("carries", "script"), [(True, "pip install flask\n"), (False, "pip install --find-links .deployer-wheels x\n")]
)
def test_a_script_of_the_file_that_does_not_agree_is_refused(*, carries: bool, script: str):
    config = DeployConfig(
        application_name="a", application_group_name="g", type=ApplicationType.APP, deploy_region_id="cn-hangzhou",
        instance=NewInstance(), port=None, start_script=script, stop_script="", carry=carries,
    )  # fmt: skip
    with pytest.raises(CarriedNotInstalled):
        check_carrying(config)
    check_carrying(replace(config, carry=not carries))


def test_the_commands_take_the_flag_and_say_what_is_carried(
    project: ProjectDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name, value in offline(tmp_path / "c").items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert run(["init", "job", "--carry", "--region", "cn-hangzhou", "--ecs", "new", "--non-interactive"]) == 0
    written = (project.path / ".appmanager/config.yaml").read_text()
    assert "  carry: true\n" in written
    assert "--find-links .deployer-wheels" in written
    capsys.readouterr()
    assert run(["package", "job", "--output", "json"]) == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["carried"] | {"size_bytes": 0} == {"count": 2, "size_bytes": 0, "target": f"Python {PYTHON} on x86_64"}
