"""Presets of runs among those that a synth or a DAW lists; what was written is in the run.

The run's `installed.json` is written before the files, with their hashes, so that `undo` knows them
even if the installation was killed.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import Field

from patchwright.experiments.config.identity import file_sha256
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.records.finished_run import FinishedRun, read_record
from patchwright.experiments.records.folder_lock import locked
from patchwright.experiments.records.run_folder import RunFolder, write_json
from patchwright.experiments.records.summary import Record
from patchwright.synths import Preset, Synth
from patchwright.synths.effects import EffectSynth
from patchwright.synths.presets.files import read_preset
from patchwright.synths.presets.places import Listed, places

MAX_TAG = 40  # characters


class InstalledFile(Record):
    """A file that was written.

    Attributes:
        path: Where it is.
        sha256: Hash of its content.
    """

    # a run from elsewhere shall not name files of other kinds for `undo` to remove
    path: str = Field(pattern=r"\.(vstpreset|ttl|vital|syx|bank)$")
    sha256: str


class Journal(Record):
    """What the installations of a run have written.

    Attributes:
        files: Files.
        folders: Folders that were created for them, the outer ones first.
    """

    files: tuple[InstalledFile, ...] = ()
    folders: tuple[str, ...] = ()


def plan(
    preset: Preset, synth: Synth, *, name: str | None = None, tags: Sequence[str] = ()
) -> list[Listed]:
    """Find where a preset would be listed, and by whom; nothing is written.

    Args:
        preset: Preset. Of a chain, the instrument's part is meant: the run's `best.py` has the
            effects.
        synth: Its synth.
        name: Name to show; None for the preset's.
        tags: Words to find it by.

    Raises:
        ExperimentError: If the name or a tag cannot be shown, or the synth has no instrument.
        SynthError: If no program lists presets of the synth in folders.
    """
    for word in (*tags, *([] if name is None else [name])):
        if not word.strip() or not word.isprintable():
            raise ExperimentError(f"{word!r} cannot be shown: write a name of plain characters.")
    for tag in tags:
        if len(tag) > MAX_TAG or any(sign in tag for sign in ",|"):
            raise ExperimentError(
                f"The tag {tag!r} is too long or has a comma or bar in it: write up to {MAX_TAG} "
                "characters without these."
            )
    if isinstance(synth, EffectSynth):
        if synth.instrument is None:
            raise ExperimentError(
                f"{synth.name} has no instrument: play your sound through the run's best.py."
            )
        values = synth.instrument_values(preset.values)
        preset, synth = Preset(preset.name, synth.instrument.name, values), synth.instrument
    return places(replace(preset, name=name or preset.name), synth, tags=tags)


def plan_run(
    run: FinishedRun, *, name: str | None = None, tags: Sequence[str] = ()
) -> list[Listed]:
    """Find where the preset of a run would be listed; see `plan`.

    Raises:
        ExperimentError: See `plan`; also if the run has lost its preset.
        SynthError: See `plan`; also if the synth does not load, or the preset is damaged.
    """
    with open_synth(run.config.synth) as synth:
        preset = read_preset(run.files.need(run.files.best_preset), synth)
        return plan(preset, synth, name=name, tags=tags)


def install(folder: RunFolder, listed: Sequence[Listed]) -> None:
    """Write what was planned; if that fails, nothing of it stays.

    Args:
        folder: Folder of the run.
        listed: What `plan` or `plan_run` found.

    Raises:
        ExperimentError: If another process works on the run.
        OSError: If a file cannot be written, or was made by someone else meanwhile.
    """
    content = {path: data for each in listed for path, data in each.files.items()}
    with locked(folder.path):
        before = _read(folder)
        created = [*dict.fromkeys(new for path in content for new in _new_folders(path.parent))]
        write_json(
            folder.installed,
            Journal(
                files=(*before.files, *(_installed(path, data) for path, data in content.items())),
                folders=(*before.folders, *map(str, created)),
            ),
        )
        written: list[Path] = []
        try:
            for path, data in content.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as file:
                    written.append(path)
                    file.write(data)
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            _remove_empty(created)
            write_json(folder.installed, before)
            raise


def undo(folder: RunFolder) -> tuple[list[Path], list[Path]]:
    """Remove what the installations of a run have written.

    Args:
        folder: Folder of the run.

    Returns:
        Files that were removed, and those that were changed since and are kept.

    Raises:
        ExperimentError: If nothing of the run is installed, or its journal is damaged.
    """
    with locked(folder.path):
        journal = _read(folder)
        if not journal.files:
            raise ExperimentError(f"Nothing of {folder.path} is installed: there is no undo.")
        removed, kept = [], []
        for file in journal.files:
            path = Path(file.path)
            if not path.is_file() or path.is_symlink():
                continue  # removed by hand, or never written
            if file_sha256(path) == file.sha256:
                path.unlink()
                removed.append(path)
            else:
                kept.append(path)
        _remove_empty(map(Path, journal.folders))
        folder.installed.unlink()
        return removed, kept


def installed(folder: RunFolder) -> list[Path]:
    """List the files that the installations of a run have written and that are still there.

    Raises:
        ExperimentError: If the run's journal is damaged.
    """
    return [path for file in _read(folder).files if (path := Path(file.path)).is_file()]


def _read(folder: RunFolder) -> Journal:
    if not folder.installed.exists():
        return Journal()
    return read_record(folder, folder.installed, Journal)


def _installed(path: Path, data: bytes) -> InstalledFile:
    return InstalledFile(path=str(path), sha256=hashlib.sha256(data).hexdigest())


def _new_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders that do not exist on the way to one, the outer ones first."""
    yield from reversed([each for each in (folder, *folder.parents) if not each.exists()])


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders that are empty, the inner ones first."""
    for folder in reversed([*folders]):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
