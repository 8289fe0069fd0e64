"""What VPCs and vSwitches may be called. One of the codes is misspelt, as the service has it."""

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.services import names


def check_texts(call: Call, parameter: str, noun: str) -> None:
    """Errors: 400 InvalidVpcName.Malformed, InvalidVpcDiscription.Malformed, and the same for vSwitches."""
    name, description = call.params.get(parameter, ""), call.params.get("Description", "")
    if name and not names.is_valid_network_name(name):
        raise ApiError(400, f"Invalid{parameter}.Malformed", f"Specified {noun} name is not valid.")
    if description and not names.is_valid_network_description(description):
        code = f"Invalid{parameter.removesuffix('Name')}Discription.Malformed"
        raise ApiError(400, code, f"Specified {noun} description is not valid.")
