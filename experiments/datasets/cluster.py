"""Rendering of a dataset's blocks on the workers of a Dask cluster."""

import contextlib
import functools
from collections.abc import Generator, Iterator, Sequence

import torch

from patchwright.experiments.cluster import count_workers, open_workers
from patchwright.experiments.cluster.crew import Refuse
from patchwright.experiments.config.dataset import DatasetConfig
from patchwright.experiments.datasets.making import OpenRender
from patchwright.experiments.datasets.setup import DatasetSetup, prepare_dataset
from patchwright.experiments.mistakes import MISTAKES
from patchwright.surrogates.datasets import Card
from patchwright.surrogates.datasets.block import Block, BlockRenderer
from patchwright.surrogates.datasets.make import Render
from patchwright.surrogates.differences import in_words


def on_cluster(cluster: str, *, workers: int | None, refuse: Refuse) -> OpenRender:
    """Return the function that opens a cluster for a dataset; see `make`.

    Workers read the synth, banks and models from the same paths as this machine.

    Args:
        cluster: ``local``, or the address of a scheduler.
        workers: Processes of a local cluster; one per core if None.
        refuse: Callback for workers that are not admitted, and for a scheduler that is lost.

    Raises:
        ExperimentError: If the cluster cannot be used.
    """
    count = count_workers(cluster, workers=workers)

    @contextlib.contextmanager
    def opened(setup: DatasetSetup) -> Iterator[Render]:
        unmet = functools.partial(_unmet_need, setup.config, setup.card)
        with open_workers(cluster, workers=count, unmet=unmet, refuse=refuse) as each:

            def render(numbers: Sequence[int]) -> Generator[tuple[int, Block], None, None]:
                for done in each(functools.partial(_render, setup.config), numbers):
                    if done.error is not None:
                        raise done.error
                    yield numbers[done.place], done.result

            yield render

    return opened


@functools.lru_cache(maxsize=1)
def _renderer(config_json: str) -> tuple[BlockRenderer, Card]:
    """Prepare a dataset on a worker, which keeps its synth open."""
    setup = prepare_dataset(DatasetConfig.model_validate_json(config_json), workers=1)
    return setup.renderer(), setup.card


def _render(config: DatasetConfig, number: int) -> Block:
    torch.set_num_threads(1)  # of this thread of the worker, as everywhere
    return _renderer(config.model_dump_json())[0](number)


def _unmet_need(config: DatasetConfig, card: Card) -> str | None:
    """Return a sentence on what keeps this process from rendering the same bits, or None."""
    try:
        differing = card.differences(_renderer(config.model_dump_json())[1])
    except MISTAKES as error:
        return str(error)
    return f"Its dataset differs in {in_words(differing)}: make it equal." if differing else None
