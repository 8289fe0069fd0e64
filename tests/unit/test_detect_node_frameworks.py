"""What each framework's build leaves behind, and how it is served: pages as files, servers on every address."""

import json
from pathlib import Path

import pytest
from project_trees import analyze_tree


def _package(scripts: dict[str, str], *dependencies: str) -> str:
    return json.dumps({"scripts": scripts, "dependencies": dict.fromkeys(dependencies, "^3.0.0")})


def _static(directory: str, *, single: bool = True) -> str:
    return f"sirv {directory}{' --single' if single else ''} --host 0.0.0.0 --port 8080"


ANGULAR = json.dumps({
    "projects": {"shop": {"projectType": "application", "architect": {
        "build": {"builder": "@angular/build:application", "options": {"outputPath": "dist/shop"}}}}}
})  # fmt: skip


@pytest.mark.parametrize(
    ("framework", "dependencies", "scripts", "files", "start"),
    [
        ("cra", ("react-scripts",), {"start": "react-scripts start", "build": "react-scripts build"}, {}, _static("build")),
        ("vite", ("vite",), {"build": "vite build"}, {"index.html": "x"}, _static("dist")),
        ("vite", ("vite",), {"build": "vite build"},
         {"index.html": "x", "vite.config.ts": "export default { build: { outDir: 'public_html' } }"}, _static("public_html")),
        ("vite", ("vite",), {"start": "vite preview", "build": "vite build"}, {"index.html": "x"}, _static("dist")),
        ("vue", ("@vue/cli-service",), {"serve": "vue-cli-service serve", "build": "vue-cli-service build"}, {}, _static("dist")),
        ("angular", ("@angular/core",), {"start": "ng serve", "build": "ng build"}, {"angular.json": ANGULAR},
         _static("dist/shop/browser")),
        ("astro", ("astro",), {"start": "astro dev", "build": "astro build"}, {}, _static("dist", single=False)),
        ("gatsby", ("gatsby",), {"start": "npm run develop", "develop": "gatsby develop", "build": "gatsby build"}, {},
         _static("public", single=False)),
        ("docusaurus", ("@docusaurus/core",), {"start": "docusaurus start", "build": "docusaurus build"}, {},
         _static("build", single=False)),
        ("vitepress", ("vitepress",), {"build": "vitepress build docs"}, {}, _static("docs/.vitepress/dist", single=False)),
        ("next", ("next",), {"build": "next build"}, {"app/page.js": "x", "next.config.mjs": "export default {output: 'export'}"},
         _static("out", single=False)),
        ("react-router", ("@react-router/dev",), {"build": "react-router build", "start": "react-router-serve build/server/index.js"},
         {"react-router.config.ts": "export default { ssr: false }"}, _static("build/client")),
        ("svelte-kit", ("@sveltejs/kit", "vite"), {"build": "vite build"},
         {"svelte.config.js": "import adapter from '@sveltejs/adapter-static'"}, _static("build", single=False)),
    ],
)  # fmt: skip
def test_pages_are_served_as_files_where_the_build_puts_them(
    tmp_path: Path,
    framework: str,
    dependencies: tuple[str, ...],
    scripts: dict[str, str],
    files: dict[str, str],
    start: str,
) -> None:
    found = analyze_tree(tmp_path, {"package.json": _package(scripts, *dependencies), **files})
    assert (found.framework, found.start_command, found.port) == (framework, start, 8080)
    assert found.build_command == "npm run build"
    assert "sirv-cli@3.0.1" in (found.install_command or "")


@pytest.mark.parametrize(
    ("framework", "dependencies", "scripts", "files", "start", "port"),
    [
        ("next", ("next",), {"build": "next build", "start": "next start"}, {"pages/index.js": "x"},
         "next start -H 0.0.0.0 -p 3000", 3000),
        ("next", ("next",), {"dev": "next dev"}, {"src/app/page.js": "x"}, "next start -H 0.0.0.0 -p 3000", 3000),
        ("nuxt", ("nuxt",), {"build": "nuxt build"}, {}, "node .output/server/index.mjs", 3000),
        ("nuxt", ("nuxt",), {"build": "nuxt build", "start": "nuxt start"}, {}, "nuxt start -H 0.0.0.0 -p 3000", 3000),
        ("remix", ("@remix-run/node", "@remix-run/serve"), {"build": "remix vite:build", "start": "remix-serve ./build/server/index.js"},
         {"vite.config.ts": ""}, "remix-serve build/server/index.js", 3000),
        ("svelte-kit", ("@sveltejs/kit",), {"build": "vite build"},
         {"svelte.config.js": "import adapter from '@sveltejs/adapter-node'"}, "node build", 3000),
        ("astro", ("astro", "@astrojs/node"), {"build": "astro build"},
         {"astro.config.mjs": "import node from '@astrojs/node'"}, "node dist/server/entry.mjs", 4321),
        ("nitro", ("nitropack",), {"build": "nitro build", "start": "node .output/server/index.mjs"}, {},
         "node .output/server/index.mjs", 3000),
        ("fastify", ("fastify", "fastify-cli"), {"start": "fastify start -p 3030 app.js"}, {"app.js": "module.exports = 1"},
         "fastify start -p 3030 app.js", 3030),
        ("strapi", ("@strapi/strapi",), {"start": "strapi start", "build": "strapi build"}, {}, "strapi start", 1337),
        ("hono", ("hono", "@hono/node-server", "tsx"), {"start": "tsx src/index.ts"},
         {"src/index.ts": "import { serve } from '@hono/node-server'\nserve({ fetch: app.fetch, port: 3456 })"}, "tsx src/index.ts", 3456),
        ("koa", ("koa",), {"start": "node app.js"}, {"app.js": "new (require('koa'))().listen(3003)"}, "node app.js", 3003),
    ],
)  # fmt: skip
def test_servers_listen_on_every_address_at_a_known_port(
    *,
    tmp_path: Path,
    framework: str,
    dependencies: tuple[str, ...],
    scripts: dict[str, str],
    files: dict[str, str],
    start: str,
    port: int,
) -> None:
    found = analyze_tree(tmp_path, {"package.json": _package(scripts, *dependencies), **files})
    assert (found.framework, found.start_command, found.port, found.bind_host) == (framework, start, port, "0.0.0.0")


def test_an_nx_workspace_starts_its_default_project(tmp_path: Path) -> None:
    target = {"targets": {"build": {"executor": "@nx/webpack:webpack", "options": {"outputPath": "dist/apps/api"}}}}
    files = {
        "package.json": _package({"start": "nx serve", "build": "nx build"}, "express", "next", "nx"),
        "nx.json": json.dumps({"defaultProject": "api"}),
        "apps/api/project.json": json.dumps(target),
        "apps/web/project.json": "{}",
        "apps/api/src/main.ts": "import express from 'express'\nexpress().listen(3333)\n",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.build_command, found.port) == (
        "node dist/apps/api/main.js",
        "nx build api",
        3333,
    )


def test_an_express_server_beside_a_frontend_is_the_application_and_the_frontend_is_built(tmp_path: Path) -> None:
    files = {
        "package.json": _package({"start": "node server.js", "build": "vite build"}, "express", "vite"),
        "index.html": "x",
        "server.js": "require('express')().listen(8800)\n",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.framework, found.start_command, found.build_command, found.port) == (
        "express", "node server.js", "npm run build", 8800,
    )  # fmt: skip


def test_a_pm2_file_names_the_program_and_the_package_below_is_installed(tmp_path: Path) -> None:
    files = {
        "process.json": json.dumps({"apps": [{"name": "API", "script": "app/server.js"}]}),
        "app/package.json": _package({}, "express"),
        "app/server.js": "require('express')().listen(8081)\n",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.port, found.framework) == ("node app/server.js", 8081, "express")
    assert found.install_command == "npm install --no-audit --no-fund --prefix app"


def test_typescript_without_a_start_script_is_compiled_where_its_configuration_says(tmp_path: Path) -> None:
    files = {
        "package.json": _package({"dev": "ts-node-dev src/index.ts"}, "express", "typescript"),
        "tsconfig.json": '{\n  // comments are usual here\n  "compilerOptions": {"outDir": "./out", "rootDir": "src"}\n}',
        "src/index.ts": "import express from 'express'\nexpress().listen(4100)\n",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.build_command, found.port) == ("node out/index.js", "tsc", 4100)


def test_a_generated_express_application_starts_its_program_without_a_suffix(tmp_path: Path) -> None:
    files = {
        "package.json": _package({"start": "node ./bin/www"}, "express"),
        "bin/www": "#!/usr/bin/env node\nvar app = require('../app');\n"
        "var port = normalizePort(process.env.PORT || '3000');\napp.set('port', port);\nserver.listen(port);\n",
        "app.js": "module.exports = require('express')()\n",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.port, found.framework) == ("node ./bin/www", 3000, "express")
