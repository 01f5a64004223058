"""Readers of files from outside, on thousands of files of each kind that no one would write.

A file is read, or refused in one sentence of the package's own, within `MAX_SECONDS` and
`MAX_MEGABYTES`. `make test-long` reads them all; the tests of the sweeps themselves are always run.
"""

from functools import partial

import pytest

from tests.needs import need_package
from tests.sizes import long
from tests.sweeps import caches, presets, recordings, runs, texts
from tests.sweeps.readers import faulty, unread
from tests.sweeps.sweep import MIN_RATE, sweep
from tests.synths.sample_plugins import need_amsynth

KINDS = {
    "experiments": (texts.experiments, 4_000),
    "prepared experiments": (texts.prepared_experiments, 2_000),
    "suites": (texts.suites, 4_000),
    "tunings": (texts.tunings, 4_000),
    "locks": (texts.locks, 4_000),
    "specs": (texts.specs, 4_000),
    "JSON presets": (presets.json_presets, 4_000),
    "DX7 files": (presets.dx7_files, 4_000),
    "amsynth banks": (presets.amsynth_banks, 4_000),
    "VST2 states": (presets.vst2_states, 2_000),
    "LV2 states": (presets.lv2_states, 500),
    "Vital presets": (presets.vital_states, 2_000),
    "VST3 states": (presets.vst3_states, 2_000),
    "VST3 states in DawDreamer": (partial(presets.vst3_states, host="dawdreamer"), 2_000),
    "MIDI files": (presets.midi_files, 4_000),
    "WAV files": (partial(recordings.sounds, suffix="wav"), 2_000),
    "FLAC files": (partial(recordings.sounds, suffix="flac"), 2_000),
    "OGG files": (partial(recordings.sounds, suffix="ogg"), 2_000),
    "MP3 files": (partial(recordings.sounds, suffix="mp3"), 2_000),
    "other sounds": (partial(recordings.sounds, suffix="aiff"), 2_000),
    "reported runs": (runs.reported_runs, 500),
    "compared runs": (runs.compared_runs, 500),
    "resumed runs": (runs.resumed_runs, 500),
    "steered runs": (runs.steered_runs, 500),
    "databases": (runs.databases, 2_000),
    "study databases": (runs.study_databases, 1_000),
    "suite folders": (runs.suite_folders, 2_000),
    "tuning folders": (runs.tuning_folders, 2_000),
    "answers of listeners": (runs.listening_answers, 2_000),
    "render stores": (caches.render_stores, 4_000),
    "verdicts": (caches.verdicts, 4_000),
    "explorations": (caches.explorations, 4_000),
    "LV2 bundles": (caches.lv2_bundles, 4_000),
    "weights": (caches.weights, 2_000),
}
NEEDS = {
    "amsynth banks": need_amsynth,
    "VST2 states": need_amsynth,
    "Vital presets": lambda: need_package("vita", "vital"),
    "VST3 states in DawDreamer": lambda: need_package("dawdreamer", "dawdreamer"),
    "LV2 states": lambda: need_package("minihost", "lv2"),
    "LV2 bundles": lambda: need_package("rdflib", "lv2"),
}


@long
@pytest.mark.parametrize("name", KINDS)
def test_any_file_is_read_or_refused_in_a_sentence(name, tmp_path, record_property):
    NEEDS.get(name, lambda: None)()
    kind, count = KINDS[name]
    found = sweep(name, kind, count, tmp_path)
    record_property("sweep", str(found))
    faults = [f"{fault.number} ({fault.file}): {fault.what}" for fault in found.faults[:20]]
    assert not faults, "\n".join([str(found), *faults])
    assert found.rate >= MIN_RATE


def test_a_sweep_finds_each_kind_of_fault(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.sweeps.sweep._PATIENCE", 5.0)
    found = sweep("faulty", faulty, 9, tmp_path, max_seconds=0.2, max_megabytes=40)
    said = {fault.number: fault.what for fault in found.faults}
    assert (found.files, found.refused) == (9, 1)
    assert list(said) == [2, 3, 4, 5, 6, 7]
    assert "KeyError" in said[2]
    assert "Two" in said[3]
    assert "ended with -9" in said[4]
    assert "s of the processor" in said[5]
    assert "MB" in said[6]
    assert "no answer" in said[7]
    assert [fault.file.read_bytes() for fault in found.faults] == [b"%d" % n for n in said]
    assert 0.25 <= found.slowest < 5.0
    assert found.heaviest > 60
    assert "9 files, 1 of them refused" in str(found)


def test_a_sweep_begins_with_a_whole_file(tmp_path):
    with pytest.raises(AssertionError, match="whole files are not read:"):
        sweep("unread", unread, 2, tmp_path)
