"""ValidateTemplateContent: what a template holds, or why it is none."""

import json

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.services.oos.chosen_template import ChosenTemplates
from deployer.emulator.services.oos.state import OosState
from deployer.emulator.services.oos.template_handlers import described, read_template_text


class ValidationActions:
    """Judges templates that are stored nowhere yet."""

    def __init__(self, state: OosState, templates: ChosenTemplates) -> None:
        self._state = state
        self._templates = templates

    @action(
        "ValidateTemplateContent",
        source="https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-validatetemplatecontent",
    )
    def validate_template_content(self, call: Call) -> Body:
        """Parameters and outputs as JSON text, and the tasks. Errors: 400 with every problem and its place."""
        document = read_template_text(self._state, self._templates.text(call, "Content")).document
        return {
            "Parameters": json.dumps(document.get("Parameters") or {}, ensure_ascii=False),
            "Outputs": json.dumps(document.get("Outputs") or {}, ensure_ascii=False),
            "RamRole": str(document.get("RamRole") or ""),
            "Tasks": [
                {
                    "Name": task["Name"],
                    "Type": task["Action"],
                    "Description": described(task.get("Description")),
                    "Properties": json.dumps(task.get("Properties") or {}, ensure_ascii=False),
                    "Outputs": json.dumps(task.get("Outputs") or {}, ensure_ascii=False),
                }
                for task in document.get("Tasks", ())
            ],
        }
