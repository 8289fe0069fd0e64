"""The rules for scripts: what they find, and what they leave alone."""

import pytest

from deployer.project.lint import ScriptRole, Severity, lint_script

GOOD = "#!/bin/bash\nset -e\nnohup python3 a.py >> /root/app.log 2>&1 < /dev/null &\necho $! > /root/app.pid\n"


def _rules(text: str, role: ScriptRole = ScriptRole.START) -> list[tuple[str, int]]:
    return [(one.rule, one.line) for one in lint_script(text, role)]


def test_a_script_that_keeps_the_rules_has_no_findings() -> None:
    assert _rules(GOOD) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("cat <<EOF > x\na\nEOF", "heredoc"),
        ("cat <<-'EOF'\na\nEOF", "heredoc"),
        ("python3 b.py > /root/app.log 2>&1 &", "log-overwritten"),
        (": > /root/app.log", "log-overwritten"),
        ('rm -rf "$APP_DIR"', "unguarded-rm"),
        ("echo $(", "syntax"),
        ("python3 app.py", "foreground"),
    ],
)
def test_each_rule_is_found_at_its_line(line: str, rule: str) -> None:
    assert (rule, 5) in _rules(f"{GOOD}{line}\n") or (rule == "syntax" and rule in dict(_rules(f"{GOOD}{line}\n")))


@pytest.mark.parametrize(
    "line",
    [
        "cat <<< text",
        "echo $((1<<2))",
        "# cat <<EOF",
        "echo '<<EOF'",
        "echo 1 > /root/other.log",
        "cat a >> /root/app.log",
    ],
)
def test_what_only_looks_like_a_broken_rule_is_left_alone(line: str) -> None:
    assert _rules(f"{GOOD}{line}\n") == []


@pytest.mark.parametrize(
    "script",
    [
        "exit 0",
        "if true; then exit; fi",
        "f() {\n  exit 1\n}\nf",
        "true && exit",
        "case x in x) exit;; esac",
    ],
)
def test_an_exit_in_a_stop_script_is_an_error(script: str) -> None:
    found = lint_script(f"#!/bin/bash\n{script}\n", ScriptRole.STOP)
    assert [(one.rule, one.severity) for one in found] == [("stop-exit", Severity.ERROR)]


@pytest.mark.parametrize(
    "script", ["# exit 1", "echo 'exit 1'", 'echo "exit"', "(exit 1)", "x=$(exit 1)", "exiting=1", "true"]
)
def test_an_exit_that_ends_nothing_is_none(script: str) -> None:
    assert _rules(f"#!/bin/bash\n{script}\ntrue\n", ScriptRole.STOP) == []


def test_an_exit_in_a_start_script_is_allowed() -> None:
    assert _rules(GOOD + "exit 0\n") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        ("#!/bin/bash\n# nothing\n", "empty"),
        (GOOD.replace("\n", "\r\n"), "crlf"),
        ("\ufeff" + GOOD, "byte-order-mark"),
        (GOOD.replace("a.py", "a\0.py"), "nul"),
        (GOOD.replace("#!/bin/bash", "#!/bin/sh"), "shebang"),
        (GOOD.replace("#!/bin/bash\n", ""), "shebang"),
        (GOOD.replace("set -e\n", ""), "set-e"),
        (GOOD.replace("echo $! > /root/app.pid\n", ""), "no-pid-file"),
        (GOOD.replace(">> /root/app.log", ">> /tmp/x"), "no-log"),
        (GOOD + "#" * 300_000, "size"),
    ],
)
def test_the_text_as_a_whole_is_looked_at(text: str, rule: str) -> None:
    assert rule in dict(_rules(text))


def test_every_finding_says_what_to_write_instead() -> None:
    for one in lint_script("#!/bin/sh\nexit 1\ncat <<A > /root/app.log\nA\n", ScriptRole.STOP):
        assert one.message
        assert one.fix
        assert not one.message.endswith(".")
