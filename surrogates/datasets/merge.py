"""Merging of datasets: the shards of all, with splits chosen anew."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from patchwright.surrogates.datasets.dataset import Dataset
from patchwright.surrogates.datasets.index import SHARDS, write_index
from patchwright.surrogates.differences import in_words
from patchwright.surrogates.errors import SurrogateError

_MAY_DIFFER = ("presets", "origins", "versions")


def merge_datasets(parts: Sequence[Dataset], folder: Path) -> Dataset:
    """Join datasets of the same synth, lock, notes, features and gate.

    A preset keeps its split unless near duplicates of it were in another one: see `splits`.

    Args:
        parts: Two or more datasets.
        folder: Folder of the new dataset, which must not exist; it appears when it is complete.

    Returns:
        The new dataset.

    Raises:
        SurrogateError: If the datasets differ or are the same, a file is damaged, or the folder
            exists.
        OSError: If a file cannot be written.
    """
    if len(parts) < 2:
        raise SurrogateError("One dataset alone is merged with nothing: name two or more.")
    if folder.exists():
        raise SurrogateError(f"{folder} exists: give another --out.")
    first = parts[0]
    seen: dict[str, Path] = {}
    for part in parts:
        if (other := seen.get(part.sha256)) is not None:
            raise SurrogateError(f"{part.folder} and {other} are the same: name one of them.")
        seen[part.sha256] = part.folder
        differing = first.card.differences(part.card, but=_MAY_DIFFER)
        if differing:
            raise SurrogateError(
                f"{part.folder} cannot be merged with {first.folder}, as they differ in "
                f"{in_words(differing)}: leave one of them out."
            )
        part.verify()
    card = first.card.model_copy(
        update={
            "presets": sum(part.card.presets for part in parts),
            "origins": [origin for part in parts for origin in part.card.origins],
            "versions": {
                name: ", ".join(dict.fromkeys(part.card.versions.get(name, "") for part in parts))
                for name in first.card.versions
            },
        }
    )
    half = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(half, ignore_errors=True)  # of a process that was killed
    try:
        (half / SHARDS).mkdir(parents=True)
        files = [file for part in parts for file in part.shard_files]
        for number, file in enumerate(files):
            shutil.copyfile(file, half / SHARDS / f"{number:06d}.h5")
        card.write(half)
        write_index(half, card)
        half.rename(folder)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return Dataset(folder)
