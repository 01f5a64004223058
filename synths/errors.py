"""Errors about synths; each message is one sentence with the problem and its fix."""

import difflib
from collections.abc import Iterable

_LONGEST = 100  # characters compared, because a name from a file may have millions
_LISTED, _SOME = 40, 10  # choices that are all listed; choices that are listed of more


class SynthError(ValueError):
    """An invalid parameter, lock, preset, performance or choice of synth."""


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Suggest the option nearest to a misspelt name, or list them if none is near.

    Args:
        name: Name as written.
        options: Valid names.

    Returns:
        End of an error message, such as ``did you mean 'saw'?``.

    Examples:
        >>> did_you_mean("sow", ["sine", "saw"])
        "did you mean 'saw'?"
        >>> did_you_mean("noise", ["sine", "saw"])
        'the choices are sine, saw'
    """
    options = list(options)
    folded = {option.casefold(): option for option in options}
    near = difflib.get_close_matches(name[:_LONGEST].casefold(), folded, n=1, cutoff=0.5)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    more = len(options) - _SOME if len(options) > _LISTED else 0
    rest = f" and {more} more" if more else ""
    return f"the choices are {', '.join(options[: len(options) - more])}{rest}"
