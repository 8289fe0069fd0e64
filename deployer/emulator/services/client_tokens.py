"""Idempotence: a repeated ClientToken gets the first answer again, and nothing is made twice."""

import copy
from collections.abc import Callable
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call


class ClientTokens:
    """The tokens one service has seen. They are remembered as long as the service lives.

    Source: https://www.alibabacloud.com/help/doc-detail/25693.html (how to ensure idempotence). How long the cloud
    remembers a token is not documented.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, str, str], tuple[dict[str, Any], Body]] = {}

    def once(self, call: Call, make: Callable[[], Body]) -> Body:
        """What `make` answered the first time this token came with these parameters; refused calls leave no trace.

        Errors: 400 IdempotentParameterMismatch when the token was used with other parameters.
        """
        token = call.params.get("ClientToken")
        if token is None:
            return make()
        if len(token) > 64 or not token.isascii():
            raise ApiError(400, "InvalidClientToken.ValueNotSupported", "The ClientToken provided is invalid.")
        asked = {name: value for name, value in call.params.items() if name != "ClientToken"}
        key = (call.principal.account_id, call.action, call.region_id, token)
        if key not in self._answers:
            self._answers[key] = (copy.deepcopy(asked), make())
        known_params, body = self._answers[key]
        if known_params != asked:
            raise ApiError(
                400,
                "IdempotentParameterMismatch",
                "The request uses the same client token as a previous, but non-identical request. "
                "Do not reuse a client token with different requests, unless the requests are identical.",
            )
        return copy.deepcopy(body)
