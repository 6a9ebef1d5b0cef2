import socket
from urllib.request import getproxies_environment

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_proxy():
    """The servers of these tests are on loopback: a proxy of whoever runs them does not reach there."""
    with pytest.MonkeyPatch.context() as environment:
        for scheme in getproxies_environment():
            environment.delenv(f"{scheme}_proxy", raising=False)
            environment.delenv(f"{scheme}_proxy".upper(), raising=False)
        yield


@pytest.fixture
def unused_port():
    """A port of loopback that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]  # bound and not listening: connecting is refused, and nobody else gets it
