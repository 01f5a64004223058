import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, ObjectiveSet, Spectra, Target
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.embeddings import load_embedding
from tests.needs import need_package

SR = 16_000


@pytest.fixture
def save(tmp_path):
    """Write a convolution of samples as a model with a given input shape and output."""
    need_package("onnxruntime", "onnx")
    need_package("onnx", "test")
    from onnx import TensorProto, helper, numpy_helper, save_model

    def save_onnx(shape, *, pooled=False, outputs=1):
        weights = np.random.default_rng(0).standard_normal((6, 1, 400)).astype(np.float32)
        rank = len(shape)
        nodes = [
            helper.make_node("Unsqueeze", ["samples", "one"], ["waves"])
            if rank == 2
            else helper.make_node("Identity", ["samples"], ["waves"]),
            helper.make_node("Conv", ["waves", "weights"], ["moments"], strides=[160]),
            helper.make_node("ReduceMean", ["moments"], ["means"], axes=[2], keepdims=0),
        ]
        given = ["means" if pooled else "moments", "means"][:outputs]
        graph = helper.make_graph(
            nodes,
            "small",
            [helper.make_tensor_value_info("samples", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in given],
            [
                numpy_helper.from_array(weights, "weights"),
                numpy_helper.from_array(np.array([1]), "one"),
            ],
        )
        opset = [helper.make_opsetid("", 17)]
        path = tmp_path / "small.onnx"
        save_model(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
        return path, torch.from_numpy(weights)

    return save_onnx


@pytest.fixture
def audio(sound):
    return torch.from_numpy(np.stack([sound("noise", SR, 0.6, seed=k) for k in range(3)]))


def convolved(audio, weights):
    """Convolve samples [n, 1, t] to [n, frames, 6]."""
    return torch.nn.functional.conv1d(audio, weights, stride=160).transpose(1, 2)


@pytest.mark.parametrize("shape", [["n", "t"], [1, "t"], ["n", 1, "t"], [1, 1, "t"]])
def test_equals_torch(save, shape, audio):
    path, weights = save(shape)
    embedding = load_embedding(f"onnx:{path}", sr=SR)
    expected = convolved(audio, weights)
    frames = embedding.frames(Spectra(audio, SR))
    torch.testing.assert_close(frames, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(embedding.embed(Spectra(audio, SR)), frames.mean(1))
    assert embedding.name == "onnx_small"


@pytest.mark.parametrize("shape", [["n", 2_000], [1, 2_000]])
@pytest.mark.parametrize("pooled", [True, False])
def test_a_fixed_length_is_read_from_the_file(save, shape, pooled, audio):
    path, weights = save(shape, pooled=pooled)
    options = {} if pooled else {"time_axis": 2}
    frames = load_embedding(str(path), sr=SR, **options).frames(Spectra(audio, SR))
    pieces = torch.nn.functional.pad(audio, (0, 400)).reshape(15, 1, 2_000)
    expected = convolved(pieces, weights)
    expected = expected.mean(1, keepdim=True) if pooled else expected
    torch.testing.assert_close(frames, expected.reshape(3, -1, 6), atol=1e-4, rtol=1e-4)
    with pytest.raises(ObjectiveError, match="takes 2000 samples, not 3000"):
        load_embedding(str(path), sr=SR, samples=3_000)


def test_bits_do_not_depend_on_the_batch(save, audio):
    path, _ = save(["n", "t"])
    scorer = ObjectiveSet([EmbeddingDistance(str(path), sr=SR)], Target(audio[0], SR))
    together = scorer.score(audio)
    assert together[0] == 0.0
    assert (together[1:] > 0).all()
    np.testing.assert_array_equal(scorer.score(audio[1:]), together[1:])


def test_a_gradient_is_refused(save, audio):
    path, _ = save(["n", "t"])
    scorer = ObjectiveSet([EmbeddingDistance(str(path), sr=SR)], Target(audio[0], SR))
    scorer.distances(audio)
    with pytest.raises(ObjectiveError, match="small has no gradient"):
        scorer.distances(audio.clone().requires_grad_())


def test_a_sound_that_is_too_short_is_refused(save, audio):
    path, _ = save(["n", "t"])
    with pytest.raises(ObjectiveError, match="100 samples: give a longer"):
        load_embedding(str(path), sr=SR).embed(Spectra(audio[..., :100], SR))


@pytest.mark.parametrize(
    ("shape", "outputs", "found"),
    [
        ([4, "t"], 1, r"takes samples \[4, 't'\] tensor\(float\) and gives 1 outputs"),
        (["n", "t"], 2, r"takes samples \['n', 't'\] tensor\(float\) and gives 2 outputs"),
    ],
)
def test_other_models_are_refused(save, shape, outputs, found):
    path, _ = save(shape, outputs=outputs)
    with pytest.raises(ObjectiveError, match=f"{found}.*: export one"):
        load_embedding(str(path), sr=SR)


def test_other_files_are_refused(tmp_path):
    need_package("onnxruntime", "onnx")
    (tmp_path / "empty.onnx").write_bytes(b"no model")
    with pytest.raises(ObjectiveError, match="ONNX model: export it again"):
        load_embedding(str(tmp_path / "empty.onnx"), sr=SR)
