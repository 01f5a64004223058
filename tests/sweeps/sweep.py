"""Sweeps: many generated files are read one after the other, and each is timed and weighed.

The files are read in a process of their own. A file that hangs or ends it is known by its number,
and the next process goes on after it. File `n` of a kind is the same in every sweep. Times are of
the processor, which other programs may share; a reader that waits is ended after `_PATIENCE`.
"""

import contextlib
import logging
import multiprocessing
import os
import random
import resource
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

MAX_SECONDS = 5.0
MAX_MEGABYTES = 300.0
MIN_RATE = 2_000  # files an hour
_LONGEST = 1_000  # characters of a sentence
_START = 300.0  # seconds in which a process starts and reads a whole file
_PATIENCE = 120.0  # seconds for a file after which a process is killed
_ADDRESS_SPACE = 40 * 2**30  # bytes; what asks for more gets a MemoryError


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Files of one kind that were spoilt or generated, and what reads them.

    Attributes:
        make: Generator of a file, from a source of random choices: where it is put, and its bytes.
        read: Reader of that file. It may raise errors of the package's own, of one sentence.
    """

    make: Callable[[random.Random], tuple[Path, bytes]]
    read: Callable[[], object]


Kind = Callable[[Path], AbstractContextManager[Sample]]
"""Opens the samples of one kind in an empty folder, where whole files can be read."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A file that its reader must not answer like that.

    Attributes:
        number: Number of the file in the sweep.
        what: What happened, as a traceback or in words.
        file: Copy of the file.
    """

    number: int
    what: str
    file: Path


@dataclass
class Sweep:
    """The result of a sweep.

    Attributes:
        name: Name of the kind.
        files: Number of files that were read.
        refused: Number of files that were refused in a sentence.
        busy: Seconds of the processor for all files, together with making them.
        elapsed: Seconds that passed meanwhile.
        slowest: Longest time of one file in seconds of the processor.
        heaviest: Largest growth of the resident memory while one file was read, in MB.
        faults: Files that were answered wrongly.
    """

    name: str
    files: int = 0
    refused: int = 0
    busy: float = 0.0
    elapsed: float = 0.0
    slowest: float = 0.0
    heaviest: float = 0.0
    faults: list[Fault] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Files in an hour of the processor."""
        return 3600.0 * self.files / self.busy if self.busy else 0.0

    def __str__(self) -> str:
        here = 3600.0 * self.files / self.elapsed if self.elapsed else 0.0
        return (
            f"{self.name}: {self.files:,} files, {self.refused:,} of them refused; "
            f"{self.rate:,.0f} in an hour of the processor, {here:,.0f} in an hour here; slowest "
            f"{self.slowest:.2f} s, most memory {self.heaviest:.0f} MB; {len(self.faults)} faults"
        )


def sweep(
    name: str,
    kind: Kind,
    count: int,
    folder: Path,
    *,
    first: int = 0,
    max_seconds: float = MAX_SECONDS,
    max_megabytes: float = MAX_MEGABYTES,
) -> Sweep:
    """Read `count` generated files of a kind.

    Args:
        name: Name of the kind, from which the files are derived.
        kind: Importable function of a module that opens the samples.
        count: Number of files.
        folder: Folder to work in.
        first: Number of the first file.
        max_seconds: Longest time of the processor that a file may take.
        max_megabytes: Most memory that one may take.

    Returns:
        What was measured, with a copy of each file that was answered wrongly in `folder`.
    """
    found, limits = Sweep(name), (max_seconds, max_megabytes)
    number = first
    while number < first + count:
        place = folder / f"from-{number}"
        place.mkdir(parents=True)
        number = _in_process(found, kind, place, number, first + count, limits)
    return found


def _in_process(
    found: Sweep, kind: Kind, folder: Path, first: int, end: int, limits: tuple[float, float]
) -> int:
    """Read files in one process, and return the number of the file to go on with."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    numbers = range(first, end)
    process = spawn.Process(target=_work, args=(found.name, kind, folder, numbers, limits, there))
    process.start()
    there.close()
    number, patience = first - 1, _START
    try:
        while here.poll(patience):
            message = here.recv()
            if message is None:
                return end
            if "wrong" in message:
                raise AssertionError(f"{found.name}: whole files are not read:\n{message['wrong']}")
            number, patience = message["number"], _PATIENCE
            if "seconds" in message:
                _count(found, message)
        if number < first:
            raise AssertionError(f"{found.name}: no file was read within {_START:.0f} s")
        what = f"no answer within {_PATIENCE:.0f} s"
    except EOFError:
        process.join()
        said = (folder / "stderr").read_text(errors="replace")[-500:]
        what = f"the process ended with {process.exitcode}: {said}"
        if number < first:
            raise AssertionError(f"{found.name}: {what} before the first file") from None
    finally:
        process.kill()
        process.join()
    found.files += 1
    found.faults.append(Fault(number=number, what=what, file=_kept(folder, number)))
    return number + 1


def _count(found: Sweep, message: dict[str, Any]) -> None:
    found.files += 1
    found.refused += message["refused"]
    found.busy += message["busy"]
    found.elapsed += message["elapsed"]
    found.slowest = max(found.slowest, message["seconds"])
    found.heaviest = max(found.heaviest, message["megabytes"])
    if message["fault"]:
        found.faults.append(
            Fault(number=message["number"], what=message["fault"], file=message["file"])
        )


def _kept(folder: Path, number: int) -> Path:
    """Keep a copy of the file that was read last."""
    (now,) = folder.glob("now.*")
    return now.replace(folder.parent / f"fault-{number}{now.suffix}")


def _work(
    name: str,
    kind: Kind,
    folder: Path,
    numbers: range,
    limits: tuple[float, float],
    parent: Connection,
) -> None:
    """Make and read files, and report each to the parent before and after it is read."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    inside = folder / "files"
    inside.mkdir()
    os.chdir(inside)
    logging.disable()
    warnings.simplefilter("error", RuntimeWarning)
    with (folder / "stderr").open("wb") as file:  # libraries write a lot
        os.dup2(file.fileno(), 2)
    with kind(inside) as sample:
        try:
            sample.read()
        except BaseException:
            parent.send({"wrong": traceback.format_exc()})
            raise
        for number in numbers:
            began, busy = time.perf_counter(), _processor()
            path, data = sample.make(random.Random(f"{name} {number}"))  # noqa: S311
            now = folder / f"now{path.suffix}"
            now.write_bytes(data)
            with _in_place(path, data):
                parent.send({"number": number})
                report = _measured(sample.read)
            report |= {"number": number, "elapsed": time.perf_counter() - began}
            report["busy"] = _processor() - busy
            report["fault"] = report["fault"] or _excess(report, *limits)
            if report["fault"]:
                report["file"] = _kept(folder, number)
            else:
                now.unlink()
            parent.send(report)
    parent.send(None)


def _measured(read: Callable[[], object]) -> dict[str, Any]:
    """Read a file, and measure the time and by how much the resident memory grew."""
    fault = sentence = None
    before = _start_weighing()
    began = _processor()
    try:
        read()
    except Exception as error:  # noqa: BLE001 - which is what a sweep looks for
        sentence = str(error) if _is_own(error) else None
        if sentence is None:
            fault = traceback.format_exc()
    seconds = _processor() - began
    if sentence is not None and not _is_sentence(sentence):
        fault = f"not one sentence: {sentence!r}"
    return {
        "seconds": seconds,
        "megabytes": (_peak() - before) / 2**20,
        "refused": sentence is not None and fault is None,
        "fault": fault,
    }


def _is_own(error: Exception) -> bool:
    """Return whether the command line prints an error as a sentence; its types load torch."""
    return isinstance(error, ValueError) and type(error).__module__.startswith("patchwright.")


def _is_sentence(text: str) -> bool:
    return bool(text) and "\n" not in text and "Traceback" not in text and len(text) <= _LONGEST


def _excess(report: dict[str, Any], max_seconds: float, max_megabytes: float) -> str | None:
    if report["seconds"] > max_seconds:
        return f"it took {report['seconds']:.1f} s of the processor"
    if report["megabytes"] > max_megabytes:
        return f"it took {report['megabytes']:.0f} MB"
    return None


def _processor() -> float:
    """Return the seconds that this process and its ended ones have had of the processor."""
    return sum(os.times()[:4])


def _start_weighing() -> int:
    """Return the resident memory in bytes, and begin to keep its peak."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    return _peak()


def _peak() -> int:
    """Return the peak of the resident memory in bytes since the last `_start_weighing`."""
    with contextlib.suppress(OSError):
        return _status("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


@contextlib.contextmanager
def _in_place(path: Path, data: bytes) -> Iterator[None]:
    """Put a file in its place, and afterwards the whole one again."""
    whole = path.read_bytes() if path.exists() else None
    path.write_bytes(data)
    try:
        yield
    finally:
        if whole is None:
            path.unlink()
        else:
            path.write_bytes(whole)
