"""PHP projects: what serves them, where the document root is, and what a fresh copy wants before it starts."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree

PAGE = "<?php echo 1;\n"


def test_the_laravel_example_is_installed_keyed_migrated_built_and_served_everywhere() -> None:
    found = analyze_example("php_laravel")
    assert (found.language, found.framework, found.language_version) == ("php", "laravel", "^8.2")
    assert found.install_command == "composer install --no-dev --no-interaction --optimize-autoloader"
    assert found.build_command == (
        "test -f .env || cp .env.example .env && grep -q '^APP_KEY=.' .env || php artisan key:generate --force"
        " && touch database/database.sqlite && php artisan migrate --force && npm install && npm run build"
    )
    assert found.start_command == "php artisan serve --host=0.0.0.0 --port=8010"
    assert (found.port, found.bind_host, found.source) == (8010, "0.0.0.0", "readme")


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"index.php": PAGE}, "php -S 0.0.0.0:8000 -t ."),
        ({"public/index.php": PAGE, "index.php": PAGE}, "php -S 0.0.0.0:8000 -t public"),
        ({"web/index.php": PAGE, "composer.json": "{}"}, "php -S 0.0.0.0:8000 -t web"),
        ({"public/index.php": PAGE, "README.md": "```\nphp -S localhost:8088 -t public/\n```\n"}, "php -S 0.0.0.0:8088 -t public"),
        ({"index.php": PAGE, "README.md": "```\nphp -S localhost:8088 -t gone\n```\n"}, "php -S 0.0.0.0:8000 -t ."),
        ({"index.php": PAGE, "r.php": PAGE, "Procfile": "web: php -S 0.0.0.0:$PORT r.php\n"}, "php -S 0.0.0.0:8080 -t . r.php"),
        ({"web/index.php": PAGE, "Procfile": "web: vendor/bin/heroku-php-apache2 web/\n"}, "php -S 0.0.0.0:8000 -t web"),
        ({"think": PAGE, "composer.json": '{"require": {"topthink/framework": "^8"}}'}, "php think run --host 0.0.0.0 --port 8000"),
        ({"bin/hyperf.php": PAGE, "composer.json": '{"require": {"hyperf/framework": "*"}}'}, "php bin/hyperf.php start"),
        (
            {"public/index.php": PAGE, "composer.json": '{"scripts": {"start": "php -S localhost:8089 -t public"}}'},
            "php -S 0.0.0.0:8089 -t public",
        ),
        ({"worker.php": PAGE, "composer.json": "{}", "Procfile": "worker: php worker.php\n"}, "php worker.php"),
    ],
)  # fmt: skip
def test_the_start_fits_the_tree(tmp_path: Path, files: dict[str, str], start: str) -> None:
    found = analyze_tree(tmp_path, files)
    assert found.start_command == start
    assert (found.port is None) is ("worker" in start)


def test_a_library_of_php_is_not_started(tmp_path: Path) -> None:
    found = analyze_tree(tmp_path, {"composer.json": "{}", "src/A.php": PAGE})
    assert (found.language, found.supported) == ("php", False)


def test_a_broken_composer_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    found = analyze_tree(tmp_path, {"composer.json": "{,", "public/index.php": PAGE})
    assert found.start_command == "php -S 0.0.0.0:8000 -t public"


def test_hidden_files_at_a_served_top_are_said(tmp_path: Path) -> None:
    found = analyze_tree(tmp_path, {"index.php": PAGE, ".env.example": "A=1\n"})
    assert any("`.env.example`" in one for one in found.warnings)


@pytest.mark.parametrize("name", ["a b", "a;id", "$(id)"])
def test_a_document_root_with_shell_signs_reaches_no_command(tmp_path: Path, name: str) -> None:
    files = {
        f"{name}/index.php": PAGE,
        "README.md": f"```\nphp -S localhost:8000 -t '{name}'\n```\n",
        "composer.json": "{}",
    }
    assert analyze_tree(tmp_path, files).start_command is None
