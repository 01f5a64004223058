"""Figures of a sound, and of the difference between two."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from patchwright.experiments.pages.drawing import new_figure
from patchwright.experiments.pages.level_picture import LEVELS
from patchwright.experiments.recordings.sound import (
    BANDS,
    DYNAMIC_RANGE,
    Picture,
    Sound,
    band_centres,
    band_position,
    outline,
)

DIFFERENCES = ("#1c4e80", "#3b82c4", "#9cc3e4", "#f3f1ee", "#f2b898", "#e3703a", "#8f3a12")
"""Colours of the difference: target louder, equal, best match louder."""

ERROR_RANGE = 40.0
"""Difference in dB at the ends of these colours."""

SIDES = {"l": 46, "r": 10}
"""Margins of a sound's figure in pixels; the style sheet places the playhead by them."""

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
    """Draw a waveform above a mel spectrogram.

    Args:
        sound: Sound of the waveform.
        gain: Factor of the waveform's samples.
        picture: Mel spectrogram of the sound.
        reference: Power of 0 dB.
        length: Length of the time axis in seconds.
        colour: Colour of the waveform.
    """
    times, line = outline(sound, gain)
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
        colorscale=_scale(LEVELS),
        showscale=False,
        hovertemplate="%{x:.2f} s, %{y}, %{z} dB<extra></extra>",
    )
    figure.update_layout(
        hovermode="closest",
        xaxis={"range": [0, length], "anchor": "y2", "ticksuffix": " s", "nticks": 6},
        yaxis={"range": [-1, 1], "domain": [0.75, 1], "showticklabels": False, "showgrid": False},
        yaxis2=_band_axis(sound.sr) | {"domain": [0, 0.71]},
    )
    return figure


def error_figure(
    target: Picture, best: Picture, sr: int, *, reference: float, length: float
) -> go.Figure:
    """Draw the level of the best match minus that of the target, by time and frequency.

    Args:
        target: Spectrogram of the target.
        best: Spectrogram of the best match.
        sr: Sample rate of both in Hz.
        reference: Power of 0 dB.
        length: Length of the time axis in seconds.
    """
    columns = min(len(target.times), len(best.times))
    levels = [picture.decibels(reference)[:, :columns].astype(int) for picture in (best, target)]
    figure = new_figure(height=240, margin=SIDES | {"t": 6, "b": 34})
    figure.add_heatmap(
        x=target.times[:columns].astype(np.float32),
        y=[f"{hz:.0f} Hz" for hz in band_centres(sr)],
        z=(levels[0] - levels[1]).astype(np.int8),
        zmin=-ERROR_RANGE,
        zmax=ERROR_RANGE,
        colorscale=_scale(DIFFERENCES),
        showscale=False,
        hovertemplate="%{x:.2f} s, %{y}, %{z:+d} dB<extra></extra>",
    )
    figure.update_layout(
        hovermode="closest",
        xaxis={"range": [0, length], "ticksuffix": " s", "nticks": 6},
        yaxis=_band_axis(sr),
    )
    return figure


def _band_axis(sr: int) -> dict[str, Any]:
    ticks = [hz for hz in _TICKS if hz < 0.45 * sr]
    return {
        "type": "category",
        "range": [-0.5, BANDS - 0.5],
        "tickvals": [band_position(hz, sr) for hz in ticks],
        "ticktext": [f"{hz / 1000:g}k" if hz >= 1000 else str(hz) for hz in ticks],
        "ticks": "outside",
        "ticklen": 3,
        "showgrid": False,
    }


def _scale(colours: tuple[str, ...]) -> list[list[Any]]:
    return [list(pair) for pair in zip(np.linspace(0, 1, len(colours)), colours, strict=True)]
