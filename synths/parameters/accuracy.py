"""Distances between found presets and the presets that made the target sounds.

Both are blind to sound: two presets that sound alike may differ widely, so these tell whether a
preset was found, not whether its sound was; and an inaudible parameter counts as much as any other.
"""

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
    """Return the mean absolute difference of the continuous parameters' normalised values.

    Lower is better.

    Args:
        space: Space of the values; a subspace compares only its free parameters.
        values: Normalised presets, `[n, P]`.
        reference: Normalised presets to compare with, `[n, P]`, or `[1, P]` for all.
        names: Names of the parameters to compare instead.

    Returns:
        Differences in [0, 1], `[n]`; NaN if no continuous parameter is compared.

    Raises:
        SynthError: If a name is unknown or the shapes do not match.

    Source:
        The synth-proxy code.

    Examples:
        >>> import numpy as np
        >>> from patchwright.synths.builtin import Oscillators
        >>> space = Oscillators.space
        >>> found = space.values([{}, {"osc1_amplitude": 0.5}])
        >>> parameter_mae(space, found, space.values([{}]), names=["osc1_amplitude"])
        array([0. , 0.5])
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
    """Return the share of discrete parameters (all but continuous ones) at the right level.

    Higher is better. Each parameter counts once, whatever its number of levels: the synth-proxy
    code counts the entries of one-hot vectors instead, most of which are right by being 0. Takes
    the arguments of `parameter_mae` and raises the same errors.

    Returns:
        Shares in [0, 1], `[n]`; NaN if no discrete parameter is compared.

    Source:
        The synth-proxy code, corrected as above.
    """
    found, wanted, is_discrete = _compared(space, values, reference, names)
    return _row_means((found == wanted)[:, is_discrete].astype(np.float64))


def _compared(
    space: ParameterSpace | Subspace,
    values: Array,
    reference: Array,
    names: Sequence[str] | None,
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return the `k` compared parameters' values, `[n, k]` twice, and which are discrete, `[k]`."""
    whole = space.space if isinstance(space, Subspace) else space
    found, wanted = whole.snap(values), whole.snap(reference)
    if len(wanted) not in (1, len(found)):
        raise SynthError(
            f"There are {len(found)} presets and {len(wanted)} references: give one reference "
            "per preset, or one for all."
        )
    if names is not None:
        chosen = np.array([whole.index(name) for name in names], np.int64)
    else:
        chosen = space.free if isinstance(space, Subspace) else np.arange(len(whole))
    return found[:, chosen], wanted[:, chosen], whole.levels[chosen] > 0


def _row_means(terms: Array) -> Array:
    """Return the mean of each row, `[n]`; NaN if the rows are empty."""
    return terms.mean(axis=1) if terms.shape[1] else np.full(len(terms), np.nan)
