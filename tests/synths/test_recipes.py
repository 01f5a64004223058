"""The recipes in synths/README.md, followed literally: their code is what is tested here.

The recipe for a plugin host is tested in `plugins/test_new_host.py` and `plugins/test_hosts.py`.
"""

import importlib.util
import inspect
import sys

import numpy as np
import pytest

from patchwright.synths import Preset, SynthError, read_preset, write_preset
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.presets import files
from tests.synths import test_conformance
from tests.synths.damage import check_reader
from tests.synths.readme import blocks

CONFORMANCE = {
    name: check
    for name, check in vars(test_conformance).items()
    if name.startswith("test_")
    and list(inspect.signature(check).parameters) == ["synth"]
    and not hasattr(check, "pytestmark")  # needs a GPU
}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that makes a module of code, which new processes can import too."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(name, code):
        path = tmp_path / f"{name}.py"
        path.write_text(code)
        spec = importlib.util.spec_from_file_location(name, path)
        made = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, made)
        spec.loader.exec_module(made)
        return made

    return make


@pytest.fixture
def organ(module, monkeypatch):
    """Synth of the first recipe, in the registry."""
    (code,) = blocks("Add a built-in synth")
    monkeypatch.setitem(SYNTHS, "organ", module("organ", code).Organ)
    return SYNTHS["organ"]()


@pytest.mark.parametrize("check", CONFORMANCE)
def test_a_new_synth_conforms(check, organ):
    CONFORMANCE[check](organ)


def test_a_new_synth_that_breaks_the_contract_does_not_conform(organ):
    organ.audio = lambda values, performance: np.nan * type(organ).audio(organ, values, performance)
    with pytest.raises(AssertionError):
        CONFORMANCE["test_shapes_kinds_and_statuses"](organ)


def test_a_new_format_is_read_and_written(organ, module, monkeypatch, tmp_path):
    code, entry = blocks("Add a preset format")
    patch = module("patch", code)
    path = tmp_path / "a.patch"
    preset = Preset("some", "organ", organ.space.sample(1, np.random.default_rng(0))[0])
    with pytest.raises(SynthError, match="no preset files"):
        write_preset(path, preset, organ)
    format_ = eval(entry, {"Format": files.Format, "patch": patch})  # noqa: S307 - our README's
    monkeypatch.setattr(files, "FORMATS", [*files.FORMATS, format_])
    write_preset(path, preset, organ)
    found = read_preset(path, organ)
    assert found.name == "some"
    assert np.array_equal(found.values, preset.values)
    assert check_reader(patch.decode, path.read_bytes()) > 10
    with pytest.raises(SynthError, match="no preset files"):
        write_preset(path, preset, SYNTHS["fm"]())
