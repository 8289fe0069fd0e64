"""Which address blocks VPCs and vSwitches may have. Two of the codes are misspelt, as the service has them."""

from ipaddress import IPv4Network

from deployer.emulator.actions import ApiError

# Blocks no VPC may use: link-local, loopback, multicast, and where the cloud's own services live.
# Source: https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-createvpc (CidrBlock)
_FORBIDDEN = tuple(IPv4Network(text) for text in ("100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"))
_VPC_MASKS = range(8, 29)
_VSWITCH_MASKS = range(16, 30)


def read_vpc_network(text: str) -> IPv4Network:
    """The block of a VPC: a mask of /8 to /28 that overlaps no reserved block.

    Source: the CreateVpc page recommends /16 to /28 and gives 10.0.0.0/8 and the default 172.16.0.0/12 as valid.
    Errors: 400 InvalidParameter.
    """
    network = _parse(text)
    if network is None or network.prefixlen not in _VPC_MASKS or any(network.overlaps(bad) for bad in _FORBIDDEN):
        raise ApiError(400, "InvalidParameter", "Specified CidrBlock is not valid.")
    return network


def read_vswitch_network(text: str) -> IPv4Network:
    """The block of a vSwitch: a mask of /16 to /29.

    Source: https://www.alibabacloud.com/help/doc-detail/35745.htm
    Errors: 400 InvalidCidrBlock.Malformed, InvalidCirdrBlock.MaskLength.
    """
    network = _parse(text)
    if network is None:
        raise ApiError(400, "InvalidCidrBlock.Malformed", "Specified CIDR block is not valid.")
    if network.prefixlen not in _VSWITCH_MASKS:
        raise ApiError(400, "InvalidCirdrBlock.MaskLength", "Specified mask length of the CIDR block is not valid.")
    return network


def _parse(text: str) -> IPv4Network | None:
    """The network; None for what is no network, host bits that are set included."""
    try:
        return IPv4Network(text) if "/" in text else None
    except ValueError:
        return None
