"""The binary interface of VST2 plugins, for what their hosts do not show: kind and programs.

The layout of `AEffect` and the numbers of its calls are facts of the format (VST 2.4). A plugin
that is opened here is only asked; DawDreamer plays it.
"""

import ctypes
from pathlib import Path
from types import TracebackType

import numpy as np

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array

_OPEN, _CLOSE, _SET_PROGRAM, _PROGRAM_NAME = 0, 1, 2, 5
_SAMPLE_RATE, _BLOCK_SIZE, _CHUNK, _INDEXED_NAME = 10, 11, 23, 29
_BEGIN_PROGRAM, _END_PROGRAM = 67, 68
_HAS_CHUNKS, _IS_SYNTH = 1 << 5, 1 << 8  # flags
_SR, _BLOCK = 44_100, 512
_ANSWERS = {1: 2400, 16: _SR, 17: _BLOCK}  # to a plugin's questions: version, rate and block size
_NAME = 512  # bytes: 24 by the format, but some plugins write more
_MAX_CHUNK = 64 * 2**20  # bytes

_Call = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t,
    ctypes.c_void_p,
    ctypes.c_int32,
    ctypes.c_int32,
    ctypes.c_ssize_t,
    ctypes.c_void_p,
    ctypes.c_float,
)
_Get = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_void_p, ctypes.c_int32)


class _AEffect(ctypes.Structure):
    _fields_ = (
        ("magic", ctypes.c_int32),
        ("dispatch", ctypes.c_void_p),
        ("process", ctypes.c_void_p),
        ("set_parameter", ctypes.c_void_p),
        ("get_parameter", ctypes.c_void_p),
        ("programs", ctypes.c_int32),
        ("parameters", ctypes.c_int32),
        ("inputs", ctypes.c_int32),
        ("outputs", ctypes.c_int32),
        ("flags", ctypes.c_int32),
    )


def _answer(effect: int, question: int, index: int, value: int, data: int, option: float) -> int:
    return _ANSWERS.get(question, 0)


_host = _Call(_answer)  # kept, because plugins call it as long as they live


class VST2Effect:
    """One instance of a VST2 plugin; a context manager, which closes it.

    Args:
        plugin: Plugin file, or its bundle on macOS.

    Attributes:
        is_synth: Whether it says that it is an instrument.
        programs: Number of its programs.

    Raises:
        SynthError: If it does not load.
    """

    def __init__(self, plugin: Path) -> None:
        binary = plugin / "Contents" / "MacOS" / plugin.stem if plugin.is_dir() else plugin
        try:
            library = ctypes.CDLL(str(binary))
            main = getattr(library, "VSTPluginMain", None) or library.main
        except (OSError, AttributeError) as error:
            raise SynthError(f"{plugin} is not a VST2 plugin ({error}): name another.") from error
        main.restype = ctypes.POINTER(_AEffect)
        found = main(_host)
        if not found:
            raise SynthError(f"{plugin} does not start: check whether another program loads it.")
        self._effect = found.contents
        self._pointer = ctypes.cast(found, ctypes.c_void_p)
        self._dispatch = _Call(self._effect.dispatch)
        self._get = _Get(self._effect.get_parameter)
        self.is_synth = bool(self._effect.flags & _IS_SYNTH)
        self.programs = int(self._effect.programs)
        self._call(_OPEN)
        self._call(_SAMPLE_RATE, option=_SR)
        self._call(_BLOCK_SIZE, value=_BLOCK)

    def choose(self, number: int) -> str:
        """Choose a program, counted from 0, and return its name."""
        self._call(_BEGIN_PROGRAM)
        self._call(_SET_PROGRAM, value=number)
        self._call(_END_PROGRAM)
        name = ctypes.create_string_buffer(_NAME)
        if not self._call(_INDEXED_NAME, index=number, data=name) or not name.value:
            self._call(_PROGRAM_NAME, data=name)
        return name.value.decode("utf-8", "replace").strip()

    def values(self) -> Array:
        """Return the parameters of the chosen program, normalised, `[P]`."""
        count = range(self._effect.parameters)
        values = np.array([self._get(self._pointer, i) for i in count], np.float64)
        return np.clip(values, 0.0, 1.0)

    def chunk(self) -> bytes | None:
        """Return the state of the chosen program; None if it has only parameters."""
        if not self._effect.flags & _HAS_CHUNKS:
            return None
        at = ctypes.c_void_p()
        size = self._call(_CHUNK, index=1, data=ctypes.byref(at))
        if not 0 < size <= _MAX_CHUNK or not at.value:
            raise SynthError("The plugin gives no state of its program: use its parameters.")
        return ctypes.string_at(at.value, size)

    def __enter__(self) -> "VST2Effect":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._call(_CLOSE)

    def _call(
        self, number: int, *, index: int = 0, value: int = 0, data: object = None, option: float = 0
    ) -> int:
        pointer = None if data is None else ctypes.cast(data, ctypes.c_void_p)  # type: ignore[arg-type]
        return int(self._dispatch(self._pointer, number, index, value, pointer, option))
