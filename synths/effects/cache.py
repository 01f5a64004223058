"""A bounded cache of an instrument's renders, kept while only effects change."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

Render = tuple[NDArray[np.float32], int]
"""Audio `[c, t]` and status of a render."""


class RenderCache:
    """Renders by key; the ones that were not used for longest go first. Safe in threads.

    Args:
        most: Bytes of audio that are kept at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, Render] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Render | None:
        """Return a render; None if it is not kept."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: Hashable, render: Render) -> None:
        """Keep a render."""
        with self._lock:
            if key in self._held:
                return
            self._held[key] = render
            self._bytes += render[0].nbytes
            while self._bytes > self._most and len(self._held) > 1:
                _, (audio, _) = self._held.popitem(last=False)
                self._bytes -= audio.nbytes
