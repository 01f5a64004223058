"""Rendering of one block of a dataset: its presets, sounds and features."""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from patchwright.objectives import Scratch, Spectra
from patchwright.objectives.embeddings import Embedding, load_embedding
from patchwright.objectives.signal.loudness import max_momentary, weighted_power
from patchwright.surrogates.datasets.card import EMBEDDING, Card
from patchwright.surrogates.datasets.recipe import GIVEN, Recipe
from patchwright.surrogates.errors import SurrogateError
from patchwright.synths import Status, Synth

_HELD = 2**23  # bytes of sound that are measured together

Table = dict[str, NDArray[Any]]
"""Columns by name, all with the same number of rows; see `Card.columns`."""


@dataclass(frozen=True, eq=False)
class Block:
    """The rows of a block.

    Attributes:
        table: Columns, `[presets * per_preset, ...]` each; the notes of a preset are neighbours.
        discarded: Number of renders by `Status` that were made of presets that were drawn anew,
            `[statuses]`.
    """

    table: Table
    discarded: NDArray[np.int64]


class BlockRenderer:
    """Renders blocks of a dataset; the same block has the same bits everywhere.

    It may be called by several threads.

    Args:
        recipe: What the dataset is made of.
        card: Card of the dataset.
        synth: Synth that renders.

    Raises:
        ObjectiveError: An embedding cannot be loaded.
    """

    def __init__(self, recipe: Recipe, card: Card, synth: Synth) -> None:
        self._recipe = recipe
        self._card = card
        self._synth = synth
        self._embeddings = load_embeddings(recipe)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End all calls soon; they and later ones raise `RenderingStopped`."""
        self._stopped.set()

    def __call__(self, number: int) -> Block:
        """Render a block.

        Args:
            number: Number of the block.

        Raises:
            RenderingStopped: After `stop`.
            SynthError: If the synth cannot render.
            SurrogateError: If an embedding has values that half precision cannot hold.
        """
        recipe, per_preset = self._recipe, self._recipe.notes.per_preset
        values, source = recipe.draw(number)
        count = len(values)
        table = {
            name: np.zeros((count * per_preset, *column.shape), column.dtype)
            for name, column in self._card.columns.items()
        }
        table["notes"][:] = recipe.draw_notes(number).reshape(-1, 3)
        if recipe.dry is not None:
            table["dry"][:] = recipe.draw_dry(number)
        waiting = np.arange(count)  # presets
        draws = np.zeros(count, np.uint8)
        discarded = np.zeros(len(Status), np.int64)
        for attempt in range(recipe.gate.redraws + 1):
            if attempt:
                again, from_source = recipe.draw(number, attempt)
                values[waiting], source[waiting] = again[waiting], from_source[waiting]
                draws[waiting] = attempt
            rows = (waiting[:, np.newaxis] * per_preset + np.arange(per_preset)).ravel()
            self._render(table, np.repeat(values[waiting], per_preset, axis=0), rows)
            heard = table["audible"].reshape(count, per_preset).any(axis=1)
            waiting = np.flatnonzero(~heard & (source != GIVEN))
            if not len(waiting) or attempt == recipe.gate.redraws:
                break
            status = table["status"].reshape(count, per_preset)[waiting]
            discarded += np.bincount(status.ravel(), minlength=len(Status))
        for name, column in (("values", values), ("source", source), ("draws", draws)):
            table[name][:] = np.repeat(column, per_preset, axis=0)
        return Block(table, discarded)

    def _render(self, table: Table, values: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
        """Render rows `[k]` with values `[k, P]`, those that play the same together."""
        played = table["dry" if self._recipe.dry is not None else "notes"][rows]
        different, group = np.unique(played, axis=0, return_inverse=True)
        held: list[tuple[int, NDArray[np.float32]]] = []
        for place, row in enumerate(different):
            performance = self._recipe.performance(row)
            members = np.flatnonzero(group == place)
            for first in range(0, len(members), self._synth.batch):
                if self._stopped.is_set():
                    raise RenderingStopped
                piece = members[first : first + self._synth.batch]
                renders = self._synth.render(values[piece], performance)
                table["status"][rows[piece]] = renders.status
                held += zip(rows[piece].tolist(), renders.audio, strict=True)
                if len(held) * renders.audio[0].nbytes >= _HELD:
                    self._measure(table, held)
                    held = []
        self._measure(table, held)

    def _measure(self, table: Table, sounds: list[tuple[int, NDArray[np.float32]]]) -> None:
        """Fill in what is measured of the sounds `[c, t]` of some rows.

        Many in a row take half the time: tables and buffers stay in the processor's cache.
        """
        features = self._recipe.features
        for row, audio in sounds:
            if "audio" in table:
                table["audio"][row] = audio
        rows = np.array([row for row, _ in sounds], np.int64)
        finite = np.isin(table["status"][rows], (Status.ok, Status.silent))
        for name in ("loudness", "features", *map(_column, self._embeddings)):
            table[name][rows[~finite]] = np.nan
        scratch, weighted = Scratch(), []
        with torch.inference_mode():
            for row, audio in (sounds[place] for place in np.flatnonzero(finite)):
                sound = torch.from_numpy(audio)[None]
                power = features.power(sound)
                weighted.append(weighted_power(power, features.stft, features.sr))
                table["features"][row] = features.levels(power)[0].numpy()
                if self._embeddings:
                    self._embed(table, row, Spectra(sound.clone(), features.sr, scratch=scratch))
            if weighted:
                loudness = max_momentary(torch.cat(weighted), features.stft, features.sr)
                table["loudness"][rows[finite]] = loudness.numpy()
        loud = table["loudness"][rows] >= self._recipe.gate.loudness
        table["audible"][rows] = (table["status"][rows] == Status.ok) & loud

    def _embed(self, table: Table, row: int, sound: Spectra) -> None:
        for name, embedding in self._embeddings.items():
            vector = embedding.embed(sound)[0].numpy()
            if not np.abs(vector).max() < np.finfo(np.float16).max:
                raise SurrogateError(f"The embedding {name} has values beyond 65504: leave it out.")
            table[_column(name)][row] = vector


def _column(embedding: str) -> str:
    return f"{EMBEDDING}{embedding}"


class RenderingStopped(Exception):  # noqa: N818 - no error: it was asked for
    """Rendering was stopped."""


def load_embeddings(recipe: Recipe) -> dict[str, Embedding]:
    """Load the embeddings of a recipe, by the names of their columns.

    Raises:
        ObjectiveError: An embedding cannot be loaded.
        SurrogateError: Two have the same name.
    """
    loaded = [load_embedding(text, **options) for text, options in recipe.embeddings.items()]
    named = {each.name.replace("/", "_"): each for each in loaded}
    if len(named) < len(loaded):
        raise SurrogateError("Two embeddings have the same name: rename the file of one.")
    return named


def embedding_widths(recipe: Recipe, audio: NDArray[np.float32]) -> dict[str, int]:
    """Return the number of values of each embedding of a sound `[c, t]`, by name.

    Raises:
        ObjectiveError: An embedding cannot be loaded, or cannot embed sounds of this length.
        SurrogateError: Two have the same name.
    """
    with torch.inference_mode():
        sound = Spectra(torch.from_numpy(audio)[None].clone(), recipe.sr)
        return {name: each.embed(sound).shape[1] for name, each in load_embeddings(recipe).items()}
