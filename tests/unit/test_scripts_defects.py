"""Scripts in the manner of older templates, each with a defect that was seen to do harm: the linter names it, by line.

Beside each stands a script that is mended, and has nothing to tell of it. What ours do instead is run for real in
`test_script_runs.py`.
"""

import pytest

from deployer.project.lint import ScriptRole, lint_script

START, STOP = ScriptRole.START, ScriptRole.STOP
HEAD = "#!/bin/bash\n"
UNPACKED = 'set -e\ncd "$DEPLOYER_RELEASE_DIR"\n'
STARTED = "nohup setsid python3 app.py >> /root/app.log 2>&1 < /dev/null &\necho $! > /root/app.pid\n"
SHOWN = "sleep 3 && tail -c 8000 /root/app.log\n"
PROVED = 'kill -0 "$(cat /root/app.pid)"\n'
OWN = 'case "$(readlink "/proc/$P/cwd")/" in /root/shop/*) ;; *) P="" ;; esac\n'

DEFECTS = [
    pytest.param("archive-by-name", START, 4,
        'set -e\nmkdir -p /root/shop\nZIP=$(ls /root/project_*.zip | tail -1)\nunzip -q "$ZIP" -d /root/shop\n',
        'set -e\nmkdir -p /root/shop\nZIP=$(ls -t /root/project_*.zip | head -n 1)\nunzip -q "$ZIP" -d /root/shop\n', id="O1"),
    pytest.param("archive-by-name", START, 3,
        "set -e\nunzip -q /root/project_*.zip -d /root/shop\n", 'set -e\nunzip -q "$DEPLOYER_ARCHIVE" -d /root/shop\n', id="O1-glob"),
    pytest.param("start-unproved", START, 4, UNPACKED + STARTED + SHOWN, UNPACKED + STARTED + SHOWN + PROVED, id="O2"),
    pytest.param("start-unproved", START, 8,
        'alive() { kill -0 "$1"; }\n' + UNPACKED + "a=1\nb=2\nc=3\n" + STARTED + SHOWN,
        'alive() { kill -0 "$1"; }\n' + UNPACKED + "a=1\nb=2\nc=3\n" + STARTED + SHOWN + 'alive "$(cat /root/app.pid)"\n', id="O2-function"),
    pytest.param("kills-one-process", STOP, 2,
        "kill -9 $(cat /root/app.pid)\n", 'P=$(cat /root/app.pid)\nkill -9 -- "-$P"\n', id="O3"),
    pytest.param("pid-of-wrapper", START, 4,
        UNPACKED + "nohup npm start >> /root/app.log 2>&1 < /dev/null &\necho $! > /root/app.pid\n",
        UNPACKED + "nohup setsid npm start >> /root/app.log 2>&1 < /dev/null &\necho $! > /root/app.pid\n", id="O3-start"),
    pytest.param("trusts-pid-file", STOP, 3,
        'P=$(cat /root/app.pid)\nkill -0 "$P" && kill -TERM -- "-$P"\n',
        "P=$(cat /root/app.pid)\n" + OWN + '[ -z "$P" ] || kill -TERM -- "-$P"\n', id="O4"),
    pytest.param("removes-application", STOP, 4,
        'APP=shop\nAPP_DIR="/root/$APP"\nrm -rf "$APP_DIR"\n', 'APP=shop\nAPP_DIR="/root/$APP"\nrm -rf "$APP_DIR/cache"\n', id="O5"),
    pytest.param("weak-rm-guard", STOP, 3,
        '[ -n "$DIR" ] || true\nif [ ${#DIR} -gt 6 ] && [[ "$DIR" == /root/* ]] && [ -d "$DIR" ]; then rm -rf "$DIR"; fi\n',
        'REAL=$(realpath -m "$DIR")\nif [ "$(realpath -m "$DIR")" = /root/shop/cache ]; then rm -rf "$DIR"; fi\n', id="O6"),
    pytest.param("weak-rm-guard", STOP, 2,
        'case "$DIR" in /root/*) rm -rf "$DIR" ;; esac\n', 'case "$(realpath -m "$DIR")" in /root/shop/*) rm -rf "$DIR" ;; esac\n', id="O6-case"),
    pytest.param("unpacks-over", START, 3,
        'set -e\nunzip -o -q "$ZIP" -d /root/shop\n',
        'set -e\nunzip -q "$ZIP" -d "$(mktemp -d /root/shop/releases/XXXXXX)"\n', id="O7"),
    pytest.param("windows-newlines", START, 1, "set -e\r\necho a\r\n", "set -e\necho a\n", id="O8"),
    pytest.param("output-held", START, 4,
        UNPACKED + "python3 app.py &\n", UNPACKED + "python3 app.py >> /root/app.log 2>&1 < /dev/null &\n", id="O9"),
    pytest.param("output-held", START, 4,
        UNPACKED + "nohup python3 app.py >> /root/app.log &\n", UNPACKED + "nohup python3 app.py &>> /root/app.log &\n", id="O9-errors"),
    pytest.param("stop-exit", STOP, 4,
        "if [ ! -f /root/app.pid ]; then\n  echo 'nothing runs'\n  exit 0\nfi\n",
        "if [ -f /root/app.pid ]; then\n  echo 'something runs, no exit'\nfi # exit\n", id="O10"),
    pytest.param("log-unbounded", START, 6,
        UNPACKED + STARTED + "sleep 3 && cat /root/app.log\n", UNPACKED + STARTED + SHOWN, id="O14"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "role", "line", "defective", "mended"), DEFECTS)
def test_a_defect_is_named_at_its_line_and_gone_when_mended(
    rule: str, role: ScriptRole, line: int, defective: str, mended: str
) -> None:
    head = HEAD.replace("\n", "\r\n") if "\r" in defective else HEAD
    assert (rule, line) in [(one.rule, one.line) for one in lint_script(head + defective, role)]
    assert rule not in {one.rule for one in lint_script(HEAD + mended, role)}
