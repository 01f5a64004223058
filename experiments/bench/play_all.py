"""The job of a plugin process that plays as its host alone would."""

from dataclasses import dataclass

from patchwright.synths import Note, Performance
from patchwright.synths.parameters import Array
from patchwright.synths.plugins.hosts.host import Host

PERFORMANCE = Performance(notes=(Note(pitch=60, duration=0.7),), length=1.0)


@dataclass(frozen=True, eq=False)
class PlayAll:
    """Play presets `[n, P]` one after the other, whatever they do to each other."""

    values: Array

    def run(self, host: Host, memory: int) -> None:
        """Answer with nothing."""
        for row in self.values:
            host.set_all(row)
            host.play(PERFORMANCE)
