"""The loopback addresses of a cloud's instances belong to that cloud alone."""

import sys
from contextlib import closing
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from deployer.emulator.public_network import PublicNetwork

REASON = "real public addresses are not on loopback; those of the emulator are its own choice"


@pytest.mark.assumed(REASON)
def test_a_folder_has_the_same_addresses_each_time():
    with closing(PublicNetwork(Path("/made/up/first"))) as network:
        before = network.cidr
        assert IPv4Network(before).subnet_of(IPv4Network("127.0.0.0/8"))

    with closing(PublicNetwork(Path("/made/up/first"))) as network:
        assert network.cidr == before


@pytest.mark.assumed(REASON)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives every loopback address")
def test_two_clouds_never_share_an_address():
    networks = [PublicNetwork(Path("/made/up/second")) for _ in range(3)]
    try:
        assert len({network.cidr for network in networks}) == 3
    finally:
        for network in networks:
            network.close()
