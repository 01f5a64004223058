"""Common parts of figures: colours, fonts and axes.

Text, axes and grids take their colours from the page's style sheet, so that they follow the
reader's light or dark scheme; the colours of the data suit both.
"""

import html
import json
from typing import Any

import plotly.graph_objects as go

PALETTE = {
    "target": "#3b82c4",
    "best": "#e3703a",
    "random": "#8f98a5",
    "front": "#1f9d86",
    "far": "#b4bdc8",
    "chosen": "#8b5cf6",
}
"""Colours by meaning, in figures and in the style sheet."""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"


def as_json(figure: go.Figure) -> Any:
    """Convert a figure to plain data for `Plotly.newPlot`."""
    return json.loads(figure.to_json())


def new_figure(*, height: int, margin: dict[str, int], legend: bool = False) -> go.Figure:
    """Create an empty figure with the width of its container.

    Args:
        height: Height in pixels.
        margin: Margins in pixels: `l`, `r`, `t` and `b`.
        legend: Whether to add a legend above the figure.

    Returns:
        The figure.
    """
    axis = {
        "fixedrange": True,
        "gridwidth": 1,
        "zerolinewidth": 1,
        "tickfont": {"size": 11},
        "title": {"font": {"size": 12}},
    }
    layout = go.Layout(
        template={"layout": {"xaxis": axis, "yaxis": axis}},
        height=height,
        margin={**margin, "t": margin["t"] + (34 if legend else 0), "pad": 0},
        font={"family": _FONT, "size": 12, "color": PALETTE["random"]},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": False},
        dragmode=False,
        hoverlabel={
            "bgcolor": "#22262d",
            "bordercolor": "#4a515c",
            "font": {"family": _FONT, "size": 12, "color": "white"},
            "align": "left",
        },
    )
    return go.Figure(layout=layout)


def scaled_axis(name: str, greatest: float) -> dict[str, Any]:
    """Return an axis for scores in units of random presets, from 0 to the highest score."""
    top = max(1.0, greatest) * 1.06
    return {
        "range": [-0.03 * top, top],
        "title": {"text": f"{html.escape(name)} ÷ random", "standoff": 8},
    }
