"""The Ruby row of the start script: gems from a mirror into the project, and a secret that outlives releases."""

from dataclasses import replace
from pathlib import Path

from project_trees import analyze_example, clean_scripts, run_bash

from deployer.project.scripts.make import with_functions
from deployer.project.scripts.ruby import ruby_runtime

FUNCTIONS = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; }\nset -e\n'
TOOLS = {"ruby": "true", "bundle": 'echo "bundle $* into $BUNDLE_PATH"'}


def test_the_scripts_are_clean(tmp_path: Path) -> None:
    start = clean_scripts(tmp_path, analyze_example("ruby_sinatra")).start
    assert start.index("bundle install") < start.index('nohup $APP_SESSION bash -c "$APP_COMMAND"')
    assert "exec bundle exec ruby app.rb -o 0.0.0.0 -p ${APP_PORT}" in start


def test_gems_come_from_a_mirror_and_stay_in_the_project(tmp_path: Path) -> None:
    done = run_bash(tmp_path, FUNCTIONS + with_functions(ruby_runtime(analyze_example("ruby_sinatra"))), TOOLS)
    assert "config set --local mirror.https://rubygems.org https://mirrors.aliyun.com/rubygems/" in done.stdout
    assert "bundle install into vendor/bundle" in done.stdout
    assert "installs" not in done.stdout


def test_the_secret_of_rails_is_made_once_and_readable_by_nobody_else(tmp_path: Path) -> None:
    rails = replace(analyze_example("ruby_sinatra"), framework="rails")
    text = FUNCTIONS + with_functions(ruby_runtime(rails)) + '\necho "secret $SECRET_KEY_BASE"'
    base = str(tmp_path / "app")
    first, second = (run_bash(tmp_path, text, TOOLS, APP_BASE=base).stdout.rpartition("secret ")[2] for _ in "12")
    assert first == second
    assert len(first.strip()) == 128
    assert (tmp_path / "app" / "shared" / "secret_key_base").stat().st_mode & 0o077 == 0
    assert run_bash(tmp_path, text, TOOLS, APP_BASE=base, SECRET_KEY_BASE="mine").stdout.endswith("secret mine\n")
