"""Models that are programs: nothing in them runs before their author is trusted."""

import hashlib

import pytest
import torch
from torch import nn

from patchwright.objectives import ObjectiveError
from patchwright.objectives.embeddings import load_embedding, trust
from patchwright.objectives.embeddings.trusted import trusted_list

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SR = 16_000


class Diary(nn.Module):
    """Writes a file whenever it is used."""

    def __init__(self, file: str):
        super().__init__()
        self.file = file

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        torch.save(samples, self.file)
        return samples[:, :6]


@pytest.fixture(autouse=True)
def _settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


@pytest.fixture
def diary(tmp_path):
    """A model, and the file that it writes."""
    path, written = tmp_path / "my diary.pt", tmp_path / "written"
    torch.jit.script(Diary(str(written))).save(path)
    return path, written


def test_a_model_runs_only_when_it_is_trusted(diary):
    path, written = diary
    for _ in range(2):
        with pytest.raises(ObjectiveError, match=r"not trusted: .* --trust '.*my diary\.pt'"):
            load_embedding(str(path), sr=SR)
        assert not written.exists()
    digest = trust(path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_embedding(str(path), sr=SR).name == "torch_my diary"
    assert written.exists()
    assert trust(path) == digest
    assert trusted_list().read_text() == f"{digest}  my diary.pt\n"


def test_the_content_counts_and_not_the_name(diary, tmp_path):
    path, written = diary
    trust(path)
    path.rename(tmp_path / "other.ts")
    assert load_embedding(str(tmp_path / "other.ts"), sr=SR).name == "torch_other"
    written.unlink()
    torch.jit.script(Diary(str(written) + "2")).save(path)
    with pytest.raises(ObjectiveError, match="--trust"):
        load_embedding(str(path), sr=SR)
    assert not (tmp_path / "written2").exists()


@pytest.mark.parametrize("damage", [b"", b"\n\xff\n", b"0" * 63 + b"\n", b"  small.pt\n"])
def test_a_damaged_list_trusts_nothing(diary, damage):
    path, _ = diary
    trusted_list().parent.mkdir(parents=True)
    trusted_list().write_bytes(damage)
    with pytest.raises(ObjectiveError, match="--trust"):
        load_embedding(str(path), sr=SR)


def test_mistakes_are_told(tmp_path, diary):
    with pytest.raises(ObjectiveError, match="There is no file"):
        trust(tmp_path / "none.pt")
    (tmp_path / "settings").write_text("")
    with pytest.raises(ObjectiveError, match="set XDG_CONFIG_HOME"):
        trust(diary[0])
