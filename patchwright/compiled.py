"""Functions that numba compiles once, and keeps in files for later processes."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import filelock

from patchwright.cache_folder import cache_folder

_PATIENCE = 60.0  # seconds to wait for a process that compiles, which may have been stopped


def compiled(signature: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a function that is compiled when its module is imported.

    The first process takes seconds for it. Later ones read the code from a folder of the user,
    unless that cannot be written.

    Args:
        signature: Types of the result and the arguments, as numba writes them.
        options: Other options of `numba.njit`.

    Examples:
        >>> @compiled("f8(f8)")
        ... def square(x):
        ...     return x * x
        >>> square(3.0)
        9.0
    """

    def compile_(function: Callable[..., Any]) -> Any:
        import numba  # here, because it is slow to import, and few runs compile

        try:
            with _numba_cache(function):
                return numba.njit(signature, cache=True, **options)(function)
        except (OSError, RuntimeError):  # the folder cannot be written, or another waits in it
            return numba.njit(signature, **options)(function)

    return compile_


@contextmanager
def _numba_cache(function: Callable[..., Any]) -> Iterator[None]:
    """Let numba use a folder that belongs to the state of a function's source.

    numba itself looks only at the file of the function, not at those that it imports from. Of two
    processes that write at once, one can be left with the code of the other: hence the lock.
    """
    import numba

    source = sha256()
    for path in sorted(Path(inspect.getfile(function)).parent.glob("*.py")):
        source.update(path.name.encode() + path.read_bytes())
    folder = cache_folder() / "compiled" / source.hexdigest()[:24]
    with one_at_a_time(folder):
        usual, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder)
        try:
            yield
        finally:
            numba.config.CACHE_DIR = usual


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder of compiled code, and create the folder if needed.

    Raises:
        OSError: If the folder cannot be written, or another process has been in it for a minute.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # a soft lock, where a system has no other, is its file, which the other kind leaves behind
    kind = "soft" if issubclass(filelock.FileLock, filelock.SoftFileLock) else "lock"
    with filelock.FileLock(folder / kind, timeout=_PATIENCE):
        yield
