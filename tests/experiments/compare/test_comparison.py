"""Comparisons of runs: which are allowed, what they find, and how they are written."""

import base64
import csv
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest
import scipy.stats

from patchwright.experiments.compare import compare_runs, write_page
from patchwright.experiments.compare.tables import tables
from patchwright.experiments.compare.text import csv_text, latex_text, markdown_text
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.records.finished_run import find_runs, read_run
from patchwright.experiments.records.summary import Numbers
from tests.experiments.compared_runs import write_groups, write_run

EVIL = "<script>alert(1)</script>|&_$"
LEVELS = np.linspace(0.3, 0.6, 7).round(3).tolist()  # scores on seven targets


def read(folder):
    return [read_run(run) for run in find_runs([folder])]


def compared(folder, **options):
    return compare_runs(read(folder), **options)


def result(comparison, name):
    return next(found for found in comparison.by_measure if found.measure.name == name)


def worse(scores, by):
    return [round(score + by, 3) for score in scores]


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Runs of two similar methods and a worse one, on seven targets."""
    shaken = [level + (-1) ** place * 0.01 for place, level in enumerate(LEVELS)]
    scores = {"cmaes": LEVELS, "nsga2": shaken, "random": worse(LEVELS, 0.2)}
    return read(write_groups(tmp_path_factory.mktemp("planted"), scores))


@pytest.fixture(scope="module")
def planted(records):
    """Comparison of these runs."""
    return compare_runs(records)


# What may be compared


def refusal(folder, **options):
    with pytest.raises(ExperimentError) as refused:
        compared(folder, **options)
    return str(refused.value)


def test_a_lacking_target_is_refused_by_name_or_left_out_if_told(tmp_path):
    write_groups(tmp_path, {"cmaes": LEVELS, "nsga2": LEVELS[:-1]})
    said = refusal(tmp_path)
    assert re.match(r"nsga2 .* sound06 with seed 0, but cmaes does: .*--common", said)
    found = compared(tmp_path, common=True)
    assert found.design.targets == tuple(f"sound{place:02d}" for place in range(6))
    (remark,) = found.remarks
    assert re.match("sound06 with seed 0 is left out: nsga2 ", remark)


def test_a_lacking_seed_is_refused(tmp_path):
    write_groups(tmp_path, {"cmaes": [[0.5, 0.4]], "nsga2": [[0.5]]})
    assert re.match("nsga2 .* sound00 with seed 1", refusal(tmp_path))


def test_nothing_in_common_is_refused(tmp_path):
    write_run(tmp_path / "a", method="cmaes", target="bell")
    write_run(tmp_path / "b", method="nsga2", target="horn")
    assert "run them on the same ones" in refusal(tmp_path, common=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"search": {"renders": 500}}, "search.renders is 400 in "),
        ({"search": {"seconds": 9}}, "search.seconds is not set in "),
        ({"search": {"calibration": 50}}, "search.calibration is 100 in "),
        ({"search": {"patience": 5}}, "search.patience is not set in "),
        ({"objectives": ["lsd"]}, "objectives is mrstft in "),
        ({"objectives": [{"name": "mrstft", "weight": 2}]}, "mrstft(weight=2.0)"),
        ({"sr": 22_050}, "sr is 44100 in "),
        ({"versions": {"patchwright": "0.2.0"}}, "by patchwright 0.1.0 and "),
        ({"versions": {"synth": "2"}}, "by version None of the synth and "),
    ],
)
def test_unequal_terms_are_refused_in_one_sentence(change, sentence, tmp_path):
    write_run(tmp_path / "a", method="cmaes")
    write_run(tmp_path / "b", method="nsga2", **change)
    said = refusal(tmp_path)
    assert sentence in said
    assert str(tmp_path / "a") in said
    assert str(tmp_path / "b") in said
    assert said.endswith(".")


def test_budgets_are_refused_even_as_what_tells_groups_apart(tmp_path):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b", search={"renders": 500})
    for by in ("search.renders", "search"):
        assert "search.renders is 400 in" in refusal(tmp_path, by=by)


def test_the_same_experiment_twice_is_refused_and_the_same_run_twice_counts_once(tmp_path):
    write_run(tmp_path / "a", method="cmaes")
    write_run(tmp_path / "b", method="nsga2")
    records = read(tmp_path)
    assert len(compare_runs([*records, *records]).design.records) == 2
    shutil.copytree(tmp_path / "b", tmp_path / "c")
    assert "are the same experiment" in refusal(tmp_path)


def test_one_group_is_no_comparison(tmp_path):
    write_run(tmp_path / "a", target="bell")
    write_run(tmp_path / "b", target="horn")
    assert "one group, nsga2: " in refusal(tmp_path)
    assert "one group, synth " in refusal(tmp_path, by="synth")


@pytest.mark.parametrize("by", ["seed", "target.path", "search.method.x", "synht"])
def test_groups_are_told_apart_by_search_synth_or_objectives(by, tmp_path):
    write_run(tmp_path / "a")
    assert f"not {by!r}" in refusal(tmp_path, by=by)


# What defines the groups


def test_methods_are_told_apart_with_their_options(tmp_path):
    write_run(tmp_path / "a", search={"options": {"population": 20}})
    write_run(tmp_path / "b", search={"options": {"population": 50}})
    found = compared(tmp_path)
    assert found.design.groups == ("nsga2(population=20)", "nsga2(population=50)")
    assert "search.options.population is 20 in " in refusal(tmp_path, by="search.method")
    by_key = compared(tmp_path, by="search.options.population")
    assert by_key.design.groups == ("20", "50")


def test_synths_are_compared_without_what_is_in_their_units(tmp_path):
    for synth, random in (("subtractive", 10.0), ("fm", 5.0)):
        write_run(tmp_path / synth, synth=synth, summary={"random": {"mrstft": random}})
    found = compared(tmp_path, by="synth")
    assert set(found.design.groups) == {"subtractive", "fm"}
    assert [r.measure.name for r in found.by_measure] == ["mrstft"]
    assert {curve.name for curve in found.curves} == {"mrstft"}
    assert "unit is the random preset" in found.remarks[0]


def test_locks_tell_synths_of_one_name_apart(tmp_path):
    write_run(tmp_path / "a", synth={"name": "fm"})
    write_run(tmp_path / "b", synth={"name": "fm", "lock": {"noise": 0.0}})
    found = compared(tmp_path, by="synth")
    assert found.design.groups == ("lock.noise=not set", "lock.noise=0.0")


def test_methods_on_two_synths_have_twice_the_targets(tmp_path):
    for method in ("cmaes", "nsga2"):
        for synth in ("subtractive", "fm"):
            write_run(tmp_path / method / synth, method=method, synth=synth)
    assert set(compared(tmp_path).design.targets) == {"bell on subtractive", "bell on fm"}


def test_objectives_are_compared_by_metrics_that_mean_the_same(tmp_path):
    attack = {"name": "lsd", "label": "sot", "time": [0.0, 0.1]}  # under another's name
    others = {"lsd": 3.0, "sot": 0.1, "mss": 2.0}
    write_run(tmp_path / "a", objectives=["mrstft", attack], others=others)
    write_run(tmp_path / "b", objectives=["lsd"], others=others)
    found = compared(tmp_path, by="objectives")
    assert [r.measure.name for r in found.by_measure] == ["mrstft", "lsd", "mss"]
    assert [r.measure.optimised for r in found.by_measure] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert found.design.groups == ("mrstft + lsd(label=sot, time=0.0, 0.1)", "lsd")
    assert found.curves == ()


def test_different_libraries_are_mentioned(tmp_path):
    write_run(tmp_path / "a", method="cmaes")
    write_run(tmp_path / "b", method="nsga2", versions={"torch": "3.0"})
    (remark,) = compared(tmp_path).remarks
    assert "versions of torch: 2.0, 3.0" in remark


def test_runs_that_did_not_repeat_are_mentioned(tmp_path):
    write_run(tmp_path / "a", method="cmaes")
    write_run(tmp_path / "b", method="nsga2", summary={"verified": False})
    (remark,) = compared(tmp_path).remarks
    assert remark.endswith(f"did not reproduce the scores of the search: {tmp_path / 'b'}.")


def test_sounds_of_one_name_are_told_apart(tmp_path):
    for method in ("cmaes", "nsga2"):
        for notes in ("C4:1@0/100", "C5:1@0/100"):
            sound = {"sha256": "a" * 64, "notes": notes, "length": 1.0}
            write_run(tmp_path / method / notes[:2], method=method, sound=sound)
    assert compared(tmp_path).design.targets == ("bell C4:1@0/100", "bell C5:1@0/100")


# What is found


def test_a_planted_difference_is_found_and_no_other(planted):
    found = result(planted, "distance")
    alike, *different = found.pairs
    assert alike.corrected > 0.5
    for pair in different:
        assert pair.p == pytest.approx(2 / 2**7)
        assert pair.corrected == pytest.approx(3 * 2 / 2**7)
        assert pair.effect == 1
        assert (pair.better, pair.equal, pair.worse) == (7, 0, 0)
    np.testing.assert_allclose(found.medians, [0.45, 0.46 - 0.02, 0.65])
    np.testing.assert_array_equal(found.wins, [4, 3, 0])
    assert found.ranks.p < 0.05


def test_higher_is_better_where_it_is(planted):
    distance, similar = result(planted, "distance"), result(planted, "match")
    np.testing.assert_array_equal(distance.wins, similar.wins)
    np.testing.assert_array_equal(distance.ranks.ranks, similar.ranks.ranks)
    for one, other in zip(distance.pairs, similar.pairs, strict=True):
        assert (one.effect, one.p, one.better) == (other.effect, other.p, other.better)
        assert one.difference == pytest.approx(-other.difference)


def test_equal_groups_do_not_differ(tmp_path):
    found = compared(write_groups(tmp_path, dict.fromkeys(("cmaes", "nsga2", "random"), LEVELS)))
    for measured in found.by_measure:
        assert not measured.best.any()
        np.testing.assert_array_equal(measured.wins, 7)
        assert measured.ranks.p == 1
        for pair in measured.pairs:
            assert (pair.p, pair.corrected, pair.effect, pair.difference) == (1, 1, 0.5, 0)
            assert (pair.better, pair.equal, pair.worse) == (0, 7, 0)


def test_the_other_order_mirrors(records, planted):
    there, back = planted, compare_runs(records[::-1])
    assert back.design.groups == there.design.groups[::-1]
    assert set(back.design.targets) == set(there.design.targets)
    one, other = result(there, "mrstft"), result(back, "mrstft")
    np.testing.assert_array_equal(one.medians, other.medians[::-1])
    np.testing.assert_allclose(one.ranks.ranks, other.ranks.ranks[::-1])
    for pair, mirrored in zip(one.pairs, other.pairs[::-1], strict=True):
        assert mirrored.effect == pytest.approx(1 - pair.effect)
        assert mirrored.difference == pytest.approx(-pair.difference)
        assert (mirrored.p, mirrored.better) == (pair.p, pair.worse)


def test_seeds_are_repetitions_not_trials(tmp_path):
    ten = np.linspace(0.3, 0.5, 10).tolist()
    found = compared(write_groups(tmp_path, {"cmaes": [ten], "nsga2": [worse(ten, 0.3)]}))
    measured = result(found, "distance")
    assert measured.measure.values.shape == (2, 1)
    assert measured.medians[0] == pytest.approx(np.median(ten))
    assert np.isnan(measured.intervals).all()
    (pair,) = measured.pairs
    assert pair.p is None
    assert pair.corrected is None
    assert pair.effect == 1


def test_a12_is_within_targets(tmp_path):
    scores = {"cmaes": [[0.1, 0.4], [0.8, 0.9]], "nsga2": [[0.2, 0.3], [0.85, 0.95]]}
    (pair,) = result(compared(write_groups(tmp_path, scores)), "distance").pairs
    u = [
        scipy.stats.mannwhitneyu(second, first).statistic / 4
        for first, second in zip(*scores.values(), strict=True)
    ]
    assert pair.effect == pytest.approx(np.mean(u)) == pytest.approx((0.5 + 0.75) / 2)


def test_what_one_run_has_no_figure_of_is_left_out_for_all(tmp_path):
    for method in ("cmaes", "nsga2"):
        for target in ("bell", "horn"):
            others = {} if (method, target) == ("nsga2", "horn") else {"f0": 3.0}
            write_run(tmp_path / method / target, method=method, target=target, others=others)
    found = compared(tmp_path)
    assert result(found, "f0").measure.targets == (0,)
    assert result(found, "mrstft").measure.targets == (0, 1)


def test_errors_of_parameters_are_compared_where_there_are_some(tmp_path):
    for method, share in (("cmaes", 0.25), ("nsga2", 0.75)):
        numbers = Numbers(param_mae=1 - share, param_accuracy=share)
        write_run(tmp_path / method, method=method, summary={"numbers": numbers})
    found = compared(tmp_path)
    for name in ("param_mae", "param_accuracy"):
        np.testing.assert_array_equal(result(found, name).wins, [0, 1])
        assert result(found, name).measure.optimised == (False, False)


# Convergence


@pytest.fixture
def fast_and_slow(tmp_path):
    """Runs of two methods: one renders faster, the other gains more per render."""
    fast = [(100, 0.5, 1.0), (200, 1.0, 0.9), (400, 2.0, 0.6)]
    slow = [(100, 1.0, 1.0), (250, 6.0, 0.5), (400, 10.0, 0.4)]
    for method, curve in (("fast", fast), ("slow", slow)):
        write_run(tmp_path / method, method=method, curve=curve, score=curve[-1][2])
    return tmp_path


def test_convergence_is_read_at_equal_renders_and_at_equal_seconds(fast_and_slow):
    found = compared(fast_and_slow, at=[249, 250, 399])
    renders, seconds = (
        next(c for c in found.curves if (c.name, c.axis) == ("distance", axis))
        for axis in ("renders", "seconds")
    )
    np.testing.assert_array_equal(renders.points, [249, 250, 399, 400])
    np.testing.assert_array_equal(renders.medians, [[0.9, 0.9, 0.9, 0.6], [1.0, 0.5, 0.5, 0.4]])
    np.testing.assert_array_equal(seconds.points, [1, 2])  # half and all that both had
    np.testing.assert_array_equal(seconds.medians, [[0.9, 0.6], [1.0, 1.0]])
    assert (renders.spent[0], renders.spent[-1]) == (100, 400)
    assert (seconds.spent[0], seconds.spent[-1]) == (1, 2)
    assert (np.diff(renders.quartiles) <= 0).all()


def test_hypervolume_and_each_objective_are_followed_too(fast_and_slow):
    found = compared(fast_and_slow)
    assert {(c.name, c.axis) for c in found.curves} == {
        (name, axis)
        for name in ("distance", "hypervolume", "mrstft")
        for axis in ("renders", "seconds")
    }
    ends = {c.name: c.medians[:, -1] for c in found.curves if c.axis == "renders"}
    np.testing.assert_allclose(ends["hypervolume"], [0.4, 0.6])
    np.testing.assert_allclose(ends["mrstft"], [6, 4])


def test_quartiles_are_over_targets(planted):
    curve = planted.curves[0]
    expected = np.quantile(LEVELS, [0.25, 0.5, 0.75])
    np.testing.assert_allclose(curve.quartiles[:, 0, -1], expected)


def test_searches_without_a_time_in_common_are_compared_at_equal_renders_alone(tmp_path):
    write_run(tmp_path / "a", method="fast", curve=[(100, 0.5, 1.0), (400, 0.9, 0.6)])
    write_run(tmp_path / "b", method="slow", curve=[(100, 1.0, 1.0), (400, 4.0, 0.6)])
    found = compared(tmp_path)
    assert {curve.axis for curve in found.curves} == {"renders"}
    (remark,) = found.remarks
    assert "not compared at equal seconds" in remark


@pytest.mark.parametrize("budget", [99, 401])
def test_a_budget_that_was_not_reached_is_refused(budget, fast_and_slow):
    assert f"--at {budget} is not between 100 renders" in refusal(fast_and_slow, at=[budget])


# How it is written


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs with a target and a method whose names contain markup."""
    folder = tmp_path_factory.mktemp("named")
    for method in ("nsga2", EVIL):
        for place, level in enumerate(LEVELS):
            target = EVIL.replace("/", "") if place == 0 else f"sound{place}"
            write_run(folder / f"{method[:1]}{place}", method=method, target=target, score=level)
    (folder / "n1" / "report.html").write_text("<p>report")
    return folder


@pytest.fixture(scope="module")
def named(folder):
    """Comparison of these runs."""
    return compared(folder)


def test_markdown_has_a_row_for_each_measure(planted):
    text = markdown_text(tables(planted))
    section = text.partition("## Medians")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + len(planted.by_measure)
    assert rows[2].startswith("| distance to the ideal point | yes | 7 | 0.45 \\[")
    assert "| **0.44 \\[" in rows[2]
    assert "## Mean ranks" in text


def cells_of(line, sign):
    return len(re.findall(rf"(?<!\\){re.escape(sign)}", line))


def test_tables_keep_their_columns_whatever_names_hold(named):
    found = tables(named)
    for line in markdown_text(found).splitlines():
        if line.startswith("|"):
            assert "<" not in line.replace("\\<", "")
    widths = [len(table.header) for table in found]
    blocks = re.findall(r"\\toprule\n(.*?)\\bottomrule", latex_text(found), re.DOTALL)
    for width, block in zip(widths, blocks, strict=True):
        rows = [line for line in block.splitlines() if line.endswith(r"\\")]
        assert rows
        assert {cells_of(row, "&") for row in rows} == {width - 1}
        assert not any(cells_of(row, "_") or cells_of(row, "$") for row in rows)


def test_csv_has_each_figure_of_each_run(planted):
    rows = list(csv.DictReader(csv_text(planted).splitlines()))
    assert len(rows) == 3 * 7 * len(planted.by_measure)
    found = {(r["group"], r["target"], r["seed"], r["metric"]): float(r["value"]) for r in rows}
    assert found["random", "sound03", "0", "match"] == pytest.approx(1 - LEVELS[3] - 0.2)


class Page(HTMLParser):
    """Elements, scripts and text of a page."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.scripts, self.text, self.inside = [], [], "", ""
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside != "style":
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(named, folder):
    write_page(named, folder / "page.html")
    return Page(folder / "page.html")


def test_nothing_is_loaded_from_elsewhere_and_only_its_own_scripts_run(page, folder):
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "img")
        assert "src" not in attributes
        address = attributes.get("href", "#")
        assert address.startswith("#") or (folder / address).is_file()
    assert "n1/report.html" in [link.get("href") for link in page.all("a")]
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for script, text in zip(page.all("script"), page.scripts, strict=True)
        if script.get("type") != "application/json"
    ]
    assert len(digests) == 2
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == set(digests)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]


def test_names_are_only_text(page):
    assert len(page.all("script")) == 3
    assert page.text.count(EVIL) > 3
    assert not [name for _, attributes in page.elements for name in attributes if name[:2] == "on"]
    figures = json.dumps(json.loads(page.scripts[0]))
    assert "<script" not in figures.replace('"<extra>', "")
    assert "&lt;script" in figures


def test_each_choice_has_its_figure(records, planted, tmp_path):
    write_page(planted, tmp_path / "a.html")
    page = Page(tmp_path / "a.html")
    figures = json.loads(page.scripts[0])
    choices = {option["value"] for option in page.all("option")}
    assert choices == {r.measure.name for r in planted.by_measure}
    assert figures["values"].keys() == figures["ranks"].keys() == choices
    assert figures["convergence"].keys() == {f"{c.axis} {c.name}" for c in planted.curves}
    places = {attributes.get("id") for _, attributes in page.elements}
    assert places >= {f"figure-{place}" for place in figures}
    ranks = figures["ranks"]["distance"]["layout"]["annotations"]
    assert {"random 3.00", "critical difference 1.25"} <= {label["text"] for label in ranks}
    write_page(compare_runs(records), tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


# The command


def test_two_real_runs_are_compared_from_their_folders(patchwright, tmp_path):
    for method in ("random", "cmaes"):
        match(
            {"random": 1, "note": 57, "duration": 0.2, "length": 0.25},
            out=tmp_path / method,
            workers=1,
            sr=16_000,
            search={"method": method, "renders": 40, "calibration": 20},
            objectives=["mrstft", "rms_cosine"],
        )
    names = {kind: tmp_path / f"out.{kind}" for kind in ("html", "latex", "markdown", "csv")}
    files = [text for kind, file in names.items() for text in (f"--{kind}", file)]
    code, said, _ = patchwright("compare", "random", "cmaes", *files, "--at", 30)
    assert code == 0
    assert re.search(r"distance to the ideal point +│ yes", said)
    assert re.search(r"rms_cosine \(higher is closer\) +│ yes", said)
    assert re.search(r"param_mae +│ +│", said)
    assert "At equal renders" in said
    assert re.search(r"1 - rms_cosine +│ cmaes", said)
    summary = json.loads((tmp_path / "cmaes" / "summary.json").read_text())
    rows = list(csv.DictReader(names["csv"].read_text().splitlines()))
    found = {row["metric"]: float(row["value"]) for row in rows if row["group"] == "cmaes"}
    assert found["rms_cosine"] == summary["metrics"]["rms_cosine"]
    assert found["match"] == summary["match"]
    numbers = {name for name, value in summary["numbers"].items() if value is not None}
    assert {*summary["metrics"], *numbers} < found.keys()
    links = [link.get("href") for link in Page(names["html"]).all("a")]
    assert {"random/report.html", "cmaes/report.html"} <= set(links)


def test_a_mistake_is_one_sentence(complaint, tmp_path):
    assert "holds no finished run" in complaint("compare", ".")
    write_run(tmp_path / "a", target="bell", method="cmaes")
    write_run(tmp_path / "b", target="horn", method="nsga2")
    assert re.match("nsga2 .* bell with seed 0, but ", complaint("compare", "a", "b"))
