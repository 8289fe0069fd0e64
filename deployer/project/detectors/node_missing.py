"""What `package.json` would start and is not there: said where something else is started in its place (B61)."""

import re
from collections.abc import Iterator

from deployer.project.detectors.node_project import NodeProject, NodeStart
from deployer.project.detectors.node_scripts import read_steps

_FILE = re.compile(r"[\w./-]+\.[cm]?js")


def find_missing_files(project: NodeProject, start: NodeStart | None) -> Iterator[str]:
    """A sentence for the file of the script `start`, else for that of `main`; what a build makes may be missing."""
    manifest = project.manifest
    if manifest.broken or "build" in manifest.scripts or (start and start.build):
        return
    taken = f"`{start.command}` is used" if start else "nothing stands in for it"
    steps = read_steps(manifest.scripts.get("start", "")) or ()
    wanted = [("the script `start` runs", word) for step in steps for word in step.words if _FILE.fullmatch(word)]
    if manifest.main and "start" not in manifest.scripts:
        wanted.append(("`main` names", manifest.main))
    for says, file in wanted:
        if project.sources.resolve(file.removeprefix("./")) is None and not (start and file in start.command):
            yield f"`package.json`: {says} `{file}`, which is not there: {taken}"
