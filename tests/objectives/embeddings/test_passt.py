import pytest
import torch

from patchwright.objectives import ObjectiveError, Spectra
from patchwright.objectives.embeddings.passt import PaSST, evenly_spaced_pieces
from patchwright.objectives.embeddings.transformer import PatchTransformer
from tests.objectives.embeddings.pretrained import SMALL_TRANSFORMER, fill, save, waves

LARGE = {
    "width": 768,
    "depth": 12,
    "n_heads": 12,
    "hidden": 3072,
    "stride": 10,
    "n_frequencies": 12,
    "n_times": 99,
    "n_classes": 527,
}
PUBLISHED = {
    "cls_token": (1, 1, 768),
    "dist_token": (1, 1, 768),
    "new_pos_embed": (1, 2, 768),
    "freq_new_pos_embed": (1, 768, 12, 1),
    "time_new_pos_embed": (1, 768, 1, 99),
    "patch_embed.proj.weight": (768, 1, 16, 16),
    "patch_embed.proj.bias": (768,),
    "norm.weight": (768,),
    "norm.bias": (768,),
    "head.0.weight": (768,),
    "head.0.bias": (768,),
    "head.1.weight": (527, 768),
    "head.1.bias": (527,),
    "head_dist.weight": (527, 768),
    "head_dist.bias": (527,),
}
PUBLISHED_BLOCK = {
    "norm1.weight": (768,),
    "norm1.bias": (768,),
    "attn.qkv.weight": (2304, 768),
    "attn.qkv.bias": (2304,),
    "attn.proj.weight": (768, 768),
    "attn.proj.bias": (768,),
    "norm2.weight": (768,),
    "norm2.bias": (768,),
    "mlp.fc1.weight": (3072, 768),
    "mlp.fc1.bias": (3072,),
    "mlp.fc2.weight": (768, 3072),
    "mlp.fc2.bias": (768,),
}


def small(tmp_path, **changes):
    state = PatchTransformer(**SMALL_TRANSFORMER | changes).state_dict()
    return PaSST(save(fill(state), tmp_path / "small.safetensors"))


def test_names_and_shapes_are_those_of_passt_s():
    with torch.device("meta"):
        network = PatchTransformer(**LARGE)
    blocks = {
        f"blocks.{index}.{name}": shape
        for index in range(12)
        for name, shape in PUBLISHED_BLOCK.items()
    }
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert shapes == PUBLISHED | blocks
    assert sum(parameter.numel() for parameter in network.parameters()) == 86_153_758


def test_summary_equals_hear21passts():
    # values by hear21passt 0.0.26 (`PaSST(...)(x)[1]`) with the same weights
    network = PatchTransformer(**SMALL_TRANSFORMER | {"width": 128, "n_heads": 2, "hidden": 256})
    network.load_state_dict(fill(network.state_dict()))
    with torch.no_grad():
        summary = network.eval()(waves((1, 1, 128, 84), 0.5))
    assert summary.shape == (1, 128)
    some = summary[0, [3, 20, 38, 56, 73, 91, 109, 127]]
    expected = [0.514762, -0.54371, 0.696944, -1.34661, -1.54247, -0.973767, -0.735432, -0.995994]
    torch.testing.assert_close(some, torch.tensor(expected), rtol=1e-4, atol=1e-5)
    assert summary.double().sum().item() == pytest.approx(14.45482, rel=1e-4)


@pytest.mark.parametrize(("stride", "n_frequencies"), [(10, 12), (12, 10), (14, 9), (16, 8)])
def test_sizes_are_read_from_the_file(tmp_path, stride, n_frequencies):
    sizes = {"width": 128, "n_heads": 2, "depth": 1, "hidden": 96, "n_classes": 3}
    model = small(tmp_path, stride=stride, n_frequencies=n_frequencies, **sizes)
    assert model.embed(Spectra(waves((1, 1, 30_000), 0.0), 32_000)).shape == (1, 128)


@pytest.mark.parametrize("changes", [{"width": 96, "n_heads": 1}, {"n_frequencies": 7}])
def test_sizes_of_no_published_model_are_refused(tmp_path, changes):
    with pytest.raises(ObjectiveError, match="10 or 12 positions"):
        small(tmp_path, **changes)


@pytest.mark.parametrize(("n_patches", "seconds"), [(99, 10), (200, 20), (300, 30)])
def test_published_lengths_are_one_piece(tmp_path, n_patches, seconds):
    model = small(tmp_path, depth=1, n_times=n_patches)
    n_samples = seconds * 32_000
    assert n_samples <= model.network.max_samples < n_samples + 16_000


def test_longer_sounds_are_cut_into_pieces(tmp_path):
    # nine positions every 10 frames cover 105 frames, 1.05 s
    model = small(tmp_path)
    longest = 105 * 320
    audio = 0.3 * waves((2, 1, 80_000), 0.0)
    frames = model.frames(Spectra(audio, 32_000))
    assert frames.shape == (2, 3, 64)
    for piece, start in enumerate((0, (80_000 - longest) // 2, 80_000 - longest)):
        alone = model.frames(Spectra(audio[..., start : start + longest], 32_000))
        assert torch.equal(frames[:, piece], alone[:, 0])
    assert model.frames(Spectra(audio[..., :longest], 32_000)).shape == (2, 1, 64)
    assert model.frames(Spectra(audio[..., : longest + 1], 32_000)).shape == (2, 2, 64)


def test_pieces_cover_the_sound():
    for n_samples in (1, 9, 10, 11, 20, 21, 99):
        pieces = evenly_spaced_pieces(torch.arange(n_samples), 10)
        assert pieces.shape == (-(-n_samples // 10), min(10, n_samples))
        assert set(pieces.flatten().tolist()) == set(range(n_samples))
