"""The sound of the FM synth, against plain loops, theory and the DX7's published laws."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.signal
import scipy.special
import torch

from patchwright.synths import Note, Performance, Status
from patchwright.synths.builtin import FM
from patchwright.synths.builtin.fm.algorithms import route
from patchwright.synths.builtin.fm.operators import BLOCK, operate
from tests.sizes import size

SR = 44_100
NOTE = Note(pitch=69, velocity=100, duration=1.0)
# the chart in another notation: a(b+c) is operator a modulated by b and c; * is self-feedback
# fmt: off
CHART = (
    "1(2)+3(4(5(6*)))", "1(2*)+3(4(5(6)))", "1(2(3))+4(5(6*))", "1(2(3))+4(5(6))",
    "1(2)+3(4)+5(6*)", "1(2)+3(4)+5(6)", "1(2)+3(4+5(6*))", "1(2)+3(4*+5(6))", "1(2*)+3(4+5(6))",
    "1(2(3*))+4(5+6)", "1(2(3))+4(5+6*)", "1(2*)+3(4+5+6)", "1(2)+3(4+5+6*)", "1(2)+3(4(5+6*))",
    "1(2*)+3(4(5+6))", "1(2+3(4)+5(6*))", "1(2*+3(4)+5(6))", "1(2+3*+4(5(6)))",
    "1(2(3))+4(6*)+5(6*)", "1(3*)+2(3*)+4(5+6)", "1(3*)+2(3*)+4(6)+5(6)",
    "1(2)+3(6*)+4(6*)+5(6*)", "1+2(3)+4(6*)+5(6*)", "1+2+3(6*)+4(6*)+5(6*)", "1+2+3+4(6*)+5(6*)",
    "1+2(3)+4(5+6*)", "1+2(3*)+4(5+6)", "1(2)+3(4(5*))+6", "1+2+3(4)+5(6*)", "1+2+3(4(5*))+6",
    "1+2+3+4+5(6*)", "1+2+3+4+5+6*",
)
# fmt: on


@pytest.fixture(scope="module")
def synth():
    return FM()


def play(synth, *notes, length=1.0, **changes):
    values = synth.space.values([{"lfo_waveform": "sine"} | changes])
    performance = Performance(notes=notes or (NOTE,), length=length)
    return synth.render(values, performance).audio[0, 0].astype(float)


def level_at(audio, frequency, start=4410, count=32_768):
    window = scipy.signal.windows.blackmanharris(count)
    tone = np.exp(-2j * np.pi * frequency * np.arange(count) / SR)
    return 2 * abs((audio[start : start + count] * window * tone).sum()) / window.sum()


def decibels(audio):
    """Return the level of a sine `[t]`."""
    return 20 * np.log10(np.abs(scipy.signal.hilbert(audio)) + 1e-12)


def hertz(audio):
    phase = np.unwrap(np.angle(scipy.signal.hilbert(audio)))
    return np.diff(phase) * SR / (2 * np.pi)


def parse(text):
    """Parse a drawing to the modulators of each operator, the carriers, and the feedback."""
    movers, heard, loop, stack, latest = {i: set() for i in range(1, 7)}, set(), None, [], None
    for character in text:
        if character.isdigit():
            latest = int(character)
            if stack:
                movers[stack[-1]].add(latest)
            else:
                heard.add(latest)
        elif character == "*":
            loop = (latest, latest)
        elif character == "(":
            stack.append(latest)
        elif character == ")":
            stack.pop()
    return movers, heard, loop


def plain_loop(text, number, step, amplitude, start, feedback, samples):
    """Compute the same sound sample by sample; operators are counted from 1."""
    movers, heard, loop = parse(text)
    first, last = loop or {4: (4, 6), 6: (5, 6)}[number]
    past, audio = [dict.fromkeys(range(1, 7), 0.0)] * 2, []
    for t in range(samples):
        y = {}
        for i in range(6, 0, -1):
            phase = start[i - 1] + step[i - 1] * t + 2 * sum(y[j] for j in movers[i])
            if i == last:
                phase += feedback * (past[-1][first] + past[-2][first]) / 2
            y[i] = amplitude[i - 1] * np.sin(2 * np.pi * phase)
        past = [past[-1], y]
        audio.append(sum(y[i] for i in heard) / len(heard))
    return np.array(audio)


def test_all_algorithms_equal_a_plain_loop():
    assert len(CHART) == 32
    rng, samples = np.random.default_rng(1), 200
    step, amplitude = rng.uniform(0.005, 0.02, (32, 6)), rng.uniform(0.05, 0.3, (32, 6))
    start, feedback = rng.random((32, 6)), rng.uniform(0.2, 0.9, 32)
    points = samples // BLOCK + 2
    batch = operate(
        *(torch.tensor(x)[:, :, None].expand(32, 6, points) for x in (step, amplitude)),
        torch.tensor(start),
        torch.tensor(feedback),
        route(np.arange(32)),
        samples,
    )
    for i, text in enumerate(CHART):
        found = plain_loop(text, i + 1, step[i], amplitude[i], start[i], feedback[i], samples)
        assert batch[i].numpy() == pytest.approx(found, abs=1e-8), f"algorithm {i + 1}"


def test_the_gradient_of_the_recursion_is_exact():
    rng = np.random.default_rng(2)
    step, amplitude = (
        torch.tensor(rng.uniform(low, high, (4, 6, 3)), requires_grad=True)
        for low, high in ((0.003, 0.02), (0.1, 0.4))
    )
    start, feedback = torch.tensor(rng.random((4, 6))), torch.tensor([0.3, 0.4, 0.2, 0.5])
    feedback = feedback.double().requires_grad_()
    routing = route(np.array([0, 3, 5, 15]))
    assert torch.autograd.gradcheck(
        lambda s, a, f: operate(s, a, start, f, routing, 100),
        (step, amplitude, feedback),
        eps=1e-7,
        atol=1e-5,
    )


def test_gradients_agree_with_finite_differences():
    synth = FM(dtype=torch.float64)
    performance = Performance(notes=(Note(pitch=45, duration=0.12),), length=0.2, sr=8000)
    space = synth.space
    rng = np.random.default_rng(4)
    values = torch.tensor(space.sample(8, rng), requires_grad=True)
    weight = torch.tensor(rng.standard_normal((8, 1, performance.samples)))

    def loss(v):
        return (synth.audio(v, performance) * weight).sum(dim=(1, 2))

    (gradient,) = torch.autograd.grad(loss(values).sum(), values)
    positions = np.flatnonzero(space.levels == 0)
    steps = 1e-7 * torch.eye(len(space), dtype=torch.float64)[positions, None]  # [k, 1, P]

    def moved(by):
        rows = (values + by).reshape(-1, len(space))
        return loss(rows).reshape(len(positions), 8).numpy()

    # a row's weight belongs to its preset
    weight = weight.repeat(len(positions), 1, 1)
    with torch.no_grad():
        ahead, here, behind = moved(steps), moved(0 * steps), moved(-steps)
    right, left = (ahead - here) / 1e-7, (here - behind) / 1e-7
    high = np.array([space.parameters[position].high for position in positions])
    dial = (values.detach().numpy()[:, positions] * high).T
    # a dial snaps to a whole number nearby, and has a corner there
    smooth = np.isclose(left, right, rtol=1e-2, atol=1e-3) & (abs(dial - dial.round()) > 1e-3)
    assert (smooth & (left != 0)).sum() > 200
    middle = (left + right)[smooth] / 2
    assert gradient.numpy().T[positions][smooth] == pytest.approx(middle, rel=1e-2, abs=2e-3)


@pytest.mark.parametrize(
    ("pitch", "changes", "expected"),
    [
        (69, {}, 440.0),
        (45, {}, 110.0),
        (69, {"transpose": -12}, 220.0),
        (69, {"op1_coarse": 0}, 220.0),
        (57, {"op1_coarse": 3, "op1_fine": 25}, 220 * 3 * 1.25),
        (69, {"op1_mode": "fixed", "op1_coarse": 2, "op1_fine": 50}, 10**2.5),
        (30, {"op1_mode": "fixed", "op1_coarse": 6, "op1_fine": 50}, 10**2.5),
        (69, {"op1_detune": 7}, 440 * 2 ** (7 * 0.97 / 1200)),
    ],
)
def test_an_operator_has_its_frequency(synth, pitch, changes, expected):
    audio = play(synth, Note(pitch=pitch), **changes)
    assert np.median(hertz(audio)[4410:39_690]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("output", [55, 67, 75, 81])
def test_a_pair_has_bessel_sidebands(synth, output):
    """The index of a modulator is 4 pi at level 99, and falls by 0.75 dB per step."""
    index = 4 * np.pi * 2 ** ((output - 99) / 8)
    audio = play(synth, op1_coarse=12, op2_output=output)
    for k in range(6):
        expected = 0.25 * abs(scipy.special.jv(k, index))  # half of full scale, two are heard
        for side in (12 + k, 12 - k):
            assert level_at(audio, 440 * side) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("output", "units"), [(99, 0), (80, 19), (40, 59), (20, 79), (16, 85), (10, 96), (5, 107)]
)
def test_output_levels_follow_the_table(synth, output, units):
    loud = level_at(play(synth), 440)
    assert loud == pytest.approx(0.25, rel=1e-3)
    found = 20 * np.log10(level_at(play(synth, op1_output=output), 440) / loud)
    assert found == pytest.approx(-units * 0.7526, abs=0.02)


@pytest.mark.parametrize("rate", [30, 45, 60])
def test_envelopes_fall_at_their_rate(synth, rate):
    step = rate * 41 // 64
    per_second = 0.2819 * 2 ** (step // 4) * (1 + step % 4 / 4)
    audio = play(synth, op1_eg_rate2=rate, op1_eg_level2=0, op1_eg_level3=0)
    # the first stage ends at once
    level = decibels(audio)
    start, end = round(0.05 * SR), round((0.05 + 30 / per_second) * SR)
    end = min(end, round(0.9 * SR))
    assert (level[start] - level[end]) * SR / (end - start) == pytest.approx(per_second, rel=0.02)


def test_envelopes_rise_fast_at_first_and_wait_between_equal_levels(synth):
    audio = play(synth, Note(pitch=93, duration=3.0), length=4.0, op1_eg_rate1=40)
    level = decibels(audio)
    held = level[2 * SR]
    assert level[50:150].max() < held - 45
    per_second = 0.2819 * 2 ** (25 // 4) * (1 + 25 % 4 / 4)
    # the hardware's rule: the speed of a fall, times 2 + whole doublings below full scale
    distance, seconds = 15 - 1716 / 256, 0.0
    while distance > 0:
        whole = int(distance) if distance % 1 else int(distance) - 1
        seconds += 6.0206 * (distance - whole) / (per_second * (2 + whole))
        distance = whole
    full = np.flatnonzero(level > held - 0.1)[0] / SR
    assert full == pytest.approx(seconds, rel=0.05)

    audio = play(synth, NOTE, op1_eg_rate2=50, op1_eg_rate3=99, op1_eg_level3=0)
    assert np.flatnonzero(np.abs(audio) > 0.2)[-1] / SR == pytest.approx(6615 / 44_100, rel=0.1)


def test_a_release_ends_in_silence(synth):
    audio = play(synth, Note(pitch=69, duration=0.5), op1_eg_rate4=60)
    assert np.abs(audio[SR // 4 : SR // 2]).max() > 0.2
    at = decibels(audio)[round(0.6 * SR)] - decibels(audio)[SR // 4]
    assert at == pytest.approx(-0.1 * 0.2819 * 2**9 * 1.5, abs=1.0)
    assert np.abs(audio[round(0.95 * SR) :]).max() == 0.0


def test_keys_and_velocity_scale_levels_and_rates(synth):
    def gain(pitch, velocity=100, **changes):
        note = Note(pitch=pitch, velocity=velocity)
        both = [play(synth, note, op1_output=60, **c) for c in (changes, {})]
        return 20 * np.log10(np.abs(both[0]).max() / np.abs(both[1]).max())

    right = {"op1_right_depth": 50, "op1_breakpoint": 39}
    groups = (80 - 39 - 17 + 1) // 3
    step = 0.7526 * groups * 50 * 329 / 4096
    assert gain(80, **right, op1_right_curve="-lin") == pytest.approx(-step, abs=0.2)
    assert gain(80, **right, op1_right_curve="+lin") == pytest.approx(step, abs=0.2)
    assert 0 < gain(80, **right, op1_right_curve="+exp") < step
    assert gain(50, **right, op1_right_curve="+lin") == pytest.approx(0, abs=0.01)
    assert gain(40, op1_left_depth=50, op1_left_curve="-lin") < -3
    assert gain(80, op1_left_depth=50, op1_left_curve="-lin") == pytest.approx(0, abs=0.01)
    for velocity, byte in ((127, 254), (64, 206), (20, 142)):
        expected = 6.0206 * ((7 * (byte - 239) + 7) // 8) / 16
        found = gain(69, velocity, op1_velocity_sensitivity=7)
        assert found == pytest.approx(expected, abs=0.7)
    assert gain(69, 20, op1_velocity_sensitivity=0) == 0
    falling = {"op1_eg_rate2": 40, "op1_eg_level2": 0, "op1_eg_level3": 0}
    slow, fast = (
        play(synth, Note(pitch=93), **falling, op1_rate_scaling=scaling) for scaling in (0, 4)
    )
    assert decibels(fast)[SR // 5] < decibels(slow)[SR // 5] - 10


def test_the_lfo_and_the_pitch_envelope_move_the_sound(synth):
    vibrato = {"lfo_speed": 35, "lfo_pitch_depth": 99, "lfo_pitch_sensitivity": 3}
    cents = 1200 * np.log2(hertz(play(synth, **vibrato))[2205:41_895] / 440)
    assert np.percentile(cents, 99) == pytest.approx(1200 * 33 / 255, abs=8)
    assert np.percentile(cents, 1) == pytest.approx(-1200 * 33 / 255, abs=8)
    turns = np.flatnonzero(np.diff(np.signbit(scipy.signal.savgol_filter(cents, 501, 2))))
    assert (len(turns) - 1) / 2 / ((turns[-1] - turns[0]) / SR) == pytest.approx(5.45, rel=0.05)
    late = 1200 * np.log2(hertz(play(synth, **vibrato, lfo_delay=60))[4410:41_000] / 440)
    assert np.abs(late[: SR // 4]).max() < 5 < np.abs(late[SR // 2 :]).max()
    tremolo = play(synth, lfo_amp_depth=99, op1_amp_sensitivity=3, lfo_waveform="square")
    steps = decibels(tremolo)[2205:41_895]
    assert np.percentile(steps, 90) - np.percentile(steps, 10) == pytest.approx(40, abs=2)
    risen = play(synth, pitch_eg_level1=82, pitch_eg_level2=82, pitch_eg_level3=82)
    assert np.median(hertz(risen)[20_000:30_000]) == pytest.approx(880, rel=1e-3)
    shapes = {
        name: play(synth, **vibrato | {"lfo_waveform": name})
        for name in synth.space["lfo_waveform"].choices
    }
    assert len({audio.tobytes() for audio in shapes.values()}) == 6


def test_feedback_brightens_until_it_is_noise(synth):
    bright = []
    for feedback in (0, 3, 5, 7):
        audio = play(synth, Note(pitch=45), algorithm="32", feedback=feedback, op1_output=0,
                     op6_output=99)  # fmt: skip
        spectrum = np.abs(np.fft.rfft(audio[4410:37_178] * np.blackman(32_768))) ** 2
        bright.append((spectrum * np.arange(len(spectrum))).sum() / spectrum.sum())
    assert np.all(np.diff(bright) > 0)
    assert bright[0] * SR / 32_768 == pytest.approx(110, rel=0.05)


def test_a_chord_is_the_sum_of_its_notes(synth):
    notes = (Note(pitch=60, duration=0.3), Note(pitch=67, onset=0.2, duration=0.4))
    shared = {"op2_output": 70, "op1_eg_rate4": 50, "feedback": 5}
    both = play(synth, *notes, **shared)
    alone = [play(synth, note, **shared) for note in notes]
    assert np.abs(both - sum(alone)).max() < 1e-6
    assert np.abs(alone[1][: round(0.2 * SR)]).max() == 0.0


def test_threads_and_inference_mode_change_no_bits(synth):
    values = synth.space.sample(24, np.random.default_rng(5))
    performance = Performance(notes=(Note(pitch=50, duration=0.2),), length=0.3)
    together = synth.render(values, performance).audio
    with ThreadPoolExecutor(4) as pool:
        apart = pool.map(lambda i: FM().render(values[i : i + 1], performance).audio, range(24))
        assert np.array_equal(np.concatenate(list(apart)), together)
    with torch.inference_mode():
        assert np.array_equal(FM().render(values, performance).audio, together)
    some = torch.tensor(values[:2], dtype=torch.float32, requires_grad=True)
    audio = synth.audio(some, performance)
    assert np.array_equal(audio.detach().numpy(), together[:2])
    audio.square().sum().backward()
    assert some.grad.abs().sum() > 0


def test_random_presets_sound_and_are_no_noise(synth):
    values = synth.space.sample(size(300, 60), np.random.default_rng(6))
    renders = synth.render(values, Performance(notes=(Note(pitch=57),), length=1.0))
    assert (renders.status == Status.ok).mean() >= 0.95
    loudness = np.sqrt((renders.audio**2).mean(axis=(1, 2)))
    assert (loudness > 3e-3).mean() > 0.9
    power = np.abs(np.fft.rfft(renders.audio[:, 0, 4410:20_794] * np.hanning(16_384))) ** 2
    power = power[:, 8:5000] + 1e-12
    flatness = np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1)
    assert (flatness > 0.1).mean() < 0.1
