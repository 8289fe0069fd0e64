"""The PHP row of the start script: Composer is believed by its signature only."""

import hashlib
from pathlib import Path

import pytest
from project_trees import analyze_example, clean_scripts, run_bash

from deployer.project.scripts.make import with_functions
from deployer.project.scripts.php import php_runtime

FUNCTIONS = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; }\nset -e\n'
CURL = (
    'for word in "$@"; do case "$word" in *.sig) text="$SIGNATURE" ;; *installer) text=installer ;; esac; done\n'
    'while [ $# -gt 0 ]; do [ "$1" != --output ] || printf "%s" "$text" > "$2"; shift; done'
)
PHP = (
    'case "$*" in *hash_file*) sha384sum composer-setup.php | cut -d" " -f1 ;; composer-setup.php*) '
    'printf "#!/bin/bash\\n[ \\"\\$1\\" = config ] || echo composer \\"\\$@\\"\\n" > tools/composer; chmod +x tools/composer ;; esac'
)


def test_the_scripts_are_clean_and_bring_node_for_the_pages(tmp_path: Path) -> None:
    start = clean_scripts(tmp_path, analyze_example("php_laravel")).start
    assert "https://mirrors.aliyun.com/composer/" in start
    assert start.index("composer install") < start.index("find_node") < start.index("npm run build")
    assert "exec php artisan serve --host=0.0.0.0 --port=${APP_PORT}" in start


@pytest.mark.parametrize("genuine", [True, False])
def test_composer_is_used_only_with_the_published_signature(tmp_path: Path, *, genuine: bool) -> None:
    signature = hashlib.sha384(b"installer" if genuine else b"other").hexdigest()
    tools = {"curl": CURL, "php": PHP}
    text = FUNCTIONS + with_functions(php_runtime(analyze_example("php_laravel")))
    done = run_bash(tmp_path, text, tools, SIGNATURE=signature)
    assert ("composer install --no-dev" in done.stdout) is genuine
    assert ("does not have the published SHA-384" in done.stdout) is not genuine
    assert done.returncode == (0 if genuine else 1)
    assert not (tmp_path / "composer-setup.php").exists()


def test_composer_that_is_there_is_used_and_nothing_is_fetched(tmp_path: Path) -> None:
    tools = {"curl": "echo fetched", "php": "true", "composer": 'echo "composer $*"'}
    done = run_bash(tmp_path, FUNCTIONS + with_functions(php_runtime(analyze_example("php_laravel"))), tools)
    assert "fetched" not in done.stdout
    assert "composer install --no-dev" in done.stdout
