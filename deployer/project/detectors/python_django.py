"""Django projects, and Flask ones with a `manage.py` of Flask-Script: the server, and who it answers to."""

import re

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.python_project import PythonProject
from deployer.project.detectors.python_start import EVERYWHERE, Start, find_port

_SETTINGS = re.compile(r"(^|/)settings(/(base|common|prod|production|local|dev|defaults|__init__))?\.py$")
_HOSTS = re.compile(r"^\s*ALLOWED_HOSTS\s*=\s*(\[[^\]]*\]|\([^)]*\))", re.MULTILINE)
_REFUSES_OTHERS = "allows no host but the instance itself: Django answers 400 to everybody else; add its address or `*` to ALLOWED_HOSTS"
_OURSELVES = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver", "0.0.0.0"})  # noqa: S104  (what the code says)


def start_django(project: PythonProject) -> Start | None:
    """Gunicorn (or a declared ASGI server) on the project's `wsgi.py`; None without a `manage.py` of Django's."""
    files = [file for file in project.project_dir.files() if is_plain_path(file)]
    manage = next((file for file in files if file == "manage.py" or file.endswith("/manage.py")), None)
    text = (project.project_dir.find_text(manage) or "") if manage else ""
    if manage is None or re.search(r"flask_script|FlaskGroup|from flask", text):
        return _start_flask_script(project, manage, text) if manage else None
    directory = manage.rpartition("/")[0]
    inside = [file for file in files if file.startswith(f"{directory}/" if directory else "")]
    wsgi = next((file for file in inside if file.endswith("/wsgi.py")), None)
    asgi = next((file for file in inside if file.endswith("/asgi.py")), None)
    port, evidence = find_port(project, "django", project.modules.get(manage))
    prefix = f"cd {directory} && " if directory else ""
    served = wsgi or asgi
    if served is None:
        command = f"{prefix}python manage.py runserver --noreload {EVERYWHERE}:{port}"
        needs: tuple[str, ...] = ()
    else:
        name = served.removeprefix(f"{directory}/" if directory else "").removesuffix(".py").replace("/", ".")
        server = "gunicorn" if wsgi else "uvicorn"
        bind = f"--bind {EVERYWHERE}:{port}" if wsgi else f"--host {EVERYWHERE} --port {port}"
        command = f"{prefix}{server} {name}:application {bind}"
        needs = () if project.manifest.find(server) else (server,)
    found = Evidence(file=served or manage, line=None, why="the application of a Django project")
    return Start(
        command=command,
        framework="django",
        port=port,
        bind_host=EVERYWHERE,
        needs=needs,
        evidence=(found, evidence),
        warnings=_unanswered_hosts(project, inside),
    )


def _start_flask_script(project: PythonProject, manage: str, text: str) -> Start | None:
    """`manage.py runserver` of Flask-Script, told to listen everywhere."""
    if "flask_script" not in text or "/" in manage:
        return None
    port, evidence = find_port(project, "flask", project.modules.get(manage))
    found = Evidence(file=manage, line=None, why="the commands of a Flask-Script project")
    command = f"python manage.py runserver --host {EVERYWHERE} --port {port}"
    return Start(command=command, framework="flask", port=port, bind_host=EVERYWHERE, evidence=(found, evidence))


def _unanswered_hosts(project: PythonProject, files: list[str]) -> tuple[str, ...]:
    """A warning when the settings answer 400 to every request that does not come from the instance itself.

    Source: https://docs.djangoproject.com/en/5.2/ref/settings/#allowed-hosts
    """
    for file in (one for one in files if _SETTINGS.search(one)):
        text = project.project_dir.find_text(file) or ""
        match = _HOSTS.search(text)
        hosts = set(re.findall(r"['\"]([^'\"]*)['\"]", match[1])) if match else {"*"}
        later = re.search(r"ALLOWED_HOSTS\s*(\+=|\.(append|extend))", text) or text.count("ALLOWED_HOSTS =") > 1
        if match and not later and "environ" not in match[1] and hosts <= _OURSELVES:
            line = text.count("\n", 0, match.start(1)) + 1
            return (f"`{file}:{line}` {_REFUSES_OTHERS}",)
    return ()
