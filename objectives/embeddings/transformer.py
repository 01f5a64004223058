"""The vision transformer of PaSST, with its published module names."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

PATCH = 16
_EPSILON = 1e-6


class PatchTransformer(nn.Module):
    """A DeiT with separate position embeddings for time and frequency.

    Args:
        width: Values per token.
        depth: Number of blocks.
        n_heads: Number of attention heads, which share the width.
        hidden: Width of the hidden layer of a block.
        stride: Bands and frames from one 16 by 16 patch to the next.
        n_frequencies: Number of patches along frequency.
        n_times: Maximum number of patches along time.
        n_classes: Outputs of the classifiers, which exist only to load their weights.

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
        """Summarise spectrograms.

        Args:
            spectrograms: Spectrograms `[n, 1, bands, frames]`, with at least 16 frames and at most
                `n_times` patches.

        Returns:
            Mean of the class token and the distillation token, `[n, width]`.
        """
        patches: Tensor = self.patch_embed["proj"](spectrograms)
        patches = patches + self.time_new_pos_embed[..., : patches.shape[-1]]
        patches = (patches + self.freq_new_pos_embed).flatten(2).transpose(1, 2)
        summaries = torch.cat((self.cls_token, self.dist_token), dim=1) + self.new_pos_embed
        tokens = torch.cat((summaries.expand(len(patches), -1, -1), patches), dim=1)
        summary: Tensor = self.norm(self.blocks(tokens)[:, :2]).mean(1)
        return summary


class Block(nn.Module):
    """Attention and two linear layers, with residuals and normalisation of the inputs."""

    def __init__(self, width: int, n_heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=_EPSILON)
        self.attn = Attention(width, n_heads)
        self.norm2 = nn.LayerNorm(width, eps=_EPSILON)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})

    def forward(self, tokens: Tensor) -> Tensor:
        """Transform tokens `[n, tokens, width]`; same shape."""
        tokens = tokens + self.attn(self.norm1(tokens))
        hidden = functional.gelu(self.mlp["fc1"](self.norm2(tokens)))
        result: Tensor = tokens + self.mlp["fc2"](hidden)
        return result


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Transform tokens `[n, tokens, width]`; same shape."""
        n, n_tokens, width = tokens.shape
        parts = self.qkv(tokens).view(n, n_tokens, 3, self.n_heads, width // self.n_heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        taken = functional.scaled_dot_product_attention(query, key, value)
        result: Tensor = self.proj(taken.transpose(1, 2).reshape(n, n_tokens, width))
        return result
