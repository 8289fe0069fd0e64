"""Remove a group and everything that was made for it, after showing it and being told to."""

from collections.abc import Callable, Sequence

from deployer.backends.base import Backend, DeleteScope, Removal
from deployer.errors.decision import ConsentRefused, DeleteNotConfirmed
from deployer.events import Emit

Ask = Callable[[Sequence[Removal]], bool]


def delete(
    backend: Backend, scope: DeleteScope, emit: Emit, *, yes: bool, ask: Ask | None, dry_run: bool = False
) -> Sequence[Removal]:
    """What was removed and what was kept; with `dry_run` what would be.

    Errors: GroupNotFound; DeleteNotConfirmed where nobody can be asked; ConsentRefused.
    """
    removals = backend.plan_delete(scope)
    if dry_run:
        return removals
    if not yes:
        if ask is None:
            raise DeleteNotConfirmed(
                scope.application_name,
                scope.application_group_name,
                tuple(f"{one.kind} {one.id}" for one in removals if not one.kept),
            )
        if not ask(removals):
            raise ConsentRefused("delete")
    backend.delete(scope, removals, emit)
    return removals
