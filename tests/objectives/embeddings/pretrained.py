"""Small models with weights from a formula, as files in the published format."""

import warnings

import librosa
import numpy as np
import torch
from safetensors.torch import save_file

from patchwright.objectives.embeddings.efficientat import EfficientAT
from patchwright.objectives.embeddings.mobilenet import MobileNet
from patchwright.objectives.embeddings.openl3 import OpenL3
from patchwright.objectives.embeddings.passt import PaSST
from patchwright.objectives.embeddings.transformer import PatchTransformer

SMALL_TRANSFORMER = {
    "width": 64,
    "depth": 2,
    "n_heads": 1,
    "hidden": 128,
    "stride": 10,
    "n_frequencies": 12,
    "n_times": 9,
    "n_classes": 5,
}
OPENL3_CHANNELS = (64, 64, 128, 128, 256, 256, 512, 512)


def waves(shape, phase):
    """Return numbers from -1 to 1 that look random and are equal on any machine."""
    n = int(np.prod(shape))
    values = np.sin(np.arange(n, dtype=np.float64) ** 2 * 0.37 + phase)
    return torch.from_numpy(values.reshape(shape)).to(torch.float32)


def fill(state):
    """Return the same tensors with weights from a formula that keeps activations near 1."""
    filled = {}
    for index, (name, tensor) in enumerate(state.items()):
        values = waves(tuple(tensor.shape), index)
        if name.endswith("num_batches_tracked"):
            filled[name] = torch.tensor(1000)
        elif name.endswith("running_var"):
            filled[name] = 1.0 + 0.5 * values
        elif name.endswith("weight") and tensor.ndim == 1:
            filled[name] = 1.0 + 0.3 * values
        elif tensor.ndim > 1:
            filled[name] = values * (2.0 / max(1, tensor[0].numel())) ** 0.5
        else:
            filled[name] = 0.3 * values
    return filled


def mel_bank(n_mels):
    """Return OpenL3's mel bank, by librosa."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters")  # as they were in training
        bank = librosa.filters.mel(sr=48_000, n_fft=2048, n_mels=n_mels, htk=True, norm="slaney")
    return torch.from_numpy(bank)


def openl3_state(channels, n_mels):
    """Return a state dict of torchopenl3, with its spectrogram layer."""
    state, before = {}, 1
    names = [*(f"conv2d_{index}" for index in range(1, 8)), "audio_embedding_layer"]
    for index, (name, out) in enumerate(zip(names, channels, strict=True), start=1):
        for part in ("weight", "bias", "running_mean", "running_var"):
            state[f"batch_normalization_{index}.{part}"] = torch.zeros(before)
        state[f"batch_normalization_{index}.num_batches_tracked"] = torch.tensor(0)
        state[f"{name}.weight"] = torch.zeros(out, before, 3, 3)
        state[f"{name}.bias"] = torch.zeros(out)
        before = out
    state = fill(state)
    state["speclayer.mel_basis"] = mel_bank(n_mels)
    state["speclayer.dft_real_kernels"] = torch.zeros(1)
    state["speclayer.dft_imag_kernels"] = torch.zeros(1)
    return state


def states():
    """Return state dicts of a small model of each family, by class."""
    return {
        EfficientAT: fill(MobileNet(width=0.1, n_classes=5).state_dict()),
        PaSST: fill(PatchTransformer(**SMALL_TRANSFORMER).state_dict()),
        OpenL3: openl3_state((4, 4, 6, 6, 8, 8, 10, 10), 128),
    }


def save(state, path):
    """Write a state dict as safetensors."""
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    return path
