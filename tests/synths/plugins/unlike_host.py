"""A host that starts in another state in every process, as a module for processes."""

import os
from dataclasses import replace

from tests.synths.plugins import sine_host


class UnlikeHost(getattr(sine_host, sine_host.SINE.class_name)):
    """The sine host, whose first tone begins at a random phase."""

    def __init__(self, plugin, *, sr):
        super().__init__(plugin, sr=sr)
        self._phase = int.from_bytes(os.urandom(4)) / 2**32


UNLIKE = replace(
    sine_host.SINE, name="unlike", module=__name__, class_name="UnlikeHost", synth="unlike"
)
