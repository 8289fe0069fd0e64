"""Projects only Docker can start, and what is to be expected of their images."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree

from deployer.models.analysis import MethodKind
from deployer.project.detectors.docker_images import judge_image, read_stages


def test_the_compose_example_publishes_the_port_of_the_service_in_front() -> None:
    found = analyze_example("docker_compose")
    assert (found.language, found.framework) == ("docker", "compose")
    assert (found.start_command, found.port) == ("docker compose up -d --build", 8088)
    assert [one.kind for one in found.methods] == [MethodKind.DOCKER]
    assert len([one for one in found.warnings if "ghcr.io/example/python:3.12" in one]) == 1
    assert not any("redis" in one or "nginx" in one for one in found.warnings)


@pytest.mark.parametrize(
    ("image", "reachable"),
    [
        ("nginx", True),
        ("python:3.12-slim", True),
        ("library/redis:7", True),
        ("docker.io/library/node:22", True),
        ("registry.cn-hangzhou.aliyuncs.com/team/app:1", True),
        ("registry-vpc.cn-shanghai.aliyuncs.com/team/app", True),
        ("bitnami/redis", False),
        ("ghcr.io/owner/app:latest", False),
        ("quay.io/prometheus/prometheus", False),
        ("gcr.io/distroless/static", False),
        ("us-docker.pkg.dev/x/y/z", False),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", False),
        ("registry.example.com:5000/app", False),
        ("localhost/app", False),
        ("nginx@sha256:aaaa", False),
        ("${REGISTRY}/app", False),
        ("aliyuncs.com.evil.example/app", False),
        ("", False),
    ],
)
def test_an_image_is_judged_by_its_name(image: str, reachable: bool) -> None:  # noqa: FBT001  (a table)
    verdict = judge_image(image)
    assert verdict.reachable is reachable
    assert f"`{image}`" in verdict.sentence


@pytest.mark.parametrize(
    ("dockerfile", "images"),
    [
        ("FROM python:3.12\n", ["python:3.12"]),
        ("ARG V=22\nFROM node:${V} AS build\nFROM build AS test\nFROM scratch\n", ["node:22"]),
        ("ARG V\nFROM node:$V\n", ["node:$V"]),
        ("ARG V\nFROM node:${V:-20}\n", ["node:20"]),
        ("FROM --platform=$BUILDPLATFORM golang:1.23 as b\nFROM alpine\nCOPY --from=b /x /x\n", ["golang:1.23", "alpine"]),
        ("FROM alpine\nCOPY --from=ghcr.io/a/uv:1 /uv /bin/\n", ["alpine", "ghcr.io/a/uv:1"]),
        ("# FROM x\nfrom \\\n  alpine\n", ["alpine"]),
        ("", []),
    ],
)  # fmt: skip
def test_the_images_of_a_dockerfile_are_read(dockerfile: str, images: list[str]) -> None:
    assert read_stages(dockerfile) == images


@pytest.mark.parametrize(
    ("ports", "port"),
    [
        ('["8080:80"]', 8080),
        ('["127.0.0.1:8080:80"]', None),
        ('["0.0.0.0:8081:80/tcp"]', 8081),
        ("[{published: 8082, target: 80}]", 8082),
        ('["80"]', None),
        ('["${P:-8083}:80"]', 8083),
        ('["5432:5432", "8084:80"]', 8084),
    ],
)
def test_a_published_port_is_read_in_every_form(tmp_path: Path, ports: str, port: int | None) -> None:
    text = f"services:\n  app:\n    image: nginx\n    ports: {ports}\n"
    assert analyze_tree(tmp_path, {"compose.yml": text}).port == port


def test_a_native_build_is_preferred_to_a_dockerfile(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM ghcr.io/x/y\n", "go.mod": "module x\n", "main.go": "package main\n\nfunc main() {}\n"}
    assert analyze_tree(tmp_path, files).language == "go"


def test_a_dockerfile_alone_is_built_and_run_with_its_exposed_port(tmp_path: Path) -> None:
    found = analyze_tree(tmp_path / "tool", {"Dockerfile": "FROM quay.io/a/b\nEXPOSE 7000\n"})
    assert found.build_command == "docker build -t tool ."
    assert found.start_command == "docker run -d --name tool --restart unless-stopped -p 7000:7000 tool"
    assert any("quay.io/a/b" in one for one in found.warnings)


def test_pages_in_an_image_of_a_web_server_are_served_without_it(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM nginx:alpine\nCOPY . /usr/share/nginx/html\n", "index.html": "x"}
    assert analyze_tree(tmp_path, files).language == "static"


@pytest.mark.parametrize("text", ["services: [", "services: 1\n", "[]", "services:\n  a: 1\n"])
def test_a_broken_compose_file_is_no_way_to_start(tmp_path: Path, text: str) -> None:
    assert not analyze_tree(tmp_path, {"compose.yaml": text}).supported
