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


def stop_dry_run(call: Call) -> None:
    """Raise when only a check was asked for: that it passed is an error as well.

    Errors: 400 DryRunOperation.
    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances (DryRun)
    """
    if call.params.get("DryRun"):
        raise ApiError(400, "DryRunOperation", "Request validation has been passed with DryRun flag set.")
