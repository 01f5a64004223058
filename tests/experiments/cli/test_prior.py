"""The commands of priors."""

import numpy as np
import pytest

from patchwright.synths import Preset
from patchwright.synths.builtin import Oscillators
from patchwright.synths.priors.card import read_card


@pytest.fixture
def presets(tmp_path):
    """Presets with one pitch in common."""
    space = Oscillators.space
    values = space.sample(24, np.random.default_rng(0))
    values[:, 0] = 0.25
    for number, row in enumerate(values):
        Preset("low", "oscillators", row).write(tmp_path / f"{number}.json", space)
    return [tmp_path / f"{number}.json" for number in range(24)]


def test_a_prior_is_learned_and_shown(patchwright, complaint, presets, tmp_path):
    code, output, _ = patchwright(
        *("prior", "learn", "oscillators", *presets, "-o", "p", "--about", "All my own work.")
    )
    assert code == 0
    assert "independent" in output
    assert "24 presets in 24 files" in output
    assert [file.presets for file in read_card(tmp_path / "p").files] == [1] * 24

    code, output, _ = patchwright("prior", "show", "p", "--parameter", "osc1_*", "--html", "p.html")
    assert code == 0
    assert "75.21 Hz" in output  # the pitch of all
    assert "osc1_waveform" in output
    assert "osc2_waveform" not in output
    assert "All my own work." in output
    page = (tmp_path / "p.html").read_text()
    assert "Content-Security-Policy" in page
    assert all(f"<h3>{name}</h3>" in page for name in Oscillators.space.names)
    patchwright("prior", "show", "p", "--html", "again.html")
    assert (tmp_path / "again.html").read_text() == page

    assert "No parameter matches 'x*'" in complaint("prior", "show", "p", "--parameter", "x*")
    assert "leave out --synth" in complaint("prior", "show", "p", "--synth", "fm")


def test_musical_priors_are_shown(patchwright, complaint):
    code, output, _ = patchwright("prior", "show", "musical", "--synth", "subtractive")
    assert code == 0
    assert "osc2_semitones" in output
    assert "amp_sustain 0" in output  # what distinguishes plucked presets
    assert "name it with --synth" in complaint("prior", "show", "musical")
    assert "There is no prior musicl" in complaint("prior", "show", "musicl")


def test_what_cannot_be_learned_from_is_told(complaint, presets, tmp_path):
    wrong = ("prior", "learn", "oscillators", "-o", "p")
    assert "needs 20" in complaint(*wrong, *presets[:3])
    assert "preset of 'oscillators', not of fm" in complaint(
        "prior", "learn", "fm", "-o", "p", presets[0]
    )
    assert "no finished run" in complaint(*wrong, tmp_path)
