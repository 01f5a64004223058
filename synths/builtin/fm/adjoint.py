"""Gradients of the six operators, from the last sample to the first; see `kernels`."""

import math

import numpy as np

from patchwright.compiled import compiled
from patchwright.synths.builtin.fm.kernels import INDEX, Floats, Integers, sine


@compiled(
    "void(f8[:,:,::1], f8[::1], i8[:,:,::1], f8[:,::1], i8[:,::1], i8, f8[:,:,::1], f8[:,::1],"
    " f8[:,:,::1], f8[:,:,::1], f8[::1])",
    nogil=True,
)
def play_back(
    amplitudes: Floats,
    feedback: Floats,
    sources: Integers,
    heard: Floats,
    loops: Integers,
    block: int,
    cycles: Floats,
    audio_gradient: Floats,
    step_gradient: Floats,
    amplitude_gradient: Floats,
    feedback_gradient: Floats,
) -> None:
    """Run the adjoint of `kernels.play`.

    Args:
        amplitudes: Argument of `play`, `[n, 6, k]`.
        feedback: Argument of `play`, `[n]`.
        sources: Argument of `play`, `[n, 6, 4]`.
        heard: Argument of `play`, `[n, 6]`.
        loops: Argument of `play`, `[n, 2]`.
        block: Argument of `play`.
        cycles: Output of `play`, `[n, 6, t]`.
        audio_gradient: Gradient of the audio, `[n, t]`.
        step_gradient: Gradient of `steps`, added to, `[n, 6, k]`.
        amplitude_gradient: Gradient of `amplitudes`, added to, `[n, 6, k]`.
        feedback_gradient: Gradient of `feedback`, added to, `[n]`.
    """
    n, operators, samples = cycles.shape
    towards = np.empty(operators)  # gradient of each operator's output
    later = np.empty(operators)  # gradient of each operator's phase, summed over later samples
    for row in range(n):
        later[:] = 0.0
        first, last = loops[row]
        after, afterwards = 0.0, 0.0  # gradients of the loop's last phase, 1 and 2 samples later
        for t in range(samples - 1, -1, -1):
            point, share = t // block, (t % block) / block
            loop = 0.5 * (after + afterwards)
            afterwards = after
            for i in range(operators):
                towards[i] = heard[row, i] * audio_gradient[row, t]
            towards[first] += feedback[row] * loop
            for i in range(operators):
                start = amplitudes[row, i, point]
                amplitude = start + share * (amplitudes[row, i, point + 1] - start)
                at = cycles[row, i, t]
                wave = sine(at)
                if i == first:
                    feedback_gradient[row] += loop * amplitude * wave
                amplitude_gradient[row, i, point] += (1.0 - share) * towards[i] * wave
                amplitude_gradient[row, i, point + 1] += share * towards[i] * wave
                step_gradient[row, i, point] += (1.0 - share) * later[i]
                step_gradient[row, i, point + 1] += share * later[i]
                bend = towards[i] * amplitude * (2.0 * math.pi) * sine(at + 0.25)
                later[i] += bend
                for j in sources[row, i]:
                    if j >= 0:
                        towards[j] += INDEX * bend
                if i == last:
                    after = bend
