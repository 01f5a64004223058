"""Page of a prior: one HTML file that loads nothing else."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs
from scipy.stats import spearmanr

from patchwright.experiments.pages.drawing import PALETTE, as_json, new_figure
from patchwright.experiments.pages.templates import script_digest, templates
from patchwright.experiments.priors.describe import Marginal, marginals, preset_kinds
from patchwright.experiments.priors.shown import ShownPrior
from patchwright.experiments.records.run_folder import write_text
from patchwright.synths.parameters import Array

_DRAWS = 2_000  # presets that the correlations are of
_PLAIN = 0.15  # correlation from which a parameter is in the figure


def write_prior_page(shown: ShownPrior, path: Path) -> None:
    """Write the page of a prior; equal priors give equal bytes.

    Args:
        shown: Prior to show.
        path: HTML file.
    """
    environment = templates("patchwright.experiments.priors")
    script = Markup(environment.get_template("prior.js.j2").render())  # noqa: S704 - our own
    plotly = Markup(get_plotlyjs())  # noqa: S704 - a library's
    found = marginals(shown.prior, shown.space)
    figures = {f"marginal-{place}": as_json(_marginal(each)) for place, each in enumerate(found)}
    correlations = _correlations(shown)
    if correlations is not None:
        figures["correlations"] = as_json(correlations)
    if shown.card is not None:
        figures["costs"] = as_json(_costs(shown.card.held_out, shown.card.chosen))
    page = environment.get_template("prior.html.j2").render(
        version=version("patchwright"),
        shown=shown,
        facts=_facts(shown),
        marginals=found,
        kinds=preset_kinds(shown.prior, shown.space),
        figures=figures,
        palette=PALETTE,
        style=Markup(environment.get_template("style.css").render()),  # noqa: S704 - our own
        plotly=plotly,
        script=script,
        allowed=[script_digest(plotly), script_digest(script)],
    )
    write_text(path, page)


def _facts(shown: ShownPrior) -> list[tuple[str, str, str]]:
    """Return a term, its value and a remark for each fact."""
    facts = [
        ("Synth", shown.synth, f"{len(shown.space)} parameters"),
        (
            "Entropy",
            f"{shown.prior.entropy / len(shown.space):.2f} nats",
            "a parameter, in 64 bins or levels",
        ),
    ]
    card = shown.card
    if card is not None:
        costs = {held.name: held for held in card.held_out}
        chosen = costs[card.chosen]
        facts += [
            ("Kind", card.chosen, "the one with the least cost below"),
            ("Presets", f"{card.presets:,}", f"and {card.duplicates:,} near duplicates left out"),
            (
                "Saved",
                f"{chosen.gain:.2f} nats",
                f"a parameter against the synth's own, {chosen.low:.2f} to {chosen.high:.2f}",
            ),
            ("Excluded", f"{card.excluded:.0%}", "presets that the synth's own never draw"),
        ]
    return facts


def _marginal(marginal: Marginal) -> go.Figure:
    """Draw the distribution of a parameter, and that of the synth's own prior as a line."""
    parameter = marginal.parameter
    figure = new_figure(height=130, margin={"l": 26, "r": 26, "t": 6, "b": 24})
    size = len(marginal.shares)
    steps = max(size - 1, 1)
    at = (np.arange(size) / steps) if parameter.levels else (np.arange(size) + 0.5) / size
    texts = [parameter.text(float(value)) for value in at]
    hover = [f"{text}: {share:.1%}" for text, share in zip(texts, marginal.shares, strict=True)]
    figure.add_bar(
        x=at,
        y=marginal.shares,
        marker={"color": PALETTE["best"]},
        hovertext=hover,
        hoverinfo="text",
    )
    figure.add_scatter(
        x=at,
        y=marginal.own,
        mode="lines",
        line={"color": PALETTE["random"], "width": 1.5, "shape": "hvh"},
        hoverinfo="skip",
    )
    shown = [0, (size - 1) // 2, size - 1] if size > 6 else list(range(size))
    figure.update_xaxes(
        tickvals=[at[i] for i in shown], ticktext=[texts[i] for i in shown], showgrid=False
    )
    figure.update_yaxes(visible=False)
    figure.update_layout(bargap=0.05)
    return figure


def _correlations(shown: ShownPrior) -> go.Figure | None:
    """Draw rank correlations of the ordered parameters that have any; None if none has."""
    ordered = [
        column
        for column, parameter in enumerate(shown.space.parameters)
        if parameter.kind in ("continuous", "integer")
    ]
    drawn = shown.prior.sample(_DRAWS, np.random.default_rng(0))[:, ordered]
    ordered = [c for c, values in zip(ordered, drawn.T, strict=True) if np.ptp(values) > 0]
    if len(ordered) < 2:
        return None
    values = shown.prior.sample(_DRAWS, np.random.default_rng(0))[:, ordered]
    matrix: Array = np.atleast_2d(spearmanr(values).statistic)
    if len(ordered) == 2:
        matrix = np.array([[1.0, matrix.item()], [matrix.item(), 1.0]])
    apart = np.abs(matrix - np.eye(len(matrix)))
    kept = np.flatnonzero(apart.max(axis=1) >= _PLAIN)
    if not len(kept):
        return None
    names = [shown.space.names[ordered[k]] for k in kept]
    square = np.where(np.eye(len(kept), dtype=bool), np.nan, matrix[np.ix_(kept, kept)])
    figure = new_figure(height=150 + 17 * len(kept), margin={"l": 140, "r": 20, "t": 10, "b": 120})
    figure.add_heatmap(
        x=names,
        y=names,
        z=np.round(square, 3),
        zmid=0,
        zmin=-0.6,
        zmax=0.6,
        colorscale=[[0, PALETTE["target"]], [0.5, "rgba(128,128,128,0.08)"], [1, PALETTE["best"]]],
        hovertemplate="%{x}, %{y}: %{z:.2f}<extra></extra>",
        colorbar={"thickness": 10, "outlinewidth": 0},
    )
    figure.update_yaxes(autorange="reversed")
    return figure


def _costs(held_out: Any, chosen: str) -> go.Figure:
    """Draw the costs of the kinds of priors."""
    figure = new_figure(height=60 + 30 * len(held_out), margin={"l": 130, "r": 40, "t": 8, "b": 40})
    figure.add_bar(
        x=[held.cost for held in held_out],
        y=[held.name for held in held_out],
        orientation="h",
        marker={
            "color": [PALETTE["best" if held.name == chosen else "random"] for held in held_out]
        },
        text=[f"{held.cost:.3f}" for held in held_out],
        hovertext=[
            f"{held.name}: saves {held.gain:.3f} ({held.low:.3f} to {held.high:.3f})"
            for held in held_out
        ],
        hoverinfo="text",
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title={"text": "nats a parameter; lower is better"}, rangemode="tozero")
    return figure
