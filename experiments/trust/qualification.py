"""`patchwright synth qualify`: the verdict on a plugin, and its noise floor by each objective."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from rich.table import Table

from patchwright.experiments.terminal.console import Console, print_whole
from patchwright.objectives import OBJECTIVES, ObjectiveError, Target
from patchwright.objectives.metrics import measurable_metrics
from patchwright.synths.plugins.qualify import (
    PERFORMANCE,
    VERDICTS,
    RepeatedRenders,
    Verdict,
    qualify,
    verdict_path,
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
    """Determine which reset policy makes a plugin's renders repeatable, or read the last verdict.

    Args:
        spec: Plugin.
        locks: Keyword arguments of `ParameterSpace.lock`.
        presets: Number of random presets to try.
        again: Whether to ignore the last verdict.
        console: Console for progress.

    Returns:
        The verdict, stored for the next call and for runs with the same locks.

    Raises:
        SynthError: If the plugin does not load, or the locks are wrong.
    """
    path = verdict_path(spec, locks)
    known = None if again else VERDICTS.read(path)
    if known is not None:
        return known
    with console.status("loading") as status:
        verdict, renders = qualify(
            spec, locks, presets=presets, progress=lambda what: status.update(f"trying {what}")
        )
    noise = {policy: noise_of(repeated) for policy, repeated in renders.items()}
    verdict = replace(verdict, noise=noise)
    VERDICTS.write(path, verdict)
    return verdict


def print_verdict(verdict: Verdict, console: Console) -> None:
    """Print a verdict as tables and a sentence."""
    table = Table("policy", "identical", "failed", "ms per render", "MB per process", "remark")
    for trial in verdict.trials:
        memory = "–" if trial.megabytes is None else f"{trial.megabytes:.0f}"
        counts = (f"{trial.identical} of {trial.presets}", str(trial.failed))
        table.add_row(
            trial.policy, *counts, f"{trial.milliseconds:.1f}", memory, trial.remark or ""
        )
    print_whole(table, console)
    floor = Table("noise floor", *(f"{policy}: median, maximum" for policy in verdict.noise))
    for name in OBJECTIVES:
        found = [by_name.get(name) for by_name in verdict.noise.values()]
        floor.add_row(name, *("–" if f is None else f"{f[0]:.4g}, {f[1]:.4g}" for f in found))
    print_whole(floor, console)
    elsewhere = "the same" if verdict.repeats else "other"
    if verdict.chosen is not None:
        console.print(
            f"{verdict.plugin} is reproducible with the policy {verdict.chosen}; a new process "
            f"gives {elsewhere} bits.",
        )
        return
    console.print(f"{verdict.plugin} is not reproducible with any policy.")
    if verdict.causes:
        shown = ", ".join(f"{name} ({share:.0%})" for name, share in verdict.causes.items())
        console.print(f"It repeats more often when these are locked: {shown}.")


def noise_of(repeated: RepeatedRenders) -> dict[str, tuple[float, float]]:
    """Return median and maximum distance between two renders of a preset, by objective."""
    found: dict[str, list[float]] = {}
    for first, second, same in zip(
        repeated.first, repeated.second, repeated.identical, strict=True
    ):
        try:
            heard = measurable_metrics(Target(first, PERFORMANCE.sr), OBJECTIVES)
        except ObjectiveError:  # renders that are not finite cannot be a target
            continue
        distances = np.zeros(len(heard.names)) if same else heard.score(second[np.newaxis])[0]
        for name, distance in zip(heard.names, distances, strict=True):
            found.setdefault(name, []).append(float(distance))
    return {name: (float(np.median(d)), float(np.max(d))) for name, d in found.items()}
