"""Conditional flow matching: presets drawn from the joint distribution, given a sound."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn import functional

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.estimators.encoders import Encoder, Perceptron, ResNet, Shape
from patchwright.surrogates.estimators.estimator import Estimator, Sampling
from patchwright.surrogates.estimators.fields import Field, ParameterTokens, PartTokens
from patchwright.surrogates.estimators.parts import interchangeable
from patchwright.surrogates.proxies.relaxed import RelaxedSpace

_NULL = 0.1  # share of examples in training whose sound is replaced by the null token
_FREQUENCIES = 32  # of the time's encoding
_SOFT_STEPS = 4  # of the solver where gradients go through it
_SHARPNESS = 4.0  # of levels where gradients go through them


class Flow(Estimator):
    """A flow from noise to presets, whose velocity a sound conditions.

        x_t = (1 - t) x_0 + t x_1,   v(x_t, t, sound) ≈ x_1 - x_0    (1)
        v <- v(null) + guidance (v(sound) - v(null))    (2)

    Presets are columns from -1 to 1, so that all kinds move together and several answers that sound
    alike remain several. In a batch, noise is coupled with presets by least total distance (3),
    which straightens the paths. A null token stands for the sound in a tenth of the examples, and
    is trained by them, so that (2) has both of its velocities.

    Source:
        Y. Lipman et al., Flow matching for generative modeling, ICLR 2023 (1); A. Tong et al.,
        Improving and generalizing flow-based generative models with minibatch optimal transport,
        TMLR 2024 (3); J. Ho and T. Salimans, Classifier-free diffusion guidance, 2022 (2).
    """

    name = "flow"

    _choices: Tensor
    _numbers: Tensor

    def __init__(
        self,
        space: RelaxedSpace,
        shape: Shape,
        *,
        encoder: str = "mlp",
        hidden: int = 512,
        blocks: int = 2,
        tokens: int = 12,
        size: int = 96,
        layers: int = 3,
        heads: int = 4,
        coupling: bool = True,
        symmetric: bool = False,
    ) -> None:
        """Make the network.

        Args:
            space: Columns of presets.
            shape: Bands and frames of what is heard.
            encoder: What hears the sound: ``mlp`` or ``resnet``.
            hidden: Width of the condition.
            blocks: Residual blocks or stages of the encoder.
            tokens: Number of tokens.
            size: Width of a token, a multiple of `heads`.
            layers: Number of layers of the velocity field.
            heads: Number of attention heads.
            coupling: Whether noise and presets are coupled by least distance.
            symmetric: Whether parts whose names differ in their number alone, such as oscillators,
                are interchangeable: each is then a token, with the same weights.

        Raises:
            SurrogateError: If an option is wrong, or there are no such parts.
        """
        super().__init__(space, shape)
        if size % heads:
            raise SurrogateError(f"size must be a multiple of heads, not {size} for {heads}.")
        self.encoder = _encoder(encoder, shape, hidden, blocks)
        self.coupling = coupling
        self.null = nn.Parameter(0.02 * torch.randn(hidden))
        self.time = nn.Sequential(
            nn.Linear(2 * _FREQUENCIES, hidden), nn.GELU(), nn.Linear(hidden, hidden)
        )
        self.field: Field
        if symmetric:
            parts = interchangeable(space)
            if not parts:
                raise SurrogateError(
                    "There are no interchangeable parts, such as osc1_* and osc2_*: leave "
                    "symmetric out."
                )
            self.field = PartTokens(space.width, parts, size, layers, heads, hidden)
        else:
            self.field = ParameterTokens(space.width, tokens, size, layers, heads, hidden)
        columns = torch.from_numpy(space.choice_columns)
        self.register_buffer("_choices", columns, persistent=False)
        self.register_buffer("_numbers", torch.from_numpy(space.number_columns), persistent=False)
        self._widths = [space.widths[i] for i in space.choices]

    def velocity(self, x: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        """Return velocities `[n, w]` at states `[n, w]` and times `[n]`, given conditions."""
        velocity: Tensor = self.field(x, functional.gelu(condition + self.time(_encoded(time))))
        return velocity

    def loss(
        self, heard: Tensor, note: Tensor, relaxed: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Return the squared error of velocities (1); see `Estimator.loss`."""
        n = len(relaxed)
        end = 2 * relaxed - 1
        start = torch.randn(end.shape, generator=generator, device=end.device)
        if self.coupling:
            start = coupled(start, end)
        time = torch.rand(n, generator=generator, device=end.device)
        dropped = torch.rand(n, generator=generator, device=end.device) < _NULL
        condition = torch.where(dropped[:, None], self.null, self.encoder(heard, note))
        state = start + time[:, None] * (end - start)
        return (self.velocity(state, time, condition) - (end - start)).square().mean(1)

    def soft(self, heard: Tensor, note: Tensor, generator: torch.Generator) -> Tensor:
        """Solve in few steps, with gradients; see `Estimator.soft`."""
        state = torch.randn(len(heard), self.space.width, generator=generator, device=heard.device)
        state = self._solve(
            state, self.encoder(heard, note), Sampling(steps=_SOFT_STEPS, guidance=1.0)
        )
        return self._relaxed(state, lambda x: torch.softmax(_SHARPNESS * x, 1))

    def sample(
        self, heard: Tensor, note: Tensor, generator: torch.Generator, sampling: Sampling
    ) -> Tensor:
        """Solve from noise; see `Estimator.sample`."""
        noise = torch.randn(len(heard), self.space.width, generator=generator, device=heard.device)
        return self._preset(self._solve(noise, self.encoder(heard, note), sampling))

    def answer(self, heard: Tensor, note: Tensor) -> Tensor:
        """Solve from the centre of the noise; see `Estimator.answer`."""
        centre = torch.zeros(len(heard), self.space.width, device=heard.device)
        return self._preset(self._solve(centre, self.encoder(heard, note), Sampling()))

    def _solve(self, state: Tensor, condition: Tensor, sampling: Sampling) -> Tensor:
        """Integrate the guided velocity (2) from 0 to 1 by the midpoint method."""
        step = 1.0 / sampling.steps
        for number in range(sampling.steps):
            middle = state + step / 2 * self._guided(state, number * step, condition, sampling)
            state = state + step * self._guided(middle, (number + 0.5) * step, condition, sampling)
        return state

    def _guided(self, state: Tensor, time: float, condition: Tensor, sampling: Sampling) -> Tensor:
        times = state.new_full((len(state),), time)
        if sampling.guidance == 1.0:
            return self.velocity(state, times, condition)
        without = self.velocity(state, times, self.null.expand_as(condition))
        if sampling.guidance == 0.0:
            return without
        return without + sampling.guidance * (self.velocity(state, times, condition) - without)

    def _preset(self, state: Tensor) -> Tensor:
        """Clip numbers and choose the likeliest levels."""
        return self._relaxed(
            state, lambda x: functional.one_hot(x.argmax(1), x.shape[1]).to(state.dtype)
        )

    def _relaxed(self, state: Tensor, levels_of: Callable[[Tensor], Tensor]) -> Tensor:
        """Clip numbers, and make the levels of each choice of its part of the state."""
        relaxed = ((state + 1) / 2).clamp(0, 1)
        levels = [levels_of(x) for x in state[:, self._choices].split(self._widths, dim=1)]
        if levels:
            relaxed = relaxed.index_copy(1, self._choices, torch.cat(levels, dim=1))
        return relaxed


def coupled(start: Tensor, end: Tensor) -> Tensor:
    """Order noise `[n, w]` so that its total squared distance to presets `[n, w]` is least."""
    cost = torch.cdist(end, start).square().cpu().numpy()
    _, column = linear_sum_assignment(cost)
    return start[torch.from_numpy(column).to(start.device)]


def _encoder(name: str, shape: Shape, hidden: int, blocks: int) -> Encoder:
    if name == "mlp" or shape[1] == 1:  # an embedding has no frames to convolve
        return Perceptron(shape, hidden, blocks)
    if name == "resnet":
        return ResNet(shape, 16, blocks, hidden)
    raise SurrogateError(f"encoder must be mlp or resnet, not {name!r}.")


def _encoded(time: Tensor) -> Tensor:
    """Encode times `[n]` by sines: `[n, 2 f]`."""
    octaves = torch.linspace(0, 8, _FREQUENCIES, device=time.device)
    angle = time[:, None] * torch.exp2(octaves)
    return torch.cat([angle.sin(), angle.cos()], dim=1)
