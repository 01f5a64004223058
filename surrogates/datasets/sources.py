"""Sources of presets: where the presets of a dataset are drawn from."""

from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np

from patchwright.surrogates.errors import SurrogateError
from patchwright.synths import Subspace
from patchwright.synths.parameters import Array
from patchwright.synths.parameters.space import GenotypePrior


class Source(Protocol):
    """A source of presets: a frozen dataclass whose fields are its options.

    Attributes:
        name: Key in YAML and in the card of a dataset.
        from_presets: Whether its first argument is presets, as genotypes `[k, d]`.
    """

    name: ClassVar[str]
    from_presets: ClassVar[bool]

    def draw(self, n: int, subspace: Subspace, rng: np.random.Generator) -> Array:
        """Draw presets.

        Args:
            n: Number of presets.
            subspace: Free parameters.
            rng: Source of randomness.

        Returns:
            Genotypes `[n, d]`.
        """
        ...


@dataclass(frozen=True)
class FromPrior:
    """Random presets, from the prior of the free parameters."""

    name: ClassVar[str] = "prior"
    from_presets: ClassVar[bool] = False

    def draw(self, n: int, subspace: Subspace, rng: np.random.Generator) -> Array:
        """Draw genotypes `[n, d]`; see `Source.draw`."""
        return subspace.sample(n, rng)


@dataclass(frozen=True, eq=False)
class FromJointPrior:
    """Random presets from a joint prior, such as one that was learned from preset files.

    Args:
        prior: Joint prior of the free parameters.
        title: Name and version of the prior, for the card.
    """

    prior: GenotypePrior
    title: str

    name: ClassVar[str] = "prior"
    from_presets: ClassVar[bool] = False

    def draw(self, n: int, subspace: Subspace, rng: np.random.Generator) -> Array:
        """Draw genotypes `[n, d]`; see `Source.draw`."""
        return replace(subspace, prior=self.prior).sample(n, rng)


@dataclass(frozen=True, eq=False)
class Perturbed:
    """Presets of a bank with some of their parameters changed.

    A changed continuous parameter takes a step from a Laplace distribution, reflected at the ends;
    a changed discrete one is drawn from the prior.

    Args:
        presets: Presets to start from, as genotypes `[k, d]`.
        rate: Share of the parameters that are changed, on average; at least one is.
        scale: Mean length of a step, as a share of the range.
    """

    presets: Array
    rate: float = 0.2
    scale: float = 0.1

    name: ClassVar[str] = "perturbed"
    from_presets: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_presets(self.presets, self.name, at_least=1)
        if not (0.0 < self.rate <= 1.0 and 0.0 < self.scale <= 1.0):
            raise SurrogateError(
                f"perturbed has the rate {self.rate:g} and the scale {self.scale:g}: give both "
                "above 0 and up to 1."
            )

    def draw(self, n: int, subspace: Subspace, rng: np.random.Generator) -> Array:
        """Draw genotypes `[n, d]`; see `Source.draw`."""
        d = len(subspace)
        chosen = self.presets[rng.integers(len(self.presets), size=n)]
        changed = rng.random((n, d)) < self.rate
        changed[np.arange(n), rng.integers(d, size=n)] = True
        fresh = subspace.sample(n, rng)
        moved = _reflected(chosen + rng.laplace(0.0, self.scale, (n, d)))
        new = np.where(subspace.levels > 0, fresh, moved)
        return np.where(changed, new, chosen)


@dataclass(frozen=True, eq=False)
class Crossed:
    """Children of two presets of a bank.

    Each parameter is one parent's or the other's; in half of the children, continuous parameters
    lie between both parents' instead, all at the same share of the way.

    Args:
        presets: Presets to cross, as genotypes `[k, d]`.
    """

    presets: Array

    name: ClassVar[str] = "crossed"
    from_presets: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_presets(self.presets, self.name, at_least=2)

    def draw(self, n: int, subspace: Subspace, rng: np.random.Generator) -> Array:
        """Draw genotypes `[n, d]`; see `Source.draw`."""
        k, d = self.presets.shape
        first = rng.integers(k, size=n)
        second = (first + rng.integers(1, k, size=n)) % k
        a, b = self.presets[first], self.presets[second]
        share = rng.random((n, 1))
        child = np.where(rng.random((n, d)) < share, b, a)
        between = (rng.random((n, 1)) < 0.5) & (subspace.levels == 0)
        return np.where(between, a + share * (b - a), child)


SOURCES: dict[str, type[Source]] = {
    source.name: source for source in (FromPrior, Perturbed, Crossed)
}
"""Sources by name."""


def _check_presets(presets: Array, name: str, *, at_least: int) -> None:
    if len(presets) < at_least:
        raise SurrogateError(
            f"{name} needs at least {at_least} preset{'s' if at_least > 1 else ''}, not "
            f"{len(presets)}: name files with more."
        )


def _reflected(genotypes: Array) -> Array:
    """Fold coordinates back into the unit cube."""
    return 1.0 - np.abs(1.0 - genotypes % 2.0)
