"""Sweeps over YAML files: experiments, suites, tunings, locks and specs of plugins."""

import contextlib

import yaml

from patchwright.experiments.config import ExperimentConfig, SynthConfig, load_experiment
from patchwright.experiments.config.model import check
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.suite.config import read_suite
from patchwright.experiments.tune.tuning import TuneConfig, read_tuning
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.plugins.spec import SpecFile, read_space, spec_text
from tests.experiments.mutants import mutant
from tests.experiments.yaml_samples import EXPERIMENT, LOCK, SPEC, SUITE, TUNE
from tests.sweeps.spoil import spoilt, suiting, words
from tests.sweeps.sweep import Sample

_WORDS = [
    *("target", "path", "random", "synth", "name", "lock", "free", "limit", "objectives", "search"),
    *("method", "renders", "seed", "tune", "options", "sweep", "defaults", "targets", "kind"),
    *("fm", "cmaes", "mrstft", "0", "1", "60", "1e3", ".nan", "0x10", "1_000", "0..3", "~", "true"),
    *(":", ": ", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "<<: *a", "!!int ", "|", ">", "#"),
    *("'", '"', "\t", "---", "...", "%YAML 1.2", "? ", "\\ud800", "é", "\x85", "2001-01-01"),
]
_SHORT = 2.0  # seconds of a target that a sweep prepares


def _texts(folder, content, schema, read):
    path = folder / "given.yaml"
    plain = yaml.safe_dump(content, sort_keys=False)
    path.write_text(plain)

    def make(rng):
        way = rng.random()
        if way < 0.15:
            return path, words(rng, _WORDS).encode("utf-8", "surrogatepass")
        given = content
        if way < 0.5:
            given = mutant(rng, content)
        elif way < 0.8:
            given = _partly(rng, content, suiting(rng, schema))
        text = yaml.safe_dump(given, sort_keys=False, allow_unicode=False).encode()
        return path, spoilt(rng, text) if way > 0.8 else text

    return Sample(make=make, read=lambda: read(path))


def _partly(rng, content, other):
    """Return a document with some of its parts, at two levels, from another one."""
    if not isinstance(other, dict):
        return other
    given = dict(content)
    for key in rng.sample(list(other), rng.randint(0, len(other))):
        both = isinstance(given.get(key), dict) and isinstance(other[key], dict)
        if both and rng.random() < 0.8:
            part = other[key]
            chosen = rng.sample(list(part), rng.randint(0, min(2, len(part))))
            given[key] = given[key] | {name: part[name] for name in chosen}
        else:
            given[key] = other[key]
    return given


def _suite_schema():
    """Return the schema of a suite, whose keys are those of an experiment with alternatives."""
    whole = ExperimentConfig.model_json_schema()
    several = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/TargetConfig"}}
    keys = ("objectives", "synth", "search", "seed", "sr", "constraints")
    sweep = {
        key: {"type": "array", "minItems": 1, "items": whole["properties"][key]} for key in keys
    }
    defaults = {"type": "object", "properties": whole["properties"]}
    parts = {
        "name": {"type": "string"},
        "defaults": defaults,
        "targets": several,
        "sweep": {"type": "object", "properties": sweep},
    }
    return {"type": "object", "properties": parts, "$defs": whole["$defs"]}


@contextlib.contextmanager
def experiments(folder):
    """Experiments, which are checked."""
    yield _texts(folder, EXPERIMENT, ExperimentConfig.model_json_schema(), load_experiment)


@contextlib.contextmanager
def prepared_experiments(folder):
    """Experiments of a short preset, whose synth, target, objectives and method are opened."""
    content = EXPERIMENT | {
        "target": {"random": 1, "note": 60, "duration": 0.1, "length": 0.2},
        "synth": {
            "name": "oscillators",
            "lock": {"osc1_frequency": 440},
            "limit": {"osc?_amplitude": [0.2, 0.9]},
        },
        "sr": 8_000,
    }

    def read(path):
        config = load_experiment(path)
        notes = config.target.notes
        end = config.target.duration or 0.0 if notes is None else max(n.end for n in notes)
        if max(end, config.target.length or 0.0) <= _SHORT and len(notes or ()) < 10:
            prepare(config, workers=1).synth.close()

    yield _texts(folder, content, ExperimentConfig.model_json_schema(), read)


@contextlib.contextmanager
def suites(folder):
    """Suites, which are expanded to their runs."""
    for name in "ab":
        (folder / f"{name}.wav").touch()
    yield _texts(folder, SUITE, _suite_schema(), read_suite)


@contextlib.contextmanager
def tunings(folder):
    """Tunings, of which the first suite is expanded."""
    schema = _suite_schema()
    for name in "ab":
        (folder / f"{name}.wav").touch()
    tune = TuneConfig.model_json_schema()
    schema["$defs"] |= tune.pop("$defs", {})
    schema["properties"]["tune"] = tune
    yield _texts(folder, TUNE, schema, lambda path: read_tuning(path).suite({}))


@contextlib.contextmanager
def locks(folder):
    """Locks of the synth `fm`, which are applied."""
    space = SYNTHS["fm"].space
    content = LOCK | {
        "lock": {"algorithm": "3", "op?_output": "50"},
        "limit": {"transpose": [1, 4]},
        "free": ["lfo_*", "transpose"],
    }
    names = [*space.names[:40], "op*", "lfo_*", "*"]
    value = {"type": "string", "enum": [0, 50, "99", "1 s", "-3 dB", None, True, {"normalised": 0}]}
    pair = {"type": "array", "items": value}
    schema = {
        "type": "object",
        "properties": {
            "lock": {"type": "object", "properties": dict.fromkeys(names, value)},
            "free": {"type": "array", "items": {"type": "string", "enum": names}},
            "limit": {"type": "object", "properties": dict.fromkeys(names, pair)},
        },
    }

    def read(path):
        check(SynthConfig, {"name": "fm", "lock": str(path)}).subspace(space)

    yield _texts(folder, content, schema, read)


@contextlib.contextmanager
def specs(folder):
    """Specs of plugins, as a run keeps them, which are read and written."""
    content = yaml.safe_load(spec_text(SYNTHS["subtractive"].space)) | SPEC
    yield _texts(
        folder, content, SpecFile.model_json_schema(), lambda path: spec_text(read_space(path))
    )
