"""Tuning a method's options: draws, pruning, resumption and output."""

import json
import math

import filelock
import numpy as np
import pytest
import yaml
from optuna.artifacts import FileSystemArtifactStore
from optuna.storages.journal._storage import JournalOperation
from optuna.trial import TrialState

from patchwright.experiments.dashboard.shown_runs import ShownRuns
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.folder_lock import locked
from patchwright.experiments.records.run_folder import write_json
from patchwright.experiments.records.trace import SearchTrace, TracePoint
from patchwright.experiments.suite import RunOutcome
from patchwright.experiments.suite.worker import run_folder, run_one
from patchwright.experiments.tune import result
from patchwright.experiments.tune import tune as module
from patchwright.experiments.tune.result import gain
from patchwright.experiments.tune.tune import tune
from patchwright.experiments.tune.tuning import read_tuning
from patchwright.search import Portfolio

SUITE = {
    "name": "small",
    "defaults": {"target": {"duration": 0.1, "length": 0.2}, "sr": 8_000},
    "targets": [{"random": "1..4"}],
    "sweep": {"seed": "0..1"},
    "tune": {
        "method": "nsga2",
        "trials": 20,
        "options": {"population": "5..200 log", "mutation_eta": "1..20"},
        "check": {"seed": "10..11"},
    },
}


def write(folder, **tune):
    path = folder / "suite.yaml"
    content = SUITE | {"tune": {k: v for k, v in (SUITE["tune"] | tune).items() if v is not None}}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def distance(config):
    """Return a run's final distance, where targets differ more than settings; 20 and 8 are best."""
    options, target = config.search.options, config.target.random
    loss = math.log(options["population"] / 20) ** 2 + (options["mutation_eta"] / 8 - 1) ** 2
    noise = np.random.default_rng((target, config.seed, options["population"])).normal(0, 0.02)
    return target * math.exp(0.2 * loss + noise)


@pytest.fixture
def done(monkeypatch):
    """Make runs end at `distance` without a search, and return the IDs of those run."""
    ran = []

    def run_suite(runs, folder, *, workers):
        assert len(runs) <= max(workers, 16)
        for run in runs:
            ran.append(run.id)
            place = run_folder(folder, run)
            place.path.mkdir(parents=True)
            point = TracePoint(
                number=0,
                renders=1,
                seconds=1.0,
                best={},
                distance=distance(run.config),
                hypervolume=0,
            )
            trace = SearchTrace(scales={}, random={}, history=[point], front=[], front_size=1)
            write_json(place.search, trace)
            place.summary.write_text("{}")
            yield RunOutcome(id=run.id)

    monkeypatch.setattr("patchwright.experiments.tune.tune.run_suite", run_suite)
    return ran


def tuned(path, folder, workers=1, ended=lambda study, trial: None):
    folder.mkdir(exist_ok=True)
    return tune(read_tuning(path), folder, workers=workers, ended=ended)


def content(study):
    """Return the content of a study's trials."""
    return [
        (trial.number, trial.state, trial.params, trial.intermediate_values, trial.value)
        for trial in study.trials
    ]


def test_better_settings_are_found_with_fewer_runs(tmp_path, done):
    path = write(tmp_path)
    study = tuned(path, tmp_path / "a")
    trials = study.trials
    assert len(trials) == 20
    assert trials[0].params == {"population": 50, "mutation_eta": 3.0}  # defaults of nsga2
    best = result.best_trial(study)
    assert best.number > 0
    assert 10 < best.params["population"] < 40
    assert 5 < best.params["mutation_eta"] < 11
    states = [trial.state for trial in trials]
    assert states.count(TrialState.PRUNED) >= 4
    assert len(done) < 0.85 * 20 * 8
    assert len(set(done)) == len(done)
    for trial in trials:
        runs = read_tuning(path).suite(study.options(trial)).runs
        found = [math.log(distance(run.config)) for run in runs]
        reached = len(trial.intermediate_values)
        assert [*trial.intermediate_values.values()] == pytest.approx(found[:reached])
        if trial.state is TrialState.COMPLETE:
            assert trial.value == pytest.approx(np.mean(found))
        assert all(len(f"{value:g}") <= 6 for value in trial.params.values())
    # each target once, then each once more
    assert [run.config.target.random for run in runs] == [1, 2, 3, 4, 1, 2, 3, 4]


def test_workers_and_kills_change_nothing(tmp_path, done, monkeypatch):
    path = write(tmp_path, trials=14)
    alone = tuned(path, tmp_path / "a")
    assert content(tuned(path, tmp_path / "b", workers=3)) == content(alone)

    rng = np.random.default_rng(0)
    usual = module._log_distance

    def killing(place):
        if rng.random() < 0.1:
            raise KeyboardInterrupt
        return usual(place)

    monkeypatch.setattr(module, "_log_distance", killing)
    done.clear()
    for _ in range(7):
        with pytest.raises(KeyboardInterrupt):
            tuned(path, tmp_path / "c")
    journal = tmp_path / "c" / "tune.journal"
    journal.write_bytes(journal.read_bytes() + b'{"op_code": 4, "stu')  # cut off in a write
    monkeypatch.setattr(module, "_log_distance", usual)
    assert content(tuned(path, tmp_path / "c", workers=2)) == content(alone)
    assert len(set(done)) == len(done)


def test_choices_and_usual_options_beyond_their_range(tmp_path, done, monkeypatch):
    operators = [["sparse"], ["blend"], ["sparse", "blend"]]
    options = {"operators": operators, "growth": "0.1..0.5", "batch": [3, Portfolio.batch]}
    path = write(tmp_path, method="portfolio", options=options, trials=14)
    monkeypatch.setattr(
        f"{__name__}.distance", lambda config: 1 + len(config.search.options["operators"])
    )
    study = tuned(path, tmp_path / "a")
    usual, *others = study.trials
    assert usual.params == {"batch": Portfolio.batch}
    assert study.options(usual)["operators"] == list(Portfolio.operators)
    assert study.options(usual)["growth"] == Portfolio.growth
    assert {tuple(study.options(trial)["operators"]) for trial in others} <= {
        tuple(choice) for choice in operators
    }
    assert all(0.1 <= trial.params["growth"] <= 0.5 for trial in others)
    assert len(study.options(result.best_trial(study))["operators"]) == 1


def test_the_gain_counts_targets_not_seeds(tmp_path):
    runs = read_tuning(write(tmp_path)).suite({}).runs
    usual = np.zeros(8)
    # in the order of the runs: four targets, twice
    found = np.log([0.5, 1, 1, 2, 0.5, 1, 1, 0.5])
    said = gain(runs, usual, found)
    assert (said.better, said.targets, said.p) == (1, 4, None)
    assert said.less == pytest.approx(1 - 0.5**0.25)


def test_the_command_says_what_is_gained_and_goes_on(patchwright, tmp_path, done):
    path = write(tmp_path, trials=12)
    arguments = ("tune", path, "--out", "out", "--workers", 1)
    code, said, errors = patchwright(*arguments)
    assert code == 0, errors
    assert "12 trials: " in said
    assert "8 runs that they were chosen on" in said
    assert "On the 8 runs that they were not chosen on: " in said
    assert "of 4 targets" in said
    assert errors.count(": population ") == 12
    lines = yaml.safe_load(said[said.index("search:") : said.index("On the 8 runs")])
    assert lines["search"]["method"] == "nsga2"
    assert lines["search"]["options"].keys() == {"population", "mutation_eta"}
    count = len(done)
    code, again, errors = patchwright(*arguments)
    assert (code, again) == (0, said)
    assert len(done) == count
    write(tmp_path, trials=14)
    code, again, errors = patchwright(*arguments)
    assert "14 trials: " in again
    assert errors.count(": population ") == 2
    write(tmp_path, trials=14, seed=1)
    code, _, errors = patchwright(*arguments)
    assert code == 2
    assert "holds a tuning with another seed: use another --out." in errors


def test_ctrl_c_names_the_command_that_goes_on(patchwright, tmp_path, done, monkeypatch):
    def interrupted(place):
        raise KeyboardInterrupt

    monkeypatch.setattr("patchwright.experiments.tune.tune._log_distance", interrupted)
    path = write(tmp_path)
    code, _, errors = patchwright("tune", path, "--out", "out", "--set", "search.renders=200")
    assert code == 130
    assert f"patchwright tune {path} --out out --set search.renders=200" in errors


def test_settings_that_fail_are_told_of(tmp_path, done, patchwright, monkeypatch):
    def run_suite(runs, folder, *, workers):
        for run in runs:
            if run.config.search.options["population"] != 50:
                yield RunOutcome(id=run.id, error="population is wrong.")

    path = write(tmp_path, trials=3, check=None)
    tuned(path, tmp_path / "out")
    monkeypatch.setattr("patchwright.experiments.tune.tune.run_suite", run_suite)
    write(tmp_path, trials=5, check=None)
    code, said, errors = patchwright("tune", path, "--out", "out", "--workers", 2)
    assert code == 0
    assert "2 failed" in said
    assert errors.count("failed: population is wrong.") == 2

    def all_fail(runs, folder, *, workers):
        yield RunOutcome(id=runs[0].id, error="The target is missing.")

    monkeypatch.setattr("patchwright.experiments.tune.tune.run_suite", all_fail)
    code, _, errors = patchwright("tune", path, "--out", "new", "--workers", 1)
    assert code == 2
    assert errors.splitlines()[-1].startswith("With the usual options ")
    assert "failed: The target is missing." in errors


def test_one_process_tunes_a_folder(tmp_path, patchwright, done):
    path = write(tmp_path)
    (tmp_path / "out").mkdir()
    with filelock.FileLock(tmp_path / "out" / ".lock"):
        code, _, errors = patchwright("tune", path, "--out", "out")
    assert code == 2
    assert "out is in use by another process" in errors


def test_the_dashboard_shows_a_tuning(tmp_path, done):
    path = write(tmp_path, trials=3)
    tuned(path, tmp_path / "out")
    (tmp_path / "store").mkdir()
    runs = ShownRuns(tmp_path, FileSystemArtifactStore(tmp_path / "store"))
    [shown] = runs.storage.get_all_studies()
    assert shown.study_name == "out"
    for trials in (3, 5):
        write(tmp_path, trials=trials)
        study = tuned(path, tmp_path / "out")
        runs.update(shown._study_id)
        found = runs.storage.get_all_trials(shown._study_id)
        assert [trial.number for trial in found] == [*range(trials)]
        assert [trial.intermediate_values for trial in found] == [
            trial.intermediate_values for trial in study.trials
        ]


@pytest.mark.parametrize(
    ("tune", "said"),
    [
        ({"method": "nsga"}, "did you mean 'nsga"),
        ({"method": None}, "tune.method"),
        ({"method": "random", "options": {"populatoin": "1..3"}}, "population"),
        ({"options": {}}, "tune.options"),
        ({"options": {"population": "60..10"}}, "60..10 is empty"),
        ({"options": {"population": "0..10 log"}}, "above 0"),
        ({"options": {"population": 10}}, "is not a range"),
        ({"options": {"population": [10]}}, "two choices"),
        ({"options": {"seed": "1..3"}}, "no option 'seed'"),
        ({"trials": 1}, "tune.trials"),
        ({"trails": 9}, "trials"),
        ({"check": {"seeds": "10..12"}}, "seed"),
        ({"check": {"targets": [{"randm": 1}]}}, "random"),
    ],
)
def test_mistakes_are_one_sentence(complaint, tmp_path, tune, said):
    assert said in complaint("tune", write(tmp_path, **tune))
    assert not (tmp_path / "runs").exists()


def test_other_mistakes_are_one_sentence(complaint, tmp_path):
    path = write(tmp_path)
    assert "--workers" in complaint("tune", path, "--workers", 0)
    overridden = complaint("tune", path, "--set", "search.options.population=7")
    assert "leave it out" in overridden
    content = yaml.safe_load(path.read_text())
    content["sweep"]["search.method"] = ["nsga2"]
    path.write_text(yaml.safe_dump(content))
    assert "sweep.search.method" in complaint("tune", path)
    del content["tune"]
    path.write_text(yaml.safe_dump(content))
    assert "nothing to tune" in complaint("tune", path)
    for key, value in (("sweep", "x"), ("sweep", [1]), ("defaults", "x")):
        path.write_text(yaml.safe_dump(SUITE | {key: value}))
        assert f"{key} must hold keys and values" in complaint("tune", path)


def test_runs_are_searches(tmp_path, monkeypatch):
    """Three trials of two short searches each, in this process."""

    def run_suite(runs, folder, *, workers):
        for run in runs:
            yield run_one(run, folder)

    monkeypatch.setattr("patchwright.experiments.tune.tune.run_suite", run_suite)
    path = tmp_path / "suite.yaml"
    search = {"renders": 24, "calibration": 10}
    content = SUITE | {
        "defaults": SUITE["defaults"] | {"objectives": ["envelope"], "search": search},
        "targets": [{"random": [1, 2]}],
        "sweep": {},
        "tune": {"method": "random", "trials": 3, "options": {"population": [2, 7, 50]}},
    }
    path.write_text(yaml.safe_dump(content))
    study = tuned(path, tmp_path / "out")
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 3
    for trial in study.trials:
        for step, run in enumerate(read_tuning(path).suite(study.options(trial)).runs):
            search = json.loads(run_folder(tmp_path / "out", run).search.read_text())
            last = search["history"][-1]["distance"]
            assert trial.intermediate_values[step] == pytest.approx(math.log(last))


def test_a_damaged_journal_is_told(tmp_path, done):
    path = write(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tune.journal").write_text("{}\n")
    with pytest.raises(ExperimentError, match=r"tune\.journal is damaged: .* in another --out"):
        tuned(path, tmp_path / "out")


def test_a_journal_whose_trials_make_no_sense_is_told(tmp_path, done):
    path = write(tmp_path, trials=6)
    tuned(path, tmp_path / "out")
    journal = tmp_path / "out" / "tune.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    codes = [json.loads(line)["op_code"] for line in lines]
    reports = [
        place
        for place, code in enumerate(codes)
        if code == JournalOperation.SET_TRIAL_INTERMEDIATE_VALUE
    ]
    ends = [
        place for place, code in enumerate(codes) if code == JournalOperation.SET_TRIAL_STATE_VALUES
    ]
    for place, change in (
        (reports[0], {"step": 99}),
        (reports[0], {"intermediate_value": None}),
        (reports[0], {"intermediate_value": float("nan")}),
        (ends[0], {"state": TrialState.FAIL, "values": None}),
        (ends[0], {"values": []}),
        (ends[0], {"values": [1.0, 2.0]}),
    ):
        changed = json.dumps(json.loads(lines[place]) | change).encode() + b"\n"
        journal.write_bytes(b"".join([*lines[:place], changed, *lines[place + 1 :]]))
        with pytest.raises(ExperimentError, match=r"tune\.journal is damaged: start again"):
            tuned(path, tmp_path / "out")
    journal.write_bytes(b"".join(lines))
    assert len(tuned(path, tmp_path / "out").trials) == 6


def test_a_folder_in_use_is_left_alone(tmp_path, done):
    path = write(tmp_path)
    with (
        locked(tmp_path / "out"),
        pytest.raises(ExperimentError, match="in use by another process: wait for it"),
    ):
        tuned(path, tmp_path / "out")
    assert not done
