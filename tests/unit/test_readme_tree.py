"""Whether a command can be true of a tree: nothing that fits is held back, and what does not says what is missing."""

import pytest

from deployer.project.command_shapes import read_command
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.tree import Tree, find_obstacle

FILES = {
    "app.py": "", "src/shop/__init__.py": "", "src/shop/main.py": "", "proj/celery.py": "", "api/web.py": "", "gunicorn.conf.py": "", "manage.py": "",
    "index.ts": "", "server.js": "", "lib/cli/index.js": "", "package.json": '{"scripts": {"start": "node server.js", "serve:prod": "x", "db:migrate": "x"}}',
    "Makefile": "run build: deps\n\ttrue\ndeps:\n", "compose.yaml": "", "deploy/prod.yml": "", "start.sh": "echo", "bin/run": "echo", "main.go": "",
    "cmd/x/main.go": "", "Cargo.toml": "", "Web/Web.csproj": "", "artisan": "", "Gemfile": "", "config.ru": "", "alembic.ini": "", "pom.xml": "", "mvnw": "",
    "Home.py": "", "main.ts": "", "langgraph.json": "{}", "build.gradle.kts": "", "shop.rb": "", "public/index.php": "",
}  # fmt: skip


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    root = tmp_path_factory.mktemp("tree")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Tree(ProjectDir.open(root))


@pytest.mark.parametrize(
    "line",
    [
        "python app.py --port 80", "python ./app.py", "python -m shop.main", "python -m http.server", "python -m gunicorn app:app",
        "python manage.py runserver", "uvicorn shop.main:app", "uvicorn src.shop.main:app", "uvicorn web:app --app-dir api", "gunicorn 'app:create_app()'",
        "gunicorn -c gunicorn.conf.py app:app", "gunicorn --config=gunicorn.conf.py app:app", "gunicorn -c python:shop.main app:app", "flask --app app run",
        "flask run", "celery -A proj worker", "celery -A proj.celery beat", "streamlit run Home.py", "node server.js", "node server", "node .", "node lib/cli",
        "node dist/main.js", "node build", "bun run index.ts", "bun index.ts", "bun start", "bun run serve:prod", "npm start", "npm run serve:prod",
        "npm install", "npm ci", "yarn", "yarn serve:prod", "pnpm db:migrate", "pnpm -s start", "npx serve -s build", "make run", "make", "make deps",
        "make run PORT=1", "docker compose up", "docker compose -f deploy/prod.yml up", "docker-compose up -d", "docker build -t x .", "docker run x",
        "bash start.sh", "sh start.sh", "./start.sh", "./bin/run", "go run .", "go run ./cmd/x", "go build -o x .", "cargo run", "dotnet run --project Web",
        "php artisan serve", "php -S localhost:8000 -t public", "rails server", "bundle exec puma", "rackup", "ruby shop.rb", "alembic upgrade head",
        "mvn package", "./mvnw spring-boot:run", "gradle bootRun", "java -jar target/x.jar", "deno task start", "langgraph dev", "shop-server --port 1",
    ],
)  # fmt: skip
def test_a_command_that_fits_the_tree_is_not_held_back(tree: Tree, line: str) -> None:
    assert find_obstacle(tree, read_command(line)) is None


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("python web.py", "`web.py` is not in the project"), ("uvicorn web:app", "there is no module `web` in the project"),
        ("python -m uvicorn web.main:app", "there is no module `web.main` in the project"),
        ("gunicorn -c conf/g.py app:app", "`conf/g.py` is not in the project"), ("flask --app web run", "there is no module `web` in the project"),
        ("celery -A web worker", "there is no module `web` in the project"), ("streamlit run Start.py", "`Start.py` is not in the project"),
        ("node web.js", "`web.js` is not in the project"), ("bun run web", "`package.json` has no script `web`"), ("ruby web.rb", "`web.rb` is not in the project"),
        ("yarn web", "`package.json` has no script `web`"), ("make web", "the Makefile has no target `web`"), ("bash web.sh", "`web.sh` is not in the project"),
        ("docker compose -f web.yml up", "`web.yml` is not in the project"), ("composer install", "`composer` needs `composer.json`, which is not in the project"),
        ("rake db:migrate", "`rake` needs `Rakefile`, which is not in the project"), ("just run", "`just` needs `justfile` or `Justfile`, which is not in the project"),
    ],
)  # fmt: skip
def test_what_a_command_lacks_is_named(tree: Tree, line: str, missing: str) -> None:
    """B46."""
    assert find_obstacle(tree, read_command(line)) == missing
