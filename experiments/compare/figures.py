"""Figures of a comparison: values of all targets, mean ranks, and convergence."""

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from patchwright.experiments.compare.comparison import Comparison, MeasureResult
from patchwright.experiments.compare.convergence import Curve
from patchwright.experiments.compare.listening.ratings import Ratings
from patchwright.experiments.compare.statistics import RankTest, mean_intervals
from patchwright.experiments.compare.tables import CONTROLS, curve_title, title
from patchwright.experiments.pages.drawing import PALETTE, new_figure

Values = NDArray[np.float64]

_COLOURS = (
    *(PALETTE["target"], PALETTE["best"], PALETTE["front"], PALETTE["chosen"]),
    *("#c8588a", "#b59a2e", "#6f8f3a", "#4f6d8f"),
)
_DASHES = ("solid", "dash", "dot")  # once the colours repeat


def values_figure(comparison: Comparison, result: MeasureResult) -> go.Figure:
    """Draw each target's value in each group, and the medians with their intervals."""
    design, measure = comparison.design, result.measure
    return _beside(
        design.groups,
        [design.targets[place] for place in measure.targets],
        measure.values,
        result.medians,
        result.intervals,
        title(measure.name, higher=measure.higher),
    )


def ratings_figure(comparison: Comparison, ratings: Ratings) -> go.Figure:
    """Draw each target's mean rating in each group, and the means with their intervals."""
    design, means = comparison.design, ratings.means
    figure = _beside(
        (*design.groups, *CONTROLS),
        [design.targets[place] for place in ratings.targets],
        means,
        means.mean(axis=1),
        mean_intervals(means),
        "mean rating",
    )
    return figure.update_yaxes(range=[-3, 103], dtick=20)


def _beside(
    groups: Sequence[str],
    targets: Sequence[str],
    values: Values,
    middles: Values,
    intervals: Values,
    label: str,
) -> go.Figure:
    """Draw values `[g, t]` as one line per target, and their centres `[g]` as diamonds."""
    names = [html.escape(name) for name in groups]
    figure = new_figure(height=380, margin={"l": 62, "r": 14, "t": 8, "b": 44})
    for column, target in zip(values.T, targets, strict=True):
        figure.add_scatter(
            x=names,
            y=column,
            mode="lines+markers",
            line={"color": PALETTE["random"], "width": 1},
            marker={"size": 5},
            opacity=0.45,
            hovertemplate=f"{html.escape(target)}: %{{y:.4g}}<extra></extra>",
        )
    for place, (name, middle, bounds) in enumerate(zip(names, middles, intervals, strict=True)):
        bars = None
        if np.isfinite(bounds).all():
            bars = {
                "type": "data",
                "symmetric": False,
                "array": [bounds[1] - middle],
                "arrayminus": [middle - bounds[0]],
                "thickness": 2.5,
                "width": 9,
            }
        figure.add_scatter(
            x=[name],
            y=[middle],
            mode="markers",
            marker={"color": _COLOURS[place % len(_COLOURS)], "size": 13, "symbol": "diamond"},
            error_y=bars,
            hovertemplate="%{y:.4g}<extra></extra>",
        )
    figure.update_layout(
        hovermode="closest",
        xaxis={
            "type": "category",
            "range": [-0.5, len(names) - 0.5],
            "zeroline": False,
            "automargin": True,
        },
        yaxis={"title": {"text": html.escape(label), "standoff": 8}, "zeroline": False},
    )
    return figure


def ranks_figure(groups: tuple[str, ...], test: RankTest) -> go.Figure:
    """Draw a critical-difference diagram (Demšar, JMLR 7, 2006), with the best on the left.

    A bar joins groups that do not differ significantly.
    """
    k = len(groups)
    order = np.argsort(test.ranks, kind="stable")
    left = (k + 1) // 2
    below = 0.45 + 0.3 * len(test.cliques)
    deepest = below + 0.5 * left
    figure = new_figure(
        height=int(110 + 46 * (deepest - 0.2)), margin={"l": 190, "r": 190, "t": 8, "b": 8}
    )
    axis = {"color": PALETTE["random"], "width": 1.5}
    _line(figure, [1, k], [0, 0], axis)
    for rank in range(1, k + 1):
        _line(figure, [rank, rank], [0, 0.12], axis)
        _label(figure, rank, 0.16, str(rank), "center", "bottom")
    _line(figure, [1, 1 + test.critical], [0.85, 0.85], axis | {"width": 3})
    _label(figure, 1, 0.92, f"critical difference {test.critical:.2f}", "left", "bottom")
    for place, group in enumerate(order):
        rank = test.ranks[group]
        on_left = place < left
        depth = -below - 0.5 * (place if on_left else k - 1 - place)
        edge = 1 if on_left else k
        colour = {"color": _COLOURS[group % len(_COLOURS)], "width": 2}
        _line(figure, [rank, rank, edge], [0, depth, depth], colour)
        words = f"{html.escape(groups[group])} {rank:.2f}"
        _label(figure, edge, depth, words, "right" if on_left else "left", "middle")
    for row, (first, last) in enumerate(test.cliques):
        ends = test.ranks[order[[first, last]]] + np.array([-0.03, 0.03])
        height = -0.25 - 0.3 * row
        _line(figure, ends, [height, height], {"color": PALETTE["random"], "width": 6})
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        hovermode=False,
        xaxis={**hidden, "range": [0.95, max(k, 1 + test.critical) + 0.05]},
        yaxis={**hidden, "range": [-deepest - 0.1, 1.35]},
    )
    return figure


def convergence_figure(groups: tuple[str, ...], curve: Curve) -> go.Figure:
    """Draw medians over targets, with a band between the quartiles."""
    figure = new_figure(height=420, margin={"l": 62, "r": 14, "t": 6, "b": 46}, legend=True)
    spent = curve.spent.astype(np.float32)
    low, middle, high = curve.quartiles.astype(np.float32)
    for place in range(len(groups)):
        colour = _COLOURS[place % len(_COLOURS)]
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        edge = {"width": 0, "shape": "hv", "color": colour}
        shared = {"x": spent, "mode": "lines", "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(y=low[place], line=edge, **shared)
        figure.add_scatter(
            y=high[place],
            line=edge,
            fill="tonexty",
            fillcolor=f"rgba({red},{green},{blue},0.13)",
            **shared,
        )
    for place, group in enumerate(groups):
        figure.add_scatter(
            x=spent,
            y=middle[place],
            mode="lines",
            line={
                "color": _COLOURS[place % len(_COLOURS)],
                "dash": _DASHES[place // len(_COLOURS) % len(_DASHES)],
                "width": 2.5,
                "shape": "hv",
            },
            name=html.escape(group),
            hovertemplate="%{y:.4g}",
        )
    label = html.escape(curve_title(curve.name))
    figure.update_layout(
        hovermode="x unified",
        legend={"traceorder": "normal"},
        xaxis={
            "range": [float(spent[0]), float(spent[-1])],
            "title": {"text": curve.axis, "standoff": 8},
            "zeroline": False,
        },
        yaxis={"title": {"text": label, "standoff": 8}, "zeroline": False},
    )
    return figure


def _line(figure: go.Figure, x: object, y: object, line: dict[str, object]) -> None:
    figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip")


def _label(figure: go.Figure, x: float, y: float, text: str, side: str, height: str) -> None:
    figure.add_annotation(
        x=x,
        y=y,
        text=text,
        xanchor=side,
        yanchor=height,
        xshift={"left": 4, "right": -4, "center": 0}[side],
        showarrow=False,
    )
