"""The page of a dataset: its distributions as pictures, in one HTML file without scripts."""

import base64
from importlib.metadata import version
from pathlib import Path

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from patchwright.experiments.datasets.distributions import Distribution, Distributions
from patchwright.experiments.datasets.tables import facts
from patchwright.experiments.pages.drawing import PALETTE
from patchwright.experiments.pages.level_picture import LEVELS, level_png
from patchwright.experiments.pages.templates import templates
from patchwright.experiments.records.run_folder import write_text
from patchwright.surrogates.datasets import Dataset

_DEVIATION = 30.0  # dB at the highest colour of the picture of deviations


def write_page(data: Dataset, found: Distributions, path: Path) -> None:
    """Write the page of a dataset; equal datasets give equal bytes.

    Args:
        data: Dataset to show.
        found: Its distributions.
        path: HTML file.
    """
    environment = templates("patchwright.experiments.datasets")
    groups: dict[str, list[Distribution]] = {}
    for each in found.parameters:
        groups.setdefault(each.name.partition("_")[0], []).append(each)
    lone = [members[0] for members in groups.values() if len(members) == 1]
    groups = {name: members for name, members in groups.items() if len(members) > 1}
    page = environment.get_template("dataset.html.j2").render(
        version=version("patchwright"),
        synth=data.card.synth.name,
        presets=data.card.presets,
        rows=found.rows,
        crowded=data.crowded,
        facts=facts(data),
        groups=groups | ({"other": lone} if lone else {}),
        notes=found.notes,
        sounds=found.sounds,
        bars=_bars,
        mean=_picture(found.mean - data.features.floor, -data.features.floor),
        deviation=_picture(found.deviation, _DEVIATION),
        floor=data.features.floor,
        most_deviation=_DEVIATION,
        seconds=data.card.length,
        hz=data.card.sr // 2,
        colours=", ".join(LEVELS),
        palette=PALETTE,
        style=Markup(environment.get_template("style.css").render()),  # noqa: S704 - our own
    )
    write_text(path, page)


def _bars(distribution: Distribution) -> list[tuple[float, float, float, int]]:
    """Return the left end, width and height of each bar, in percent, and its count."""
    counts = distribution.counts
    width = 100 / len(counts)
    heights = 100 * counts / max(1, counts.max())
    return [
        (round(place * width, 3), round(0.92 * width, 3), round(float(height), 2), int(count))
        for place, (height, count) in enumerate(zip(heights, counts, strict=True))
    ]


def _picture(levels: NDArray[np.float32], highest: float) -> str:
    """Return levels `[bands, frames]` from 0 to `highest` as the address of a picture."""
    steps = np.clip(np.nan_to_num(levels) / highest * 255, 0, 255).astype(np.uint8)
    return f"data:image/png;base64,{base64.b64encode(level_png(steps, 255)).decode('ascii')}"
