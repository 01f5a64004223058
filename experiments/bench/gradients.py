"""Whether a model's gradient of discrete parameters points where renders are nearer.

Run as ``python -m patchwright.experiments.bench.gradients MODEL``; it prints Markdown tables.

Each of some random presets has another random preset's sound as target. The gradient of the
model's distance says for another level of a discrete parameter, drawn at random, whether it should
be nearer or farther. The preset is rendered with that level, and the signs are compared where the
distance changes by more than a hundredth. The same for each treatment of levels; for `argmax`,
which feeds the network the likeliest level alone; and for `difference`, which asks the network for
both levels instead of a gradient.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor

from patchwright.experiments.config import SynthConfig
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.terminal.plain_text import markdown_table
from patchwright.surrogates.assisted.relaxation import RelaxedGenotypes, Variables
from patchwright.surrogates.datasets.notes import performance_of
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.proxies.note import scaled_note
from patchwright.synths import Subspace
from patchwright.synths.parameters import Array

WAYS = ("soft", "straight_through", "gumbel", "argmax", "difference")
HEARD = 0.01
"""Change of the distance, relative to it, from which it counts."""


class Probe:
    """A model and its synth at one note.

    Args:
        folder: Folder of the model.
    """

    def __init__(self, folder: Path) -> None:
        self._model = ProxyModel.read(folder)
        card = self._model.card
        self.subspace: Subspace = card.synth.subspace()
        self.space = self._model.ensemble.space
        middle = [sorted(values)[len(values) // 2] for values in
                  (card.notes.pitch, card.notes.velocity, card.notes.duration)]  # fmt: skip
        note = np.array(middle, np.float32)
        self._note = scaled_note(note[None].astype(np.float64))[0]
        self._performance = performance_of(
            note, length=card.features.samples / card.features.sr, sr=card.features.sr
        )
        self._synth = open_synth(SynthConfig(name=card.synth.name))
        self.genotypes = RelaxedGenotypes(self.subspace, self.space)

    def rendered(self, genotypes: Array) -> Tensor:
        """Return components `[n, k]` of the sounds of genotypes `[n, d]`."""
        parts = []
        for first in range(0, len(genotypes), 64):
            values = self.subspace.decode(genotypes[first : first + 64])
            audio = self._synth.render(values, self._performance).audio
            features = self._model.card.features(torch.from_numpy(np.array(audio)))
            parts.append(self._model.projection.reduce(features.flatten(1)))
        return torch.cat(parts)

    def predicted(self, relaxed: Tensor) -> Tensor:
        """Return components `[n, k]` of relaxed presets `[n, w]`."""
        return self._model.ensemble(relaxed, self._note).mean(0)

    def gradient(self, genotypes: Array, targets: Tensor, way: str) -> Tensor:
        """Return the gradient `[n, b, l]` of the distances to targets `[n, k]` in the logits."""
        variables = self.genotypes.variables(genotypes)
        generator = torch.Generator().manual_seed(0)
        relaxed = self._relaxed(variables, way, generator)
        loss = distance(self.predicted(relaxed), targets).sum()
        (found,) = torch.autograd.grad(loss, [variables.logits], allow_unused=True)
        return torch.zeros_like(variables.logits) if found is None else found

    def _relaxed(self, variables: Variables, way: str, generator: torch.Generator) -> Tensor:
        if way != "argmax":
            return variables.relaxed(way, 1.0, generator)  # type: ignore[arg-type]
        # numbers keep their gradient; levels are what a network gets that reads rounded presets
        return self.genotypes.relax(variables.genotypes()) + 0 * variables.numbers.sum()


def distance(a: Tensor, b: Tensor) -> Tensor:
    """Return mean absolute differences of components `[n, k]`, `[n]`."""
    return (a - b).abs().mean(1)


def signs(probe: Probe, presets: int, seed: int) -> dict[str, dict[str, Array]]:
    """Return, by way and parameter, products of expected and rendered signs, `[h]`.

    1 where they agree, -1 where not, 0 without a direction; only where the change is heard.
    """
    rng = np.random.default_rng(seed)
    x, others = (probe.subspace.sample(presets, rng) for _ in range(2))
    targets = probe.rendered(others)
    here = distance(probe.rendered(x), targets)
    gradients = {way: probe.gradient(x, targets, way) for way in WAYS[:-1]}
    with torch.no_grad():
        asked = distance(probe.predicted(probe.genotypes.relax(x)), targets)
    found: dict[str, dict[str, Array]] = {way: {} for way in WAYS}
    for row, name in enumerate(probe.space.names[i] for i in probe.space.choices):
        gene = probe.subspace.names.index(name)
        k = int(probe.subspace.levels[gene])
        level = np.floor(x[:, gene] * k).clip(max=k - 1).astype(int)
        other = (level + rng.integers(1, k, presets)) % k
        moved = x.copy()
        moved[:, gene] = (other + 0.5) / k
        change = distance(probe.rendered(moved), targets) - here
        heard = (change.abs() > HEARD * here).numpy()
        with torch.no_grad():
            believed = distance(probe.predicted(probe.genotypes.relax(moved)), targets) - asked
        for way in WAYS:
            expected = believed
            if way != "difference":
                expected = gradients[way][torch.arange(presets), row, torch.from_numpy(other)]
            found[way][name] = np.sign(expected.numpy() * change.numpy())[heard]
    return found


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of a model.")],
    presets: Annotated[int, typer.Option(min=2, help="Number of presets.")] = 64,
    seed: Annotated[int, typer.Option(help="Seed of the presets.")] = 0,
) -> None:
    """Compare the signs of gradients with renders, and print tables."""
    torch.set_num_threads(1)
    found = signs(Probe(folder), presets, seed)
    rows = [["parameter", "heard", *WAYS]]
    for name in found[WAYS[0]]:
        cells = [found[way][name] for way in WAYS]
        rows.append([name, str(len(cells[0])), *map(_cell, cells)])
    rows.append(["all", str(sum(len(x) for x in found[WAYS[0]].values())),
                 *(_cell(np.concatenate(list(found[way].values()))) for way in WAYS)])  # fmt: skip
    print(markdown_table(rows))


def _cell(products: Array) -> str:
    """Return how often signs agree, and how often there is a sign if not always."""
    if not len(products):
        return ""
    directed = products[products != 0]
    if not len(directed):
        return "none"
    share = f"{(directed > 0).mean():.0%}"
    return share if len(directed) == len(products) else f"{share} of {len(directed)}"


if __name__ == "__main__":
    typer.run(main)
