"""Answers of listeners: read, screened and compared."""

import json
import re

import numpy as np
import pytest
import scipy.stats

from patchwright.experiments.compare import compare_runs, read_listening, write_page
from patchwright.experiments.compare.tables import tables
from patchwright.experiments.compare.text import csv_text, latex_text, markdown_text
from patchwright.experiments.records.finished_run import find_runs, read_run
from tests.experiments.compared_runs import write_groups
from tests.experiments.heard_runs import listening, sounding, write_answers

EVIL = "<script>alert(1)</script>"
GROUPS = ("cmaes", "nsga2", "random")
TARGETS = 7


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("heard")
    scores = dict.fromkeys(GROUPS, np.linspace(0.3, 0.6, TARGETS).tolist())
    return sounding(write_groups(folder / "runs", scores), seconds=0.02)


@pytest.fixture(scope="module")
def page(runs):
    """Page and content of its key."""
    return listening(runs, runs.parent / "listening")


def group_of(stimulus):
    return stimulus["folder"].split("/")[-2]


def place_of(trial):
    return int(trial["target"].removeprefix("sound"))


def answers(folder, page, name, *, of_group, reference=100, **options):
    """Write ratings that depend on group, target and the listener's initial."""

    def rate(trial, stimulus):
        if stimulus["sound"] == "reference":
            return reference(place_of(trial)) if callable(reference) else reference
        if stimulus["sound"] == "anchor":
            return 20
        return of_group[group_of(stimulus)] + place_of(trial) + ord(name[0]) % 7

    return write_answers(folder / f"{name}.json", *page, rate, **options)


PLANTED = {"cmaes": 70, "nsga2": 69, "random": 40}


def compared(runs, files):
    key = runs.parent / "listening" / "key.json"
    records = [read_run(run) for run in find_runs([runs])]
    return compare_runs(records, listening=read_listening(key, files))


@pytest.fixture(scope="module")
def found(runs, page, tmp_path_factory):
    """Compare with six listeners who agree, and one who does not recognise the reference."""
    folder = tmp_path_factory.mktemp("answers")
    for name in ("Ann", "Bob", "Cy", "Di", "Ed"):
        answers(folder, page, name, of_group=PLANTED)
    answers(folder, page, "Flo", of_group=PLANTED, listener=EVIL)
    answers(folder, page, "Gus", of_group=PLANTED, reference=89)
    return compared(runs, [folder])


def test_a_rating_is_found_again_where_it_was_given(found):
    ratings = found.ratings
    assert ratings.listeners == ("Ann", "Bob", "Cy", "Di", "Ed", EVIL)
    assert ratings.groups.shape == (3, TARGETS, 6)
    own = np.array([ord(name) % 7 for name in "ABCDEF"])
    for group, values in zip(found.design.groups, ratings.groups, strict=True):
        np.testing.assert_array_equal(
            values, PLANTED[group] + np.arange(TARGETS)[:, np.newaxis] + own
        )
    assert (ratings.reference == 100).all()
    assert (ratings.anchor == 20).all()


def test_ratings_are_a_measure_as_the_others_are(found):
    result = found.by_measure[-1]
    assert (result.measure.name, result.measure.higher) == ("rating", True)
    means = found.ratings.groups.mean(axis=2)
    np.testing.assert_array_equal(result.measure.values, means)
    np.testing.assert_array_equal(result.wins, [TARGETS, 0, 0])
    alike, *different = result.pairs
    assert alike.difference == pytest.approx(1)
    for pair in different:
        assert pair.p == pytest.approx(2 / 2**TARGETS)
        assert pair.better == TARGETS
    assert result.ranks.p < 0.05


def test_pairs_are_also_compared_over_listeners(found):
    for pair in found.over_listeners:
        by_listener = found.ratings.groups.mean(axis=1)
        one, other = by_listener[pair.first], by_listener[pair.second]
        assert pair.p == pytest.approx(scipy.stats.wilcoxon(one, other).pvalue) == 2 / 2**6
        assert pair.corrected == pytest.approx(3 * 2 / 2**6)
        assert (pair.better, pair.equal, pair.worse) == (6, 0, 0)
    assert found.over_listeners[1].effect == 1
    u = [
        scipy.stats.mannwhitneyu(first, second).statistic / 36
        for first, second in zip(*found.ratings.groups[:2], strict=True)
    ]
    assert found.over_listeners[0].effect == pytest.approx(np.mean(u))


def test_means_and_medians_are_told_with_their_intervals(found, tmp_path):
    first, second = tables(found)[:2]
    assert first.header == ("over targets", *GROUPS, "hidden reference", "low anchor")
    means = found.ratings.groups.mean(axis=2)
    for row, statistic in zip(first.rows, (np.mean, np.median), strict=True):
        assert [cell.text for cell in row[1:4]] == [f"{x:.1f}" for x in statistic(means, axis=1)]
        assert [cell.text for cell in row[4:]] == ["100.0", "20.0"]
        assert [cell.best for cell in row] == [False, True, False, False, False, False]
        expected = scipy.stats.bootstrap(
            (means[0],), statistic, method="percentile", rng=np.random.default_rng(0)
        ).confidence_interval
        assert row[1].remark == f"[{expected.low:.3g}, {expected.high:.3g}]"
    assert "7 targets by 6 listeners" in first.note
    assert len(second.rows) == 3
    for text in (markdown_text(tables(found)), latex_text(tables(found))):
        assert "Ratings by listeners" in text
        assert "hidden reference" in text
    assert csv_text(found).count(",rating,") == 3 * TARGETS
    write_page(found, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert 'id="figure-ratings"' in text
    assert EVIL not in text


def test_who_misses_the_reference_in_more_than_15_percent_is_left_out_by_name(
    found, runs, page, tmp_path
):
    assert found.ratings.excluded == (("Gus", TARGETS),)
    assert "Listener Gus is excluded" in found.remarks[-1]
    assert "below 90 in 7 of 7 trials" in found.remarks[-1]
    answers(tmp_path, page, "one", of_group=PLANTED, reference=lambda t: 89 if t < 1 else 90)
    answers(tmp_path, page, "two", of_group=PLANTED, reference=lambda t: 89 if t < 2 else 90)
    again = compared(runs, [tmp_path])  # 1 of 7 is 14 %, 2 of 7 are 29 %
    assert again.ratings.listeners == ("one",)
    assert again.ratings.excluded == (("two", 2),)
    assert again.over_listeners[0].p is None


# The command


@pytest.fixture
def refused(complaint, runs):
    def call(*files, key=runs.parent / "listening" / "key.json", of=runs):
        return complaint("compare", of, "--key", key, "--answers", *files)

    return call


def test_files_are_named_one_by_one_or_as_a_shell_does(patchwright, runs, page, tmp_path):
    files = [answers(tmp_path, page, name, of_group=PLANTED) for name in ("Ann", "Bob")]
    key = runs.parent / "listening" / "key.json"
    for options in (["--answers", *files], ["--answers", files[0], "--answers", files[1]]):
        code, said, _ = patchwright("compare", runs, "--key", key, *options)
        assert code == 0
        assert "Ratings by listeners" in said
        assert "rating (higher is closer)" in said


def test_damaged_and_unfinished_answers_are_refused(refused, page, tmp_path):
    file = answers(tmp_path, page, "Ann", of_group=PLANTED)
    whole = json.loads(file.read_text())
    short = whole["ratings"][:-1]
    many = [[101] * 5, *whole["ratings"][1:]]
    for damage in (b"", b"{", b"[]", b"\xff", json.dumps(whole | {"more": 1}).encode()):
        file.write_bytes(damage)
        assert re.match(rf"{file} .*: save it again", refused(file))
    for ratings in (short, many, [[1.5] * 5, *short], [["1"] * 5, *short]):
        file.write_text(json.dumps(whole | {"ratings": ratings}))
        assert re.match(rf"{file} .*: save it again", refused(file))
    whole["ratings"][2][3] = None
    file.write_text(json.dumps(whole))
    assert re.match(rf"{file} .* trial 3: ask Ann to rate it", refused(file))


def test_answers_of_another_page_are_refused(refused, runs, page, tmp_path):
    file = answers(tmp_path, page, "Ann", of_group=PLANTED)
    listening(runs, tmp_path / "other", seed=1)
    other, missing = tmp_path / "other" / "key.json", tmp_path / "none.json"
    assert re.match(rf"{file} answers another page than that of {other}", refused(file, key=other))
    assert f"no key {missing}" in refused(file, key=missing)
    assert re.match(rf"{file} holds no key", refused(file, key=file))


def test_other_runs_than_those_heard_are_refused(refused, runs, page, tmp_path):
    file = answers(tmp_path, page, "Ann", of_group=PLANTED)
    others = write_groups(tmp_path / "others", {group: [0.7] for group in GROUPS})
    assert "not among the compared runs" in refused(file, of=others)


def test_answers_that_are_not_there_or_of_one_listener_twice_are_refused(refused, page, tmp_path):
    assert "no answers at none.json" in refused("none.json")
    (tmp_path / "empty").mkdir()
    assert "no answers at empty" in refused("empty")
    one = answers(tmp_path, page, "Ann", of_group=PLANTED)
    two = answers(tmp_path, page, "Two", of_group=PLANTED, listener="Ann")
    assert f"{one} and {two} are from the same listener, Ann" in refused(one, two)
    deaf = answers(tmp_path, page, "Gus", of_group=PLANTED, reference=0)
    assert "missed the hidden reference too often (Gus)" in refused(deaf)
