"""Docker and Compose, for projects that nothing else can start; every image is judged for reachability (M69)."""

import re

from deployer.models.analysis import Evidence
from deployer.project.detectors.compose import COMPOSE_FILES, Service, find_published_port, read_services
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.docker_verdicts import PlacedVerdict, judge_dockerfile, judge_services
from deployer.project.detectors.dockerfile import read_images
from deployer.project.names import suggest_name
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

_BACKING = frozenset({
    "postgres", "postgresql", "postgis", "pgvector", "timescaledb", "mysql", "mysql-server", "mariadb", "mongo", "mongodb", "redis",
    "valkey", "memcached", "rabbitmq", "nats", "kafka", "zookeeper", "mailhog", "mailpit", "minio", "localstack", "adminer",
})  # fmt: skip
_SOURCE = re.compile(
    r"\.(exs?|gleam|clj|scala|swift|hs|zig|ml|erl|cr|dart|jl|cpp|cc|c|kt|java|go|rs|rb|php|py|js|ts|cs)$"
)
_MANIFESTS = re.compile(r"[^/]+\.(py|csproj|sln|php|rb)|go\.mod|pom\.xml|build\.gradle(\.kts)?|package\.json|Cargo\.toml|Gemfile|composer\.json|"
                        r"pyproject\.toml|requirements\.txt|Pipfile|setup\.cfg|environment\.ya?ml|deno\.jsonc?")  # fmt: skip


def detect_composition(project_dir: ProjectDir, _readme: Readme | None) -> Detection | None:
    """Several services built from directories of their own, with nothing at the top that could start by itself.

    One of them alone is not the application, so this is asked before the languages; None for any other project.
    """
    file = next((file for file in COMPOSE_FILES if project_dir.is_file(file)), None)
    if file is None or any(_MANIFESTS.fullmatch(one) for one in project_dir.files()):
        return None
    services = read_services(project_dir.find_text(file) or "")
    built = [one.build.dockerfile for one in services if one.build and one.build.dockerfile]
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
    images = [image.partition(":")[0].rpartition("/")[2] for image in read_images(text)]
    pages = any(
        project_dir.is_file(f"{place}index.html") for place in ("", "public/", "dist/", "html/", "src/", "htdocs/")
    )
    return pages and bool(images) and set(images) <= {"nginx", "httpd", "caddy", "nginx-unprivileged"}


def _of_compose(project_dir: ProjectDir, file: str) -> Detection | None:
    text = project_dir.find_text(file) or ""
    services = read_services(text)
    if not services or _backs_something_else(project_dir, services):
        return None
    port, why = find_published_port((*services, *_overriding(project_dir, file)))
    unreachable = _unreachable(judge_services(project_dir, file, services))
    return Detection(
        language="docker",
        framework="compose",
        package_manager="docker",
        build_command=None,
        start_command="docker compose up -d --build",
        port=port,
        evidence=(Evidence(file=file, line=_line(text, "services:"), why=f"{len(services)} services{why}"),),
        warnings=tuple(one.sentence for one in unreachable),
        unreachable_images=tuple(one.verdict.image for one in unreachable),
    )


def _overriding(project_dir: ProjectDir, file: str) -> tuple[Service, ...]:
    """The services of the file that `docker compose up` reads as well, where development keeps its ports.

    Source: https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/
    """
    stem = file.rpartition(".")[0]
    texts = (project_dir.find_text(f"{stem}.override.{ending}") for ending in ("yaml", "yml"))
    return next((read_services(text) for text in texts if text is not None), ())


def _backs_something_else(project_dir: ProjectDir, services: tuple[Service, ...]) -> bool:
    """Whether the services are databases and queues alone, for the program whose source stands beside the compose file."""
    images = {(one.image or "").partition("@")[0].partition(":")[0].rpartition("/")[2] for one in services}
    return images <= _BACKING and any(_SOURCE.search(file) for file in project_dir.files())


def _of_dockerfile(project_dir: ProjectDir, readme: Readme | None) -> Detection:
    text = project_dir.find_text("Dockerfile") or ""
    exposed = re.findall(r"(?im)^\s*EXPOSE\s+(\d{2,5})", text)
    port = int(exposed[-1]) if exposed else (readme.ports[0][0] if readme and readme.ports else None)
    name = suggest_name(project_dir.name)
    published = f" -p {port}:{port}" if port is not None else ""
    line = _line(text, f"EXPOSE {port}") if exposed else None
    unreachable = _unreachable(judge_dockerfile(project_dir, "Dockerfile"))
    return Detection(
        language="docker",
        framework="docker",
        package_manager="docker",
        build_command=f"docker build -t {name} .",
        start_command=f"docker run -d --name {name} --restart unless-stopped{published} {name}",
        port=port,
        evidence=(Evidence(file="Dockerfile", line=line, why="the only way to run this that was found"),),
        warnings=tuple(one.sentence for one in unreachable),
        unreachable_images=tuple(one.verdict.image for one in unreachable),
    )


def _unreachable(verdicts: tuple[PlacedVerdict, ...]) -> tuple[PlacedVerdict, ...]:
    return tuple(one for one in verdicts if not one.verdict.reachable)


def _line(text: str, wanted: str) -> int | None:
    return next(
        (number for number, line in enumerate(text.split("\n"), start=1) if line.strip().startswith(wanted)), None
    )
