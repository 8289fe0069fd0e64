"""Somebody with a home folder and an environment of their own, who runs us in processes of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from account_key import ACCESS_KEY_ID, ACCESS_KEY_SECRET

from deployer.emulator.core import Emulator

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("canary-token", ACCESS_KEY_SECRET)

ASK_STS = """
import gc
gc.disable()  # the SDKs' objects all stay; to look through them takes a fifth of the time
import json, sys
from deployer.cloud.session import Endpoints, Session
from deployer.cloud.sts import StsClient
from deployer.errors.base import DeployerError
endpoint, profile = sys.argv[1:]
session = Session(endpoints=Endpoints(address=endpoint), profile=profile or None)
try:
    one = StsClient(session).get_identity()
except DeployerError as error:
    print(json.dumps(error.as_dict()))
else:
    expires = one.expires_at.isoformat() if one.expires_at else None
    notes = session.find_credential_notes()
    print(json.dumps({"arn": one.arn, "source": one.source, "expires_at": expires, "notes": notes}))
"""


@dataclass(kw_only=True)
class Person:
    """Somebody's home folder and environment, against one emulator."""

    emulator: Emulator
    endpoint: str
    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    errors: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("ALIBABA", "DEPLOYER", "OSS_"))
        }
        return {
            **kept,
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            "DEPLOYER_ENDPOINT": self.endpoint,
            "DEPLOYER_STATE_DIR": str(self.home / "state"),
            "DEPLOYER_CACHE_DIR": str(self.home / "cache"),
            **self.variables,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        answer = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.errors = answer.stderr
        for secret in SECRETS:
            assert secret not in answer.stdout + answer.stderr
        return answer

    def ask(self, *, profile: str = "") -> dict:
        """Who the cloud takes this person for, or the error."""
        answer = self.run("-c", ASK_STS, self.endpoint, profile)
        assert answer.returncode == 0, answer.stderr
        assert answer.stderr == ""  # the credentials package likes to print tracebacks
        return json.loads(answer.stdout)

    def deployer(self, *arguments: str) -> tuple[int, dict]:
        """Exit code and last line of a command with JSON output."""
        answer = self.run("-m", "deployer", *arguments, "--output", "json")
        return answer.returncode, json.loads(answer.stdout.splitlines()[-1])

    def set_key(self, key_id: str = ACCESS_KEY_ID, secret: str = ACCESS_KEY_SECRET, token: str | None = None) -> None:
        self.variables |= {"ALIBABA_CLOUD_ACCESS_KEY_ID": key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret}
        if token is not None:
            self.variables["ALIBABA_CLOUD_SECURITY_TOKEN"] = token

    def write_profiles(self, *profiles: dict, current: str = "default") -> Path:
        return self.write(".aliyun/config.json", json.dumps({"current": current, "profiles": list(profiles)}))

    def write(self, name: str, text: str) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path


@pytest.fixture
def person(server, tmp_path) -> Person:
    home = tmp_path / "home"
    home.mkdir()
    return Person(emulator=server.emulator, endpoint=server.endpoint, home=home)


def key_profile(name: str = "default", key_id: str = ACCESS_KEY_ID, secret: str = ACCESS_KEY_SECRET) -> dict:
    return {
        "name": name,
        "mode": "AK",
        "access_key_id": key_id,
        "access_key_secret": secret,
        "region_id": "cn-hangzhou",
    }
