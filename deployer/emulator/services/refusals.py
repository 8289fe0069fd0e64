"""Refusals several services share."""

from deployer.emulator.actions import ApiError, Call


def not_implemented(call: Call, what: str) -> ApiError:
    """The emulator knows the operation but not this part of it: said aloud, never guessed."""
    return ApiError(501, "Emulator.NotImplemented", f"the emulator does not support {what} in {call.action}")


def refuse_unsupported(call: Call, *names: str) -> None:
    """Raise when one of these parameters was given; false asks for nothing. Errors: 501 Emulator.NotImplemented."""
    given = [name for name in names if call.params.get(name, False) is not False]
    if given:
        raise not_implemented(call, ", ".join(given))


def missing_parameter(name: str) -> ApiError:
    """400 MissingParameter, to be raised."""
    return ApiError(
        400,
        "MissingParameter",
        f'The input parameter "{name}" that is mandatory for processing this request is not supplied.',
    )


def invalid_parameter(name: str) -> ApiError:
    """400 InvalidParameter, to be raised."""
    return ApiError(400, "InvalidParameter", f'The specified parameter "{name}" is not valid.')
