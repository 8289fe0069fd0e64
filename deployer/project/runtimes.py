"""Whether an instance can have the version of a language that a project asks for; said before anything is deployed."""

import re

_NEWEST_JAVA = 25
_USUAL_NODE = 22


def find_version_problem(language: str | None, constraint: str | None) -> str | None:
    """A sentence when what is asked for cannot be installed from packages or mirrors; None when it can, or is not known."""
    if not constraint:
        return None
    # Late: only scripts know versions, and loading them takes longer than most projects take to understand.
    from deployer.project.scripts.python import installable_minors

    if language == "python" and re.search(r"\d", constraint) and not installable_minors(constraint):
        return f"wants Python {constraint.removeprefix('==')}: the packages of Alibaba Cloud Linux are 3.11 and 3.12"
    if language == "node":
        return _node_problem(constraint)
    if language == "java":
        release = re.search(r"\d+", constraint)
        if release and int(release[0]) > _NEWEST_JAVA:
            return f"wants Java {release[0]}: the newest that can be installed is {_NEWEST_JAVA}"
    return None


def _node_problem(constraint: str) -> str | None:
    from deployer.project.scripts.node import accepted_versions, newest_version

    versions = accepted_versions(constraint)
    majors = [int(number) for number in re.findall(r"(?<![\d.])(\d+)", constraint)]
    if majors and all(major > newest_version() for major in majors):
        return f"wants Node.js {constraint}: the newest that can be installed is {newest_version()}; {versions[0][0]} is used"
    if versions[0][0] < _USUAL_NODE and versions[0][0] <= 16:
        return f"wants Node.js {constraint}: {versions[0][0]} gets no security fixes any more"
    return None
