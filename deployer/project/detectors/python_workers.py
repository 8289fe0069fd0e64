"""Workers: programs that take jobs from a queue and listen nowhere."""

import re
import shlex

from deployer.models.analysis import Evidence
from deployer.project.detectors.python_project import PythonProject
from deployer.project.detectors.python_start import Start

_NO_PORT = "takes its work from a queue: no port"


def interpret_worker(project: PythonProject, program: str, rest: list[str], evidence: Evidence) -> Start | None:
    """`celery -A proj worker`, `rq worker`, `dramatiq module`, `arq module.Settings`; the module has to exist."""
    if program == "celery":
        module = next((rest[at + 1] for at, word in enumerate(rest[:-1]) if word in {"-A", "--app"}), None)
        known = module is not None and _exists(project, module) and bool({"worker", "beat"} & set(rest))
    elif program in {"dramatiq", "arq"}:
        known = any(_exists(project, word) for word in rest)
    else:
        known = program == "rq" and rest[:1] == ["worker"]
    if not known or not all(re.fullmatch(r"[\w@%+=:,./-]+", word) for word in rest):
        return None
    return _worker(project, shlex.join((program, *rest)), program, evidence)


def start_worker(project: PythonProject) -> Start | None:
    """The worker of the first Celery application in the code; None without."""
    for module in project.modules.values():
        app = next((one for one in module.apps if one.framework == "celery"), None)
        if app is not None:
            name, environment = project.location(module)
            evidence = Evidence(file=module.file, line=app.line, why=f"`{app.name}` is a Celery application")
            start = _worker(project, f"celery -A {name}:{app.name} worker --loglevel=info", "celery", evidence)
            return Start(
                command=start.command, framework="celery", needs=start.needs, environment=environment,
                evidence=start.evidence,
            )  # fmt: skip
    return None


def _worker(project: PythonProject, command: str, program: str, evidence: Evidence) -> Start:
    where = Evidence(file=evidence.file, line=evidence.line, why=_NO_PORT, decides="port")
    needs = () if project.manifest.find(program) else (program,)
    return Start(command=command, framework=program, needs=needs, evidence=(evidence, where))


def _exists(project: PythonProject, dotted: str) -> bool:
    """Whether the module of `module`, `module:app` or `module.app` is there."""
    name = dotted.partition(":")[0]
    return project.module_named(name) is not None or project.module_named(name.rpartition(".")[0]) is not None
