"""Errors about packages that the archive was to carry for an instance without a way to other networks."""

from deployer.errors.base import ConfigError, ProjectError, TransientError


class PackagesNotCarried(ProjectError):
    """What the project installs cannot be had as wheels; `place` is where it says so, `evidence` the words there."""

    code = "carry.not_possible"

    def __init__(self, place: str, reason: str, *, hint: str, evidence: str = "") -> None:
        shown = f"`{place}`: `{evidence}`" if evidence else f"`{place}`"
        super().__init__(
            f"the packages cannot be carried: {shown} {reason}",
            hint=f"{hint}, or deploy without `carry`",
            place=place,
            reason=reason,
            evidence=evidence,
        )


class WheelMissing(ProjectError):
    """No wheel of a package fits the instance; `reason` are pip's own last words."""

    code = "carry.no_wheel"

    def __init__(self, package: str, target: str, reason: str) -> None:
        super().__init__(
            f"no wheel of `{package}` for {target} was found: {reason}",
            hint="ask for a version that has one, or make it with `pip wheel`, keep it in a folder of the project and name "
            "that in requirements.txt by `--find-links FOLDER`; or deploy without `carry`",
            package=package,
            target=target,
            reason=reason,
        )


class WheelNotTrusted(ProjectError):
    """The wheel that was found has none of the hashes the project gives."""

    code = "carry.hash_mismatch"

    def __init__(self, wheel: str, sha256: str) -> None:
        super().__init__(
            f"`{wheel}` has none of the hashes that the requirements give for it",
            hint="have the hashes of its wheels listed as well, or find out who serves another file under this name",
            wheel=wheel,
            sha256=sha256,
        )


class PipMissing(ProjectError):
    """Nothing here can fetch wheels."""

    code = "carry.no_pip"

    def __init__(self, looked_for: tuple[str, ...]) -> None:
        listed = ", ".join(f"`{one} -m pip`" for one in looked_for)
        super().__init__(
            f"wheels are fetched by pip, and none answers here: tried {listed}",
            hint="install pip on this computer, such as by `python3 -m ensurepip`, or deploy without `carry`",
            looked_for=list(looked_for),
        )


class PipFailed(TransientError):
    """pip ended without wheels for a reason that is not a package's, or took too long."""

    code = "carry.pip_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"pip could not fetch the packages: {reason}",
            hint="check this computer's way to the package index, such as `pip download` of one of them, and try again",
            reason=reason,
        )


class CarriedNotInstalled(ConfigError):
    """The packages are carried, and the start script that stands in the file does not install from them; or the reverse."""

    code = "carry.script_differs"

    def __init__(self, folder: str, *, carried: bool) -> None:
        told = (
            f"`deployer.carry` is set, and the start script installs nothing from `{folder}`"
            if carried
            else f"the start script installs from `{folder}`, and `deployer.carry` is not set"
        )
        hint = (
            f"install by `pip install --no-index --find-links {folder} -r {folder}/requirements-$(uname -m).txt`, or write "
            "the script anew with `deployer init --carry`"
            if carried
            else "set `deployer.carry: true`, or give `--carry`"
        )
        super().__init__(told, hint=hint, folder=folder, carried=carried)
