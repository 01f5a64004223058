"""Store of renders: adding presets, and finding those that sound like a target."""

import threading
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from patchwright.experiments.store.key import shard_key, synth_key
from patchwright.experiments.store.shard import Features, Shard, preset_ids
from patchwright.objectives import Target
from patchwright.objectives.embeddings import MFCCStats
from patchwright.objectives.signal.spectra import Spectra
from patchwright.synths import Performance, Renderings, Status, Subspace, Synth
from patchwright.synths.parameters import Array

_WIDTH = 120  # values in a vector of features
_PRESETS_PER_FILE = 1_000  # and the most that a killed process loses
_CANDIDATES = 10  # candidates per preset, because some are equal in the free parameters


class RenderStore:
    """Presets of one synth and performance, with the features (`mfcc_stats`) of their renders.

    As a context manager, it writes added presets on exit.

    Args:
        folder: Folder of the store, created on the first write; other synths and performances may
            share it.
        synth: Synth that renders.
        performance: Notes that are played.

    Raises:
        ExperimentError: A file of the store is damaged.

    Examples:
        ::

            with RenderStore(Path("renders"), synth, performance) as store:
                store.add(values, synth.render(values, performance))
            store = RenderStore(Path("renders"), synth, performance)
            genotypes = store.nearest(target, subspace, 20)
    """

    def __init__(self, folder: Path, synth: Synth, performance: Performance) -> None:
        self._embedding = MFCCStats()
        key = shard_key(synth, performance, self._embedding.name)
        self._shard = Shard(
            folder / key, parameters=len(synth.space), width=_WIDTH, synth=synth_key(synth)
        )
        self._sr = performance.sr
        self._stored = self._shard.read()
        self._known = set(self._stored.ids.tolist())
        self._lock = threading.Lock()
        self._values: list[Array] = []
        self._features: list[Features] = []

    def __len__(self) -> int:
        """Number of presets in the store when it was opened."""
        return len(self._stored)

    def embed(self, audio: NDArray[np.float32]) -> Features:
        """Compute features `[n, e]` of sounds `[n, c, t]`, mixed to mono."""
        mono = torch.from_numpy(audio.mean(axis=1, keepdims=True))
        features = np.empty((len(audio), _WIDTH), np.float32)
        with torch.inference_mode():
            for row, sound in zip(features, mono, strict=True):  # one at a time, for equal bits
                row[:] = self._embedding.embed(Spectra(sound[None].clone(), self._sr))[0].numpy()
        return features

    def add(self, values: Array, renders: Renderings) -> None:
        """Add presets whose render is audible and that are not stored yet; thread-safe.

        Args:
            values: Presets `[n, P]`.
            renders: Renders of the presets.
        """
        ids = preset_ids(values)
        with self._lock:
            known = np.array([each in self._known for each in ids.tolist()], bool)
            fresh = np.flatnonzero((renders.status == Status.ok) & ~known)
            self._known.update(ids[fresh].tolist())
        features = self.embed(renders.audio[fresh])
        sound = np.isfinite(features).all(axis=1)
        with self._lock:
            self._values += list(values[fresh[sound]])
            self._features += list(features[sound])
            if len(self._values) >= _PRESETS_PER_FILE:
                self._write()

    def _write(self) -> None:
        if self._values:
            self._shard.add(np.stack(self._values), np.stack(self._features))
        self._values, self._features = [], []

    def nearest(self, target: Target, subspace: Subspace, n: int) -> Array:
        """Find the presets that sound most like a target.

        The result depends only on the presets stored when the store was opened, not on the order
        in which they were added.

        Args:
            target: Target with the sample rate of the renders.
            subspace: Free parameters; presets are moved to its locks and limits.
            n: Maximum number of presets.

        Returns:
            Genotypes `[k, d]`, different from each other, by increasing mean absolute difference
            of the features.
        """
        wanted = self.embed(target.audio.numpy()[np.newaxis])
        distances = np.abs(self._stored.features - wanted).mean(axis=1, dtype=np.float64)
        rows = np.argsort(distances, kind="stable")[: n * _CANDIDATES]
        if not len(rows):
            return np.empty((0, len(subspace)))
        genotypes = subspace.encode(self._stored.values(rows))
        _, first = np.unique(genotypes, axis=0, return_index=True)
        return np.asarray(genotypes[np.sort(first)[:n]])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._write()
