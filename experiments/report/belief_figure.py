"""Figure of what a model believed of presets, against their renders."""

import plotly.graph_objects as go

from patchwright.experiments.pages.drawing import PALETTE, new_figure
from patchwright.experiments.records.trace import SearchTrace

_COLOURS = ("front", "best", "chosen")  # of the parts, in turn


def belief_figure(trace: SearchTrace) -> go.Figure:
    """Draw the believed and the rendered distance of each preset that a model chose.

    Args:
        trace: Trace of a search with such presets.
    """
    figure = new_figure(height=430, margin={"l": 52, "r": 14, "t": 6, "b": 46}, legend=True)
    parts = list(dict.fromkeys(each.part for each in trace.believed))
    for place, part in enumerate(parts):
        found = [each for each in trace.believed if each.part == part]
        figure.add_scatter(
            x=[each.believed for each in found],
            y=[each.rendered for each in found],
            customdata=[each.renders for each in found],
            mode="markers",
            marker={"color": PALETTE[_COLOURS[place % len(_COLOURS)]], "size": 6, "opacity": 0.6},
            name=part,
            hovertemplate="believed %{x:.3f}, rendered %{y:.3f}<br>render %{customdata}",
        )
    top = 1.05 * max(max(each.believed, each.rendered) for each in trace.believed)
    figure.add_shape(
        x0=0, y0=0, x1=top, y1=top, line={"color": PALETTE["random"], "dash": "dot", "width": 1}
    )
    axis = {"range": [0, top], "zeroline": False}
    figure.update_layout(
        hovermode="closest",
        xaxis=axis | {"title": {"text": "believed distance ÷ random", "standoff": 8}},
        yaxis=axis | {"title": {"text": "rendered distance ÷ random", "standoff": 8}},
    )
    return figure
