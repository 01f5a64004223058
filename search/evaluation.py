"""Evaluated genotypes, and the log from which a search is resumed."""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from patchwright.search.arrow import to_arrow, to_numpy
from patchwright.search.optimizer import Residuals, SearchError
from patchwright.synths.parameters import Array
from patchwright.synths.whole_file import own_folder, whole_file

_WRONG_KINDS = KeyError, TypeError, ValueError, AttributeError, OverflowError
_NOT_MEASURED = np.empty((0, 0))
_NO_RESIDUALS = np.empty((0, 0), np.float16)


@dataclass(frozen=True)
class Evaluations:
    """A batch of rendered and scored genotypes.

    Attributes:
        genotypes: Genotypes `[n, d]`.
        scores: Scores `[n, m]`, lower is better; NaN where the render failed.
        status: Status of each render, int8 `[n]`; the evaluator gives the numbers their meaning.
        seconds: Cost of each render in seconds, `[n]`.
        descriptors: Descriptors of each sound, `[n, k]`, NaN where the render failed; `[n, 0]` if
            none are measured. See `DescriptorSpace`.
        residuals: Differences of each sound from the target, `[n, r]`, NaN where the render
            failed; `[n, 0]` if none are measured.
    """

    genotypes: Array
    scores: Array
    status: NDArray[np.int8]
    seconds: Array
    descriptors: Array = field(default_factory=lambda: _NOT_MEASURED)
    residuals: Residuals = field(default_factory=lambda: _NO_RESIDUALS)

    def __post_init__(self) -> None:
        if self.descriptors is _NOT_MEASURED:
            object.__setattr__(self, "descriptors", np.empty((len(self), 0)))
        if self.residuals is _NO_RESIDUALS:
            object.__setattr__(self, "residuals", np.empty((len(self), 0), np.float16))

    def __len__(self) -> int:
        return len(self.genotypes)

    def __getitem__(self, rows: NDArray[np.intp] | slice) -> "Evaluations":
        return Evaluations(
            self.genotypes[rows],
            self.scores[rows],
            self.status[rows],
            self.seconds[rows],
            self.descriptors[rows],
            self.residuals[rows],
        )


Evaluate = Callable[[Array], Evaluations]


class EvaluationLog:
    """A folder with one Parquet file per generation, each written whole or not at all.

    Args:
        folder: Folder of the files; created if missing.
        parameters: Names of the `d` coordinates.
        objectives: Names of the `m` scores.
        descriptors: Names of the `k` descriptors; others in the files are ignored.
        residuals: Number of residuals of each sound, `r`.

    Examples:
        >>> log = EvaluationLog(Path("evaluations"), parameters=["cutoff"], objectives=["mrstft"])
        >>> half = np.array([[0.5]])
        >>> log.write(0, Evaluations(half, half, np.zeros(1, np.int8), np.zeros(1)), seconds=2.0)
        >>> evaluations, seconds = log.read(0)
        >>> evaluations.scores, seconds
        (array([[0.5]]), 2.0)
        >>> log.read(1) is None
        True
    """

    def __init__(
        self,
        folder: Path,
        parameters: Sequence[str],
        objectives: Sequence[str],
        descriptors: Sequence[str] = (),
        residuals: int = 0,
    ) -> None:
        self.folder = folder
        self._columns = [f"genotype.{name}" for name in parameters]
        self._scores = [f"score.{name}" for name in objectives]
        self._descriptors = [f"descriptor.{name}" for name in descriptors]
        self._residuals = residuals
        own_folder(folder)

    def write(self, generation: int, evaluations: Evaluations, seconds: float) -> None:
        """Write a generation.

        Args:
            generation: Number of the generation.
            evaluations: Evaluations of the generation.
            seconds: Wall time in seconds, including the optimizer's.
        """
        columns = dict(zip(self._columns, evaluations.genotypes.T, strict=True))
        columns |= dict(zip(self._scores, evaluations.scores.T, strict=True))
        columns |= dict(zip(self._descriptors, evaluations.descriptors.T, strict=True))
        columns |= {"status": evaluations.status, "seconds": evaluations.seconds}
        if self._residuals:
            columns["residuals"] = evaluations.residuals
        table = pa.table({name: to_arrow(numbers) for name, numbers in columns.items()})
        wall = repr(seconds).encode()
        metadata = {"wall_seconds": wall, "sha256": _sha256(table, wall)}
        table = table.replace_schema_metadata(metadata)
        with whole_file(self._path(generation)) as part, part.open("wb") as file:
            pq.write_table(table, file, write_page_checksum=True)

    def read(self, generation: int) -> tuple[Evaluations, float] | None:
        """Read a generation and its wall time in seconds; None if it was not written.

        Raises:
            SearchError: If the file is damaged or of another search.
        """
        path = self._path(generation)
        if not path.exists():
            return None
        try:
            return self._read(path)
        except (pa.ArrowException, OSError, *_WRONG_KINDS) as error:
            raise SearchError(
                f"{path} is damaged or of another search: remove it and all files with higher "
                "numbers, then resume."
            ) from error

    def _read(self, path: Path) -> tuple[Evaluations, float]:
        with path.open("rb") as file:
            table = pq.read_table(file, page_checksum_verification=True)
        metadata = table.schema.metadata
        wall = metadata[b"wall_seconds"]
        if metadata.get(b"sha256") not in (None, _sha256(table, wall)):
            raise ValueError("other contents than were written")
        nothing = np.empty((len(table), 0))
        genotypes, scores, descriptors = (
            np.column_stack([nothing, *(to_numpy(table[name]) for name in names)])
            for names in (self._columns, self._scores, self._descriptors)
        )
        status, seconds = to_numpy(table["status"]), to_numpy(table["seconds"])
        residuals = np.empty((len(table), 0), np.float16)
        if self._residuals:
            residuals = to_numpy(table["residuals"]).reshape(len(table), self._residuals)
        evaluations = Evaluations(genotypes, scores, status, seconds, descriptors, residuals)
        _check(evaluations, float(wall))
        return evaluations, float(wall)

    def replay(self, generation: int, genotypes: Array) -> tuple[Evaluations, float] | None:
        """Read a generation, as `read`, and check that it has these genotypes `[n, d]`.

        Raises:
            SearchError: If it has others, or the file is damaged.
        """
        logged = self.read(generation)
        if logged is not None and not np.array_equal(logged[0].genotypes, genotypes):
            raise SearchError(
                f"{self._path(generation)} is of another search: resume with the same settings "
                "and versions as before, or start again in another folder."
            )
        return logged

    def _path(self, generation: int) -> Path:
        return self.folder / f"{generation:06d}.parquet"


def replay_or_evaluate(
    evaluate: Evaluate, genotypes: Array, log: EvaluationLog | None, generation: int, started: float
) -> tuple[Evaluations, float, bool]:
    """Read a generation from the log, or evaluate and log it.

    Args:
        evaluate: Function that renders and scores genotypes.
        genotypes: Genotypes `[n, d]`.
        log: Log to read from and write to, if any.
        generation: Number of the generation.
        started: Start of the generation, by `time.perf_counter`.

    Returns:
        The evaluations, the wall time of the generation in seconds, and whether they are from the
        log.

    Raises:
        SearchError: If the logged generation is damaged or has other genotypes.
    """
    logged = None if log is None else log.replay(generation, genotypes)
    if logged is not None:
        return *logged, True
    new = evaluate(genotypes)
    seconds = time.perf_counter() - started
    if log is not None:
        log.write(generation, new, seconds)
    return new, seconds, False


def _check(evaluations: Evaluations, wall: float) -> None:
    """Check the contents of a file that another program may have written.

    Raises:
        ValueError: If a number is of another kind or out of its range.
    """
    kinds = (evaluations.genotypes, "f"), (evaluations.scores, "f"), (evaluations.seconds, "f")
    right = all(array.dtype.kind == kind for array, kind in kinds if array.size)
    right &= evaluations.status.dtype == np.int8 and bool((evaluations.status >= 0).all())
    right &= bool(np.isfinite(evaluations.genotypes).all())
    right &= bool((np.isfinite(evaluations.seconds) & (evaluations.seconds >= 0)).all())
    if not (right and 0 <= wall < math.inf):
        raise ValueError("numbers out of range")


def _sha256(table: pa.Table, wall: bytes) -> bytes:
    """Hash the contents of a file, because its footer has no checksum."""
    digest = hashlib.sha256(wall)
    for name, column in zip(table.column_names, table.columns, strict=True):
        digest.update(name.encode())
        digest.update(to_numpy(column).tobytes())
    return digest.hexdigest().encode()
