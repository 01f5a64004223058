"""Wishes about recorded notes: what the edits give, what matches get, and what they get without.

Run as ``python -m patchwright.experiments.bench.wishes FOLDER [--renders N] [--seeds K]``; it goes
on where it was stopped. With ``--seeds 0`` it measures the edits only.
"""

from importlib import resources
from pathlib import Path

import numpy as np
import typer
from rich.table import Table

from patchwright.experiments.match.run import match
from patchwright.experiments.recordings.recording import read_recording
from patchwright.experiments.recordings.sound import read_sound
from patchwright.experiments.terminal.console import Console
from patchwright.objectives.target import ObjectiveError
from patchwright.objectives.wishes import compare_wishes, granted, parse_wishes

WISHES = ("brighter 3 dB", "more noise 6 dB", "attack 150 ms")
EDITS = (
    "brighter 3 dB",
    "darker 6 dB",
    "less noise 6 dB",
    "more noise 6 dB",
    "louder 3 dB",
    "attack 15 ms",
    "attack 40 ms",
    "attack 150 ms",
    "brighter 3 dB, attack 60 ms, less noise",
)
LENGTH, SR = 1.5, 44_100  # s, Hz


def main(folder: Path, synth: str = "subtractive", renders: int = 250, seeds: int = 1) -> None:
    """Print what the edits of the recordings and the answers of matches have of each wish."""
    targets = Path(str(resources.files("patchwright.experiments"))) / "targets"
    paths = sorted(targets.glob("*.flac"))
    console = Console()
    console.print(_edits(paths))
    if seeds:
        console.print(_matches(folder, paths, synth, renders, seeds))


def _edits(paths: list[Path]) -> Table:
    table = Table("wish", *(path.stem for path in paths))
    for wish in EDITS:
        parsed, cells = parse_wishes(wish), []
        for path in paths:
            audio = read_recording(path, length=LENGTH).audio
            try:
                edited = granted(audio, SR, parsed)
            except ObjectiveError:
                cells.append("refused")
                continue
            found = compare_wishes(audio, edited, SR, parsed)
            cells.append(
                ", ".join(
                    f"{each.got:.0f} ms of {each.recorded:.0f}"
                    if each.unit == "ms"
                    else f"{each.got - each.recorded:+.2f} dB"
                    for each in found
                )
            )
        table.add_row(wish, *cells)
    return table


def _matches(folder: Path, paths: list[Path], synth: str, renders: int, seeds: int) -> Table:
    """Measure the quality that is wished, as medians over recordings and seeds."""
    rows: dict[str, list[tuple[float, float, float, float]]] = {wish: [] for wish in WISHES}
    for path in paths:
        for seed in range(seeds):
            plain = _best(folder, path, None, synth, renders, seed)
            for wish in WISHES:
                sound = _best(folder, path, wish, synth, renders, seed)
                recorded = read_recording(path, length=LENGTH).audio[:, : sound.shape[1]]
                parsed = parse_wishes(wish)
                (got,) = compare_wishes(recorded, sound, SR, parsed)
                (without,) = compare_wishes(recorded, plain, SR, parsed)
                rows[wish].append((got.recorded, got.asked, got.got, without.got))
    table = Table("wish", "asked", "got", "without the wish", "off", "off without", "nearer")
    for wish, values in rows.items():
        recorded, asked, found, without = np.array(values).T
        before = 0.0 if wish.startswith("attack") else recorded
        off, plainly = np.abs(found - asked), np.abs(without - asked)
        table.add_row(
            wish,
            *(f"{np.median(part - before):.1f}" for part in (asked, found, without)),
            *(f"{np.median(part):.1f}" for part in (off, plainly)),
            f"{(off < plainly).sum()} of {len(off)}",
        )
    return table


def _best(
    folder: Path, path: Path, wish: str | None, synth: str, renders: int, seed: int
) -> np.ndarray:
    """Return the sound `[c, t]` of the answer of a match, which is made unless it is there."""
    out = folder / f"{path.stem}-{seed}-{(wish or 'plain').replace(' ', '-')}"
    found = match(
        {"path": path, "length": LENGTH} | ({} if wish is None else {"but": wish}),
        out=out,
        resume=True,
        workers=1,
        synth=synth,
        seed=seed,
        search={"renders": renders, "finalists": []},
    )
    return np.asarray(read_sound(found.folder / "best.wav").audio)


if __name__ == "__main__":
    typer.run(main)
