"""What a command is for, told from its program and sub-command: the list of programs anything is ever believed of."""

import re
from collections.abc import Mapping
from enum import Enum
from itertools import pairwise
from types import MappingProxyType


class Purpose(str, Enum):
    """What a command does for who runs the project. "other" is everything that is not known."""

    INSTALL = "install"
    BUILD = "build"
    PREPARE = "prepare"  # migrations, seeds, generated code: between the install and the start
    START = "start"
    DEVELOP = "develop"  # serves while files are watched, for one person on one machine
    TEST = "test"
    OTHER = "other"
    REFUSED = "refused"


_WRAPPERS = frozenset({
    ("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("pdm", "run"), ("rye", "run"), ("hatch", "run"), ("bundle", "exec"),
})  # fmt: skip
_NODE_WRAPPERS = frozenset(
    {("pnpm", "exec"), ("npm", "exec"), ("yarn", "exec"), ("pnpm", "dlx"), ("yarn", "dlx"), ("bun", "x")}
)
_OTHER_WORDS = frozenset(  # of package managers
    {"create", "init", "publish", "login", "config", "set", "exec", "dlx", "version", "update", "upgrade"}
)
_INTERPRETERS = frozenset({"python", "python3", "ruby", "node", "nodejs", "php", "java", "perl"})
_PACKAGE_MANAGERS = frozenset({"npm", "yarn", "pnpm", "bun", "cnpm"})
_NAMED = (  # what scripts, make targets and tasks are called
    (Purpose.TEST, re.compile(r"tests?|specs?|lint|e2e|check|coverage|cov|format|fmt|typecheck|type-check|cypress")),
    (Purpose.DEVELOP, re.compile(r"dev|develop|development|watch|debug|hot|storybook|docs|preview|start:dev|start:debug|start:watch"
                                 r"|serve:dev")),
    (Purpose.PREPARE, re.compile(r"migrate|migration|migrations|seed|db|prisma|generate|codegen|setup|init|prepare")),
    (Purpose.INSTALL, re.compile(r"install|deps|bootstrap|requirements")),
    (Purpose.BUILD, re.compile(r"build|compile|bundle|package|dist|all|assets|export")),
    (Purpose.START, re.compile(r"start|serve|server|run|prod|production|up|web|app|main|launch")),
)  # fmt: skip
_SERVING = frozenset({"serve", "server", "run", "start", "web", "up", "daemon", "worker"})
_VALUED = frozenset(
    {"--app", "-A", "-f", "--file", "--env-file", "-e", "--project-name", "-C", "--directory", "--prefix", "-c"}
)
_GIVEN_CODE = frozenset({"-c", "-e", "-r", "-p", "-i", "--eval", "--print"})  # as text, not as a file
_PREPARING_FILE = re.compile(
    r"(?:^|[/_-])(?:(?:init|setup|seed|migrate|populate|download|prepare|ingest|reset)(?:[_-]\w+)?"
    r"|create_(?:db|database|tables?|admin|users?|index))\.(?:py|js|ts|mjs|cjs|php|rb)$"
)


_TABLE = (  # `programs: purpose=words`; `*` is any other word, `-` none at all
    "pip,pip3: install=install",
    "uv: install=sync,add,pip",
    "poetry,pdm,pipenv,rye: install=install,sync,add",
    "conda,mamba: install=env,install",
    "gunicorn,uvicorn,hypercorn,daphne,granian,waitress-serve: start=*",
    "flask: start=run prepare=db,init-db,initdb,create-db,create_db,seed,translate",
    "fastapi: start=run,dev",
    "streamlit,chainlit: start=run",
    "gradio: start=*",
    "langgraph: start=dev,up",
    "crewai: start=run,flow install=install",
    "celery: start=*",
    "sanic: start=*",
    "alembic: prepare=upgrade",
    "django-admin: prepare=migrate",
    "pytest,tox,nox,ruff,mypy,black,coverage,pre-commit: test=-,*",
    "go: start=run build=build,install,generate install=mod,get test=test,vet",
    "cargo: start=run build=build,install install=fetch test=test,clippy,bench develop=watch",
    "dotnet: start=run,* install=restore build=build,publish test=test develop=watch other=tool,new,add,sln,--version,--info,dev-certs,ef",
    "composer: install=install,require,update test=test",
    "bundle: install=install,-",
    "gem: install=install",
    "rails: start=server,s test=test prepare=db:migrate,db:setup,db:create,db:seed,db:prepare,assets:precompile",
    "rake: test=test,spec prepare=db:migrate,db:setup,db:create,db:seed,db:prepare,assets:precompile",
    "puma,rackup,unicorn,thin,functions-framework-ruby,functions-framework: start=-,*",
    "rspec,rubocop,phpunit,jest,vitest,mocha,eslint,prettier,cypress,ctest: test=-,*",
    "prisma,sequelize,sequelize-cli,knex,typeorm,drizzle-kit,mikro-orm: prepare=*",
    "playwright: test=*,- other=install",
    "deno: start=run,serve,task install=install,cache test=test,lint,fmt",
    "next,nuxt,nuxi,astro,vite,gatsby,remix,vinxi,strapi,directus,medusa: start=start,serve build=build,generate develop=dev,develop,-,preview",
    "react-scripts,ng,vue-cli-service,craco: develop=start,serve build=build test=test",
    "nodemon,ts-node-dev,tsnd,live-server,webpack-dev-server,browser-sync,air,reflex,watchexec,overmind,foreman,honcho: develop=*,-",
    "remix-serve,react-router-serve,serve,http-server,sirv,pm2,pm2-runtime,ts-node,tsx,json-server: start=*",
    "tsc,webpack,rollup,esbuild: build=*,-",
    "hugo,jekyll,mkdocs,hexo,eleventy,zola: develop=server,serve,s build=-,build,generate,g",
    "docker,podman: start=run,compose,stack build=build,buildx,pull other=*",
    "docker-compose,podman-compose: start=up build=build,pull other=*",
)
_PROGRAMS: Mapping[str, Mapping[str, Purpose]] = MappingProxyType({
    program: MappingProxyType({
        word: Purpose(purpose) for purpose, _, words in (rule.partition("=") for rule in rules.split()) for word in words.split(",")
    })
    for programs, _, rules in (line.partition(": ") for line in _TABLE)
    for program in programs.split(",")
})  # fmt: skip


def unwrap(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command without `uv run`, `poetry run`, `npx` and the like."""
    if words[:2] in _WRAPPERS and len(words) > 2:
        rest = words[2:]
        while rest[0].startswith("--") and len(rest) > 1:
            rest = rest[1:]
        return rest
    if words[:2] in _NODE_WRAPPERS or words[:1] in {("npx",), ("bunx",)}:
        rest = words[1:] if words[0] in {"npx", "bunx"} else words[2:]
        while len(rest) > 1 and rest[0] in {"-y", "--yes", "--no-install", "--", "--bun"}:
            rest = rest[1:]
        return rest or words
    return words


def purpose_of(words: tuple[str, ...]) -> Purpose:
    """What a plain command is for. `words` are those of `unwrap`, never empty."""
    program, rest = re.sub(r"^(?:\./)?(?:vendor/)?bin/", "", words[0]), words[1:]
    if program in _PACKAGE_MANAGERS:
        return _of_package_manager(program, rest)
    if program in _INTERPRETERS:
        return _of_language(program, rest)
    if program.removeprefix("./") in {"mvn", "mvnw", "gradle", "gradlew"}:
        return _of_java_build(rest)
    if program in {"make", "just", "task", "gmake"}:
        return _named(rest[0]) if rest else Purpose.BUILD
    if program in {"docker", "podman"} and rest[:1] == ("compose",):
        return _PROGRAMS["docker-compose"].get(_first(rest[1:]), Purpose.OTHER)
    if program == "composer" and rest and rest[0] in {"run", "run-script"}:
        return _named(rest[1]) if len(rest) > 1 else Purpose.OTHER
    if program == "uv" and rest[:1] == ("pip",) and rest[1:2] != ("install",):
        return Purpose.OTHER
    if program in {"celery", "sanic"} and not rest:
        return Purpose.OTHER
    known = _PROGRAMS.get(program)
    if known is None:
        return Purpose.OTHER
    named = next((word for word in (*rest[:1], _first(rest)) if word in known), "*" if rest else "")
    return known.get(named, Purpose.OTHER)


def is_known(program: str) -> bool:
    """Whether a program is one of many projects, so that what it does is told by its sub-command."""
    return program in _PROGRAMS or program in _INTERPRETERS or program in _PACKAGE_MANAGERS


def is_script(words: tuple[str, ...]) -> bool:
    """Whether a shell script or a program of the project's own is run: `bash start.sh`, `./run`."""
    if words[0] in {"sh", "bash", "zsh"}:
        return len(words) > 1 and re.fullmatch(r"[\w./-]+", words[1]) is not None and not words[1].startswith("-")
    return re.fullmatch(r"\./[\w./-]+|[\w./-]+\.sh", words[0]) is not None


def purpose_of_script(words: tuple[str, ...]) -> Purpose:
    """What a script is for, by its name; one whose name says nothing starts something."""
    file = words[1] if words[0] in {"sh", "bash", "zsh"} else words[0]
    name = file.rpartition("/")[2].removesuffix(".sh")
    found = _named(name)
    return Purpose.START if found is Purpose.OTHER else found


def starts_own_program(words: tuple[str, ...]) -> bool:
    """Whether a program of the project's own is told to serve, or told nothing but options."""
    plain = [word for word in words[1:] if not word.startswith("-")]
    return words[1:] == () or bool(_SERVING & set(plain[:2])) or words[1].startswith("-")


def _first(rest: tuple[str, ...]) -> str:
    """The sub-command: the first word that is neither an option nor the value of one; `-` without any."""
    for before, word in pairwise(("", *rest)):
        if not word.startswith("-") and not word.isdigit() and before not in _VALUED:
            return word
    return "-"


def _named(name: str) -> Purpose:
    for purpose, pattern in _NAMED:
        if pattern.fullmatch(name):
            return purpose
    for part in re.split(r"[:._-]", name):
        for purpose, pattern in _NAMED:
            if pattern.fullmatch(part):
                return purpose
    return Purpose.OTHER


def _of_package_manager(program: str, rest: tuple[str, ...]) -> Purpose:
    words = tuple(word for word in rest if not word.startswith("-"))
    if not words:
        return Purpose.INSTALL if program == "yarn" and not rest else Purpose.OTHER
    if words[0] in {"install", "i", "ci", "add"}:
        return Purpose.INSTALL
    if words[0] in {"test", "t"}:
        return Purpose.TEST
    if words[0] in {"run", "run-script"} and len(words) > 1:
        if program == "bun" and re.search(r"\.[cm]?[jt]sx?$", words[1]):
            return Purpose.START
        return _named(words[1])
    if words[0] in _OTHER_WORDS:
        return Purpose.OTHER
    if program == "bun" and re.search(r"\.[cm]?[jt]sx?$", words[0]):
        return Purpose.START
    return Purpose.START if words[0] == "start" else Purpose.OTHER if program in {"npm", "cnpm"} else _named(words[0])


def _of_language(program: str, rest: tuple[str, ...]) -> Purpose:
    """Files and modules are run; code in the command itself is not, nor is what makes environments and packages."""
    if program == "java":
        return Purpose.START if "-jar" in rest or (rest and not rest[-1].startswith("-")) else Purpose.OTHER
    if program == "php" and "-S" in rest:
        return Purpose.START
    given = _GIVEN_CODE - {"-r"} if program in {"node", "nodejs", "ruby"} else _GIVEN_CODE
    if given & set(rest[:2]):
        return Purpose.OTHER
    if program.startswith("python") and rest[:1] == ("-m",):
        return _of_module(rest[1:])
    return _of_file(program, rest)


def _of_file(program: str, rest: tuple[str, ...]) -> Purpose:
    """What the file an interpreter is given is for, by its name."""
    plain = [word for word in rest if not word.startswith("-")]
    if not plain:
        return Purpose.OTHER
    if plain[0].endswith("manage.py"):
        return _of_manage(plain[1] if len(plain) > 1 else "")
    if program == "php" and plain[0] in {"artisan", "bin/console"}:
        return _of_artisan(plain[1] if len(plain) > 1 else "")
    if program.startswith("python") and not plain[0].endswith((".py", ".pyz")) and "/" not in plain[0]:
        return Purpose.OTHER
    if plain[0].rpartition("/")[2] in {"setup.py", "get-pip.py", "pytest", "phpunit"}:
        return Purpose.INSTALL if "install" in plain else Purpose.OTHER
    if re.search(r"(?:^|/)tests?(?:[/_]|\.\w+$)|_test\.\w+$", plain[0]):
        return Purpose.TEST
    return Purpose.PREPARE if _PREPARING_FILE.search(plain[0]) else Purpose.START


def _of_module(rest: tuple[str, ...]) -> Purpose:
    if not rest:
        return Purpose.OTHER
    module = rest[0]
    if module == "pip":
        return Purpose.INSTALL if rest[1:2] == ("install",) else Purpose.OTHER
    if module in {"pytest", "unittest", "tox", "mypy", "black", "ruff", "flake8", "coverage"}:
        return Purpose.TEST
    if module in {"venv", "virtualenv", "build", "ensurepip", "pipx", "pydoc", "json.tool", "this", "site", "timeit"}:
        return Purpose.OTHER
    if module in _PROGRAMS:
        return purpose_of(rest)
    return Purpose.START


def _of_manage(command: str) -> Purpose:
    if command == "runserver":
        return Purpose.START
    if command in {"test", "check"}:
        return Purpose.TEST
    prepares = re.fullmatch(
        r"migrate|collectstatic|compilemessages|loaddata|db|(?:init|create|setup|seed|load)[_-]?\w*", command
    )
    return Purpose.PREPARE if prepares and command != "createsuperuser" else Purpose.OTHER


def _of_artisan(command: str) -> Purpose:
    if command in {"serve", "server:run", "octane:start"}:
        return Purpose.START
    if command == "test":
        return Purpose.TEST
    prepares = re.match(r"migrate|db:|key:generate|storage:link|doctrine:|config:cache", command)
    return Purpose.PREPARE if prepares else Purpose.OTHER


def _of_java_build(rest: tuple[str, ...]) -> Purpose:
    tasks = {word.rpartition(":")[2] if word.startswith(":") else word for word in rest if not word.startswith("-")}
    if tasks & {"spring-boot:run", "quarkus:dev", "mn:run", "exec:java", "jetty:run", "tomcat7:run", "bootRun", "run", "quarkusDev",
                "jettyRun", "appRun"}:  # fmt: skip
        return Purpose.START
    if tasks & {"test", "check", "verify"} and not tasks & {"package", "install", "build"}:
        return Purpose.TEST
    return Purpose.BUILD if tasks else Purpose.OTHER
