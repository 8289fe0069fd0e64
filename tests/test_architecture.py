"""Who may import whom, and who may reach outside: read from the import statements, those inside functions too."""

import ast

import pytest
from source_tree import layer_of, modules

pytestmark = pytest.mark.xdist_group("source")  # read and parsed once
VALUES = {"models", "errors"}
BELOW_BACKENDS = {*VALUES, "events", "config", "cloud", "oos", "ledger"}
ALL_BUT_SCREENS = {*BELOW_BACKENDS, "project", "backends", "operations", "emulator", "demo"}

# The layers and what each may import of ours; every one may import `clock`.
MAY_IMPORT = {
    "models": set(),
    "errors": set(),
    "clock": set(),
    "events": VALUES,
    "project": {*VALUES, "events"},
    "config": {*VALUES, "events"},
    "cloud": {*VALUES, "events"},
    "oos": set(),
    "ledger": {*VALUES, "events", "cloud"},
    "backends": BELOW_BACKENDS,
    "lessons": {*VALUES, "config"},
    "operations": {*BELOW_BACKENDS, "lessons", "project", "backends"},
    # The composition root is four files: `api`; `connection`, which finds cloud and account; `local_cloud`, which alone
    # starts the emulator; and `detection`, which needs neither cloud nor configuration.
    "local_cloud": {"errors", "emulator"},
    "detection": {*VALUES, "project", "config"},
    "connection": {*BELOW_BACKENDS, "backends", "local_cloud"},
    "api": {*ALL_BUT_SCREENS, "connection", "local_cloud", "detection"},
    "ui": {*VALUES, "events"},
    # Lessons need neither cloud nor project: the command asks for them itself.
    "cli": {*VALUES, "events", "api", "detection", "lessons", "ui"},
    "emulator": {"oos"},
    "testing": {"emulator"},
    "demo": set(),
    # The package itself only names what `api` and `models` have, on first use; `__main__` is the console script.
    "": {"api", "models"},
    "__main__": {"cli"},
}
SDK_PACKAGES = ("alibabacloud", "Tea", "darabonba", "oss2", "aliyunsdk")
HTTP_SERVERS = {"http.server", "socketserver", "wsgiref", "asyncio", "aiohttp", "flask", "uvicorn"}
# Where the process's environment is read. The last two are processes of the local cloud, apart from the deployer: the
# server hands its environment to the machine driver it chooses, and the program inside a machine that of the sandbox.
READ_THE_ENVIRONMENT = {
    "deployer.config.environment",
    "deployer.cloud.session",
    "deployer.cloud.credentials",
    "deployer.emulator.server",
    "deployer.emulator.machines.inside.serve",
    # The in-process cloud hands real machines the environment, and puts fake credentials there while it runs.
    "deployer.testing.aliyun",
    "deployer.testing.environment",
}


def each_import():
    return [(module, line, name) for module in modules() for line, name in module.imports()]


def imported_by(node) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_every_module_belongs_to_a_known_layer():
    assert {module.layer for module in modules()} <= MAY_IMPORT.keys()


def test_no_module_imports_upward_or_sideways():
    wrong = [
        f"{module.shown}:{line} imports {name}"
        for module, line, name in each_import()
        if name.partition(".")[0] == "deployer"
        and layer_of(name) not in {module.layer, "clock", "__version__", *MAY_IMPORT[module.layer]}
    ]
    assert wrong == []


def test_the_package_itself_is_imported_for_its_version_only():
    wrong = [
        f"{module.shown}:{line}"
        for module, line, name in each_import()
        if name == "deployer" or (name == "deployer.__version__" and module.layer not in {"cli", "api"})
    ]
    assert wrong == []


def test_imports_are_absolute():
    assert [f"{module.shown}:{line}" for module, line, name in each_import() if name.startswith(".")] == []


def test_layers_have_no_cycles():
    order: list[str] = []
    left = {layer: set(allowed) - {layer} for layer, allowed in MAY_IMPORT.items()}
    while left:
        free = [layer for layer, allowed in left.items() if allowed <= {*order}]
        assert free, f"these import each other in a circle: {sorted(left)}"
        order += free
        left = {layer: allowed for layer, allowed in left.items() if layer not in free}


def test_only_the_cloud_clients_import_an_sdk():
    wrong = [
        f"{module.shown}:{line} imports {name}"
        for module, line, name in each_import()
        if name.startswith(SDK_PACKAGES) and module.layer != "cloud"
    ]
    assert wrong == []


def test_the_cloud_clients_import_their_sdk_inside_functions():
    wrong = [
        f"{module.shown}:{node.lineno}"
        for module in modules()
        for node in module.tree.body
        for name in imported_by(node)
        if name.startswith(SDK_PACKAGES)
    ]
    assert wrong == []


def test_only_the_emulator_serves_http():
    wrong = [
        f"{module.shown}:{line} imports {name}"
        for module, line, name in each_import()
        if module.layer != "emulator" and (name in HTTP_SERVERS or name.partition(".")[0] in HTTP_SERVERS)
    ]
    wrong += [
        f"{module.shown}:{line}"
        for module in modules()
        if module.layer != "emulator"
        for line in module.uses_of("socket", "socket", "create_server", "socketpair")
    ]
    assert wrong == []


def test_the_environment_is_read_in_few_places():
    names = ("environ", "environb", "getenv", "getenvb", "putenv", "unsetenv")
    readers = {module.name for module in modules() if [*module.uses_of("os", *names)]}
    assert readers == READ_THE_ENVIRONMENT


def test_only_screens_print_and_ask():
    wrong = [
        f"{module.shown}:{node.lineno} {node.func.id}"
        for module in modules()
        if module.layer not in {"ui", "cli"}
        for node in module.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "input"}
    ]
    assert wrong == []


def test_only_screens_import_what_draws_and_asks():
    drawing = ("rich", "questionary", "prompt_toolkit", "click")
    wrong = [
        f"{module.shown}:{line} imports {name}"
        for module, line, name in each_import()
        if name.partition(".")[0] in drawing and module.layer not in {"ui", "cli"}
    ]
    assert wrong == []


def test_waiting_takes_the_clock_that_was_handed_in():
    """`time.sleep` belongs to the clock, and to the processes inside the local cloud, which live in real time."""
    wrong = [
        f"{module.shown}:{line}"
        for module in modules()
        if module.layer not in {"clock", "emulator"}
        for line in module.uses_of("time", "sleep", "monotonic", "time")
    ]
    assert wrong == []
