"""Sweeps over what is kept on a machine: renders, measurements of plugins, bundles and models."""

import contextlib
import io
import json
from dataclasses import replace

import numpy as np
from safetensors.torch import save_file

from patchwright.experiments.store import RenderStore
from patchwright.experiments.terminal.console import Console
from patchwright.experiments.trust.exploration import (
    EXPLORATIONS,
    Effect,
    Exploration,
    effects_table,
    lock_text,
)
from patchwright.experiments.trust.qualification import print_verdict
from patchwright.objectives import Target
from patchwright.objectives.embeddings import load_embedding
from patchwright.synths import Note, Performance
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.plugins.address import installed, is_plugin
from patchwright.synths.plugins.hosts.lv2_bundle import plugins_in
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.qualify import VERDICTS, PolicyTrial, Verdict
from tests.experiments.mutants import NUMBERS, ODD, mutant
from tests.objectives.embeddings.pretrained import states
from tests.sweeps.spoil import as_json, spoilt, words
from tests.sweeps.sweep import Sample
from tests.sweeps.tables import parquet

_NOTE = Performance(notes=(Note(pitch=60, duration=0.1),), length=0.15)


@contextlib.contextmanager
def render_stores(folder):
    """Files of a store of renders, from which the nearest to a target are taken."""
    synth = SYNTHS["oscillators"]()
    for seed in range(2):
        values = synth.space.sample(20, np.random.default_rng(seed))
        renders = synth.render(values, _NOTE)
        with RenderStore(folder, synth, _NOTE) as store:
            store.add(values, renders)
    target = Target(renders.audio[0], _NOTE.sr)
    files = sorted(folder.rglob("*.parquet"))

    def make(rng):
        path = rng.choice(files)
        whole = path.read_bytes()
        return path, spoilt(rng, whole) if rng.random() < 0.4 else parquet(rng, whole)

    def read():
        store = RenderStore(folder, synth, _NOTE)
        store.nearest(target, synth.space.lock(), 5)

    yield Sample(make=make, read=read)


def _kept(path, read):
    """Return samples of a JSON file that is kept in the cache."""
    whole = path.read_bytes()

    def make(rng):
        if rng.random() < 0.3:
            return path, spoilt(rng, whole)
        return path, as_json(rng, mutant(rng, json.loads(whole), ODD + NUMBERS, most=3))

    return Sample(make=make, read=read)


@contextlib.contextmanager
def verdicts(folder):
    """Kept verdicts on plugins, which are shown."""
    path = folder / "verdict.json"
    trial = PolicyTrial(policy=Policy.reset, presets=10, identical=3, megabytes=20.5)
    trials = (trial, replace(trial, policy=Policy.fork, identical=10))
    noise = {Policy.reset: {"mss": (0.5, 1.5)}, Policy.fork: {"mss": (0.0, 0.0)}}
    causes = {"lfo": 0.5}
    VERDICTS.write(
        path,
        Verdict(
            plugin="vst3:x", trials=trials, chosen=Policy.fork, repeats=True, noise=noise,
            causes=causes,
        ),
    )  # fmt: skip

    def read():
        verdict = VERDICTS.read(path)
        if verdict is not None:
            print_verdict(verdict, Console(file=io.StringIO()))
            assert verdict.chosen is None or Policy(verdict.chosen)
            assert all(
                np.isfinite(m) for floor in verdict.noise.values() for m, _ in floor.values()
            )

    yield _kept(path, read)


@contextlib.contextmanager
def explorations(folder):
    """Kept explorations of plugins, from which locks are written."""
    path = folder / "exploration.json"
    effects = tuple(
        Effect(name=f"p{n}", group="g", mean=1.0 / (n + 1), spread=0.1, heard=0.5) for n in range(5)
    )
    EXPLORATIONS.write(
        path,
        Exploration(synth="vst3:x", states=4, renders=50, effects=effects, settings=("gain",)),
    )

    def read():
        found = EXPLORATIONS.read(path)
        if found is not None:
            Console(file=io.StringIO()).print(effects_table(found))
            lock_text(found, 3)

    yield _kept(path, read)


_TURTLE = [
    *("@prefix", "lv2:", "<http://lv2plug.in/ns/lv2core#>", ".", "a", "lv2:Plugin", ";", ","),
    *("lv2:binary", "<x.so>", "<urn:a:b>", "<>", "<#>", "[", "]", "(", ")", '"x"', '"""', "_:b"),
    *("@base", "<http://[", "^^", "@en", "1e400", "\\u0000", "#", "é", "<../..>", "PREFIX", "true"),
]


@contextlib.contextmanager
def lv2_bundles(folder):
    """Manifests of LV2 bundles, in which plugins are looked for."""
    bundle = folder / "two.lv2"
    bundle.mkdir()
    path = bundle / "manifest.ttl"
    whole = (
        b"@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
        b"@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        b"<http://example.org/synths/Brass> a lv2:Plugin ; lv2:binary <b.so> ;\n"
        b'  rdfs:seeAlso <b.ttl> , "x"@en .\n<urn:x:Bass> a lv2:Plugin ; lv2:binary <c.so> .\n'
    )
    path.write_bytes(whole)

    def make(rng):
        text = words(rng, _TURTLE).encode() if rng.random() < 0.5 else whole
        return path, spoilt(rng, text) if rng.random() < 0.7 else whole + text

    def read():
        for name in plugins_in(bundle):
            assert is_plugin(f"lv2:{name}")
        installed()

    yield Sample(make=make, read=read)


@contextlib.contextmanager
def weights(folder):
    """Weights of embeddings, which are loaded."""
    kinds = {}
    for cls, state in states().items():
        path = folder / f"{cls.__name__}.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
        kinds[path] = cls.__name__.casefold()
    paths = list(kinds)
    chosen = [paths[0]]

    def make(rng):
        chosen[0] = path = rng.choice(paths)
        whole = path.read_bytes()
        length = 8 + int.from_bytes(whole[:8], "little")
        head, rest = whole[:length], whole[length:]
        way = rng.random()
        if way < 0.2:
            return path, spoilt(rng, whole)
        if way < 0.5:
            return path, spoilt(rng, head) + rest
        entries = mutant(rng, json.loads(head[8:]), most=2)
        header = json.dumps(entries).encode("utf-8", "surrogatepass")
        return path, len(header).to_bytes(8, "little") + header + rest

    def read():
        load_embedding(f"{kinds[chosen[0]]}:{chosen[0]}")

    yield Sample(make=make, read=read)
