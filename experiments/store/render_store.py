"""The store as a run uses it: its renders go in, presets that sound like its target come out."""

import threading
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from patchwright.experiments.store.key import shard_key
from patchwright.experiments.store.shard import Features, Shard, words_of
from patchwright.objectives import Target
from patchwright.objectives.embeddings import MFCCStats
from patchwright.objectives.signal.spectra import Spectra
from patchwright.synths import Performance, Renderings, Status, Subspace, Synth
from patchwright.synths.parameters import Array

_WIDTH = 120  # of the features
_FILE = 1_000  # presets after which a file is written; a process that is killed loses no more
_NEAREST = 10  # times as many are looked at as are wanted, as some are equal where they are free


class RenderStore:
    """Renders of one synth and performance, and their features: `mfcc_stats`.

    As a context manager it writes what it was given when it is left.

    Args:
        folder: Of the store, made when something is written; renders of other synths and
            performances may be in it too.
        synth: That renders.
        performance: That it plays.

    Raises:
        ExperimentError: If a file of the store is damaged.
    """

    def __init__(self, folder: Path, synth: Synth, performance: Performance) -> None:
        self._embedding = MFCCStats()
        key = shard_key(synth, performance, self._embedding.name)
        self._shard = Shard(folder / key, _WIDTH)
        self._sr = performance.sr
        self._stored = self._shard.read()
        self._known = set(self._stored.words.tolist())
        self._lock = threading.Lock()
        self._values: list[Array] = []
        self._features: list[Features] = []

    def __len__(self) -> int:
        """Presets that it held when it was opened."""
        return len(self._stored)

    def embed(self, audio: NDArray[np.float32]) -> Features:
        """Features `[n, e]` of sounds `[n, c, t]`, mixed to mono."""
        mono = torch.from_numpy(audio.mean(axis=1, keepdims=True))
        features = np.empty((len(audio), _WIDTH), np.float32)
        with torch.inference_mode():
            for row, sound in zip(features, mono, strict=True):  # one by one, for equal bits
                row[:] = self._embedding.embed(Spectra(sound[None].clone(), self._sr))[0].numpy()
        return features

    def keep(self, values: Array, renders: Renderings) -> None:
        """Take in what was rendered, unless it is known or failed or silent; from any thread.

        Args:
            values: Presets `[n, P]`.
            renders: Theirs.
        """
        words = words_of(values)
        with self._lock:
            known = np.array([word in self._known for word in words.tolist()], bool)
            fresh = np.flatnonzero((renders.status == Status.ok) & ~known)
            self._known.update(words[fresh].tolist())
        features = self.embed(renders.audio[fresh])
        sound = np.isfinite(features).all(axis=1)
        with self._lock:
            self._values += list(values[fresh[sound]])
            self._features += list(features[sound])
            if len(self._values) >= _FILE:
                self._write()

    def _write(self) -> None:
        if self._values:
            self._shard.add(np.stack(self._values), np.stack(self._features))
        self._values, self._features = [], []

    def nearest(self, target: Target, subspace: Subspace, n: int) -> Array:
        """Genotypes `[k, d]` of the presets that sound most like a target, the nearest first.

        Nearest by the mean absolute difference of the features. It depends on what was stored
        when the store was opened, and not on how it came to be.

        Args:
            target: Of the sample rate of the renders.
            subspace: That the presets are moved to, where it locks or limits parameters.
            n: The most that are given; of equal genotypes one.
        """
        wanted = self.embed(target.audio.numpy()[np.newaxis])
        distances = np.abs(self._stored.features - wanted).mean(axis=1, dtype=np.float64)
        rows = np.argsort(distances, kind="stable")[: n * _NEAREST]
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
