import pytest
import torch

from patchwright.objectives.signal.features import Features
from patchwright.surrogates.estimators.augmentation import (
    Augmentation,
    equaliser,
    in_room,
    louder,
    shifted,
    with_noise,
)

FLOOR = -90.0
FEATURES = Features.of(sr=8_000, length=0.5, bands=24)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def heard():
    """Decaying tones, silent after half of the time."""
    time = torch.arange(FEATURES.samples) / FEATURES.sr
    tones = [torch.sin(6.2832 * hz * time) * torch.exp(-8 * time) for hz in (250, 500, 1_500)]
    sound = torch.stack(tones) * (time < 0.25)
    return FEATURES(sound[:, None])


def test_more_level_is_more_level_and_silence_stays(heard):
    found = louder(heard, torch.full((3, 24), 6.0), FLOOR)
    loud = heard > -40
    torch.testing.assert_close(found[loud], heard[loud] + 6, atol=1e-3, rtol=0)
    silent = heard < FLOOR + 0.01
    assert (found[silent] < FLOOR + 0.05).all()


def test_gains_agree_with_those_of_the_sound(heard):
    sound = torch.randn(1, 1, FEATURES.samples, generator=generator())
    expected = FEATURES(0.5 * sound)
    found = louder(FEATURES(sound), torch.full((1, 24), 20 * torch.log10(torch.tensor(0.5))), FLOOR)
    torch.testing.assert_close(found, expected, atol=0.01, rtol=0)


def test_a_shift_moves_pitch_up_and_time_later(heard):
    whole = shifted(heard, bands=torch.full((3,), 2.0), frames=torch.full((3,), 1.0), floor=FLOOR)
    torch.testing.assert_close(whole[:, 2:, 1:], heard[:, :-2, :-1], atol=1e-2, rtol=0)
    assert torch.allclose(whole[:, :, 0], torch.tensor(FLOOR), atol=1e-2)


def test_a_room_adds_a_tail_and_nothing_before_the_sound(heard):
    found = in_room(heard, torch.full((3,), 20.0), generator(), FLOOR)
    assert (found >= heard - 1e-3).all()
    end = heard.shape[2] - 3
    assert (found[:, :, end] > heard[:, :, end] + 6).any(dim=1).all()
    torch.testing.assert_close(found[:, :, 0], heard[:, :, 0], atol=1e-3, rtol=0)


def test_noise_fills_silence_at_its_level(heard):
    found = with_noise(heard, torch.full((3,), 30.0), generator())
    quiet = heard[0, :, -3:].max()
    level = heard[0].max() - 30
    assert quiet < level - 20
    assert found[0, :, -3:].mean() == pytest.approx(float(level), abs=12)


def test_equalisers_are_smooth_and_differ(heard):
    curves = equaliser(500, 24, 4.0, generator())
    assert curves.std(dim=0).max() == pytest.approx(4.0, rel=0.15)
    assert curves.diff(dim=1).abs().max() < 5
    assert not torch.equal(curves[0], curves[1])


def test_the_generator_decides_and_a_share_is_left_alone(heard):
    where = {"floor": FLOOR, "hop": 0.02, "bands_per_octave": 3.0}
    many = heard[:1].expand(200, -1, -1)
    first, same, other = (Augmentation(share=0.7)(many, generator(s), **where) for s in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    changed = (first != many).any(dim=(1, 2)).float().mean()
    assert changed == pytest.approx(0.7, abs=0.1)
    nothing = Augmentation(level=0, equaliser=0, room=0, noise=0, pitch=0, timing=0)
    torch.testing.assert_close(nothing(many, generator(), **where), many, atol=1e-3, rtol=0)
