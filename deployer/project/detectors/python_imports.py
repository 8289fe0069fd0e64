"""What code needs that no file declares: packages by the names they are imported by.

Only well-known names are installed. A package index has a package for nearly every word, so an unknown name is told, not
guessed at.
"""

import sys
from dataclasses import dataclass

from deployer.project.detectors.python_project import PythonProject

# Packages that are imported by their own name, hyphens written as underscores.
_SAME_NAME = frozenset({
    "agentscope", "agentscope_runtime", "aiofiles", "aiohttp", "anthropic", "apscheduler", "bcrypt", "boto3", "bottle",
    "celery", "chainlit", "cherrypy", "click", "crewai", "cryptography", "dash", "dashscope", "django", "dramatiq",
    "falcon", "fastapi", "fastmcp", "flask", "flask_cors", "flask_login", "flask_migrate", "flask_socketio",
    "flask_sqlalchemy", "gevent", "gradio", "gunicorn", "httpx", "hypercorn", "jinja2", "langchain", "langchain_community",
    "langchain_core", "langchain_openai", "langgraph", "litestar", "llama_index", "loguru", "lxml", "markdown",
    "matplotlib", "mcp", "motor", "nicegui", "numpy", "openai", "openpyxl", "oss2", "pandas", "passlib", "peewee", "plotly",
    "psutil", "psycopg", "pydantic", "pydantic_settings", "pymongo", "pymysql", "quart", "redis", "requests", "rich", "rq",
    "sanic", "schedule", "scipy", "seaborn", "selenium", "slack_bolt", "sqlalchemy", "sqlmodel", "starlette", "streamlit",
    "tornado", "tqdm", "transformers", "typer", "uvicorn", "waitress", "websockets", "werkzeug", "whitenoise",
})  # fmt: skip
_OTHER_NAME = {
    "PIL": "pillow", "bs4": "beautifulsoup4", "cv2": "opencv-python-headless", "discord": "discord.py", "docx": "python-docx",
    "dotenv": "python-dotenv", "fasthtml": "python-fasthtml", "grpc": "grpcio", "jwt": "pyjwt", "paho": "paho-mqtt",
    "psycopg2": "psycopg2-binary", "rest_framework": "djangorestframework", "serial": "pyserial", "sklearn": "scikit-learn",
    "socketio": "python-socketio", "telegram": "python-telegram-bot", "yaml": "pyyaml", "functions_framework": "functions-framework",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPackages:
    """`packages` are known by the names code imports; `unknown` are names of nothing that is known, with (file, line)."""

    packages: tuple[str, ...]
    unknown: tuple[tuple[str, str, int], ...]


def find_imported_packages(project: PythonProject) -> ImportedPackages:
    """What the modules import for certain that is neither Python's own nor the project's."""
    packages: set[str] = set()
    unknown: dict[str, tuple[str, str, int]] = {}
    for module in project.modules.values():
        for name, line in module.imports:
            package = _package(name)
            if package is not None:
                packages.add(package)
            elif name not in sys.stdlib_module_names and not _is_own(project, name):
                unknown.setdefault(name, (name, module.file, line))
    return ImportedPackages(packages=tuple(sorted(packages)), unknown=tuple(unknown.values()))


def _package(name: str) -> str | None:
    return name.replace("_", "-") if name in _SAME_NAME else _OTHER_NAME.get(name)


def _is_own(project: PythonProject, name: str) -> bool:
    """Whether a file or directory of the project goes by the name, wherever it stands."""
    return any(f"/{name}.py" in f"/{file}" or f"/{name}/" in f"/{file}" for file in project.modules)
