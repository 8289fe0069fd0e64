"""The Parameter Store over the API: parameters in the open, and secret ones, whose value takes `WithDecryption` to see."""

import json
from typing import Any

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.oos.execution_handlers import has_tags
from deployer.emulator.services.oos.parameter_store import (
    TYPES,
    Constraints,
    ParameterStore,
    StoredParameter,
    is_below,
    view,
)
from deployer.emulator.services.oos.state import OosState
from deployer.emulator.services.oos.template_handlers import text_tags
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import invalid_parameter, not_implemented, refuse_unsupported
from deployer.emulator.services.timestamps import to_second

_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"


class ParameterActions:
    """Parameters of an account in a region. KMS is not emulated: secrets are kept as they are."""

    def __init__(self, state: OosState) -> None:
        self._state = state
        self._tokens = ClientTokens()

    @action("CreateParameter", source=_PAGES + "createparameter")
    def create_parameter(self, call: Call) -> Body:
        """Version 1."""
        return self._tokens.once(call, lambda: self._create(call, self._state.parameters))

    @action("CreateSecretParameter", source=_PAGES + "createsecretparameter")
    def create_secret_parameter(self, call: Call) -> Body:
        """Version 1; `Secret` is what its type is called when none is named."""
        refuse_unsupported(call, "DKMSInstanceId")
        return self._tokens.once(call, lambda: self._create(call, self._state.secret_parameters))

    @action("GetParameter", source=_PAGES + "getparameter")
    def get_parameter(self, call: Call) -> Body:
        """With the value of the version asked for, or of the newest."""
        parameter = self._get(call, self._state.parameters)
        return {"Parameter": self._shown(parameter) | self._valued(call, parameter)}

    @action("GetParameters", source=_PAGES + "getparameters")
    def get_parameters(self, call: Call) -> Body:
        """Up to ten, with their newest values; names that are not there are told apart."""
        names = call.params["Names"]
        if not isinstance(names, list) or not 1 <= len(names) <= 10:
            raise invalid_parameter("Names")
        found = {str(name): self._find(call, self._state.parameters, str(name)) for name in names}
        return {
            "Parameters": [
                self._shown(parameter) | {"Value": parameter.value_of(None)}
                for parameter in found.values()
                if parameter
            ],
            "InvalidParameters": [name for name, parameter in found.items() if parameter is None],
        }

    @action("GetSecretParameter", source=_PAGES + "getsecretparameter")
    def get_secret_parameter(self, call: Call) -> Body:
        """The value only with `WithDecryption`."""
        parameter = self._get(call, self._state.secret_parameters)
        value = self._valued(call, parameter)
        return {"Parameter": self._shown(parameter) | (value if call.params.get("WithDecryption", False) else {})}

    @action("UpdateParameter", source=_PAGES + "updateparameter")
    def update_parameter(self, call: Call) -> Body:
        """A further version."""
        return self._update(call, self._state.parameters)

    @action("UpdateSecretParameter", source=_PAGES + "updatesecretparameter")
    def update_secret_parameter(self, call: Call) -> Body:
        """A further version."""
        return self._update(call, self._state.secret_parameters)

    @action("DeleteParameter", source=_PAGES + "deleteparameter")
    def delete_parameter(self, call: Call) -> Body:
        return self._delete(call, self._state.parameters)

    @action("DeleteSecretParameter", source=_PAGES + "deletesecretparameter")
    def delete_secret_parameter(self, call: Call) -> Body:
        return self._delete(call, self._state.secret_parameters)

    @action("ListParameters", source=_PAGES + "listparameters")
    def list_parameters(self, call: Call) -> Body:
        """The account's own, without values. Public parameters are the cloud's and are not here."""
        if call.params.get("ShareType", "Private") != "Private":
            raise not_implemented(call, "public parameters")
        found, answer = self._list(call, self._state.parameters)
        return answer | {"TotalCount": len(found)}

    @action("ListSecretParameters", source=_PAGES + "listsecretparameters")
    def list_secret_parameters(self, call: Call) -> Body:
        """The account's own, without values."""
        return self._list(call, self._state.secret_parameters)[1]

    def _create(self, call: Call, store: ParameterStore) -> Body:
        params, now = call.params, self._state.now()
        store.check_name(params["Name"])
        if self._find(call, store, params["Name"]) is not None:
            raise self._state.already_exists(store.entity, params["Name"])
        kind = str(params.get("Type", "Secret" if store.is_secret else "String"))
        if kind not in (("Secret",) if store.is_secret else TYPES):
            raise invalid_parameter("Type")
        constraints = Constraints.read(params.get("Constraints"))
        constraints.check(params["Value"])
        parameter = StoredParameter(
            name=params["Name"],
            parameter_id=f"p-{self._state.context.ids.hexadecimal(20)}",
            type=kind,
            constraints=constraints,
            created_at=now,
            created_by=call.principal.user_id,
            updated_at=now,
            updated_by=call.principal.user_id,
            values=[params["Value"]],
            description=params.get("Description", ""),
            resource_group_id=params.get("ResourceGroupId", ""),
            key_id=params.get("KeyId", ""),
            tags=text_tags(call),
        )
        store.add(call.principal.account_id, call.region_id, parameter)
        return {"Parameter": self._shown(parameter)}

    def _update(self, call: Call, store: ParameterStore) -> Body:
        parameter = self._get(call, store)
        parameter.add_version(call.params["Value"], self._state.now(), call.principal.user_id)
        parameter.description = call.params.get("Description", parameter.description)
        parameter.resource_group_id = call.params.get("ResourceGroupId", parameter.resource_group_id)
        if "Tags" in call.params:
            parameter.tags = _tags(call.params["Tags"])
        return {"Parameter": self._shown(parameter) | {"Tags": json.dumps(parameter.tags, ensure_ascii=False)}}

    def _delete(self, call: Call, store: ParameterStore) -> Body:
        parameter = self._get(call, store)
        store.remove(call.principal.account_id, call.region_id, parameter.name)
        return {}

    def _list(self, call: Call, store: ParameterStore) -> tuple[list[StoredParameter], Body]:
        """All that were asked for, and the answer with one page of them."""
        params = call.params
        recursive = bool(params.get("Recursive", False))
        found = [
            parameter
            for parameter in store.of(call.principal.account_id, call.region_id)
            if params.get("Name", "") in parameter.name
            and ("Path" not in params or is_below(parameter.name, params["Path"], recursive=recursive))
            and params.get("Type") in (None, parameter.type)
            and params.get("ResourceGroupId") in (None, parameter.resource_group_id)
            and has_tags(parameter.tags, params.get("Tags"))
        ]
        if params.get("SortField") == "CreatedDate":
            found.sort(key=lambda parameter: parameter.created_at)
        if params.get("SortOrder") == "Descending":
            found.reverse()
        page, token = page_by_token(found, params, key=lambda parameter: parameter.name, default_size=50)
        answer = {
            "Parameters": [self._listed(parameter) for parameter in page],
            "MaxResults": params.get("MaxResults", 50),
            "NextToken": token,
        }
        return found, answer

    def _listed(self, parameter: StoredParameter) -> Body:
        shown = self._shown(parameter)
        shown.pop("Constraints", None)
        return shown | {"ParameterVersion": str(parameter.version)}

    def _shown(self, parameter: StoredParameter) -> Body:
        dates = {"CreatedDate": to_second(parameter.created_at), "UpdatedDate": to_second(parameter.updated_at)}
        return view(parameter) | dates

    def _valued(self, call: Call, parameter: StoredParameter) -> Body:
        version = call.params.get("ParameterVersion")
        value = parameter.value_of(version)
        if value is None:
            raise self._state.not_exists("ParameterVersion", f"{parameter.name}:{version}")
        return {"Value": value, "ParameterVersion": version or parameter.version}

    def _get(self, call: Call, store: ParameterStore) -> StoredParameter:
        parameter = self._find(call, store, call.params["Name"])
        if parameter is None:
            raise self._state.not_exists(store.entity, call.params["Name"])
        return parameter

    def _find(self, call: Call, store: ParameterStore, name: str) -> StoredParameter | None:
        return store.find(call.principal.account_id, call.region_id, name)


def _tags(given: Any) -> dict[str, str]:
    try:
        tags = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        raise invalid_parameter("Tags") from None
    if not isinstance(tags, dict):
        raise invalid_parameter("Tags")
    return {str(key): str(value) for key, value in tags.items()}
