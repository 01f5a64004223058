"""A prior in the subspace that a search explores."""

from dataclasses import dataclass, replace

import numpy as np

from patchwright.synths.parameters import Array, Subspace
from patchwright.synths.priors.prior import PresetPrior

OWN_SHARE = 0.1
"""Share of the draws that are of the synth's own priors, so that these remain reachable."""


@dataclass(frozen=True, eq=False)
class SubspacePrior:
    """A prior of presets given the locks and limits of a subspace, in genotypes.

    Attributes:
        subspace: The `d` free parameters.
        prior: Prior of whole presets, conditioned on the locks and the limits.
    """

    subspace: Subspace
    prior: PresetPrior

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw `n` genotypes `[n, d]`: one in ten of the synth's own priors, the others of this."""
        drawn = self.subspace.encode(self.prior.sample(n, rng))
        own = self.subspace.sample(n, rng)
        return np.where(rng.random((n, 1)) < OWN_SHARE, own, drawn)

    def excess(self, genotypes: Array) -> Array:
        """Return by how much less likely genotypes `[n, d]` are than a typical preset.

            c = max(0, -log p - H) / d    (1)

        with the entropy H. The likeliest presets of many parameters are not typical ones (all knobs
        at their most frequent values), so nothing is gained by being likelier than a typical one.

        Returns:
            Nats a free parameter, `[n]`.
        """
        values = self.subspace.decode(genotypes)
        costs = -self.prior.log_probability(values) - self.prior.entropy
        return np.maximum(costs, 0.0) / len(self.subspace)


def with_prior(subspace: Subspace, prior: PresetPrior) -> Subspace:
    """Return a subspace whose samples are drawn from a prior.

    Raises:
        SynthError: If the prior has no preset with its locks and limits.
    """
    own = replace(subspace, prior=None)
    return replace(subspace, prior=SubspacePrior(own, prior.within(own)))
