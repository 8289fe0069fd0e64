"""What a Node.js project declares: `package.json`, lock files, version pins; read leniently, each problem named."""

import json
import re
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.project_dir import ProjectDir

_SCRIPT_NAME = re.compile(r"[\w][\w:.-]*")
_DIGITS = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_LOCKS = (
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
    ("package-lock.json", "npm"),
    ("npm-shrinkwrap.json", "npm"),
)
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?(?:\*/|\Z)|,(?=\s*[}\]])', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeManifest:
    """One `package.json` and what stands beside it; `text` is empty without one.

    `packages` are the names of the dependencies, `runtime` those outside devDependencies. `broken` when npm itself could
    not read the file. `version` is the constraint on Node.js as the project words it.
    """

    text: str
    name: str | None
    broken: bool
    scripts: dict[str, str]
    packages: dict[str, str]
    runtime: frozenset[str]
    main: str | None
    workspaces: tuple[str, ...]
    manager: str
    manager_version: str | None
    lock: str | None
    lock_fits: bool
    version: str | None
    version_evidence: Evidence | None
    warnings: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """Whether any of these packages is a dependency of any kind."""
        return any(name in self.packages for name in names)

    def line_of(self, key: str) -> int | None:
        """The first line of `package.json` that has this key."""
        found = re.search(rf'"{re.escape(key)}"\s*:', self.text)
        return self.text.count("\n", 0, found.start()) + 1 if found else None

    def major_of(self, package: str) -> int | None:
        """The major version a dependency's range begins with; None for tags and addresses."""
        found = re.match(r"[\^~>=v\s]*(\d+)", self.packages.get(package, ""))
        return int(found[1]) if found else None

    @property
    def install_command(self) -> str | None:
        """What installs the dependencies, exactly as locked where a lock fits; None when there is nothing to install."""
        if not self.text or self.broken or not (self.packages or self.workspaces or self.scripts):
            return None
        if self.manager == "npm":
            exact = self.lock is not None and self.lock_fits
            return f"npm {'ci' if exact else 'install'} --no-audit --no-fund"
        if self.lock is None:  # yarn 2 and later would refuse to write one where nobody watches
            return "yarn install --no-immutable" if self.is_berry else f"{self.manager} install"
        exact_option = "--immutable" if self.manager == "yarn" and self.is_berry else "--frozen-lockfile"
        return f"{self.manager} install {exact_option}"

    @property
    def is_berry(self) -> bool:
        """Whether yarn is a version after 1."""
        return self.manager == "yarn" and not (self.manager_version or "1").startswith("1")

    def run(self, script: str) -> str:
        """The command that runs a script of `package.json`."""
        return f"{self.manager} start" if script == "start" else f"{self.manager} run {script}"


def read_node_manifest(project_dir: ProjectDir, directory: str = "") -> NodeManifest:
    """What the directory's `package.json` and its neighbours say; empty when there is none."""
    base = f"{directory}/" if directory else ""
    file = f"{base}package.json"
    text = project_dir.find_text(file)
    warnings: list[str] = []
    if text is None and not directory and project_dir.is_file("package.json5"):
        file = "package.json5"
        text = project_dir.find_text(file)
        warnings.append("`package.json5` is no file npm reads: it is taken as a hint only")
    data, broken = _parse(text, file, warnings)
    broken = broken or file == "package.json5"
    packages, runtime = _dependencies(data)
    manager, manager_version, lock = _manager(project_dir, base, data, warnings)
    fits = manager != "npm" or lock is None or _npm_lock_fits(project_dir.find_text(base + lock) or "", data)
    if not fits:
        warnings.append(f"`{base}{lock}` does not fit `{file}`: `npm install` is used, the versions may differ")
    version, version_evidence = _node_version(project_dir, base, data, text or "")
    main, name = data.get("main"), data.get("name")
    return NodeManifest(
        text=text or "",
        name=name if isinstance(name, str) else None,
        broken=broken,
        scripts=_scripts(data),
        packages=packages,
        runtime=runtime,
        main=main.removeprefix("./") if isinstance(main, str) else None,
        workspaces=_workspaces(project_dir, base, data),
        manager=manager,
        manager_version=manager_version,
        lock=lock,
        lock_fits=fits,
        version=version,
        version_evidence=version_evidence,
        warnings=tuple(warnings),
    )


def _parse(text: str | None, file: str, warnings: list[str]) -> tuple[dict[str, object], bool]:
    """The object in the text and whether npm would refuse it. Comments and trailing commas are forgiven here, and named."""
    if text is None:
        return {}, False
    if not text.strip():
        warnings.append(f"`{file}` is empty: npm cannot read it")
        return {}, True
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        try:
            found = json.loads(_TOKEN.sub(lambda match: match[0] if match[0][0] == '"' else "", text))
            why = "has comments or trailing commas"
        except (ValueError, RecursionError):
            found, why = {}, "is not valid JSON"
        warnings.append(f"`{file}{line}` {why}: npm cannot read it, so its scripts are not used")
        return _table(found), True
    if not isinstance(found, dict):
        warnings.append(f"`{file}` holds no object")
        return {}, True
    warnings.extend(
        f"`{file}`: `{key}` is no object: it is not used"
        for key in ("scripts", "dependencies", "devDependencies")
        if found.get(key) and not isinstance(found[key], dict)
    )
    return found, False


def _table(value: object) -> dict[str, object]:
    return {key: one for key, one in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}


def _scripts(data: dict[str, object]) -> dict[str, str]:
    return {
        name: body
        for name, body in _table(data.get("scripts")).items()
        if isinstance(body, str) and _SCRIPT_NAME.fullmatch(name) and body.strip()
    }


def _dependencies(data: dict[str, object]) -> tuple[dict[str, str], frozenset[str]]:
    packages: dict[str, str] = {}
    runtime: set[str] = set()
    for key in ("devDependencies", "peerDependencies", "optionalDependencies", "dependencies"):
        for name, version in _table(data.get(key)).items():
            packages[name] = version if isinstance(version, str) else ""
            if key in {"dependencies", "optionalDependencies"}:
                runtime.add(name)
    return packages, frozenset(runtime)


def _manager(
    project_dir: ProjectDir, base: str, data: dict[str, object], warnings: list[str]
) -> tuple[str, str | None, str | None]:
    """The package manager, the version to use of it and its lock file: `packageManager` first, then the lock files."""
    locks = [(file, manager) for file, manager in _LOCKS if project_dir.is_file(base + file)]
    pinned = data.get("packageManager")
    found = re.fullmatch(r"(npm|pnpm|yarn|bun)@(\d+\.\d+\.\d+)[\w.+-]*", pinned) if isinstance(pinned, str) else None
    if found:
        lock = next((file for file, manager in locks if manager == found[1]), None)
        return found[1], found[2], lock
    engines = _table(data.get("engines"))
    managers = list(dict.fromkeys(manager for _file, manager in locks))
    manager = managers[0] if managers else next((one for one in ("pnpm", "yarn", "bun") if one in engines), "npm")
    if not managers and (project_dir.is_file(f"{base}pnpm-workspace.yaml")):
        manager = "pnpm"
    lock = next((file for file, one in locks if one == manager), None)
    if len(managers) > 1:
        listed = ", ".join(f"`{file}`" for file, _manager in locks)
        warnings.append(f"lock files of several package managers: {listed}; {manager} is used")
    text = (project_dir.find_text(base + lock) or "")[:4_000] if lock and lock != "bun.lockb" else ""
    return manager, _manager_version(project_dir, base, manager, text), lock


def _manager_version(project_dir: ProjectDir, base: str, manager: str, lock_text: str) -> str | None:
    """The version that reads the lock's format; None for npm, which comes with Node.js."""
    if manager == "pnpm":
        found = re.search(r"lockfileVersion:\s*'?(\d+)", lock_text)
        return {"5": "7.33.7", "6": "8.15.9"}.get(found[1] if found else "", "9.15.9")
    if manager == "yarn":
        berry = "__metadata:" in lock_text or project_dir.is_file(f"{base}.yarnrc.yml")
        return "4.9.2" if berry else "1.22.22"
    return "1.2.20" if manager == "bun" else None


def _npm_lock_fits(text: str, data: dict[str, object]) -> bool:
    """Whether `npm ci` would take the lock: every dependency is in it, asked for in the same words."""
    try:
        lock = _table(json.loads(text))
    except (ValueError, RecursionError):
        return False
    packages = _table(lock.get("packages"))
    keys = ("dependencies", "devDependencies", "optionalDependencies")
    wanted = {name: one for key in keys for name, one in _table(data.get(key)).items()}
    if packages:
        root = _table(packages.get(""))
        locked = {name: one for key in keys for name, one in _table(root.get(key)).items()}
        return wanted == locked
    return set(wanted) <= set(_table(lock.get("dependencies")))


def _workspaces(project_dir: ProjectDir, base: str, data: dict[str, object]) -> tuple[str, ...]:
    declared = data.get("workspaces")
    if isinstance(declared, dict):
        declared = declared.get("packages")
    found = [one for one in declared if isinstance(one, str)] if isinstance(declared, list) else []
    text = project_dir.find_text(f"{base}pnpm-workspace.yaml") or ""
    listed = re.search(r"^packages:\s*\n((?:\s*-.*\n?|\s*#.*\n?)+)", text, re.MULTILINE)
    if listed:
        found += re.findall(r"-\s*['\"]?([^'\"\n#]+?)['\"]?\s*(?:#.*)?$", listed[1], re.MULTILINE)
    return tuple(one for one in found if not one.startswith("!"))


def _node_version(
    project_dir: ProjectDir, base: str, data: dict[str, object], text: str
) -> tuple[str | None, Evidence | None]:
    """The pinned version: `.nvmrc` and its kind before volta, before `engines`; with where it stands."""
    for name in (".node-version", ".nvmrc"):
        pinned = (project_dir.find_text(base + name) or "").strip().split("\n")[0].strip()
        if re.fullmatch(r"v?\d+(\.\d+){0,2}|lts/[\w*-]+", pinned):
            return pinned, Evidence(file=base + name, line=1, why=f"pins Node.js {pinned}", decides="version")
    tools = re.search(r"^(?:nodejs|node)\s+(\S+)", project_dir.find_text(f"{base}.tool-versions") or "", re.MULTILINE)
    if tools and _DIGITS.match(tools[1]):
        return tools[1], Evidence(
            file=f"{base}.tool-versions", line=None, why=f"pins Node.js {tools[1]}", decides="version"
        )
    for key in ("volta", "engines"):
        value = _table(data.get(key)).get("node")
        if isinstance(value, str) and re.fullmatch(r"[\d\s.^~<>=|xX*v-]{1,80}", value) and _DIGITS.search(value):
            position = text.find(f'"{key}"')
            line = text.count("\n", 0, position) + 1 if position >= 0 else None
            return value.strip(), Evidence(
                file=f"{base}package.json", line=line, why=f"{key} wants Node.js {value}", decides="version"
            )
    return None, None
