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
    registry = first if has_registry else "docker.io"
    path = rest if has_registry else name
    if not image or "$" in image:
        return _risky(image, "depends on a variable nobody sets, so it cannot be judged")
    if digest:
        return _risky(image, "is pinned to a digest, which mirrors often do not have")
    if _NEAR.search(registry):
        return _fine(image, "comes from a registry in China")
    if registry in _FAR or registry.endswith((".gcr.io", ".pkg.dev")):
        return _risky(
            image, f"comes from {_FAR.get(registry, 'the registry of Google')}, which mainland instances rarely reach"
        )
    if registry not in _DOCKER_HUB:
        return _risky(image, f"comes from `{registry}`, which may not be reachable from a mainland instance")
    if "/" not in path.removeprefix("library/"):
        return _fine(image, "is an official image, which mirrors have")
    return _risky(image, "is not an official image: mirrors may not have it")


def read_stages(dockerfile: str) -> list[str]:
    """The images a Dockerfile starts from: ARG defaults filled in, its own stages and `scratch` left out."""
    text = re.sub(r"\\[ \t]*\n", " ", re.sub(r"(?m)^\s*#.*$", "", dockerfile))
    defaults: dict[str, str] = {}
    stages: set[str] = set()
    images: list[str] = []
    for line in text.split("\n"):
        argument = re.match(r"\s*ARG\s+(\w+)=(\S+)", line, re.IGNORECASE)
        if argument and not images:
            defaults[argument[1]] = argument[2].strip("'\"")
        match = re.match(r"\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", line, re.IGNORECASE)
        copied = re.match(r"\s*COPY\s+.*--from=(\S+)", line, re.IGNORECASE)
        if match:
            images.append(_filled(match[1], defaults))
            stages.add((match[2] or "").lower())
        elif copied and not copied[1].isdigit() and re.search(r"[/.:]", copied[1]):
            images.append(_filled(copied[1], defaults))
    return [image for image in dict.fromkeys(images) if image.lower() not in stages and image != "scratch"]


def _filled(image: str, defaults: dict[str, str]) -> str:
    """The name with the defaults of its arguments; `$name` stays where there is none."""
    inner = re.sub(r"\$\{(\w+):?-([^}]*)\}", lambda one: defaults.get(one[1], one[2]), image)
    return re.sub(r"\$\{?(\w+)\}?", lambda one: defaults.get(one[1], one[0]), inner)


def _fine(image: str, why: str) -> ImageVerdict:
    return ImageVerdict(image=image, reachable=True, sentence=f"`{image}` {why}")


def _risky(image: str, why: str) -> ImageVerdict:
    return ImageVerdict(image=image, reachable=False, sentence=f"`{image}` {why}")
