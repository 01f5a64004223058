"""Parts that networks of several kinds are made of."""

from __future__ import annotations

from torch import nn


def residual_blocks(width: int, inner: int, count: int) -> nn.ModuleList:
    """Make the blocks of a residual perceptron.

        h <- h + W_2 gelu(W_1 norm(h))    (1)

    Args:
        width: Width of the stream.
        inner: Width within a block.
        count: Number of blocks.
    """
    return nn.ModuleList(
        nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width)
        )
        for _ in range(count)
    )


def attention_layers(width: int, heads: int, inner: int, count: int) -> nn.TransformerEncoder:
    """Make the layers of a transformer encoder, which normalise first.

    R. Xiong et al., On layer normalization in the transformer architecture, 2020, arXiv:2002.04745.

    Args:
        width: Width of a token.
        heads: Number of attention heads.
        inner: Width within a layer's perceptron.
        count: Number of layers.
    """
    layer = nn.TransformerEncoderLayer(
        width, heads, inner, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    return nn.TransformerEncoder(layer, count, enable_nested_tensor=False)
