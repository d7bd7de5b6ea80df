"""What client and server say to each other: a line of JSON, with file descriptors beside it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

MAXIMUM = 4 << 20  # bytes of a message; the variables of an environment are most of it
DESCRIPTORS = 8

Message = dict[str, Any]


class WireError(Exception):
    """The other side is somebody else, hung up, or said what is no message."""


def check_peer(connection: socket.socket) -> None:
    """Make sure that a process of this very user is at the other end.

    Raises
    ------
    WireError
        It is somebody else's.
    """
    size = struct.calcsize("3i")
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, user, _ = struct.unpack("3i", found)
    if user != os.getuid():
        raise WireError(f"a process of user {user} is at the other end")


def send(connection: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Send `message`; the first byte carries the file descriptors."""
    data = (json.dumps(message) + "\n").encode()
    sent = socket.send_fds(connection, [data], list(descriptors)) if descriptors else 0
    connection.sendall(data[sent:])


class Inbox:
    """Collects what comes over a connection until a whole message is there.

    Examples
    --------
    >>> ours, theirs = socket.socketpair()
    >>> inbox = Inbox(theirs)
    >>> send(ours, {"kind": "status"})
    >>> inbox.read()
    {'kind': 'status'}
    >>> inbox.close()
    >>> ours.close()
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.descriptors: list[int] = []
        self._data = b""

    def read(self) -> Message | None:
        """Read once; return a message if one is complete, None if more must come.

        Raises
        ------
        WireError
            The other side hung up, or said too much, or no JSON object.
        """
        if b"\n" not in self._data:
            data, descriptors, _, _ = socket.recv_fds(self.connection, 1 << 16, DESCRIPTORS)
            self.descriptors += descriptors
            if not data:
                raise WireError("the other side hung up")
            self._data += data
        if len(self._data) > MAXIMUM:
            raise WireError("a message is too long")
        line, found, rest = self._data.partition(b"\n")
        if not found:
            return None
        self._data = rest
        try:
            message = json.loads(line)
        except ValueError as error:
            raise WireError("a message is no JSON") from error
        if not isinstance(message, dict):
            raise WireError("a message is no JSON object")
        return message

    def close(self) -> None:
        """Close the connection and what came over it."""
        self.connection.close()
        for descriptor in self.descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self.descriptors = []
