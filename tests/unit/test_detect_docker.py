"""Projects only Docker can start, and what is to be expected of their images."""

import time
from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree

from deployer.models.analysis import MethodKind
from deployer.project.analysis import analyze
from deployer.project.detectors.compose import read_services
from deployer.project.detectors.docker_images import judge_image
from deployer.project.detectors.docker_verdicts import judge_docker
from deployer.project.detectors.dockerfile import read_images
from deployer.project.project_dir import ProjectDir


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
        ("nginx:1.27@sha256:aaaa", False),
        ("registry.cn-hangzhou.aliyuncs.com/team/app@sha256:aaaa", True),
        ("registry.cn-hangzhou.aliyuncs.com:443/team/app", True),
        ("index.docker.io/library/nginx", True),
        ("docker.io/bitnami/redis", False),
        ("docker/dockerfile:1", False),
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
        ("ARG V=22\nFROM node:${V} AS build\nFROM build AS test\nFROM scratch\nCOPY --from=test / /\n", ["node:22"]),
        ("FROM node AS build\nFROM scratch\n", []),
        ("ARG V\nFROM node:$V\n", ["node:$V"]),
        ("ARG V\nFROM node:${V:-20}\n", ["node:20"]),
        ("FROM --platform=$BUILDPLATFORM golang:1.23 as b\nFROM alpine\nCOPY --from=b /x /x\n", ["golang:1.23", "alpine"]),
        ("FROM alpine\nCOPY --from=ghcr.io/a/uv:1 /uv /bin/\n", ["alpine", "ghcr.io/a/uv:1"]),
        ("# FROM x\nfrom \\\n  alpine\n", ["alpine"]),
        ("", []),
        ("FROM --platform=linux/amd64 --foo=bar alpine:3 AS x\n", ["alpine:3"]),
        ("FROM golang AS Build\nFROM BUILD\n", ["golang"]),
        ("FROM node AS unused\nFROM python\n", ["python"]),
        ("FROM node AS a\nFROM golang AS b\nFROM alpine\nCOPY --from=0 /x /x\n", ["node", "alpine"]),
        ("FROM alpine\nRUN --mount=type=bind,from=ghcr.io/a/b,target=/b true\n", ["alpine", "ghcr.io/a/b"]),
        ("FROM alpine AS a\nFROM alpine\nRUN --mount=from=a,type=cache true\n", ["alpine"]),
        ("# syntax=docker/dockerfile:1\nFROM alpine\n", ["docker/dockerfile:1", "alpine"]),
        ("# a comment\n# syntax=docker/dockerfile:1\nFROM alpine\n", ["alpine"]),
        ("# escape=`\nFROM `\n alpine\n", ["alpine"]),
        ("FROM mysql\nRUN <<SQL\nSELECT 1\nFROM users\nSQL\nCOPY <<-'A' /x\nFROM y\n\tA\nFROM alpine\n", ["alpine"]),
        ("FROM alpine\nRUN echo 1 \\\n# FROM x\n  && echo 2\n", ["alpine"]),
        ("ARG A=1 B=2\nFROM img:$A-${B}\n", ["img:1-2"]),
        ("ARG A=node\nARG B=${A}:22\nFROM $B\n", ["node:22"]),
        ("ARG R=\nFROM ${R:+$R/}nginx\n", ["nginx"]),
        ("ARG R\nFROM ${R:-docker.io}/library/nginx\n", ["docker.io/library/nginx"]),
        ("FROM alpine\nARG T=1\nFROM x:${T}\n", ["x:${T}"]),
        ("FROM base-${TARGETARCH} AS x\nFROM alpine AS base-amd64\nFROM x\n", ["base-amd64"]),
        ("FROM scratch AS a\nFROM SCRATCH\nCOPY --from=a / /\n", []),
        ("FROM a AS a\n", ["a"]),
        ("\ufeffFROM alpine\r\nRUN x\r\n", ["alpine"]),
    ],
)  # fmt: skip
def test_the_images_of_a_dockerfile_are_read(dockerfile: str, images: list[str]) -> None:
    assert read_images(dockerfile) == images


def test_arguments_and_the_target_of_a_build_count() -> None:
    text = "ARG BASE=node:20\nFROM $BASE AS dev\nFROM ghcr.io/x/y AS production\n"
    assert read_images(text, arguments={"BASE": "node:22"}, target="dev") == ["node:22"]
    assert read_images(text, target="PRODUCTION") == ["ghcr.io/x/y"]
    assert read_images(text, target="nowhere") == ["ghcr.io/x/y"]


@pytest.mark.parametrize(
    "text", ["FROM", "FROM ", "FROM a AS", "ARG", "ARG =", "<<A", "RUN <<A\nFROM b", "FROM $", "FROM ${", "\\"]
)
def test_a_broken_dockerfile_is_read_as_far_as_it_goes(text: str) -> None:
    assert all(isinstance(image, str) for image in read_images(text))


def test_a_dockerfile_of_two_megabytes_is_read_at_once() -> None:
    text = "FROM alpine\n" + "RUN echo ${A:-${B:-c}} --from= $ \\\n" * 60_000
    began = time.process_time()
    assert read_images(text)[0] == "alpine"
    assert time.process_time() - began < 2


COMPOSE = """\
services:
  web:
    build: {context: web, target: run, args: {BASE: quay.io/a/web}}
    ports: ["8080:80"]
  api:
    build: {context: ./api, dockerfile: build/Dockerfile, args: [BASE=python:3.12, OTHER]}
    image: shop-api:latest
  worker: {image: "shop-api:latest"}
  db: {image: "${DB:-postgres}:${DB_TAG-16}"}
  cache: {image: "redis:$TAG"}
  inline: {build: {dockerfile_inline: "FROM gcr.io/x/y", additional_contexts: {base: "docker-image://ghcr.io/b/c"}}}
  far: {build: "https://git.example/x.git"}
  debug: {image: ghcr.io/never/started, profiles: [debug]}
  outside: {build: ../other}
"""
WEB = (
    "ARG BASE=node\nFROM node:22 AS build\nFROM nvcr.io/unused AS unused\nFROM $BASE AS run\nCOPY --from=build /a /a\n"
)


def test_every_image_of_a_composition_is_judged_at_its_place(tmp_path: Path) -> None:
    files = {"compose.yaml": COMPOSE, "web/Dockerfile": WEB, "api/build/Dockerfile": "ARG BASE\nFROM $BASE\n"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    judged = judge_docker(ProjectDir.open(tmp_path))
    assert {(one.place, one.verdict.image, one.verdict.reachable) for one in judged} == {
        ("`web/Dockerfile`", "node:22", True),
        ("`web/Dockerfile`", "quay.io/a/web", False),
        ("`api/build/Dockerfile`", "python:3.12", True),
        ("`compose.yaml`, service `db`", "postgres:16", True),
        ("`compose.yaml`, service `cache`", "redis:$TAG", False),
        ("`compose.yaml`, service `inline`", "gcr.io/x/y", False),
        ("`compose.yaml`, service `inline`", "ghcr.io/b/c", False),
        ("`compose.yaml`, service `far`", "https://git.example/x.git", False),
    }


@pytest.mark.parametrize(
    "text",
    [
        "services: [",
        "services: 1",
        "[]",
        "services: {a: 1}",
        "a: &a [*a]",
        "services: {a: {ports: 1, build: 3, image: 4}}",
    ],
)
def test_a_compose_file_of_another_shape_names_what_it_can(text: str) -> None:
    assert [service.image for service in read_services(text)] in ([], [None])


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


def test_a_dockerfile_that_is_not_used_is_explained_with_its_verdict(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM ghcr.io/x/y\n", "go.mod": "module x\n", "main.go": "package main\n\nfunc main() {}\n"}
    [why] = [one.why for one in analyze_tree(tmp_path, files).evidence if one.file == "Dockerfile"]
    assert why.startswith("not used: what is built on the instance needs no image; `ghcr.io/x/y` comes from GitHub's")


NODE = {"package.json": '{"name": "x", "scripts": {"start": "node a.js"}}', "a.js": "require('http').createServer().listen(3000)\n"}  # fmt: skip


def test_images_out_of_reach_are_answered_with_the_native_ways_there_are(tmp_path: Path) -> None:
    """M69: a verdict on each image, and a decision: natively where that is possible, else what is left."""
    files = {"compose.yml": "services:\n  api: {build: api, ports: ['80:80']}\n  pages: {build: pages}\n"}
    for part in ("api", "pages"):
        files |= {f"{part}/{name}": text for name, text in NODE.items()} | {
            f"{part}/Dockerfile": f"FROM quay.io/{part}\n"
        }
    found = analyze_tree(tmp_path, files)
    assert found.language == "docker"
    assert [one for one in found.warnings if "quay.io/api" in one]
    [advice] = [one for one in found.warnings if one.startswith("in mainland China")]
    assert (
        "2 images can hardly be pulled: build natively, one application a group, with `--path api` or `--path pages`"
        in advice
    )
    assert analyze(ProjectDir.open(tmp_path), "api").language == "node"


def test_without_a_native_way_the_advice_is_another_region_or_registry(tmp_path: Path) -> None:
    found = analyze_tree(tmp_path, {"Dockerfile": "FROM quay.io/a/b\n"})
    [advice] = [one for one in found.warnings if one.startswith("in mainland China")]
    assert "an image can hardly be pulled: nothing here starts without Docker; or choose a region elsewhere" in advice


def test_reachable_images_need_no_advice(tmp_path: Path) -> None:
    assert not [one for one in analyze_tree(tmp_path, {"Dockerfile": "FROM alpine\n"}).warnings if "mainland" in one]


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


def test_a_composition_of_databases_is_not_the_application(tmp_path: Path) -> None:
    compose = (
        "services:\n  store:\n    image: postgres:17-alpine\n  jobs:\n    image: docker.io/library/redis@sha256:0\n"
    )
    alone = analyze_tree(tmp_path, {"compose.yaml": compose})
    assert alone.start_command == "docker compose up -d --build"
    beside = analyze_tree(tmp_path, {"mix.exs": "defmodule A do\nend\n"})
    assert (beside.language, beside.supported) == ("elixir", False)


def test_the_override_that_docker_reads_as_well_names_the_port(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services:\n  till:\n    build: ./till\n  store:\n    image: postgres\n    ports: ['5432:5432']\n",
        "docker-compose.override.yml": "services:\n  till:\n    ports: ['5106:8080']\n",
        "till/Dockerfile": "FROM alpine\n",
    }
    assert analyze_tree(tmp_path, files).port == 5106
