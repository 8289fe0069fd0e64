"""Sites that a generator makes of texts: Hugo, MkDocs, Jekyll, Pelican and Sphinx build files, which are then served.

The generators come from the package index of their language, so that mirrors and checksums hold for them as well.
"""

import re
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.hugo_version import find_hugo_pin
from deployer.project.detectors.static import SITE_PORT, serve_command
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

_HUGO_FILES = ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config.yml", "config.json",
               "config/_default/hugo.toml", "config/_default/config.toml", "config/_default/hugo.yaml",
               "config/_default/config.yaml")  # fmt: skip
_HUGO_DIRECTORIES = ("themes", "content", "archetypes", "layouts")
# Jekyll's own server, of files that are built already: the image of a Ruby project may have no Python that serves.
_JEKYLL_SERVER = f"bundle exec jekyll serve --skip-initial-build --no-watch --host 0.0.0.0 --port {SITE_PORT}"
_PACKAGED = ("pyproject.toml", "setup.py", "setup.cfg")  # a Python package with documentation is no site


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    generator: str
    file: str
    packages: tuple[str, ...]
    build: str
    output: str
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


def detect_site(project_dir: ProjectDir, _readme: Readme | None) -> Detection | None:
    """The generator whose configuration stands at the top; None without one."""
    for find in (_hugo, _mkdocs, _pelican, _sphinx, _jekyll):
        site = find(project_dir)
        if site is not None and is_plain_path(site.output):
            return _detection(project_dir, site)
    return None


def _detection(project_dir: ProjectDir, site: _Site) -> Detection:
    ruby = site.generator == "jekyll"
    requirements = not ruby and project_dir.is_file("requirements.txt")
    install = "bundle install" if ruby else f"pip install {' '.join(site.packages)}"
    if requirements:
        install = f"pip install -r requirements.txt && {install}"
    return Detection(
        language="ruby" if ruby else "static",
        framework=site.generator,
        package_manager="bundler" if ruby else "pip",
        install_command=install,
        build_command=site.build,
        start_command=_JEKYLL_SERVER if ruby else serve_command(site.output),
        port=SITE_PORT,
        bind_host="0.0.0.0",  # noqa: S104  (a site has to be reachable)
        evidence=(
            Evidence(file=site.file, line=None, why=f"a site that {site.generator} builds", decides="build"),
            Evidence(file=site.file, line=None, why=f"its pages go to `{site.output}`, which is served"),
            *site.evidence,
        ),
        warnings=site.warnings,
    )


def _hugo(project_dir: ProjectDir) -> _Site | None:
    file = next((one for one in _HUGO_FILES if project_dir.is_file(one)), None)
    directories = [one for one in _HUGO_DIRECTORIES if project_dir.is_directory(one)]
    named = file is not None and file.rpartition("/")[2].startswith("hugo.")
    if file is None or not (directories if named else len(directories) > 1):
        return None
    text = project_dir.find_text(file) or ""
    if not named and not re.search(r"(?im)^\s*['\"]?(baseURL|theme|languageCode|title)\b", text):
        return None
    pin = find_hugo_pin(project_dir)
    output = re.search(r"(?im)^\s*['\"]?publishDir['\"]?\s*[=:]\s*['\"]?([\w./-]+)", text)
    return _Site(
        generator="hugo",
        file=file,
        packages=(f"hugo=={pin.version}" if pin and pin.is_packaged else "hugo",),
        build="hugo --minify --baseURL /",
        output=output[1].strip("/") if output else "public",
        evidence=(pin.evidence,) if pin else (),
        warnings=(pin.warning,) if pin and not pin.is_packaged else (),
    )


def _mkdocs(project_dir: ProjectDir) -> _Site | None:
    file = next((one for one in ("mkdocs.yml", "mkdocs.yaml") if project_dir.is_file(one)), None)
    if file is None or any(project_dir.is_file(one) for one in _PACKAGED):
        return None
    text = project_dir.find_text(file) or ""
    theme = re.search(r"(?m)^theme:\s*(?:['\"]?(\w+)['\"]?\s*$|\n\s+name:\s*['\"]?(\w+))", text)
    name = (theme[1] or theme[2]) if theme else ""
    output = re.search(r"(?m)^site_dir:\s*['\"]?([\w./-]+)", text)
    packages = ("mkdocs", "mkdocs-material") if name == "material" else ("mkdocs",)
    return _Site(
        generator="mkdocs",
        file=file,
        packages=packages,
        build="mkdocs build",
        output=output[1].strip("/") if output else "site",
    )


def _pelican(project_dir: ProjectDir) -> _Site | None:
    if not project_dir.is_file("pelicanconf.py"):
        return None
    settings = "publishconf.py" if project_dir.is_file("publishconf.py") else "pelicanconf.py"
    build = f"pelican content -o output -s {settings}"
    return _Site(
        generator="pelican", file="pelicanconf.py", packages=("'pelican[markdown]'",), build=build, output="output"
    )


def _sphinx(project_dir: ProjectDir) -> _Site | None:
    """A directory that is nothing but documentation: `conf.py` and `index.rst` at the top or in `source/`."""
    for place in ("", "source/"):
        pages = any(project_dir.is_file(f"{place}index{end}") for end in (".rst", ".md"))
        if project_dir.is_file(f"{place}conf.py") and pages and project_dir.is_file("Makefile"):
            source = place.rstrip("/") or "."
            build = f"sphinx-build -b html {source} _build/html"
            return _Site(
                generator="sphinx", file=f"{place}conf.py", packages=("sphinx",), build=build, output="_build/html"
            )
    return None


def _jekyll(project_dir: ProjectDir) -> _Site | None:
    gems = re.sub(r"(?m)#.*$", "", project_dir.find_text("Gemfile") or "")
    if not project_dir.is_file("_config.yml") or not re.search(r"['\"](jekyll|github-pages)['\"]", gems):
        return None
    return _Site(generator="jekyll", file="_config.yml", packages=(), build="bundle exec jekyll build", output="_site")
