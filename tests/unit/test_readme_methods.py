"""Which way of a README is followed, why the others are not, and what of it ends up in the commands."""

import json
import os
from pathlib import Path

import pytest

from deployer.cli.main import run
from deployer.models.analysis import Confidence, MethodKind, ProjectAnalysis
from deployer.project.analysis import analyze
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.interactive import find_question
from deployer.ui.analysis import render_analysis, render_explanation

APP = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=5000)\n"
PACKAGE = '{"scripts": {"start": "node server.js", "build": "tsc", "dev": "vite"}, "dependencies": {"express": "4"}}'
SERVER = "require('express')().listen(3000)\n"


def understand(root: Path, readme: str, **files: str) -> ProjectAnalysis:
    """The analysis of a README with files, whose names have `__` for `/` and `_dot_` for `.`."""
    (root / "README.md").write_text(readme, encoding="utf-8")
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return analyze(ProjectDir.open(root))


def chosen(analysis: ProjectAnalysis) -> list[tuple[int, MethodKind]]:
    return [(one.line, one.kind) for one in analysis.methods if one.chosen]


def test_the_readme_is_the_first_file_that_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """M33."""
    opened: list[str] = []
    really_open = os.open

    def watched(path: object, *arguments: int) -> int:
        opened.append(Path(str(path)).name)
        return really_open(path, *arguments)  # type: ignore[arg-type]

    (tmp_path / ".gitignore").write_text("x\n")
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "README.md").write_text("    python app.py\n")
    project_dir = ProjectDir.open(tmp_path)
    monkeypatch.setattr(os, "open", watched)

    analysis = analyze(project_dir)

    assert opened[0] == "README.md"
    assert {".gitignore", "app.py"} <= set(opened[1:])
    assert (analysis.evidence[0].file, analysis.evidence[0].why) == ("README.md", "read first")


NATIVE = "## Run\n\n    pip install -r requirements.txt\n    python app.py\n"
BUILT = "## Build\n\n    ./build.sh\n    make build\n    ./shop\n"
SCRIPT = "## Script\n\n    bash start.sh\n"
DOCKER = "## Docker\n\n    docker compose up -d\n"


@pytest.mark.parametrize(
    ("readme", "kinds"),
    [
        (DOCKER + SCRIPT + BUILT + NATIVE, [MethodKind.NATIVE_INSTALL, MethodKind.BUILD_AND_RUN, MethodKind.SCRIPT, MethodKind.DOCKER]),
        (DOCKER + SCRIPT + BUILT, [MethodKind.BUILD_AND_RUN, MethodKind.SCRIPT, MethodKind.DOCKER]),
        (DOCKER + SCRIPT, [MethodKind.SCRIPT, MethodKind.DOCKER]),
        (DOCKER, [MethodKind.DOCKER]),
    ],
)  # fmt: skip
def test_native_comes_before_built_script_and_docker(tmp_path: Path, readme: str, kinds: list[MethodKind]) -> None:
    """M36."""
    files = {"app_dot_py": APP, "requirements_dot_txt": "flask\n", "start_dot_sh": "#!/bin/bash\n", "build_dot_sh": "#!/bin/bash\n",
             "Makefile": "build:\n\ttrue\n", "compose_dot_yaml": "services: {web: {build: .}}\n"}  # fmt: skip
    analysis = understand(tmp_path, readme, **files)
    ways = [one for one in analysis.methods if not (one.kind is MethodKind.SCRIPT and one.section == "Build")]
    assert list(dict.fromkeys(one.kind for one in ways)) == kinds


def test_all_methods_are_listed_with_line_and_reason(tmp_path: Path) -> None:
    """M35, U6."""
    readme = (
        "# Shop\n\n## Docker\n\n    docker compose up -d\n\n## Old way (deprecated)\n\n    python old.py\n\n"
        "## Quick start\n\n    pip install -r requirements.txt\n    python app.py\n\n## Development\n\n    npm run dev\n\n"
        "## Windows\n\n    py app.py\n\n## Tests\n\n    pytest\n"
    )
    files = {
        "app_dot_py": APP,
        "old_dot_py": APP,
        "requirements_dot_txt": "flask\n",
        "compose_dot_yaml": "services: {}\n",
    }
    analysis = understand(tmp_path, readme, **files)
    assert [(one.line, one.kind.value, one.chosen, one.commands, one.reason) for one in analysis.methods] == [
        (13, "native_install", True, ("pip install -r requirements.txt", "python app.py"),
         "its command at line 14 fits the files of the project"),
        (18, "native_install", False, ("npm run dev",), "`npm run dev` serves one developer only"),
        (5, "docker", False, ("docker compose up -d",), "line 14 comes first: a native way before Docker"),
        (9, "native_install", False, ("python old.py",),
         "it stands under `Old way (deprecated)`, which is not how it is meant to be run"),
        (26, "native_install", False, ("pytest",), "it tests, and starts nothing"),
        (22, "native_install", False, ("py app.py",), "never run: it is written for Windows"),
    ]  # fmt: skip
    assert analysis.source == "readme"
    text = render_analysis(analysis)
    for one in analysis.methods:
        assert f"README.md:{one.line} {one.kind.value}" in text
        assert one.reason in text


@pytest.mark.parametrize(
    ("readme", "files", "start", "reason"),
    [
        ("    npm start\n", {"app_dot_py": APP}, "python app.py", "`npm` needs `package.json`, which is not in the project"),
        ("    python server.py\n", {"app_dot_py": APP}, "python app.py", "`server.py` is not in the project"),
        ("    uvicorn web.main:app\n", {"app_dot_py": APP}, "python app.py", "there is no module `web.main` in the project"),
        ("    npm run serve\n", {"package_dot_json": PACKAGE, "server_dot_js": SERVER}, "node server.js",
         "`package.json` has no script `serve`"),
        ("    npm start\n", {"package_dot_json": '{"scripts": {"start": "vite --port 80", "build": "vite build"}}', "index_dot_html": ""},
         "sirv", "its script `start` serves one developer only: `vite --port 80`"),
        ("    make run\n", {"app_dot_py": APP, "Makefile": "test:\n\ttrue\n"}, "python app.py", "the Makefile has no target `run`"),
        ("    bash install.sh\n", {"app_dot_py": APP, "install_dot_sh": "read -p 'Port? ' port\n"}, "python app.py",
         "`install.sh` asks a question at line 1: nobody is there to answer"),
        ("    ./run.sh\n", {"app_dot_py": APP}, "python app.py", "`run.sh` is not in the project"),
        ("    pytest\n", {"app_dot_py": APP}, "python app.py", "it tests, and starts nothing"),
        ("    npm run dev\n", {"package_dot_json": PACKAGE, "server_dot_js": SERVER}, "node server.js",
         "`npm run dev` serves one developer only"),
        ("    python app.py --token <token>\n", {"app_dot_py": APP}, "python app.py", "never run: it holds a placeholder"),
        ("    docker run shop\n", {"app_dot_py": APP}, "python app.py", "Docker comes last, and the project starts without it"),
        ("    docker compose up\n", {"app_dot_py": APP}, "python app.py", "there is no compose file in the project"),
        ("    cargo run\n", {"app_dot_py": APP}, "python app.py", "`cargo` needs `Cargo.toml`, which is not in the project"),
        ("    cd docs && npm start\n", {"app_dot_py": APP, "docs__package_dot_json": PACKAGE}, "python app.py",
         "it runs in `docs`, a project of its own: give that directory with `--path`"),
    ],
)  # fmt: skip
def test_a_misleading_readme_is_not_followed_and_the_reason_is_told(
    tmp_path: Path, readme: str, files: dict[str, str], start: str, reason: str
) -> None:
    """B46, M37, M40."""
    analysis = understand(tmp_path, readme, **files)
    assert (analysis.start_command or "").startswith(start)
    assert (analysis.source, chosen(analysis)) == ("scan", [])
    assert analysis.methods[0].reason.startswith(reason)


@pytest.mark.parametrize("readme", ["", "# Shop\n\nA shop.\n", "\n\n", "```python\nimport shop\n```\n"])
def test_a_readme_that_says_nothing_leaves_it_to_the_files(tmp_path: Path, readme: str) -> None:
    """M40."""
    analysis = understand(tmp_path, readme, app_dot_py=APP)
    assert (analysis.source, analysis.supported, analysis.methods) == ("scan", True, ())


def test_a_project_with_nothing_but_a_readme_is_refused(tmp_path: Path) -> None:
    """B45."""
    analysis = understand(tmp_path, "    python app.py\n    npm start\n")
    assert (analysis.supported, analysis.start_command, analysis.confidence) == (False, None, Confidence.LOW)
    assert analysis.methods[0].reason == "`app.py` is not in the project"


@pytest.mark.parametrize(
    ("readme", "line"),
    [
        (
            "# 商城\n\n## 快速开始\n\n```bash\npip install -r requirements.txt\npython app.py\n```\n\n## 测试\n\n    python test_app.py\n",
            6,
        ),
        (
            "# 商城\n\n## 旧版（已弃用）\n\n    python old.py\n\n## 部署\n\n启动服务：`python app.py`，不要运行 `python old.py`。\n",
            9,
        ),
        ("Run `python app.py`; never run `python old.py`.\n", 1),
    ],
)
def test_chinese_and_prose_are_understood(tmp_path: Path, readme: str, line: int) -> None:
    analysis = understand(
        tmp_path, readme, app_dot_py=APP, old_dot_py=APP, test_app_dot_py=APP, requirements_dot_txt="flask\n"
    )
    assert chosen(analysis) == [(line, MethodKind.NATIVE_INSTALL)]
    assert analysis.start_command == "python app.py"


def test_what_is_meant_for_servers_comes_before_what_is_meant_for_developers(tmp_path: Path) -> None:
    readme = "## Development\n\n    python app.py\n\n## Production\n\n    gunicorn -w 4 app:app\n"
    analysis = understand(tmp_path, readme, app_dot_py=APP, requirements_dot_txt="flask\ngunicorn\n")
    assert analysis.start_command == "gunicorn -w 4 app:app --bind 0.0.0.0:5000"
    assert analysis.methods[1].reason == "line 7 comes first: meant for servers"


def test_the_language_the_readme_starts_wins_over_the_first_that_is_found(tmp_path: Path) -> None:
    """README first: a Go tool at the top of a Node.js project decides nothing."""
    files = {"package_dot_json": PACKAGE, "server_dot_js": SERVER, "go_dot_mod": "module tool\n\ngo 1.22\n",
             "main_dot_go": "package main\n\nfunc main() {}\n"}  # fmt: skip
    assert understand(tmp_path, "# Shop\n", **files).language == "go"
    analysis = understand(tmp_path, "    npm install\n    npm start\n", **files)
    assert (analysis.language, analysis.start_command, analysis.source) == ("node", "node server.js", "readme")


def test_the_commands_of_the_readme_are_the_core_of_what_is_run_in_their_order(tmp_path: Path) -> None:
    """M38: requirement files, migrations, the start; what only a first time needs is left to a person."""
    readme = (
        "## Install\n\n    pip install -r requirements/base.txt\n    pip install -r requirements/prod.txt\n"
        "    pip install -r requirements/dev.txt\n\n## Run\n\n    export FLASK_APP=shop\n    flask db upgrade\n    flask seed\n"
        "    alembic upgrade head\n    gunicorn shop:app\n"
    )
    analysis = understand(
        tmp_path, readme, shop_dot_py=APP, requirements_dot_txt="flask\n", requirements__base_dot_txt="flask\n",
        requirements__prod_dot_txt="gunicorn\n", requirements__dev_dot_txt="pytest\n",
    )  # fmt: skip
    run = " && ".join(filter(None, (analysis.install_command, analysis.build_command, analysis.start_command)))
    wanted = ["requirements/base.txt", "requirements/prod.txt", "FLASK_APP=shop flask db upgrade", "gunicorn shop:app"]
    assert [run.index(one) for one in wanted] == sorted(run.index(one) for one in wanted)
    assert "dev.txt" not in run
    assert "seed" not in run
    assert "alembic" not in run  # there is no alembic.ini
    assert [one for one in analysis.warnings if "`flask seed` (README.md:11)" in one]
    assert ("README.md", 10) in {(one.file, one.line) for one in analysis.evidence if one.decides == "build"}


def test_generated_code_comes_before_the_build_and_migrations_after(tmp_path: Path) -> None:
    readme = "    npm ci\n    npx prisma migrate deploy\n    npx prisma generate\n    npm run build\n    npm start\n"
    analysis = understand(tmp_path, readme, package_dot_json=PACKAGE, server_dot_js=SERVER)
    assert analysis.build_command == "prisma generate && npm run build && prisma migrate deploy"
    assert chosen(analysis) == [(1, MethodKind.BUILD_AND_RUN)]


def test_migrations_are_run_unattended(tmp_path: Path) -> None:
    readme = "    php artisan migrate\n    php artisan key:generate\n    php artisan serve\n"
    files = {"artisan": "<?php\n", "composer_dot_json": '{"require": {"laravel/framework": "^11"}}'}
    analysis = understand(tmp_path, readme, **files)
    assert "php artisan migrate --force" in (analysis.build_command or "")
    assert "key:generate" not in (analysis.build_command or "")


def test_a_readme_that_names_docker_alone_is_followed_where_docker_is_all_there_is(tmp_path: Path) -> None:
    """M39: the images are judged."""
    compose = "services:\n  web:\n    image: ghcr.io/shop/web:1\n    ports: ['80:80']\n"
    analysis = understand(tmp_path, "    docker compose up -d\n", compose_dot_yaml=compose)
    assert (analysis.language, analysis.source, chosen(analysis)) == ("docker", "readme", [(1, MethodKind.DOCKER)])
    assert any("ghcr.io/shop/web:1" in one and "mainland" in one for one in analysis.warnings)


def test_a_readme_that_names_docker_alone_gives_way_to_files_that_start_without(tmp_path: Path) -> None:
    """M39: the fallback is native, and says so."""
    analysis = understand(tmp_path, "    docker run -p 80:80 ghcr.io/shop/web\n", app_dot_py=APP)
    assert analysis.language == "python"
    assert any(one.line == 1 and "Docker alone" in one.why for one in analysis.evidence)


def test_an_image_nothing_here_can_start_is_judged_all_the_same(tmp_path: Path) -> None:
    analysis = understand(tmp_path, "    docker run -d --name web -p 80:80 --rm quay.io/shop/web:1 --flag\n")
    assert not analysis.supported
    assert any("`quay.io/shop/web:1`" in one and "mainland" in one for one in analysis.warnings)


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("read -p 'Port? ' port", 1), ("true\nread answer", 2), ("select one in a b; do :; done", 1), ("ask() { read -r x; }\nask", 1),
        ("whiptail --yesno ok 8 8", 1), ("vim config", 1), ("apt-get install nginx", 1),
        ("read x < /dev/null", None), ("while read -r x; do :; done < file", None), ("cat f | while read x; do :; done", None),
        ('read -ra parts <<< "$1"', None), ("# read -p x\necho read x", None), ("cat <<EOF\nread x\nEOF", None),
        ("apt-get install -y nginx", None), ("echo 'select x in a'", None),
    ],
)  # fmt: skip
def test_a_script_that_asks_is_found_by_bash_s_own_grammar(script: str, line: int | None) -> None:
    """M37."""
    assert find_question(script) == line


def test_a_script_is_followed_only_when_nobody_has_to_answer(tmp_path: Path) -> None:
    """M37."""
    calm = "#!/bin/bash\nexec python3 -m http.server 8000\n"
    assert understand(tmp_path, "    ./go.sh\n", go_dot_sh=calm).start_command == "bash go.sh"
    asking = understand(tmp_path, "    ./go.sh\n", go_dot_sh="#!/bin/bash\nread -p 'ok? ' x\n" + calm)
    assert (asking.supported, asking.start_command) == (False, None)


def test_conflicts_are_told_with_what_is_used_and_lower_the_confidence(tmp_path: Path) -> None:
    """U6."""
    agreeing = (
        "Needs Python 3.11.\n\n    pip install -r requirements.txt\n    python app.py\n\nOpen http://localhost:5000\n"
    )
    files = {"app_dot_py": APP, "requirements_dot_txt": "flask\n", "_dot_python-version": "3.11\n"}
    assert understand(tmp_path, agreeing, **files).confidence is Confidence.HIGH
    other = agreeing.replace("5000", "9000").replace("3.11", "3.9")
    analysis = understand(tmp_path, other, Procfile="web: gunicorn other:app\n", **files)
    assert analysis.confidence is Confidence.MEDIUM
    assert [one.partition(";")[0] for one in analysis.conflicts] == [
        "`README.md:6` names port 9000",
        "`README.md:1` asks for Python 3.9",
        "`Procfile:1` starts `gunicorn other:app`",
    ]
    node = {"package_dot_json": PACKAGE, "server_dot_js": SERVER, "pnpm-lock_dot_yaml": "lockfileVersion: '9.0'\n"}
    (tmp_path / "node").mkdir()
    found = understand(tmp_path / "node", "    npm install -g pm2\n    npm install\n    npm start\n", **node)
    assert [one for one in found.conflicts if "installs with `npm`" in one and "`pnpm`" in one]


def test_an_explanation_shows_every_decision_with_its_line_and_nothing_a_terminal_would_obey(tmp_path: Path) -> None:
    """U6, S28."""
    readme = "Set `API_KEY`.\n\n    pip install -r requirements.txt\n    python app.py  # \x1b[31mred\n\n    npm run \x1b[2Jdev\n    npm start <a>\x1b[2J\n"
    analysis = understand(tmp_path, readme, app_dot_py=APP, requirements_dot_txt="flask\n")
    text = render_explanation(analysis)
    assert "\x1b" not in text + render_analysis(analysis)
    for part in ("start: ", "README.md:4: the README says", "port: 5000\n  app.py:4: listens on 5000", "install: ",
                 "README.md:1 setting API_KEY", "confidence : "):  # fmt: skip
        assert part in text
    assert "README 还提到" in render_explanation(analysis, "zh")


def test_a_program_of_the_project_s_own_is_known_by_its_manifest(tmp_path: Path) -> None:
    files = {"pyproject_dot_toml": '[project]\nname = "shop"\nversion = "1"\n[project.scripts]\nshop-web = "shop:main"\n',
             "shop_dot_py": "def main():\n    print(1)\n"}  # fmt: skip
    readme = "    pip install .\n    shop-web keys set x\n    shop-web serve --port 9000\n    other-web serve\n"
    readme += "    shop-web run --task 'Your task'\n    shop-web run --task 'my task'\n"
    analysis = understand(tmp_path, readme, **files)
    assert (analysis.start_command, analysis.source) == ("shop-web serve --port 9000", "readme")
    assert analysis.methods[0].commands == ("pip install .", "shop-web serve --port 9000")


MAKEFILE = """\
APP ?= shop
.PHONY: run
install: ; # nothing
\tpip install -r requirements.txt
run: install
\t@gunicorn $(APP):app \\
\t  --bind 0.0.0.0:7000
run-odd: install
\t$(shell pwned) gunicorn shop:app
run-both:
\tpython shop.py
\tpython other.py
serve: serve
\tpython shop.py
"""


@pytest.mark.parametrize(
    ("readme", "start", "commands"),
    [
        ("    make run\n", "gunicorn shop:app --bind 0.0.0.0:7000",
         ("make run: pip install -r requirements.txt", "make run: gunicorn shop:app --bind 0.0.0.0:7000")),
        ("    just serve 1\n", "gunicorn shop:app --bind 0.0.0.0:5000", ("just serve 1: gunicorn shop:app",)),
        ("    make run-odd\n", "python shop.py", ("make run-odd",)),
        ("    make run-both\n", "python shop.py", ("make run-both",)),
        ("    make serve\n", "python shop.py", ("make serve: python shop.py",)),
    ],
)  # fmt: skip
def test_the_recipe_of_a_target_is_followed_where_it_is_plain(
    tmp_path: Path, readme: str, start: str, commands: tuple[str, ...]
) -> None:
    """The target's one start and what comes before it; nothing that a shell would have to expand."""
    analysis = understand(
        tmp_path, readme, shop_dot_py=APP, other_dot_py="", requirements_dot_txt="flask\ngunicorn\n", Makefile=MAKEFILE,
        justfile="serve:\n    gunicorn shop:app\n",
    )  # fmt: skip
    assert analysis.start_command == start
    assert analysis.methods[0].commands == commands
    assert "pwned" not in f"{analysis}".replace(MAKEFILE, "")


def test_what_answers_is_started_and_a_worker_beside_it_is_told(tmp_path: Path) -> None:
    readme = "    redis-server\n    celery -A tasks worker\n    flask --app app run -p 5001\n"
    tasks = "from celery import Celery\ncelery = Celery()\n"
    analysis = understand(tmp_path, readme, app_dot_py=APP, tasks_dot_py=tasks, requirements_dot_txt="flask\ncelery\n")
    assert (analysis.start_command, analysis.port) == ("gunicorn --bind 0.0.0.0:5001 app:app", 5001)
    assert any("`README.md:2` starts `celery -A tasks worker` as well" in one for one in analysis.warnings)


def test_detect_shows_the_methods_in_text_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """M35, U6: from the command line."""
    understand(tmp_path, NATIVE + DOCKER, app_dot_py=APP, requirements_dot_txt="flask\n")

    assert run(["detect", str(tmp_path), "--explain"]) == 0
    assert (
        "start: python app.py\n  README.md: read first\n  README.md:4: the README says `python app.py`"
        in capsys.readouterr().out
    )
    assert run(["detect", str(tmp_path), "--output", "json"]) == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert [(one["file"], one["line"], one["kind"], one["chosen"]) for one in data["methods"]] == [
        ("README.md", 3, "native_install", True), ("README.md", 7, "docker", False),
    ]  # fmt: skip
    assert all(one["reason"] for one in data["methods"])
    assert (data["source"], data["confidence"], data["conflicts"]) == ("readme", "high", [])
    assert ("start", "README.md", 4) in {(one["decides"], one["file"], one["line"]) for one in data["evidence"]}
