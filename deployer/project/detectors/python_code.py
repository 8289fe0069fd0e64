"""What Python source says: imports, application objects, and how it would listen. Read with `ast`, never run."""

import ast
import re
import sys
import warnings
from dataclasses import dataclass

FRAMEWORK_CLASSES = {
    "Flask": "flask",
    "FastAPI": "fastapi",
    "Starlette": "starlette",
    "Quart": "quart",
    "Sanic": "sanic",
    "Dash": "dash",
    "AgentApp": "agentscope",
    "FastMCP": "mcp",
    "FastHTML": "fasthtml",
    "Litestar": "litestar",
    "Bottle": "bottle",
    "Celery": "celery",
}
_CALLED_CLASSES = {"falcon.App": "falcon", "fast_app": "fasthtml"}
_READ_AS = f"3.{sys.version_info.minor}"  # a later syntax is an error to this one
_OPTIONS = frozenset({"host", "port", "transport"})
# What listens, or says where something will.
_LISTENERS = frozenset({
    "run", "run_server", "launch", "serve", "start_server", "HTTPServer", "ThreadingHTTPServer", "TCPServer", "run_app",
    "run_simple", "make_server", "Config", "WSGIServer", "FastMCP", "run_async", "start",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AppObject:
    """`name = Flask(...)` at the top of a module, or a function that makes one (`factory`)."""

    name: str
    framework: str
    line: int
    factory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCall:
    """`app.run(...)`, `uvicorn.run(...)`, `demo.launch(...)`: `host` None when it is not given, `port` likewise.

    `configurable` when host or port come from an environment variable; `port_variable` is its name.
    """

    callee: str
    line: int
    host: str | None
    port: int | None
    port_variable: str | None
    host_known: bool
    debug: bool
    transport: str | None = None  # of an MCP server: "stdio", "sse", "streamable-http", "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonModule:
    """One file. `imports` are top-level package names with their line; those in `try` or functions are `optional`."""

    file: str
    imports: tuple[tuple[str, int], ...]
    optional_imports: tuple[tuple[str, int], ...]
    apps: tuple[AppObject, ...]
    runs: tuple[RunCall, ...]
    has_main_guard: bool
    has_calls: bool  # anything beyond definitions happens when it is run
    serves_on_import: bool = False  # by a call at its top, outside the main guard
    speaks_over_pipes: bool = False  # an MCP server, unless it is told another transport
    problem: str | None = None

    @property
    def dotted(self) -> str:
        """The module name as an import in the project's directory would say it."""
        return self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def imports_any(self, *names: str) -> int | None:
        """The line of the first import of one of these packages."""
        return next((line for name, line in (*self.imports, *self.optional_imports) if name in names), None)


def read_module(file: str, text: str) -> PythonModule:
    """What one source file says; a file that is no Python 3 has only its `problem`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        return _empty_module(file, f"`{file}{f':{line}' if line else ''}` cannot be read as Python {_READ_AS}")
    nodes = _nodes(tree)
    constants = _constants(nodes)
    certain, optional = _imports(tree, nodes)
    runs = _runs(nodes, constants, {name for name, _line in (*certain, *optional)})
    return PythonModule(
        file=file,
        imports=certain,
        optional_imports=optional,
        apps=tuple(_apps(tree)),
        runs=tuple(runs),
        has_main_guard=any(_is_main_guard(node) for node in tree.body),
        serves_on_import=_serves_on_import(tree, runs),
        speaks_over_pipes="transport" in constants and _text(constants["transport"], constants) == "stdio",
        has_calls=any(
            isinstance(node, (ast.Expr, ast.While, ast.For, ast.With)) and not _is_text(node) for node in tree.body
        ),
    )


def _empty_module(file: str, problem: str) -> PythonModule:
    return PythonModule(
        file=file,
        imports=(),
        optional_imports=(),
        apps=(),
        runs=(),
        has_main_guard=False,
        has_calls=False,
        problem=problem,
    )


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """The statements and expressions in the order of `ast.walk`, in a third of its time."""
    found: list[ast.AST] = [tree]
    for node in found:  # it grows while it is gone through
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                found.extend(one for one in value if isinstance(one, ast.AST))
            elif isinstance(value, (ast.expr, ast.stmt, ast.arguments)):
                found.append(value)
    return found


def _imports(tree: ast.Module, nodes: list[ast.AST]) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    certain = [pair for node in top for pair in _packages(node)]
    optional = [
        pair
        for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node not in top
        for pair in _packages(node)
    ]
    return tuple(certain), tuple(optional)


def _packages(node: ast.Import | ast.ImportFrom) -> list[tuple[str, int]]:
    if isinstance(node, ast.Import):
        return [(alias.name.split(".")[0], node.lineno) for alias in node.names]
    return [(node.module.split(".")[0], node.lineno)] if node.module and not node.level else []


def _apps(tree: ast.Module) -> list[AppObject]:
    found: list[AppObject] = []
    for node in _top_statements(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Tuple) and target.elts:  # app, rt = fast_app()
                target = target.elts[0]
            called = _callee(node.value.func)
            framework = _CALLED_CLASSES.get(called) or FRAMEWORK_CLASSES.get(called.rsplit(".", 1)[-1])
            if not framework and called.rsplit(".", 1)[-1] in {"create_app", "make_app", "get_app"}:
                framework = "factory"
            if isinstance(target, ast.Name) and framework:
                found.append(AppObject(name=target.id, framework=framework, line=node.lineno))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr == "server":
            if isinstance(node.targets[0], ast.Name):
                found.append(AppObject(name=node.targets[0].id, framework="dash", line=node.lineno))
        elif isinstance(node, ast.FunctionDef) and node.name in {"create_app", "make_app"}:
            made = [_callee(one.func).rsplit(".", 1)[-1] for one in ast.walk(node) if isinstance(one, ast.Call)]
            framework = next((FRAMEWORK_CLASSES[name] for name in made if name in FRAMEWORK_CLASSES), None)
            if framework:
                found.append(AppObject(name=node.name, framework=framework, line=node.lineno, factory=True))
    return found


def _top_statements(tree: ast.Module) -> list[ast.stmt]:
    """The statements of the module, those in `if`, `with` and `try` at its top included, the main guard left out."""
    found: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, (ast.If, ast.With, ast.Try)) and not _is_main_guard(node):
            found.extend(one for one in ast.walk(node) if isinstance(one, ast.stmt))
        elif not _is_main_guard(node):
            found.append(node)
    return found


def _runs(nodes: list[ast.AST], constants: dict[str, ast.expr], imported: set[str]) -> list[RunCall]:
    found = []
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        callee = _callee(node.func)
        last = callee.rsplit(".", 1)[-1]
        if last in _LISTENERS:
            found.append(_run_call(node, callee, constants))
        elif last in {"add_insecure_port", "add_secure_port"} and node.args:
            found.append(_grpc_address(node, callee, constants))
    made = [one for one in found if one is not None]
    return sorted(made or _bare_addresses(imported, constants), key=lambda one: one.line)


def _serves_on_import(tree: ast.Module, runs: list[RunCall]) -> bool:
    """Whether one of the calls stands at the top, so that whoever imports the module never gets it."""
    lines = {run.line for run in runs if run.callee.endswith((".run", "run_simple", "serve"))}
    return any(isinstance(node, ast.Expr) and node.lineno in lines for node in _top_statements(tree))


def _bare_addresses(imported: set[str], constants: dict[str, ast.expr]) -> list[RunCall]:
    """`address = ("", 8080)` in a module that imports a server of the standard library and calls it indirectly."""
    if not imported & {"http", "socketserver", "wsgiref", "xmlrpc"}:
        return []
    calls = [
        ast.copy_location(ast.Call(func=ast.Name(id="HTTPServer"), args=[value], keywords=[]), value)
        for value in constants.values()
        if isinstance(value, ast.Tuple) and _address(value, constants) is not None
    ]
    found = [_run_call(call, "HTTPServer", constants) for call in calls]
    return [one for one in found if one is not None and one.host is not None and one.port is not None]


def _run_call(node: ast.Call, callee: str, constants: dict[str, ast.expr]) -> RunCall | None:
    given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    host_node = next((given[name] for name in ("host", "server_name", "address") if name in given), None)
    port_node = next((given[name] for name in ("port", "server_port") if name in given), None)
    address = _address(node.args[0], constants) if callee.endswith("Server") and node.args else None
    if address is not None:
        host_node, port_node = address.elts
    elif callee.endswith((".run", "make_server", "run_simple", "start_server")) and not callee.startswith("uvicorn"):
        host_node = host_node or next((one for one in node.args[:1] if _text(one, constants) is not None), None)
        port_node = port_node or next((one for one in node.args[1:2]), None)
    transport = _text(given["transport"], constants) if "transport" in given else None
    known = callee.startswith(("uvicorn", "hypercorn", "web.", "mcp.")) or callee in {"serve", "run_simple"}
    known = known or transport is not None
    receiver = callee.rpartition(".")[0]
    if callee.endswith(".start") and (host_node is None or port_node is None):
        return None
    if (
        not known
        and host_node is None
        and port_node is None
        and receiver not in {"app", "application", "server", "demo"}
    ):
        return None
    port, variable = _number(port_node, constants) if port_node is not None else (None, None)
    debug = given.get("debug") or given.get("reload")
    return RunCall(
        callee=callee,
        line=node.lineno,
        host=_text(host_node, constants) if host_node is not None else None,
        port=port,
        port_variable=variable,
        host_known=host_node is None or _text(host_node, constants) is not None,
        debug=isinstance(debug, ast.Constant) and bool(debug.value),
        transport=transport,
    )


def _grpc_address(node: ast.Call, callee: str, constants: dict[str, ast.expr]) -> RunCall | None:
    """`server.add_insecure_port("[::]:50051")`."""
    written = node.args[0]
    if isinstance(written, ast.JoinedStr):  # f"[::]:{port}"
        host = "".join(str(one.value) for one in written.values if isinstance(one, ast.Constant)).rpartition(":")[0]
        asked = next((one.value for one in written.values if isinstance(one, ast.FormattedValue)), None)
        port, variable = _number(asked, constants) if asked is not None else (None, None)
    else:
        host, _, number = (_text(written, constants) or "").rpartition(":")
        port, variable = int(number) if number.isdigit() and 0 < int(number) < 65536 else None, None
    if port is None and variable is None:
        return None
    return RunCall(
        callee=callee,
        line=node.lineno,
        host="" if host in {"[::]", "0.0.0.0"} else host,  # noqa: S104  (what the code says)
        port=port,
        port_variable=variable,
        host_known=True,
        debug=False,
    )


def _address(node: ast.expr, constants: dict[str, ast.expr]) -> ast.Tuple | None:
    """The (host, port) an expression stands for."""
    found = constants.get(node.id) if isinstance(node, ast.Name) else node
    return found if isinstance(found, ast.Tuple) and len(found.elts) == 2 else None


def _constants(nodes: list[ast.AST]) -> dict[str, ast.expr]:
    """What names that are assigned once stand for, and the host and port that options of a command line default to."""
    assigned = {
        node.targets[0].id: node.value
        for node in nodes
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    }
    return {**_option_defaults(nodes), **assigned}


def _option_defaults(nodes: list[ast.AST]) -> dict[str, ast.expr]:
    """Host, port and transport of argparse and click options, and of functions with such parameters."""
    found: dict[str, ast.expr] = {}
    for node in nodes:
        if isinstance(node, ast.Call) and _callee(node.func).rsplit(".", 1)[-1] in {"add_argument", "option"}:
            names = [
                one.value.lstrip("-")
                for one in node.args
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            default = next((one.value for one in node.keywords if one.arg == "default"), None)
            if default is not None:
                found.update({name: default for name in names if name in _OPTIONS})
        elif isinstance(node, ast.FunctionDef) and node.args.defaults:
            with_default = node.args.args[-len(node.args.defaults) :]
            pairs = zip(with_default, node.args.defaults, strict=True)
            found.update({one.arg: value for one, value in pairs if one.arg in _OPTIONS})
    return found


def _text(node: ast.expr, constants: dict[str, ast.expr], depth: int = 0) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    named = _named(node)
    if named in constants and depth < 3:
        return _text(constants[named], constants, depth + 1)
    if isinstance(node, ast.Call) and _is_environment(node) and len(node.args) > 1:
        return _text(node.args[1], constants, depth + 1)
    return None


def _number(node: ast.expr, constants: dict[str, ast.expr], depth: int = 0) -> tuple[int | None, str | None]:
    """The number, or the default and the name of the environment variable it is read from."""
    if isinstance(node, ast.Constant):
        text = str(node.value)
        return (int(text) if text.isdigit() and 0 < int(text) < 65536 else None), None
    named = _named(node)
    if named in constants and depth < 3:
        return _number(constants[named], constants, depth + 1)
    if isinstance(node, ast.BoolOp):
        found = [_number(one, constants, depth + 1) for one in node.values]
        return next((port for port, _ in found if port), None), next((name for _, name in found if name), None)
    if isinstance(node, ast.Call):
        if _callee(node.func) in {"int", "str"} and node.args:
            return _number(node.args[0], constants, depth + 1)
        if _is_environment(node) and node.args and isinstance(node.args[0], ast.Constant):
            default = _number(node.args[1], constants, depth + 1)[0] if len(node.args) > 1 else None
            return default, _variable(node.args[0].value)
    if isinstance(node, ast.Subscript) and _callee(node.value) == "os.environ" and isinstance(node.slice, ast.Constant):
        return None, _variable(node.slice.value)
    return None, None


def _named(node: ast.expr) -> str:
    """The name an expression asks for: `port`, and `port` of `args.port`; "" for any other expression."""
    if isinstance(node, ast.Attribute) and node.attr in {"host", "port"}:
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _variable(name: object) -> str | None:
    """A name the shell can export, None for any other."""
    return name if isinstance(name, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else None


def _is_environment(node: ast.Call) -> bool:
    return _callee(node.func) in {"os.environ.get", "os.getenv", "environ.get", "getenv", "env", "env.int", "config"}


def _callee(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def _is_main_guard(node: ast.stmt) -> bool:
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    return isinstance(node.test.left, ast.Name) and node.test.left.id == "__name__"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
