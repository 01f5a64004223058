import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, ObjectiveSet, Spectra, Target
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.embeddings import load_embedding
from tests.needs import need_package

SR = 48_000


@pytest.fixture(scope="module", params=["unfused", "fused"])
def folder(request, tmp_path_factory):
    """A small model with random weights and the usual input."""
    need_package("transformers", "clap")
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    fused = request.param == "fused"
    audio = {
        "depths": [1, 1],
        "num_attention_heads": [1, 2],
        "patch_embeds_hidden_size": 8,
        "hidden_size": 16,
        "enable_fusion": fused,
        "aff_block_r": 2,
    }
    text = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = ClapConfig(audio_config=audio, text_config=text, projection_dim=12)
    folder = tmp_path_factory.mktemp("clap") / request.param
    ClapModel(config).save_pretrained(folder)
    truncation = "fusion" if fused else "rand_trunc"
    ClapFeatureExtractor(truncation=truncation).save_pretrained(folder)
    return folder


def reference(folder, samples):
    """Compute the embedding by transformers, as in its documentation."""
    from transformers import ClapFeatureExtractor, ClapModel

    features = ClapFeatureExtractor.from_pretrained(folder)
    model = ClapModel.from_pretrained(folder).eval()
    inputs = features(samples.astype(np.float64), sampling_rate=SR, return_tensors="pt")
    with torch.no_grad():
        return model.get_audio_features(**inputs).pooler_output[0]


def test_equals_transformers(folder, sound):
    audio = np.stack([sound("recording", SR, 1.0, seed=k) for k in range(2)])
    embedding = load_embedding(f"clap:{folder}")
    frames = embedding.frames(Spectra(torch.from_numpy(audio), SR))
    expected = torch.stack([reference(folder, each[0]) for each in audio])
    assert frames.shape == (2, 1, 12)
    torch.testing.assert_close(frames[:, 0], expected)
    torch.testing.assert_close(frames.norm(dim=-1), torch.ones(2, 1))
    assert embedding.name == f"clap_{folder.name}"


def test_a_long_sound_is_cut_in_pieces(folder, sound):
    audio = sound("sweep", SR, 10.5)
    found = load_embedding(f"clap:{folder}").frames(Spectra(torch.from_numpy(audio)[None], SR))
    rest = np.pad(audio[0, 10 * SR :], (0, 19 * SR // 2))
    expected = torch.stack([reference(folder, piece) for piece in (audio[0, : 10 * SR], rest)])
    torch.testing.assert_close(found[0], expected)


def test_as_a_distance(folder, sound):
    objective = EmbeddingDistance(f"clap:{folder}", distance="cosine")
    target = sound("noise", 44_100, 0.5)
    scorer = ObjectiveSet([objective], Target(target, 44_100))
    rows = np.stack([target, sound("sweep", 44_100, 0.5), sound("clicks", 44_100, 0.5)])
    together = scorer.score(rows)[:, 0]
    assert together[0] == 0.0
    assert (together[1:] > 0).all()
    np.testing.assert_array_equal(scorer.score(rows[1:])[:, 0], together[1:])
    with pytest.raises(ObjectiveError, match="CLAP has no gradient"):
        scorer.distances(torch.from_numpy(rows).requires_grad_())


def test_only_safetensors_are_read(folder, tmp_path):
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ObjectiveError, match=r"CLAP model.*model\.safetensors"):
        load_embedding(f"clap:{tmp_path}")


# Words


@pytest.fixture(scope="module")
def worded(folder):
    """The model with a tokenizer of a few words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    words = ["<s>", "<pad>", "</s>", "<unk>", "warm", "pad", "bright", "bell"]
    special = {"unk_token": "<unk>", "pad_token": "<pad>"}
    model = WordLevel({word: number for number, word in enumerate(words)}, special["unk_token"])
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    return folder


def test_words_are_a_target(worded, sound):
    from transformers import ClapModel

    sounds = np.stack([sound(kind, SR, 0.5) for kind in ("noise", "sweep", "clicks")])
    objective = EmbeddingDistance(f"clap:{worded}", text="warm pad")
    found = ObjectiveSet([objective], Target(sounds[0], SR)).score(sounds)[:, 0]
    with torch.no_grad():
        words = (
            ClapModel.from_pretrained(worded)
            .eval()
            .get_text_features(
                input_ids=torch.tensor([[4, 5]]), attention_mask=torch.ones(1, 2, dtype=torch.long)
            )
        )
    heard = torch.stack([reference(worded, each[0]) for each in sounds])
    np.testing.assert_allclose(found, 1 - heard @ words.pooler_output[0], atol=1e-5)
    other = EmbeddingDistance(f"clap:{worded}", text="bright bell")
    assert (ObjectiveSet([other], Target(sounds[0], SR)).score(sounds)[:, 0] != found).any()


def test_words_without_end_are_cut(worded):
    assert load_embedding(f"clap:{worded}").embed_text("warm pad " * 1000).shape == (12,)


def test_words_need_a_tokenizer_and_a_model_of_words(folder, tmp_path):
    for name in ("config.json", "preprocessor_config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(ObjectiveError, match=r"no readable tokenizer.*tokenizer\.json"):
        EmbeddingDistance(f"clap:{tmp_path}", text="warm pad")
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ObjectiveError, match="no readable tokenizer"):
        EmbeddingDistance(f"clap:{tmp_path}", text="warm pad")
    with pytest.raises(ObjectiveError, match="mel_stats knows no words"):
        EmbeddingDistance("mel_stats", text="warm pad")
    with pytest.raises(ObjectiveError, match="give words"):
        EmbeddingDistance(f"clap:{tmp_path}", text=" ")
