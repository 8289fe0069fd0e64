"""Where things stand in the bucket: one place, so that nobody else makes object names."""

from dataclasses import dataclass

BUCKET_TAG = ("deployer", "artifacts")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerNames:
    """Object names of one application group."""

    application_name: str
    application_group_name: str

    @property
    def prefix(self) -> str:
        return f"{self.application_name}/{self.application_group_name}/"

    @property
    def lock(self) -> str:
        return f"{self.prefix}lock.json"

    @property
    def releases(self) -> str:
        return f"{self.prefix}releases/"

    @property
    def journals(self) -> str:
        return f"{self.prefix}journal/"

    def artifact(self, sha256: str) -> str:
        """Named by content: the same bytes are never uploaded twice."""
        return f"{self.prefix}artifacts/{sha256}.zip"

    def script(self, sha256: str) -> str:
        return f"{self.prefix}scripts/{sha256}.sh"

    def release(self, release_id: str) -> str:
        return f"{self.releases}{release_id}.json"

    def journal(self, deploy_id: str) -> str:
        return f"{self.journals}{deploy_id}.jsonl"
