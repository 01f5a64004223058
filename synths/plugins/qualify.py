"""Which policy makes a plugin's renders repeat, at what cost, and what stands in the way."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, Subspace
from patchwright.synths.performance.notes import Note, Performance
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.spec import PluginSpec
from patchwright.synths.rendering import Status

PERFORMANCE = Performance(notes=(Note(pitch=60, duration=0.6),), length=1.0)
_RESPAWNED = 20  # presets at most that are tried with a new process each
_SUSPECTS = 5  # presets whose parameters are looked at one by one
_DEADLINE = 10.0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one policy did.

    Attributes:
        policy: Tried.
        presets: How many were rendered twice, with others in between.
        identical: How many had the same bits both times.
        failed: How many crashed or hung.
        milliseconds: A render took, mean.
        megabytes: Resident memory of one process afterwards; None where that is not known.
        remark: Why it could not be tried; empty if it could.
    """

    policy: Policy
    presets: int
    identical: int = 0
    failed: int = 0
    milliseconds: float = 0.0
    megabytes: float | None = None
    remark: str = ""

    @property
    def exact(self) -> bool:
        """Whether every preset had the same bits both times."""
        return self.presets > 0 and self.identical == self.presets and not self.remark


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is known of a plugin's renders.

    Attributes:
        plugin: As people address it.
        trials: One a policy, cheapest first.
        chosen: The quickest that is exact, and sounds like the strongest; None if none is.
        repeats: Whether a new process gives the same bits, under the chosen policy or the
            strongest one.
        causes: If no policy is exact: parameters that make presets repeat when they are put to
            their defaults, with the share of the presets that do.
        noise: By policy and objective, the distance between two renders of a preset: the median
            and the greatest; filled in by who knows objectives.
    """

    plugin: str
    trials: tuple[Trial, ...]
    chosen: Policy | None
    repeats: bool
    causes: dict[str, float] = field(default_factory=dict)
    noise: dict[Policy, dict[str, tuple[float, float]]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Twice:
    """Two renders of each of `n` presets, with others in between: audio `[n, c, t]` both."""

    first: NDArray[np.float32]
    second: NDArray[np.float32]

    @property
    def identical(self) -> NDArray[np.bool_]:
        """Which presets have the same bits both times, `[n]`."""
        same = (self.first == self.second) | (np.isnan(self.first) & np.isnan(self.second))
        return np.asarray(same.all(axis=(1, 2)))


def qualify(
    spec: PluginSpec,
    locks: Mapping[str, Any],
    *,
    presets: int = 100,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Verdict, dict[Policy, Twice]]:
    """Try every policy.

    Args:
        spec: The plugin.
        locks: What `ParameterSpace.lock` takes, by keyword.
        presets: Random ones, within the locks.
        seed: Of the presets.
        progress: Told what is tried now.

    Returns:
        The verdict; and the renders with the host's own reset, and with the policy chosen, or
        the strongest one.

    Raises:
        SynthError: If the plugin does not load, or the locks are wrong.
    """
    trials: list[Trial] = []
    kept: list[tuple[Trial, Twice]] = []
    for policy in Policy:
        progress(policy)
        trial, twice = _try(spec, locks, policy, presets, seed)
        trials.append(trial)
        if twice is not None:
            kept.append((trial, twice))
    if not kept:
        raise SynthError(f"{spec.name} renders with no policy: {trials[-1].remark}")
    exact = [pair for pair in kept if pair[0].exact]
    # the strongest exact policy is what a fresh plugin sounds like: a cheaper one must agree
    alike = [(t, twice) for t, twice in exact if _agree(twice.first, exact[-1][1].first)]
    trial, twice = min(alike, key=lambda pair: pair[0].milliseconds) if alike else kept[-1]
    progress("a new process")
    with RenderPool(spec, policy=trial.policy, deadline=_DEADLINE) as pool:
        rows = _rows(_subspace(pool, locks), presets, seed)[: trial.presets]
        again = pool.render(rows, PERFORMANCE).audio
    causes = {}
    if not alike:
        progress("parameters one by one")
        causes = _causes(spec, locks, trial, twice, presets, seed)
    verdict = Verdict(
        plugin=spec.name,
        trials=tuple(trials),
        chosen=trial.policy if alike else None,
        repeats=_agree(again, twice.first),
        causes=causes,
    )
    by_policy = {t.policy: renders for t, renders in kept}
    shown = [policy for policy in (Policy.reset, trial.policy) if policy in by_policy]
    return verdict, {policy: by_policy[policy] for policy in shown}


def verdict_path(spec: PluginSpec, locks: Mapping[str, Any]) -> Path:
    """Where the verdict on a plugin, its host and these locks is kept."""
    kept = {"lock": locks.get("lock") or {}, "free": locks.get("free")}
    known = [spec.fingerprint, spec.host_version, kept]
    key = sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()[:24]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "patchwright" / "qualified" / f"{key}.json"


def write_verdict(path: Path, verdict: Verdict) -> None:
    """Keep a verdict."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_text(json.dumps(asdict(verdict), indent=2) + "\n", encoding="utf-8")
    half.replace(path)


def read_verdict(path: Path) -> Verdict | None:
    """Read a verdict; None if there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        trials = tuple(Trial(**t | {"policy": Policy(t["policy"])}) for t in content["trials"])
        chosen = content["chosen"] and Policy(content["chosen"])
        noise = {
            Policy(policy): {name: (median, most) for name, (median, most) in floor.items()}
            for policy, floor in content["noise"].items()
        }
        return Verdict(**content | {"trials": trials, "chosen": chosen, "noise": noise})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _try(
    spec: PluginSpec, locks: Mapping[str, Any], policy: Policy, presets: int, seed: int
) -> tuple[Trial, Twice | None]:
    n = min(presets, _RESPAWNED) if policy is Policy.respawn else presets
    if policy is Policy.fork and not hasattr(os, "fork"):
        return Trial(policy=policy, presets=0, remark="this system has no fork"), None
    with RenderPool(spec, policy=policy, deadline=_DEADLINE) as pool:
        rows = _rows(_subspace(pool, locks), presets, seed)[:n]
        started = time.perf_counter()
        first = pool.render(rows, PERFORMANCE)
        elapsed = time.perf_counter() - started
        second = pool.render(rows[::-1], PERFORMANCE)
        twice = Twice(first.audio, second.audio[::-1])
        failed = np.isin(first.status, (Status.timeout, Status.crashed))
        return (
            Trial(
                policy=policy,
                presets=n,
                identical=int(twice.identical[~failed].sum() + failed.sum()),
                failed=int(failed.sum()),
                milliseconds=1e3 * elapsed / n,
                megabytes=_megabytes(pool.pids),
            ),
            twice,
        )


def _causes(
    spec: PluginSpec,
    locks: Mapping[str, Any],
    trial: Trial,
    twice: Twice,
    presets: int,
    seed: int,
) -> dict[str, float]:
    """Share of the unsteady presets that repeat once a parameter has its default."""
    with RenderPool(spec, policy=trial.policy, deadline=_DEADLINE) as pool:
        subspace = _subspace(pool, locks)
        rows = _rows(subspace, presets, seed)[: trial.presets][~twice.identical][:_SUSPECTS]
        shares = {}
        for place, name in zip(subspace.free.tolist(), subspace.names, strict=True):
            tamed = rows.copy()
            tamed[:, place] = pool.space.defaults[place]
            first = pool.render(tamed, PERFORMANCE).audio
            second = pool.render(tamed[::-1], PERFORMANCE).audio[::-1]
            share = float(Twice(first, second).identical.mean())
            if share > 0:
                shares[name] = share
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _subspace(pool: RenderPool, locks: Mapping[str, Any]) -> Subspace:
    return pool.space.lock(locks.get("lock"), free=locks.get("free"))


def _rows(subspace: Subspace, n: int, seed: int) -> Array:
    return subspace.decode(subspace.sample(n, np.random.default_rng(seed)))


def _agree(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    n = min(len(a), len(b))  # fewer presets are respawned
    return bool(Twice(a[:n], b[:n]).identical.all())


def _megabytes(pids: list[int]) -> float | None:
    """Resident memory of a process, where the system tells it."""
    try:
        status = Path(f"/proc/{pids[0]}/status").read_text(encoding="ascii")
    except (OSError, IndexError):
        return None
    lines = [line.split() for line in status.splitlines()]
    return next((int(line[1]) / 1024 for line in lines if line[0] == "VmRSS:"), None)
