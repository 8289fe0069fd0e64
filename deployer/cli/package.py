"""`deployer package`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from deployer.cli.options import common_options, given, take_common
from deployer.cli.screen import Screen
from deployer.models.package import Package, PackedFile
from deployer.ui.json_values import to_json_value
from deployer.ui.tables import render_fields, render_table


@click.command("package", help="Show what of the project in PATH would be uploaded, and what stays behind. No network.")
@click.argument("path", default=".")
@click.option("--list", "every", is_flag=True, help="Every file, not only the numbers.")
@click.option("--sizes", is_flag=True, help="Sizes, largest first; without --list the largest ten.")
@click.option("--to", type=click.Path(path_type=Path), help="Keep the archive as this file or in this directory.")
@click.option("--include-secret", multiple=True, metavar="PATH", help="Pack this file although it looks like a secret.")
@click.option("--carry", is_flag=True, default=None, help="Bring the application's Python packages in the archive.")
@common_options
def command(path: str, every: bool, sizes: bool, to: Path | None, **arguments: Any) -> int:
    """Pack the project as a deploy would, and show the outcome."""
    options = take_common(arguments)
    screen = Screen(options)
    with screen.deployer() as deployer:
        package = deployer.package(path, config=options.config, to=to, **given(arguments))
    screen.result(
        package_data(package, every=every, kept=to is not None),
        lambda: render_package(package, every=every, sizes=sizes, kept=to is not None),
    )
    return 0


def package_data(package: Package, *, every: bool, kept: bool) -> dict[str, Any]:
    """The package as JSON values; all of its files only where they were asked for."""
    return {
        "archive": str(package.path) if kept else None,
        "sha256": package.sha256,
        "size_bytes": package.size_bytes,
        "unpacked_bytes": package.unpacked_bytes,
        "file_count": package.file_count,
        "largest": to_json_value(package.largest),
        "left_out": to_json_value(package.left_out),
        "carried": to_json_value(package.carried),
        "ignored_count": package.ignored_count,
        "source_commit": package.source_commit,
        "warnings": list(package.warnings),
        **({"files": to_json_value(package.files)} if every else {}),
    }


def render_package(package: Package, *, every: bool, sizes: bool, kept: bool) -> str:
    """The files that were asked for, what stays behind and why, and the numbers last."""
    parts = []
    if every and sizes:
        parts.append(_sized(sorted(package.files, key=lambda one: (-one.size_bytes, one.path))))
    elif every:
        parts.append(render_table(("FILE",), [(one.path,) for one in package.files]))
    elif sizes:
        parts.append(_sized(package.largest))
    if package.left_out:
        parts.append(render_table(("LEFT OUT", "WHY"), [(one.path, one.reason) for one in package.left_out]))
    parts += [f"warning: {warning}" for warning in package.warnings]
    parts.append(
        render_fields(
            (
                ("files", package.file_count),
                ("size", f"{_size(package.size_bytes)}, unpacked {_size(package.unpacked_bytes)}"),
                ("carried", package.carried),
                ("left out", len(package.left_out) or None),
                ("ignored", f"{package.ignored_count} paths, by the ignore rules"),
                ("commit", package.source_commit),
                ("sha256", package.sha256),
                ("archive", package.path if kept else None),
            )
        )
    )
    return "\n\n".join(parts)


def _sized(files: Sequence[PackedFile]) -> str:
    return render_table(("SIZE", "FILE"), [(_size(one.size_bytes), one.path) for one in files])


def _size(size_bytes: int) -> str:
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes} bytes"
