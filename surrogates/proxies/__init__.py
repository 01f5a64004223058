"""Proxies: networks from presets to features of their sounds, one file per family."""

import inspect
from typing import Any

import torch

from patchwright.surrogates.proxies.highway import Highway, RecurrentHighway, TokenHighway
from patchwright.surrogates.proxies.perceptron import MLP, ResidualMLP
from patchwright.surrogates.proxies.proxy import Proxy
from patchwright.surrogates.proxies.relaxed import RelaxedSpace
from patchwright.surrogates.proxies.transformer import Transformer

_ALL: tuple[type[Proxy], ...] = (
    ResidualMLP,
    MLP,
    Highway,
    TokenHighway,
    RecurrentHighway,
    Transformer,
)

PROXIES: dict[str, type[Proxy]] = {proxy.name: proxy for proxy in _ALL}
"""Proxies by name."""


def proxy_options(name: str) -> list[str]:
    """Return the names of the options of a proxy; all are whole numbers above 0."""
    parameters = inspect.signature(PROXIES[name]).parameters.values()
    return [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]


def build_proxy(
    name: str, space: RelaxedSpace, outputs: int, *, seed: int, **options: Any
) -> Proxy:
    """Make a proxy with initial weights drawn from a seed.

    Args:
        name: Name of the proxy in `PROXIES`.
        space: Columns of presets.
        outputs: Number of outputs.
        seed: Seed of the initial weights.
        options: Options of the proxy.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PROXIES[name](space, outputs, **options)


__all__ = [
    "MLP",
    "PROXIES",
    "Highway",
    "Proxy",
    "RecurrentHighway",
    "RelaxedSpace",
    "ResidualMLP",
    "TokenHighway",
    "Transformer",
    "build_proxy",
    "proxy_options",
]
