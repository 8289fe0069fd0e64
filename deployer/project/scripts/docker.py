"""The Docker row: an engine with Compose, mirrors merged into its settings, containers instead of a process (M70, M88)."""

import re

from deployer.models.analysis import ProjectAnalysis
from deployer.project import mirrors

# Adds mirrors to what is there and says whether anything changed; a broken file is left alone. Keys it does not know stay.
_MERGE = """\
import json, os, shutil, sys
path, mirrors = sys.argv[1], sys.argv[2:]
try:
    settings = json.load(open(path)) if os.path.exists(path) and os.path.getsize(path) else {}
except ValueError:
    sys.exit(3)
if not isinstance(settings, dict):
    sys.exit(3)
merged = list(dict.fromkeys([*settings.get("registry-mirrors", []), *mirrors]))
if merged == settings.get("registry-mirrors", []):
    sys.exit(1)
if os.path.exists(path):
    shutil.copy2(path, path + ".before-deployer")
os.makedirs(os.path.dirname(path), exist_ok=True)
with open(path + ".new", "w") as file:
    json.dump({**settings, "registry-mirrors": merged}, file, indent=2)
os.replace(path + ".new", path)
"""

ENGINE = f"""\
# Docker with Compose: what is there, else what the system can install; on Alibaba Cloud Linux 3 the repository of Docker
# needs a plugin. Source: https://www.alibabacloud.com/help/en/ecs/use-cases/install-and-use-docker
has_compose() {{ docker compose version > /dev/null 2>&1; }}
add_docker_repository() {{
  local place={mirrors.DOCKER_ENGINE.usual}
  if in_mainland; then place={mirrors.DOCKER_ENGINE.address}; fi
  dnf config-manager --add-repo "$place/linux/centos/docker-ce.repo" || return 1
  if grep -qs '^ID="*alinux' /etc/os-release; then
    dnf install -y -q dnf-plugin-releasever-adapter --repo alinux3-plus || true
  fi
}}
if ! command -v docker > /dev/null 2>&1; then
  if command -v dnf > /dev/null 2>&1; then
    install_packages moby docker-compose-plugin 2> /dev/null ||
      {{ add_docker_repository && install_packages docker-ce docker-compose-plugin; }} || install_packages docker
  elif command -v yum > /dev/null 2>&1; then
    install_packages docker || install_packages docker-ce
  else
    install_packages docker.io
  fi
fi
command -v docker > /dev/null 2>&1 || fail "Docker cannot be installed"
for package in docker-compose-plugin docker-compose-v2 docker-compose; do
  has_compose || install_packages "$package" || true
done
# Mirrors of Docker Hub, in the mainland or where they are named, added to those the machine has; the engine is
# restarted only when that changed anything.
APP_DAEMON_JSON="${{APP_DAEMON_JSON:-/etc/docker/daemon.json}}"
APP_MERGED=1
if in_mainland; then APP_REGISTRY_MIRRORS="${{APP_REGISTRY_MIRRORS:-{mirrors.DOCKER_HUB.address}}}"; fi
if [ -n "${{APP_REGISTRY_MIRRORS:-}}" ]; then
  command -v python3 > /dev/null 2>&1 || install_packages python3
  APP_MERGED=0
  # shellcheck disable=SC2086
  python3 -c '{_MERGE}' "$APP_DAEMON_JSON" $APP_REGISTRY_MIRRORS || APP_MERGED=$?
fi
if [ "$APP_MERGED" = 3 ]; then echo "$APP_DAEMON_JSON cannot be read, so it is left as it is" >&2; fi
if command -v systemctl > /dev/null 2>&1; then
  if [ "$APP_MERGED" = 0 ]; then systemctl restart docker; else systemctl start docker; fi
fi
docker info > /dev/null 2>&1 || fail "the Docker engine does not run"
"""

_LOG = 'touch "$APP_LOG"\nchmod 600 "$APP_LOG"\n'


def docker_start(analysis: ProjectAnalysis) -> str:
    """The part that starts the containers: there is no process of ours, so there is no PID file (M88)."""
    if is_compose(analysis):
        lines = [
            "# Start: containers are made anew where something changed; those no longer named are removed.",
            'export COMPOSE_PROJECT_NAME="$APP_COMPOSE_NAME"',
            f'{_LOG}{analysis.start_command} --remove-orphans >> "$APP_LOG" 2>&1',
            'docker compose logs --no-color --tail 50 >> "$APP_LOG" 2>&1 || true',
        ]
    else:
        command = re.sub(r"--name \S+", '--name "$APP_COMPOSE_NAME"', analysis.start_command or "")
        if analysis.port is not None:
            command = command.replace(f"-p {analysis.port}:", '-p "$APP_PORT":')
        lines = [
            "# Start: a container of the application's name, in place of the one before.",
            f'{_LOG}docker rm -f "$APP_COMPOSE_NAME" > /dev/null 2>&1 || true',
            f'{command} >> "$APP_LOG" 2>&1',
            'docker logs --tail 50 "$APP_COMPOSE_NAME" >> "$APP_LOG" 2>&1 || true',
        ]
    lines += [
        'if [ -z "${DEPLOYER_RELEASE_ID:-}" ]; then',
        '  sleep 3 && tail -c 8000 "$APP_LOG"',
        "fi",
        'rm -f "$APP_PID_FILE"',
    ]
    return "\n".join(lines) + "\n"


def docker_stop(analysis: ProjectAnalysis) -> str:
    """The part that stops the containers; volumes stay."""
    down = (
        'docker compose -p "$APP_COMPOSE_NAME" down --timeout 3'
        if is_compose(analysis)
        else 'docker rm -f "$APP_COMPOSE_NAME"'
    )
    return f'if command -v docker > /dev/null 2>&1; then {down} 2> /dev/null || true; fi\nrm -f "$APP_PID_FILE"\n'


def compose_name(application_name: str) -> str:
    """A name Compose takes: lower case, letters, digits, hyphens and underscores, no sign first."""
    return re.sub(r"[^a-z0-9_-]+", "-", application_name.lower()).lstrip("-_") or "app"


def is_compose(analysis: ProjectAnalysis) -> bool:
    """Whether the containers are Compose's, so that it can take them down again."""
    return "compose" in (analysis.start_command or "").split(" ")
