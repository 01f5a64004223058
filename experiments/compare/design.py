"""Arrangement of runs: groups that differ in one setting, on the same targets and seeds."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.synths import did_you_mean

_METHOD = ("search.method", "search.options", "search.estimator")
_BUDGET = ("renders", "seconds", "generations", "patience", "calibration")
# synths need no entry: runs with other synths have other targets
_EQUAL = ("search", "objectives", "constraints", "sr")
_MAY_DIFFER = ("search", "synth", "objectives")


@dataclass(frozen=True, eq=False)
class Design:
    """Complete block design: every group has a run of every cell.

    Attributes:
        groups: Names of the compared groups, such as methods, `g` of them.
        targets: Names of the targets, `t` of them; a sound matched by two synths counts twice.
        cells: Index of the target and seed of each column of `runs`, `c` of them.
        runs: Runs in `g` rows of `c`.
        remarks: Sentences on what limits the comparison.
    """

    groups: tuple[str, ...]
    targets: tuple[str, ...]
    cells: tuple[tuple[int, int], ...]
    runs: tuple[tuple[FinishedRun, ...], ...]
    remarks: tuple[str, ...]

    @property
    def records(self) -> list[FinishedRun]:
        """All runs."""
        return [run for row in self.runs for run in row]


@dataclass(frozen=True, eq=False)
class _Run:
    """Run with its config as dotted keys; those that define the groups are in `group`."""

    record: FinishedRun
    group: dict[str, Any]
    rest: dict[str, Any]

    @property
    def target(self) -> str:
        """Text that is equal for runs with the same target."""
        target = self.record.summary.target
        sound = [target.sha256, target.notes, target.tempo, target.length]
        synth = {key: value for key, value in self.rest.items() if _under(key, ("synth",))}
        return _written([sound, self.record.config.target.start, synth])

    @property
    def target_parts(self) -> list[str]:
        """Parts of a target's name, from which as few as possible are used, the first one first."""
        config, target = self.record.config, self.record.summary.target
        synth = [] if "synth.name" in self.group else [f"on {config.synth.name}"]
        digest = hashlib.sha256(self.target.encode()).hexdigest()[:8]
        length = f"{target.length:.3g} s"
        return [config.target.name, *synth, target.notes, length, target.sha256[:8], digest]


def arrange(
    records: Iterable[FinishedRun], *, by: str | None = None, common: bool = False
) -> Design:
    """Arrange runs in groups and cells.

    Args:
        records: Finished runs; a run given twice counts once.
        by: Dotted config key that defines the groups, such as ``synth``; the method and its
            options if None.
        common: Whether to leave out cells that not all groups have, instead of raising an error.

    Raises:
        ExperimentError: If there are fewer than two groups, or they cannot be compared; the
            message names the first reason.
    """
    distinct = {record.folder.resolve(): record for record in records}
    keys = _METHOD if by is None else (by,)
    runs = [_split(record, keys) for record in distinct.values()]
    if by is not None:
        _check_key(by, runs)
    for run in runs[1:]:
        _check_equal(runs[0], run)
    table: dict[str, dict[tuple[str, int], _Run]] = {}
    for run in runs:
        row = table.setdefault(_written(run.group), {})
        cell = run.target, run.record.config.seed
        if cell in row:
            raise ExperimentError(
                f"{row[cell].record.folder} and {run.record.folder} are the same experiment: "
                "leave out one of them."
            )
        row[cell] = run
    groups = _group_names([next(iter(row.values())) for row in table.values()], by)
    if len(groups) < 2:
        raise ExperimentError(
            f"All runs are in one group, {groups[0]}: add runs of another, or name the key in "
            "which they differ, such as --by synth."
        )
    return _block(groups, list(table.values()), common=common)


def _block(groups: list[str], rows: list[dict[tuple[str, int], _Run]], *, common: bool) -> Design:
    every = {cell: run for row in reversed(rows) for cell, run in row.items()}
    every_target = list(dict.fromkeys(target for row in rows for target, _ in row))
    first = {target: run for (target, _), run in every.items()}
    parts = [first[target].target_parts for target in every_target]
    names = dict(zip(every_target, _distinct(parts), strict=True))
    complete = {cell for cell in every if all(cell in row for row in rows)}
    left_out: dict[tuple[str, str], list[str]] = {}
    for cell in sorted(every.keys() - complete, key=lambda c: (every_target.index(c[0]), c[1])):
        lacking = next(g for g, row in zip(groups, rows, strict=True) if cell not in row)
        having = next(g for g, row in zip(groups, rows, strict=True) if cell in row)
        if not common:
            raise ExperimentError(
                f"{lacking} has no run of {names[cell[0]]} with seed {cell[1]}, but {having} "
                "does: run it, or compare only what all groups share with --common."
            )
        left_out.setdefault((names[cell[0]], lacking), []).append(str(cell[1]))
    remarks = [
        f"{name} with seed {', '.join(seeds)} is left out: {lacking} has no such run."
        for (name, lacking), seeds in left_out.items()
    ]
    if not complete:
        raise ExperimentError(
            "The groups share no target with the same seed: run them on the same ones."
        )
    targets = [target for target in every_target if any(target == t for t, _ in complete)]
    cells = sorted((targets.index(target), seed) for target, seed in complete)
    chosen = [[row[targets[place], seed] for place, seed in cells] for row in rows]
    for column in zip(*chosen, strict=True):
        _check_synth_version(column)
    return Design(
        tuple(groups),
        tuple(names[target] for target in targets),
        tuple(cells),
        tuple(tuple(run.record for run in row) for row in chosen),
        (
            *remarks,
            *_library_remarks([run.record for row in chosen for run in row]),
            *_store_remarks([run.record for row in chosen for run in row]),
        ),
    )


def _split(record: FinishedRun, keys: tuple[str, ...]) -> _Run:
    flat = _flat(record.config.model_dump(mode="json"))
    group = {key: value for key, value in flat.items() if _under(key, keys)}
    return _Run(record, group, {key: flat[key] for key in flat.keys() - group.keys()})


def _check_key(by: str, runs: list[_Run]) -> None:
    known = {key for run in runs for key in (*run.group, *run.rest)}
    known |= {".".join(key.split(".")[:n]) for key in known for n in range(1, key.count(".") + 1)}
    known = {key for key in known if _under(key, _MAY_DIFFER)}
    if by not in known:
        raise ExperimentError(
            f"--by expects a key of search, synth or objectives, not {by!r}; "
            f"{did_you_mean(by, sorted(known))}"
        )


def _check_equal(first: _Run, run: _Run) -> None:
    """Check budgets, then everything else in which groups may not differ."""
    budget = tuple(f"search.{key}" for key in _BUDGET)
    for key in budget:
        one, other = ((r.group | r.rest)[key] for r in (first, run))
        if one != other:
            raise ExperimentError(
                f"The budgets differ: {key} is {_text(one)} in {first.record.folder} and "
                f"{_text(other)} in {run.record.folder}; compare runs with the same budget."
            )
    for key in sorted({*first.rest, *run.rest}):
        one, other = first.rest.get(key), run.rest.get(key)
        if one != other and _under(key, _EQUAL) and key not in budget:
            may = _under(key, _MAY_DIFFER)
            group = f", or group them by it with --by {key}" if may else ""
            raise ExperimentError(
                f"{key} is {_text(one)} in {first.record.folder} and {_text(other)} in "
                f"{run.record.folder}: compare runs with the same value{group}."
            )
    one, other = (_choosing(r.record) for r in (first, run))
    if one != other and not any(_under("search.finalists", r.group) for r in (first, run)):
        raise ExperimentError(
            f"The answer of {first.record.folder} was chosen by {one} and that of "
            f"{run.record.folder} by {other}: set search.finalists, to [] for none, and run one of "
            "them again."
        )
    one, other = (r.record.summary.versions.get("patchwright") for r in (first, run))
    if one != other:
        raise ExperimentError(
            f"{first.record.folder} was measured by patchwright {one} and {run.record.folder} by "
            f"{other}: run one of them again."
        )


def _choosing(record: FinishedRun) -> str:
    """Name what chose the answer of a run."""
    finalists = record.summary.finalists
    return " and ".join(["the objectives", *(finalists.chosen.heard if finalists else ())])


def _check_synth_version(runs: Sequence[_Run]) -> None:
    if any("synth.name" in run.group for run in runs):
        return
    for run in runs[1:]:
        one, other = (r.record.summary.versions.get("synth") for r in (runs[0], run))
        if one != other:
            raise ExperimentError(
                f"{runs[0].record.folder} was rendered by version {one} of the synth and "
                f"{run.record.folder} by {other}: run one of them again."
            )


def _library_remarks(records: list[FinishedRun]) -> list[str]:
    """Report libraries whose versions differ, which may change the last digits and the times."""
    by_library: dict[str, list[str]] = {}
    for record in records:
        for name, version in record.summary.versions.items():
            known = by_library.setdefault(name, [])
            if name not in ("synth", "patchwright") and version not in known:
                known.append(version)
    return [
        f"The runs were made with different versions of {name}: {', '.join(versions)}."
        for name, versions in by_library.items()
        if len(versions) > 1
    ]


def _store_remarks(records: list[FinishedRun]) -> list[str]:
    """Report searches that used renders which are not counted in their budget."""
    stored = [record.summary.store.stored for record in records if record.summary.store]
    if not stored:
        return []
    return [
        f"{len(stored)} of {len(records)} searches started from a store of {min(stored):,} to "
        f"{max(stored):,} earlier renders, which are not counted here."
    ]


def _group_names(runs: list[_Run], by: str | None) -> list[str]:
    if by is None:
        return [run.record.method for run in runs]
    keys = list(dict.fromkeys(key for run in runs for key in run.group))
    differing = [key for key in keys if len({_written(run.group.get(key)) for run in runs}) > 1]
    if not differing:
        return [f"{by} {_text(run.group.get(by, 'as it is'))}" for run in runs]
    plain = (by, f"{by}.name", f"{by}.method")
    parts = [
        [
            text if key in plain else f"{key.removeprefix(f'{by}.')}={text}"
            for key in differing
            for text in [_text(run.group.get(key))]
        ]
        for run in runs
    ]
    return _distinct(parts)


def _distinct(parts: list[list[str]]) -> list[str]:
    """Join as few parts as make the names distinct, without parts that all share."""
    columns = [column for column in zip(*parts, strict=True) if len(set(column)) > 1]
    first = [part[0] for part in parts]
    names = first
    for column in columns:
        if len(set(names)) == len(names):
            break
        if list(column) != first:
            names = [f"{name} {part}" for name, part in zip(names, column, strict=True)]
    return names


def _flat(content: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _under(key: str, parents: Iterable[str]) -> bool:
    return any(key == parent or key.startswith(f"{parent}.") for parent in parents)


def _text(value: Any) -> str:
    """Write a value of a config; an objective as its name and settings."""
    if isinstance(value, list):
        numbers = all(isinstance(inner, (int, float)) for inner in value)
        return (", " if numbers else " + ").join(map(_text, value))
    if isinstance(value, dict):
        settings = [f"{key}={_text(inner)}" for key, inner in value.items() if key != "name"]
        return f"{value.get('name', '')}({', '.join(settings)})"
    return "not set" if value is None else str(value)


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
