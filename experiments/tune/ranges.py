"""Values that an option may have while it is tuned: a range, or choices."""

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
_DIGITS = 3  # significant digits of a drawn number; more would suggest that they matter


@dataclass(frozen=True)
class OptionRange:
    """Values among which an option is tuned.

    Attributes:
        distribution: Distribution that Optuna draws from.
        choices: Value of the option for each drawn word; empty for numbers.
    """

    distribution: BaseDistribution
    choices: dict[Any, Any]

    def option(self, drawn: Any) -> Any:
        """Return the value of the option for a drawn number or word."""
        return self.choices.get(drawn, drawn)

    def words(self, option: Any) -> list[Any]:
        """Return the numbers or words that stand for a value; none if it lies outside."""
        if self.choices:
            return [word for word, choice in self.choices.items() if choice == option]
        is_number = isinstance(option, int | float) and not isinstance(option, bool)
        return [option] if is_number and self.distribution._contains(option) else []

    def rounded(self, drawn: Any) -> Any:
        """Round a drawn number to a few digits, within the range; keep anything else."""
        if not isinstance(self.distribution, FloatDistribution):
            return drawn
        low, high = self.distribution.low, self.distribution.high
        return min(max(float(f"{drawn:.{_DIGITS}g}"), low), high)


def read_range(option: str, value: Any, default: Any) -> OptionRange:
    """Read ``10..60`` (whole numbers), ``0.1..3.0``, ``0.1..3.0 log``, or a list of choices.

    Args:
        option: Name of the option.
        value: Range or list, as in YAML.
        default: Default of the option; whole numbers are drawn only if it is not a float.

    Raises:
        ExperimentError: If it is not a range, or has fewer than two values.

    Examples:
        >>> read_range("population", "10..60", 50).distribution
        IntDistribution(high=60, log=False, low=10, step=1)
        >>> read_range("growth", "0.1..3.0 log", 1.0).distribution
        FloatDistribution(high=3.0, log=True, low=0.1, step=None)
        >>> read_range("operators", [["sparse"], ["sparse", "blend"]], []).choices
        {'sparse': ['sparse'], 'sparse+blend': ['sparse', 'blend']}
    """
    if isinstance(value, list):
        choices = {_word(choice): choice for choice in value}
        if len(choices) < 2:
            raise ExperimentError(f"tune.options.{option}: give at least two choices.")
        return OptionRange(CategoricalDistribution(tuple(choices)), choices)
    match = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ExperimentError(
            f"tune.options.{option}: {value!r} is not a range: give one like 10..60, 0.1..3.0 or "
            "'0.1..3.0 log', or a list of choices."
        )
    low, high, log = match[1], match[2], match[3] is not None
    whole = low.lstrip("-").isdigit() and high.isdigit() and not isinstance(default, float)
    if float(low) >= float(high):
        raise ExperimentError(
            f"tune.options.{option}: {value} is empty: put the lower number first."
        )
    if log and float(low) <= 0:
        raise ExperimentError(
            f"tune.options.{option}: a log range must start above 0, not at {low}."
        )
    if whole:
        return OptionRange(IntDistribution(int(low), int(high), log=log), {})
    return OptionRange(FloatDistribution(float(low), float(high), log=log), {})


def _word(choice: Any) -> Any:
    """Return the word by which Optuna stores a choice."""
    return (
        choice if choice is None or isinstance(choice, bool | int | float | str) else label(choice)
    )
