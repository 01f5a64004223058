"""The user's mistakes that concern synths, told in one sentence that names the mend."""

import difflib
from collections.abc import Iterable


class SynthError(ValueError):
    """A mistake in a parameter, a lock, a preset, a performance or the choice of a synth."""


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Name the option nearest to a misspelt one, or all of them where none is near.

    Args:
        name: What was written.
        options: What would have been right.

    Returns:
        A phrase such as ``did you mean 'saw'?``, to end an error message with.
    """
    options = list(options)
    folded = {option.casefold(): option for option in options}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    return "the choices are " + ", ".join(options)
