"""Effects found again on a dry sound that is known: settings, and chains in an unknown order.

Run as ``python -m patchwright.experiments.bench.effects FOLDER known|order``, with a folder of dry
sounds such as `experiments/targets`; it prints Markdown tables, and goes on where it was stopped
(``--out``). A target is a random preset of the chain on one of the sounds, in which each effect is
heard: leaving it out makes a difference of at least two just noticeable ones. An answer is good if
no difference is plainer than twice the just noticeable one (`hear_differences`).
"""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
import typer
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from patchwright.experiments.config import check_experiment
from patchwright.experiments.config.target import sound_files
from patchwright.experiments.match.search import run_search
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.recordings.whole_sound import read_whole
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.terminal.plain_text import markdown_table
from patchwright.objectives.differences import hear_differences
from patchwright.synths import DrySound, Performance
from patchwright.synths.effects import EffectSynth
from patchwright.synths.parameters import Array, parameter_mae

CLASSES = ("autofx_modulation", "autofx_delay", "autofx_distortion")
"""The three classes of AutoFX, with its ranges."""

PAIRS = (
    ("distortion", "delay"),
    ("distortion", "reverb"),
    ("chorus", "distortion"),
    ("delay", "reverb"),
    ("phaser", "distortion"),
    ("chorus", "reverb"),
)
"""Effects of two-effect chains, each in both orders."""

SR, SECONDS = 44_100, 1.5
PLAIN = 2.0  # just noticeable differences that are still good


@dataclass(frozen=True)
class Case:
    """One search.

    Attributes:
        task: Chain that made the target, in its true order.
        sound: Name of the dry sound.
        seed: Number of the target.
        objectives: Distances that the search minimised.
        renders: Budget.
        plainest: Plainest difference between answer and target, in just noticeable ones.
        error: Mean absolute difference of the normalised parameters; None for another chain.
        square: Mean of their squares.
        found: Chain of the answer, in its order.
        echoes: Whether the search started at echoes.
    """

    task: str
    sound: str
    seed: int
    objectives: str
    renders: int
    plainest: float
    error: float | None
    square: float | None
    found: str
    echoes: bool = True


def plainest(target: NDArray[np.float32], sound: NDArray[np.float32]) -> float:
    """Return the plainest difference between two sounds `[2, t]`, in just noticeable ones."""
    with threadpool_limits(limits=1, user_api="blas"):
        heard = hear_differences(target, sound, SR, notes=1).heard
    return heard[0].plainness if heard else 0.0


def target(chain: str, dry: Performance, seed: int) -> tuple[EffectSynth, Array]:
    """Draw a preset of a chain in which each effect is heard."""
    synth, rng = EffectSynth(chain), np.random.default_rng((seed, 7))
    for _ in range(100):
        values = synth.space.sample(1, rng)
        wet = synth.render(values, dry).audio[0]
        if np.abs(wet).max() > 0.01 and all(
            plainest(wet, shorter.render(row, dry).audio[0]) >= PLAIN
            for shorter, row in without(synth, values)
        ):
            return synth, values
    raise RuntimeError(f"no audible preset of {chain}")


def without(synth: EffectSynth, values: Array) -> Iterator[tuple[EffectSynth, Array]]:
    """Yield a synth with each effect left out, and the preset of the others."""
    readable = synth.space.readable(values)[0]
    slots = synth.active(values[0])
    for left in slots:
        others = [slot for slot in slots if slot is not left]
        shorter = EffectSynth(" | ".join(slot.effect.name for slot in others) or "gain")
        kept = {name: v for name, v in readable.items() if shorter.space.knows(name)}
        yield shorter, shorter.space.values([kept])


def search(
    synth: str, wet: Path, dry: Path, objectives: str, renders: int, seed: int, echoes: bool
) -> tuple[EffectSynth, Array, NDArray[np.float32], NDArray[np.float32]]:
    """Search, and return the synth, the answer `[P]`, its sound and the target's."""
    content = {
        "target": {"path": str(wet), "dry": str(dry), "length": SECONDS},
        "synth": synth,
        "objectives": objectives.split("+"),
        "search": {
            "renders": renders,
            "calibration": min(50, renders // 4),
            "finalists": [],
            "echoes": echoes,
        },
        "seed": seed,
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        prepare(check_experiment(content, "bench"), workers=1) as setup,
    ):
        outcome = run_search(setup, RunFolder(Path(folder) / "run"), callbacks=[])
        assert isinstance(setup.synth, EffectSynth)  # noqa: S101 - for mypy
        values = setup.subspace.decode(outcome.result.genotype[np.newaxis])
        sound = setup.synth.render(values, setup.performance).audio[0]
        return setup.synth, values[0], sound, setup.target.audio


def one(
    task: str, chain: str, dry: Path, seed: int, objectives: str, renders: int, echoes: bool
) -> Case:
    """Make a target, search for it, and compare."""
    samples = read_whole(dry, sr=SR, length=SECONDS).audio
    played = Performance(notes=(), length=SECONDS, sr=SR, dry=DrySound(samples))
    synth, values = target(chain, played, seed)
    with tempfile.TemporaryDirectory() as folder:
        wet = Path(folder) / "wet.wav"
        soundfile.write(wet, synth.render(values, played).audio[0].T, SR, subtype="FLOAT")
        searched = f"effects: {chain}" if task == "known" else task
        found, answer, sound, heard = search(searched, wet, dry, objectives, renders, seed, echoes)
    error = square = None
    if task == "known":
        error = float(parameter_mae(found.space.lock(), answer[np.newaxis], values)[0])
        square = float(((answer - values[0]) ** 2).mean())
    order = " | ".join(slot.effect.name for slot in found.active(answer))
    worst = plainest(heard, sound)
    return Case(chain, dry.stem, seed, objectives, renders, worst, error, square, order, echoes)


def cases(
    folder: Path, kind: str, count: int, objectives: str, renders: int, echoes: bool, out: Path
) -> list[Case]:
    """Run the searches that are not in a file of results yet, and return all."""
    sounds = sound_files(folder)
    done: dict[tuple[object, ...], Case] = {}
    if out.exists():
        for line in out.read_text(encoding="utf-8").splitlines():
            case = Case(**json.loads(line))
            key = (case.task, case.sound, case.seed, case.objectives, case.renders, case.echoes)
            done[key] = case
    chains = (
        list(CLASSES)
        if kind == "known"
        else [" | ".join(order) for pair in PAIRS for order in (pair, pair[::-1])]
    )
    everything = sorted({name for pair in PAIRS for name in pair})
    found = []
    for seed in range(count):
        chain = chains[seed % len(chains)]
        dry = sounds[int(np.random.default_rng((seed, 8)).integers(len(sounds)))]
        key = (chain, dry.stem, seed, objectives, renders, echoes)
        if key not in done:
            task = "known" if kind == "known" else f"effects: {{{', '.join(everything)}}}"
            done[key] = one(task, chain, dry, seed, objectives, renders, echoes)
            with contextlib.suppress(FileExistsError):
                out.parent.mkdir(parents=True)
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(done[key])) + "\n")
        found.append(done[key])
    return found


def row(name: str, found: list[Case]) -> list[str]:
    """Return a row of the table."""
    good = sum(case.plainest <= PLAIN for case in found)
    right = sum(case.found == case.task for case in found)
    worst = np.median([case.plainest for case in found])
    squares = [case.square for case in found if case.square is not None]
    return [
        name,
        f"{good} of {len(found)}",
        f"{worst:.1f}",
        f"{right} of {len(found)}",
        f"{np.mean(squares):.4f}" if squares else "–",
    ]


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of dry sounds.")],
    kind: Annotated[str, typer.Argument(help="'known' chains, or unknown 'order'.")],
    targets: Annotated[int, typer.Option(help="Number of targets.")] = 30,
    objectives: Annotated[str, typer.Option(help="Distances, joined by '+'.")] = "default",
    renders: Annotated[int, typer.Option(help="Budget of each search.")] = 250,
    echoes: Annotated[bool, typer.Option(help="Start at the echoes that are heard.")] = True,
    out: Annotated[Path, typer.Option(help="File of results.")] = Path("runs/effects.jsonl"),
) -> None:
    """Search for random presets of effects on dry sounds, and print how near the answers are."""
    found = cases(folder, kind, targets, objectives, renders, echoes, out)
    columns = ["effects", "within 2 JND", "median plainest", "chain right", "mean square"]
    chains = dict.fromkeys(case.task for case in found)
    rows = [row(chain, [case for case in found if case.task == chain]) for chain in chains]
    print(markdown_table([columns, *rows, row("all", found)]))


if __name__ == "__main__":
    typer.run(main)
