"""What started us hears how we are: one datagram a word."""

import socket
from contextlib import suppress


class Supervisor:
    """systemd, when it started us: hears that we are ready, alive, stopping.

    The protocol of sd_notify(3) is one datagram; a binding to libsystemd would bring a compiler for that.
    """

    def __init__(self, address: str | None) -> None:
        """Take the value of NOTIFY_SOCKET; None: nobody listens."""
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    def tell(self, word: str) -> None:
        """Send one state, such as `READY=1`."""
        if self._address:
            # systemd that is being replaced does not listen for a moment; what it misses is sent again.
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.sendto(word.encode(), self._address)
