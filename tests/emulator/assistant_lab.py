"""Cloud Assistant through the real SDK client: an instance that runs, and commands on it."""

from dataclasses import dataclass

from ecs_lab import REGION, EcsLab, Network
from machine_trial import wait_until

PAGES = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
AGENT = "https://github.com/aliyun/aliyun_assist_client"
FINAL = {"Invalid", "Aborted", "Success", "Failed", "Error", "Timeout", "Cancelled", "Terminated"}


@dataclass(kw_only=True)
class Assistant:
    """One lab and one instance in it."""

    lab: EcsLab
    network: Network
    instance_id: str

    def run(self, script: str, **fields) -> str:
        """The id of a new invocation on the instance."""
        settings = {"type": "RunShellScript", "instance_id": [self.instance_id], **fields}
        return self.lab.ecs("run_command", command_content=script, **settings).invoke_id

    def results(self, invoke_id: str, **fields):
        settings = {"content_encoding": "PlainText", "invoke_id": invoke_id, **fields}
        body = self.lab.ecs("describe_invocation_results", **settings)
        return body.invocation.invocation_results.invocation_result

    def result(self, invoke_id: str, **fields):
        [result] = self.results(invoke_id, **fields)
        return result

    def advance(self, seconds: float) -> None:
        self.lab.emulator.advance(seconds)

    def finish(self, invoke_id: str):
        """The result once it is final; virtual time moves on meanwhile, real time as the script needs."""
        found = []

        def is_final() -> bool:
            self.advance(0.1)
            found[:] = [self.result(invoke_id)]
            return found[0].invocation_status in FINAL

        wait_until(is_final, seconds=60)
        return found[0]


def open_assistant(lab: EcsLab, **fields) -> Assistant:
    network = lab.make_network()
    return Assistant(lab=lab, network=network, instance_id=lab.launch_running(network, **fields))


__all__ = ["AGENT", "PAGES", "REGION", "Assistant", "open_assistant"]
