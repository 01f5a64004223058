"""Model folders of priors: `card.json` says what the prior is of, `prior.safetensors` holds it."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from patchwright.synths.errors import SynthError
from patchwright.synths.outside_file import read_outside
from patchwright.synths.parameters import Array, ParameterSpace
from patchwright.synths.priors.card import PriorCard, damaged, read_card
from patchwright.synths.priors.cells import Cells
from patchwright.synths.priors.copula import Copula
from patchwright.synths.priors.mixture import Mixture
from patchwright.synths.priors.names import CARD
from patchwright.synths.priors.prior import PresetPrior
from patchwright.synths.whole_file import own_folder, whole_file

TENSORS = "prior.safetensors"

_MAX_BYTES = 256 * 2**20  # a mixture over a plugin of 2,000 parameters has 40 MiB
_MAX_LEVELS = 10**6  # of all parameters together
_SUM = 1e-2  # by which probabilities may miss a sum of 1, because they are rounded

Tensors = dict[str, np.ndarray]


def write_prior(path: Path, prior: PresetPrior, card: PriorCard) -> None:
    """Write a model folder.

    Args:
        path: Folder to write or replace; other files in it are left.
        prior: Learned prior, without conditions.
        card: What it is of; its hash is set here.
    """
    own_folder(path)
    data = save(_tensors(prior))
    card = card.model_copy(update={"sha256": hashlib.sha256(data).hexdigest()})
    with whole_file(path / TENSORS) as part:
        part.write_bytes(data)
    with whole_file(path / CARD) as part:
        part.write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_prior(path: Path, space: ParameterSpace, synth: str) -> PresetPrior:
    """Read a prior for a synth.

    Args:
        path: Folder, or the card in it.
        space: Space of the synth.
        synth: Name of the synth, for messages.

    Raises:
        SynthError: If the folder is damaged, or the prior is of a synth with other parameters.
    """
    card = read_card(path)
    if (fault := card.difference(space, synth)) is not None:
        raise SynthError(
            f"{path} is a prior of {card.synth}: {fault}; name one of this synth, or learn it with "
            "'patchwright prior learn'."
        )
    return _read_tensors(path, card, space)


def read_alone(path: Path) -> tuple[PresetPrior, PriorCard, ParameterSpace]:
    """Read a prior, its card, and the space of its synth, without the synth.

    Raises:
        SynthError: If the folder is damaged.
    """
    card = read_card(path)
    space = card.parameters(str(path))
    return _read_tensors(path, card, space), card, space


def _read_tensors(path: Path, card: PriorCard, space: ParameterSpace) -> PresetPrior:
    file = (path if path.is_dir() else path.parent) / TENSORS
    data = read_outside(file, kind="a prior's tensors", max_bytes=_MAX_BYTES)
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise damaged(file)
    try:
        return _prior(card.kind, space, load(data))
    except (SafetensorError, ValueError, KeyError, IndexError, TypeError) as error:
        raise damaged(file) from error


def _tensors(prior: PresetPrior) -> Tensors:
    """Return the arrays of a prior; logarithms of probabilities in half precision are never 0."""
    cells = prior.cells
    known = ~np.isnan(cells.points) & ~cells.is_level
    tensors: dict[str, Any] = {
        "points": cells.points[known],
        "point_parameters": cells.parameter[known].astype(np.int32),
    }
    if isinstance(prior, Mixture):
        own = {"weights": prior.weights.astype(np.float32)}
    elif isinstance(prior, Copula):
        own = {"correlation": prior.correlation.astype(np.float32)}
    else:
        raise TypeError(f"{type(prior).__name__} cannot be written")
    tensors |= own | {"log_probabilities": np.log(prior.probabilities).astype(np.float16)}
    # safetensors writes arrays in another order as they lie in memory
    return {name: np.ascontiguousarray(array) for name, array in tensors.items()}


def _prior(kind: str, space: ParameterSpace, tensors: Tensors) -> PresetPrior:
    """Make a prior of its arrays.

    Raises:
        ValueError: If the arrays are inconsistent.
    """
    levels = space.levels.tolist()
    owners, values = tensors["point_parameters"], tensors["points"].astype(np.float64)
    _check(sum(levels) <= _MAX_LEVELS and owners.shape == values.shape and owners.ndim == 1)
    _check(bool(((values >= 0) & (values <= 1)).all()))
    points = [values[owners == column] for column in range(len(levels))]
    _check(all(bool((np.diff(own) > 0).all()) for own in points))
    cells = Cells.of(levels, [own.tolist() for own in points])
    logs = tensors["log_probabilities"].astype(np.float64)
    _check(logs.shape[-1] == len(cells) and bool(np.isfinite(logs).all()))
    probabilities = np.exp(logs)
    sums = np.add.reduceat(probabilities, cells.first[:-1], axis=-1)
    _check(bool((np.abs(sums - 1) < _SUM).all()))
    probabilities /= sums[..., cells.parameter]
    if kind == "mixture":
        weights = tensors["weights"].astype(np.float64)
        _check(logs.ndim == 2 and weights.shape == logs.shape[:1] and bool((weights > 0).all()))
        _check(abs(weights.sum() - 1) < _SUM)
        return Mixture(cells, weights / weights.sum(), probabilities)
    _check(kind == "copula" and logs.ndim == 1)
    return Copula(cells, _correlation(tensors["correlation"], len(levels)), probabilities)


def _correlation(matrix: np.ndarray, p: int) -> Array:
    correlation: Array = matrix.astype(np.float64)
    _check(correlation.shape == (p, p) and bool(np.isfinite(correlation).all()))
    _check(np.allclose(correlation, correlation.T) and np.allclose(np.diag(correlation), 1))
    np.linalg.cholesky(correlation)  # raises LinAlgError, a ValueError
    return correlation


def _check(right: bool) -> None:
    if not right:
        raise ValueError("inconsistent arrays")
