"""The one template a request names: by name, by its text, or by where the text lies in OSS."""

import io
from dataclasses import dataclass
from urllib.parse import urlsplit

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.http import HttpRequest
from deployer.emulator.services.oos.host import Hosts
from deployer.emulator.services.oos.state import OosState, StoredTemplate, TemplateVersion
from deployer.emulator.services.oos.template_handlers import read_template_text
from deployer.emulator.services.refusals import not_implemented
from deployer.oos.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTemplate:
    """A template, and where it was stored; nowhere, when it came as text or is the cloud's own."""

    template: Template
    stored: StoredTemplate | None = None
    version: TemplateVersion | None = None


class ChosenTemplates:
    """Finds the template a request is about."""

    def __init__(self, state: OosState, hosts: Hosts) -> None:
        self._state = state
        self._hosts = hosts

    def choose(self, call: Call) -> ChosenTemplate:
        """Errors: InvalidParameter unless exactly one is named; EntityNotExists.Template and .TemplateVersion."""
        given = [name for name in ("TemplateName", "TemplateContent", "TemplateURL") if name in call.params]
        if len(given) != 1:
            message = "Exactly one of TemplateName, TemplateContent and TemplateURL is to be given."
            raise ApiError(400, "InvalidParameter", message)
        if given != ["TemplateName"]:
            return ChosenTemplate(template=read_template_text(self._state, self.text(call, "TemplateContent")))
        return self._named(call, str(call.params["TemplateName"]))

    def text(self, call: Call, name: str) -> str:
        """The text a request carries under that name, or that its TemplateURL points to: a public object of OSS."""
        if "TemplateURL" not in call.params:
            return str(call.params.get(name, ""))
        address = urlsplit(str(call.params["TemplateURL"]))
        if not (address.hostname or "").endswith(".aliyuncs.com"):
            raise not_implemented(call, "a TemplateURL outside of OSS")
        target = address.path + (f"?{address.query}" if address.query else "")
        request = HttpRequest(method="GET", target=target, headers={"host": address.netloc}, body=io.BytesIO())
        response = self._state.context.send(request)
        body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        if response.status != 200:
            raise ApiError(400, "InvalidParameter", f"TemplateURL cannot be read: OSS answers {response.status}.")
        return body.decode("utf-8", "replace")

    def find(self, call: Call, name: str) -> Template | None:
        """A template by name, the account's own or the cloud's; None when there is none."""
        stored = self._stored(call, name)
        return stored.versions[-1].template if stored else self._hosts.find_own_template(name)

    def _named(self, call: Call, name: str) -> ChosenTemplate:
        stored = self._stored(call, name)
        if stored is not None:
            version = stored.find_version(call.params.get("TemplateVersion", ""))
            if version is None:
                raise self._state.not_exists("TemplateVersion", call.params["TemplateVersion"])
            return ChosenTemplate(template=version.template, stored=stored, version=version)
        own_template = self._hosts.find_own_template(name)
        if own_template is not None:
            return ChosenTemplate(template=own_template)
        if name.casefold().startswith(("acs::", "acs-")):
            raise not_implemented(call, f"the public template {name}")
        raise self._state.not_exists("Template", name)

    def _stored(self, call: Call, name: str) -> StoredTemplate | None:
        return self._state.find_template(name, account_id=call.principal.account_id, region_id=call.region_id)
