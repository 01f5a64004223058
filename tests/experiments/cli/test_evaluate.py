"""The commands that evaluate distances and embeddings."""

import csv
import re

import numpy as np
import pytest

from patchwright.experiments.terminal.plain_text import markdown_table
from patchwright.experiments.trust.ranking import Ranking
from patchwright.experiments.trust.ranking_text import csv_text, remarks, table_rows
from patchwright.objectives import OBJECTIVES

QUICK = ("--presets", "2", "--steps", "5", "--seconds", "0.25", "--sr", "16000")
LEVEL = (*QUICK, "--parameter", "level")


def cells(line, edge="|"):
    return [cell.strip() for cell in line.strip().strip(edge).split(edge)]


# text


@pytest.fixture
def ranking():
    """Two attributes of three presets by two distances, with gaps."""
    nan = np.nan
    return Ranking(
        ("cutoff", "width"),
        ("near", "far"),
        np.array([[[1, 0.5], [0.5, nan], [nan, nan]], [[0.25, nan], [nan, nan], [nan, nan]]]),
        np.array([[True, True, True], [True, True, False]]),
        np.array([[True, True, False], [True, False, False]]),
        {"near": "It is sometimes too soft.", "far": "It is sometimes too soft."},
    )


def test_a_table_has_means_counts_and_dashes(ranking):
    assert table_rows(ranking) == [
        ["attribute", "presets", "near", "far"],
        ["cutoff", "2", "0.750", "0.500 (1)"],
        ["width", "1", "0.250", "–"],
        ["mean", "", "0.500", "0.500"],
    ]


def test_markdown_is_that_table(ranking):
    assert markdown_table(table_rows(ranking)).splitlines() == [
        "| attribute | presets | near | far |",
        "| --- | --- | --- | --- |",
        "| cutoff | 2 | 0.750 | 0.500 (1) |",
        "| width | 1 | 0.250 | – |",
        "| mean |  | 0.500 | 0.500 |",
    ]


def test_csv_has_every_correlation(ranking):
    header, *rows = csv.reader(csv_text(ranking).splitlines())
    assert header == ["attribute", "preset", "near", "far"]
    assert rows[:2] == [["cutoff", "0", "1", "0.5"], ["cutoff", "1", "0.5", ""]]
    assert len(rows) == 6


def test_what_was_left_out_is_said(ranking):
    same, failed = remarks(ranking)
    assert "2 of 6 sweeps" in same
    assert "1 of 6 sweeps" in failed
    unheard = Ranking(
        ("cutoff",),
        ("far",),
        np.full((1, 1, 1), np.nan),
        *[np.ones((1, 1), bool)] * 2,
        {"far": "It is too soft: turn it up."},
    )
    assert remarks(unheard) == ["far measured nothing: It is too soft: turn it up."]
    assert table_rows(unheard)[-1] == ["mean", "", "–"]


def test_a_table_of_many_distances_is_turned(ranking):
    one = Ranking(
        ranking.attributes[:1],
        ranking.distances,
        ranking.correlations[:1],
        ranking.complete[:1],
        ranking.audible[:1],
    )
    assert table_rows(one) == [
        ["attribute", "cutoff", "mean"],
        ["presets", "2", ""],
        ["near", "0.750", "0.750"],
        ["far", "0.500 (1)", "0.500"],
    ]


# commands


def test_objectives_are_ranked_on_the_same_renders(patchwright):
    code, said, errors = patchwright("evaluate", "objectives", "lsd", "log_mel", *LEVEL)
    assert code == 0, errors
    lines = [cells(line, "│") for line in said.splitlines() if "│" in line]
    assert lines == [
        ["presets", "2", ""],
        *([name, "1.000", "1.000"] for name in ("lsd", "log_mel")),
    ]
    assert re.search(r"2/2 sweeps", errors)


def test_all_objectives_are_ranked_unless_some_are_named(patchwright, tmp_path):
    code, said, errors = patchwright(
        *("evaluate", "objectives", *LEVEL, "--presets", "1", "--markdown", "--csv", "all.csv")
    )
    assert code == 0, errors
    header, _, counts, *rows = map(cells, said.splitlines())
    assert header == ["attribute", "level", "mean"]
    assert counts == ["presets", "1", ""]
    assert [row[0] for row in rows] == [*OBJECTIVES]
    assert all(row[1] == row[2] for row in rows)
    assert (tmp_path / "all.csv").read_text().startswith("attribute,preset,mrstft,")


def test_embeddings_are_ranked(patchwright):
    command = ("evaluate", "embedding", "mel_stats", "mfcc_stats", "--markdown", *QUICK)
    code, said, errors = patchwright(*command, "--parameter", "level", "--parameter", "osc_m*")
    assert code == 0, errors
    header, _, level, mix, _ = map(cells, said.splitlines())
    assert header == ["attribute", "presets", "mel_stats", "mfcc_stats"]
    assert level == ["level", "2", "1.000", "1.000"]
    assert mix[:2] == ["osc_mix", "2"]
    assert min(map(float, mix[2:])) > 0


def test_a_lock_keeps_what_it_locks(complaint, tmp_path):
    (tmp_path / "lock.yaml").write_text("lock: {filter_*: null}")
    said = complaint(
        *("evaluate", "objectives", "lsd", "--lock", "lock.yaml", *QUICK),
        *("--parameter", "filter_cutoff"),
    )
    assert said.startswith("'filter_cutoff' matches no ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["objectives", "lsdd"], "There is no objective 'lsdd': did you mean 'lsd'?"),
        (["embedding", "mel_stat"], "There is no embedding 'mel_stat': did you mean 'mel_stats'?"),
        (["objectives", "--synth", "fmm"], "There is no synth 'fmm': did you mean 'fm'?"),
        (["objectives", "--lock", "amsynth-33"], "did you mean 'amsynth-32'?"),
        (["objectives", "--parameter", "cutof"], "did you mean 'filter_cutoff'?"),
        (["objectives", "--sr", "100"], "sr is wrong: "),
        (["objectives", "--seed", "-1"], "seed is wrong: "),
        (["objectives", "--seconds", "0"], "more than 0 s"),
        (["objectives", "--note", "128"], "The pitch 128 is out of range: give 0 to 127."),
    ],
)
def test_a_mistake_is_one_sentence(arguments, sentence, complaint):
    assert sentence in complaint("evaluate", *arguments)


def test_an_interrupt_ends_quietly(patchwright, monkeypatch):
    from patchwright.synths.builtin import SYNTHS

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(SYNTHS["subtractive"], "render", interrupted)
    code, said, errors = patchwright("evaluate", "objectives", "lsd", *LEVEL)
    assert (code, said) == (130, "")
    assert "Traceback" not in errors


# hearing


@pytest.fixture
def few_changes(monkeypatch):
    """Test on one short note, with the changes of level alone."""
    from patchwright.experiments.trust.hearing import changes, sounds
    from tests.experiments.trust.hearing.conftest import make_notes

    chosen = [change for change in changes.declared_changes() if change.kind == "level"]
    monkeypatch.setattr(changes, "declared_changes", lambda: chosen)
    monkeypatch.setattr(sounds, "sample_notes", lambda *_, **__: make_notes((220.0,)))


@pytest.mark.usefixtures("few_changes")
def test_distances_and_sets_are_tested_for_hearing(patchwright, tmp_path):
    code, said, errors = patchwright(
        *("evaluate", "hearing", "lsd", "rms_cosine", "spiegelib", "lsd+rms_cosine"),
        *("--markdown", "--csv", "all.csv"),
    )
    assert code == 0, errors
    summary, kinds = ([cells(line) for line in part.splitlines()] for part in said.split("\n\n"))
    assert [row[0] for row in summary[2:]] == ["lsd", "rms_cosine", "spiegelib", "lsd+rms_cosine"]
    assert [row[1] for row in summary[2:]] == ["1.000", "0.500", "1.000", "1.000"]
    assert kinds[0] == ["plain change", "lsd", "rms_cosine", "spiegelib", "lsd+rms_cosine"]
    assert kinds[2] == ["level", "1.00", "0.50", "1.00", "1.00"]
    header = (tmp_path / "all.csv").read_text().splitlines()[0]
    assert header == "sound,plain,kind,change,lsd,rms_cosine,mfcc_mae"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lsdd"], "There is no objective 'lsdd': did you mean 'lsd'?"),
        (["lsd+msss"], "There is no objective 'msss': did you mean 'mss'?"),
        (["lsd", "--folder", "empty"], "empty holds no recordings: "),
        (["lsd", "--synth", "fmm"], "There is no synth 'fmm': did you mean 'fm'?"),
    ],
)
def test_a_mistake_of_the_hearing_test_is_one_sentence(arguments, sentence, complaint):
    assert sentence in complaint("evaluate", "hearing", *arguments)
