"""The vision transformer of PaSST, in the modules whose names it is published under."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

PATCH = 16
_EPSILON = 1e-6


class PatchTransformer(nn.Module):
    """A DeiT whose positions are a sum of one for time and one for frequency.

    Args:
        width: Numbers in a token.
        depth: Number of blocks.
        n_heads: Attention heads; they share the width.
        hidden: Width of the layer within a block.
        stride: Bands, and frames, from one 16 by 16 patch to the next.
        n_frequencies: Patches along frequency.
        n_times: The most patches along time.
        n_classes: Outputs of the classifiers. They are here for their names; the summary comes
            before them.

    Source:
        `PaSST` in kkoutini/passt_hear21, without patchout; A. Dosovitskiy et al., An Image is
        Worth 16x16 Words, 2021; H. Touvron et al., Training data-efficient image transformers,
        2021, for the distillation token.
    """

    def __init__(
        self,
        *,
        width: int,
        depth: int,
        n_heads: int,
        hidden: int,
        stride: int,
        n_frequencies: int,
        n_times: int,
        n_classes: int,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.n_times = n_times
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.dist_token = nn.Parameter(torch.zeros(1, 1, width))
        self.new_pos_embed = nn.Parameter(torch.zeros(1, 2, width))
        self.freq_new_pos_embed = nn.Parameter(torch.zeros(1, width, n_frequencies, 1))
        self.time_new_pos_embed = nn.Parameter(torch.zeros(1, width, 1, n_times))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, width, PATCH, stride)})
        self.blocks = nn.Sequential(*[Block(width, n_heads, hidden) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, eps=_EPSILON)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, n_classes))
        self.head_dist = nn.Linear(width, n_classes)

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Summaries of spectrograms.

        Args:
            spectrograms: `[n, 1, bands, frames]`, of 16 frames and more and at most `n_times`
                patches.

        Returns:
            The mean of the class token and the distillation token, `[n, width]`.
        """
        patches: Tensor = self.patch_embed["proj"](spectrograms)
        patches = patches + self.time_new_pos_embed[..., : patches.shape[-1]]
        patches = (patches + self.freq_new_pos_embed).flatten(2).transpose(1, 2)
        summaries = torch.cat((self.cls_token, self.dist_token), dim=1) + self.new_pos_embed
        tokens = torch.cat((summaries.expand(len(patches), -1, -1), patches), dim=1)
        summary: Tensor = self.norm(self.blocks(tokens)[:, :2]).mean(1)
        return summary


class Block(nn.Module):
    """Attention, then two linear layers, each added to its input, which is normalised before."""

    def __init__(self, width: int, n_heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=_EPSILON)
        self.attn = Attention(width, n_heads)
        self.norm2 = nn.LayerNorm(width, eps=_EPSILON)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})

    def forward(self, tokens: Tensor) -> Tensor:
        """`[n, tokens, width]`, same shape."""
        tokens = tokens + self.attn(self.norm1(tokens))
        hidden = functional.gelu(self.mlp["fc1"](self.norm2(tokens)))
        result: Tensor = tokens + self.mlp["fc2"](hidden)
        return result


class Attention(nn.Module):
    """Each token takes from the others, by how well its query meets their keys."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """`[n, tokens, width]`, same shape."""
        n, n_tokens, width = tokens.shape
        parts = self.qkv(tokens).view(n, n_tokens, 3, self.n_heads, width // self.n_heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        taken = functional.scaled_dot_product_attention(query, key, value)
        result: Tensor = self.proj(taken.transpose(1, 2).reshape(n, n_tokens, width))
        return result
