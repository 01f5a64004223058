"""The synths and locks that a match can be begun with."""

import importlib.util
import re
from collections.abc import Iterable
from dataclasses import dataclass

from patchwright.experiments.match.explored import FREE
from patchwright.objectives.wishes import QUALITIES, VOCABULARY
from patchwright.synths import SynthError
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.parameters.locks import read_lock, shipped_locks
from patchwright.synths.plugins.address import installed, resolve
from patchwright.synths.plugins.qualify import VERDICTS, verdict_path

_USUAL = 32  # free parameters of the lock that is chosen at first
# for musicians; other synths are described by their classes
_ABOUT = {
    "subtractive": "Two oscillators, a filter, envelopes and an LFO: a good first choice.",
    "fm": "Six operators in 32 algorithms, as in the DX7: bells, basses, electric pianos.",
    "oscillators": "Plain waves added up: for steady, organ-like sounds.",
}


@dataclass(frozen=True)
class LockChoice:
    """A lock.

    Attributes:
        name: Name of the shipped lock file; empty for none.
        label: Name that is shown.
    """

    name: str
    label: str


@dataclass(frozen=True)
class SynthChoice:
    """A synth.

    Attributes:
        address: Name of the synth in configs.
        label: Name that is shown.
        about: What it is, and whether its renders repeat.
        locks: Its locks, the usual one first.
        known: Whether it is built in, or described by this package.
    """

    address: str
    label: str
    about: str
    locks: tuple[LockChoice, ...]
    known: bool = True


def synth_choices() -> list[SynthChoice]:
    """List the built-in synths, Vital if it is installed, and the plugins that are installed."""
    found = []
    for name, cls in SYNTHS.items():
        about = _ABOUT.get(name) or (cls.__doc__ or "").partition("\n")[0]
        every = LockChoice("", f"All {len(cls.space)} knobs move")
        label = name.upper() if len(name) == 2 else name.capitalize()
        found.append(SynthChoice(name, label, f"Built in. {about}", (every,)))
    plugins = installed()
    if importlib.util.find_spec("vita") is not None:
        plugins = ["vital", *plugins]
    for address in plugins:
        label = re.sub(r"[-_]vst$", "", address.partition(":")[2]) or address.capitalize()
        kind = address.partition(":")[0].upper() if ":" in address else "Wavetable synth"
        locks = _locks(label)
        known = len(locks) > 1
        # to find a verdict, the whole plugin is hashed
        about = f"{kind}. {_verdict(address, locks[0])}" if known else f"{kind}."
        found.append(SynthChoice(address, label, about, locks, known=known))
    return found


def check_choice(choices: Iterable[SynthChoice], address: object, lock: object) -> dict[str, str]:
    """Return the keys of a synth's config for a choice; only what is listed can be chosen.

    Raises:
        SynthError: If it is not listed.
    """
    for choice in choices:
        for known in choice.locks:
            if address == choice.address and lock == known.name:
                return {"name": choice.address} | ({"lock": known.name} if known.name else {})
    raise SynthError("This synth or lock is not installed: choose another.")


def _locks(label: str) -> tuple[LockChoice, ...]:
    """Return the shipped locks of a plugin, or one that finds what matters."""
    plain = _plain(label)
    mine = [name for name in shipped_locks() if plain.startswith(_plain(name.rpartition("-")[0]))]
    sizes = {name: int(name.rpartition("-")[2]) for name in mine if name[-1].isdigit()}
    ordered = sorted(sizes, key=lambda name: abs(sizes[name] - _USUAL))
    finding = LockChoice("", f"The {FREE} knobs that matter most, found first")
    shipped = tuple(LockChoice(name, f"{sizes[name]} knobs move ({name})") for name in ordered)
    return (*shipped, finding) if shipped else (finding,)


def _verdict(address: str, lock: LockChoice) -> str:
    try:
        locks = dict(read_lock(lock.name)) if lock.name else {}
        known = {"lock": locks.get("lock", {}), "free": locks.get("free")}
        verdict = VERDICTS.read(verdict_path(resolve(address), known))
    except SynthError as error:
        return str(error)
    if verdict is None:
        return "Not qualified yet; rendered from a fresh copy each time."
    if verdict.chosen is not None:
        return f"Qualified: renders repeat exactly ({verdict.chosen})."
    return "Qualified: its renders do not repeat; scores have a noise floor."


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


@dataclass(frozen=True)
class WishSlider:
    """A quality of the sound that may be wished otherwise; 0 leaves it as recorded.

    Attributes:
        quality: Name of the quality.
        unit: Unit of the slider, ``dB`` or ``ms``.
        more: Word for a positive value.
        less: Word for a negative value; empty if there is none.
    """

    quality: str
    unit: str
    more: str
    less: str


def wish_sliders() -> list[WishSlider]:
    """List the sliders of "like this, but", one for each quality of the vocabulary of wishes."""
    sliders = []
    for name, quality in QUALITIES.items():
        words = {sign: word for word, (moved, sign) in VOCABULARY.items() if moved == name}
        sliders.append(WishSlider(name, quality.unit, words[1], words.get(-1, "")))
    return sliders
