"""Damaged files, and the checks that every reader must pass."""

import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from patchwright.synths import SynthError


def damaged(data: bytes, flips: int = 600) -> Iterator[bytes]:
    """Yield the file cut at every byte, with bytes changed, and with huge lengths anywhere."""
    yield from (data[:end] for end in range(len(data)))
    rng = np.random.default_rng(1)
    places, values = rng.integers(len(data), size=flips), rng.integers(256, size=flips)
    for at, value in zip(places.tolist(), values.tolist(), strict=True):
        yield data[:at] + bytes([value]) + data[at + 1 :]
    for at in range(0, len(data), 2):
        for huge in (b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x10\x00\x00"):
            yield data[:at] + huge + data[at + 4 :]
    yield b"RIFF" + data[4:]
    yield b"\0" * len(data)


def check_reader(decode: Callable[[bytes], object], data: bytes, megabytes: float = 4) -> int:
    """Check that a reader raises only one-sentence SynthErrors; return how many variants failed."""
    refused = 0
    decode(data)
    tracemalloc.start()
    try:
        for variant in damaged(data):
            sentence = _refusal(decode, variant)
            refused += bool(sentence)
            assert not sentence or sentence.endswith((".", "?")) or "choices are" in sentence, (
                sentence
            )
        assert tracemalloc.get_traced_memory()[1] < megabytes * 2**20
    finally:
        tracemalloc.stop()
    return refused


def _refusal(decode: Callable[[bytes], object], data: bytes) -> str:
    try:
        decode(data)
    except SynthError as error:
        return str(error)
    return ""


def refusal(call: Callable[..., object], *args: object, **kwargs: object) -> str:
    """Return the message of the SynthError that a call raises."""
    with pytest.raises(SynthError) as error:
        call(*args, **kwargs)
    return str(error.value)
