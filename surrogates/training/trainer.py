"""Training of a network on batches of examples."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.training.checkpoint import Checkpoint
from patchwright.surrogates.training.examples import B, Examples, Source
from patchwright.surrogates.training.progress import Progress

_EVALUATED = 1_024  # rows of a validation batch

LossOf = Callable[[nn.Module, B, torch.Generator], Tensor]
"""Function from a network, examples and a source of randomness to a loss an example, `[n]`."""


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a network is trained.

    Attributes:
        steps: Number of steps.
        batch: Examples in a step.
        rate: Greatest learning rate, after the warm-up.
        decay: Weight decay of matrices; biases and normalisations have none.
        warmup: Steps in which the learning rate rises; then it falls as a cosine.
        average: Decay of the exponential moving average of weights, which is what is kept.
        every: Steps between evaluations on held-out examples.
        patience: Evaluations without a new best after which training stops.
        clip: Greatest norm of the gradient.
    """

    steps: int = 20_000
    batch: int = 512
    rate: float = 1e-3
    decay: float = 0.01
    warmup: int = 500
    average: float = 0.999
    every: int = 500
    patience: int = 20
    clip: float = 1.0


def absolute_error(network: nn.Module, examples: Examples, generator: torch.Generator) -> Tensor:
    """Return the mean absolute error of each example, `[n]`."""
    outputs: Tensor = network(examples.relaxed, examples.note)
    return (outputs - examples.outputs).abs().mean(dim=1)


def train(
    network: nn.Module,
    source: Source[B],
    held_out: B,
    settings: TrainingSettings,
    *,
    loss_of: LossOf[B],
    device: torch.device,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> list[Progress]:
    """Train a network, or continue from a checkpoint, and leave the best averaged weights in it.

    On a CPU with the same number of threads, a training
    that was killed and resumed ends with the same bits as one that was not.

    Args:
        network: Network of any kind.
        source: Batches to learn from.
        held_out: Examples that decide when to stop and which weights to keep.
        settings: Steps, rates and patience.
        loss_of: Loss of examples. Its generator depends on the seed and the step alone, and is the
            same at every evaluation.
        device: Device to train on; half precision (bfloat16) is used on a GPU.
        seed: Seed of the randomness in the loss.
        checkpoint: Where the state is kept at each evaluation; None for nowhere.
        report: Function to call after each evaluation.

    Returns:
        The evaluations.

    Raises:
        SurrogateError: If the loss is not finite, or the checkpoint is of another training.
    """
    network.to(device).train()
    held_out = held_out.to(device)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(settings.average))
    optimizer = torch.optim.AdamW(_groups(network, settings.decay), lr=settings.rate)
    history: list[Progress] = []
    best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    if checkpoint is not None and (state := checkpoint.read()) is not None:
        history = [Progress(**row) for row in state.history]
        best = state.restore(network, averaged, optimizer)
    total, start = torch.zeros((), device=device), history[-1].step if history else 0
    for step in range(start, settings.steps):
        if _stopped(history, settings.patience):
            break
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * schedule(step, settings)
        examples = source.batch(step).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            loss = loss_of(network, examples, _generator(device, seed, step)).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimizer.step()
        averaged.update_parameters(network)
        total += loss.detach()
        done = step + 1
        if done % settings.every == 0 or done == settings.steps:
            since = done - (history[-1].step if history else 0)
            mean, error = float(total) / since, _error(averaged.module, held_out, loss_of, device)
            if not math.isfinite(mean + error):
                raise SurrogateError(
                    f"The training diverged before step {done}: lower rate, or raise warmup."
                )
            if error <= min((past.held_out for past in history), default=math.inf):
                best = {name: t.clone() for name, t in averaged.module.state_dict().items()}
            least = min(error, *(past.held_out for past in history), math.inf)
            history.append(Progress(done, mean, error, least))
            total.zero_()
            if checkpoint is not None:
                checkpoint.write(network, averaged, optimizer, best, history)
            report(history[-1])
    network.load_state_dict(best)
    network.eval()
    return history


def schedule(step: int, settings: TrainingSettings) -> float:
    """Return the factor of the learning rate: a linear warm-up, then half a cosine to 0."""
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return 0.5 * (1 + math.cos(math.pi * done))


def _groups(network: nn.Module, decay: float) -> list[dict[str, object]]:
    """Return the parameters in two groups: matrices, which decay, and the others."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _error(network: nn.Module, examples: B, loss_of: LossOf[B], device: torch.device) -> float:
    """Return the mean loss of examples, with the same randomness at every call."""
    network.eval()
    generator = _generator(device, 0, 0)
    with torch.no_grad():
        errors = [loss_of(network, part, generator) for part in examples.split(_EVALUATED)]
    return float(torch.cat(errors).mean())


def _generator(device: torch.device, seed: int, step: int) -> torch.Generator:
    drawn = np.random.default_rng((seed, step)).integers(2**62)
    return torch.Generator(device).manual_seed(int(drawn))


def _stopped(history: list[Progress], patience: int) -> bool:
    if not history:
        return False
    best = min(range(len(history)), key=lambda i: history[i].held_out)
    return len(history) - 1 - best >= patience
