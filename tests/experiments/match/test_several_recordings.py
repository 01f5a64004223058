"""Several notes of one instrument as one target: each is played, and compared on its own."""

import json

import numpy as np
import pytest
import scipy.io.wavfile
import yaml

from patchwright.experiments.config import check_experiment, load_experiment
from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.config.target import recordings
from patchwright.experiments.match.run import match, run_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.suite.config import make_suite
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
from patchwright.synths import Performance, parse_notes
from patchwright.synths.builtin import Subtractive
from tests.sizes import size

SR = 22_050
SEARCH = {"renders": 40, "calibration": 20, "method": "nsga2", "options": {"population": 20}}
VALUES = Subtractive.space.values([{"filter_cutoff": 2000.0, "amp_release": 0.03}])
NAMES = size(["a1", "c3", "e4", "g5"], ["c3", "g5"])


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """A folder of notes that the synth itself has played, each alone."""
    folder = tmp_path_factory.mktemp("notes")
    for name in NAMES:
        played = Performance.of(parse_notes(f"{name.upper()}:0.3"), tail=0.2, sr=SR)
        audio = Subtractive().render(VALUES, played).audio[0]
        scipy.io.wavfile.write(folder / f"{name}.wav", SR, audio.T)
    (folder / "notes.txt").write_text("no sound")
    return folder


@pytest.fixture(scope="module")
def found(notes):
    return match(notes, out=notes / "run", workers=1, sr=SR, search=SEARCH)


def untimed(folder):
    summary = json.loads((folder / "summary.json").read_text())
    files = (*sorted(folder.rglob("*.wav")), *sorted(folder.rglob("*.json")))
    kept = [file for file in files if file.name not in ("summary.json", "search.json")]
    return summary | {"seconds": 0}, [(file.name, file.read_bytes()) for file in kept]


def test_one_render_plays_every_note_against_its_own_recording(notes, found):
    config = check_experiment({"target": {"paths": notes}, "sr": SR}, "test")
    with prepare(config) as setup:
        parts = setup.target.parts
        pitches = [note.pitch for note in setup.performance.notes]
        right = setup.synth.render(VALUES, setup.performance).audio
        scores = setup.objectives.score(right)[0]
        random = setup.objectives.score(
            setup.synth.render(
                setup.subspace.decode(np.full((1, 35), 0.5)), setup.performance
            ).audio
        )[0]
        swapped = ObjectiveSet(setup.objectives.objectives, setup.target.sound).score(
            np.roll(right, parts[1][0], axis=2)
        )[0]
    assert pitches == [{"a1": 33, "c3": 48, "e4": 64, "g5": 79}[name] for name in NAMES]
    assert (scores < 0.2 * random).all()
    assert (scores < 0.2 * swapped).all()
    target = found.summary.target
    assert [part.file for part in target.parts] == [f"{name}.wav" for name in NAMES]
    assert [round(part.start * SR) for part in target.parts] == [first for first, _ in parts]
    page = found.report.read_text()
    assert all(f'data-from="{part.start:.4f}"' in page for part in target.parts)


def test_the_scores_are_means_over_the_notes(found):
    run = read_run(found.folder)
    (_, target), (_, best) = (
        scipy.io.wavfile.read(found.folder / name) for name in ("target.wav", "best.wav")
    )
    each = []
    for part in run.summary.target.parts:
        span = slice(round(part.start * SR), round((part.start + part.length) * SR))
        objectives = [OBJECTIVES[name]() for name in run.objectives]
        alone = ObjectiveSet(objectives, Target(target[None, span], SR))
        each.append(alone.score(best[None, None, span])[0])
    assert list(run.summary.objectives.values()) == pytest.approx(np.mean(each, axis=0), rel=1e-9)
    assert run.summary.verified


def test_the_same_bits_for_any_workers_and_from_a_resumed_run(notes, found, tmp_path):
    files = [str(notes / f"{name}.wav") for name in NAMES]
    config = check_experiment({"target": recordings(files), "sr": SR, "search": SEARCH}, "test")
    run_experiment(config, out=tmp_path / "3", workers=3, report=False)
    assert untimed(tmp_path / "3") == untimed(found.folder)

    def stop(generation):
        if generation.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_experiment(config, out=tmp_path / "r", callbacks=[stop])
    again = load_experiment(tmp_path / "r" / "run.yaml")
    run_experiment(again, out=tmp_path / "r", resume=True, report=False)
    assert untimed(tmp_path / "r") == untimed(found.folder)


def test_words_name_the_notes(found):
    names = {name.upper() for name in NAMES}
    for difference in found.summary.differences:
        assert any(name in difference.text for name in names)


def test_a_hash_counts_contents_and_names_of_files_and_not_folders(notes, tmp_path):
    def hashed(folder, *names):
        files = [folder / f"{name}.wav" for name in names]
        return config_sha256(check_experiment({"target": {"paths": files}}, "test"))

    for name in ("c3", "g5"):
        (tmp_path / f"{name}.wav").write_bytes((notes / f"{name}.wav").read_bytes())
    (tmp_path / "d3.wav").write_bytes((notes / "c3.wav").read_bytes())
    assert hashed(tmp_path, "c3", "g5") == hashed(notes, "c3", "g5")
    assert hashed(tmp_path, "d3", "g5") != hashed(notes, "c3", "g5")


def test_a_suite_counts_several_recordings_as_one_target(notes):
    content = {"targets": [{"paths": [f"{name}.wav" for name in NAMES]}, {"paths": ["c3.wav"]}]}
    runs = make_suite(content, notes / "suite.yaml").runs
    assert [run.config.target.paths for run in runs] == [
        tuple(notes / f"{name}.wav" for name in NAMES),
        (notes / "c3.wav",),
    ]
    assert runs[0].labels["target"] != runs[1].labels["target"]


def test_options_for_one_note_are_refused_for_several(notes, patchwright):
    files = [str(notes / f"{name}.wav") for name in NAMES]
    for option in ("--note", "--start"):
        code, _, complaint = patchwright("match", *files, option, "1")
        assert code == 2
        assert "for a single recording" in " ".join(complaint.split())
    (empty := notes / "empty").mkdir(exist_ok=True)
    code, _, complaint = patchwright("match", str(empty))
    assert code == 2
    assert "holds no WAV" in " ".join(complaint.split())


def test_a_folder_and_files_beside_an_experiment(notes, tmp_path):
    path = notes / "experiment.yaml"
    configs = []
    for paths in (".", [f"{name}.wav" for name in NAMES]):
        path.write_text(yaml.safe_dump({"target": {"paths": paths}}))
        configs.append(load_experiment(path))
    assert configs[0] == configs[1]
    assert configs[0].target.paths == tuple(notes / f"{name}.wav" for name in NAMES)
    assert "paths" not in check_experiment({"target": {"random": 0}}, "test").model_dump()["target"]
