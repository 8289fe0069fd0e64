"""What JavaScript and TypeScript sources say about listening: port, address, the variables that change them. Never run."""

import re
from dataclasses import dataclass, replace

from deployer.project.command_shapes import is_plain_path
from deployer.project.project_dir import ProjectDir

SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx")
_LARGEST_SOURCE = 400_000
_MOST_FILES = 80
_MOST_SCANNED = 400
_LONGEST_EXPRESSION = 1_500
_COMMENT = re.compile(
    r"(\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(?<![:\\])//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL
)
_IMPORT = re.compile(r"(?:\bfrom\s*|\brequire\s*\(\s*|\bimport\s*\(?\s*)['\"](\.{1,2}(?:/[^'\"\n]*)?)['\"]")
_LISTEN = re.compile(
    r"\.listen\s*\(|\bBun\.serve\s*\(|(?<![\w.])serve\s*\(\s*(?=[\w{])|\bnew\s+(?:WebSocketServer|WebSocket\.Server)\s*\("
    r"|\bhttpStream|\bexport\s+default\s*(?=\{[^}]*\bfetch\b)"
)
_ENV = re.compile(r"(?:process|Bun|import\.meta)\.env(?:\.([A-Za-z_]\w*)|\[\s*['\"]([A-Za-z_]\w*)['\"]\s*\])")
# Where something else listens that the program talks to.
_OF_OTHERS = re.compile(
    r"(^|_)(DB|DATABASE|MYSQL|MARIADB|POSTGRES|POSTGRESQL|PG|REDIS|MONGO|MONGODB|SMTP|MAIL|AMQP|RABBITMQ|KAFKA|PROXY)_"
)
_ASIDE = re.compile(
    r"(^|/)(tests?|__tests__|spec|e2e|examples?|docs?|fixtures|cypress|scripts|\.\w+)/|\.(test|spec|d|config|stories)\."
)
_WRAPPED = re.compile(
    r"^(?:Number|parseInt|String|normalizePort|toNumber|Number\.parseInt|z\.coerce\.number)\s*\((.*)\)$", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """One call that listens. `port` and `host` None when the code does not say; variables are what overrides them."""

    file: str
    line: int
    port: int | None = None
    port_variable: str | None = None
    host: str | None = None
    host_variable: str | None = None


def without_comments(text: str) -> str:
    """The source with its comments blanked; line numbers stay."""
    return _COMMENT.sub(lambda match: match[0] if match[1] else re.sub(r"[^\n]", " ", match[0]), text)


class NodeSources:
    """The project's sources, read and stripped once each."""

    __slots__ = ("_project_dir", "_texts")

    def __init__(self, project_dir: ProjectDir) -> None:
        self._project_dir = project_dir
        self._texts: dict[str, str] = {}

    def text(self, file: str) -> str:
        """The file without comments; empty when it cannot be read or is too large for a source."""
        if file not in self._texts:
            raw = self._project_dir.find_text(file) or ""
            self._texts[file] = without_comments(raw) if len(raw) <= _LARGEST_SOURCE else ""
        return self._texts[file]

    def resolve(self, path: str) -> str | None:
        """The source a module path means: as written, with a suffix, TypeScript for JavaScript, or the directory's index."""
        path = path.strip("/")
        bare = re.sub(r"\.(m|c)?jsx?$", "", path)
        index = f"{path}/index" if path else "index"
        guesses = (path, *(bare + suffix for suffix in SUFFIXES), *(path + suffix for suffix in SUFFIXES),
                   *(index + suffix for suffix in SUFFIXES))  # fmt: skip
        found = next((one for one in guesses if one.endswith(SUFFIXES) and self._project_dir.is_file(one)), None)
        program = "." not in path.rpartition("/")[2] and path.startswith("bin/") and self._project_dir.is_file(path)
        return found or (path if program else None)

    def reachable(self, entry: str) -> tuple[str, ...]:
        """The entry and the project's own files it imports, nearest first."""
        found = [entry]
        for file in found:
            directory = file.rpartition("/")[0]
            for match in _IMPORT.finditer(self.text(file)):
                path = _join(directory, match[1])
                target = self.resolve(path) if path is not None else None
                if target and target not in found and len(found) < _MOST_FILES:
                    found.append(target)
        return tuple(found)

    def all_sources(self) -> tuple[str, ...]:
        """The sources that are no tests, examples or configuration, shallow ones first."""
        files = [
            file
            for file in self._project_dir.files()
            if file.endswith(SUFFIXES) and is_plain_path(file) and not _ASIDE.search(file)
        ]
        return tuple(sorted(files, key=lambda file: (file.count("/"), file))[:_MOST_SCANNED])

    def listening(self, files: tuple[str, ...]) -> Listening | None:
        """The first call that listens in these files, the one whose port is known before the others."""
        found = [one for file in files for one in self._calls(file, files)]
        return next((one for one in found if one.port or one.port_variable), found[0] if found else None)

    def _calls(self, file: str, files: tuple[str, ...]) -> list[Listening]:
        text = self.text(file)
        calls = []
        for match in _LISTEN.finditer(text):
            if match[0].startswith("serve") and "@hono/node-server" not in text and "srvx" not in text:
                continue
            line = text.count("\n", 0, match.start()) + 1
            body = _balanced(text, match.end() - 1 if match[0].endswith("(") else match.end())
            scope = (file, *(one for one in files if one != file))
            calls.append(_Reader(self, scope).read(Listening(file=file, line=line), body))
        return calls


class _Reader:
    """Follows the arguments of one call to numbers and variables through the given files."""

    __slots__ = ("_files", "_sources")

    def __init__(self, sources: NodeSources, files: tuple[str, ...]) -> None:
        self._sources = sources
        self._files = files

    def read(self, call: Listening, body: str) -> Listening:
        """The call with what its arguments say."""
        arguments = _split(body)
        options = next((one for one in arguments if one.startswith("{")), None)
        if not options and arguments and re.fullmatch(r"[A-Za-z_$][\w$]*", arguments[0]):
            definition = self._definition(arguments[0])
            options = definition if definition and definition.startswith("{") else None
        if options:
            port, host = self._property(options, "port"), self._property(options, "host(?:name)?")
        else:
            port = arguments[0] if arguments else None
            second = arguments[1] if len(arguments) > 1 else None
            host = None if second is None or re.match(r"(async\s*)?\(|function\b|.*=>|\w+\.\w+$", second) else second
        number, port_variable = self.port(port or "")
        address, host_variable = self.host(host or "")
        return replace(call, port=number, port_variable=port_variable, host=address, host_variable=host_variable)

    def port(self, expression: str, depth: int = 0) -> tuple[int | None, str | None]:
        """(number, variable) of an expression; either is None when it has none."""
        text = expression.strip().rstrip(";").strip()
        if depth > 6 or not text or len(text) > _LONGEST_EXPRESSION:
            return None, None
        plain = re.fullmatch(r"['\"`]?(\d{2,5})['\"`]?", text)
        if plain:
            number = int(plain[1])
            return (number if 0 < number < 65536 else None), None
        wrapped = _WRAPPED.match(text)
        if wrapped:
            return self.port((_split(wrapped[1]) or [""])[0], depth + 1)
        text = re.sub(r"\s+as\s+[\w.]+$|!$|^\+\s*", "", text)
        if text.startswith("(") and _balanced(text, 0) == text[1:-1]:
            return self.port(text[1:-1], depth + 1)
        parts = [part for part in re.split(r"\|\||\?\?|\?(?!\.)|(?<=['\"\w)\s]):(?=\s)", text) if part.strip()]
        if len(parts) > 1:
            found = [self.port(part, depth + 1) for part in parts]
            number_found = next((number for number, _variable in reversed(found) if number), None)
            return number_found, next((variable for _number, variable in found if variable), None)
        return self._named_port(text, depth)

    def _named_port(self, text: str, depth: int) -> tuple[int | None, str | None]:
        variable = _ENV.match(text)
        if variable:
            return None, _own_variable(variable[1] or variable[2])
        setting = re.match(r"[\w$.]+\.(?:get|getOrThrow)\s*(?:<[^>]*>)?\s*\((.*)\)", text, re.DOTALL)
        if setting:
            words = _split(setting[1])
            name = words[0].strip("'\"` ") if words else ""
            stored = self._search(rf"\.set\(\s*['\"]{re.escape(name)}['\"]\s*,\s*(.+)")
            default = self.port(stored or (words[1] if len(words) > 1 else ""), depth + 1)
            return default if stored or not re.fullmatch(r"[A-Z_]+", name) else (default[0], name)
        name = text.rpartition(".")[2].strip()
        if not re.fullmatch(r"[A-Za-z_$][\w$]*", name):
            return None, None
        defined = self._definition(name)
        if defined:
            return self.port(defined, depth + 1)
        if self._search(rf"\{{[^{{}}]*\b{re.escape(name)}\b[^{{}}]*\}}\s*=\s*(process\.env)\b"):
            number = self._search(rf"\{{[^{{}}]*\b{re.escape(name)}\s*=\s*['\"]?(\d+)[^{{}}]*\}}\s*=\s*process\.env\b")
            return (int(number) if number and int(number) < 65536 else None), name
        return None, None

    def host(self, expression: str, depth: int = 0) -> tuple[str | None, str | None]:
        """(address, variable) of an expression."""
        text = expression.strip().rstrip(";")
        literal = re.fullmatch(r"['\"`]([\w.:\[\]-]*)['\"`]", text)
        if literal or depth > 4 or not text:
            return (literal[1] if literal else None), None
        parts = [part for part in re.split(r"\|\||\?\?", text) if part.strip()]
        if len(parts) > 1:
            found = [self.host(part, depth + 1) for part in parts]
            return next((one for one, _variable in reversed(found) if one), None), next(
                (variable for _one, variable in found if variable), None
            )
        variable = _ENV.match(text)
        if variable:
            return None, _own_variable(variable[1] or variable[2])
        name = text.rpartition(".")[2]
        defined = self._definition(name) if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else None
        return self.host(defined, depth + 1) if defined else (None, None)

    def _property(self, options: str, name: str) -> str | None:
        for one in _split(options.strip()[1:-1]):
            found = re.match(rf"(?:{name})\s*:\s*(.+)", one, re.DOTALL)
            if found:
                return found[1]
            if re.fullmatch(name, one):
                return one
        return None

    def _definition(self, name: str) -> str | None:
        """What a name is given: by declaration, assignment or as a property, in the nearest file that says."""
        found = self._search(
            rf"(?:\b(?:const|let|var|static|readonly|private|public)\s+|[.,]\s*){re.escape(name)}\s*(?::\s*[\w<>| ]+?)?\s*=\s*(?!=)(.+)"
        )
        if found and re.match(rf"(?:this\.)?{re.escape(name)}\b", found):
            return None
        if found:
            return found
        found = self._search(rf"(?<![?\w.]){re.escape(name)}['\"]?\s*:\s*(?!number|string)(.+)")
        return None if found and re.match(rf"{re.escape(name)}\b", found) else found

    def _search(self, pattern: str) -> str | None:
        for file in self._files:
            text = self._sources.text(file)
            found = re.search(pattern, text)
            if found:
                start = found.start(1)
                return _expression(text[start : start + _LONGEST_EXPRESSION])
        return None


def _join(directory: str, path: str) -> str | None:
    parts = directory.split("/") if directory else []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def _balanced(text: str, start: int) -> str:
    """The text between the bracket at a position and its partner; from there on when it never closes. Braces are kept."""
    depth = 0
    for position in range(start, min(len(text), start + _LONGEST_EXPRESSION)):
        if text[position] in "([{":
            depth += 1
        elif text[position] in ")]}":
            depth -= 1
            if depth <= 0:
                return text[start + 1 : position] if text[start] == "(" else text[start : position + 1]
    return text[start + 1 : start + _LONGEST_EXPRESSION]


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no bracket or string."""
    parts, depth, quote, current = [], 0, "", ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(current.strip())
            current = ""
            continue
        current += sign
    return [one for one in (*parts, current.strip()) if one]


def _expression(text: str) -> str:
    """The expression a text begins with: up to the end of its line, a comma or a closing bracket outside brackets."""
    depth, quote = 0, ""
    for position, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth < 0:
                return text[:position]
        elif depth == 0 and (sign in ",;" or (sign == "\n" and not re.match(r"\s*(\|\||\?|:)", text[position:]))):
            return text[:position]
    return text


def _own_variable(name: str) -> str | None:
    """The variable, unless it says where a database or the like listens."""
    return None if _OF_OTHERS.search(name) else name
