"""Names of priors, and the folders of those that come with this package."""

from pathlib import Path

from patchwright.synths.errors import SynthError, did_you_mean

SPEC, MUSICAL, AUTO = "spec", "musical", "auto"
CARD = "card.json"
SHIPPED = Path(__file__).parents[1] / "shipped" / "priors"


def shipped_priors() -> list[str]:
    """Return the names of the learned priors that come with this package."""
    return sorted(card.parent.name for card in SHIPPED.glob(f"*/{CARD}"))


def prior_names() -> list[str]:
    """Return the names that `patchwright.synths.priors.named.find_prior` knows."""
    return [SPEC, MUSICAL, AUTO, *shipped_priors()]


def prior_folder(name: str | Path) -> Path:
    """Return the folder of a learned prior.

    Args:
        name: Name of a shipped prior, or a folder, or the card in it.

    Raises:
        SynthError: If there is none.
    """
    if str(name) in shipped_priors():
        return SHIPPED / str(name)
    path = Path(name)
    if not path.exists():
        hint = did_you_mean(str(name), prior_names())
        raise SynthError(f"There is no prior {name}: {hint}")
    return path
