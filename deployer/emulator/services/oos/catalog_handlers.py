"""ListActions: what a task can do here."""

import json

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.services.oos.host import Hosts
from deployer.emulator.services.paging import page_by_token
from deployer.oos.actions import ACTIONS
from deployer.oos.catalog import ATOMIC_ACTIONS, TRIGGER_ACTIONS

_SPELLED = (
    "ACS::AlarmTrigger",
    "ACS::Approve",
    "ACS::CheckFor",
    "ACS::Choice",
    "ACS::EventTrigger",
    "ACS::ExecuteAPI",
    "ACS::ExecuteHttpRequest",
    "ACS::Loop",
    "ACS::Notify",
    "ACS::Pause",
    "ACS::SelectTargets",
    "ACS::Sleep",
    "ACS::Template",
    "ACS::TimerTrigger",
    "ACS::WaitFor",
)
_API_ACTIONS = ("ACS::CheckFor", "ACS::ExecuteAPI", "ACS::ExecuteHttpRequest", "ACS::WaitFor")


class CatalogActions:
    """The actions this emulator runs; the cloud's list is longer."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    @action("ListActions", source="https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-listactions")
    def list_actions(self, call: Call) -> Body:
        """By name; a filter is part of a name."""
        listed = [_atomic(name) for name in _SPELLED if name.casefold() in ACTIONS]
        listed += [_product(name, self._hosts) for name in self._hosts.product_actions.names]
        part = call.params.get("OOSActionName", "").casefold()
        found = sorted(
            (entry for entry in listed if part in entry["OOSActionName"].casefold()),
            key=lambda entry: str(entry["OOSActionName"]),
        )
        page, token = page_by_token(found, call.params, key=lambda entry: str(entry["OOSActionName"]), default_size=50)
        return {"Actions": list(page), "MaxResults": call.params.get("MaxResults", 50), "NextToken": token}


def _atomic(name: str) -> Body:
    rule = ATOMIC_ACTIONS[name.casefold()]
    properties = {key: {"Required": key in rule.required} for key in sorted(rule.properties or ())}
    return {"OOSActionName": name, "ActionType": f"Atomic.{_kind(name)}", "Properties": json.dumps(properties)}


def _kind(name: str) -> str:
    if name in _API_ACTIONS:
        return "API"
    if name.casefold() in TRIGGER_ACTIONS:
        return "Trigger"
    return "Embedded" if name == "ACS::Template" else "Control"


def _product(name: str, hosts: Hosts) -> Body:
    template = hosts.product_actions.find(name)
    assert template is not None
    properties = json.dumps(template.document.get("Parameters") or {}, ensure_ascii=False)
    return {
        "OOSActionName": name,
        "ActionType": f"Product.{name.split('::')[1]}",
        "Properties": properties,
        "Description": str(template.description),
    }
