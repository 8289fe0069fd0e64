"""The CLI's errors become ours here and nowhere else: by the API code in their text, where there is one."""

import re
from collections.abc import Mapping
from typing import Any

from deployer.backends.appmanager.answers import FAILED, IN_PROGRESS, WAITING
from deployer.backends.appmanager.child import Ending
from deployer.backends.appmanager.stream import CliFailure, CliResult
from deployer.cloud.failures import Refusal, error_for
from deployer.config.exposure import mask_secrets
from deployer.errors.appmanager import AppmanagerFailed, AppmanagerUnclear, BucketNameTaken
from deployer.errors.base import DeployerError
from deployer.errors.cloud import OutOfStock
from deployer.models.config import DeployConfig, NewInstance

SHOWN_NOISE = 300
LEAST_SHELL_CODE = 126  # from here on a shell says that a program could not be run, or by which signal it was killed
_CODE = re.compile(r"\b(?:[A-Z][A-Za-z]+(?:\.[A-Z][A-Za-z]+)+|(?:[A-Z][a-z]+){2,})\b")
_NO_CODES = {"RequestId", "HostId", "RegionId", "DeployRegionId", "AppManager", "JavaScript", "GitHub"}
_RAM_ACTION = re.compile(r"\b(?:ecs|vpc|oss|oos|ram|sts|bss|bssapi|ros|computenest):[A-Z]\w+")
_REQUEST_ID = re.compile(r"\b[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\b")
# Source: the refusals of RunInstances that another type or zone would mend.
_STOCK_CODES = (
    *("OperationDenied.NoStock", "Zone.NotOnSale", "Zone.NotOpen", "ResourceNotAvailable"),
    *(
        "InvalidInstanceType.ZoneNotSupported",
        "InvalidInstanceType.ValueNotSupported",
        "InvalidResourceType.NotSupported",
    ),
)


def find_api_code(sentence: str) -> str:
    """The API code in an error text, such as `InvalidAccountStatus.NotEnoughBalance`; empty when there is none.

    The CLI gives errors as text only. A code has a dot, or several words in one; the status of a group
    counts as one where nothing better stands beside it.
    """
    codes = [match[0] for match in _CODE.finditer(sentence) if match[0] not in _NO_CODES]
    return next((code for code in codes if code not in FAILED | IN_PROGRESS | WAITING), codes[0] if codes else "")


def failure_of(command: str, answer: CliResult | CliFailure | None, ending: Ending, printed: str = "") -> DeployerError:
    """Why a command did not do what it was asked. `printed` is its stdout, for when it holds no answer.

    An exit code other than 0 is a failure whatever the answer says, and so is an error whatever the exit code.
    """
    if isinstance(answer, CliFailure):
        return _known_failure(command, answer.sentence, answer.data, ending)
    said = _last_line(printed) or _last_line(ending.stderr)
    if answer is None and find_api_code(said):
        return _known_failure(command, said, {}, ending)
    if ending.exit_code is not None and 0 < ending.exit_code < LEAST_SHELL_CODE:
        return AppmanagerFailed(command, mask_secrets(said) or "no reason given", ending.exit_code, ending.stderr)
    return AppmanagerUnclear(command, mask_secrets(said) or "nothing was printed", ending.exit_code, ending.stderr)


def deploy_failure(error: DeployerError, config: DeployConfig, *, is_uploading: bool) -> DeployerError | None:
    """The error of a deploy; None when it says that scripts failed or wait, which is how a release ended."""
    api_code = str(error.facts.get("api_code") or "")
    if api_code in FAILED | WAITING:
        return None
    if api_code == "AccessDenied" and is_uploading:
        return BucketNameTaken(f"{config.application_name}-{config.deploy_region_id}")
    if api_code in _STOCK_CODES and isinstance(config.instance, NewInstance):
        return OutOfStock(config.instance.instance_type, config.deploy_region_id, (), ())
    return error


def _known_failure(command: str, sentence: str, data: Mapping[str, Any], ending: Ending) -> DeployerError:
    sentence = mask_secrets(sentence)
    api_code = find_api_code(sentence)
    if not api_code:
        return AppmanagerFailed(command, sentence, ending.exit_code, ending.stderr)
    denied = _RAM_ACTION.search(sentence)
    request_id = _REQUEST_ID.search(sentence)
    return error_for(
        command,
        Refusal(
            api_code=api_code,
            status=0,
            sentence=sentence.removeprefix(f"{api_code}: "),
            request_id=str(data.get("request_id") or (request_id[0] if request_id else "")) or None,
            access_denied={"AuthAction": denied[0]} if denied else {},
            stderr=ending.stderr or None,
        ),
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:SHOWN_NOISE] if lines else ""
