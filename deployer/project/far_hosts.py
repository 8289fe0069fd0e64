"""Hosts that instances in mainland China reach slowly or not at all, with what can be asked there instead."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from deployer.project import mirrors

_ADDRESS = re.compile(r"(?:(?:git\+)?(?:https?|ssh|git)://(?:[^/@\s\"']*@)?|\bgit@)([A-Za-z0-9.-]+\.[a-z]{2,})")
_PACKAGE = "the system's package"
# A name stands for the hosts below it, too. No text: there is nothing to put in its place but a copy of one's own.
_FAR: Mapping[str, str] = MappingProxyType(
    {
        "github.com": "",
        "githubusercontent.com": "",
        "huggingface.co": "",
        "storage.googleapis.com": "",
        "ghcr.io": "",
        "quay.io": "",
        "gcr.io": "",
        "pkg.dev": "",
        "registry.k8s.io": "",
        "nodesource.com": f"{_PACKAGE}, or {mirrors.NODE.address}",
        "nodejs.org": mirrors.NODE.address,
        "registry.npmjs.org": mirrors.NPM.address,
        "registry.yarnpkg.com": mirrors.NPM.address,
        "pypi.org": mirrors.PYPI.address,
        "pythonhosted.org": mirrors.PYPI.address,
        "bootstrap.pypa.io": f"{_PACKAGE} of pip",
        "install.python-poetry.org": "`pip install poetry`",
        "astral.sh": "`pip install uv`",
        "bun.sh": "`npm install bun`",
        "deno.land": "`npm install deno`",
        "go.dev": mirrors.GO.address,
        "golang.org": mirrors.GO.address,
        "dl.google.com": mirrors.GO.address,
        "maven.org": mirrors.MAVEN.address,
        "maven.apache.org": mirrors.MAVEN.address,
        "services.gradle.org": mirrors.GRADLE.address,
        "rubygems.org": mirrors.GEMS.address,
        "rustup.rs": mirrors.RUST.address,
        "rust-lang.org": mirrors.RUST.address,
        "crates.io": mirrors.CRATES.address,
        "packagist.org": mirrors.COMPOSER.address,
        "download.docker.com": mirrors.DOCKER_ENGINE.address,
        "get.docker.com": mirrors.DOCKER_ENGINE.address,
    }
)


# What an address begins with, and what it can begin with instead; the longest first.
_INSTEAD: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"{re.escape(one.usual.rstrip('/'))}(?=[/?#\s\"'`;,)]|$)"), one.address.partition(",")[0].rstrip("/"))
    for one in sorted(mirrors.MIRRORS, key=lambda mirror: -len(mirror.usual))
)


def nearer(text: str) -> str:
    """The text with mirrors' addresses in the place of those they stand in for; the same where there is none."""
    for usual, instead in _INSTEAD:
        text = usual.sub(lambda _found, instead=instead: instead, text)  # type: ignore[misc]
    return text


def find_far_host(text: str) -> tuple[str, str] | None:
    """The first such host an address in the text names, and what to ask instead, "" for a copy of one's own."""
    for match in _ADDRESS.finditer(text):
        host = match[1].lower()
        known = next((name for name in _FAR if host == name or host.endswith(f".{name}")), None)
        if known is not None:
            return host, _FAR[known]
    return None
