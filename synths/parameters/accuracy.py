"""How far found presets are from the presets that made the sounds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters.parameter import Array
from patchwright.synths.parameters.space import ParameterSpace, Subspace


def parameter_mae(
    space: ParameterSpace | Subspace,
    values: Array,
    reference: Array,
    *,
    names: Sequence[str] | None = None,
) -> Array:
    """Mean absolute difference of the continuous parameters' normalised values.

    Lower is better. Blind to sound: two presets that sound alike may lie far apart, so this tells
    whether a preset was found, not whether its sound was; and a knob that does nothing weighs as
    much as the loudest one.

    Args:
        space: What the values are of; of a subspace the free parameters are compared.
        values: Presets `[n, P]`, normalised.
        reference: What they should be, `[n, P]`, or `[1, P]` for all.
        names: The parameters to compare instead.

    Returns:
        Differences `[n]`, from 0 to 1; NaN if no continuous parameter is compared.

    Raises:
        SynthError: A name is unknown, or the shapes do not fit.

    Source:
        The synth-proxy code.
    """
    found, wanted, is_discrete = _compared(space, values, reference, names)
    return _row_means(np.abs(found - wanted)[:, ~is_discrete])


def parameter_accuracy(
    space: ParameterSpace | Subspace,
    values: Array,
    reference: Array,
    *,
    names: Sequence[str] | None = None,
) -> Array:
    """Share of the discrete parameters that have the right level.

    Higher is better. Integer, categorical and boolean parameters are discrete. Each parameter is
    counted once, however many levels it has: the code this is taken from counts the entries of
    one-hot vectors instead, most of which are right by being 0. Blind to sound, and to how near a
    wrong level is.

    Args:
        space: What the values are of; of a subspace the free parameters are compared.
        values: Presets `[n, P]`, normalised.
        reference: What they should be, `[n, P]`, or `[1, P]` for all.
        names: The parameters to compare instead.

    Returns:
        Shares `[n]`, from 0 to 1; NaN if no discrete parameter is compared.

    Raises:
        SynthError: A name is unknown, or the shapes do not fit.

    Source:
        The synth-proxy code, with that mended.
    """
    found, wanted, is_discrete = _compared(space, values, reference, names)
    return _row_means((found == wanted)[:, is_discrete].astype(np.float64))


def _compared(
    space: ParameterSpace | Subspace,
    values: Array,
    reference: Array,
    names: Sequence[str] | None,
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Both sides' values of the `k` compared parameters `[n, k]`, and which are discrete `[k]`."""
    whole = space.space if isinstance(space, Subspace) else space
    found, wanted = whole.snap(values), whole.snap(reference)
    if len(wanted) not in (1, len(found)):
        raise SynthError(
            f"There are {len(found)} presets and {len(wanted)} references: give one reference "
            "for each preset, or one for all."
        )
    if names is not None:
        chosen = np.array([whole.index(name) for name in names], np.int64)
    else:
        chosen = space.free if isinstance(space, Subspace) else np.arange(len(whole))
    return found[:, chosen], wanted[:, chosen], whole.levels[chosen] > 0


def _row_means(terms: Array) -> Array:
    """The mean of each row `[n]`; NaN if there is nothing to take it of."""
    return terms.mean(axis=1) if terms.shape[1] else np.full(len(terms), np.nan)
