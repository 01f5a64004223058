"""Making of a dataset: blocks are rendered in parallel, and written as shards."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import numpy as np
import torch

from patchwright.surrogates.datasets.block import Block, BlockRenderer
from patchwright.surrogates.datasets.card import CARD, Card
from patchwright.surrogates.datasets.index import DISCARDED, INDEX, SHARDS, write_index
from patchwright.surrogates.datasets.recipe import BLOCK
from patchwright.surrogates.datasets.sealed import SealedFile, write_sealed
from patchwright.surrogates.differences import in_words
from patchwright.surrogates.errors import SurrogateError
from patchwright.synths.whole_file import own_folder

Blocks = Iterator[tuple[int, Block]]
Render = Callable[[Sequence[int]], Generator[tuple[int, Block], None, None]]
"""Function that renders blocks by their numbers, and yields them in any order."""


def render_in_threads(renderer: BlockRenderer, *, workers: int) -> Render:
    """Return a function that renders blocks in threads.

    Args:
        renderer: Renderer of one block.
        workers: Number of threads. Twice the processes of a plugin: one measures a sound while
            another waits for the next.
    """

    def render(numbers: Sequence[int]) -> Generator[tuple[int, Block], None, None]:
        torch.set_num_threads(1)
        threads = ThreadPoolExecutor(
            workers, "block", initializer=torch.set_num_threads, initargs=(1,)
        )
        begun: dict[Future[Block], int] = {}
        left = iter(numbers)
        try:
            while True:
                for number in left:
                    begun[threads.submit(renderer, number)] = number
                    if len(begun) >= 2 * workers:
                        break
                if not begun:
                    return
                done, _ = wait(begun, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=begun.__getitem__):
                    yield begun.pop(future), future.result()
        finally:
            if begun:
                renderer.stop()
            threads.shutdown(cancel_futures=True)

    return render


def begin_dataset(folder: Path, card: Card, *, resume: bool) -> None:
    """Write the card of a new dataset, or check that a folder holds the beginning of this one.

    Args:
        folder: Folder of the dataset.
        card: Card of the dataset.
        resume: Whether to go on with a dataset that was begun.

    Raises:
        SurrogateError: If the folder holds something else, or a dataset while `resume` is false.
    """
    if not (folder / CARD).exists():
        own_folder(folder)
        if any(not path.name.startswith((".", CARD)) for path in folder.iterdir()):
            raise SurrogateError(f"{folder} is not empty and holds no dataset: give another --out.")
        card.write(folder)
        return
    if not resume:
        raise SurrogateError(
            f"{folder} already holds a dataset: give another --out, or --resume to continue it."
        )
    differing = Card.read(folder).differences(card)
    if differing:
        raise SurrogateError(
            f"The dataset in {folder} was begun with another {in_words(differing)}: give the same "
            "as then, or another --out."
        )


def make_dataset(
    folder: Path,
    card: Card,
    render: Render,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Render what a dataset lacks, and write its index.

    Shards are written whole, each as soon as its blocks are rendered; a process that is killed
    loses what it rendered of others.

    Args:
        folder: Folder of the dataset, with its card.
        card: Card of the dataset.
        render: Function that renders blocks.
        progress: Called with the number of presets that are done, at first with those that the
            folder holds already.

    Raises:
        SurrogateError: If a shard is damaged.
        OSError: If a file cannot be written.
    """
    shards = own_folder(folder / SHARDS)
    size = card.blocks_per_shard
    blocks = -(-card.presets // BLOCK)
    wanted = {
        number: range(number * size, min((number + 1) * size, blocks))
        for number in range(-(-blocks // size))
    }
    done = 0
    for number in list(wanted):
        if (path := _shard(shards, number)).exists():
            shard = SealedFile(path, card.columns)
            shard.verify()
            done += shard.rows // card.notes.per_preset
            del wanted[number]
    progress(done)
    numbers = [block for each in wanted.values() for block in each]
    held: dict[int, dict[int, Block]] = {number: {} for number in wanted}
    with closing(render(numbers)) as rendered:
        for block, content in rendered:
            number = block // size
            held[number][block] = content
            done += len(content.table["status"]) // card.notes.per_preset
            progress(done)
            if len(held[number]) == len(wanted[number]):
                parts = held.pop(number)
                _write(_shard(shards, number), [parts[each] for each in sorted(parts)])
    if not (folder / INDEX).exists():
        write_index(folder, card)


def _shard(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.h5"


def _write(path: Path, blocks: Iterable[Block]) -> None:
    blocks = list(blocks)
    table = {
        name: np.concatenate([block.table[name] for block in blocks]) for name in blocks[0].table
    }
    discarded = np.sum([block.discarded for block in blocks], axis=0)
    write_sealed(path, table, {DISCARDED: discarded.tolist()})
