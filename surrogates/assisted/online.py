"""The hybrid search without a model: it learns one from its own renders."""

from dataclasses import dataclass

from patchwright.surrogates.assisted.hybrid import Hybrid


@dataclass(kw_only=True, eq=False)
class Online(Hybrid):
    """Hybrid whose surrogate knows nothing but the renders of the run.

    Its mean is linear in the presets, corrected by a Gaussian process.
    """

    starts: int = 0

    def chose(self) -> str | None:
        """Return None, as there is no model to name."""
        return None
