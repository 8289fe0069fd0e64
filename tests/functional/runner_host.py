"""A throwaway machine for the runner: own processes, own network, own /root, and nothing of it afterwards."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.backends.runner.command import ProbeInput, RunnerInput, render_command, render_probe, runner_source
from deployer.backends.runner.evidence import ProbeReport, RunnerEvidence, parse_output, parse_probe_output

BOOT = """
mount -t tmpfs -o mode=0700,size=3g root /root || exit 1
[ -z "$DEPLOYER_TEST_BASH" ] || mount --bind "$DEPLOYER_TEST_BASH" /usr/bin/bash || exit 1  # to try another version
mount -t tmpfs run /run && mkdir -p /run/lock || exit 1
for folder in /etc/logrotate.d /etc/systemd/system; do [ ! -d $folder ] || mount -t tmpfs etc $folder || exit 1; done
/usr/bin/python3 -c '
import fcntl, socket, struct
with socket.socket() as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sh", b"lo", 1))' || exit 1
echo ready
exec sleep infinity
"""

SERVER = """
import http.server, os, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (os.environ.get("DEPLOYER_RELEASE_ID", "") + " " + os.environ.get("GREETING", "")).encode()
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

address, port = os.environ.get("ADDRESS", "0.0.0.0"), int(os.environ.get("LISTEN", os.environ["APP_PORT"]))
print("listening", flush=True)
http.server.ThreadingHTTPServer((address, port), Handler).serve_forever()
"""

START = """#!/bin/bash
set -e
cd "$DEPLOYER_RELEASE_DIR"
nohup python3 -S app.py >>/root/app.log 2>&1 &
echo $! >/root/app.pid
"""

STOP = """#!/bin/bash
[ -f /root/app.pid ] && kill "$(cat /root/app.pid)" 2>/dev/null
rm -f /root/app.pid
"""


def make_archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


class Host:
    """One machine. Commands run as Cloud Assistant's agent runs them: a file, by `sh -c <file>`, with a short environment."""

    def __init__(self, folder: Path, pid: int) -> None:
        self.folder = folder
        self.pid = pid
        self.count = 0
        self.path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self.last_output = b""

    def start(self, command: bytes | str) -> subprocess.Popen[bytes]:
        self.count += 1
        script = self.folder / f"command-{self.count}.sh"
        script.write_bytes(command if isinstance(command, bytes) else f"#!/bin/bash\n{command}".encode())
        script.chmod(0o755)
        enter = [shutil.which("nsenter"), "-t", str(self.pid), "-U", "-m", "-n", "-p", "--preserve-credentials"]
        return subprocess.Popen(
            [*enter, "/usr/bin/setsid", "/bin/sh", "-c", str(script)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": self.path, "HOME": "/root"},
            cwd="/",
        )

    def finish(self, process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
        output, _ = process.communicate(timeout=60)
        self.last_output = output
        return process.returncode, output

    def kill(self, process: subprocess.Popen[bytes], number: int) -> None:
        """Sends a signal to the bash that runs the command of `process`, and to nothing it started."""
        waiting = [process.pid]
        for pid in waiting:
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith((b"/bin/bash\0/", b"bash\0/")):
                os.kill(pid, number)
                return
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        raise AssertionError("the command runs no more")

    def bash(self, text: str) -> str:
        code, output = self.finish(self.start(text))
        assert code == 0, output.decode("utf-8", "replace")
        return output.decode("utf-8", "replace").strip()

    def hide(self, *tools: str) -> None:
        """From now on commands find every tool of this system but these."""
        hidden = "|".join(tools)
        self.bash(f"""mkdir /run/tools && printf '%s\\0' /usr/sbin/* /usr/bin/* |
            grep -zvE '/({hidden})$' | xargs -0 ln -sf -t /run/tools""")
        self.path = "/run/tools"

    def run(self, run: RunnerInput) -> RunnerEvidence:
        code, output = self.finish(self.start(render_command(run)))
        evidence = parse_output(output)
        assert evidence.complete, output.decode("utf-8", "replace")
        assert code == json.loads(output.splitlines()[-1])["exit_code"]
        assert len(output) < 12_000
        return evidence

    def probe(self, **changes: object) -> ProbeReport:
        code, output = self.finish(self.start(render_probe(ProbeInput(**{"application_name": "shop", **changes}))))
        report = parse_probe_output(output)
        assert code == 0, output.decode("utf-8", "replace")
        assert report.found, output.decode("utf-8", "replace")
        assert len(output) < 12_000
        return report

    def url(self, content: bytes | str) -> str:
        content = content if isinstance(content, bytes) else content.encode()
        path = self.folder / f"object-{hashlib.sha256(content).hexdigest()[:16]}"
        path.write_bytes(content)
        return path.as_uri()

    def input(self, release_id: str, **changes: object) -> RunnerInput:
        """A release of the HTTP server above on port 8000 under the name `shop`; `files`, `start` and `stop` replace its parts."""
        archive = changes.pop("archive", None) or make_archive(changes.pop("files", {"app.py": SERVER}))
        start, stop = changes.pop("start", START), changes.pop("stop", STOP)
        values = {
            "action": "release",
            "application_name": "shop",
            "application_group_name": "shop-production",
            "release_id": release_id,
            "runner_url": self.url(runner_source()),
            "archive_url": self.url(archive),
            "archive_sha256": hashlib.sha256(archive).hexdigest(),
            "archive_size_bytes": len(archive),
            "start_url": self.url(start),
            "start_sha256": hashlib.sha256(start.encode()).hexdigest(),
            "stop_url": self.url(stop),
            "stop_sha256": hashlib.sha256(stop.encode()).hexdigest(),
            "port": 8000,
            "region_id": "cn-hangzhou",
            "alive_seconds": 0,
            "gate_timeout_seconds": 4,
            "start_timeout_seconds": 20,
        }
        return RunnerInput(**{**values, **changes})

    def release(self, release_id: str, **changes: object) -> RunnerEvidence:
        return self.run(self.input(release_id, **changes))

    def act(self, action: str, **changes: object) -> RunnerEvidence:
        values = {"application_name": "shop", "application_group_name": "shop-production", "alive_seconds": 0}
        return self.run(RunnerInput(action=action, **{**values, **changes}))

    def get(self, port: int = 8000) -> str:
        """What answers on that port, or nothing."""
        return self.bash(f"curl -s -m 5 http://127.0.0.1:{port}/ || true").strip()


def boot(folder: Path) -> Iterator[Host]:
    if not Path("/usr/bin/python3").exists() or shutil.which("nsenter") is None:
        pytest.skip("needs /usr/bin/python3 and nsenter")
    enter = ["unshare", "-Urmnpf", "--kill-child", "--mount-proc", "bash", "-c", BOOT]
    process = subprocess.Popen(enter, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        if process.stdout.readline() != b"ready\n":
            pytest.skip(f"this system lets no namespace be made: {process.stderr.read().decode().strip()}")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Host(folder, int(children[0]))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
