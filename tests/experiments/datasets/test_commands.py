"""The commands `dataset make`, `info` and `merge`."""

import contextlib
import hashlib
import os
import pickle
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml

from patchwright.experiments.cluster import Done
from patchwright.experiments.config.dataset import load_dataset_config
from patchwright.experiments.datasets import prepare_dataset
from patchwright.experiments.datasets.cluster import _renderer, _unmet_need
from patchwright.surrogates.datasets import Dataset
from patchwright.synths import Preset
from patchwright.synths.builtin import Oscillators
from tests.needs import need_package
from tests.sizes import size

RECIPE = {
    "synth": {"name": "oscillators", "limit": {"osc1_frequency": [100, 1000]}},
    "presets": 90,
    "sources": ["prior", {"name": "perturbed", "presets": ["bank.json"], "weight": 2}],
    "notes": {"pitch": "58..60", "velocity": [60, 100], "duration": 0.05, "per_preset": 2},
    "features": {"bands": 8},
    "length": 0.1,
    "sr": 8_000,
}


@pytest.fixture
def recipe(tmp_path):
    """File of a recipe in a folder of its own, with the bank that it names."""
    folder = tmp_path / "recipes"
    folder.mkdir()
    space = Oscillators.space
    preset = Preset("some", "oscillators", space.sample(1, np.random.default_rng(0))[0])
    preset.write(folder / "bank.json", space)
    return write(folder / "recipe.yaml")


def write(path, **changes):
    path.write_text(yaml.safe_dump(RECIPE | changes))
    return path


def contents(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_make_info_and_merge(recipe, patchwright, tmp_path):
    code, said, errors = patchwright("dataset", "make", recipe, "--out", "a", "--workers", 2)
    assert code == 0, errors
    data = Dataset(tmp_path / "a")
    assert f"90 presets, 180 rows, of which {len(data.rows())} are audible" in said
    assert "dataset make a/recipe.yaml --out a --resume --workers 2" in errors
    assert set(np.unique(data.read("notes")[:, 0])) == {58, 59, 60}
    assert set(data.read("source").tolist()) == {0, 1}
    code, said, errors = patchwright("dataset", "make", recipe, "--out", "b", "--seed", 1)
    assert code == 0, errors
    code, said, errors = patchwright("dataset", "merge", "a", "b", "--out", "c")
    assert code == 0, errors
    assert "180 presets, 360 rows" in said
    code, said, errors = patchwright("dataset", "info", "c", "--verify", "--html", "c.html")
    assert code == 0, errors
    for words in (
        "oscillators, 12 of 12 parameters free",
        "2 of 6 a preset: pitch 58 to 60, velocity 60 to 100, duration 0.05",
        r"\d+ prior, \d+ perturbed \(seed 0\); \d+ prior, \d+ perturbed \(seed 1\)",
        "osc1_frequency",
        "loudness",
        Dataset(tmp_path / "c").sha256,
        "All files are as they were written",
    ):
        assert re.search(words, said), words
    page = (tmp_path / "c.html").read_text()
    assert page.count("<svg") == 12 + 3 + 4
    assert "<script" not in page
    assert page.count("data:image/png") == 2


def test_options_replace_entries_of_the_recipe(recipe, patchwright, tmp_path):
    options = ["--presets", 5, "--length", 0.2, "--sr", 16_000, "--seed", 3, "--from", "more.json"]
    space = Oscillators.space
    preset = Preset("more", "oscillators", space.sample(1, np.random.default_rng(3))[0])
    preset.write(tmp_path / "more.json", space)
    changes = ["--set", "audio=true", "--set", "notes.per_preset=1"]
    code, _, errors = patchwright("dataset", "make", recipe, *options, *changes, "--out", "a")
    assert code == 0, errors
    card = Dataset(tmp_path / "a").card
    assert (card.presets, card.length, card.sr, card.channels) == (6, 0.2, 16_000, 1)
    assert card.origins[0]["seed"] == 3
    assert card.origins[0]["given"]["presets"] == 1


def test_without_a_recipe(patchwright, tmp_path):
    options = ["--synth", "oscillators", "--presets", 20, "--length", 0.1, "--sr", 8_000]
    for _ in range(2):
        code, said, errors = patchwright("dataset", "make", *options)
        assert code == 0, errors
    assert "Dataset: datasets/oscillators-0-2" in said
    one, two = (contents(tmp_path / "datasets" / f"oscillators-0{end}") for end in ("", "-2"))
    assert one == two


def test_ctrl_c_and_the_command_that_it_names(recipe, patchwright, tmp_path):
    """The rest is made by the printed command, from any folder, to the same bits."""
    patchwright("dataset", "make", recipe, "--out", "whole", "--presets", 500)
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", "from patchwright.experiments.cli import main; main()"),
            *("dataset", "make", recipe, "--out", tmp_path / "part"),
            *("--presets", "500", "--workers", "1"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    while not (tmp_path / "part" / "recipe.yaml").exists() and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "nothing is lost" in errors
    command = errors.strip().splitlines()[-1].split()
    assert command[0] == "patchwright"
    with pytest.raises(ValueError, match="rows"):
        Dataset(tmp_path / "part")
    os.chdir("/")
    code, _, errors = patchwright(*command[1:])
    assert code == 0, errors
    assert contents(tmp_path / "part") == contents(tmp_path / "whole")


def sent(content):
    """Return what arrives in another process."""
    return pickle.loads(pickle.dumps(content))  # noqa: S301


@pytest.mark.skipif(not size(True, False), reason="processes of a cluster take long to start")
def test_a_cluster_gives_the_same_bits(recipe, patchwright, tmp_path):
    need_package("distributed", "dask")
    patchwright("dataset", "make", recipe, "--out", "here")
    options = ["--cluster", "local", "--workers", 2, "--out", "there"]
    code, _, errors = patchwright("dataset", "make", recipe, *options)
    assert code == 0, errors
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_what_is_sent_to_a_cluster(recipe, patchwright, tmp_path, monkeypatch):
    """Workers get the config and the number of a block, and check that they would do the same."""

    @contextlib.contextmanager
    def in_this_process(cluster, *, workers, unmet, refuse):
        assert (cluster, workers) == ("local", 3)
        assert sent(unmet)() is None

        def each(work, items):
            call = sent(work)
            for place in reversed(range(len(items))):
                yield Done(place, sent(call(items[place])))

        yield each

    monkeypatch.setattr("patchwright.experiments.datasets.cluster.open_workers", in_this_process)
    patchwright("dataset", "make", recipe, "--out", "here")
    options = ["--cluster", "local", "--workers", 3, "--out", "there"]
    code, _, errors = patchwright("dataset", "make", recipe, *options)
    assert code == 0, errors
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_workers_that_would_render_another_dataset_are_refused(recipe, tmp_path):
    config = load_dataset_config(recipe, {})
    with prepare_dataset(config) as setup:
        here = setup.card
    assert _unmet_need(config, here) is None
    other = here.model_copy(update={"versions": here.versions | {"numpy": "0.0"}})
    assert "versions.numpy (0.0 and" in _unmet_need(config, other)
    (tmp_path / "recipes" / "bank.json").unlink()
    _renderer.cache_clear()
    assert "bank.json cannot be read" in _unmet_need(config, here)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"preset": 5}, "preset is not a key; did you mean 'presets'?"),
        ({"notes": {"pitches": [60]}}, "notes.pitches is not a key; did you mean 'pitch'?"),
        ({"notes": {"pitch": "72..48"}}, "72..48 is not a range"),
        ({"notes": {"pitch": [60], "per_preset": 2}}, "notes is wrong: 2 notes a preset"),
        ({"presets": 0}, "at least 1"),
        ({"gate": {"loudness": 10}}, "gate.loudness"),
        ({"splits": {"valid": 0.5, "test": 0.5}}, "valid and test leave nothing"),
        ({"features": {"bands": 0}}, "0 mel bands"),
        ({"embeddings": ["mel_stat"]}, "did you mean 'mel_stats'?"),
        ({"embeddings": ["mel_stats", "mel_stats"]}, "listed twice"),
        ({"sources": ["priors"]}, "There is no source 'priors': did you mean 'prior'?"),
        ({"sources": [{"name": "perturbed"}]}, "at least 1 preset"),
        ({"sources": [{"name": "prior", "presets": ["bank.json"]}]}, "takes no presets"),
        ({"sources": [{"name": "prior", "options": {"rate": 1}}]}, "no option 'rate'"),
        ({"sources": [{"name": "perturbed", "presets": ["no.json"]}]}, "no.json cannot be read"),
        ({"synth": "oscillator"}, "did you mean 'oscillators'?"),
        ({"include": ["."]}, "no run and no stored presets"),
    ],
)
def test_a_wrong_recipe_is_one_sentence(recipe, changes, words, complaint):
    assert words in complaint("dataset", "make", write(recipe, **changes), "--out", "a")


def test_other_mistakes_are_one_sentence(recipe, patchwright, complaint, tmp_path):
    assert "--out" in complaint("dataset", "make", recipe, "--resume")
    assert "--synth" in complaint("dataset", "make", recipe, "--lock", "mine")
    assert "at least 1" in complaint("dataset", "make", recipe, "--workers", 0)
    assert "tcp://HOST" in complaint("dataset", "make", recipe, "--cluster", "here")
    assert "no dataset" in complaint("dataset", "info", "nowhere")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert "not empty" in complaint("dataset", "make", recipe, "--out", "mine")
    assert patchwright("dataset", "make", recipe, "--out", "a", "--presets", 9)[0] == 0
    assert "--resume" in complaint("dataset", "make", recipe, "--out", "a", "--presets", 9)
    options = ["--presets", 10, "--resume"]
    assert "presets (9 and 10)" in complaint("dataset", "make", recipe, "--out", "a", *options)
    assert "two or more" in complaint("dataset", "merge", "a", "--out", "b")


def test_presets_of_a_joint_prior(patchwright, complaint, tmp_path):
    sources = [{"name": "prior", "prior": "musical"}]
    sounds = {"synth": "subtractive", "length": 0.1, "sr": 8_000, "presets": 40}
    write(tmp_path / "recipe.yaml", **sounds, sources=sources, notes={}, features={})
    code, _, errors = patchwright("dataset", "make", "recipe.yaml", "--out", "a")
    assert code == 0, errors
    data = Dataset(tmp_path / "a")
    described = {"name": "prior", "weight": 1.0, "title": "musical"}
    assert data.card.origins[0]["sources"] == [described]
    own = tmp_path / "own.yaml"
    write(own, **sounds, sources=["prior"], notes={}, features={})
    assert patchwright("dataset", "make", own, "--out", "b")[0] == 0
    assert not np.array_equal(data.values(), Dataset(tmp_path / "b").values())
    sources[0]["prior"] = "nowhere"
    write(tmp_path / "recipe.yaml", **sounds, sources=sources, notes={}, features={})
    assert "no prior" in complaint("dataset", "make", "recipe.yaml", "--out", "c")
