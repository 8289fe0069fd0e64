"""Whether an image can be pulled on a mainland instance: by its registry, its name and its pin (M69)."""

import re
from dataclasses import dataclass

_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_NEAR = re.compile(
    r"(^|\.)(aliyuncs\.com|tencentyun\.com|tencentcloudcr\.com|myhuaweicloud\.com|volces\.com|daocloud\.io)$"
)
_FAR = {
    "ghcr.io": "GitHub's registry", "quay.io": "Quay", "gcr.io": "Google's registry", "k8s.gcr.io": "Google's registry",
    "registry.k8s.io": "the registry of Kubernetes", "public.ecr.aws": "Amazon's registry", "nvcr.io": "NVIDIA's registry",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageVerdict:
    """What is to be expected of one image; `sentence` names it and the reason."""

    image: str
    reachable: bool
    sentence: str


def judge_image(image: str) -> ImageVerdict:
    """The verdict on an image's name. Nothing is asked of the network."""
    name, _, digest = image.partition("@")
    first, slash, rest = name.partition("/")
    has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry = first.partition(":")[0].lower() if has_registry else "docker.io"
    path = rest if has_registry else name
    if not image or "$" in image:
        return _risky(image, "depends on a variable nobody sets, so it cannot be judged")
    if _NEAR.search(registry):
        return _fine(image, "comes from a registry in China")
    if registry in _FAR or registry.endswith((".gcr.io", ".pkg.dev")):
        return _risky(
            image, f"comes from {_FAR.get(registry, 'the registry of Google')}, which mainland instances rarely reach"
        )
    if registry not in _DOCKER_HUB:
        return _risky(image, f"comes from `{registry}`, which may not be reachable from a mainland instance")
    if path.startswith("docker/dockerfile"):
        return _risky(image, "only reads the Dockerfile: without its `# syntax=` line Docker does that itself")
    if digest:
        return _risky(image, "is pinned to a digest, which mirrors often do not have")
    if "/" not in path.removeprefix("library/"):
        return _fine(image, "is an official image, which mirrors have")
    return _risky(image, "is not an official image: mirrors may not have it")


def _fine(image: str, why: str) -> ImageVerdict:
    return ImageVerdict(image=image, reachable=True, sentence=f"`{image}` {why}")


def _risky(image: str, why: str) -> ImageVerdict:
    return ImageVerdict(image=image, reachable=False, sentence=f"`{image}` {why}")
