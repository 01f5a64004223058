"""A job for a plugin process: play presets as the host alone would."""

from dataclasses import dataclass

from patchwright.synths import Note, Performance
from patchwright.synths.parameters import Array
from patchwright.synths.plugins.hosts.host import Host

PERFORMANCE = Performance(notes=(Note(pitch=60, duration=0.7),), length=1.0)


@dataclass(frozen=True, eq=False)
class PlayAll:
    """Play presets one after the other, although one may affect the next.

    Attributes:
        values: Presets, `[n, P]`.
    """

    values: Array

    def run(self, host: Host, memory: int | None) -> None:
        """Play the presets; there is no result."""
        for row in self.values:
            host.set_all(row)
            host.play(PERFORMANCE)
