"""Which Python on which machine the wheels are for."""

from dataclasses import dataclass

from deployer.project.scripts.python import accepted_minors, installable_minors

# Wheels say the oldest C library they run on. Alibaba Cloud Linux 3 has 2.32; 2.28 is what all of its kin have.
# Source: https://peps.python.org/pep-0600/ and https://help.aliyun.com/zh/alinux/product-overview/alibaba-cloud-linux-3-overview
_NEWEST_GLIBC = 28
_OLDEST_GLIBC = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """CPython 3.`minor` on Linux with glibc; `machine` as `uname -m` says it."""

    minor: int
    machine: str = "x86_64"

    @property
    def python(self) -> str:
        return f"3.{self.minor}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags of wheels that run there, preferred first."""
        numbered = (f"manylinux_2_{minor}_{self.machine}" for minor in range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1))
        return (*numbered, f"manylinux2014_{self.machine}", f"linux_{self.machine}")

    def __str__(self) -> str:
        return f"Python {self.python} on {self.machine}"


def choose_minor(constraint: str | None) -> int:
    """A fitting minor version that Alibaba Cloud Linux has a package of, else the one preferred of those taken."""
    return next(iter((*installable_minors(constraint or ""), *accepted_minors(constraint))))
