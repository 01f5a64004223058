"""What `patchwright synth qualify` finds, with the noise floor in each objective, and shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from patchwright.objectives import OBJECTIVES, ObjectiveError, Target
from patchwright.objectives.metrics import measurable_metrics
from patchwright.synths.plugins.qualify import (
    PERFORMANCE,
    Twice,
    Verdict,
    qualify,
    read_verdict,
    verdict_path,
    write_verdict,
)
from patchwright.synths.plugins.spec import PluginSpec


def qualify_plugin(
    spec: PluginSpec,
    locks: Mapping[str, Any],
    *,
    presets: int,
    again: bool,
    console: Console,
) -> Verdict:
    """Find out how a plugin's renders can be made to repeat, or look it up.

    Args:
        spec: The plugin.
        locks: What `ParameterSpace.lock` takes, by keyword.
        presets: Random ones to try.
        again: Do not look it up.
        console: Where progress is shown.

    Returns:
        The verdict; kept for the next time, and for the runs with the same locks.

    Raises:
        SynthError: If the plugin does not load, or the locks are wrong.
    """
    path = verdict_path(spec, locks)
    known = None if again else read_verdict(path)
    if known is not None:
        return known
    with console.status("loading") as status:
        verdict, renders = qualify(
            spec, locks, presets=presets, progress=lambda what: status.update(f"trying {what}")
        )
    noise = {policy: _noise(twice) for policy, twice in renders.items()}
    verdict = replace(verdict, noise=noise)
    write_verdict(path, verdict)
    return verdict


def print_verdict(verdict: Verdict, console: Console) -> None:
    """Show a verdict as tables and a sentence."""
    table = Table("policy", "identical", "failed", "ms a render", "MB a process", "remark")
    for trial in verdict.trials:
        memory = "–" if trial.megabytes is None else f"{trial.megabytes:.0f}"
        counts = (f"{trial.identical} of {trial.presets}", str(trial.failed))
        table.add_row(
            trial.policy, *counts, f"{trial.milliseconds:.1f}", memory, trial.remark or ""
        )
    console.print(table)
    floor = Table("noise floor", *(f"{policy}: median, greatest" for policy in verdict.noise))
    for name in OBJECTIVES:
        found = [by_name.get(name) for by_name in verdict.noise.values()]
        floor.add_row(name, *("–" if f is None else f"{f[0]:.4g}, {f[1]:.4g}" for f in found))
    console.print(floor)
    elsewhere = "the same" if verdict.repeats else "other"
    if verdict.chosen is not None:
        console.print(
            f"{verdict.plugin} is reproducible with the policy {verdict.chosen}; a new process "
            f"gives {elsewhere} bits.",
            markup=False,
        )
        return
    console.print(f"{verdict.plugin} is reproducible with no policy.", markup=False)
    if verdict.causes:
        shown = ", ".join(f"{name} ({share:.0%})" for name, share in verdict.causes.items())
        console.print(f"It repeats more often when these are locked: {shown}.", markup=False)


def _noise(twice: Twice) -> dict[str, tuple[float, float]]:
    """Median and greatest distance between two renders of a preset, by objective."""
    found: dict[str, list[float]] = {}
    for first, second, same in zip(twice.first, twice.second, twice.identical, strict=True):
        try:
            heard = measurable_metrics(Target(first, PERFORMANCE.sr), OBJECTIVES)
        except ObjectiveError:  # what is not finite is no target
            continue
        distances = np.zeros(len(heard.names)) if same else heard.score(second[np.newaxis])[0]
        for name, distance in zip(heard.names, distances, strict=True):
            found.setdefault(name, []).append(float(distance))
    return {name: (float(np.median(d)), float(np.max(d))) for name, d in found.items()}
