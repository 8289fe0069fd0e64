"""The detectors in the order they are asked; the first that finds a way to start decides."""

from deployer.project.detectors.detection import Detector
from deployer.project.detectors.late import late

_EVERYTHING = ("",)
_COMPOSE = ("compose.yaml", "compose.yml")
_SCRIPTS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".jsx", ".tsx")
_MANIFESTS = ("requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "environment.yml", "environment.yaml", "langgraph.json",
              "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt")  # fmt: skip
_PROCESSES = ("ecosystem.json", "process.json", "pm2.json", "process.yml", "ecosystem.config.yml")

# What runs on the instance itself comes first; the rest is asked when no application was found below the top either.
LANGUAGES: tuple[Detector, ...] = (
    late("docker", _COMPOSE, "detect_composition"),
    late("golang", (".go", "go.mod", "go.work"), "detect_go"),
    late("java", ("pom.xml", ".gradle", ".gradle.kts", ".jar")),
    late("php", (".php", "composer.json")),
    late("ruby", (".rb", ".ru", "Gemfile")),
    late("rust", ("Cargo.toml",)),
    late("dotnet", (".csproj", ".fsproj", ".vbproj", ".sln", ".slnx", ".runtimeconfig.json")),
    late("deno", (*_SCRIPTS, "deno.json", "deno.jsonc", "deno.lock")),
    late("python", (".py", *_MANIFESTS)),
    late("node", (*_SCRIPTS, *_PROCESSES, "package.json", "package.json5")),
    late("sites", (".toml", ".yaml", ".yml", ".json", "conf.py"), "detect_site"),
)
PLAIN: tuple[Detector, ...] = (
    late("shell", _EVERYTHING),
    late("static", ("index.html",)),
)
OTHERS: tuple[Detector, ...] = (
    late("docker", (*_COMPOSE, "Dockerfile")),
    *PLAIN,
    late("unsupported", _EVERYTHING),
)
