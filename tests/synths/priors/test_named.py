"""Priors by name: musical ones of the built-in synths, and shipped ones."""

import numpy as np
import pytest

from patchwright.synths import SynthError
from patchwright.synths.builtin import SYNTHS, Oscillators
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.priors.card import read_card
from patchwright.synths.priors.folder import read_alone
from patchwright.synths.priors.musical import PRIORS, musical_prior
from patchwright.synths.priors.named import find_prior
from patchwright.synths.priors.names import SHIPPED, prior_folder, shipped_priors
from tests.synths.amsynth_plugin import amsynth


def test_every_built_in_synth_has_a_musical_prior():
    assert set(PRIORS) == set(SYNTHS)
    for name, cls in SYNTHS.items():
        prior = musical_prior(cls.space, name)
        assert (prior.probabilities > 0).all()  # nothing is impossible
        assert prior.entropy < 0.9 * find_entropy(cls.space)
        assert find_prior("auto", cls.space, name) is not None


def find_entropy(space):
    from patchwright.synths.priors.mixture import Mixture

    return Mixture.of_spec(space).entropy


def test_musical_presets_are_musical():
    space = SYNTHS["subtractive"].space
    rows = space.readable(space.snap(draws("subtractive", 2_000)))

    def share(holds):
        return np.mean([holds(row) for row in rows])

    octaves = (0, 12, -12, 24, -24, 7, 19, 5)
    assert share(lambda row: row["osc2_semitones"] in octaves) > 0.6
    assert share(lambda row: abs(row["osc2_tune"]) <= 25) > 0.85
    assert share(lambda row: row["lfo_pitch"] <= 1) > 0.9
    plucked = [row for row in rows if row["amp_sustain"] == 0]
    assert 0.25 < len(plucked) / len(rows) < 0.45
    assert np.mean([row["amp_attack"] < 0.05 for row in plucked]) > 0.9


def test_oscillators_are_mostly_in_tune_with_each_other():
    for k in (2, 5):
        space = Oscillators(k=k).space
        values = musical_prior(space, "oscillators").sample(500, np.random.default_rng(0))
        pitches = np.array(
            [
                [row[f"osc{i}_frequency"] for i in (1, 2)]
                for row in space.readable(space.snap(values))
            ]
        )
        ratios = pitches[:, 1] / pitches[:, 0]
        simple = np.min(np.abs(ratios[:, np.newaxis] - [1, 1.5, 2]), axis=1) < 1e-3
        assert simple.mean() > 0.7


def draws(synth, n):
    return musical_prior(SYNTHS[synth].space, synth).sample(n, np.random.default_rng(0))


def test_wrong_names_are_told():
    space = SYNTHS["fm"].space
    with pytest.raises(SynthError, match="did you mean 'musical'"):
        find_prior("musicl", space, "fm")
    with pytest.raises(SynthError, match="vst3:Dexed has no musical prior"):
        find_prior("musical", space, "vst3:Dexed")
    with pytest.raises(SynthError, match=r"prior of vst2:amsynth_vst: fm has the parameter op1"):
        find_prior("amsynth", space, "fm")
    assert find_prior("spec", space, "fm") is None
    assert find_prior("auto", space, "another") is None


@pytest.mark.parametrize("name", shipped_priors())
def test_shipped_priors_are_small_and_say_where_they_come_from(name):
    prior, card, space = read_alone(prior_folder(name))
    assert sum(file.stat().st_size for file in (SHIPPED / name).iterdir()) < 300_000
    assert "GPL" in card.about
    assert card.presets == 2_891
    costs = {held.name: held for held in card.held_out}
    assert costs[card.chosen].low > 0.5
    assert prior.sample(2, np.random.default_rng(0)).shape == (2, len(space))


def test_the_shipped_prior_is_of_the_installed_amsynth():
    with RenderPool(resolve(str(amsynth()))) as pool:
        assert read_card(prior_folder("amsynth")).difference(pool.space, pool.name) is None
        assert find_prior("auto", pool.space, pool.name) is not None
