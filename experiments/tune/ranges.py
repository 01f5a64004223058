"""What an option may be while it is tuned: a range, or one of several choices."""

import re
from dataclasses import dataclass
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.suite.alternatives import label

_NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})( log)?")
_DIGITS = 3  # of a drawn number; more would be read as meant


@dataclass(frozen=True)
class Range:
    """Where an option is tuned.

    Attributes:
        distribution: Of what Optuna draws.
        choices: What its drawn words stand for; empty for numbers.
    """

    distribution: BaseDistribution
    choices: dict[Any, Any]

    def option(self, drawn: Any) -> Any:
        """What the method is given for what was drawn."""
        return self.choices.get(drawn, drawn)

    def words(self, option: Any) -> list[Any]:
        """What stands for a value of the option; nothing if it lies outside."""
        if self.choices:
            return [word for word, choice in self.choices.items() if choice == option]
        is_number = isinstance(option, int | float) and not isinstance(option, bool)
        return [option] if is_number and self.distribution._contains(option) else []

    def rounded(self, drawn: Any) -> Any:
        """A drawn number with the digits that matter, within the range."""
        if not isinstance(self.distribution, FloatDistribution):
            return drawn
        low, high = self.distribution.low, self.distribution.high
        return min(max(float(f"{drawn:.{_DIGITS}g}"), low), high)


def read_range(option: str, told: Any, default: Any) -> Range:
    """Read ``10..60`` (whole numbers), ``0.1..3.0``, ``0.1..3.0 log``, or a list of choices.

    Args:
        option: Its name.
        told: As in YAML.
        default: Of the option; numbers are not whole if it is not.

    Raises:
        ExperimentError: If it is no range, or leaves no choice.
    """
    if isinstance(told, list):
        choices = {_word(choice): choice for choice in told}
        if len(choices) < 2:
            raise ExperimentError(f"tune.options.{option}: give two choices or more to draw from.")
        return Range(CategoricalDistribution(tuple(choices)), choices)
    match = _RANGE.fullmatch(told) if isinstance(told, str) else None
    if match is None:
        raise ExperimentError(
            f"tune.options.{option}: {told!r} is no range: give such as 10..60, 0.1..3.0 or "
            "'0.1..3.0 log', or a list of choices."
        )
    low, high, log = match[1], match[2], match[3] is not None
    whole = low.lstrip("-").isdigit() and high.isdigit() and not isinstance(default, float)
    if float(low) >= float(high):
        raise ExperimentError(f"tune.options.{option}: {told} is empty: write the lesser first.")
    if log and float(low) <= 0:
        raise ExperimentError(f"tune.options.{option}: a log range begins above 0, not at {low}.")
    if whole:
        return Range(IntDistribution(int(low), int(high), log=log), {})
    return Range(FloatDistribution(float(low), float(high), log=log), {})


def _word(choice: Any) -> Any:
    """A choice as Optuna stores it."""
    return (
        choice if choice is None or isinstance(choice, bool | int | float | str) else label(choice)
    )
