"""The commands that make, show and merge datasets."""

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from patchwright.experiments.cli.interrupt import resumable, terminable
from patchwright.experiments.cli.options import Lock, Overrides, Trust, Workers
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.command_line import command_line
from patchwright.experiments.terminal.console import console, errors, print_whole

# slow modules are imported where they are used, so that --help is quick

dataset_app = typer.Typer(
    no_args_is_help=True,
    help="Render presets once, for all that learns from them.",
)

Folder = Annotated[Path, typer.Argument(help="Folder of a dataset.")]


@dataset_app.command("make")
def make_command(
    recipe: Annotated[
        Path | None, typer.Argument(help="YAML file. Default: presets of the synth's prior.")
    ] = None,
    synth: Annotated[
        str | None, typer.Option(help="Built-in synth or plugin; see 'patchwright synths'.")
    ] = None,
    lock: Lock = None,
    presets: Annotated[int | None, typer.Option(help="Number of presets to draw.")] = None,
    include: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            help="Run whose presets are rendered as well, or a preset file; may be repeated.",
        ),
    ] = None,
    dry: Annotated[
        Path | None, typer.Option(help="Folder of dry sounds, for 'effects: ...'.")
    ] = None,
    length: Annotated[float | None, typer.Option(help="Length of the sounds in seconds.")] = None,
    sr: Annotated[int | None, typer.Option("--sr", help="Sample rate in Hz.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice.")] = None,
    overrides: Overrides = None,
    workers: Workers = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the dataset. Default: a new one in datasets/.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the dataset in --out.")
    ] = False,
    cluster: Annotated[
        str | None,
        typer.Option(help="Dask cluster: 'local', or a scheduler's tcp://HOST:PORT."),
    ] = None,
    trust: Trust = None,  # used by its callback
) -> None:
    """Render the presets of a recipe, and keep values, notes and features."""
    from patchwright.experiments.config.dataset import load_dataset_config
    from patchwright.experiments.datasets.making import RECIPE, make
    from patchwright.experiments.datasets.progress import DatasetProgress
    from patchwright.experiments.datasets.tables import counts_sentence
    from patchwright.experiments.records.run_folder import new_folder
    from patchwright.synths.whole_file import safe_name

    if resume and out is None:
        raise ExperimentError("--resume needs --out: name the folder of the dataset to continue.")
    config = load_dataset_config(
        recipe, _given(synth, lock, presets, include, dry, length, sr, seed), overrides or ()
    )
    name = f"{safe_name(Path(config.synth.name).stem)}-{config.seed}"
    folder = new_folder(Path("datasets"), name) if out is None else out
    again = command_line(
        "dataset", "make", folder / RECIPE, out=folder, resume=True, workers=workers,
        cluster=cluster,
    )  # fmt: skip
    progress = DatasetProgress(config.presets, errors)
    ready: list[bool] = []
    with (
        terminable(),
        resumable(lambda: again if ready else None),
        contextlib.ExitStack() as stack,
    ):
        options: dict[str, Any] = {}
        if cluster is not None:
            from patchwright.experiments.datasets.cluster import on_cluster

            options["open_render"] = on_cluster(
                cluster, workers=workers, refuse=lambda sentence: errors.print(sentence)
            )

        def begun() -> None:
            ready.append(True)
            errors.print(f"If it is interrupted, continue with:\n  {again}")
            stack.enter_context(progress)

        data = make(
            config,
            folder,
            resume=resume,
            workers=workers,
            begun=begun,
            progress=progress,
            **options,
        )
    console.print(counts_sentence(data))
    console.print(f"Dataset: {folder}")


def _given(
    synth: str | None,
    lock: str | None,
    presets: int | None,
    include: list[Path] | None,
    dry: Path | None,
    length: float | None,
    sr: int | None,
    seed: int | None,
) -> dict[str, Any]:
    """Return the entries of the config that options name."""
    if lock is not None and synth is None:
        raise ExperimentError("--lock needs --synth: name the synth that it locks.")
    entries: dict[str, Any] = {
        "presets": presets,
        "include": include or None,
        "dry": None if dry is None else str(dry.resolve()),
        "length": length,
        "sr": sr,
        "seed": seed,
    }
    if synth is not None:
        entries["synth"] = {"name": synth} | ({"lock": lock} if lock is not None else {})
    return {key: value for key, value in entries.items() if value is not None}


@dataset_app.command("info")
def info_command(
    folder: Folder,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare the checksums of all files.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="HTML file for the distributions as pictures.")
    ] = None,
) -> None:
    """Show what a dataset holds: its card, counts and distributions."""
    from patchwright.experiments.datasets.distributions import distributions
    from patchwright.experiments.datasets.tables import card_table, distributions_table
    from patchwright.surrogates.datasets import Dataset

    data = Dataset(folder)
    if verify:
        data.verify()
        console.print(f"All files are as they were written: {folder}")
    print_whole(card_table(data))
    found = distributions(data)
    print_whole(distributions_table(found))
    if html is not None:
        from patchwright.experiments.datasets.page import write_page

        write_page(data, found, html)
        console.print(f"Written: {html}")


@dataset_app.command("merge")
def merge_command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of datasets.")],
    out: Annotated[Path, typer.Option(help="Folder of the new dataset.")],
) -> None:
    """Join datasets of the same synth, lock, notes and features."""
    from patchwright.experiments.datasets.tables import counts_sentence
    from patchwright.surrogates.datasets import Dataset
    from patchwright.surrogates.datasets.merge import merge_datasets

    with terminable():
        data = merge_datasets([Dataset(folder) for folder in folders], out)
    console.print(counts_sentence(data))
    console.print(f"Dataset: {out}")
