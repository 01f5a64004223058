"""Sweeps over recordings: WAV, FLAC, OGG, MP3, and other formats that libsndfile reads."""

import contextlib
import io
import struct

import numpy as np
import soundfile

from patchwright.experiments.recordings.recording import read_recording
from tests.sweeps.spoil import spoilt
from tests.sweeps.sweep import Sample

_SR, _SECONDS = 16_000, 0.4
_FORMATS = {
    "wav": [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAVEX", "PCM_24"), ("WAV", "MS_ADPCM")],
    "flac": [("FLAC", "PCM_16"), ("FLAC", "PCM_24")],
    "ogg": [("OGG", "VORBIS"), ("OGG", "OPUS")],
    "mp3": [("MP3", "MPEG_LAYER_III")],
    "aiff": [("AIFF", "PCM_16"), ("AU", "ULAW"), ("CAF", "ALAC_16"), ("W64", "DOUBLE")],
}


def _wholes(suffix):
    """Return whole files of a note, mono and stereo."""
    times = np.arange(round(_SECONDS * _SR)) / _SR
    harmonics = sum(np.sin(2 * np.pi * 220 * k * times) / k for k in range(1, 12))
    mono = 0.2 * harmonics * np.exp(-4 * times)
    found = []
    for form, subtype in _FORMATS[suffix]:
        for samples in (mono, np.stack([mono, 0.5 * mono], axis=1)):
            file = io.BytesIO()
            soundfile.write(file, samples, _SR, format=form, subtype=subtype)
            found.append(file.getvalue())
    return found


def _checked_pages(data):
    """Return an OGG file whose pages have right checksums, or decoders would skip them."""
    pages = data.split(b"OggS")
    return pages[0] + b"".join(b"OggS" + _checked(page) for page in pages[1:])


def _checked(page):
    body = page[:18] + bytes(4) + page[22:]
    checksum = 0
    for byte in b"OggS" + body:
        checksum = checksum << 8 & 0xFFFF_FFFF ^ _CHECKSUMS[checksum >> 24 ^ byte]
    return body[:18] + checksum.to_bytes(4, "little") + body[22:]


def _checksums():
    """Return the checksum of each byte, of the polynomial of OGG."""
    found = []
    for checksum in range(0, 2**32, 2**24):
        for _ in range(8):
            checksum = checksum << 1 & 0xFFFF_FFFF ^ (0x04C1_1DB7 if checksum >> 31 else 0)
        found.append(checksum)
    return found


_CHECKSUMS = _checksums()


def _riff(rng, samples):
    """Return a WAV file whose chunks are made up."""
    bits = rng.choice([8, 16, 24, 32, 64, 0, 12, 65_535])
    kind = rng.choice([1, 1, 3, 6, 7, 2, 17, 0x55, 0xFFFE, 0])
    channels = rng.choice([1, 1, 2, 3, 0, 65_535])
    sr = rng.choice([8_000, 16_000, 44_100, 192_000, 0, 1, 2**32 - 1])
    frame = rng.choice([channels * bits // 8 & 0xFFFF, 0, 1])
    form = struct.pack("<HHIIHH", kind, channels, sr, sr * frame & 0xFFFF_FFFF, frame, bits)
    data = rng.choice([samples, samples, b"", rng.randbytes(3_000), b"\xff\xff\xff\x7f" * 2_000])
    chunks = [(b"fmt ", form + rng.choice([b"", b"\0\0", rng.randbytes(24)])), (b"data", data)]
    extra = [
        (rng.choice([b"LIST", b"fact", b"cue ", b"smpl", b"bext", b"PEAK"]), rng.randbytes(30))
    ]
    chunks = rng.choice([chunks, extra + chunks, [chunks[0], *extra, chunks[1]], chunks[::-1]])
    body = b"".join(
        name + struct.pack("<I", rng.choice([len(part), len(part), 0, 2**32 - 1])) + part
        for name, part in chunks
    )
    return (
        rng.choice([b"RIFF", b"RIFX", b"RF64"]) + struct.pack("<I", len(body) + 4) + b"WAVE" + body
    )


@contextlib.contextmanager
def sounds(folder, suffix):
    """Recordings in the formats that have a suffix, which are read as a note."""
    path = folder / f"given.{suffix}"
    wholes = _wholes(suffix)
    path.write_bytes(wholes[0])
    samples = wholes[0][44:]

    def make(rng):
        if suffix == "wav" and rng.random() < 0.4:
            return path, _riff(rng, samples)
        whole = rng.choice(wholes)
        head = rng.choice([64, 1024, len(whole)])  # most of what is read is decided there
        data = spoilt(rng, whole[:head], wholes) + whole[head:]
        return path, _checked_pages(data) if suffix == "ogg" and rng.random() < 0.8 else data

    yield Sample(make=make, read=lambda: read_recording(path, sr=_SR))
