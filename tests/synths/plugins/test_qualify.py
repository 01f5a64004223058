"""Verdicts on a plugin's renders, beyond the tests of the command."""

import numpy as np

from patchwright.synths.plugins import qualify as qualification
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.qualify import VERDICTS, qualify, verdict_path
from tests.sizes import size
from tests.synths.sample_plugins import plugin

PRESETS = size(whole=22, quick=6)


def test_amsynth_repeats_in_a_fork_and_not_with_its_hosts_own_reset(tmp_path, monkeypatch):
    monkeypatch.setattr(qualification, "_MAX_RESPAWNS", PRESETS - 2)
    spec, locks = plugin("amsynth", tmp_path)
    steps = []
    verdict, renders = qualify(spec, locks, presets=PRESETS, progress=steps.append)
    by_policy = {trial.policy: trial for trial in verdict.trials}
    assert list(by_policy) == list(Policy)
    assert steps[:5] == list(Policy)
    assert not by_policy[Policy.none].exact
    assert not by_policy[Policy.reset].exact
    assert by_policy[Policy.fork].exact
    assert by_policy[Policy.respawn].exact
    assert (
        by_policy[Policy.respawn].presets < PRESETS
    )  # and it is compared with the others nevertheless
    assert verdict.chosen is Policy.fork
    assert verdict.repeats
    assert verdict.causes == {}
    assert list(renders) == [Policy.reset, Policy.fork]
    assert renders[Policy.fork].identical.all()
    assert not renders[Policy.reset].identical.any()
    assert np.array_equal(renders[Policy.fork].first, renders[Policy.fork].second)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = verdict_path(spec, locks)
    assert path.is_relative_to(tmp_path)
    assert verdict_path(spec, {}) != path
    assert VERDICTS.read(path) is None
    VERDICTS.write(path, verdict)
    assert VERDICTS.read(path) == verdict
    path.write_text(path.read_text()[:-20])
    assert VERDICTS.read(path) is None
