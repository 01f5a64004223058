"""Expansion of a suite's YAML, and the plan before it runs."""

import json
import math

import numpy as np
import pytest
import soundfile
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.midi.compose import FOLDER, PHRASES, write_phrases
from patchwright.experiments.suite import is_suite, read_suite
from patchwright.experiments.suite.plan import make_plan
from patchwright.experiments.suite.worker import run_folder
from patchwright.synths import parse_notes, read_midi
from patchwright.synths.presets import amsynth

SUITES = FOLDER.parent / "configs" / "suites"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a suite given as a mapping."""

    def call(content, *overrides):
        path = tmp_path / "suite.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return read_suite(path, overrides)

    return call


def test_a_suite_is_told_from_an_experiment():
    experiment = FOLDER.parent / "configs" / "quickstart.yaml"
    assert not is_suite(experiment)
    assert all(is_suite(path) for path in SUITES.rglob("*.yaml"))


@pytest.mark.parametrize("path", sorted(SUITES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_suite_that_is_shipped_can_be_run(path):
    assert len(read_suite(path).runs) > 1


def test_targets_and_sweep_may_be_others(read):
    content = {"targets": [{"random": "0..5"}], "sweep": {"seed": "0..1"}}
    others = ("targets=[{random: 7}]", "sweep={search.method: [cmaes, de, nsga2]}", "seed=4")
    runs = read(content, *others).runs
    assert [run.config.search.method for run in runs] == ["cmaes", "de", "nsga2"]
    assert {(run.config.target.random, run.config.seed) for run in runs} == {(7, 4)}


def test_the_product_of_targets_and_sweep(read):
    suite = read(
        {
            "name": "s",
            "defaults": {"search": {"renders": 300}, "target": {"velocity": 80}},
            "targets": [{"random": "3..5"}],
            "sweep": {
                "synth": ["fm", {"name": "subtractive", "lock": {"lfo_*": None}}],
                "performance": [{"note": 50}, {"notes": "C4+E4:1"}],
                "search.method": ["random", "cmaes"],
                "seed": "0..1",
            },
        }
    )
    assert suite.name == "s"
    assert len(suite.runs) == len({run.id for run in suite.runs}) == 3 * 2 * 2 * 2 * 2
    configs = [run.config for run in suite.runs]
    assert {config.target.random for config in configs} == {3, 4, 5}
    assert {config.synth.name for config in configs} == {"fm", "subtractive"}
    assert {config.target.note for config in configs} == {50, None}
    assert {config.target.notes for config in configs} == {None, parse_notes("C4+E4:1")}
    assert {config.target.velocity for config in configs} == {80}
    assert {config.search.renders for config in configs} == {300}
    assert all(config.synth.lock == {} for config in configs if config.synth.name == "fm")
    assert suite.runs[0].id.startswith("random=3-note=50-fm-random-0-")


def test_mappings_of_a_sweep_are_merged_but_a_synth_takes_the_place(read):
    suite = read(
        {
            "defaults": {
                "target": {"random": 0, "notes": "C4:1"},
                "synth": {"name": "subtractive", "lock": {"lfo_*": None}},
                "search": {"renders": 123},
            },
            "sweep": {
                "performance": [{"note": 40, "duration": 0.5}],
                "search": [{"method": "nsga2", "options": {"population": 20}}],
                "synth": ["fm"],
            },
        }
    )
    (run,) = suite.runs
    assert run.config.target.notes is None
    assert run.config.target.note == 40
    assert run.config.search.renders == 123
    assert run.config.synth.lock == {}
    assert "-fm-nsga2-population=20-0-" in run.id


def test_files_are_beside_the_suite_and_globs_are_sorted(read, tmp_path, monkeypatch):
    (tmp_path / "sounds").mkdir()
    for name in ("b.wav", "a.wav", "c [1].wav"):
        soundfile.write(tmp_path / "sounds" / name, np.zeros(100), 8_000)
    (tmp_path / "soft.yaml").write_text("lock: {lfo_*: null}")
    write_phrases(tmp_path)
    monkeypatch.chdir("/")
    suite = read(
        {
            "targets": [{"path": "sounds/?.wav"}, {"path": "sounds/c [1].wav"}],
            "sweep": {
                "synth": [{"name": "subtractive", "lock": "soft.yaml"}],
                "performance": [{"midi": "bass.mid"}],
            },
        }
    )
    assert [run.config.target.path for run in suite.runs] == [
        (tmp_path / "sounds" / name).resolve() for name in ("a.wav", "b.wav", "c [1].wav")
    ]
    assert suite.runs[0].config.synth.lock == {"lfo_*": None}
    assert suite.runs[0].config.target.notes is not None
    assert suite.runs[0].id.startswith("a-bass-subtractive-soft-auto-0-")


def test_combinations_that_come_to_the_same_are_one_run(read):
    content = {"targets": [{"random": [0, 0, "0..1"]}], "sweep": {"seed": [1, "0..1"]}}
    assert len(read(content).runs) == 4


def test_the_command_line_has_the_last_word(read):
    content = {"targets": [{"random": 0}], "sweep": {"search.method": ["random", "cmaes"]}}
    (run,) = read(content, "search.method=nsga2", "search.renders=200").runs
    assert run.config.search.method == "nsga2"
    assert run.config.search.renders == 200
    content = {"targets": [{"random": 0}], "sweep": {"search": [{"method": "random"}]}}
    (run,) = read(content, "search.method=cmaes", "synth=fm").runs
    assert run.labels == {"target": "random=0", "synth": "fm", "method": "cmaes", "seed": "0"}


def test_an_id_follows_what_a_run_depends_on_and_not_where_it_lies(tmp_path):
    ids = []
    for folder, level, renders in (
        ("a", 0.1, 200),
        ("b", 0.1, 200),
        ("c", 0.2, 200),
        ("d", 0.1, 9),
    ):
        place = tmp_path / folder
        place.mkdir()
        soundfile.write(place / "t.wav", np.full(800, level), 8_000)
        content = {
            "defaults": {"search": {"renders": 200 + renders}},
            "targets": [{"path": "t.wav"}],
        }
        (place / "suite.yaml").write_text(json.dumps(content))
        ids.append(read_suite(place / "suite.yaml").runs[0].id)
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    first=st.integers(0, 1_000),
)
def test_as_many_runs_as_the_product_of_the_lists(sizes, first, tmp_path_factory):
    keys = ("seed", "target.velocity", "sr")
    starts = (first, 1, 8_000)
    sweep = {
        key: f"{start}..{start + size - 1}"
        for key, start, size in zip(keys, starts, sizes, strict=False)
    }
    path = tmp_path_factory.mktemp("product") / "suite.yaml"
    path.write_text(json.dumps({"defaults": {"target": {"random": 0}}, "sweep": sweep}))
    runs = read_suite(path).runs
    assert len(runs) == len({run.id for run in runs}) == math.prod(sizes)
    assert runs[0].config.seed == first


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"sweeps": {}, "targets": []}, "sweeps is not a key of a suite; did you mean 'sweep'?"),
        ({"targets": {"path": "x"}}, "targets must be a list"),
        ({"targets": ["x.wav"]}, "A target is a mapping"),
        ({"targets": [{"path": "*.wav"}]}, "matches no file in"),
        ({"targets": [{"path": "/**"}]}, "search the whole computer: name a folder"),
        ({"targets": [{"path": "../" * 50 + "**/*.wav"}]}, "search the whole computer"),
        ({"targets": [{"random": "9..0"}]}, "9..0 is not a range"),
        ({"targets": [{"random": 0}], "sweep": {"seed": []}}, "alternatives is empty"),
        ({"targets": [{"random": 0}], "sweep": []}, None),
        ({"targets": [{"random": 0}], "sweep": "seed"}, "sweep must hold keys and values"),
        ({"targets": [{"random": 0}], "sweep": {"sed": [1]}}, "did you mean 'seed'?"),
        ({"targets": [{"random": 0}], "sweep": {"target": [{}]}}, "under targets"),
        ({"targets": [{"random": 0}], "sweep": {"performance": ["C4"]}}, "is not a mapping"),
        ({"targets": [{"random": 0}], "sweep": {"seed.x": [1], "seed": [1]}}, None),
        ({"targets": [{"randm": 0}]}, "did you mean 'random'?"),
        ({"sweep": {"seed": [0]}}, "target is missing"),
        ({"targets": [{"random": "0..999", "note": "0..127"}]}, "expands to 128,000 runs"),
        (
            {"targets": [{"random": 0}], "sweep": {"search.method": ["nsga2", "cmeas"]}},
            "There is no optimizer 'cmeas': did you mean",
        ),
        ({"targets": [{"random": 0}], "defaults": {"objectives": ["mrsft"]}}, "'mrstft'?"),
        ({"targets": [{"random": 0}], "defaults": {"synth": "subtractiv"}}, "'subtractive'?"),
        (
            {
                "targets": [{"random": 0}],
                "sweep": {"search": [{"options": {"populaton": 3}, "method": "ga"}]},
            },
            "did you mean 'population'?",
        ),
        ({"targets": [{"random": 0}], "sweep": {"search.options": [{"a": 3}]}}, "it has none"),
        ({"targets": [{"random": 0, "midi": "no.mid"}]}, "no.mid"),
        ({"targets": [{"random": 0}], "defaults": {"search": {"store": "s"}}}, "leave it out"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_suite(content, sentence, read):
    if sentence is None:
        assert len(read(content).runs) == 1
        return
    with pytest.raises(ExperimentError) as error:
        read(content)
    assert sentence in str(error.value)
    assert "suite.yaml" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_preset_that_its_bank_does_not_have_is_refused_before_anything_is_run(read, tmp_path):
    natives = {name: span.default for name, span in amsynth.RANGES.items()}
    bank = tmp_path / "two.bank"
    bank.write_bytes(amsynth.encode([("Brass", natives), ("Viola", natives)]))
    target = {"preset": str(bank), "program": ["Brass", "2"]}
    assert len(read({"targets": [target]}).runs) == 2
    with pytest.raises(ExperimentError, match="'Violin' is none of them: name one of 1: Brass, 2:"):
        read({"targets": [target | {"program": ["Brass", "Violin"]}]})
    bank.write_bytes(bank.read_bytes()[:30])
    with pytest.raises(ExperimentError, match=r"suite\.yaml: .* cut short"):
        read({"targets": [target]})


def test_the_plan_counts_what_is_to_do(read, tmp_path):
    content = {
        "defaults": {"target": {"random": 0, "duration": 0.1}, "search": {"renders": 150}},
        "sweep": {"search.method": ["random", "cmaes"], "seed": "0..2"},
    }
    suite = read(content)
    out = tmp_path / "out"
    for run in suite.runs[:2]:
        folder = run_folder(out, run)
        folder.path.mkdir(parents=True)
        folder.summary.write_text("{}")
    other = out / "runs" / "other"
    other.mkdir()
    (other / "run.yaml").write_text("")
    paces = [{"id": "x", "synth": "subtractive", "pace": pace} for pace in (0.1, 0.2, 9.0)]
    (out / "pace.jsonl").write_text("\n".join(map(json.dumps, paces)) + '\n{"id": "hal')
    plan = make_plan(suite, out, workers=2)
    assert plan.waiting == suite.runs[2:]
    assert plan.unrelated == 1
    assert plan.time == pytest.approx(4 * 150 * 0.2 / 2)
    assert [line[0] for line in plan.lines()] == list("**    ")
    rows = list(zip(*(column.cells for column in plan.table().columns), strict=True))
    assert rows == [
        ("subtractive", "random", "3", "2", "150", "30 s"),
        ("subtractive", "cmaes", "3", "0", "450", "45 s"),
        ("all", "", "6", "2", "600", "1 min"),
    ]


def test_the_time_of_a_synth_without_finished_runs_is_tried(read, tmp_path):
    suite = read({"targets": [{"random": 0, "duration": 0.1, "length": 0.2}]})
    plan = make_plan(suite, tmp_path / "out", workers=1)
    assert 0 < plan.time < 600
    missing = read({"targets": [{"path": "nowhere.wav"}]})
    assert make_plan(missing, tmp_path / "out", workers=1).time is None
    limited = read({"targets": [{"path": "nowhere.wav"}]}, "search.seconds=5")
    assert make_plan(limited, tmp_path / "out", workers=1).time == 5
    assert not (tmp_path / "out").exists()


def test_the_phrases_are_what_their_composition_says(tmp_path):
    write_phrases(tmp_path)
    assert {path.stem for path in FOLDER.glob("*.mid")} == set(PHRASES)
    voices = {}
    for name, notes in PHRASES.items():
        kept = FOLDER / f"{name}.mid"
        assert kept.read_bytes() == (tmp_path / kept.name).read_bytes()
        played = read_midi(kept).notes
        assert sorted(n.pitch for n in played) == sorted(n.pitch for n in notes)
        assert 2 <= max(note.end for note in played) <= 4
        voices[name] = max(
            sum(other.onset <= note.onset < other.end for other in played) for note in played
        )
    assert voices == {"bass": 1, "arpeggio": 3, "chorale": 4, "swell": 8}


@pytest.mark.parametrize(("name", "notes"), [("mono", {1}), ("poly", {8, 9, 17})])
def test_the_benchmarks_are_of_one_note_and_of_phrases(name, notes):
    runs = read_suite(SUITES / f"{name}.yaml").runs
    assert len({run.id for run in runs}) == len(runs) >= 20
    counts = {len(run.config.target.notes or [60]) for run in runs}
    assert counts == notes
    assert all(run.config.target.random is not None for run in runs)
