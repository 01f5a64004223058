"""Measure under which policies a plugin's renders repeat, their cost, and what prevents it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import FiniteFloat

from patchwright.synths.errors import SynthError
from patchwright.synths.measurements import Measurements
from patchwright.synths.parameters import Array, Subspace
from patchwright.synths.performance.dry import DrySound
from patchwright.synths.performance.notes import Note, Performance
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.sound_check import silence
from patchwright.synths.plugins.spec import PluginSpec
from patchwright.synths.rendering import Status

PERFORMANCE = Performance(notes=(Note(pitch=60, duration=0.6),), length=1.0)
"""What instruments play."""

_MAX_RESPAWNS = 20  # presets that are rendered in a new process each
_N_UNSTEADY = 5  # unsteady presets whose parameters are tried one by one
_DEADLINE = 10.0


@dataclass(frozen=True, kw_only=True)
class PolicyTrial:
    """The result of trying one policy.

    Attributes:
        policy: The policy.
        presets: Number of presets that were rendered twice, with others in between.
        identical: Number of presets with the same bits both times.
        failed: Number of presets that crashed or timed out.
        milliseconds: Mean time per render.
        megabytes: Resident memory of one process afterwards, in MiB; None if not known.
        remark: Reason why the policy could not be tried; empty if it was.
    """

    policy: Policy
    presets: int
    identical: int = 0
    failed: int = 0
    milliseconds: FiniteFloat = 0.0
    megabytes: FiniteFloat | None = None
    remark: str = ""

    @property
    def exact(self) -> bool:
        """Whether every preset had the same bits both times."""
        return self.presets > 0 and self.identical == self.presets and not self.remark


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The repeatability of a plugin's renders.

    Attributes:
        plugin: Address of the plugin.
        trials: One trial per policy, cheapest first.
        chosen: Fastest exact policy with the same bits as the strongest exact one; None if no
            policy is exact.
        repeats: Whether a new process gives the same bits, under the chosen policy or else the
            strongest one.
        causes: If no policy is exact, the parameters that make presets repeat when set to their
            defaults, with the share of presets that then repeat.
        noise: Median and maximum distance between two renders of a preset, by policy and
            objective; measured by `patchwright.experiments.trust.qualification`.
    """

    plugin: str
    trials: tuple[PolicyTrial, ...]
    chosen: Policy | None
    repeats: bool
    causes: dict[str, FiniteFloat] = field(default_factory=dict)
    noise: dict[Policy, dict[str, tuple[FiniteFloat, FiniteFloat]]] = field(default_factory=dict)


VERDICTS = Measurements("qualified", Verdict)
"""Kept verdicts; see `verdict_path`."""


@dataclass(frozen=True, eq=False)
class RepeatedRenders:
    """Two renders of each of `n` presets, with others in between.

    Attributes:
        first: Audio of the first renders, `[n, c, t]`.
        second: Audio of the second renders, `[n, c, t]`.
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]

    @property
    def identical(self) -> NDArray[np.bool_]:
        """Whether each preset has the same bits both times, `[n]`."""
        same = (self.first == self.second) | (np.isnan(self.first) & np.isnan(self.second))
        return np.asarray(same.all(axis=(1, 2)))


def qualify(
    spec: PluginSpec,
    locks: Mapping[str, Any],
    *,
    presets: int = 100,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Verdict, dict[Policy, RepeatedRenders]]:
    """Try every policy on random presets.

    Args:
        spec: Plugin to try.
        locks: Keyword arguments ``lock`` and ``free`` of `ParameterSpace.lock`.
        presets: Number of random presets, drawn within the locks.
        seed: Seed of the presets.
        progress: Called with the name of each step.

    Returns:
        The verdict; and by policy, the renders under `reset` and under the chosen or else the
        strongest policy.

    Raises:
        SynthError: If the plugin does not load, or the locks are invalid.

    Examples:
        ::

            verdict, _ = qualify(resolve("vst2:amsynth_vst"), read_lock("amsynth-32"))
            verdict.chosen  # Policy.fork
    """
    trials: list[PolicyTrial] = []
    kept: list[tuple[PolicyTrial, RepeatedRenders]] = []
    for policy in Policy:
        progress(policy)
        trial, repeated = _try(spec, locks, policy, presets, seed)
        trials.append(trial)
        if repeated is not None:
            kept.append((trial, repeated))
    if not kept:
        raise SynthError(f"{spec.name} cannot be rendered under any policy: {trials[-1].remark}.")
    if not any(repeated.first.any() for _, repeated in kept):
        raise SynthError(silence(spec, f"{presets} random ones"))
    exact = [pair for pair in kept if pair[0].exact]
    # the strongest exact policy has the sound of a fresh plugin: a cheaper one must agree with it
    alike = [(t, repeated) for t, repeated in exact if _agree(repeated.first, exact[-1][1].first)]
    trial, repeated = min(alike, key=lambda pair: pair[0].milliseconds) if alike else kept[-1]
    progress("a new process")
    with RenderPool(spec, policy=trial.policy, deadline=_DEADLINE) as pool:
        rows = _rows(_subspace(pool, locks), presets, seed)[: trial.presets]
        again = pool.render(rows, PERFORMANCE).audio
    causes = {}
    if not alike:
        progress("parameters one by one")
        causes = _causes(spec, locks, trial, repeated, presets, seed)
    verdict = Verdict(
        plugin=spec.name,
        trials=tuple(trials),
        chosen=trial.policy if alike else None,
        repeats=_agree(again, repeated.first),
        causes=causes,
    )
    by_policy = {t.policy: renders for t, renders in kept}
    shown = [policy for policy in (Policy.reset, trial.policy) if policy in by_policy]
    return verdict, {policy: by_policy[policy] for policy in shown}


def verdict_path(spec: PluginSpec, locks: Mapping[str, Any]) -> Path:
    """Return the path of the stored verdict on a plugin, its host's version and locks."""
    kept = {"lock": locks.get("lock") or {}, "free": locks.get("free")}
    return VERDICTS.path([spec.fingerprint, spec.host_version, kept])


def _try(
    spec: PluginSpec, locks: Mapping[str, Any], policy: Policy, presets: int, seed: int
) -> tuple[PolicyTrial, RepeatedRenders | None]:
    n = min(presets, _MAX_RESPAWNS) if policy is Policy.respawn else presets
    if policy is Policy.fork and not platform.has_fork():
        return PolicyTrial(policy=policy, presets=0, remark="this platform has no fork"), None
    with RenderPool(spec, policy=policy, deadline=_DEADLINE) as pool:
        rows = _rows(_subspace(pool, locks), presets, seed)[:n]
        started = time.perf_counter()
        performance = _performance(spec)
        first = pool.render(rows, performance)
        elapsed = time.perf_counter() - started
        second = pool.render(rows[::-1], performance)
        repeated = RepeatedRenders(first.audio, second.audio[::-1])
        failed = np.isin(first.status, (Status.timeout, Status.crashed))
        return (
            PolicyTrial(
                policy=policy,
                presets=n,
                identical=int(repeated.identical[~failed].sum() + failed.sum()),
                failed=int(failed.sum()),
                milliseconds=1e3 * elapsed / n,
                megabytes=next(map(platform.resident_megabytes, pool.pids), None),
            ),
            repeated,
        )


def _causes(
    spec: PluginSpec,
    locks: Mapping[str, Any],
    trial: PolicyTrial,
    repeated: RepeatedRenders,
    presets: int,
    seed: int,
) -> dict[str, float]:
    """Return the share of unsteady presets that repeat once a parameter has its default value."""
    with RenderPool(spec, policy=trial.policy, deadline=_DEADLINE) as pool:
        subspace = _subspace(pool, locks)
        rows = _rows(subspace, presets, seed)[: trial.presets][~repeated.identical][:_N_UNSTEADY]
        performance, shares = _performance(spec), {}
        for place, name in zip(subspace.free.tolist(), subspace.names, strict=True):
            tamed = rows.copy()
            tamed[:, place] = pool.space.defaults[place]
            first = pool.render(tamed, performance).audio
            second = pool.render(tamed[::-1], performance).audio[::-1]
            share = float(RepeatedRenders(first, second).identical.mean())
            if share > 0:
                shares[name] = share
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _performance(spec: PluginSpec) -> Performance:
    """Return what a plugin is tried with: a note, or of an effect decaying noise."""
    if not spec.source.options.get("effect"):
        return PERFORMANCE
    t = np.arange(PERFORMANCE.samples) / PERFORMANCE.sr
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, len(t))) * np.exp(-5 * t)
    return replace(PERFORMANCE, notes=(), dry=DrySound(noise))


def _subspace(pool: RenderPool, locks: Mapping[str, Any]) -> Subspace:
    return pool.space.lock(locks.get("lock"), free=locks.get("free"))


def _rows(subspace: Subspace, n: int, seed: int) -> Array:
    return subspace.decode(subspace.sample(n, np.random.default_rng(seed)))


def _agree(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    n = min(len(a), len(b))  # `respawn` is tried with fewer presets
    return bool(RepeatedRenders(a[:n], b[:n]).identical.all())
