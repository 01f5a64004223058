"""What a prior learned from amsynth's banks is worth: to held-out presets, and to a search.

``python -m patchwright.experiments.bench.prior learn runs/bench-prior`` learns a prior from all
banks but two, for the suite `configs/suites/search/prior.yaml`, and prints what presets of held-out
banks and of another author cost. ``... compare runs/search-prior runs/search-musical`` prints how
many renders the suites' searches needed. Distances are in units of the median preset of the synth's
own priors, whatever prior a search drew from.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import typer

from patchwright.experiments.bench.courses import Course, by_target, read_courses
from patchwright.experiments.bench.search import BUDGETS
from patchwright.experiments.cli.prior import print_card
from patchwright.experiments.compare.statistics import signed_rank
from patchwright.experiments.config import SynthConfig
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.priors.learning import learn_prior
from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.synths import Synth
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import read_presets
from patchwright.synths.priors.folder import read_prior
from patchwright.synths.priors.learn import SPEC, distinct, spec_prior

SYNTH = "vst2:amsynth_vst"
BANKS = Path("/usr/share/amsynth/banks")
HELD_OUT = ("amsynth_factory.bank", "PatriksBank05.bank")
"""Banks of the suite's targets."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def learn(folder: Path) -> None:
    """Learn a prior from all banks but two, and one from one author's banks only."""
    banks = sorted(BANKS.glob("*.bank"))
    with open_synth(SynthConfig(name=SYNTH)) as synth:
        others = [bank for bank in banks if bank.name not in HELD_OUT]
        print_card(learn_prior(synth, others, folder / "prior"), folder / "prior")
        authors = {
            author: [bank for bank in banks if bank.name.startswith(author)]
            for author in ("Brian", "Patrik")
        }
        presets = {author: _distinct(synth, paths) for author, paths in authors.items()}
        for author, paths in authors.items():
            place = folder / author
            card = learn_prior(synth, paths, place)
            prior = read_prior(place, synth.space, synth.name)
            for other, values in presets.items():
                if other != author:
                    cost = -prior.log_probability(values).mean() / len(synth.space)
                    own = -spec_prior(synth.space, prior.cells).log_probability(values).mean()
                    print(
                        f"{card.chosen} of {author}'s {len(paths)} banks: {len(values)} presets of "
                        f"{other} cost {cost:.3f} nats a parameter, "
                        f"{own / len(synth.space):.3f} by the synth's own priors"
                    )


def _distinct(synth: Synth, banks: Sequence[Path]) -> Array:
    """Return the presets of banks without near duplicates, `[n, P]`."""
    rows = [preset.values for bank in banks for preset in read_presets(bank, synth)]
    return np.array(rows)[distinct(np.array(rows))]


@app.command()
def compare(folders: list[Path]) -> None:
    """Print a Markdown table for each synth: distances after numbers of renders, by prior."""
    for synth, courses in read_courses(folders, _prior, first=SPEC).items():
        print(f"### {synth}, {len(courses[SPEC])} searches\n\n{table(courses)}\n")


def _prior(record: FinishedRun) -> str:
    """Return the name of the prior of a run, with its weight."""
    prior, weight = record.config.search.prior, record.config.search.prior_weight
    name = {"spec": SPEC}.get(str(prior), "learned" if isinstance(prior, Path) else prior)
    return f"{name}, weight {weight:g}" if weight else name


def table(courses: Mapping[str, Sequence[Course]]) -> str:
    """Format geometric means of distances, and renders to where the first group ended."""
    budgets = [100, *(budget for budget in BUDGETS if budget <= 1_000)]
    base = next(iter(courses.values()))
    goal = [each.best[-1] for each in base]
    end = max(len(each.best) for each in base)
    head = ["prior", *map(str, budgets), "renders to the own's end", "nearer", "p"]
    lines = [head, ["---"] * len(head)]
    for name, runs in courses.items():
        ends = np.array([[each.best[min(b, len(each.best)) - 1] for b in budgets] for each in runs])
        means = np.exp(np.log(ends).mean(axis=0))
        needed = [
            int(np.argmax(each.best <= end)) + 1 if each.best[-1] <= end else len(each.best)
            for each, end in zip(runs, goal, strict=True)
        ]
        nearer = np.array([each.best[-1] for each in runs]) < np.array(goal)
        p = None if runs is base else signed_rank(by_target(runs, end), by_target(base, end))
        row = [name, *(f"{mean:.3f}" for mean in means), f"{np.median(needed):.0f}"]
        row += (
            ["", ""]
            if runs is base
            else [f"{nearer.sum()} of {len(runs)}", f"{p:.2g}" if p else "-"]
        )
        lines.append(row)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    app()
