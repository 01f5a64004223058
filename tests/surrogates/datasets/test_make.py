"""Datasets on disk: the same bits in any way of making them, and after any interruption."""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.datasets import Dataset, Gate, NoteSet
from patchwright.surrogates.datasets.make import begin_dataset, make_dataset
from tests.sizes import size
from tests.surrogates.tiny import card, make, recipe, render

NOTES = NoteSet(pitch=(40, 60), duration=(0.05,), per_preset=2)


def contents(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def small_shards(monkeypatch):
    """Make shards of one block, so that a few hundred presets are several."""
    monkeypatch.setattr("patchwright.surrogates.datasets.card._MOST_BLOCKS", 1)


def test_same_bits_for_any_number_of_workers_and_order_of_blocks(tmp_path, small_shards):
    made_of = recipe(presets=200, notes=NOTES, audio=True)
    make(tmp_path / "one", made_of)
    make(tmp_path / "five", made_of, workers=3)

    def backwards(numbers):
        return render(made_of)(sorted(numbers, reverse=True))

    begin_dataset(tmp_path / "last", card(made_of), resume=False)
    make_dataset(tmp_path / "last", card(made_of), backwards)
    one = contents(tmp_path / "one")
    assert len(one) == 4 + 2  # shards, card and splits
    assert contents(tmp_path / "five") == one
    assert contents(tmp_path / "last") == one
    assert Dataset(tmp_path / "one").sha256 == Dataset(tmp_path / "five").sha256


def test_an_interrupted_dataset_goes_on_to_the_same_bits(tmp_path, small_shards):
    made_of = recipe(presets=200)
    make(tmp_path / "whole", made_of)
    folder = tmp_path / "stopped"
    begin_dataset(folder, card(made_of), resume=False)
    for allowed in (1, 0, 2):

        def interrupted(numbers, allowed=allowed):
            for count, each in enumerate(render(made_of)(numbers)):
                if count == allowed:
                    raise KeyboardInterrupt
                yield each

        with pytest.raises(KeyboardInterrupt):
            make_dataset(folder, card(made_of), interrupted)
        with pytest.raises(SurrogateError, match=r"of 200 rows: .*--resume"):
            Dataset(folder)
    done = []
    begin_dataset(folder, card(made_of), resume=True)
    make_dataset(folder, card(made_of), render(made_of), progress=done.append)
    assert done[0] % 64 == 0
    assert done[0] < done[1]
    assert (done[-1], done) == (200, sorted(done))
    assert contents(folder) == contents(tmp_path / "whole")
    make_dataset(folder, card(made_of), render(made_of))  # nothing is left to do
    assert contents(folder) == contents(tmp_path / "whole")


KILLED = """
import sys, time
from pathlib import Path
from patchwright.surrogates.datasets import card as cards
from patchwright.surrogates.datasets.make import begin_dataset, make_dataset
cards._MOST_BLOCKS = 1
from tests.surrogates.tiny import card, recipe, render
made_of, folder = recipe(presets=300), Path(sys.argv[1])
begin_dataset(folder, card(made_of), resume=True)
def slowly(numbers):
    for each in render(made_of, workers=2)(numbers):
        print(flush=True)
        time.sleep(float(sys.argv[2]))
        yield each
make_dataset(folder, card(made_of), slowly)
"""


def test_a_killed_dataset_goes_on_to_the_same_bits(tmp_path, small_shards):
    make(tmp_path / "whole", recipe(presets=300))
    folder = tmp_path / "killed"
    for blocks in size((1, 1, 2), (3,)):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, folder, "0.1"], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        for _ in range(blocks):
            process.stdout.readline()
        time.sleep(0.03)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 0 < len(list((folder / "shards").glob("*.h5"))) < 5
    (folder / "shards" / "000004.h5.part").write_bytes(b"half a shard")
    made_of = recipe(presets=300)
    begin_dataset(folder, card(made_of), resume=True)
    make_dataset(folder, card(made_of), render(made_of))
    assert contents(folder) == contents(tmp_path / "whole")


def test_a_failure_ends_all_workers(tmp_path):
    class Failing(Exception):  # noqa: N818
        pass

    made_of = recipe(presets=500)

    def failing(numbers):
        for count, each in enumerate(render(made_of, workers=3)(numbers)):
            if count == 2:
                raise Failing
            yield each

    begin_dataset(tmp_path / "a", card(made_of), resume=False)
    with pytest.raises(Failing):
        make_dataset(tmp_path / "a", card(made_of), failing)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SurrogateError, match="not empty"):
        begin_dataset(tmp_path, card(recipe()), resume=False)
    make(tmp_path / "a", recipe(presets=10))
    with pytest.raises(SurrogateError, match=r"already holds a dataset.*--resume"):
        begin_dataset(tmp_path / "a", card(recipe(presets=10)), resume=False)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"presets": 20}, r"presets \(10 and 20\)"),
        ({"seed": 1}, "origins"),
        ({"notes": NOTES}, "notes.pitch"),
        ({"gate": Gate(loudness=-30.0)}, r"gate.loudness \(-60.0 and -30.0\)"),
        ({"lock": {"fault": "none", "wide": True}}, "locked.wide"),
        ({"audio": True}, r"channels \(0 and 2\)"),
    ],
)
def test_a_dataset_goes_on_only_with_the_same_recipe(tmp_path, changed, words):
    make(tmp_path / "a", recipe(presets=10))
    other = card(recipe(**({"presets": 10} | changed)))
    with pytest.raises(SurrogateError, match=f"begun with another.*{words}"):
        begin_dataset(tmp_path / "a", other, resume=True)


def test_a_damaged_shard_is_named_and_made_again_when_removed(tmp_path):
    made_of = recipe(presets=100)
    make(tmp_path / "a", made_of)
    before = contents(tmp_path / "a")
    shard = tmp_path / "a" / "shards" / "000000.h5"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    for action in (
        lambda: make_dataset(tmp_path / "a", card(made_of), render(made_of)),
        lambda: Dataset(tmp_path / "a").verify(),
        lambda: Dataset(tmp_path / "a").read("features", np.arange(3)),
    ):
        with pytest.raises(SurrogateError, match=r"000000.h5 is damaged.*remove it.*--resume"):
            action()
    shard.unlink()
    make_dataset(tmp_path / "a", card(made_of), render(made_of))
    assert contents(tmp_path / "a") == before


def test_a_full_disk_leaves_no_half_shard(tmp_path, monkeypatch):
    made_of = recipe(presets=100)
    begin_dataset(tmp_path / "a", card(made_of), resume=False)

    def full(path, columns, counts=None):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("patchwright.surrogates.datasets.make.write_sealed", full)
    with pytest.raises(OSError, match="No space left"):
        make_dataset(tmp_path / "a", card(made_of), render(made_of, workers=2))
    monkeypatch.undo()
    assert list((tmp_path / "a" / "shards").iterdir()) == []
    begin_dataset(tmp_path / "a", card(made_of), resume=True)
    make_dataset(tmp_path / "a", card(made_of), render(made_of))
    assert len(Dataset(tmp_path / "a")) == 100
