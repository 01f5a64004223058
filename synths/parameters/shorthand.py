"""Short constructors of parameters, for tables of them."""

from collections.abc import Sequence

from patchwright.synths.parameters.parameter import Parameter, Prior, Scale

_ANY = Prior()


def continuous(
    name: str,
    low: float,
    high: float,
    default: float,
    about: str,
    *,
    unit: str = "",
    scale: Scale = "linear",
    prior: Prior = _ANY,
) -> Parameter:
    """Return a continuous parameter."""
    return Parameter(
        name=name,
        kind="continuous",
        low=low,
        high=high,
        default=default,
        unit=unit,
        scale=scale,
        prior=prior,
        about=about,
    )


def integer(
    name: str,
    low: int,
    high: int,
    default: int,
    about: str,
    *,
    unit: str = "",
    weights: Sequence[float] = (),
) -> Parameter:
    """Return an integer parameter, with one weight per level in its prior."""
    return Parameter(
        name=name,
        kind="integer",
        low=low,
        high=high,
        default=default,
        unit=unit,
        prior=Prior(weights=tuple(weights)),
        about=about,
    )


def categorical(
    name: str,
    choices: Sequence[str],
    about: str,
    *,
    default: str | None = None,
    weights: Sequence[float] = (),
) -> Parameter:
    """Return a categorical parameter, by default at its first choice."""
    return Parameter(
        name=name,
        kind="categorical",
        choices=tuple(choices),
        default=choices[0] if default is None else default,
        prior=Prior(weights=tuple(weights)),
        about=about,
    )


def boolean(name: str, default: bool, about: str) -> Parameter:
    """Return a boolean parameter."""
    return Parameter(name=name, kind="boolean", default=default, about=about)
