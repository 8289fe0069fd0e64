"""Docker and Compose, for projects that nothing else can start; every image is judged for reachability (M69)."""

import re
from collections.abc import Mapping

import yaml

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.docker_images import judge_image, read_stages
from deployer.project.names import suggest_name
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_FRONT = re.compile(r"proxy|nginx|gateway|traefik|caddy|front|web", re.IGNORECASE)
_PORTS_OF_OTHERS = frozenset({1433, 3306, 5432, 5672, 6379, 9092, 9200, 9229, 11211, 15672, 27017})


_MANIFESTS = re.compile(r"[^/]+\.(py|csproj|sln|php|rb)|go\.mod|pom\.xml|build\.gradle(\.kts)?|package\.json|Cargo\.toml|Gemfile|composer\.json|"
                        r"pyproject\.toml|requirements\.txt|Pipfile|setup\.cfg|environment\.ya?ml|deno\.jsonc?")  # fmt: skip


def detect_composition(project_dir: ProjectDir, _readme: Readme | None) -> Detection | None:
    """Several services built from directories of their own, with nothing at the top that could start by itself.

    One of them alone is not the application, so this is asked before the languages; None for any other project.
    """
    file = next((file for file in COMPOSE_FILES if project_dir.is_file(file)), None)
    if file is None or any(_MANIFESTS.fullmatch(one) for one in project_dir.files()):
        return None
    services = _services(project_dir.find_text(file) or "")
    built = [place for place in (_dockerfile_of(one["build"]) for one in services.values() if "build" in one) if place]
    if len(services) < 2 or not built or not all("/" in place for place in built):
        return None
    return _of_compose(project_dir, file)


def detect_docker(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """`docker compose up` for a compose file, `docker run` for a Dockerfile; None without either."""
    compose = next((file for file in COMPOSE_FILES if project_dir.is_file(file)), None)
    if compose is not None:
        found = _of_compose(project_dir, compose)
        if found is not None:
            return found
    text = project_dir.find_text("Dockerfile")
    if text is None or _serves_pages_only(project_dir, text):
        return None
    return _of_dockerfile(project_dir, readme)


def _serves_pages_only(project_dir: ProjectDir, text: str) -> bool:
    """Whether the image is a web server around pages that are here: they are served without an image as well."""
    images = [image.partition(":")[0].rpartition("/")[2] for image in read_stages(text)]
    pages = any(
        project_dir.is_file(f"{place}index.html") for place in ("", "public/", "dist/", "html/", "src/", "htdocs/")
    )
    return pages and bool(images) and set(images) <= {"nginx", "httpd", "caddy", "nginx-unprivileged"}


def _of_compose(project_dir: ProjectDir, file: str) -> Detection | None:
    services = _services(project_dir.find_text(file) or "")
    if not services:
        return None
    port, why = _published_port(services)
    verdicts: list[str] = []
    for name, service in services.items():
        build = service.get("build")
        if isinstance(service.get("image"), str) and build is None:
            verdicts += _verdicts(f"`{file}`, service `{name}`", [str(service["image"])])
        if build is not None:
            place = _dockerfile_of(build)
            text = project_dir.find_text(place) if place else None
            if text is not None:
                verdicts += _verdicts(f"`{place}`", read_stages(text))
    line = _line(project_dir.find_text(file) or "", "services:")
    return Detection(
        language="docker",
        framework="compose",
        package_manager="docker",
        build_command=None,
        start_command="docker compose up -d --build",
        port=port,
        evidence=(Evidence(file=file, line=line, why=f"{len(services)} services{why}"),),
        warnings=tuple(verdicts),
    )


def _of_dockerfile(project_dir: ProjectDir, readme: Readme | None) -> Detection:
    text = project_dir.find_text("Dockerfile") or ""
    exposed = re.findall(r"(?im)^\s*EXPOSE\s+(\d{2,5})", text)
    port = int(exposed[-1]) if exposed else (readme.ports[0][0] if readme and readme.ports else None)
    name = suggest_name(project_dir.name)
    published = f" -p {port}:{port}" if port is not None else ""
    line = _line(text, f"EXPOSE {port}") if exposed else None
    return Detection(
        language="docker",
        framework="docker",
        package_manager="docker",
        build_command=f"docker build -t {name} .",
        start_command=f"docker run -d --name {name} --restart unless-stopped{published} {name}",
        port=port,
        evidence=(Evidence(file="Dockerfile", line=line, why="the only way to run this that was found"),),
        warnings=tuple(_verdicts("`Dockerfile`", read_stages(text))),
    )


def _verdicts(place: str, images: list[str]) -> list[str]:
    return [f"{place}: {verdict.sentence}" for verdict in map(judge_image, images) if not verdict.reachable]


def _services(text: str) -> dict[str, Mapping[str, object]]:
    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        return {}
    services = loaded.get("services") if isinstance(loaded, dict) else None
    if not isinstance(services, dict):
        return {}
    return {str(name): service for name, service in services.items() if isinstance(service, dict)}


def _published_port(services: Mapping[str, Mapping[str, object]]) -> tuple[int | None, str]:
    """The port of the service in front: one nobody else needs, named like one, that is no database."""
    needed = {str(name) for service in services.values() for name in _names(service.get("depends_on"))}
    found = [
        (port in _PORTS_OF_OTHERS, _FRONT.search(name) is None, name in needed, order, port, name)
        for order, (name, service) in enumerate(services.items())
        for port in _ports(service.get("ports"))
    ]
    if not found:
        return None, ""
    best = min(found)
    others = sorted({one[4] for one in found} - {best[4]})
    return best[4], f"; `{best[5]}` publishes {best[4]}" + (f", others {', '.join(map(str, others))}" if others else "")


def _names(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, dict)) else []


def _ports(value: object) -> list[int]:
    """The ports on the machine of `80:80`, `127.0.0.1:80:80`, `${PORT:-80}:80`, or the long form; local ones left out."""
    found = []
    for one in value if isinstance(value, list) else ():
        text = str(one.get("published", "")) if isinstance(one, dict) else str(one)
        text = re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", text).partition("/")[0]
        parts = text.split(":")
        if isinstance(one, dict):
            number = parts[0]
        elif len(parts) == 3 and parts[0] in {"127.0.0.1", "localhost"}:
            continue
        else:
            number = parts[-2] if len(parts) > 1 else ""
        if number.isdigit() and 0 < int(number) < 65536:
            found.append(int(number))
    return found


def _dockerfile_of(build: object) -> str | None:
    """The Dockerfile of a `build` inside the project."""
    context = build if isinstance(build, str) else build.get("context", ".") if isinstance(build, dict) else None
    if not isinstance(context, str):
        return None
    name = str(build.get("dockerfile", "Dockerfile")) if isinstance(build, dict) else "Dockerfile"
    base = context.removeprefix("./").strip("/").removeprefix(".")
    path = f"{base}/{name.removeprefix('./')}" if base else name.removeprefix("./")
    return path if is_plain_path(path) else None


def _line(text: str, wanted: str) -> int | None:
    return next(
        (number for number, line in enumerate(text.split("\n"), start=1) if line.strip().startswith(wanted)), None
    )
