"""No test here may open a socket; the fixture `aliyun` is the plugin's."""

import socket

import pytest

from deployer.testing.plugin import aliyun

__all__ = ["aliyun"]


@pytest.fixture(autouse=True)
def no_socket(request, monkeypatch):
    """Whoever connects to an address of the internet family fails the test, real machines apart."""
    if request.node.get_closest_marker("sandbox"):
        return
    connect = socket.socket.connect

    def refuse(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            pytest.fail(f"a socket was opened to {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
