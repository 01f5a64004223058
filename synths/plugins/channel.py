"""Messages between the processes of this program, over a socket."""

import os
import pickle
import struct
from typing import Any

_SIZE = struct.Struct("=Q")


class Channel:
    """One end of a stream of messages.

    `multiprocessing.connection` does the same, but imports modules that make every fork slower.

    Args:
        file: Descriptor of a connected socket, which is closed with the channel.

    Attributes:
        file: The same.
    """

    def __init__(self, file: int) -> None:
        self.file = file

    def send(self, message: object) -> None:
        """Send a message.

        Raises:
            BrokenPipeError, ConnectionResetError: If the other end is closed.
        """
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        left = memoryview(_SIZE.pack(len(data)) + data)
        while left:
            left = left[os.write(self.file, left) :]

    def receive(self) -> Any:
        """Wait for a message.

        Raises:
            EOFError: If the other end is closed.
            ConnectionResetError: If it was closed with messages left in it.
        """
        (size,) = _SIZE.unpack(self._read(_SIZE.size))
        return pickle.loads(self._read(size))  # noqa: S301 - from our own process

    def close(self) -> None:
        """Close this end."""
        os.close(self.file)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = os.read(self.file, size - len(data))
            if not part:
                raise EOFError
            data += part
        return data
