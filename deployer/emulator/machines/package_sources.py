"""Where the host's pip takes packages from, so that a machine's pip can take them from there too.

Source: https://pip.pypa.io/en/stable/topics/configuration/ (files, their order, and the environment variables).
"""

import configparser
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

PUBLIC_INDEX = "https://pypi.org/simple/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSources:
    """An index over the network, and folders of this host: as a machine's pip names them, and what is shown where."""

    index_url: str = PUBLIC_INDEX
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    binds: tuple[tuple[str, str], ...] = ()  # path inside, path on the host


def find_package_sources(environment: Mapping[str, str], *, shown_at: str | None) -> PackageSources:
    """What pip on this host is configured to use; folders that do not exist are left out.

    `shown_at` is where a machine is shown the host's folders; None when it sees the host's own paths.
    """
    settings = _settings(environment)
    binds: dict[str, str] = {}
    extra = [_shown(url, binds, shown_at) for url in settings.get("extra-index-url", "").split()]
    links = [_shown(place, binds, shown_at) for place in settings.get("find-links", "").split()]
    index_url = settings.get("index-url", PUBLIC_INDEX)
    if urlsplit(index_url).scheme == "file":
        extra.insert(0, _shown(index_url, binds, shown_at))
        index_url = PUBLIC_INDEX
    return PackageSources(
        index_url=index_url.rstrip("/") + "/",
        extra_index_urls=tuple(url for url in extra if url),
        find_links=tuple(place for place in links if place),
        binds=tuple((inside, host) for host, inside in binds.items()),
    )


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in _configuration_files(environment):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update({name.replace("_", "-"): value for name, value in parser.items(section)})
    for name in ("index-url", "extra-index-url", "find-links"):
        value = environment.get("PIP_" + name.replace("-", "_").upper())
        if value is not None:
            found[name] = value
    return found


def _configuration_files(environment: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environment.get("HOME", "/nonexistent"))
    yield from (Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"))
    yield from (home / ".pip/pip.conf", home / "Library/Application Support/pip/pip.conf")
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    yield Path(environment.get("VIRTUAL_ENV") or sys.prefix) / "pip.conf"
    if environment.get("PIP_CONFIG_FILE"):
        yield Path(environment["PIP_CONFIG_FILE"])


def _shown(place: str, binds: dict[str, str], shown_at: str | None) -> str:
    """What a machine calls that place; "" when it is a folder that is not there. `binds` gains host → inside."""
    parts = urlsplit(place)
    if parts.scheme not in ("", "file"):
        return place
    folder = Path(unquote(parts.path)).expanduser()
    if not folder.is_dir():
        return ""
    if shown_at is None:
        return place
    # An index's pages point beside it (`../../files/…`), so its parent is shown.
    shown, rest = (folder.parent, f"/{folder.name}") if folder.name == "simple" else (folder, "")
    inside = binds.setdefault(str(shown.resolve()), f"{shown_at}/{len(binds)}")
    return f"{'file://' if parts.scheme else ''}{inside}{rest}"
