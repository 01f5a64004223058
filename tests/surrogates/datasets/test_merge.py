import shutil

import numpy as np
import pytest

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.datasets import Dataset, FromPrior, Gate, NoteSet, Perturbed
from patchwright.surrogates.datasets.merge import merge_datasets
from tests.surrogates.datasets.test_splits import leaks
from tests.surrogates.tiny import NOTES, TinySynth, make, recipe

BANK = TinySynth.space.lock({"fault": "none"}).sample(8, np.random.default_rng(0))


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """One with the prior's presets, and one with near duplicates of one bank, made twice."""
    folder = tmp_path_factory.mktemp("parts")
    near = ((Perturbed(BANK, rate=0.3, scale=0.002), 1.0), (FromPrior(), 1.0))
    return [
        make(folder / "prior", recipe(presets=90)),
        make(folder / "near", recipe(presets=70, sources=near)),
        make(folder / "again", recipe(presets=70, sources=near, seed=1)),
    ]


def test_rows_are_those_of_all(parts, tmp_path):
    merged = merge_datasets(parts, tmp_path / "merged")
    merged.verify()
    assert (merged.card.presets, len(merged)) == (230, 230)
    for column in merged.card.columns:
        expected = np.concatenate([part.read(column) for part in parts])
        np.testing.assert_array_equal(merged.read(column), expected)
    assert [origin["seed"] for origin in merged.card.origins] == [0, 0, 1]
    assert [path.name for path in (tmp_path).iterdir()] == ["merged"]
    again = merge_datasets(
        [merged, make(tmp_path / "d", recipe(presets=5, seed=7))], tmp_path / "e"
    )
    assert [origin["presets"] for origin in again.card.origins] == [90, 70, 70, 5]


def test_near_duplicates_of_different_datasets_share_a_split(parts, tmp_path):
    merged = merge_datasets(parts[1:], tmp_path / "merged")
    split = np.zeros(len(merged), int)
    for number, name in enumerate(("valid", "test"), 1):
        split[merged.rows(name, audible=False)] = number
    assert leaks(merged.subspace, merged.values(), split) == 0
    before = np.concatenate([np.isin(np.arange(70), part.rows("test")) for part in parts[1:]])
    assert (before == (split == 2)).mean() > 0.5


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"lock": {"fault": "none", "wide": True}}, "locked.wide"),
        ({"notes": NoteSet(pitch=(48,), duration=(0.05,))}, r"notes.pitch \(\[60\] and \[48\]\)"),
        ({"gate": Gate(loudness=-50.0)}, "gate.loudness"),
        ({"embeddings": {"mel_stats": {}}}, "embeddings.mel_stats"),
        ({"audio": True}, "channels"),
    ],
)
def test_others_are_refused_with_what_differs(parts, tmp_path, changed, words):
    other = make(tmp_path / "other", recipe(**({"presets": 10} | changed)))
    with pytest.raises(SurrogateError, match=f"other cannot be merged.*{words}.*leave"):
        merge_datasets([parts[0], other], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_nothing_is_left_of_a_merge_that_fails(parts, tmp_path, monkeypatch):
    for wrong, words in (
        ([parts[0]], "two or more"),
        ([parts[0], parts[1], Dataset(parts[0].folder)], "are the same"),
    ):
        with pytest.raises(SurrogateError, match=words):
            merge_datasets(wrong, tmp_path / "merged")
    with pytest.raises(SurrogateError, match="exists: give another --out"):
        merge_datasets(parts, tmp_path)
    shutil.copytree(parts[1].folder, tmp_path / "damaged")
    shard = next((tmp_path / "damaged" / "shards").iterdir())
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(SurrogateError, match=r"000000.h5 is damaged"):
        merge_datasets([parts[0], Dataset(tmp_path / "damaged")], tmp_path / "merged")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        merge_datasets(parts, tmp_path / "merged")
    assert [path.name for path in tmp_path.iterdir()] == ["damaged"]


def test_a_merge_that_was_killed_is_made_again(parts, tmp_path):
    (tmp_path / "merged.part" / "shards").mkdir(parents=True)
    (tmp_path / "merged.part" / "shards" / "000007.h5").write_bytes(b"old")
    assert len(merge_datasets(parts, tmp_path / "merged")) == 230
    assert parts[0].card.notes == NOTES
