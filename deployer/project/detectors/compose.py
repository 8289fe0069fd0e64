"""What a compose file says: its services, the port of the one in front, and the images that are pulled or built for them.

Source: https://docs.docker.com/reference/compose-file/ (services, build, profiles, interpolation).
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.dockerfile import filled
from deployer.project.yaml_values import load_yaml

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_FRONT = re.compile(r"proxy|nginx|gateway|traefik|caddy|front|web", re.IGNORECASE)
_PORTS_OF_OTHERS = frozenset({1433, 3306, 5432, 5672, 6379, 9092, 9200, 9229, 11211, 15672, 27017})
_REMOTE = re.compile(r"(https?|git|ssh)://|git@|github\.com/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How the image of a service is built. `dockerfile` is a path in the project, None where it is not in it."""

    dockerfile: str | None
    inline: str | None
    arguments: Mapping[str, str]
    target: str | None
    contexts: tuple[str, ...]  # images that are named as further contexts
    remote: str | None  # an address outside the project that is built


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service that `docker compose up` starts. `image` is pulled when there is no `build`."""

    name: str
    image: str | None
    build: Build | None
    ports: tuple[int, ...]  # open to others on the machine
    needs: tuple[str, ...]


def read_services(text: str) -> tuple[Service, ...]:
    """The services of a compose file but those of profiles; empty for what is no compose file."""
    loaded = load_yaml(text)[0]
    services = loaded.get("services") if isinstance(loaded, dict) else None
    if not isinstance(services, dict):
        return ()
    return tuple(
        _service(str(name), service)
        for name, service in services.items()
        if isinstance(service, dict) and not service.get("profiles")
    )


def find_published_port(services: tuple[Service, ...]) -> tuple[int | None, str]:
    """The port of the service in front, and why: one nobody else needs, named like one, that is no database."""
    needed = {name for service in services for name in service.needs}
    found = [
        (
            port in _PORTS_OF_OTHERS,
            _FRONT.search(service.name) is None,
            service.name in needed,
            order,
            port,
            service.name,
        )
        for order, service in enumerate(services)
        for port in service.ports
    ]
    if not found:
        return None, ""
    best = min(found)
    others = sorted({one[4] for one in found} - {best[4]})
    return best[4], f"; `{best[5]}` publishes {best[4]}" + (f", others {', '.join(map(str, others))}" if others else "")


def _service(name: str, service: Mapping[str, Any]) -> Service:
    image = service.get("image")
    return Service(
        name=name,
        image=filled(image, {}) if isinstance(image, str) else None,
        build=_build(service["build"]) if service.get("build") else None,
        ports=tuple(_ports(service.get("ports"))),
        needs=tuple(_names(service.get("depends_on"))),
    )


def _build(build: object) -> Build:
    settings: Mapping[str, Any] = build if isinstance(build, dict) else {"context": build}
    context = str(settings.get("context", "."))
    inline = settings.get("dockerfile_inline")
    contexts = settings.get("additional_contexts")
    texts = contexts.values() if isinstance(contexts, dict) else _names(contexts)
    images = (str(one).rpartition("docker-image://")[2] for one in texts if "docker-image://" in str(one))
    remote = context if _REMOTE.match(context) else None
    return Build(
        dockerfile=None if remote or inline else _dockerfile(context, str(settings.get("dockerfile", "Dockerfile"))),
        inline=inline if isinstance(inline, str) else None,
        arguments=dict(_arguments(settings.get("args"))),
        target=str(settings["target"]) if settings.get("target") else None,
        contexts=tuple(images),
        remote=remote,
    )


def _dockerfile(context: str, name: str) -> str | None:
    path = posixpath.normpath(posixpath.join(context, name))
    return path if is_plain_path(path) and not path.startswith(("/", "..")) else None


def _arguments(value: object) -> Iterator[tuple[str, str]]:
    """Arguments with a value; those without one are taken from the environment, which is empty on the instance."""
    pairs = (
        value.items() if isinstance(value, dict) else (one.partition("=")[::2] for one in _names(value) if "=" in one)
    )
    return ((str(name), filled(str(text), {})) for name, text in pairs if text is not None)


def _names(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, dict)) else []


def _ports(value: object) -> Iterator[int]:
    """The ports on the machine of `80:80`, `127.0.0.1:80:80`, `${PORT:-80}:80`, or the long form; local ones left out."""
    for one in value if isinstance(value, list) else ():
        text = str(one.get("published", "")) if isinstance(one, dict) else str(one)
        parts = filled(text, {}).partition("/")[0].split(":")
        if isinstance(one, dict):
            number = parts[0]
        elif len(parts) == 3 and parts[0] in {"127.0.0.1", "localhost"}:
            continue
        else:
            number = parts[-2] if len(parts) > 1 else ""
        if number.isdigit() and 0 < int(number) < 65536:
            yield int(number)
