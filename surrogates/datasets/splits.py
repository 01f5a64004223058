"""Splits of presets into training, validation and test, with near duplicates in the same one.

Two presets are near duplicates if their discrete parameters are equal and no continuous one
differs by more than 1/64 of its range. All that chains of near duplicates join are in one split,
which a hash of one of them chooses: a preset's split depends neither on the seed nor on the order,
and hardly on what else is in the dataset.
"""

import hashlib
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from patchwright.surrogates.datasets.card import SplitShares
from patchwright.synths import Subspace
from patchwright.synths.parameters import Array

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
"""Names of the splits, in the order of their numbers."""

NEAR = 1 / 64
"""Largest difference of a continuous coordinate between near duplicates."""

_CROWDED = 64  # near duplicates of a preset, on average, beyond which chains join everything
_TOO_LARGE = 0.25  # share of the presets in one group


def split_presets(
    subspace: Subspace, values: Array, shares: SplitShares
) -> tuple[NDArray[np.uint8], bool]:
    """Choose the split of each preset.

    Args:
        subspace: Free parameters; the others do not count.
        values: Values of the presets, `[n, P]`.
        shares: Shares of the presets in `valid` and `test`.

    Returns:
        Number of each preset's split in `SPLITS`, `[n]`, and whether presets are so dense that
        chains of near duplicates join more than a quarter of them. Then only presets that are
        equal on the grid of 1/64 are kept together.
    """
    genotypes = subspace.encode(values)
    cells = _cells(subspace, genotypes)
    group = near_groups(subspace, genotypes)
    crowded = group is None or np.bincount(group).max(initial=0) > max(1, _TOO_LARGE * len(values))
    if crowded or group is None:
        _, group = np.unique(cells, axis=0, return_inverse=True)
    digests = np.frombuffer(
        b"".join(hashlib.sha256(cell.tobytes()).digest()[:16] for cell in cells), "<u8"
    ).reshape(-1, 2)
    # the member with the least hash speaks for its group, by the other half of its hash
    order = np.lexsort((digests[:, 0], group))
    _, first = np.unique(group[order], return_index=True)
    drawn = (digests[order[first], 1] / 2.0**64)[group]
    split = np.where(drawn < shares.test, 2, np.where(drawn < shares.test + shares.valid, 1, 0))
    return split.astype(np.uint8), bool(crowded)


def near_groups(subspace: Subspace, genotypes: Array) -> NDArray[np.int64] | None:
    """Find near duplicates, and those that a chain of them joins.

    Args:
        subspace: Free parameters.
        genotypes: Genotypes of the presets, `[n, d]`.

    Returns:
        Number of each preset's group, `[n]`; None if there are too many pairs to list.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    n = len(genotypes)
    discrete = subspace.levels > 0
    _, bucket = np.unique(_cells(subspace, genotypes)[:, discrete], axis=0, return_inverse=True)
    order = np.argsort(bucket, kind="stable")
    starts = np.flatnonzero(np.diff(bucket[order], prepend=-1))
    pairs = [np.empty((0, 2), np.int64)]
    left = _CROWDED * n
    for members in np.split(order, starts[1:]):
        if len(members) < 2:
            continue
        points = genotypes[np.ix_(members, ~discrete)]
        if not points.shape[1]:
            found = np.stack([members[:-1], members[1:]], axis=1)
        else:
            tree = KDTree(points)
            left -= int(tree.count_neighbors(tree, NEAR, p=np.inf)) - len(members)
            if left < 0:
                return None
            found = members[tree.query_pairs(NEAR, p=np.inf, output_type="ndarray")]
        pairs.append(found)
    ends = np.concatenate(pairs)
    graph = coo_array((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _cells(subspace: Subspace, genotypes: Array) -> NDArray[np.int32]:
    """Return the cell of each coordinate, `[n, d]`: its level, or its place on a grid of 1/64."""
    steps = np.where(subspace.levels > 0, subspace.levels, round(1 / NEAR))
    return np.asarray(np.minimum(np.floor(genotypes * steps), steps - 1), np.int32)
