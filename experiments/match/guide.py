"""The model that helps a search: the one that the config names, or one that suits."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.match_target import MatchTarget
from patchwright.search import OPTIMIZERS, Optimizer
from patchwright.surrogates.assisted import (
    ASSISTED,
    PREDICTING,
    Guide,
    Hybrid,
    Online,
    unsuitable,
)
from patchwright.surrogates.identity import SynthIdentity
from patchwright.surrogates.models.folder import ProxyModel, read_proxy_card
from patchwright.surrogates.models.registry import model_folders
from patchwright.synths import Subspace, Synth

AUTO, NONE = "auto", "none"
"""Values of `search.model` besides paths: one that suits, or none."""


METHODS: dict[str, type[Optimizer]] = (
    OPTIMIZERS | {"cold": OPTIMIZERS["auto"]} | ASSISTED | PREDICTING
)
"""Optimizers by the names of `search.method`; `cold` is `auto` where no model suits."""


def choose_method(
    config: ExperimentConfig,
    method: type[Optimizer],
    synth: Synth,
    subspace: Subspace,
    target: MatchTarget,
) -> tuple[type[Optimizer], Guide | None]:
    """Find the model of a search, and the method that uses it.

    Args:
        config: Config of the run.
        method: Optimizer that the config names.
        synth: Synth that matches.
        subspace: Free parameters.
        target: Sound to match, and its notes.

    Returns:
        The optimizer, and its guide: `auto` becomes `hybrid` if a model suits; other methods are
        as named, and have a guide only if they need one.

    Raises:
        ExperimentError: If the method needs a model and none suits, or the named one does not.
        SurrogateError: If a model is damaged.
    """
    performance = target.performance
    if issubclass(method, Online):
        return method, Guide.without_model(subspace, target.sound)
    may = config.search.method == "auto" and config.search.model != NONE
    if not (may or method.needs_guide):
        return method, None
    identity = SynthIdentity.of(synth.name, subspace, synth.version)
    named = config.search.model not in (AUTO, NONE)
    folder, reasons = first_suitable(
        [Path(config.search.model)] if named else model_folders("proxy"),
        lambda path: unsuitable(
            read_proxy_card(path)[0], identity, performance, apart=bool(target.parts)
        ),
    )
    if folder is not None:
        guide = Guide.of(ProxyModel.read(folder), folder.name, subspace, performance, target.sound)
        return (Hybrid if may else method), guide
    if named:
        raise ExperimentError(f"The model cannot be used: {reasons[0]}; name another one.")
    if method.needs_guide:
        known = in_short(reasons)
        raise ExperimentError(
            f"{config.search.method} needs a model that suits this match ({known}): train one with "
            "'patchwright train proxy', or use the method online, which needs none."
        )
    return method, None


def first_suitable(
    folders: Iterable[Path], reason_of: Callable[[Path], str | None]
) -> tuple[Path | None, list[str]]:
    """Return the first model that suits, and why those before it do not.

    Args:
        folders: Folders of models.
        reason_of: Function that returns why a model does not suit, in words that follow its name.
    """
    reasons: list[str] = []
    for folder in folders:
        reason = reason_of(folder)
        if reason is None:
            return folder, reasons
        reasons.append(f"{folder.name} {reason}")
    return None, reasons


def in_short(reasons: Sequence[str]) -> str:
    """Return the first reasons why no model suits."""
    return "; ".join(reasons[:3]) or "there is none"
