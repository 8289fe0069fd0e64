"""`ACS::ExecuteHttpRequest`, and the messages of Notify and Approve tasks: what a task says to somebody outside.

Source: https://help.aliyun.com/zh/oos/user-guide/acs-executehttprequest
"""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from deployer.oos.effects import Effect
from deployer.oos.execution import TaskRun
from deployer.oos.expressions import render
from deployer.oos.failures import TaskFailure
from deployer.oos.polling import select_outputs
from deployer.oos.scope import Frame
from deployer.oos.template import Task

if TYPE_CHECKING:
    from deployer.oos.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """One request to an address outside of the cloud's APIs."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """What came back."""

    status: int
    body: str = ""

    @property
    def document(self) -> Any:
        """The body as JSON, or as the text it is."""
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body


# Raises TaskFailure when the request cannot be sent.
SendWebRequest = Callable[[WebRequest], WebAnswer]


def execute_http_request(
    runner: "Runner", task: Task, frame: Frame, run: TaskRun
) -> Generator[Effect, Any, str | None]:
    """Send it, and select the outputs from the answer's body.

    Assumed: an answer of 400 or above fails the task.
    """
    run.properties = properties = frame.scope.evaluate(dict(task.properties))
    undescribed = [key for key in ("WaitFor", "CheckFor") if properties.get(key)]
    if undescribed:
        raise TaskFailure(f"{', '.join(undescribed)} of ACS::ExecuteHttpRequest cannot be run here")
    answer = runner.host.send_web_request(_request(properties))
    yield from ()
    if answer.status >= 400:
        raise TaskFailure(f"{properties['URL']} answers {answer.status}: {answer.body[:500]}")
    run.outputs = select_outputs(task, frame.scope, answer.document)
    return None


def _request(properties: Mapping[str, Any]) -> WebRequest:
    """Errors: TaskFailure."""
    method = str(properties.get("Method") or "POST").upper()
    if method not in {"GET", "POST"}:
        raise TaskFailure(f"Method must be GET or POST, not {method}")
    url = _address(properties.get("URL"))
    query = properties.get("Query") or {}
    if isinstance(query, Mapping) and query:
        text = urlencode({name: render(value) for name, value in query.items()})
        url += ("&" if urlsplit(url).query else "?") + text
    body = properties.get("Body") if method == "POST" else None
    return WebRequest(method=method, url=url, headers=_headers(properties), body="" if body is None else render(body))


def message_request(properties: Mapping[str, Any]) -> WebRequest | None:
    """The request a Notify or Approve task sends to its `WebHook`; None when it names none.

    Errors: TaskFailure.
    """
    hook = properties.get("WebHook")
    if not hook:
        return None
    if not isinstance(hook, Mapping):
        raise TaskFailure("WebHook must be a map")
    content = hook.get("Content")
    return WebRequest(
        method="POST",
        url=_address(hook.get("URI")),
        headers=_headers(hook),
        body="" if content is None else render(content),
    )


def _address(url: Any) -> str:
    text = str(url or "").strip()
    if urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).hostname:
        raise TaskFailure(f"`{text}` is no http or https address")
    return text


def _headers(properties: Mapping[str, Any]) -> dict[str, str]:
    headers = properties.get("Headers") or {}
    if not isinstance(headers, Mapping):
        raise TaskFailure("Headers must be a map")
    return {str(name): render(value) for name, value in headers.items()}
