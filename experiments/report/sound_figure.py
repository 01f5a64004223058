"""The figure of one sound."""

import numpy as np
import plotly.graph_objects as go

from experiments.report.drawing import new_figure
from experiments.report.sound import (
    BANDS,
    DYNAMIC_RANGE,
    Picture,
    Sound,
    band_centres,
    band_position,
    outline,
)

LEVELS = ("#0b0b1a", "#2a1150", "#6b1d6e", "#b5345f", "#ec6a4c", "#fcb369", "#fdf5c9")
"""Colours of a spectrogram from the least level to the greatest."""

SIDES = {"l": 46, "r": 10}
"""Pixels left and right of a sound's figure; the style sheet places the playhead by them."""

_TICKS = (200, 500, 1000, 2000, 5000, 10_000, 20_000, 40_000)  # Hz


def sound_figure(
    sound: Sound,
    gain: float,
    picture: Picture,
    *,
    reference: float,
    length: float,
    colour: str,
) -> go.Figure:
    """A waveform above a mel spectrogram.

    Args:
        sound: What is shown.
        gain: Of the waveform.
        picture: The spectrogram.
        reference: Power of 0 dB.
        length: Of the time axis, in seconds.
        colour: Of the waveform.
    """
    times, line = outline(sound, gain)
    ticks = [hz for hz in _TICKS if hz < 0.45 * sound.sr]
    figure = new_figure(height=330, margin=SIDES | {"t": 6, "b": 34})
    figure.add_scatter(
        x=times,
        y=line,
        fill="toself",
        fillcolor=colour,
        line={"color": colour, "width": 0.6},
        hoverinfo="skip",
    )
    figure.add_heatmap(
        x=picture.times.astype(np.float32),
        y=[f"{hz:.0f} Hz" for hz in band_centres(sound.sr)],
        z=picture.decibels(reference),
        yaxis="y2",
        zmin=-DYNAMIC_RANGE,
        zmax=0,
        colorscale=[
            list(pair) for pair in zip(np.linspace(0, 1, len(LEVELS)), LEVELS, strict=True)
        ],
        showscale=False,
        hovertemplate="%{x:.2f} s, %{y}, %{z} dB<extra></extra>",
    )
    figure.update_layout(
        hovermode="closest",
        xaxis={"range": [0, length], "anchor": "y2", "ticksuffix": " s", "nticks": 6},
        yaxis={"range": [-1, 1], "domain": [0.75, 1], "showticklabels": False, "showgrid": False},
        yaxis2={
            "type": "category",
            "domain": [0, 0.71],
            "range": [-0.5, BANDS - 0.5],
            "tickvals": [band_position(hz, sound.sr) for hz in ticks],
            "ticktext": [f"{hz / 1000:g}k" if hz >= 1000 else str(hz) for hz in ticks],
            "ticks": "outside",
            "ticklen": 3,
            "showgrid": False,
        },
    )
    return figure
