"""The bodies of `package.json` scripts and commands people wrote: what each does, without the wrappers around it."""

import re
import shlex
from dataclasses import dataclass

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_SHELL_SIGNS = re.compile(r"[|;<>`\n\0()]|\$|(?<!&)&(?!&)")
_RUNNERS = frozenset({"npm", "yarn", "pnpm", "bun"})
_ALWAYS_DEV = frozenset({
    "nodemon", "ts-node-dev", "tsnd", "concurrently", "live-server", "browser-sync", "webpack-dev-server", "storybook",
    "start-storybook", "onchange", "chokidar", "wrangler", "netlify", "vercel", "firebase", "func", "sls", "serverless", "sam", "swa", "amplify", "gulp", "grunt", "electron",
    "electron-forge", "expo", "react-native", "tauri", "supervisor", "node-dev", "lite-server", "budo", "jest", "vitest",
    "brunch", "polymer", "sanity", "stencil", "ember", "shopify", "docusaurus-start", "elm-app", "preact", "mocha", "playwright", "cypress", "eslint", "prettier", "husky", "lint-staged", "release-it", "changeset",
})  # fmt: skip
# Programs that develop unless told otherwise: the sub-commands that build, serve for good, and show a build.
_SUBCOMMANDS: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]] = {
    program: (frozenset(build.split()), frozenset(serve.split()), frozenset(preview.split()))
    for program, build, serve, preview in (
        ("vite", "build", "", "preview"), ("next", "build export", "start", ""), ("nuxt", "build generate prepare", "start", "preview"),
        ("nuxi", "build generate prepare", "", "preview"), ("nitro", "build prepare", "", "preview"),
        ("nitropack", "build prepare", "", "preview"), ("astro", "build check sync", "", "preview"),
        ("gatsby", "build clean", "", "serve"), ("remix", "build vite:build", "", ""), ("react-router", "build typegen", "", ""),
        ("svelte-kit", "build sync package", "", "preview"), ("docusaurus", "build clear", "", "serve"),
        ("vitepress", "build", "", "preview"), ("vuepress", "build", "", ""), ("parcel", "build", "", ""), ("ng", "build b", "", ""),
        ("react-scripts", "build", "", ""), ("react-app-rewired", "build", "", ""), ("craco", "build", "", ""),
        ("vue-cli-service", "build", "", ""), ("nest", "build", "", ""), ("nx", "build run-many", "", ""), ("turbo", "build", "", ""),
        ("lerna", "bootstrap", "", ""), ("vinxi", "build", "start", ""), ("rsbuild", "build", "", "preview"),
        ("umi", "build setup", "", "preview"), ("max", "build setup", "", "preview"), ("strapi", "build", "start", ""),
        ("medusa", "build", "start", ""), ("keystone", "build postinstall", "start", ""), ("directus", "bootstrap", "start", ""),
        ("hexo", "generate g clean", "", ""), ("ember", "build", "", ""), ("quasar", "build", "", ""),
        ("webpack", "build", "", ""), ("fastify", "", "start", ""), ("probot", "", "run", ""), ("egg-scripts", "", "start", ""),
        ("prisma", "generate migrate", "", ""), ("redwood", "build", "serve", ""), ("waku", "build", "start", ""),
        ("blitz", "build", "start", ""),
    )
}  # fmt: skip
_BUILDERS = frozenset({
    "tsc", "vue-tsc", "tsup", "esbuild", "rollup", "swc", "babel", "webpack", "rimraf", "shx", "cpx", "copyfiles", "ncc", "tsc-alias",
    "rm", "cp", "mkdir", "unbuild", "bunchee", "microbundle", "pkgroll", "tsdown", "resolve-tspaths", "svgo", "postcss", "tailwindcss",
    "sass", "lessc", "graphql-codegen", "eleventy", "ng-packagr", "bob", "echo", "del-cli", "cpy", "ncp",
})  # fmt: skip
_SERVERS = frozenset({
    "node", "nodejs", "tsx", "ts-node", "ts-node-esm", "esno", "jiti", "remix-serve", "react-router-serve", "serve", "http-server",
    "sirv", "json-server", "moleculer-runner", "srvx", "pm2-runtime", "pm2", "coffee", "babel-node", "vite-node", "forever", "swc-node",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One simple command. `kind` is "serve", "build", "dev", "preview", "script" (another script, by `words[0]`) or "other"."""

    kind: str
    words: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


def read_steps(body: str) -> tuple[Step, ...] | None:
    """The commands of an `a && b` list; None when the text does more than that or its quotes do not close."""
    if _SHELL_SIGNS.search(re.sub(r"\$\{?PORT\}?|\$\{PORT:-\d+\}", "0", body)):
        return None
    steps = []
    for part in body.split("&&"):
        try:
            words = shlex.split(part)
        except ValueError:
            return None
        step = read_step(words)
        if step is not None:
            steps.append(step)
    return tuple(steps)


def read_step(words: list[str]) -> Step | None:
    """One command without `cross-env`, `npx` and the like; None when nothing is left of it."""
    words, environment = _unwrapped(words)
    if not words:
        return None
    program = words[0].rpartition("node_modules/.bin/")[2]
    words = [program, *words[1:]]
    script = _script_named(words)
    if script:
        return Step(kind="script", words=(script,), environment=tuple(environment))
    return Step(kind=_kind(words), words=tuple(words), environment=tuple(environment))


def _unwrapped(words: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    environment: list[tuple[str, str]] = []
    while words:
        first = words[0]
        if _ASSIGNMENT.match(first):
            name, _, value = first.partition("=")
            environment.append((name, value))
            words = words[1:]
        elif first in {"cross-env", "cross-env-shell", "env", "exec", "npx", "bunx", "better-npm-run", "time", "nohup"}:
            words = words[1:]
            while words and words[0] in {"-y", "--yes", "--no-install", "--bun", "--"}:
                words = words[1:]
        elif first in {"dotenv", "dotenvx", "env-cmd"} and "--" in words:
            words = words[words.index("--") + 1 :]
        elif tuple(words[:2]) in {("pnpm", "exec"), ("npm", "exec"), ("yarn", "exec"), ("pnpm", "dlx"), ("bun", "x")}:
            words = words[2:]
            words = words[1:] if words[:1] == ["--"] else words
        elif first == "bun" and words[1:2] == ["--bun"]:
            words = words[2:]
        else:
            break
    return words, environment


def _script_named(words: list[str]) -> str | None:
    """The script a package manager's command runs: `npm start`, `npm run x`, `yarn x`; None for every other command."""
    if words[0] in {"run-s", "npm-run-all", "run-p"}:
        return None
    if words[0] not in _RUNNERS:
        return None
    rest = [word for word in words[1:] if word not in {"-s", "--silent", "--if-present"}]
    if not rest or any(
        word in {"-w", "-F", "-r", "-C"} or word.startswith(("--filter", "--workspace", "--prefix")) for word in rest
    ):
        return None
    if rest[0] in {"run", "run-script"}:
        return rest[1] if len(rest) > 1 and not re.search(r"\.[cm]?[jt]sx?$", rest[1]) else None
    if rest[0] in {"start", "test"}:
        return rest[0]
    reserved = {
        "install",
        "i",
        "ci",
        "add",
        "exec",
        "dlx",
        "x",
        "workspace",
        "workspaces",
        "global",
        "create",
        "init",
        "publish",
    }
    is_file = re.search(r"\.[cm]?[jt]sx?$", rest[0])
    return rest[0] if words[0] in {"yarn", "pnpm"} and rest[0] not in reserved and not is_file else None


def _kind(words: list[str]) -> str:
    program, rest = words[0], words[1:]
    plain = [word for word in rest if not word.startswith("-")]
    if program in _ALWAYS_DEV:
        return "build" if program == "expo" and plain[:1] == ["export"] else "dev"
    if program in {"node", "nodejs", "bun", "tsx"} and any(
        word.startswith(("--watch", "--hot")) or word == "watch" for word in rest
    ):
        return "dev"
    if program in _SUBCOMMANDS:
        build, serve, preview = _SUBCOMMANDS[program]
        first = plain[0] if plain else ""
        if "--watch" in rest or "-w" in rest:
            return "dev"
        if program == "webpack" and first != "serve":
            return "build"
        named = first.partition(":")[0] if program in {"nx", "turbo"} else first
        if named == "run" and len(plain) > 1:
            named = plain[1]
        return "build" if named in build else "serve" if named in serve else "preview" if named in preview else "dev"
    if program in {"tsc", "babel", "swc", "tsup", "rollup", "esbuild"} and {"-w", "--watch"} & set(rest):
        return "dev"
    if program == "bun":
        return "serve" if plain and re.search(r"\.[cm]?[jt]sx?$", plain[-1]) and plain[0] != "build" else "build"
    if program not in _SERVERS and {"dev", "develop", "watch", "--watch", "--dev", "--serve", "--hot"} & set(rest):
        return "dev"
    return "serve" if program in _SERVERS else "build" if program in _BUILDERS else "other"
