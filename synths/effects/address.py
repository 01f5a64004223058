"""Addresses with effects: an instrument before a chain, or a chain alone."""

from typing import NamedTuple

from patchwright.synths.errors import SynthError

EFFECTS_ALONE = "effects"
"""Name of a synth that is effects alone, on a dry sound."""


class Split(NamedTuple):
    """The parts of an address.

    Attributes:
        instrument: Address of the instrument; None for effects alone.
        chain: Text of the chain; None for an instrument alone.
    """

    instrument: str | None
    chain: str | None


def split_address(address: str) -> Split:
    """Split an address into an instrument and a chain of effects.

    Raises:
        SynthError: If one of the two is empty.

    Examples:
        >>> split_address("subtractive | chorus | reverb")
        Split(instrument='subtractive', chain='chorus | reverb')
        >>> split_address("effects: delay")
        Split(instrument=None, chain='delay')
        >>> split_address("vst3:Dexed")
        Split(instrument='vst3:Dexed', chain=None)
    """
    prefix, colon, rest = address.partition(":")
    if colon and prefix.strip() == EFFECTS_ALONE:
        if not rest.strip():
            raise SynthError(_EMPTY.format(address))
        return Split(None, rest.strip())
    instrument, bar, chain = address.partition("|")
    if not bar:
        return Split(address, None)
    if not instrument.strip() or not chain.strip():
        raise SynthError(_EMPTY.format(address))
    return Split(instrument.strip(), chain.strip())


_EMPTY = (
    "{!r} lacks an instrument or an effect: write 'subtractive | chorus | reverb', or "
    "'effects: delay | reverb' for effects on a dry sound."
)
