"""What parameters do to the sound, and the lock files that follow from it."""

import numpy as np
import pytest
import yaml

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.trust.exploration import Effect, Exploration, explore, lock_text
from patchwright.objectives import OBJECTIVES
from patchwright.synths import Note, Performance
from patchwright.synths.builtin import Subtractive
from patchwright.synths.parameters.locks import read_lock
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.sample_plugins import need_amsynth

PERFORMANCE = Performance(notes=(Note(pitch=60, duration=0.1),), length=0.15, sr=22_050)


def distances():
    return [OBJECTIVES[name]() for name in ("mfcc_mae", "log_mel")]


@pytest.fixture(scope="module")
def subtractive():
    with Subtractive() as synth:
        yield explore(synth, PERFORMANCE, distances(), states=3, seed=1)


def test_effects_are_in_order_and_count_all_parameters(subtractive):
    means = [effect.mean for effect in subtractive.effects]
    assert means == sorted(means, reverse=True)
    assert means[0] > 0.1
    names = {effect.name for effect in subtractive.effects}
    assert names.isdisjoint(subtractive.settings)
    assert names | set(subtractive.settings) == set(Subtractive.space.names)
    assert subtractive.renders >= 3 * len(names)


def test_what_shapes_the_sound_counts_more_than_what_hardly_does(subtractive):
    place = {effect.name: n for n, effect in enumerate(subtractive.effects)}
    assert place["filter_cutoff"] < len(place) / 2
    assert {effect.name: effect.heard for effect in subtractive.effects}["filter_cutoff"] == 1.0


def test_the_same_seed_gives_the_same_effects(subtractive):
    with Subtractive() as synth:
        again = explore(synth, PERFORMANCE, distances(), states=3, seed=1)
    assert again == subtractive


def test_a_parameter_without_effect_is_dead():
    """A cutoff that is not passed on to the synth."""

    class Stuck(Subtractive):
        def render(self, values, performance):
            given = np.array(values)
            given[:, self.space.index("filter_cutoff")] = 0.9
            return super().render(given, performance)

    with Stuck() as synth:
        found = explore(synth, PERFORMANCE, distances(), states=2)
    heard = {effect.name: effect.heard for effect in found.effects}
    assert heard["filter_cutoff"] == 0.0
    assert "filter_cutoff" not in found.choose(len(heard))
    assert sum(share > 0 for share in heard.values()) >= len(heard) / 2


def test_a_silent_synth_is_refused():
    class Silent(Subtractive):
        def render(self, values, performance):
            renders = super().render(values, performance)
            renders.audio[:] = 0.0
            return renders

    with Silent() as synth, pytest.raises(ExperimentError, match="--state"):
        explore(synth, PERFORMANCE, distances(), states=2)


def effect(name, group, mean):
    return Effect(name=name, group=group, mean=mean, spread=0.0, heard=float(mean > 0))


def exploration(*effects):
    return Exploration(
        synth="one", states=3, renders=30, effects=tuple(effects), settings=("volume",)
    )


@pytest.mark.parametrize(
    ("n", "names"),
    [
        (1, ["cutoff"]),  # its group does not fit
        (2, ["cutoff", "resonance"]),
        (3, ["cutoff", "resonance", "attack"]),
        (5, ["cutoff", "resonance", "attack", "wave"]),  # no more are heard enough
    ],
)
def test_groups_are_chosen_whole_where_they_fit(n, names):
    found = exploration(
        effect("cutoff", "filter", 1.0),
        effect("attack", "amp", 0.8),
        effect("resonance", "filter", 0.5),
        effect("wave", "wave", 0.4),
        effect("decay", "amp", 0.0),
        effect("drive", "filter", 0.0),
    )
    assert found.choose(n) == names


def test_a_lock_file_frees_the_chosen_ones(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(lock_text(exploration(effect("cutoff", "f", 1.0), effect("x", "x", 0.5)), 1))
    assert read_lock(path) == {"free": ["cutoff"]}
    assert "3 renders" not in path.read_text()
    assert "30 renders" in path.read_text()


def test_amsynth_has_the_same_effects_with_any_number_of_workers():
    need_amsynth()
    found = []
    for workers in (1, 2):
        with RenderPool(resolve("vst2:amsynth_vst"), workers=workers) as pool:
            found.append(explore(pool, PERFORMANCE, distances(), states=2, seed=2))
    assert found[0] == found[1]
    assert found[0].settings == ("master_vol",)
    assert yaml.safe_load(lock_text(found[0], 8))["free"] == found[0].choose(8)
    assert "filter_type" in found[0].choose(8)


class Broken(Subtractive):
    """A synth whose renders are not finite."""

    def audio(self, values, performance):
        return super().audio(values, performance) * float("nan")


def test_a_synth_that_fails_is_not_called_silent():
    with pytest.raises(ExperimentError, match=r"100% of .* fail \(non finite\): .*synth qualify"):
        explore(Broken(), PERFORMANCE, distances(), states=2)
