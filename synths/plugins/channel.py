"""Messages between the processes of this program, over a socket."""

import pickle
import socket
import struct
from typing import Any

_SIZE = struct.Struct("=Q")


class Channel:
    """One end of a stream of messages.

    `multiprocessing.connection` does the same, but imports modules that make every fork slower.

    Args:
        end: A connected socket, which is closed with the channel.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    @property
    def file(self) -> int:
        """Descriptor of the socket."""
        return self._end.fileno()

    def send(self, message: object) -> None:
        """Send a message.

        Raises:
            ConnectionError: If the other end is closed.
        """
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._end.sendall(_SIZE.pack(len(data)) + data)

    def receive(self) -> Any:
        """Wait for a message.

        Raises:
            EOFError: If the other end is closed.
            ConnectionError: If it was closed with messages left in it.
        """
        (size,) = _SIZE.unpack(self._read(_SIZE.size))
        return pickle.loads(self._read(size))  # noqa: S301 - from our own process

    def close(self) -> None:
        """Close this end."""
        self._end.close()

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        left = memoryview(data)
        while left:
            count = self._end.recv_into(left)
            if not count:
                raise EOFError
            left = left[count:]
        return data
