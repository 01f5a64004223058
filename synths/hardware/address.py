"""Addresses of hardware synths: ``midi:`` and the name of a MIDI port, or a part of it."""

from patchwright.synths.effects.address import split_address

PREFIX = "midi:"


def is_hardware(address: str) -> bool:
    """Return whether an address names a hardware synth, alone or before effects.

    Examples:
        >>> is_hardware("midi:minilogue"), is_hardware("midi:DX7 | reverb"), is_hardware("vital")
        (True, True, False)
    """
    instrument = split_address(address).instrument
    return instrument is not None and instrument.startswith(PREFIX)


def port_of(address: str) -> str:
    """Return the port that an address names, as it was written.

    Examples:
        >>> port_of("midi:minilogue")
        'minilogue'
    """
    return address.removeprefix(PREFIX).strip()
