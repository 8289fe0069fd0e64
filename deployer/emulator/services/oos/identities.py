"""In whose name executions call APIs when their template names a RAM role."""

from dataclasses import dataclass

from deployer.emulator.accounts import AccessKey, Accounts
from deployer.emulator.actions import ApiError, Principal
from deployer.emulator.denials import denial
from deployer.emulator.ram.guard import Guard, Right
from deployer.emulator.ram.policy import Verdict
from deployer.oos.execution import Execution

_SERVICE = "oos.aliyuncs.com"
_SESSION_SECONDS = 3600
# Roles an account gets with the first use of OOS: service-linked ones, and the one its console makes, which public
# templates name by default. Assumed: they are there, and may do what tasks need.
_SERVICE_LINKED = "AliyunServiceRoleForOOS"
_CONSOLE_ROLE = "OOSServiceRole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """The account's roles, and the rights to hand one to this service."""

    accounts: Accounts
    guard: Guard

    def assume(self, role_name: str, caller: Principal, execution: Execution) -> AccessKey:
        """A session of the role for the execution.

        Assumed: the caller needs ram:PassRole on it, as for every role that is given to a service.
        Errors: ApiError 404 without such a role; 403 when it does not trust OOS or the caller may not pass it.
        """
        name = role_name.rpartition("/")[2]
        role = self.accounts.find_role(name)
        if role is None and (name.startswith(_SERVICE_LINKED) or name == _CONSOLE_ROLE):
            role = self.accounts.add_role(name)
        if role is None:
            raise ApiError(404, "EntityNotExist.Role", f"The specified Role not exists: {role_name}.")
        holder = self.accounts.secret_for(caller.access_key_id)
        if holder is not None:
            right = Right(action="ram:PassRole", resource=role.arn)
            self.guard.check("oos", holder, right, {"acs:service": (_SERVICE,)})
        if not role.trusts("Service", frozenset({_SERVICE}), {}):
            raise denial(
                "sts",
                "sts:AssumeRole",
                caller,
                verdict=Verdict.IMPLICIT_DENY,
                policy_type="AssumeRolePolicy",
            )
        return self.accounts.add_session(role, f"oos-{execution.execution_id}"[:64], _SESSION_SECONDS)
