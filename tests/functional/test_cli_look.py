"""Commands that look: check, list, status, releases, logs, verify; and those that help to begin: init, validate."""

import json

import pytest
import yaml
from cloud_lab import REGION, CloudLab

pytestmark = pytest.mark.sandbox


def test_check_says_what_is_there_in_text_and_json(lab: CloudLab) -> None:
    """M10, M19, M21, M25."""
    data = lab.call_cli("check", "--output", "json").data
    text = lab.call_cli("check")

    checks = {check["id"]: check for check in data["checks"]}
    assert {"python", "sdk", "credentials", "region", "oos", "oss", "clock", "balance"} <= set(checks)
    assert {check["status"] for check in data["checks"]} <= {"ok", "warning"}
    assert "environment variables" in checks["credentials"]["detail"]
    assert lab.emulator.context.account_id in checks["credentials"]["detail"]
    assert text.exit_code == 0
    assert text.stdout.count("✅") >= 7


def test_check_fails_where_there_are_no_credentials(lab: CloudLab, tmp_path) -> None:
    """M10, M22, M23: exit 1, a fix, and what an agent may ask; never a key."""
    nobody = {"ALIBABA_CLOUD_ACCESS_KEY_ID": None, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": None, "HOME": str(tmp_path)}

    result = lab.run_cli("check", "--output", "json", env=nobody)
    text = lab.run_cli("check", env=nobody)

    assert result.exit_code == text.exit_code == 1
    failed = [check for check in result.last["data"]["checks"] if check["status"] == "failed"]
    assert [check["id"] for check in failed] == ["credentials"]
    assert failed[0]["fix"]
    assert "AGENT" in failed[0]["ask"]
    assert result.last["data"]["next"]
    assert "❌" in text.stdout


def test_status_list_and_releases_tell_of_a_group(lab: CloudLab, running) -> None:
    """M139, M140, M142, M144, M145."""
    path, report = running.project.path, running.report
    status = lab.call_cli("status", path, "--output", "json").data
    groups = lab.call_cli("list", "--name", "keeper", "--output", "json").data
    releases = lab.call_cli("releases", path, "--output", "json").data["releases"]

    assert status["ecs_instance_ids"] == list(report.instance_ids)
    assert status["instance_ip"] == report.public_ips[0]
    assert status["execution_id"] == report.execution_id
    assert status["summary"]["status"] == "Released"
    urls = dict(status["console_urls"])
    assert all(url.startswith("https://") for url in urls.values())
    assert any("keeper" in url for url in urls.values())
    assert groups["total"] == 1
    assert groups["groups"][0] in lab.call_cli("list", "--region", REGION, "--output", "json").data["groups"]
    assert lab.call_cli("list", "--region", "cn-beijing", "--output", "json").data["total"] == 0
    assert groups["groups"][0]["instance_ids"] == list(report.instance_ids)
    assert [one["release_id"] for one in releases] == [report.release_id]
    assert releases[0]["plan_id"] == report.plan_id
    for command in ("status", "releases"):
        assert report.release_id in lab.call_cli(command, path).stdout
    assert "keeper" in lab.call_cli("list").stdout


def test_a_group_is_found_without_its_folder(lab: CloudLab, running, tmp_path, monkeypatch) -> None:
    """Any machine with the credentials sees it; the commands a deploy prints are these."""
    monkeypatch.chdir(tmp_path)
    for _what, command in running.report.next_commands:
        words = command.split()[1:]
        if words[0] == "delete":
            words.append("--dry-run")
        result = lab.call_cli(*words)
        assert result.exit_code == 0, (command, result.stderr)


def test_list_of_an_unknown_application_says_what_there_is(lab: CloudLab, running) -> None:
    result = lab.call_cli("list", "--name", "unknown", "--output", "json")

    assert (result.exit_code, result.last["code"]) == (69, "cloud.group_not_found")
    assert "keeper" in result.last["facts"]["existing"]


def test_verify_shows_evidence_and_the_whole_log(lab: CloudLab, running) -> None:
    """M127, M128, M131, M132, M133, M134, U3."""
    text = lab.call_cli("verify", running.project.path)
    data = lab.call_cli("verify", running.project.path, "--output", "json").data

    assert data["verdict"] == "running"
    (instance,) = data["instances"]
    assert [(check["name"], check["ok"]) for check in instance["checks"]] == [
        ("process", True),
        ("port", True),
        ("http", True),
    ]
    assert instance["public_ip"] == running.report.public_ips[0]
    assert instance["log_source"] == "cloud-assistant"
    assert "serving kept" in instance["log"]
    assert "AGENT_ANALYZE_REQUIRED" in text.stdout
    assert "serving kept" in text.stdout
    assert running.instance_id in text.stdout


def test_verify_asks_from_outside_only_when_told_to(lab: CloudLab, running) -> None:
    """M131: no outbound request of its own by default."""
    data = lab.call_cli("verify", running.project.path, "--outside", "--output", "json").data

    assert [check["name"] for check in data["instances"][0]["checks"]][-1] == "outside"
    assert data["verdict"] == "running"


def test_logs_show_this_release_or_all_of_them(lab: CloudLab, make_project) -> None:
    """D8: an earlier release's lines never stand for the new one's."""
    project = make_project("chatty", "early bird")
    lab.deployer().deploy(project.path, yes=True)
    project.write("late riser")
    plan = lab.deployer().plan(project.path)
    lab.deployer().deploy(project.path, approve=plan.plan_id, confirm=("overwrite",))

    newest = lab.call_cli("logs", project.path)
    whole = lab.call_cli("logs", project.path, "--all")
    last = lab.call_cli("logs", project.path, "--all", "--lines", "1")

    assert newest.exit_code == 0
    assert "late riser" in newest.stdout
    assert "early bird" not in newest.stdout
    assert "early bird" in whole.stdout
    assert whole.stdout.index("early bird") < whole.stdout.index("late riser")
    said, _line = last.stdout.rstrip("\n").splitlines()
    assert "not shown" in said


def test_init_writes_what_validate_accepts_and_deploy_takes(lab: CloudLab, tmp_path) -> None:
    """M53, M62, M65: the original's flags; an older file is kept."""
    project = tmp_path / "fresh"
    project.mkdir()
    (project / "server.py").write_text("import http.server\nhttp.server.test(port=8000)\n")
    flags = ("--non-interactive", "--name", "fresh", "--type", "app", "--region", "cn-hangzhou", "--ecs", "new")

    first = lab.call_cli("init", project, *flags, "--port", "8000", "--output", "json").data
    second = lab.call_cli("init", project, *flags, "--port", "8001", "--output", "json").data

    assert first["backup"] is None
    assert "8000" in open(second["backup"]).read()  # noqa: PTH123, SIM115
    written = yaml.safe_load((project / ".appmanager" / "config.yaml").read_text())
    assert written["metadata"] == {
        "name": "fresh",
        "type": "app",
        "groupName": "default-cn-hangzhou",
        "regionId": "cn-hangzhou",
    }
    assert written["common"]["deployment"]["port"] == 8001
    assert written["common"]["scripts"]["start"].startswith("#!/bin/bash")
    config = project / ".appmanager" / "config.yaml"
    assert lab.call_cli("config", "validate", "--config", config, "--output", "json").data["valid"] is True
    with lab.recording() as recording:
        plan = lab.call_cli("plan", project, "--output", "json").data
    assert plan["settings"]["port"] == 8001
    assert recording.changing == []


def test_init_for_an_existing_instance_and_without_answers(lab: CloudLab, tmp_path) -> None:
    """M44, M53, M54."""
    (tmp_path / "app.py").write_text("print('a worker')\n")

    missing = lab.call_cli("init", tmp_path, "--non-interactive", "--name", "x", "--output", "json")
    assert missing.exit_code == 3
    assert not (tmp_path / ".appmanager").exists()
    flags = ("--region", "cn-hangzhou", "--ecs", "existing", "--instance-id", "i-bp1a2b3c4d5e6f7g8h9i")
    lab.call_cli("init", tmp_path, "--non-interactive", "--name", "x", *flags, "--output", "json").data  # noqa: B018
    written = yaml.safe_load((tmp_path / ".appmanager" / "config.yaml").read_text())
    assert written["common"]["deployment"]["instanceId"] == "i-bp1a2b3c4d5e6f7g8h9i"


def test_validate_lists_every_problem_with_its_line(lab: CloudLab, make_project) -> None:
    """M57, M60, M62."""
    project = make_project("faulty", port=0, group="default")
    config = project.path / ".appmanager" / "config.yaml"
    tree = json.loads(config.read_text())
    tree["scripts"] = {"start": "#!/bin/bash\n"}
    tree["metadata"]["naem"] = "typo"
    config.write_text(json.dumps(tree, indent=2))

    result = lab.call_cli("config", "validate", "--config", config, "--output", "json")
    text = lab.call_cli("config", "validate", "--config", config)

    assert (result.exit_code, result.last["code"]) == (65, "config.invalid")
    problems = {problem["path"]: problem for problem in result.last["data"]["problems"]}
    assert {"common.deployment.port", "scripts", "metadata.naem"} <= set(problems)
    assert all(problem["line"] for problem in problems.values() if problem["path"])
    assert problems["metadata.naem"]["nearest"] == "metadata.name"
    assert text.exit_code == 65
    assert "metadata.naem" in text.stderr


def test_templates_and_schemas_are_printed(lab: CloudLab) -> None:
    """M56."""
    template = lab.call_cli("init", "--print-template").stdout
    assert yaml.safe_load(template)["metadata"]["regionId"] == "cn-hangzhou"
    reference = lab.call_cli("config", "reference").stdout
    assert yaml.safe_load(reference)["deployer"]["health"]["aliveSeconds"] == 6
    assert json.loads(lab.call_cli("schema", "config").stdout)["type"] == "object"
