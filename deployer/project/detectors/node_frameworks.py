"""The frameworks of the Node.js world: how each is recognised, what its build leaves behind, where it listens."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.node_manifest import NodeManifest
from deployer.project.project_dir import ProjectDir

# Servers written against a library: any of the packages, the name, the port where the code names none.
SERVER_FRAMEWORKS: tuple[tuple[str, str, int], ...] = (
    ("@nestjs/core", "nestjs", 3000), ("@strapi/strapi", "strapi", 1337), ("@adonisjs/core", "adonis", 3333),
    ("@midwayjs/koa", "midway", 7001), ("@midwayjs/web", "midway", 7001), ("@midwayjs/express", "midway", 7001),
    ("@feathersjs/express", "feathers", 3030), ("@feathersjs/koa", "feathers", 3030), ("egg", "egg", 7001),
    ("fastify", "fastify", 3000), ("express", "express", 3000), ("koa", "koa", 3000), ("@hapi/hapi", "hapi", 3000),
    ("hapi", "hapi", 3000), ("hono", "hono", 3000), ("restify", "restify", 8080), ("polka", "polka", 3000),
    ("elysia", "elysia", 3000), ("@apollo/server", "apollo", 4000), ("apollo-server", "apollo", 4000),
    ("socket.io", "socket.io", 3000), ("h3", "h3", 3000), ("sails", "sails", 1337),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What the build of a framework gives: a program to run (`command`), or files to serve (`directory`).

    `single_page` when unknown paths are to be answered with the first page.
    """

    framework: str
    build: str
    command: str | None = None
    port: int = 8080
    environment: tuple[tuple[str, str], ...] = ()
    directory: str | None = None
    single_page: bool = False
    file: str = "package.json"
    why: str = ""
    warning: str | None = None


_IMPORTED = re.compile(r"(?:\bfrom\s*|\brequire\s*\(\s*|\bimport\s*\(\s*)['\"]([^'\"\n.]+)['\"]")
_HOST = (("HOST", "0.0.0.0"),)  # noqa: S104  (an application has to be reachable)
_VITE_CONFIGS = ("vite.config.ts", "vite.config.js", "vite.config.mts", "vite.config.mjs")


def server_framework(manifest: NodeManifest) -> tuple[str, int] | None:
    """The name and default port of the library the server is written with."""
    return next(((name, port) for package, name, port in SERVER_FRAMEWORKS if manifest.has(package)), None)


def imported_framework(sources: Iterable[str]) -> tuple[str, int] | None:
    """The same by what sources import."""
    imported = {name for text in sources for name in _IMPORTED.findall(text)}
    return next(((name, port) for package, name, port in SERVER_FRAMEWORKS if package in imported), None)


def find_output(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    """What the project's framework builds; None when no framework that builds is used."""
    readers = (
        _next,
        _nuxt,
        _tanstack,
        _remix,
        _react_router,
        _svelte_kit,
        _astro,
        _angular,
        _site_generators,
        _bundlers,
    )
    return next((found for reader in readers if (found := reader(project_dir, manifest)) is not None), None)


def _config(project_dir: ProjectDir, *stems: str) -> tuple[str, str]:
    """(name, text) of the first configuration file with one of these stems."""
    for stem in stems:
        for suffix in (".ts", ".js", ".mjs", ".mts", ".cjs"):
            text = project_dir.find_text(stem + suffix)
            if text is not None:
                return stem + suffix, re.sub(r"(?m)(?<![:'\"])//.*$", "", text)
    return "package.json", ""


def _next(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    if not manifest.has("next") or not any(
        project_dir.is_directory(one) for one in ("app", "pages", "src/app", "src/pages")
    ):
        return None
    file, text = _config(project_dir, "next.config")
    if re.search(r"\boutput\s*:\s*['\"]export['\"]", text):
        return Output(framework="next", build="next build", directory="out", file=file, why="exports static pages")
    return Output(framework="next", build="next build", command="next start -H 0.0.0.0 -p 3000", port=3000, file=file)


def _nuxt(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    if manifest.has("nitropack", "nitro") and not manifest.has("nuxt", "@tanstack/react-start"):
        return Output(
            framework="nitro",
            build="nitro build",
            command="node .output/server/index.mjs",
            port=3000,
            environment=_HOST,
        )
    if not manifest.has("nuxt", "nuxt3", "nuxt-edge"):
        return None
    file, text = _config(project_dir, "nuxt.config")
    served = "nuxt start" in manifest.scripts.get("start", "")  # the command of Nuxt 2 alone
    major = 2 if served else manifest.major_of("nuxt") or 3
    static = "nuxt generate" in manifest.scripts.get("build", "") or bool(
        re.search(r"\btarget\s*:\s*['\"]static", text)
    )
    if static:
        directory = "dist" if major < 3 else ".output/public"
        return Output(
            framework="nuxt", build="nuxt generate", directory=directory, file=file, why="generates static pages"
        )
    command = "nuxt start -H 0.0.0.0 -p 3000" if major < 3 else "node .output/server/index.mjs"
    return Output(framework="nuxt", build="nuxt build", command=command, port=3000, environment=_HOST, file=file)


def _tanstack(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    if manifest.has("@tanstack/react-start", "@tanstack/solid-start", "@tanstack/start"):
        framework = "tanstack-start"
    elif manifest.has("@solidjs/start"):
        framework = "solid-start"
    else:
        return None
    build = "vinxi build" if manifest.has("vinxi") else "vite build"
    _file, text = _config(project_dir, "vite.config", "app.config")
    nitro = manifest.has("vinxi", "nitro") or "nitro" in text
    command = "node .output/server/index.mjs" if nitro or framework == "solid-start" else None
    why = "" if command else "no server is configured for its build"
    return Output(framework=framework, build=build, command=command, port=3000, environment=_HOST, why=why)


def _remix(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    if not manifest.has("@remix-run/node", "@remix-run/serve", "@remix-run/dev"):
        return None
    vite = any(project_dir.is_file(one) for one in _VITE_CONFIGS)
    target = "build/server/index.js" if vite else "build/index.js"
    command = f"remix-serve {target}" if manifest.has("@remix-run/serve") else None
    build = "remix vite:build" if vite else "remix build"
    return Output(framework="remix", build=build, command=command, port=3000, environment=_HOST)


def _react_router(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    if not manifest.has("@react-router/dev"):
        return None
    file, text = _config(project_dir, "react-router.config")
    if re.search(r"\bssr\s*:\s*false", text):
        return Output(
            framework="react-router", build="react-router build", directory="build/client", single_page=True, file=file,
            why="`ssr: false`: there is no server, only pages",
        )  # fmt: skip
    command = "react-router-serve build/server/index.js" if manifest.has("@react-router/serve") else None
    return Output(framework="react-router", build="react-router build", command=command, port=3000, environment=_HOST)


def _svelte_kit(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    if not manifest.has("@sveltejs/kit"):
        return None
    file, text = _config(project_dir, "svelte.config")
    if "adapter-static" in text:
        directory = _quoted(text, r"\bpages") or "build"
        fallback = bool(re.search(r"\bfallback\s*:", text))
        return Output(framework="svelte-kit", build="vite build", directory=directory, single_page=fallback, file=file)
    if "adapter-node" in text:
        directory = _quoted(text, r"\bout") or "build"
        return Output(
            framework="svelte-kit",
            build="vite build",
            command=f"node {directory}",
            port=3000,
            environment=_HOST,
            file=file,
        )
    return Output(
        framework="svelte-kit", build="vite build", command="vite preview --host 0.0.0.0 --port 4173", port=4173, file=file,
        warning=f"`{file}` names no adapter for a server of one's own: `vite preview` serves it; use @sveltejs/adapter-node",
    )  # fmt: skip


def _astro(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    if not manifest.has("astro"):
        return None
    file, text = _config(project_dir, "astro.config")
    directory = _quoted(text, r"\boutDir") or "dist"
    if manifest.has("@astrojs/node") and "@astrojs/node" in text:
        command = f"node {directory}/server/entry.mjs"
        return Output(framework="astro", build="astro build", command=command, port=4321, environment=_HOST, file=file)
    return Output(framework="astro", build="astro build", directory=directory, file=file, why="builds static pages")


def _angular(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    text = project_dir.find_text("angular.json")
    if text is None or not manifest.has("@angular/core"):
        return None
    try:
        data = json.loads(re.sub(r"(?m)^\s*//.*$", "", text))
        projects = {name: one for name, one in data["projects"].items() if one.get("projectType") != "library"}
        name = data.get("defaultProject") if data.get("defaultProject") in projects else next(iter(projects))
        target = (projects[name].get("architect") or projects[name].get("targets"))["build"]
        path = target.get("options", {}).get("outputPath")
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return None
    browser = str(target.get("builder", "")).endswith(":application")
    if isinstance(path, dict):
        base, inside = path.get("base"), path.get("browser", "browser")
        directory = f"{base}/{inside}" if inside else str(base)
    else:
        directory = f"{path or f'dist/{name}'}{'/browser' if browser else ''}"
    if not is_plain_path(directory):
        return None
    return Output(
        framework="angular", build="ng build", directory=directory, single_page=True, file="angular.json",
        why="names where the build goes",
    )  # fmt: skip


def _site_generators(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    body = manifest.scripts.get("build", "")
    for package, name, build, directory in (
        ("gatsby", "gatsby", "gatsby build", "public"),
        ("@docusaurus/core", "docusaurus", "docusaurus build", "build"),
        ("@11ty/eleventy", "eleventy", "eleventy", "_site"),
        ("hexo", "hexo", "hexo generate", "public"),
        ("ember-cli", "ember", "ember build --environment=production", "dist"),
    ):
        if manifest.has(package):
            return Output(framework=name, build=build, directory=directory)
    for package in ("vitepress", "vuepress"):
        if manifest.has(package):
            found = re.search(rf"{package} build\s+(\w[\w./-]*)", body)
            base = found[1].strip("/") if found else "docs" if project_dir.is_directory(f"docs/.{package}") else ""
            directory = f"{base}/.{package}/dist".lstrip("/")
            return Output(framework=package, build=f"{package} build {base}".strip(), directory=directory)
    if manifest.has("expo") and ("export" in body or manifest.has("react-native-web")):
        build = "expo export --platform web"
        return Output(framework="expo", build=build, directory="dist", single_page=True, why="its build for the web")
    return None


def _bundlers(project_dir: ProjectDir, manifest: NodeManifest) -> Output | None:
    body = manifest.scripts.get("build", "")
    if manifest.has("react-scripts"):
        directory = _path(re.search(r"\bBUILD_PATH=(\S+)", body)) or "build"
        return Output(framework="cra", build="react-scripts build", directory=directory, single_page=True)
    if manifest.has("@vue/cli-service"):
        file, text = _config(project_dir, "vue.config")
        directory = _quoted(text, r"\boutputDir") or _path(re.search(r"--dest[= ](\S+)", body)) or "dist"
        return Output(framework="vue", build="vue-cli-service build", directory=directory, single_page=True, file=file)
    if manifest.has("umi", "@umijs/max", "@rsbuild/core", "parcel", "parcel-bundler"):
        name = next(
            one for one in ("umi", "@umijs/max", "@rsbuild/core", "parcel", "parcel-bundler") if manifest.has(one)
        )
        found = _path(re.search(r"--(?:dist-dir|out-dir|dist-path)[= ](\S+)", body))
        short = {"@umijs/max": "umi", "@rsbuild/core": "rsbuild", "parcel-bundler": "parcel"}.get(name, name)
        return Output(framework=short, build=f"{short} build", directory=found or "dist", single_page=True)
    if manifest.has("vite") or re.search(r"\bvite build\b", body):
        return _vite(project_dir, body)
    return None


def _vite(project_dir: ProjectDir, body: str) -> Output | None:
    file, text = _config(project_dir, "vite.config")
    root = (_quoted(text, r"(?<!\w)root") or "").strip("./")
    if not project_dir.is_file(f"{root}/index.html" if root else "index.html"):
        return None
    given = re.search(r"--outDir[= ](\S+)", body)
    directory = _path(given) or _quoted(text, r"\boutDir") or "dist"
    why = "its `build` script says where the build goes" if given else ""
    inside = f"{root}/{directory}" if root else directory
    return Output(
        framework="vite", build="vite build", directory=inside, single_page=True,
        file="package.json" if given else file, why=why,
    )  # fmt: skip


def _path(match: re.Match[str] | None) -> str | None:
    path = match[1].strip("'\"").removeprefix("./").strip("/") if match else ""
    return path if is_plain_path(path) else None


def _quoted(text: str, key: str) -> str | None:
    return _path(re.search(rf"{key}\s*:\s*['\"]([^'\"\n]+)['\"]", text))
