"""The option --trust: a model is not run because a config names it."""

import json

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

QUICK = ["--renders", "30", "--set", "search.calibration=20", "--set", "sr=16000", "--workers", "1"]


class Level(nn.Module):
    def forward(self, samples):
        return samples.unfold(1, 160, 160).square().mean(2)[:, :1]


@pytest.mark.parametrize("command", ["match", "run"])
def test_a_model_is_trusted_once(command, patchwright, complaint, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    torch.jit.trace(Level(), torch.zeros(1, 16_000)).save(tmp_path / "level.pt")
    options = {"embedding": str(tmp_path / "level.pt"), "sr": 16_000}
    objectives = json.dumps([{"name": "embedding", "options": options}])
    target = "{random: 1, duration: 0.1, length: 0.2}"
    search = "{method: random, renders: 30, calibration: 20}"
    config = f"target: {target}\nsr: 16000\nobjectives: {objectives}\nsearch: {search}\n"
    (tmp_path / "a.yaml").write_text(config)
    arguments = ["run", "a.yaml"]
    if command == "match":
        soundfile.write("a.wav", 0.5 * np.sin(np.arange(8_000) / 12), 16_000)
        arguments = [
            "match",
            "a.wav",
            "--length",
            "0.2",
            *QUICK,
            "--set",
            f"objectives={objectives}",
        ]
    assert "--trust" in complaint(*arguments, "--out", "one")
    code, _, said = patchwright(*arguments, "--out", "one", "--trust", "level.pt")
    assert code == 0, said
    assert "level.pt may be run from now on" in said
    code, _, said = patchwright(*arguments, "--out", "two")
    assert code == 0, said
    assert "level.pt" not in said
    assert "There is no file none.pt" in complaint(*arguments, "--trust", "none.pt")
