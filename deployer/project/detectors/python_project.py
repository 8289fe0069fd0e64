"""A Python project as the detector looks at it: its manifest, its modules, and who answers to which name."""

from dataclasses import dataclass

from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.python_code import AppObject, PythonModule, read_module
from deployer.project.detectors.python_manifests import MANIFEST_FILES, PythonManifest, read_manifest
from deployer.project.project_dir import ProjectDir

ENTRY_NAMES = (
    "main", "app", "server", "wsgi", "asgi", "application", "run", "api/index", "index", "api", "service", "start",
    "web", "bot", "worker", "agent", "Home", "home", "demo", "cli",
)  # fmt: skip
_MODULES_READ = 300
_SOURCE_LIMIT_BYTES = 400_000
_ASIDE = ("tests/", "test/", "docs/", "examples/", "example/", "migrations/", "scripts/", "node_modules/", "notebooks/")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonProject:
    """Everything read once. `modules` are by file, likely entries first."""

    project_dir: ProjectDir
    manifest: PythonManifest
    modules: dict[str, PythonModule]
    readme_port: tuple[int, int, str] | None = None  # number, line, file

    def module_named(self, dotted: str) -> PythonModule | None:
        """The module an import of this name would give, in the project's directory or in `src/`."""
        path = dotted.replace(".", "/")
        for file in (f"{path}.py", f"{path}/__init__.py", f"src/{path}.py", f"src/{path}/__init__.py"):
            if file in self.modules:
                return self.modules[file]
        return None

    def apps(self) -> list[tuple[PythonModule, AppObject]]:
        """Every application object, likely entries first, made ones before factories."""
        found = [(module, app) for module in self.modules.values() for app in module.apps]
        certain = [one for one in found if one[1].framework != "factory" or self.web_framework() is not None]
        return sorted(certain, key=lambda one: (_entry_rank(one[0].file), one[1].factory))

    def web_framework(self) -> str | None:
        """The web framework among the requirements, else among the imports."""
        names = ("django", "fastapi", "flask", "quart", "sanic", "starlette", "dash")
        declared = next((name for name in names if self.manifest.find(name)), None)
        if declared:
            return declared
        return next((name for name in names if any(module.imports_any(name) for module in self.modules.values())), None)

    def framework(self) -> str | None:
        """What the project is written with: an MCP server, a web framework, else a library for agents or jobs."""
        declared = self.library()
        return declared if declared == "mcp" else self.web_framework() or declared

    def library(self) -> str | None:
        """The library for MCP servers, agents or jobs among the requirements."""
        if self.manifest.find("mcp", "fastmcp") and not self.manifest.find("fastapi", "flask", "django"):
            return "mcp"
        names = ("crewai", "langgraph", "autogen-agentchat", "pyautogen", "llama-index", "langchain", "celery")
        declared = next((name for name in names if self.manifest.find(name)), None)
        return declared.removeprefix("py").partition("-")[0] if declared else None

    def location(self, module: PythonModule) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The name to import a module by, and the environment that makes it importable."""
        parts = module.file.removesuffix(".py").split("/")
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if parts[0] == "src" and len(parts) > 1 and "src/__init__.py" not in self.modules:
            installed = self.manifest.install_command == "pip install ."
            return ".".join(parts[1:]), () if installed else (("PYTHONPATH", "src"),)
        directory = "/".join(parts[:-1])
        siblings = {name for name, _line in module.imports if f"{directory}/{name}.py" in self.modules}
        if directory and any(f"{name}.py" not in self.modules for name in siblings):
            return parts[-1], (("PYTHONPATH", directory),)
        return ".".join(parts), ()


def read_python_project(project_dir: ProjectDir, readme_port: tuple[int, int, str] | None) -> PythonProject | None:
    """The project, None when there is neither a manifest nor a Python file near the top."""
    manifest = read_manifest(project_dir)
    files = [file for file in project_dir.files() if file.endswith(".py") and _is_source(file)]
    if not manifest.files or manifest.is_workspace:
        files = _without_others(project_dir, files)
    if not manifest.files and not files:
        return None
    if not files and manifest.files == ("pyproject.toml",) and manifest.install_command is None:
        return None
    files.sort(key=lambda file: (_entry_rank(file), file.count("/"), file))
    modules = {}
    for file in files[:_MODULES_READ]:
        text = project_dir.find_text(file)
        if text is not None and len(text) <= _SOURCE_LIMIT_BYTES:
            modules[file] = read_module(file, text)
    return PythonProject(project_dir=project_dir, manifest=manifest, modules=modules, readme_port=readme_port)


def _without_others(project_dir: ProjectDir, files: list[str]) -> list[str]:
    """The files outside directories that declare dependencies of their own: those are other applications."""
    others = {
        f"{file.rpartition('/')[0]}/"
        for file in project_dir.files()
        if "/" in file and file.rpartition("/")[2] in MANIFEST_FILES
    }
    return [file for file in files if not any(file.startswith(other) for other in others)]


def _is_source(file: str) -> bool:
    name = file.rpartition("/")[2]
    aside = any(f"/{one}" in f"/{file}" for one in _ASIDE)
    return (
        is_plain_path(file)
        and file.count("/") <= 4
        and not aside
        and not name.startswith(("test_", "conftest", "setup.py"))
    )


def _entry_rank(file: str) -> tuple[int, int]:
    """Depth first, then the usual names of entry points."""
    stem = file.removesuffix(".py")
    base = stem.rpartition("/")[2]
    depth = 0 if stem in ENTRY_NAMES else stem.count("/")
    name = stem if stem in ENTRY_NAMES else base
    return depth, ENTRY_NAMES.index(name) if name in ENTRY_NAMES else len(ENTRY_NAMES)
