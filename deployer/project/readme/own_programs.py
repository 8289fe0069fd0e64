"""The programs a project installs by itself: what its README may start although nobody else knows it."""

import re

from deployer.project.project_dir import ProjectDir

_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_DECLARED = re.compile(
    r"^[\s\"'\[]*([A-Za-z][\w.-]{0,60})[\"']?\s?=\s?[\"']?[A-Za-z_][\w.]{0,100}:[A-Za-z_]\w{0,60}", re.MULTILINE
)


def read_own_programs(project_dir: ProjectDir) -> frozenset[str]:
    """The names of `name = module:function` in the manifests of Python, where such programs are declared."""
    texts = (project_dir.find_text(file) or "" for file in _FILES)
    return frozenset(found[1] for text in texts for found in _DECLARED.finditer(text[:200_000]))
