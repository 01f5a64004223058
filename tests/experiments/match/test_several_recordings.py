"""Several notes of one instrument as one target: each is played, and compared on its own."""

import json

import numpy as np
import pytest
import scipy.io.wavfile
import yaml

from patchwright.experiments.config import check_experiment, load_experiment
from patchwright.experiments.match.run import match, run_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.records.finished_run import read_run
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
from patchwright.synths import Performance, parse_notes
from patchwright.synths.builtin import Subtractive
from tests.sizes import size

SR = 22_050
SEARCH = {"renders": 60, "calibration": 20, "method": "nsga2", "options": {"population": 20}}
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
    files = [notes / f"{name}.wav" for name in NAMES]
    other = match([*map(str, files)], out=tmp_path / "3", workers=3, sr=SR, search=SEARCH)
    assert untimed(other.folder) == untimed(found.folder)

    def stop(generation):
        if generation.number == 1:
            raise KeyboardInterrupt

    config = check_experiment({"target": {"paths": files}, "sr": SR, "search": SEARCH}, "test")
    with pytest.raises(KeyboardInterrupt):
        run_experiment(config, out=tmp_path / "r", callbacks=[stop])
    run_experiment(load_experiment(tmp_path / "r" / "run.yaml"), out=tmp_path / "r", resume=True)
    assert untimed(tmp_path / "r") == untimed(found.folder)


def test_words_name_the_notes(found):
    names = {name.upper() for name in NAMES}
    for difference in found.summary.differences:
        assert any(name in difference.text for name in names)


def test_a_folder_and_files_beside_an_experiment(notes, tmp_path):
    path = notes / "experiment.yaml"
    configs = []
    for paths in (".", [f"{name}.wav" for name in NAMES]):
        path.write_text(yaml.safe_dump({"target": {"paths": paths}}))
        configs.append(load_experiment(path))
    assert configs[0] == configs[1]
    assert configs[0].target.paths == tuple(notes / f"{name}.wav" for name in NAMES)
    assert "paths" not in check_experiment({"target": {"random": 0}}, "test").model_dump()["target"]
