"""How well presets are predicted, parameter by parameter."""

from __future__ import annotations

import numpy as np

from patchwright.surrogates.proxies.relaxed import RelaxedSpace
from patchwright.synths.parameters import Array

MAE, ACCURACY = "param_mae", "param_accuracy"


def parameter_scores(space: RelaxedSpace, predicted: Array, true: Array) -> dict[str, float]:
    """Score predicted presets.

    Args:
        space: Columns of presets.
        predicted: Predicted values, `[n, d]`.
        true: True values, `[n, d]`.

    Returns:
        `param_mae`, the mean absolute error of continuous parameters, and `param_accuracy`, the
        share of discrete ones that are right, per parameter and then averaged; and those of each
        parameter, as `NAME.param_mae` or `NAME.param_accuracy`. Levels are compared after rounding
        to the nearest, never cut off.

    Examples:
        >>> space = RelaxedSpace(("cutoff", "wave"), np.array([0, 3]))
        >>> parameter_scores(space, np.array([[0.5, 0.49]]), np.array([[0.25, 0.5]]))["param_mae"]
        0.25
    """
    found: dict[str, float] = {}
    errors, shares = [], []
    for place, (name, levels) in enumerate(zip(space.names, space.levels.tolist(), strict=True)):
        ours, theirs = predicted[:, place], true[:, place]
        if levels:
            equal = np.rint(ours * (levels - 1)) == np.rint(theirs * (levels - 1))
            shares.append(float(equal.mean()))
            found[f"{name}.{ACCURACY}"] = round(shares[-1], 6)
        else:
            errors.append(float(np.abs(ours - theirs).mean()))
            found[f"{name}.{MAE}"] = round(errors[-1], 6)
    means = {MAE: errors, ACCURACY: shares}
    return {key: round(float(np.mean(x)), 6) for key, x in means.items() if x} | found
