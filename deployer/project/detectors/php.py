"""PHP: the document root and what serves it: `artisan`, a framework's own server, or PHP's built-in one."""

import json
import re
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path, read_command
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.written import WrittenCommand, port_of_words, read_written_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, ReadmeCommand

_EVERYWHERE = "0.0.0.0"  # noqa: S104  (an application has to be reachable)
_PORT = 8000
_DOCUMENT_ROOTS = ("public", "web", "webroot", "htdocs", "html", "public_html", "www", "src/public", "")
_FRAMEWORKS = (
    ("laravel", "laravel/framework"), ("lumen", "laravel/lumen-framework"), ("symfony", "symfony/framework-bundle"),
    ("thinkphp", "topthink/framework"), ("hyperf", "hyperf/framework"), ("webman", "workerman/webman-framework"),
    ("codeigniter", "codeigniter4/framework"), ("yii", "yiisoft/yii2"), ("slim", "slim/slim"), ("cakephp", "cakephp/cakephp"),
    ("laminas", "laminas/laminas-mvc"), ("mezzio", "mezzio/mezzio"), ("drupal", "drupal/core"),
)  # fmt: skip
# framework: (the file it starts from, the command after `php`, its port)
_OWN_SERVERS = {
    "laravel": ("artisan", "artisan serve --host=0.0.0.0 --port=8000", 8000),
    "thinkphp": ("think", "think run --host 0.0.0.0 --port 8000", 8000),
    "codeigniter": ("spark", "spark serve --host 0.0.0.0 --port 8080", 8080),
    "hyperf": ("bin/hyperf.php", "bin/hyperf.php start", 9501),
    "webman": ("start.php", "start.php start", 8787),
}
_VERSION_PINS = (".php-version", ".tool-versions")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    command: str
    port: int | None
    evidence: Evidence
    followed: ReadmeCommand | None = None


def detect_php(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """None when there is neither a `composer.json` nor a page in PHP at a known place."""
    composer = _read_json(project_dir, "composer.json")
    if composer is None and not any(project_dir.is_file(_page(root)) for root in _DOCUMENT_ROOTS):
        return None
    required = _objects(composer, "require")
    framework = next((name for name, package in _FRAMEWORKS if any(one.startswith(package) for one in required)), None)
    if project_dir.is_file("wp-config-sample.php") or project_dir.is_file("wp-login.php"):
        framework = "wordpress"
    start = _find_start(project_dir, readme, framework, composer)
    declared = (
        (Evidence(file="composer.json", line=None, why="declares the dependencies", decides="install"),)
        if composer
        else ()
    )
    version, version_evidence = _version(project_dir, required)
    return Detection(
        language="php",
        framework=framework,
        language_version=version,
        package_manager="composer" if composer is not None else None,
        install_command="composer install --no-dev --no-interaction --optimize-autoloader" if composer else None,
        build_command=_build_command(project_dir, framework) if start else None,
        start_command=start.command if start else None,
        port=start.port if start else None,
        bind_host=_EVERYWHERE if start and start.port else None,
        environment=(("PHP_CLI_SERVER_WORKERS", "4"),) if start and " -S " in start.command else (),
        evidence=(*((start.evidence,) if start else ()), *declared, *version_evidence),
        warnings=_warnings(project_dir, framework, start),
        followed=start.followed if start else None,
    )


def _find_start(
    project_dir: ProjectDir, readme: Readme | None, framework: str | None, composer: dict[str, object] | None
) -> _Start | None:
    own = _OWN_SERVERS.get(framework or "")
    for command in read_written_commands(project_dir, readme):
        start = _interpret(project_dir, command, own)
        if start is not None:
            return start
    if own is not None and project_dir.is_file(own[0]):
        evidence = Evidence(file=own[0], line=None, why=f"the command line of {framework}")
        return _Start(command=f"php {own[1]}", port=own[2], evidence=evidence)
    script = _objects(composer, "scripts").get("start")
    if isinstance(script, str):
        evidence = Evidence(file="composer.json", line=None, why="its `start` script")
        start = _interpret(project_dir, WrittenCommand(shape=read_command(script), evidence=evidence), own)
        if start is not None:
            return start
    root = next((root for root in _DOCUMENT_ROOTS if project_dir.is_file(_page(root))), None)
    if root is None:
        return None
    evidence = Evidence(file=_page(root), line=None, why="the page at the document root")
    return _Start(command=f"php -S {_EVERYWHERE}:{_PORT} -t {root or '.'}", port=_PORT, evidence=evidence)


def _interpret(project_dir: ProjectDir, command: WrittenCommand, own: tuple[str, str, int] | None) -> _Start | None:
    words = command.shape.words
    program = words[0].rpartition("/")[2] if words else ""
    if command.shape.directory is not None or (program != "php" and not program.startswith("heroku-php-")):
        return None
    if program.startswith("heroku-php-"):
        root = next((word.strip("/") for word in words[1:] if not word.startswith("-")), "")
        return _built_in(project_dir, root, None, _PORT, command) if project_dir.is_directory(root or ".") else None
    if "-S" in words:
        return _interpret_built_in(project_dir, command)
    if (
        own is not None
        and len(words) > 1
        and words[1].removeprefix("./") == own[0]
        and set(words[2:]) & {"serve", "run", "start"}
    ):
        asked = port_of_words(words) or own[2]
        text = f"php {own[1].replace(str(own[2]), str(asked))}"
        return _Start(command=text, port=asked, evidence=command.evidence, followed=command.readme)
    file = words[1].removeprefix("./") if len(words) > 1 else ""
    plain = all(re.fullmatch(r"[\w./:=-]+", word) for word in words[2:])
    if own is None and plain and is_plain_path(file) and file.endswith(".php") and project_dir.is_file(file):
        text = " ".join(("php", file, *words[2:]))
        return _Start(command=text, port=port_of_words(words), evidence=command.evidence, followed=command.readme)
    return None


def _interpret_built_in(project_dir: ProjectDir, command: WrittenCommand) -> _Start | None:
    """`php -S localhost:8000 -t public router.php` on an address that can be reached."""
    words = command.shape.words
    at = words.index("-S")
    port = port_of_words(words[at : at + 2]) or _PORT
    root = words[words.index("-t") + 1].rstrip("/") if "-t" in words[:-1] else ""
    router = next((word for word in words[at + 2 :] if word.endswith(".php")), None)
    root = root.removeprefix("./").removeprefix(".")
    if (root and not (is_plain_path(root) and project_dir.is_directory(root))) or (
        router and not (is_plain_path(router) and project_dir.is_file(router))
    ):
        return None
    if not root and router is None and not project_dir.is_file("index.php"):
        return None
    return _built_in(project_dir, root, router, port, command)


def _built_in(
    project_dir: ProjectDir, root: str, router: str | None, port: int, command: WrittenCommand
) -> _Start | None:
    if root and not is_plain_path(root):
        return None
    if router is None and not project_dir.is_file(_page(root)):
        return None
    text = f"php -S {_EVERYWHERE}:{port} -t {root or '.'}{f' {router}' if router else ''}"
    return _Start(command=text, port=port, evidence=command.evidence, followed=command.readme)


def _build_command(project_dir: ProjectDir, framework: str | None) -> str | None:
    """What a fresh copy of Laravel wants: settings, a key, a database file; and the pages `package.json` builds."""
    parts = []
    if framework == "laravel":
        example = project_dir.find_text(".env.example")
        if example is not None:
            parts += [
                "test -f .env || cp .env.example .env",
                "grep -q '^APP_KEY=.' .env || php artisan key:generate --force",
            ]
        if re.search(r"^DB_CONNECTION=sqlite", example or "", re.MULTILINE) and project_dir.is_directory("database"):
            parts += ["touch database/database.sqlite", "php artisan migrate --force"]
    if "build" in _objects(_read_json(project_dir, "package.json"), "scripts"):
        parts += ["npm ci" if project_dir.is_file("package-lock.json") else "npm install", "npm run build"]
    return " && ".join(parts) or None


def _warnings(project_dir: ProjectDir, framework: str | None, start: _Start | None) -> tuple[str, ...]:
    found = []
    if start and " -S " in start.command and start.command.endswith("-t ."):
        hidden = [file for file in project_dir.files() if file.startswith(".") and "/" not in file]
        if hidden:
            found.append(
                f"the project's own directory is served, with `{hidden[0]}` in it: move the pages to `public/`"
            )
    if framework in {"wordpress", "drupal"}:
        found.append(f"{framework} needs a MySQL database that is not part of this deploy")
    return tuple(found)


def _version(project_dir: ProjectDir, required: dict[str, object]) -> tuple[str | None, tuple[Evidence, ...]]:
    for file in _VERSION_PINS:
        match = re.search(r"^\s*(?:php\s+)?(\d+\.\d+)", project_dir.find_text(file) or "", re.MULTILINE)
        if match:
            return match[1], (Evidence(file=file, line=None, why=f"wants PHP {match[1]}", decides="version"),)
    wanted = required.get("php")
    if isinstance(wanted, str):
        return wanted, (Evidence(file="composer.json", line=None, why=f"wants PHP {wanted}", decides="version"),)
    return None, ()


def _page(root: str) -> str:
    return f"{root}/index.php" if root else "index.php"


def _read_json(project_dir: ProjectDir, file: str) -> dict[str, object] | None:
    """The object in a file, {} for one that is broken, None without one."""
    text = project_dir.find_text(file)
    if text is None:
        return None
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _objects(document: dict[str, object] | None, key: str) -> dict[str, object]:
    value = (document or {}).get(key)
    return value if isinstance(value, dict) else {}
