import importlib
import sys

import pytest

from patchwright import objectives
from patchwright.objectives import ObjectiveError
from patchwright.objectives.embeddings import EMBEDDINGS, MelStats, load_embedding


def test_a_name_makes_an_embedding():
    assert isinstance(load_embedding("mel_stats"), MelStats)
    assert {load_embedding(name).name for name in EMBEDDINGS} == set(EMBEDDINGS)


@pytest.mark.parametrize(
    ("text", "options", "complaint"),
    [
        ("mel_stat", {}, "There is no embedding 'mel_stat': did you mean 'mel_stats'?"),
        ("MFCC_stats", {}, "did you mean 'mfcc_stats'?"),
        ("onx:model", {}, "did you mean 'onnx:PATH'?"),
        ("wav2vec.bin", {}, "the choices are mel_stats, mfcc_stats, modulation, clap:PATH, "),
        ("mel_stats", {"sr": 16_000}, "The embedding mel_stats takes no sr: leave it out."),
        ("onnx:none", {"sr": 1}, "There is no file none: get a model of samples in ONNX format"),
        ("none.onnx", {"sr": 1}, "There is no file none.onnx: get a model of samples in ONNX"),
        ("torch:.", {"sr": 1}, "There is no file .: get a model of samples in TorchScript"),
        ("none.ts", {"sr": 1}, "get a model of samples in TorchScript, or write one by torch.jit"),
        ("clap:none", {}, "There is no folder none: get all files of a CLAP model such as laion/"),
        ("efficientat:none", {}, "There is no file none: get an EfficientAT model such as mn10_as"),
        ("efficientat:none", {"sr": 1}, "The embedding efficientat:none takes no sr"),
        ("openl3:none", {}, "There is no file none: get an OpenL3 model"),
        ("passt:", {}, "There is no file .: get a PaSST model"),
        (
            "torch:model.pt2",
            {},
            "torch.export.load can run code that a file brings: export the model",
        ),
    ],
)
def test_what_is_not_there_is_told_with_its_mend(text, options, complaint):
    with pytest.raises(ObjectiveError) as error:
        load_embedding(text, **options)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "say it for .*small.onnx, for example sr: 16000"),
        ({"sr": 0}, "sr must be a whole number from 1, not 0"),
        ({"sr": 16_000.5}, "sr must be a whole number"),
        ({"rate": 16_000}, "takes no rate"),
    ],
)
def test_options_are_checked(tmp_path, options, complaint):
    path = tmp_path / "small.onnx"
    path.touch()
    with pytest.raises(ObjectiveError, match=complaint):
        load_embedding(str(path), **options)


@pytest.mark.parametrize(
    ("kind", "module", "extra"),
    [("onnx", "onnxruntime", "onnx"), ("clap", "transformers", "clap")],
)
def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch, kind, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path if kind == "clap" else tmp_path / "small.onnx"
    if kind != "clap":
        path.touch()
    options = {} if kind == "clap" else {"sr": 16_000}
    with pytest.raises(ObjectiveError) as error:
        load_embedding(f"{kind}:{path}", **options)
    assert str(error.value) == f"{module} is not installed: pip install 'patchwright[{extra}]'."


def test_those_libraries_are_imported_only_when_needed(monkeypatch):
    for module in ("onnxruntime", "transformers"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(objectives, "embeddings", objectives.embeddings)
    for module in [
        name for name in sys.modules if name.startswith("patchwright.objectives.embeddings")
    ]:
        monkeypatch.delitem(sys.modules, module)
    again = importlib.import_module("patchwright.objectives.embeddings")
    assert again.load_embedding is not load_embedding
    assert again.load_embedding("mel_stats").name == "mel_stats"
