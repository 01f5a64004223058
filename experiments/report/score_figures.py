"""Figures of scores: random presets and the best match, and the course of the search."""

import html

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from patchwright.experiments.pages.drawing import PALETTE, new_figure
from patchwright.experiments.records.trace import SearchTrace

_OBJECTIVES = ("#1f9d86", "#8a6fc4", "#c8588a", "#b59a2e", "#6f8f3a", "#4f6d8f")
_DASHES = ("solid", "dash", "dot")  # in turn, each time the colours repeat
_GOLDEN = 0.618034  # its multiples modulo 1 spread evenly


def random_figure(
    scores: dict[str, list[float]], scales: dict[str, float], best: dict[str, float]
) -> go.Figure:
    """Draw random presets and the best match, one row per objective, in units of the median.

    Args:
        scores: Scores of random presets, by objective.
        scales: Medians of these scores, by objective.
        best: Scores of the best match, by objective.
    """
    names = list(best)
    rows = np.arange(len(names))[::-1]
    figure = new_figure(
        height=64 + 74 * len(names), margin={"l": 96, "r": 16, "t": 6, "b": 44}, legend=True
    )
    scaled = [np.asarray(scores[name]) / scales[name] for name in names]
    nearest = [best[name] / scales[name] for name in names]
    right = max(1.6, *nearest, *(float(np.quantile(column, 0.97)) for column in scaled)) * 1.04
    for row, name, column in zip(rows, names, scaled, strict=True):
        lift = (np.arange(len(column)) * _GOLDEN % 1 - 0.5) * 0.56
        figure.add_scatter(
            x=column.astype(np.float32),
            y=(row + lift).astype(np.float32),
            mode="markers",
            marker={"color": PALETTE["random"], "size": 6, "opacity": 0.55},
            customdata=np.asarray(scores[name], np.float32),
            hovertemplate="random preset: %{customdata:.4g}<extra></extra>",
            name="random presets",
            showlegend=bool(row == rows[0]),
        )
        beyond = int((column > right).sum())
        if beyond:
            figure.add_annotation(
                x=right,
                y=row + 0.4,
                text=f"{beyond} farther →",
                showarrow=False,
                xanchor="right",
                font={"size": 11},
            )
    figure.add_scatter(
        x=nearest,
        y=rows,
        mode="markers",
        marker={
            "color": PALETTE["best"],
            "size": 15,
            "symbol": "diamond",
            "line": {"color": "white", "width": 1.5},
        },
        customdata=[best[name] for name in names],
        hovertemplate="best match: %{customdata:.4g}<extra></extra>",
        name="best match",
    )
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="lines",
        line={"color": PALETTE["target"], "width": 3},
        name="target",
    )
    figure.add_vline(x=0, line={"color": PALETTE["target"], "width": 3})
    figure.add_vline(x=1, line={"color": PALETTE["random"], "width": 1, "dash": "dot"})
    figure.update_layout(
        hovermode="closest",
        xaxis={
            "range": [-0.02 * right, right],
            "title": {"text": "distance ÷ median random preset", "standoff": 8},
            "zeroline": False,
        },
        yaxis={
            "range": [-0.55, len(names) - 0.45],
            "tickvals": rows,
            "ticktext": [html.escape(name) for name in names],
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def convergence_figure(trace: SearchTrace, names: list[str]) -> go.Figure:
    """Draw the best scores over the renders, above the hypervolume.

    `layout.meta` holds the data for switching the axis from renders to seconds.

    Args:
        trace: Trace of the search.
        names: Names of the objectives.
    """
    history, scales = trace.history, trace.scales
    renders = [state.renders for state in history]
    seconds = [round(state.seconds, 3) for state in history]
    colours = _OBJECTIVES if len(names) > 1 else (PALETTE["best"],)
    figure = new_figure(height=440, margin={"l": 52, "r": 14, "t": 6, "b": 46}, legend=True)
    for place, name in enumerate(names):
        figure.add_scatter(
            x=renders,
            y=_column([state.best[name] / scales[name] for state in history]),
            line={
                "color": colours[place % len(colours)],
                "dash": _DASHES[place // len(colours) % len(_DASHES)],
                "width": 1.8,
                "shape": "hv",
            },
            mode="lines",
            name=f"best {html.escape(name)}",
            hovertemplate="%{y:.3f}",
        )
    if len(names) > 1:
        figure.add_scatter(
            x=renders,
            y=_column([state.distance for state in history]),
            line={"color": PALETTE["best"], "width": 3, "shape": "hv"},
            mode="lines",
            name="distance of the answer",
            hovertemplate="%{y:.3f}",
        )
    figure.add_scatter(
        x=renders,
        y=_column([state.hypervolume for state in history]),
        yaxis="y2",
        mode="lines",
        line={"color": PALETTE["random"], "width": 2, "shape": "hv"},
        fill="tozeroy",
        fillcolor="rgba(143,152,165,0.16)",
        name="hypervolume",
        showlegend=False,
        hovertemplate="%{y:.3f}",
    )
    figure.add_shape(
        x0=0,
        x1=renders[0],
        y0=0,
        y1=1,
        yref="paper",
        fillcolor=PALETTE["random"],
        opacity=0.14,
        line_width=0,
        layer="below",
    )
    figure.add_annotation(
        x=0,
        y=0.3,
        yanchor="middle",
        yref="paper",
        xanchor="left",
        xshift=2,
        text="↑ random presets",
        showarrow=False,
        font={"size": 11},
    )
    figure.update_layout(
        hovermode="x unified",
        meta={
            "renders": {"x": renders, "title": "renders"},
            "seconds": {"x": seconds, "title": "seconds"},
        },
        xaxis={
            "range": [0, renders[-1]],
            "anchor": "y2",
            "title": {"text": "renders", "standoff": 8},
            "zeroline": False,
        },
        yaxis={
            "domain": [0.34, 1],
            "rangemode": "tozero",
            "title": {"text": "distance ÷ random", "standoff": 8},
        },
        yaxis2={
            "domain": [0, 0.26],
            "rangemode": "tozero",
            "title": {"text": "hypervolume", "standoff": 8},
            "nticks": 4,
        },
    )
    return figure


def _column(numbers: list[float]) -> NDArray[np.float32]:
    return np.asarray(numbers, np.float32)
