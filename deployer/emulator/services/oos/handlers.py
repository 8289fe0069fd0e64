"""The OOS service: all its operations under one roof. What has no handler is answered as not emulated."""

from deployer.emulator.actions import Handler, handlers_of, sources_of
from deployer.emulator.context import Context
from deployer.emulator.services.oos.application_handlers import ApplicationActions
from deployer.emulator.services.oos.catalog_handlers import CatalogActions
from deployer.emulator.services.oos.chosen_template import ChosenTemplates
from deployer.emulator.services.oos.deployment_handlers import DeploymentActions
from deployer.emulator.services.oos.execution_handlers import ExecutionActions
from deployer.emulator.services.oos.group_handlers import GroupActions
from deployer.emulator.services.oos.host import Hosts
from deployer.emulator.services.oos.identities import Identities
from deployer.emulator.services.oos.invocation_handlers import InvocationActions
from deployer.emulator.services.oos.parameter_handlers import ParameterActions
from deployer.emulator.services.oos.policy_handlers import PolicyActions
from deployer.emulator.services.oos.region_handlers import RegionActions
from deployer.emulator.services.oos.start_handlers import StartActions
from deployer.emulator.services.oos.starter import Starter
from deployer.emulator.services.oos.state import OosState
from deployer.emulator.services.oos.steering_handlers import SteeringActions
from deployer.emulator.services.oos.tag_handlers import TagActions
from deployer.emulator.services.oos.template_handlers import TemplateActions
from deployer.emulator.services.oos.validation_handlers import ValidationActions


class OosService:
    """Executions, templates and application management over the API."""

    def __init__(self, context: Context, identities: Identities) -> None:
        state = self.state = OosState(context)
        hosts = Hosts(state, identities)
        templates = ChosenTemplates(state, hosts)
        starter = Starter(state, hosts)
        self._parts: tuple[object, ...] = (
            StartActions(state, starter, templates),
            DeploymentActions(state, starter),
            ExecutionActions(state),
            SteeringActions(state),
            TemplateActions(state, hosts.public_templates),
            ApplicationActions(state),
            GroupActions(state),
            TagActions(state),
            ParameterActions(state),
            ValidationActions(state, templates),
            PolicyActions(templates, identities.accounts),
            InvocationActions(state),
            RegionActions(),
            CatalogActions(hosts),
        )

    def handlers(self) -> dict[str, Handler]:
        """Every operation the service answers, by API name."""
        return {name: handler for part in self._parts for name, handler in handlers_of(part).items()}

    def sources(self) -> dict[str, str]:
        """Where each operation's behaviour was read, by API name."""
        return {name: source for part in self._parts for name, source in sources_of(part).items()}
