"""Runs that draw from another prior than the synth's own."""

import json

import numpy as np
import pytest

from patchwright.experiments.config import check_experiment, load_experiment
from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.priors.learning import learn_prior
from patchwright.synths import Preset, SynthError
from patchwright.synths.builtin import Oscillators

SMALL = {"renders": 40, "calibration": 20, "method": "nsga2", "options": {"population": 10}}
TARGET = {"random": 4, "duration": 0.2, "length": 0.3}
SYNTH = {"name": "oscillators", "lock": {"osc4_*": None}}


@pytest.fixture(scope="module")
def prior(tmp_path_factory):
    """A prior learned from presets of low sines."""
    folder = tmp_path_factory.mktemp("prior")
    synth = Oscillators()
    rng = np.random.default_rng(0)
    files = []
    for number in range(30):
        values = synth.space.sample(1, rng)[0]
        values[::3] /= 2
        values[2::3] = 0
        files.append(folder / f"{number}.json")
        Preset("low", synth.name, values).write(files[-1], synth.space)
    learn_prior(synth, files, folder / "low")
    return folder / "low"


def config(**search):
    return check_experiment({"target": TARGET, "synth": SYNTH, "search": SMALL | search}, "test")


def test_a_run_draws_from_a_learned_prior(prior, tmp_path):
    found = match(
        TARGET, synth=SYNTH, out=tmp_path / "r", workers=1, search=SMALL | {"prior": str(prior)}
    )
    assert found.summary.verified
    assert found.summary.numbers.unlikeliness >= 0
    # resumed from its log, it draws the same
    again = match(
        TARGET,
        synth=SYNTH,
        out=tmp_path / "r",
        resume=True,
        workers=1,
        search=SMALL | {"prior": str(prior)},
    )
    assert again.summary == found.summary
    assert (tmp_path / "r" / "run.yaml").read_text().count("card.json") == 1
    with prepare(config(), workers=1) as plain:  # the target does not depend on the prior
        assert plain.target.sha256 == found.summary.target.sha256
        assert plain.subspace.prior is None
    assert "Unlikeliness" in found.report.read_text()


def test_a_weight_makes_the_answer_likelier(prior, tmp_path):
    search = SMALL | {"prior": str(prior), "prior_weight": 50}
    heavy = match(TARGET, synth=SYNTH, out=tmp_path / "heavy", workers=1, search=search)
    assert heavy.summary.verified
    assert heavy.summary.numbers.unlikeliness < 0.05
    trace = json.loads((tmp_path / "heavy" / "search.json").read_text())
    first = trace["front"][0]
    for name, score in heavy.summary.objectives.items():
        assert np.isclose(first["scores"][name], score)


def test_random_presets_are_low_sines(prior):
    with prepare(config(prior=str(prior)), workers=1) as setup:
        drawn = setup.subspace.sample(200, np.random.default_rng(0))
        rows = setup.synth.space.readable(setup.subspace.decode(drawn))
    assert np.mean([row["osc1_waveform"] == "sine" for row in rows]) > 0.7
    assert np.mean([row["osc2_frequency"] < 283 for row in rows]) > 0.8


def test_runs_with_other_priors_are_other_runs(prior):
    same = config(prior="spec")
    assert "prior" not in json.dumps(same.model_dump(), default=str)
    hashes = {
        config_sha256(each)
        for each in (same, config(prior="musical"), config(prior=str(prior)), config(prior="auto"))
    }
    assert len(hashes) == 4


def test_a_prior_is_found_beside_the_experiment(prior, tmp_path):
    (tmp_path / "near").symlink_to(prior)
    (tmp_path / "a.yaml").write_text(
        json.dumps({"target": TARGET, "synth": SYNTH, "search": {"prior": "near"}})
    )
    loaded = load_experiment(tmp_path / "a.yaml")
    assert loaded.search.prior == (prior / "card.json").resolve()


def test_wrong_priors_are_told(prior):
    with pytest.raises(SynthError, match="There is no prior no-such"):
        prepare(config(prior="no-such"), workers=1)
    with pytest.raises(SynthError, match="is a prior of oscillators: fm has the parameter"):
        prepare(
            check_experiment(
                {"target": TARGET, "synth": "fm", "search": SMALL | {"prior": str(prior)}}, "test"
            ),
            workers=1,
        )
    with pytest.raises(ExperimentError, match="prior_weight needs another prior"):
        config(prior_weight=0.5)
