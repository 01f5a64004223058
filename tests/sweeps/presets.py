"""Sweeps over preset files of every format, and over MIDI files."""

import contextlib
import json
import struct
from dataclasses import replace
from importlib.resources import files

import numpy as np

from patchwright.synths import Performance, Preset, read_midi
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets import amsynth, dx7, fxp, vstpreset
from patchwright.synths.presets.files import read_presets, write_preset
from tests.experiments.mutants import mutant
from tests.plugins.build import build, cache
from tests.sweeps.spoil import as_json, spoilt, words
from tests.sweeps.sweep import Sample

_DEADLINE = 3.0


def _write(folder, synth, suffix):
    """Write a random preset, and return its path and bytes."""
    path = folder / f"given{suffix}"
    values = synth.space.sample(1, np.random.default_rng(0))[0]
    write_preset(path, Preset("some", synth.name, values), synth)
    return path, path.read_bytes()


def _document(rng, whole):
    """Return a JSON preset that was changed as a document or as bytes."""
    content = json.loads(whole)
    return as_json(rng, mutant(rng, content, most=6)) if rng.random() < 0.6 else spoilt(rng, whole)


@contextlib.contextmanager
def json_presets(folder):
    """JSON presets of the synth `fm`."""
    synth = SYNTHS["fm"]()
    path, whole = _write(folder, synth, ".json")
    yield Sample(
        make=lambda rng: (path, _document(rng, whole)), read=lambda: read_presets(path, synth)
    )


@contextlib.contextmanager
def dx7_files(folder):
    """Voices and banks of the DX7, and other system exclusive messages."""
    synth = SYNTHS["fm"]()
    path, voice = _write(folder, synth, ".syx")
    bank = dx7.encode([(f"V{number}", {}) for number in range(32)])

    def message(rng):
        head = rng.choice([b"\xf0\x43\x00\x00\x01\x1b", b"\xf0\x43\x00\x09\x20\x00", b"\xf0\x7e"])
        body = rng.randbytes(rng.choice([0, 10, 155, 156, 4096, 4097]))
        return head + bytes(byte & 0x7F for byte in body) + rng.choice([b"\xf7", b"", b"\0\xf7"])

    def make(rng):
        if rng.random() < 0.3:
            return path, b"".join(message(rng) for _ in range(rng.randint(1, 4)))
        return path, spoilt(rng, rng.choice([voice, bank, voice * 3]), [voice, bank])

    yield Sample(make=make, read=lambda: read_presets(path, synth))


_AMSYNTH = [
    *("amSynth", "amSynth1.0preset", "<preset> <name> A", "<parameter> amp_attack 0.5", "EOF"),
    *("<parameter> osc2_range 1e400", "<parameter> filter_cutoff -nan", "<property> pitch_bend 2"),
    *("<parameter> ", "<parameter> x 1", "<preset> <name> ", "0x10", "1,5", "\0", "\r\n", "é"),
]


@contextlib.contextmanager
def amsynth_banks(folder):
    """Banks of amsynth."""
    with RenderPool(resolve("vst2:amsynth_vst"), deadline=_DEADLINE) as synth:
        path, whole = _write(folder, synth, ".bank")

        def make(rng):
            if rng.random() < 0.4:
                return path, words(rng, _AMSYNTH).encode()
            return path, spoilt(rng, whole)

        yield Sample(make=make, read=lambda: read_presets(path, synth))


@contextlib.contextmanager
def vst2_states(folder):
    """Programs and banks of VST2, which amsynth loads."""
    with RenderPool(resolve("vst2:amsynth_vst"), deadline=_DEADLINE) as synth:
        path, whole = _write(folder, synth, ".fxp")
        state = amsynth.encode_state("x", {"amp_attack": 0.5})
        floats = fxp.Program(plugin_id="amsy", parameters=(0.5,) * 41)

        def generated(rng):
            count = rng.choice([0, 1, 41, 42, 70_000])
            values = tuple(rng.choice([0.5, 1.0, 1.5, -1e30]) for _ in range(count % 1000))
            chunk = rng.choice([state, spoilt(rng, state), rng.randbytes(rng.choice([0, 50]))])
            program = replace(floats, parameters=values)
            held = replace(floats, parameters=None, chunk=chunk, count=count)
            bank = fxp.Bank(plugin_id="amsy", chunk=chunk, count=count)
            several = fxp.Bank(plugin_id="amsy", programs=(program,) * rng.choice([0, 1, 3]))
            return fxp.encode(rng.choice([program, held, bank, several]))

        def make(rng):
            data = generated(rng) if rng.random() < 0.5 else whole
            return path, data if rng.random() < 0.3 else spoilt(rng, data, [whole])

        yield Sample(make=make, read=lambda: read_presets(path, synth))


@contextlib.contextmanager
def vital_states(folder):
    """Presets of Vital, which it loads."""
    with RenderPool(resolve("vital"), deadline=_DEADLINE) as synth:
        path, whole = _write(folder, synth, ".vital")
        yield Sample(
            make=lambda rng: (path, _document(rng, whole)), read=lambda: read_presets(path, synth)
        )


_TURTLE = [
    *(
        "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .",
        "@base <urn:x> .",
        "<urn:a>",
        "a",
        "lv2:port",
    ),
    *(
        "pset:Preset",
        "lv2:appliesTo",
        "[",
        "]",
        "(",
        ")",
        ";",
        ".",
        ",",
        '"""',
        '"x"^^xsd:float',
        "_:b",
    ),
    *("1e400", "-0.0", "true", "#", "\\u0000", "é", "\0", "state:state"),
]


@contextlib.contextmanager
def lv2_states(folder):
    """Presets of LV2, which a plugin loads."""
    with RenderPool(resolve("lv2:JX10"), deadline=_DEADLINE) as synth:
        path, whole = _write(folder, synth, ".ttl")

        def make(rng):
            if rng.random() < 0.2:
                return path, words(rng, _TURTLE).encode()
            return path, spoilt(rng, whole, [whole])

        yield Sample(make=make, read=lambda: read_presets(path, synth))


@contextlib.contextmanager
def vst3_states(folder, host="pedalboard"):
    """Presets of VST3, which a plugin loads."""
    plugin = str(build(cache()))
    with RenderPool(resolve(plugin), deadline=_DEADLINE) as synth:  # DawDreamer writes none
        path, whole = _write(folder, synth, ".vstpreset")
    preset = vstpreset.decode(whole)

    def listed(rng):
        """Return a file whose list of chunks is made up."""
        count = rng.choice([0, 1, 2, 5, 129, 2**32 - 1])
        places = [0, 47, 48, len(whole), 2**62, -1]
        entries = [
            struct.pack("<4sqq", rng.choice([b"Comp", b"Cont", b"Info", b"Prog"]), *pair)
            for pair in ([rng.choice(places), rng.choice(places)] for _ in range(count % 200))
        ]
        head = struct.pack("<4sI32sq", b"VST3", 1, preset.class_id.encode(), 48)
        tail = b"".join(entries) + preset.component
        return head + b"List" + struct.pack("<I", count) + tail

    def make(rng):
        way = rng.random()
        if way < 0.2:
            return path, listed(rng)
        if way < 0.4:
            component = spoilt(rng, preset.component)
            return path, vstpreset.encode(replace(preset, component=component))
        return path, spoilt(rng, whole)

    with RenderPool(resolve(plugin, host=host), deadline=_DEADLINE) as synth:
        yield Sample(make=make, read=lambda: read_presets(path, synth))


@contextlib.contextmanager
def midi_files(folder):
    """MIDI files, whose notes are played."""
    path = folder / "given.mid"
    own = files("patchwright.experiments") / "midi"
    wholes = [(own / f"{name}.mid").read_bytes() for name in ("chorale", "swell")]
    path.write_bytes(wholes[0])

    def number(rng):
        value = rng.choice([0, 1, 96, 127, 480, 16_383, 2**28 - 1])
        parts = [value & 0x7F]
        while value := value >> 7:
            parts.insert(0, 0x80 | value & 0x7F)
        return bytes(parts)

    def event(rng):
        data = bytes(rng.choice([0, 1, 60, 64, 100, 127, 200]) for _ in range(2))
        meta = rng.randbytes(rng.randint(0, 5))
        return number(rng) + rng.choice(
            [
                bytes([0x90 | rng.randrange(16), rng.randrange(128), rng.randrange(128)]),
                bytes([rng.choice([0x80, 0xA0, 0xB0, 0xE0])]) + data,
                bytes([rng.choice([0xC0, 0xD0])]) + data[:1],
                data,
                bytes([0xFF, rng.choice([0x2F, 0x51, 0x54, 0x58, 0x59, 0x01])])
                + number(rng)
                + meta,
                bytes([rng.choice([0xF0, 0xF7, 0xF8, 0xF4])]) + number(rng) + meta,
            ]
        )

    def generated(rng):
        tracks = [
            b"".join(event(rng) for _ in range(rng.choice([0, 3, 30, 300])))
            for _ in range(rng.randint(0, 4))
        ]
        head = struct.pack(
            ">LHHH",
            6,
            rng.choice([0, 1, 1, 1, 2, 9]),
            rng.choice([len(tracks), 0xFFFF]),
            rng.choice([480, 480, 1, 0, 0xE728, 0x8000]),
        )
        chunks = (
            b"MTrk" + struct.pack(">L", rng.choice([len(track), len(track), 2**32 - 1])) + track
            for track in tracks
        )
        return b"MThd" + head + b"".join(chunks)

    def make(rng):
        return path, generated(rng) if rng.random() < 0.5 else spoilt(
            rng, rng.choice(wholes), wholes
        )

    def read():
        played = read_midi(path)
        Performance.of(played.notes, tempo=played.tempo)

    yield Sample(make=make, read=read)
