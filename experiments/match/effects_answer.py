"""What a run leaves of the effects that it found: a program, and the instrument's own preset."""

from patchwright.experiments.records.run_folder import RunFolder, write_text
from patchwright.experiments.records.summary import ChainFacts
from patchwright.synths import Preset, Synth
from patchwright.synths.effects import EffectSynth
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import write_preset


def write_effects(
    synth: Synth, folder: RunFolder, values: Array, *, name: str, sr: int
) -> ChainFacts | None:
    """Write the effects of the answer as a Python program.

    Args:
        synth: Synth of the run.
        folder: Folder of the run.
        values: Values of the answer, `[P]`.
        name: Name of the preset.
        sr: Sample rate of the run in Hz.

    Returns:
        Facts of the effects; None for a synth without any.
    """
    if not isinstance(synth, EffectSynth):
        return None
    active = synth.active(values)
    title = f"The effects that Patchwright found: {synth.chain}."
    write_text(folder.script, synth.script(values, sr, title=title, file=folder.script.name))
    return ChainFacts(
        chain=str(synth.chain),
        active=tuple(slot.name for slot in active),
        script=folder.script.name,
        instrument=_write_instrument(synth, folder, values, name),
    )


def _write_instrument(
    synth: EffectSynth, folder: RunFolder, values: Array, name: str
) -> str | None:
    """Write the instrument's part of a preset in its own format, and return the file's name."""
    instrument = synth.instrument
    if instrument is None:
        return None
    own = Preset(name, instrument.name, synth.instrument_values(values))
    own.write(folder.instrument_preset, instrument.space)
    if instrument.suffix is None:
        return folder.instrument_preset.name
    path = folder.native_preset(instrument.suffix)
    write_preset(path, own, instrument)
    return path.name
