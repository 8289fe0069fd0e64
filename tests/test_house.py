"""The house rules: sizes, names, values that do not change, docstrings, exports, and what a wheel holds."""

import ast
import compileall
import importlib
import os
import re
import statistics
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from source_tree import PACKAGE, ROOT, SAMPLE, Module, modules

pytestmark = pytest.mark.xdist_group("source")  # read and parsed once
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
MOST_PARAMETERS = 6
# Each of these takes settings of its own that all have defaults and all go by name.
MANY_SETTINGS = {
    ("deployer.api", "__init__"),
    ("deployer.api", "deploy"),
    ("deployer.api", "delete"),
    ("deployer.emulator.core", "__init__"),
}
# Dataclasses that change, or are made by position, for a reason that stands in their docstring or here.
OPEN_DATACLASSES = {
    "deployer.backends.sdk.provisioning.Place": "gathers ids while a network is made, then is read",
    "deployer.config.findings.Findings": "gathers problems while a document is checked",
    "deployer.config.yaml_nodes.YamlTree": "a document under edit",
    "deployer.models.secret.Secret": "`Secret(text)` is clearer than a keyword, and its repr must not be generated",
    "deployer.oos.execution.Execution": "the state of a running execution",
    "deployer.oos.execution.TaskRun": "the state of a running task",
    "deployer.oos.execution.Waiter": "the state of a waiting task",
    "deployer.oos.validate_values.Names": "gathers names while a template is checked",
    "deployer.project.carrying.requirements.Requirements": "gathers lines while files are read",
    "deployer.ui.progress.Progress": "what is on the screen now",
    "deployer.ui.progress.StepView": "what is on the screen now",
}
VALUE_MAKERS = {
    *("MappingProxyType", "frozenset", "tuple", "range", "object", "ord", "re.compile", "TypeVar", "ParamSpec"),
    *("Decimal", "timedelta", "dt.timedelta", "Path", "Path(__file__).with_name", "logging.getLogger"),
    *("struct.Struct", "struct.pack", "TagLimits", "Mirror", "Refusal"),
}
CHANGING_METHODS = {
    *("append", "add", "update", "pop", "popitem", "clear", "extend", "insert", "remove", "discard", "setdefault"),
    *("sort", "reverse"),
}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base_utils", "shared"}


@pytest.mark.parametrize("module", [pytest.param(one, id=one.name) for one in modules() if one.text.count("\n") > 300])
def test_no_file_is_longer_than_its_reader_can_hold(module: Module):
    assert module.text.count("\n") <= LONGEST_FILE or module.text.startswith("# Longer than"), module.shown


def test_functions_are_short_and_take_few_arguments():
    wrong = []
    for module in modules():
        for function in module.functions():
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            taken = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
            count = len([one for one in taken if one.arg not in {"self", "cls"}])
            if lines > LONGEST_FUNCTION:
                wrong.append(f"{module.shown}:{function.lineno} {function.name} has {lines} lines")
            if count > MOST_PARAMETERS and (module.name, function.name) not in MANY_SETTINGS:
                wrong.append(f"{module.shown}:{function.lineno} {function.name} takes {count}")
    assert wrong == []


def test_functions_with_many_settings_take_them_by_name():
    found = set()
    for module in modules():
        for function in module.functions():
            if (module.name, function.name) in MANY_SETTINGS:
                found.add((module.name, function.name))
                assert len(function.args.posonlyargs + function.args.args) <= 2, function.name
    assert found == MANY_SETTINGS


def test_half_of_all_functions_have_about_ten_lines():
    lengths = [
        (function.end_lineno or function.lineno) - function.lineno + 1
        for module in modules()
        for function in module.functions()
    ]
    assert statistics.median(lengths) <= 12


def test_dataclasses_are_frozen_slotted_and_made_by_name():
    """The emulator's state is the exception: it lives."""
    closed = {"frozen", "slots", "kw_only"}
    open_ones = {
        f"{module.name}.{node.name}"
        for module in modules()
        if module.layer != "emulator"
        for node in module.classes()
        for decorator in node.decorator_list
        if ast.unparse(decorator).startswith("dataclass") and not closed <= true_keywords(decorator)
    }
    assert open_ones == OPEN_DATACLASSES.keys()


def true_keywords(node: ast.expr) -> set[str]:
    keywords = node.keywords if isinstance(node, ast.Call) else []
    return {one.arg for one in keywords if one.arg and ast.unparse(one.value) == "True"}


def test_modules_hold_no_state():
    """Upper-case tables are values: nobody changes them. Nothing else at the top of a module is made of live objects."""
    wrong = []
    for module in modules():
        for node in module.tree.body:
            for name, value in assigned(node):
                if isinstance(value, ast.Dict | ast.List | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
                    made_live = name != "__all__" and not re.fullmatch(r"_?[A-Z][A-Z0-9_]*", name)
                else:
                    made_live = isinstance(value, ast.Call) and ast.unparse(value.func) not in VALUE_MAKERS
                if made_live:
                    wrong.append(f"{module.shown}:{node.lineno} {name}")
        wrong += [f"{module.shown}:{node.lineno} global" for node in module.nodes if isinstance(node, ast.Global)]
    assert wrong == []


def assigned(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return [(target.id, value) for target in targets if isinstance(target, ast.Name) and value is not None]


def test_nobody_changes_a_table():
    wrong = []
    for module in modules():
        for node in module.nodes:
            changed: list[ast.expr] = []
            if isinstance(node, ast.Assign | ast.Delete):
                changed = [target.value for target in node.targets if isinstance(target, ast.Subscript)]
            elif isinstance(node, ast.AugAssign):
                changed = [node.target]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                changed = [node.func.value] if node.func.attr in CHANGING_METHODS else []
            wrong += [
                f"{module.shown}:{node.lineno} {ast.unparse(one)}"
                for one in changed
                if isinstance(one, ast.Name) and re.fullmatch(r"_?[A-Z][A-Z0-9_]+", one.id)
            ]
    assert wrong == []


def test_modules_are_named_for_what_is_in_them():
    names = {part for module in modules() for part in module.name.split(".")}
    assert {name for name in names if name.strip("_") in EMPTY_NAMES or name.endswith(("_utils", "_helpers"))} == set()


def test_everything_public_says_what_it_is():
    wrong = []
    for module in modules():
        nodes: list[ast.Module | ast.ClassDef | ast.FunctionDef] = [module.tree]
        nodes += [node for node in module.tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        for node in nodes:
            name = getattr(node, "name", "")
            is_overload = any(ast.unparse(one) == "overload" for one in getattr(node, "decorator_list", ()))
            if not name.startswith("_") and not is_overload and not ast.get_docstring(node):
                wrong.append(f"{module.shown} {name}")
    assert wrong == []


def test_module_docstrings_are_short():
    """The error tree is drawn in one of them, and that is what it is for."""
    long = {module.name: (ast.get_docstring(module.tree) or "").count("\n") + 1 for module in modules()}
    assert {name for name, lines in long.items() if lines > 8} <= {"deployer.errors.base"}


def test_names_that_are_exported_exist():
    for module in modules():
        if "__all__" in module.text and module.name != "deployer.emulator":
            loaded = importlib.import_module(module.name)
            for name in getattr(loaded, "__all__", ()):
                assert hasattr(loaded, name), f"{module.name}.{name}"


def test_the_public_names_are_these():
    import deployer

    assert deployer.__all__ == ["Deployer", "Report", "__version__"]
    assert deployer.Deployer.__module__ == "deployer.api"
    assert deployer.Report.__module__ == "deployer.models.report"
    assert re.fullmatch(r"\d+\.\d+\.\d+", deployer.__version__)
    with pytest.raises(AttributeError, match="Nothing"):
        _ = deployer.Nothing


def test_the_whole_package_is_python_3_10():
    for module in modules():
        ast.parse(module.text, module.shown, feature_version=(3, 10))


def test_the_sample_compiles():
    assert compileall.compile_dir(str(SAMPLE), quiet=2, force=True, optimize=0)


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in answer.stdout.splitlines()[-1].split()}


HEAVY = {"Tea", "darabonba", "pydantic", "yaml", "jq", "tree_sitter", "requests", "questionary", "rich", "markdown_it"}


def heavy(loaded: set[str]) -> set[str]:
    return {name for name in loaded if name in HEAVY or name.startswith("alibabacloud")}


def test_import_deployer_loads_nothing_slow():
    assert heavy(loaded_after("import deployer")) == set()


def test_importing_the_api_loads_no_sdk_and_draws_nothing():
    loaded = heavy(loaded_after("from deployer import Deployer"))
    assert {name for name in loaded if name.startswith(("alibabacloud", "Tea", "darabonba", "rich"))} == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_the_front_door_loads_nothing_slow(arguments):
    code = f"from deployer.cli.main import run\nrun({arguments!r})\n"
    assert heavy(loaded_after(code)) == set()


def test_the_help_of_a_command_loads_no_sdk():
    loaded = heavy(loaded_after("from deployer.cli.main import run\nassert run(['deploy', '--help']) == 0"))
    assert {name for name in loaded if name.startswith(("alibabacloud", "Tea", "darabonba"))} == set()


def test_detecting_loads_neither_cloud_nor_configuration():
    """It is called for every question about a project, by people and by agents: its start has to be quick."""
    code = "from deployer.cli.main import run\nassert run(['detect', 'tests/projects/worker', '--output', 'json']) == 0"
    assert heavy(loaded_after(code)) <= {"yaml", "markdown_it"}


def processor_seconds(*arguments: str) -> float:
    """What the run cost the processor: unlike the time it took, it does not grow with what else the machine does."""
    with subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def test_help_takes_at_most_five_times_an_empty_python():
    """The fastest of several runs counts, and a second round may prove it."""
    for _ in range(4):
        empty = min(processor_seconds("-c", "pass") for _ in range(5))
        if min(processor_seconds("-m", "deployer", "--help") for _ in range(5)) <= 5 * empty:
            return
    pytest.fail("`deployer --help` takes more than five times `python -c pass`")


def test_the_console_script_and_the_module_are_the_same():
    metadata = tomllib_of(ROOT / "pyproject.toml")["project"]
    assert metadata["scripts"] == {"deployer": "deployer.__main__:main"}
    answer = subprocess.run(
        [sys.executable, "-m", "deployer", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    import deployer

    assert answer.stdout.strip() == f"deployer, version {deployer.__version__}"


def tomllib_of(path: Path) -> dict:
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return toml.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel as it would be published, built offline."""
    folder = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build; print(hatchling.build.build_wheel({str(folder)!r}))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return zipfile.ZipFile(folder / answer.stdout.split()[-1])


def test_the_wheel_holds_every_file_of_the_package(wheel):
    ours = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith((".pyc", ".so"))
    }
    assert ours <= set(wheel.namelist())


@pytest.mark.parametrize(
    "name",
    [
        "deployer/py.typed",
        "deployer/oos_templates/deployer-release.yml",
        "deployer/oos_templates/deployer-rollout.yml",
        "deployer/config/reference.yml",
        "deployer/config/template.yml",
        "deployer/lessons/catalogue.yml",
        "deployer/backends/runner/runner.sh",
        "deployer/backends/runner/bootstrap.sh",
        "deployer/emulator/contract/ecs.json",
        "deployer/oos/product_actions/ACS-ECS-RunCommand.yml",
        "deployer/demo/sample/app.py",
        "deployer/demo/sample/requirements.txt",
    ],
)
def test_the_wheel_holds_the_data(wheel, name):
    assert name in wheel.namelist()
    assert wheel.getinfo(name).file_size > 0 or name.endswith("py.typed")


def test_the_wheel_holds_nothing_else(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.startswith("deployer")} == set()
    assert [name for name in wheel.namelist() if "__pycache__" in name or "/tests/" in name] == []


def test_the_wheel_names_its_entry_points_and_its_licence(wheel):
    [entry_points] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(entry_points).decode()
    assert "deployer = deployer.__main__:main" in text
    assert "sdk = deployer.backends.sdk:SdkBackend" in text
    assert [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]


def tracked_files() -> list[Path]:
    try:
        answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a checkout")
    return [ROOT / name for name in answer.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_package_index():
    """Neither this checkout's folder nor this interpreter's, nobody's home, and no index but the default one."""
    here = [re.escape(str(path)) for path in (ROOT, Path(sys.prefix)) if len(path.parts) > 2]
    places = re.compile(
        "|".join(
            [
                *here,
                r"/home/[a-z]+/(?!\.)",
                r"/Users/[a-z]+/",
                r"index[-_]url\s*[=:]\s*[\"']?https?://(?!pypi\.org|[\w.]*example)[\w-]+\.\w",
            ]
        )
    )
    wrong = []
    for path in tracked_files():
        lines = path.read_bytes().decode("latin-1").splitlines()
        wrong += [f"{path.relative_to(ROOT)}:{number}" for number, line in enumerate(lines, 1) if places.search(line)]
    assert wrong == []


def test_no_private_key_or_real_access_key_is_in_a_file():
    keys = re.compile(
        r"LTAI5t[A-Za-z0-9]{18,}|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{200,}"
    )
    found = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path != Path(__file__) and keys.search(path.read_bytes().decode("latin-1"))
    ]
    assert [name for name in found if not name.startswith("tests/")] == []


def test_there_is_nothing_left_to_do_in_the_code():
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
    wrong = [f"{module.shown}" for module in modules() if marks.search(module.text)]
    assert wrong == []
