"""A time-varying resonant filter, applied frame by frame in the frequency domain.

It is the digital state-variable filter (Zavalishin, "The Art of VA Filter Design", 2012): with `s`
in units of the cutoff and the quality factor `q`, the responses of the prototype are

    (1)  low-pass   1 / (s^2 + s / q + 1)
    (2)  band-pass  (s / q) / (s^2 + s / q + 1)
    (3)  high-pass  s^2 / (s^2 + s / q + 1)

and the bilinear transform, prewarped so that the cutoff is exact, maps the frequency f to

    (4)  s = j tan(pi f / sr) / tan(pi cutoff / sr).

The spectrum of each frame is multiplied by the response (Engel et al., "DDSP", ICLR 2020), so that
no loop runs over samples. With constant controls the result equals that of the recursive filter,
except for ringing longer than `FFT - FRAME` samples, which wraps around.
"""

import functools
import math

import torch
from torch import Tensor

_Complex = tuple[Tensor, Tensor]  # real and imaginary parts

FILTERS = ("lowpass", "bandpass", "highpass")
HOP = 256
FRAME = 512
FFT = 1024
_BUTTERWORTH = math.sqrt(0.5)


def resonant_filter(
    audio: Tensor, kind: Tensor, four_pole: Tensor, cutoff: Tensor, q: Tensor, sr: int
) -> Tensor:
    """Filter each row with its own time-varying cutoff.

    Args:
        audio: Audio to filter, `[n, t]`.
        kind: Position in `FILTERS`, `[n, 1]`.
        four_pole: 1 for a second, non-resonant stage (24 dB per octave), else 0, `[n, 1]`.
        cutoff: Cutoff in Hz, below half the sample rate, at samples 0, HOP, 2 HOP, ...; `[n, m]`
            with `m >= t / HOP + 1`.
        q: Quality factor, `[n, 1]`.
        sr: Sample rate in Hz.

    Returns:
        Filtered audio, `[n, t]`.
    """
    samples = audio.shape[1]
    frames = -(-samples // HOP) + 1
    padded = torch.nn.functional.pad(audio, (HOP, frames * HOP - samples))
    window, warp = _constants(sr, audio.dtype, audio.device)
    spectrum = torch.fft.rfft(padded.unfold(1, FRAME, HOP) * window, n=FFT)
    # (4): s = j ratio
    ratio = warp / torch.tan(math.pi / sr * cutoff[:, :frames]).unsqueeze(-1)  # [n, m, bins]
    kind, q, four_pole = (column.unsqueeze(-1) for column in (kind, q, four_pole))
    real, imag = _times((spectrum.real, spectrum.imag), _response(ratio, kind, q))
    steep = torch.nonzero(four_pole.flatten() > 0.5)[:, 0]
    if len(steep):
        second = _response(ratio[steep], kind[steep], q.new_tensor(_BUTTERWORTH))
        twice = _times((real[steep], imag[steep]), second)
        real, imag = (x.index_copy(0, steep, y) for x, y in zip((real, imag), twice, strict=True))
    frames_out = torch.fft.irfft(torch.complex(real, imag), n=FFT)
    return _overlap_add(frames_out)[:, HOP : HOP + samples]


def _times(x: _Complex, y: _Complex) -> _Complex:
    """Multiply complex numbers; the bits of torch's own product depend on the batch."""
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def _response(ratio: Tensor, kind: Tensor, q: Tensor) -> _Complex:
    """Return response (1), (2) or (3) at `s = j ratio`, written with real numbers."""
    low, band, high = ((kind.round() == number).to(ratio) for number in range(len(FILTERS)))
    damping, square = ratio / q, ratio.square()
    rest = 1 - square
    scale = 1 / (rest.square() + damping.square())
    numerator, band_numerator = (low - high * square) * scale, band * damping * scale
    return (
        numerator * rest + band_numerator * damping,
        band_numerator * rest - numerator * damping,
    )


def _overlap_add(frames: Tensor) -> Tensor:
    """Sum of frames `[n, m, FFT]` that start HOP samples apart, `[n, (m + FFT / HOP - 1) HOP]`."""
    parts = FFT // HOP
    pieces = frames.reshape(*frames.shape[:2], parts, HOP).unbind(2)
    shifted = [
        torch.nn.functional.pad(piece, (0, 0, number, parts - 1 - number))
        for number, piece in enumerate(pieces)
    ]
    return torch.stack(shifted).sum(dim=0).flatten(1)


@functools.lru_cache(maxsize=16)
def _constants(sr: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    window = torch.hann_window(FRAME, dtype=dtype, device=device)  # sums to 1 at this hop
    angle = torch.arange(FFT // 2 + 1, dtype=torch.float64) * (math.pi / FFT)
    warp = torch.tan(angle).clamp(0, 1e5)  # infinite at half the sample rate
    return window, warp.to(dtype=dtype, device=device)
