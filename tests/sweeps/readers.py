"""Readers that fail, on which the sweeps themselves are tested; imported within a moment."""

import contextlib
import os
import time

from patchwright.synths.errors import SynthError
from tests.sweeps.sweep import Sample


@contextlib.contextmanager
def faulty(folder):
    """Files whose reader fails at some numbers."""
    path = folder / "given.bin"
    path.write_bytes(b"whole")
    held = []

    def fail():
        number = path.read_bytes()
        if number == b"1":
            raise SynthError("A sentence: mend it.")
        if number == b"2":
            raise KeyError("x")
        if number == b"3":
            raise SynthError("Two\nlines.")
        if number == b"4":
            os.kill(os.getpid(), 9)
        if number == b"5":
            began = time.process_time()
            while time.process_time() < began + 0.3:
                pass
        if number == b"6":
            held.append(b"x" * 2**26)
        if number == b"7":
            time.sleep(600)

    numbers = iter(range(100))

    def make(rng):
        assert 0.0 <= rng.random() < 1.0
        return path, str(int(folder.parent.name.removeprefix("from-")) + next(numbers)).encode()

    yield Sample(make=make, read=fail)


@contextlib.contextmanager
def unread(folder):
    """Files of which not even a whole one is read."""

    def refuse():
        raise SynthError("It is refused: mend it.")

    yield Sample(make=lambda rng: (folder / "x", b""), read=refuse)
