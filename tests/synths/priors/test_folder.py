"""Model folders: round trips, damage, and priors of other synths."""

import json

import numpy as np
import pytest

from patchwright.synths import Parameter, ParameterSpace, SynthError
from patchwright.synths.plugins.spec import spec_content
from patchwright.synths.priors.card import PriorCard, read_card
from patchwright.synths.priors.cells import Cells
from patchwright.synths.priors.copula import Copula
from patchwright.synths.priors.folder import TENSORS, read_alone, read_prior, write_prior
from patchwright.synths.priors.names import CARD
from tests.synths.damage import refusal
from tests.synths.priors.small_spaces import MIXED, two_kinds
from tests.synths.priors.test_mixture import fitted


def card_of(kind):
    return PriorCard(
        kind=kind,
        chosen="a kind",
        synth="mixed",
        presets=100,
        duplicates=0,
        excluded=0.0,
        held_out=(),
        seed=0,
        files=(),
        space=spec_content(MIXED),
    )


@pytest.fixture(params=["mixture", "copula"])
def prior(request):
    mixture = fitted(MIXED, two_kinds(100), 3)
    if request.param == "mixture":
        return mixture
    correlation = np.full((5, 5), 0.3) + 0.7 * np.eye(5)
    return Copula(mixture.cells, correlation, mixture.marginals)


@pytest.fixture
def folder(prior, tmp_path):
    write_prior(tmp_path / "p", prior, card_of(type(prior).__name__.lower()))
    return tmp_path / "p"


def test_a_prior_is_read_as_it_was_written(prior, folder):
    values = two_kinds(50, seed=5)
    found = read_prior(folder, MIXED, "mixed")
    np.testing.assert_allclose(
        found.log_probability(values), prior.log_probability(values), atol=0.02
    )
    again, card, space = read_alone(folder / CARD)
    assert space == MIXED
    assert card.synth == "mixed"
    assert np.array_equal(again.marginals, found.marginals)
    write_prior(folder.parent / "again", found, card)
    twice = read_prior(folder.parent / "again", MIXED, "mixed")
    np.testing.assert_allclose(twice.marginals, found.marginals, atol=1e-3)


def test_a_prior_of_another_synth_is_refused_with_what_differs(folder):
    def told(*parameters):
        return refusal(read_prior, folder, ParameterSpace(parameters), "other")

    wave, level, octave, sync, cutoff = MIXED.parameters
    number = Parameter(name="wave", kind="integer", low=0, high=2, default=0)
    shorter = Parameter(name="octave", kind="integer", low=-1, high=2, default=0)
    assert "kind of wave is categorical there, and integer in other" in told(
        number, level, octave, sync, cutoff
    )
    assert "range of octave is -2 to 2 there, and -1 to 2" in told(
        wave, level, shorter, sync, cutoff
    )
    assert "it has the parameter cutoff, and other has not" in told(wave, level, octave, sync)
    extra = Parameter(name="extra", kind="boolean", default=False)
    assert "other has the parameter extra" in told(*MIXED.parameters, extra)
    assert "another order" in told(level, wave, octave, sync, cutoff)


def test_damage_is_told_in_a_sentence(folder):
    def told():
        return refusal(read_prior, folder, MIXED, "mixed")

    card, data = (folder / CARD).read_text(), (folder / TENSORS).read_bytes()
    for at in (3, len(data) // 2, len(data) - 1):
        (folder / TENSORS).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert f"{TENSORS} is damaged" in told()
    (folder / TENSORS).write_bytes(data[:-9])
    assert f"{TENSORS} is damaged" in told()
    (folder / TENSORS).unlink()
    assert TENSORS in told()
    (folder / TENSORS).write_bytes(data)
    for wrong in (card[:-20], "{}", card.replace('"seed": 0', '"seed": "x"'), "[" * 999):
        (folder / CARD).write_text(wrong)
        assert f"{CARD} is damaged" in told()
    (folder / CARD).write_text(card.replace('"format": 1', '"format": 9'))
    assert "format 9" in told()
    document = json.loads(card)
    document["space"]["parameters"]["level"]["kind"] = "odd"
    (folder / CARD).write_text(json.dumps(document))
    assert "level.kind" in told()
    (folder / CARD).unlink()
    assert "is no prior (card.json is missing)" in told()


def test_arrays_that_do_not_fit_are_refused(folder, prior):
    """The hash does not protect against a folder that was made wrongly."""
    card = read_card(folder)
    wrong = fitted(MIXED, two_kinds(100), 3)
    smaller = Cells.of(MIXED.levels.tolist(), [[]] * 5)
    for broken in (
        {"cells": smaller},
        {"probabilities": np.full_like(wrong.probabilities, 0.5)},
        {"weights": np.array([0.5, 0.5, 0.5])},
    ):
        changed = type(wrong)(**{**vars_of(wrong), **broken})
        write_prior(folder, changed, card.model_copy(update={"kind": "mixture"}))
        assert "is damaged" in refusal(read_prior, folder, MIXED, "mixed")


def vars_of(prior):
    return {name: getattr(prior, name) for name in ("cells", "weights", "probabilities")}


def test_a_link_is_not_written_through(folder, prior, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(SynthError, match="link"):
        write_prior(tmp_path / "link", prior, card_of("mixture"))
