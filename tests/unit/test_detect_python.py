"""What is understood of Python projects, on small trees in `tests/projects` and on trees made here."""

from pathlib import Path

import pytest

from deployer.models.analysis import ApplicationType, MethodKind, ProjectAnalysis
from deployer.project.analysis import analyze
from deployer.project.project_dir import ProjectDir

PROJECTS = Path(__file__).parent.parent / "projects"


def _analyze(root: Path, files: dict[str, str]) -> ProjectAnalysis:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return analyze(ProjectDir.open(root))


@pytest.mark.parametrize(
    ("tree", "framework", "install", "start", "port", "source"),
    [
        ("flask_local", "flask", "pip install -r requirements.txt && pip install gunicorn",
         "gunicorn --bind 0.0.0.0:5000 app:app", 5000, "readme"),
        ("fastapi_poetry", "fastapi", "poetry install --only main --no-interaction",
         "uvicorn app.main:app --host 0.0.0.0 --port 9001", 9001, "readme"),
        ("django_site", "django", "pip install -r requirements.txt",
         "gunicorn site_config.wsgi:application --bind 0.0.0.0:8000", 8000, "readme"),
        ("worker", None, None, "python main.py", None, "scan"),
        ("packaged", None, "pip install .", "postman", None, "scan"),
        ("agent_service", "fastapi", "pip install -r requirements.txt",
         "uvicorn main:app --host 0.0.0.0 --port 8000", 8000, "scan"),
        ("dashboard", "streamlit", "pip install -r requirements.txt",
         "streamlit run Home.py --server.address 0.0.0.0 --server.port 8501 --server.headless true", 8501, "scan"),
        ("misleading_readme", None, None, "python server.py", 8123, "scan"),
        ("static_site", "static", None, "python3 -m http.server 8080 --bind 0.0.0.0 --directory public", 8080, "scan"),
    ],
)  # fmt: skip
def test_example_projects_are_understood(
    tree: str, framework: str | None, install: str | None, start: str, port: int | None, source: str
) -> None:
    found = analyze(ProjectDir.open(PROJECTS / tree))
    assert (found.framework, found.install_command, found.start_command, found.port, found.source) == (
        framework, install, start, port, source,
    )  # fmt: skip
    assert found.supported
    assert all((PROJECTS / tree / one.file).exists() for one in found.evidence)


def test_a_local_address_is_mended_and_the_line_is_named() -> None:
    found = analyze(ProjectDir.open(PROJECTS / "flask_local"))
    assert found.bind_host == "0.0.0.0"
    assert ("app.py", 12) in {(one.file, one.line) for one in found.evidence if "127.0.0.1" in one.why}


def test_a_server_that_an_import_would_start_is_kept_from_starting_or_left_alone(tmp_path: Path) -> None:
    """Whoever imports such a module waits for ever, or finds the port taken."""
    flask = "from flask import Flask\napp = Flask(__name__)\napp.run(port=5001)\n"
    fastapi = "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\nuvicorn.run(app, port=5002)\n"
    guarded = flask.replace("app.run", "if __name__ == '__main__':\n    app.run")

    of_flask = _analyze(tmp_path / "flask", {"app.py": flask, "requirements.txt": "flask\n"})
    of_fastapi = _analyze(tmp_path / "fastapi", {"main.py": fastapi, "requirements.txt": "fastapi\nuvicorn\n"})
    of_guarded = _analyze(tmp_path / "guarded", {"app.py": guarded, "requirements.txt": "flask\n"})

    assert of_flask.start_command == of_guarded.start_command == "gunicorn --bind 0.0.0.0:5001 app:app"
    assert ("FLASK_RUN_FROM_CLI", "true") in of_flask.environment
    assert of_guarded.environment == ()
    assert (of_fastapi.start_command, of_fastapi.bind_host) == ("python main.py", "127.0.0.1")
    assert any("cannot be reached from outside" in warning for warning in of_fastapi.warnings)


def test_readme_methods_are_listed_native_first_with_their_lines() -> None:
    methods = analyze(ProjectDir.open(PROJECTS / "flask_local")).methods
    assert [(one.kind, one.line, one.chosen) for one in methods] == [
        (MethodKind.NATIVE_INSTALL, 4, True),
        (MethodKind.DOCKER, 11, False),
    ]
    assert all(one.reason for one in methods)


def test_nothing_dangerous_in_a_readme_reaches_a_command_and_it_is_reported() -> None:
    found = analyze(ProjectDir.open(PROJECTS / "misleading_readme"))
    commands = f"{found.install_command} {found.build_command} {found.start_command}"
    assert not any(word in commands for word in ("curl", "npm", "aliyun", "everything"))
    assert any("never run" in one.reason and one.line == 4 for one in found.methods)
    assert any("README.md:4" in warning for warning in found.warnings)


def test_a_django_readme_that_migrates_has_it_as_the_build() -> None:
    assert analyze(ProjectDir.open(PROJECTS / "django_site")).build_command == "python manage.py migrate --noinput"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "agentscope==1.0\n"}, ApplicationType.AGENT),
        ({"requirements.txt": "AgentScope[full]>=1 # x\n"}, ApplicationType.AGENT),
        ({"pyproject.toml": '[project]\nname="x"\ndependencies=["agentscope-runtime"]\n'}, ApplicationType.AGENT),
        ({"requirements.txt": "# agentscope\nflask\n"}, ApplicationType.APP),
        ({"requirements.txt": "agentscope-lookalike\n"}, ApplicationType.APP),
        ({"README.md": "agentscope\n", "requirements.txt": "flask\n"}, ApplicationType.APP),
        (
            {"pyproject.toml": '[project]\nname="x"\n[project.optional-dependencies]\na=["agentscope"]\n'},
            ApplicationType.APP,
        ),
        ({"main.py": "try:\n    import agentscope\nexcept ImportError:\n    pass\nprint(1)\n"}, ApplicationType.APP),
    ],
)
def test_only_a_real_dependency_makes_an_agent(
    tmp_path: Path, files: dict[str, str], expected: ApplicationType
) -> None:
    assert _analyze(tmp_path, {"main.py": "print(1)\n", **files}).type is expected


@pytest.mark.parametrize(
    ("code", "start", "port", "host"),
    [
        ('app.run(host="0.0.0.0", port=8080)', "python app.py", 8080, "0.0.0.0"),
        ('app.run("0.0.0.0", 8081)', "python app.py", 8081, "0.0.0.0"),
        ('app.run(host="0.0.0.0", port=8080, debug=True)', "gunicorn --bind 0.0.0.0:8080 app:app", 8080, "0.0.0.0"),
        ('app.run(host="localhost", port=7000)', "gunicorn --bind 0.0.0.0:7000 app:app", 7000, "0.0.0.0"),
        ('app.run(host="0.0.0.0", port=int(os.environ.get("PORT", 6000)))', "python app.py", 6000, "0.0.0.0"),
    ],
)
def test_a_flask_run_call_is_kept_only_when_it_is_reachable_and_safe(
    tmp_path: Path, code: str, start: str, port: int, host: str
) -> None:
    source = f"import os\nfrom flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    {code}\n"
    found = _analyze(tmp_path, {"app.py": source, "requirements.txt": "flask\n"})
    assert (found.start_command, found.port, found.bind_host) == (start, port, host)


def test_a_port_variable_of_its_own_is_set_for_the_application(tmp_path: Path) -> None:
    source = (
        "import os, uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        'if __name__ == "__main__":\n    uvicorn.run(app, host="0.0.0.0", port=int(os.getenv("API_PORT", "9000")))\n'
    )
    found = _analyze(tmp_path, {"main.py": source, "requirements.txt": "fastapi\nuvicorn\n"})
    assert found.start_command == "python main.py"
    assert found.environment == (("API_PORT", "9000"),)


def test_a_procfile_names_the_server_when_the_readme_does_not(tmp_path: Path) -> None:
    files = {
        "Procfile": "release: python manage.py migrate\nweb: gunicorn -w 2 --log-file=- server:app\n",
        "server.py": "from flask import Flask\napp = Flask(__name__)\n",
        "requirements.txt": "flask\ngunicorn\n",
    }
    found = _analyze(tmp_path, files)
    assert found.start_command == "gunicorn -w 2 --log-file=- server:app --bind 0.0.0.0:5000"


def test_an_application_factory_is_called(tmp_path: Path) -> None:
    files = {
        "blog/__init__.py": "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
        "requirements.txt": "flask\ngunicorn\n",
    }
    assert _analyze(tmp_path, files).start_command == "gunicorn --bind 0.0.0.0:5000 'blog:create_app()'"


def test_a_readme_command_for_a_missing_file_is_not_followed(tmp_path: Path) -> None:
    files = {
        "README.md": "```\npython gone.py\n```\n",
        "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "requirements.txt": "fastapi\nuvicorn\n",
    }
    found = _analyze(tmp_path, files)
    assert found.start_command == "uvicorn main:app --host 0.0.0.0 --port 8000"
    assert found.source == "scan"
    assert not found.methods[0].chosen


def test_imports_without_a_manifest_are_installed_and_said(tmp_path: Path) -> None:
    found = _analyze(tmp_path, {"app.py": "from flask import Flask\napp = Flask(__name__)\n"})
    assert found.install_command == "pip install flask gunicorn"
    assert any("no file declares" in warning for warning in found.warnings)


def test_requirements_are_read_through_includes_urls_and_odd_encodings(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_bytes("Flask==3\r\n".encode("utf-16"))
    files = {
        "requirements.txt": "-r base.txt\n--extra-index-url https://u:p@example.com/simple\ngit+https://x.test/y#egg=z\n-e .\n",
        "wsgi.py": "from flask import Flask\napp = Flask(__name__)\n",
    }
    found = _analyze(tmp_path, files)
    assert found.framework == "flask"
    assert len(found.warnings) == 3
    assert not any("u:p" in warning for warning in found.warnings)


def test_broken_manifests_and_sources_are_named_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[project\n", "main.py": "print('x')\n", "old.py": "print 'x'\n"}
    found = _analyze(tmp_path, files)
    assert found.start_command == "python main.py"
    assert any("pyproject.toml" in warning for warning in found.warnings)
    assert any("old.py:1" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "files", [{"README.md": "# Notes\n"}, {"data.csv": "1,2\n"}, {"lib.py": "def f(): return 1\n"}]
)
def test_a_project_without_a_way_to_start_is_not_guessed_at(tmp_path: Path, files: dict[str, str]) -> None:
    found = _analyze(tmp_path, files)
    assert found.start_command is None
    assert not found.supported
    assert found.warnings


def test_a_readme_of_megabytes_is_read_in_a_moment(tmp_path: Path) -> None:
    text = "# T\n" + "[a](b *c* `d` <e> ![" * 200_000
    assert _analyze(tmp_path, {"README.md": text, "main.py": "print(1)\n"}).start_command == "python main.py"


def test_a_readme_in_utf16_and_one_in_restructured_text_are_followed(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "README.md").write_bytes("```\npython bot.py\n```\n".encode("utf-16"))
    assert _analyze(tmp_path / "one", {"bot.py": "print(1)\n"}).source == "readme"
    found = _analyze(tmp_path / "two", {"README.rst": "Run::\n\n    $ python bot.py\n", "bot.py": "print(1)\n"})
    assert found.source == "readme"


def test_no_project_is_written_to(tmp_path: Path) -> None:
    _analyze(tmp_path, {"main.py": "print(1)\n"})
    assert [path.name for path in tmp_path.iterdir()] == ["main.py"]


@pytest.mark.parametrize("name", ["a b.py", "a;touch x.py", "$(id).py", "-c.py", "'.py", "a&&b.py"])
def test_a_file_name_with_shell_signs_reaches_no_command(tmp_path: Path, name: str) -> None:
    found = _analyze(
        tmp_path, {name: "print(1)\n", "README.md": f"```\npython '{name}'\nstreamlit run '{name}'\n```\n"}
    )
    assert found.start_command is None


def test_an_environment_variable_with_shell_signs_is_not_exported(tmp_path: Path) -> None:
    source = "import os, uvicorn\nuvicorn.run('x:y', host='0.0.0.0', port=int(os.environ.get('A; touch x', 9000)))\n"
    assert _analyze(tmp_path, {"main.py": source}).environment == ()


def test_the_port_of_a_database_in_the_readme_is_not_the_applications(tmp_path: Path) -> None:
    files = {
        "README.md": "Redis at localhost:6379, the page at http://localhost:8055/\n",
        "app.py": "from flask import Flask\napp = Flask(__name__)\n",
        "requirements.txt": "flask\ngunicorn\n",
    }
    assert _analyze(tmp_path, files).port == 8055


def test_a_server_called_indirectly_and_one_with_arguments_have_their_ports(tmp_path: Path) -> None:
    source = "import http.server\ndef run(cls=http.server.HTTPServer):\n    address = ('', 8089)\n    cls(address, None).serve_forever()\nrun()\n"
    assert _analyze(tmp_path / "one", {"server.py": source}).port == 8089
    files = {"README.md": "```\npython bot.py --port 7001\n```\n", "bot.py": "import sys\nprint(sys.argv)\n"}
    found = _analyze(tmp_path / "two", files)
    assert (found.start_command, found.port) == ("python bot.py --port 7001", 7001)


def test_graphs_named_in_langgraph_json_are_served(tmp_path: Path) -> None:
    files = {"langgraph.json": "{}", "requirements.txt": "langgraph\n", "src/agent/graph.py": "graph = 1\n"}
    found = _analyze(tmp_path, files)
    assert found.start_command == "langgraph dev --host 0.0.0.0 --port 2024 --no-browser"
    assert found.install_command == "pip install -r requirements.txt && pip install 'langgraph-cli[inmem]'"


def test_parts_of_an_agent_that_nothing_starts_are_an_agent_s_all_the_same(tmp_path: Path) -> None:
    """M41, B66."""
    found = _analyze(tmp_path, {"factory.py": "import agentscope\n\n\ndef make_agent():\n    return agentscope\n"})
    assert (found.language, found.supported, found.type) == ("python", False, ApplicationType.AGENT)


def test_a_conda_environment_is_installed_with_pip_its_includes_and_nothing_a_shell_would_run(tmp_path: Path) -> None:
    environment = (
        "dependencies:\n  - python=3.12\n  - conda-forge::flask>=3\n  - openjdk\n  - pip:\n"
        "      - -r more.txt\n      - gunicorn==23.0; python_version>'3'\n      - --index-url http://example.org\n      - $(touch x)\n"
    )
    found = _analyze(
        tmp_path, {"environment.yml": environment, "app.py": "from flask import Flask\n\napp = Flask(__name__)\n"}
    )
    assert (
        found.install_command == "pip install 'flask>=3' 'gunicorn==23.0; python_version>'\"'\"'3'\"'\"'' -r more.txt"
    )
    assert found.language_version == "==3.12.*"
