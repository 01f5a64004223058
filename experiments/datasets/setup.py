"""Preparation of a dataset: the synth, presets and front end that its config names."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from patchwright.experiments.config.dataset import DatasetConfig, SourceConfig
from patchwright.experiments.config.identity import file_sha256
from patchwright.experiments.config.registry import find
from patchwright.experiments.datasets.rendered_presets import included_presets
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.open_synth import open_synth, pool_of
from patchwright.experiments.match.warm_start import initial_genotypes
from patchwright.experiments.recognition.dry_folder import read_dry_folder
from patchwright.experiments.records.versions import versions
from patchwright.surrogates import SynthIdentity
from patchwright.surrogates.datasets import SOURCES, Card, DrySounds, Recipe, Source
from patchwright.surrogates.datasets.block import BlockRenderer, embedding_widths
from patchwright.surrogates.datasets.make import Render, render_in_threads
from patchwright.surrogates.datasets.sources import FromJointPrior, FromPrior
from patchwright.synths import Subspace, Synth
from patchwright.synths.plugins.sound_check import check_sound
from patchwright.synths.priors.named import find_prior
from patchwright.synths.priors.names import AUTO, CARD, MUSICAL, SPEC, prior_folder
from patchwright.synths.priors.within import SubspacePrior


@dataclass(frozen=True, kw_only=True, eq=False)
class DatasetSetup:
    """The parts of a dataset; a context manager, which closes the synth.

    Attributes:
        config: Config of the dataset.
        synth: Synth that renders.
        recipe: What the dataset is made of.
        card: Card of the dataset.
        workers: Number of threads, and of processes of a plugin.
    """

    config: DatasetConfig
    synth: Synth
    recipe: Recipe
    card: Card
    workers: int

    def renderer(self) -> BlockRenderer:
        """Make the renderer of blocks."""
        return BlockRenderer(self.recipe, self.card, self.synth)

    def render(self) -> Render:
        """Return the function that renders blocks on this machine."""
        # a plugin's processes never wait for sounds to be measured
        threads = 2 * self.workers if pool_of(self.synth) is not None else self.workers
        return render_in_threads(self.renderer(), workers=threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.synth.close()


def prepare_dataset(config: DatasetConfig, *, workers: int | None = None) -> DatasetSetup:
    """Open the synth, and read the presets that a config names.

    Args:
        config: Config of a dataset.
        workers: Number of threads, and of processes of a plugin. Default: one per core.

    Returns:
        The parts of the dataset; close them after use.

    Raises:
        ExperimentError: If a name or an option is wrong, or a run cannot be read.
        SynthError: If the locks or a preset are wrong, or the synth is a plugin without sound.
        ObjectiveError: If the front end or an embedding cannot be used.
        SurrogateError: If a source lacks presets, or has a wrong option.
    """
    if workers is not None and workers < 1:
        raise ExperimentError(f"--workers must be at least 1, not {workers}.")
    workers = workers or os.cpu_count() or 1
    features = config.front_end
    dry = _dry_sounds(config)  # a faulty folder is reported before a plugin is loaded
    torch.set_num_threads(1)  # threads change the bits of transforms
    with contextlib.ExitStack() as failing:
        synth = open_synth(config.synth, workers=workers)
        failing.callback(synth.close)
        if (pool := pool_of(synth)) is not None:
            check_sound(pool)
        subspace = config.synth.subspace(synth.space)
        given = included_presets(config.include, synth, subspace)
        recipe = Recipe(
            subspace=subspace,
            presets=config.presets,
            features=features,
            length=config.length,
            sources=tuple((_source(s, synth, subspace), s.weight) for s in config.sources),
            given=given if len(given) else None,
            notes=config.notes,
            dry=dry,
            embeddings={each.name: each.options for each in config.embeddings},
            audio=config.audio,
            gate=config.gate,
            seed=config.seed,
        )
        performance = recipe.performance(
            recipe.draw_notes(0)[0, 0] if dry is None else recipe.draw_dry(0)[0]
        )
        sound = synth.render(synth.space.defaults[np.newaxis], performance).audio[0]
        card = Card.of(
            recipe,
            SynthIdentity.of(synth.name, subspace, synth.version),
            channels=len(sound),
            embeddings=embedding_widths(recipe, np.zeros_like(sound)),
            splits=config.splits,
            versions=versions(synth),
        )
        failing.pop_all()
    return DatasetSetup(config=config, synth=synth, recipe=recipe, card=card, workers=workers)


def _dry_sounds(config: DatasetConfig) -> DrySounds | None:
    """Read the dry sounds of a config; None for an instrument.

    Raises:
        ExperimentError: If effects lack them, an instrument has them, or one cannot be read.
    """
    alone = config.synth.instrument is None
    if config.dry is None:
        if alone:
            raise ExperimentError(
                f"{config.synth.name} plays dry sounds and no notes: give a folder of them, as "
                "--dry or under dry:."
            )
        return None
    if not alone:
        raise ExperimentError(
            f"{config.synth.name} begins with an instrument, which plays notes: leave dry out."
        )
    by_instrument = read_dry_folder(config.dry.folder, sr=config.sr, length=config.length)
    sounds = {
        f"{instrument} {number}": sound[np.newaxis]
        for instrument, found in by_instrument.items()
        for number, sound in enumerate(found, 1)
    }
    return DrySounds.of(sounds, gain=config.dry.gain, onset=config.dry.onset)


def _source(config: SourceConfig, synth: Synth, subspace: Subspace) -> Source:
    """Make the source that a config names."""
    cls: Any = find("source", config.name, SOURCES, config.options)
    if config.presets and not cls.from_presets:
        raise ExperimentError(f"The source {config.name} takes no presets: leave them out.")
    if config.prior != SPEC and cls is not FromPrior:
        raise ExperimentError(f"The source {config.name} takes no prior: leave it out.")
    if (prior := find_prior(config.prior, synth.space, synth.name)) is not None:
        joint = SubspacePrior(subspace, prior.within(subspace))
        source: Source = FromJointPrior(joint, _title(config.prior))
    elif cls.from_presets:
        source = cls(initial_genotypes(config.presets, synth, subspace), **config.options)
    else:
        source = cls(**config.options)
    return source


def _title(prior: str | Path) -> str:
    """Return the name of a prior, with the hash of its card if it was learned."""
    if prior in (MUSICAL, AUTO):
        return str(prior)
    path = prior_folder(prior)
    sha256 = file_sha256(path / CARD if path.is_dir() else path)
    return f"{path.name}, SHA-256 {sha256}"
