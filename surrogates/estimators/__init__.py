"""Estimators: networks from sounds to presets, one file per family."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.estimators.estimator import Estimator, Sampling
from patchwright.surrogates.estimators.flow import Flow
from patchwright.surrogates.estimators.regression import CNN, LSTM, MLP, Transformer
from patchwright.surrogates.estimators.vae import VAE
from patchwright.surrogates.proxies.relaxed import RelaxedSpace
from patchwright.synths import did_you_mean

ESTIMATORS: dict[str, type[Estimator]] = {
    estimator.name: estimator for estimator in (Flow, MLP, CNN, Transformer, LSTM, VAE)
}
"""Estimators by name."""


def build_estimator(
    name: str, space: RelaxedSpace, shape: tuple[int, int], *, seed: int, **options: Any
) -> Estimator:
    """Make an estimator with initial weights drawn from a seed.

    Args:
        name: Name of the estimator in `ESTIMATORS`.
        space: Columns of presets.
        shape: Bands and frames of what is heard; an embedding has one frame.
        seed: Seed of the initial weights.
        options: Options of the estimator.

    Raises:
        SurrogateError: If an option does not suit the others or the shape.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ESTIMATORS[name](space, shape, **options)


def check_estimator(name: str, options: Mapping[str, Any]) -> None:
    """Check the name of an estimator, and its options.

    Raises:
        SurrogateError: If there is no such estimator or option, or a value is of another type than
            its default, or a number below 1.
    """
    if name not in ESTIMATORS:
        raise SurrogateError(f"There is no estimator {name!r}: {did_you_mean(name, ESTIMATORS)}")
    parameters = inspect.signature(ESTIMATORS[name]).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}
    for option, value in options.items():
        if option not in defaults:
            hint = did_you_mean(option, defaults)
            raise SurrogateError(f"The estimator {name} has no option {option!r}: {hint}")
        kind = type(defaults[option])
        if type(value) is not kind or (kind is int and value < 1):
            words = {int: "a whole number above 0", bool: "true or false", str: "a word"}[kind]
            raise SurrogateError(f"{option} must be {words}, not {value!r}.")


__all__ = [
    "CNN",
    "ESTIMATORS",
    "LSTM",
    "MLP",
    "VAE",
    "Estimator",
    "Flow",
    "Sampling",
    "Transformer",
    "build_estimator",
    "check_estimator",
]
