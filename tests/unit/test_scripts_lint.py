"""The rules for scripts: what they find, at which line, and what they leave alone."""

import os
import time
from pathlib import Path

import pytest

from deployer.project.lint import RULES, ScriptRole, Severity, lint_script
from deployer.project.lint.bash_check import find_syntax_error
from deployer.project.lint.syntax_tree import parse_script

GOOD = (
    '#!/bin/bash\nset -e\ncd "$DEPLOYER_RELEASE_DIR"\n'
    "nohup setsid python3 a.py >> /root/app.log 2>&1 < /dev/null &\necho $! > /root/app.pid\n"
    'sleep 3 && tail -c 8000 /root/app.log\nkill -0 "$(cat /root/app.pid)"\n'
)  # fmt: skip
NEXT = GOOD.count("\n") + 1
HEAD = "#!/bin/bash\n"


def _rules(text: str, role: ScriptRole = ScriptRole.START) -> list[tuple[str, int]]:
    return [(one.rule, one.line) for one in lint_script(text, role)]


def test_a_script_that_keeps_the_rules_has_no_findings() -> None:
    assert _rules(GOOD) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("cat <<EOF > x\na\nEOF", "heredoc"),
        ("cat <<-'EOF'\na\nEOF", "heredoc"),
        ("python3 b.py > /root/app.log 2>&1 < /dev/null &", "log-overwritten"),
        (": > /root/app.log", "log-overwritten"),
        ('L=/root/app.log; : > "$L"', "log-overwritten"),
        ("python3 b.py 2>&1 | tee /root/app.log", "log-overwritten"),
        ('rm -rf "$CACHE"', "unguarded-rm"),
        ("rm -rf /root/../etc", "unguarded-rm"),
        ("rm -r ~", "unguarded-rm"),
        ("D=/; rm -rf $D", "unguarded-rm"),
        ("rm -rf /root/.ssh", "unguarded-rm"),
        ("rm -rf /root/shop", "removes-application"),
        ("pkill -f gunicorn", "kills-by-name"),
        ("killall node", "kills-by-name"),
        ("fuser -k 8080/tcp", "kills-by-name"),
        ("dnf install nodejs || apt-get install -y nodejs", "install-asks"),
        ("apt-get install -y nodejs", "one-package-manager"),
        ("yum install -y nodejs", "one-package-manager"),
        ("curl -m 9 -fsSL https://a.example/x.sh | bash", "pipe-to-shell"),
        ("wget -T 9 -qO- https://a.example/x.sh | sudo sh -s -- -y", "pipe-to-shell"),
        ("curl -m 9 https://a.example/x.py | python3 -", "pipe-to-shell"),
        ('bash -c "$(curl -m 9 -fsSL https://a.example/x.sh)"', "pipe-to-shell"),
        ("source <(curl -m 9 -s https://a.example/x.sh)", "pipe-to-shell"),
        ("curl -O https://a.example/x", "download-unbounded"),
        ("wget https://a.example/x", "download-unbounded"),
        ("curl -m 9 -k -O https://a.example/x", "download-unchecked"),
        ("wget -T 9 --no-check-certificate https://a.example/x", "download-unchecked"),
        ("curl -m 9 -O http://a.example/x", "download-unchecked"),
        ("git clone https://github.com/a/b", "far-host"),
        ("git clone git@github.com:a/b.git", "far-host"),
        ("H=https://registry.npmjs.org/; npm install --registry=$H", "far-host"),
        (".venv/bin/pip install git+https://token@github.com/a/b", "far-host"),
        ("curl -m 9 -O https://objects.githubusercontent.com/x", "far-host"),
        ("echo '{}' > /etc/docker/daemon.json", "daemon-json-overwritten"),
        ("echo '{}' | sudo tee /etc/docker/daemon.json", "daemon-json-overwritten"),
        ("gunicorn app:app", "foreground"),
        ("npm run dev", "foreground"),
        ("java -Xmx384m -jar app.jar", "foreground"),
        ("python manage.py runserver 0.0.0.0:8000", "foreground"),
        ("docker compose up", "foreground"),
        ("exec node server.js", "foreground"),
        ("docker run --rm -p 80:80 nginx", "foreground"),
        ("poetry run uvicorn main:app --port 8000", "foreground"),
        ("npx serve dist", "foreground"),
        ("wait", "foreground"),
        ("tail -f /root/app.log", "foreground"),
        ("python3 app.py", "foreground"),
        ("npm start >> /root/app.log 2>&1 < /dev/null &", "pid-of-wrapper"),
        ("(cd web; node a.js) >> /root/app.log 2>&1 < /dev/null &", "pid-of-wrapper"),
        ('bash -c "cd web; node a.js" >> /root/app.log 2>&1 < /dev/null &', "pid-of-wrapper"),
        ("ls /root/*.zip | tail -1 | xargs echo", None),
    ],
)  # fmt: skip
def test_each_rule_is_found_at_its_line(line: str, rule: str | None) -> None:
    found = [(one, where) for one, where in _rules(f"{GOOD}{line}\n") if one not in {"start-unproved", "log-not-shown"}]
    assert found == ([(rule, NEXT)] if rule else [])


@pytest.mark.parametrize(
    "line",
    [
        "cat <<< text",
        "echo $((1<<2))",
        "# cat <<EOF",
        "echo '<<EOF'",
        "echo 1 > /root/other.log",
        "cat a >> /root/app.log",
        "rm -f /root/app.pid",
        "rm -rf node_modules .venv",
        'D=/root/shop/cache; rm -rf "$D"',
        'D="$(realpath -m "$X")"; if [ "$(realpath -m "$X")" = /root/shop/cache ]; then rm -rf "$X"; fi',
        "pkill -KILL -s 17",
        "pkill -F /root/app.pid",
        "if command -v dnf; then dnf install -y unzip; else apt-get install -y unzip; fi",
        "curl -fsS http://127.0.0.1:8000/health",
        "curl -s http://100.100.100.200/latest/meta-data/region-id",
        "curl -m 9 -fsSO https://a.example/x",
        "curl --max-time 9 https://a.example/x | python3 -m json.tool",
        "command -v curl",
        "git clone https://gitee.com/a/b",
        "echo https://github.com/a/b",
        "curl -m 9 https://github.com.example/x",
        "npm install --registry=https://registry.npmmirror.com",
        "echo 'curl https://a.example | bash'",
        "gunicorn --daemon app:app",
        "docker compose up -d",
        "docker run -d -p 80:80 nginx",
        "docker run --rm shop migrate",
        "docker compose run --rm web python manage.py migrate",
        "uv run manage.py migrate",
        "npm run build && echo serve",
        "node --version",
        "python3 manage.py migrate",
        "if false; then gunicorn app:app; fi",
        "serve() { gunicorn app:app; }",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_broken_rule_is_left_alone(line: str) -> None:
    assert _rules(f"{GOOD}{line}\ntrue\n") == []


@pytest.mark.parametrize(
    "script",
    [
        "exit 0",
        "exit;",
        "if true; then exit; fi",
        "f() {\n  exit 1\n}\nf",
        "true && exit",
        "case x in x) exit;; esac",
        "{ exit 1; }",
        "for a in 1; do exit; done",
        "kill -- -1 || exit 1",
        "exec sleep 1",
    ],
)
def test_an_exit_in_a_stop_script_is_an_error(script: str) -> None:
    found = [one for one in lint_script(f"{HEAD}{script}\n", ScriptRole.STOP) if one.rule == "stop-exit"]
    assert [(one.line, one.severity) for one in found] == [(3 if "f()" in script else 2, Severity.ERROR)]


@pytest.mark.parametrize(
    "script",
    [
        "# exit 1",
        "echo 'exit 1'",
        'echo "exit"',
        "printf '%s\\n' \\\n  exit",
        "(exit 1)",
        "x=$(exit 1)",
        "x=`exit 1`",
        "true | exit",
        "exit &",
        "cat <(exit)",
        "exiting=1",
        "bash -c 'exit 1'",
        "f() ( exit 1 )",
        "exec 2>/dev/null",
        "true",
    ],
)
def test_an_exit_that_ends_nothing_is_none(script: str) -> None:
    assert _rules(f"{HEAD}{script}\ntrue\n", ScriptRole.STOP) == []


@pytest.mark.parametrize(
    ("script", "rule"),
    [(". /root/lib.sh", "stop-sources"), ("source lib.sh", "stop-sources"), ("set -euo pipefail", "stop-set-e")],
)
def test_what_else_keeps_the_start_script_from_running_is_found(script: str, rule: str) -> None:
    assert _rules(f"{HEAD}{script}\n", ScriptRole.STOP) == [(rule, 2)]


def test_an_exit_in_a_start_script_is_allowed() -> None:
    assert _rules(GOOD + "exit 0\n") == []


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("", "empty", 1),
        ("#!/bin/bash\n# nothing\n", "empty", 1),
        (GOOD.replace("\n", "\r\n"), "windows-newlines", 1),
        (GOOD.replace("set -e", "set\r-e"), "carriage-return", 2),
        ("\ufeff" + GOOD, "byte-order-mark", 1),
        (GOOD.replace("a.py", "a\0.py"), "nul", 4),
        (GOOD.replace("#!/bin/bash", "#!/bin/sh"), "shebang", 1),
        (GOOD.replace("#!/bin/bash\n", ""), "shebang", 1),
        (GOOD.replace("set -e\n", ""), "set-e", 1),
        (GOOD.replace("set -e\n", "(set -e)\n"), "set-e", 1),
        (GOOD.replace("echo $! > /root/app.pid\n", "").replace("/root/app.pid", "x"), "no-pid-file", 4),
        (GOOD.replace("/root/app.log", "/var/log/x.log"), "no-log", 4),
        (GOOD.replace('cd "$DEPLOYER_RELEASE_DIR"\n', "cd /root/shop\n"), "nothing-unpacked", 1),
        (GOOD + "#" * 300_000, "size", 1),
        (GOOD + "if true; then\n", "syntax", NEXT),
        (GOOD + "echo )\n", "syntax", NEXT),
        (GOOD + 'echo "open\n', "syntax", NEXT),
    ],
)
def test_the_text_as_a_whole_is_looked_at(text: str, rule: str, line: int) -> None:
    assert (rule, line) in _rules(text)


def test_windows_newlines_hide_no_other_finding() -> None:
    unix, windows = _rules(GOOD + ": > /root/app.log\n"), _rules((GOOD + ": > /root/app.log\n").replace("\n", "\r\n"))
    assert [one for one in windows if one[0] != "windows-newlines"] == unix


@pytest.mark.skipif(os.name != "posix", reason="bash is asked on POSIX systems only")
def test_bashs_own_words_are_given_and_nothing_of_the_script_is_run(tmp_path) -> None:
    marker = tmp_path / "marker"
    [finding] = [one for one in lint_script(f"{GOOD}touch {marker}\nfi\n", ScriptRole.START) if one.rule == "syntax"]
    assert finding.line == NEXT + 1
    assert "syntax error near unexpected token `fi'" in finding.message
    assert find_syntax_error(f"touch {marker}\n$(touch {marker})\n") is None
    assert not marker.exists()


@pytest.mark.parametrize("text", ["a=(1 2)\n[[ $a =~ ^x ]] && echo ${a[@]^^}\n", "echo &>> x |& cat\n", "coproc cat\n"])
def test_bash_decides_what_bash_can_read(text: str) -> None:
    assert "syntax" not in dict(_rules(GOOD + text))


@pytest.mark.parametrize("old", [False, True])
def test_where_there_is_no_bash_to_ask_the_grammar_only_doubts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, old: bool
) -> None:
    if old:  # as macOS has it
        (tmp_path / "bash").write_text("#!/bin/sh\nexit 9\n")
        (tmp_path / "bash").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    [finding] = [one for one in lint_script(GOOD + "if true; then\n", ScriptRole.START) if "syntax" in one.rule]
    assert (finding.rule, finding.line, finding.severity) == ("syntax-doubtful", NEXT, Severity.WARNING)


@pytest.mark.parametrize(
    "text", ["\0" * 50, "$(" * 400, "((((((", "`" * 99, "<<" * 99, "\ud800", "case", "f() {" * 300, "\\", "'"]
)
@pytest.mark.parametrize("role", list(ScriptRole))
def test_garbage_is_told_and_never_fails_the_linter(text: str, role: ScriptRole) -> None:
    assert all(1 <= one.line <= 2 for one in lint_script(HEAD + text, role))


@pytest.mark.parametrize(
    "line",
    [
        "curl -m 9 https://a.example/$x | tee y | bash; a & b\n",
        "rm -rf $a && kill $b || exit\n",
        "if x; then\n",
        "a" * 99,
    ],
)
def test_a_script_as_large_as_one_may_be_is_read_in_seconds(line: str) -> None:
    text = (HEAD + line * (64_000 // len(line)))[:65_000]
    began = time.process_time()
    assert lint_script(text, ScriptRole.START)
    lint_script(text, ScriptRole.STOP)
    assert time.process_time() - began < 4


def test_values_are_followed_only_as_long_as_there_is_one() -> None:
    tree = parse_script('A=/root\nB="$A/shop"\nC=1\nC=2\nD=$D\n')
    assert [tree.resolved(word) for word in ('"$B/x"', "${B}", "$C", "$D", "${A:-z}")] == [
        "/root/shop/x", "/root/shop", "$C", "$D", "${A:-z}",
    ]  # fmt: skip


def test_every_finding_and_every_rule_says_what_to_write_instead() -> None:
    for one in lint_script("#!/bin/sh\nexit 1\ncat <<A > /root/app.log\nA\n", ScriptRole.STOP):
        assert one.message
        assert one.fix == RULES[one.rule].fix
        assert not one.message.endswith(".")
    assert all(rule.why and rule.fix and not rule.why.endswith(".") for rule in RULES.values())
