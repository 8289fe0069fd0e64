"""What a person is asked before a command begins: every missing answer, with the regions and instances there are."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deployer.errors.base import DeployerError
from deployer.errors.decision import AnswersNeeded, Question
from deployer.ui.prompts import NEW_INSTANCE, ask_answers, choose_instance
from deployer.ui.texts import Language, text

if TYPE_CHECKING:
    from deployer.api import Deployer
    from deployer.models.plan import InstanceFacts

INSTANCES_SHOWN = 10


class Interview:
    """Asks until nothing is missing. `say` shows a line; `asker` stands for questionary."""

    def __init__(
        self, deployer: "Deployer", language: Language, say: Callable[[str], None], *, asker: Any = None
    ) -> None:
        self._deployer = deployer
        self._language = language
        self._say = say
        self._asker = asker

    def complete(self, path: str, config: str | None, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings with the answers to what they miss.

        Errors: KeyboardInterrupt when the person leaves.
        """
        while True:
            try:
                self._deployer.configure(path, config=config, **settings)
            except AnswersNeeded as error:
                settings = {**settings, **self._ask(error, settings)}
            except DeployerError:
                return settings  # the command itself meets it again and shows it
            else:
                return settings

    def _ask(self, error: AnswersNeeded, settings: dict[str, Any]) -> dict[str, str]:
        questions = tuple(self._with_open_regions(one) for one in error.questions if one.id != "instance-id")
        answers = ask_answers(questions, language=self._language, asker=self._asker)
        if {**settings, **answers}.get("ecs") == "existing" and not settings.get("instance_id"):
            answers |= self._ask_instance(answers.get("region") or error.deploy_region_id)
        return {name.replace("-", "_"): value for name, value in answers.items()}

    def _with_open_regions(self, question: Question) -> Question:
        """The question without regions that are closed to the account; as it is where nobody can say which."""
        if question.id != "region":
            return question
        try:
            open_regions = set(self._deployer.list_region_ids())
        except DeployerError:
            return question
        choices = tuple(choice for choice in question.choices if choice[0] in open_regions)
        return replace(question, choices=choices or question.choices)

    def _ask_instance(self, region_id: str) -> dict[str, str]:
        try:
            newest = self._deployer.list_instances(region_id)[:INSTANCES_SHOWN] if region_id else ()
        except DeployerError as error:
            self._say(text("instances.unknown", self._language, region=region_id, reason=error.message))
            newest = ()
        rows = tuple((one.instance_id, instance_words(one)) for one in newest)
        chosen = choose_instance(rows, region_id=region_id, language=self._language, asker=self._asker)
        return {"ecs": "new"} if chosen == NEW_INSTANCE else {"instance-id": chosen}


def instance_words(instance: "InstanceFacts") -> str:
    """An instance in a line to choose from."""
    address = instance.public_ip or instance.private_ip or "no address"
    return f"{instance.instance_id}  {instance.instance_name}  {instance.status}  {instance.created_at}  {address}"
