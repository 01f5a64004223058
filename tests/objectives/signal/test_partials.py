import numpy as np
import pytest

from patchwright.objectives.signal.partials import Partials, find_partials

SR = 44_100


def partials(*hz: float) -> Partials:
    return Partials(np.array(hz), np.ones(len(hz)))


def test_partials_are_found_with_their_amplitudes() -> None:
    time = np.arange(SR) / SR
    rng = np.random.default_rng(1)
    hz, amplitudes = (55.3, 131.0, 466.0, 2093.7), (0.2, 1.0, 0.5, 0.05)
    audio = sum(a * np.sin(2 * np.pi * f * time) for f, a in zip(hz, amplitudes, strict=True))
    found = find_partials((audio + 0.01 * rng.standard_normal(SR)).astype(np.float32), SR)
    np.testing.assert_allclose(found.hz, hz, atol=0.3)
    np.testing.assert_allclose(found.amplitudes, amplitudes, rtol=0.1)


@pytest.mark.parametrize("audio", [np.zeros(SR), np.zeros(10), np.zeros(0)])
def test_silence_has_no_partials(audio: np.ndarray) -> None:
    assert len(find_partials(audio.astype(np.float32), SR).hz) == 0


def test_noise_has_few_partials() -> None:
    audio = np.random.default_rng(2).standard_normal(3 * SR).astype(np.float32)
    assert len(find_partials(audio, SR).hz) == 0


@pytest.mark.parametrize("multiple", [2, 3, 5, 8])
def test_a_sub_harmonic_is_raised(multiple: int) -> None:
    found = partials(220.0, 440.0, 660.0, 880.0)
    assert not found.supports(220.0 / multiple)
    assert found.raised(220.0 / multiple) == pytest.approx(220.0)
    assert found.supports(220.0)


def test_the_share_of_harmonics() -> None:
    found = partials(100.0, 202.0, 310.0, 250.0)  # 3 % of the third is 9 Hz
    assert found.harmonic_share(100.0) == 0.5
    assert partials().harmonic_share(100.0) == 0.0


def test_a_bell_and_no_bell() -> None:
    assert partials(130.0, 262.0, 312.0, 524.0, 790.0).strike_note() == pytest.approx(262.0)
    assert partials(130.0, 262.0, 524.0, 790.0).strike_note() is None  # no minor third
    assert partials(*np.arange(1, 30) * 100.0).strike_note() is None
    assert partials().strike_note() is None
