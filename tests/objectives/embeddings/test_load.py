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
        ("mel_stat", {}, "'mel_stat': did you mean 'mel_stats'"),
        ("MFCC_stats", {}, "did you mean 'mfcc_stats'"),
        ("onx:model", {}, "did you mean 'onnx:PATH'"),
        ("wav2vec.bin", {}, "mel_stats, mfcc_stats, modulation, aisfx, clap:PATH, "),
        ("aisfx", {"sr": 1}, "aisfx .* sr: leave it out"),
        ("mel_stats", {"sr": 16_000}, "mel_stats .* sr: leave it out"),
        ("onnx:none", {"sr": 1}, "no file none: .* ONNX"),
        ("none.onnx", {"sr": 1}, r"no file none\.onnx: .* ONNX"),
        ("torch:.", {"sr": 1}, r"no file \.: .* TorchScript"),
        ("none.ts", {"sr": 1}, r"TorchScript.*torch\.jit"),
        ("clap:none", {}, "no folder none: .* CLAP .*laion/"),
        ("efficientat:none", {}, "no file none: .* EfficientAT .*mn10_as"),
        ("efficientat:none", {"sr": 1}, "efficientat:none .* sr: leave it out"),
        ("openl3:none", {}, "no file none: .* OpenL3"),
        ("passt:", {}, r"no file \.: .* PaSST"),
        ("torch:model.pt2", {}, r"torch:model\.pt2 .*can run code.*torch\.onnx\.export"),
    ],
)
def test_a_missing_model_or_option_is_named(text, options, complaint):
    with pytest.raises(ObjectiveError, match=complaint):
        load_embedding(text, **options)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "small.onnx .*sr: 16000"),
        ({"sr": 0}, "sr must be .*, not 0"),
        ({"sr": 16_000.5}, r"sr must be .*, not 16000\.5"),
        ({"rate": 16_000}, "rate: leave it out"),
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
