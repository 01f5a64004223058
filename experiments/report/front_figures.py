"""Figures of the Pareto front."""

import html
from typing import Any, Literal

import plotly.graph_objects as go

from patchwright.experiments.pages.drawing import PALETTE, new_figure, scaled_axis
from patchwright.experiments.records.trace import FrontPreset, SearchTrace


def front_figure(trace: SearchTrace, names: list[str]) -> go.Figure:
    """Draw the Pareto front by its first two objectives, with colour for the third.

    Args:
        trace: Trace of the search.
        names: Names of the objectives, two or more.
    """
    front = trace.front
    figure = new_figure(height=430, margin={"l": 52, "r": 12, "t": 6, "b": 48}, legend=True)
    x, y = ([point.scaled[name] for point in front] for name in names[:2])
    marker: dict[str, Any] = {"size": 11, "line": {"color": "white", "width": 1}}
    third = [point.scaled[name] for name in names[2:3] for point in front]
    if len(set(third)) > 1:
        marker |= {
            "color": third,
            "colorscale": [[0, PALETTE["front"]], [1, PALETTE["far"]]],
            "colorbar": {
                "title": {"text": html.escape(names[2]), "side": "right", "font": {"size": 12}},
                "tickfont": {"size": 11},
                "thickness": 8,
                "len": 0.9,
                "outlinewidth": 0,
                "nticks": 5,
            },
        }
    else:
        marker["color"] = PALETTE["front"]
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker=marker,
        customdata=[point.name for point in front],
        hovertext=[_point_text(point, names) for point in front],
        hovertemplate="%{hovertext}<extra></extra>",
        name="front",
    )
    _mark_answer(figure, trace.answer, names[:2])
    figure.add_scatter(
        x=[0],
        y=[0],
        mode="markers",
        marker={"color": PALETTE["target"], "size": 13, "symbol": "cross"},
        hovertemplate="the target<extra></extra>",
        name="target",
        cliponaxis=False,
    )
    figure.add_scatter(
        x=[1],
        y=[1],
        mode="markers",
        marker={
            "color": "rgba(0,0,0,0)",
            "size": 12,
            "line": {"color": PALETTE["random"], "width": 2},
        },
        hovertemplate="the median random preset<extra></extra>",
        name="random preset",
    )
    _add_chosen(figure, mode="markers")
    figure.update_layout(
        hovermode="closest",
        dragmode="zoom",
        xaxis=scaled_axis(names[0], max(x)) | {"fixedrange": False},
        yaxis=scaled_axis(names[1], max(y)) | {"fixedrange": False},
    )
    return figure


def profile_figure(trace: SearchTrace, names: list[str]) -> go.Figure:
    """Draw the Pareto front in parallel coordinates: one line per preset, one axis per objective.

    Args:
        trace: Trace of the search.
        names: Names of the objectives.
    """
    front = trace.front
    figure = new_figure(height=430, margin={"l": 52, "r": 24, "t": 6, "b": 48}, legend=True)
    places = list(range(len(names)))
    gap = [None]
    figure.add_scatter(
        x=(places + gap) * len(front),
        y=[y for point in front for y in [*(point.scaled[name] for name in names), None]],
        mode="lines+markers",
        line={"color": PALETTE["front"], "width": 1.2},
        marker={"size": 7},
        opacity=0.55,
        customdata=[point.name for point in front for _ in [*places, None]],
        hovertext=[_point_text(point, names) for point in front for _ in [*places, None]],
        hovertemplate="%{hovertext}<extra></extra>",
        name="front",
    )
    _mark_answer(figure, trace.answer, names, profile=True)
    _add_chosen(figure, mode="lines+markers")
    greatest = max(point.scaled[name] for point in front for name in names)
    figure.add_hline(y=1, line={"color": PALETTE["random"], "width": 1, "dash": "dot"})
    figure.update_layout(
        hovermode="closest",
        xaxis={
            "range": [-0.15, len(names) - 0.85],
            "tickvals": places,
            "ticktext": [html.escape(name) for name in names],
        },
        yaxis=scaled_axis("score", greatest),
    )
    return figure


def _mark_answer(
    figure: go.Figure, point: FrontPreset, names: list[str], *, profile: bool = False
) -> None:
    scaled = [point.scaled[name] for name in names]
    figure.add_scatter(
        x=list(range(len(names))) if profile else scaled[:1],
        y=scaled if profile else scaled[1:],
        mode="lines+markers" if profile else "markers",
        line={"color": PALETTE["best"], "width": 3},
        marker={
            "color": PALETTE["best"],
            "size": 9 if profile else 16,
            "symbol": "diamond",
            "line": {"color": "white", "width": 1.5},
        },
        customdata=[point.name] * (len(names) if profile else 1),
        hovertext=_point_text(point, list(point.scaled)),
        hovertemplate="best match, %{hovertext}<extra></extra>",
        name="best match",
    )


def _add_chosen(figure: go.Figure, *, mode: Literal["markers", "lines+markers"]) -> None:
    """Add the mark of the chosen preset, which the page's script moves."""
    colour = PALETTE["chosen"]
    figure.add_scatter(
        x=[None],
        y=[None],
        mode=mode,
        marker=(
            {"color": "rgba(0,0,0,0)", "size": 22, "line": {"color": colour, "width": 3}}
            if mode == "markers"
            else {"color": colour, "size": 9}
        ),
        line={"color": colour, "width": 3},
        hoverinfo="skip",
        showlegend=False,
        name="chosen",
    )


def _point_text(point: FrontPreset, names: list[str]) -> str:
    scores = "<br>".join(f"{html.escape(name)} {point.scaled[name]:.3f}" for name in names)
    return f"preset {html.escape(point.name)}<br>{scores}"
