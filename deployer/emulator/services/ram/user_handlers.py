"""Users and their AccessKeys."""

from typing import Any

from deployer.emulator.accounts import AccessKey, Accounts, random_secret
from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.ram.identities import User
from deployer.emulator.services.ram.lookup import check_name, get_user, page
from deployer.emulator.services.timestamps import to_second

_HELP = "https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-"
_KEYS_OF_A_USER = 2  # Source: the error messages page, LimitExceeded.User.AccessKey
_DETAILS = ("DisplayName", "Email", "MobilePhone", "Comments")


class UserActions:
    """The operations on users and keys. Without a UserName, those on keys are about the caller."""

    def __init__(self, context: Context, accounts: Accounts) -> None:
        self._context = context
        self._accounts = accounts

    @action("CreateUser", source=_HELP + "createuser")
    def create_user(self, call: Call) -> Body:
        """A user without keys and rights."""
        name = check_name(call, "UserName")
        if self._accounts.find_user(name) is not None:
            raise ApiError(409, "EntityAlreadyExists.User", "The user does already EXIST.")
        user = self._accounts.add_user(name)
        _describe(user, {field: call.params[field] for field in _DETAILS if field in call.params})
        return {"User": _view(user)}

    @action("GetUser", source=_HELP + "getuser")
    def get_user(self, call: Call) -> Body:
        """One user."""
        user = get_user(self._accounts, call.params["UserName"])
        return {"User": {**_view(user), "LastLoginDate": "", "UpdateDate": _updated(user)}}

    @action("UpdateUser", source=_HELP + "updateuser")
    def update_user(self, call: Call) -> Body:
        """The user under its new name and with its new details."""
        user = get_user(self._accounts, call.params["UserName"])
        if "NewUserName" in call.params:
            name = check_name(call, "NewUserName")
            if self._accounts.find_user(name) not in {None, user}:
                raise ApiError(409, "EntityAlreadyExists.User", "The user does already EXIST.")
            self._accounts.rename_user(user, name)
        _describe(user, {field: call.params[f"New{field}"] for field in _DETAILS if f"New{field}" in call.params})
        user.updated_at = self._context.clock.now()
        return {"User": {**_view(user), "UpdateDate": _updated(user)}}

    @action("DeleteUser", source=_HELP + "deleteuser")
    def delete_user(self, call: Call) -> Body:
        """Nothing; the user is gone. One that has keys or policies stays."""
        user = get_user(self._accounts, call.params["UserName"])
        if self._accounts.keys_of(user):
            message = "The user CAN NOT has any access key while deleting the user."
            raise ApiError(409, "DeleteConflict.User.AccessKey", message)
        if user.attachments:
            message = "The user CAN NOT has any attached policy while deleting the user."
            raise ApiError(409, "DeleteConflict.User.Policy", message)
        self._accounts.users.pop(user.user_name.lower())
        return {}

    @action("ListUsers", source=_HELP + "listusers")
    def list_users(self, call: Call) -> Body:
        """All users, in pages."""
        users, fields = page(list(self._accounts.users.values()), call, key=lambda user: user.user_id)
        return {"Users": {"User": [{**_view(user), "UpdateDate": _updated(user)} for user in users]}, **fields}

    @action("CreateAccessKey", source=_HELP + "createaccesskey")
    def create_access_key(self, call: Call) -> Body:
        """A key whose secret is shown this once."""
        user = self._user(call)
        if len(self._accounts.keys_of(user)) >= _KEYS_OF_A_USER:
            message = "The access key count of the user access keys beyond the current limits."
            raise ApiError(409, "LimitExceeded.User.AccessKey", message)
        access_key_id = "LTAI5t" + self._context.ids.alphanumeric(18)
        key = self._accounts.add_access_key(access_key_id, random_secret(30), user_name=user.user_name)
        return {"AccessKey": {**_view_key(key), "AccessKeySecret": key.secret}}

    @action("UpdateAccessKey", source=_HELP + "updateaccesskey")
    def update_access_key(self, call: Call) -> Body:
        """Nothing; the key is Active or Inactive from now on."""
        status = call.params["Status"]
        if status not in {"Active", "Inactive"}:
            raise ApiError(400, "InvalidParameter.Status", 'The parameter - "Status" is incorrect.')
        self._accounts.change_key(self._key(call), active=status == "Active")
        return {}

    @action("DeleteAccessKey", source=_HELP + "deleteaccesskey")
    def delete_access_key(self, call: Call) -> Body:
        """Nothing; the key is gone."""
        self._accounts.remove_key(self._key(call))
        return {}

    @action("ListAccessKeys", source=_HELP + "listaccesskeys")
    def list_access_keys(self, call: Call) -> Body:
        """The user's keys, without their secrets."""
        keys = self._accounts.keys_of(self._user(call))
        return {"AccessKeys": {"AccessKey": [_view_key(key) for key in keys]}}

    def _user(self, call: Call) -> User:
        """Errors: 404 EntityNotExist.User, for the account itself as well, which has no keys of this kind here."""
        return get_user(self._accounts, call.params.get("UserName") or call.principal.arn.rpartition("/")[2])

    def _key(self, call: Call) -> AccessKey:
        wanted = call.params["UserAccessKeyId"]
        key = next((key for key in self._accounts.keys_of(self._user(call)) if key.access_key_id == wanted), None)
        if key is None:
            raise ApiError(404, "EntityNotExist.User.AccessKey", "The user access key does not exist.")
        return key


def _describe(user: User, details: dict[str, str]) -> None:
    user.display_name = details.get("DisplayName", user.display_name)
    user.email = details.get("Email", user.email)
    user.mobile_phone = details.get("MobilePhone", user.mobile_phone)
    user.comments = details.get("Comments", user.comments)


def _view(user: User) -> dict[str, Any]:
    return {
        "UserId": user.user_id,
        "UserName": user.user_name,
        "DisplayName": user.display_name,
        "Email": user.email,
        "MobilePhone": user.mobile_phone,
        "Comments": user.comments,
        "CreateDate": to_second(user.created_at),
    }


def _updated(user: User) -> str:
    return to_second(user.updated_at or user.created_at)


def _view_key(key: AccessKey) -> dict[str, Any]:
    return {
        "AccessKeyId": key.access_key_id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": to_second(key.created_at) if key.created_at else "",
    }
