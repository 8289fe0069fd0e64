"""A static site: `index.html` at a known place, served by Python without dotfiles (S7)."""

import re

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

_PLACES = ("", "public", "dist", "build", "site", "_site", "docs", "www", "html", "htdocs")
SITE_PORT = 8080
# Dotfiles that say nothing about anybody: markers for tools.
_HARMLESS = frozenset(
    {".nojekyll", ".static", ".gitkeep", ".keep", ".gitignore", ".gitattributes", ".gitmodules", ".editorconfig"}
)


def detect_static(project_dir: ProjectDir, _readme: Readme | None) -> Detection | None:
    """A server for the directory of `index.html`; None when there is none or the page has to be built first."""
    places = (*_named_root(project_dir), *_PLACES)
    place = next((one for one in places if project_dir.is_file(f"{one}/index.html" if one else "index.html")), None)
    if place is None or project_dir.is_file("package.json"):
        return None
    file = f"{place}/index.html" if place else "index.html"
    served = [path for path in project_dir.files() if path.startswith(f"{place}/" if place else "")]
    hidden = {part for path in served for part in path.split("/") if part.startswith(".")} - _HARMLESS
    start_command = f"python3 -c '{server_program(place or '.')}' {SITE_PORT}" if hidden else serve_command(place)
    return Detection(
        language="static",
        framework="static",
        start_command=start_command,
        port=SITE_PORT,
        bind_host="0.0.0.0",  # noqa: S104  (a site has to be reachable)
        evidence=(
            Evidence(file=file, line=None, why="a page and nothing that builds it: served as it is, without dotfiles"),
        ),
    )


def serve_command(place: str) -> str:
    """Python's own server for a directory that holds nothing to be hidden."""
    return f"python3 -m http.server {SITE_PORT} --bind 0.0.0.0 --directory {place or '.'}"


def _named_root(project_dir: ProjectDir) -> tuple[str, ...]:
    """The directory a `Staticfile` or `static.json` of a buildpack names."""
    found = re.search(r"(?m)^\s*root:\s*['\"]?([\w./-]+)", project_dir.find_text("Staticfile") or "") or re.search(
        r"\"root\"\s*:\s*\"([\w./-]+)\"", project_dir.find_text("static.json") or ""
    )
    place = found[1].removeprefix("./").strip("/") if found else ""
    return (place,) if is_plain_path(place) else ()


def server_program(place: str) -> str:
    """One line of Python that serves a directory but answers 404 to every path with a part that begins with a dot."""
    return (
        "import functools, http.server as s, os, sys; "
        'H = type("H", (s.SimpleHTTPRequestHandler,), {"send_head": lambda self: '
        'self.send_error(404) if any(p.startswith(".") for p in os.path.relpath('
        'os.path.realpath(self.translate_path(self.path)), os.path.realpath(self.directory)).split(os.sep) if p != ".") '
        "else s.SimpleHTTPRequestHandler.send_head(self)}); "
        f's.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), functools.partial(H, directory="{place}")).serve_forever()'
    )
