"""Training of a recogniser on dry sounds: other instruments than it learns from judge it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from torch import Tensor, nn

from patchwright.surrogates.effects.examples import Draw, Labelled, make_examples
from patchwright.surrogates.effects.features import EffectFeatures
from patchwright.surrogates.effects.labels import DRY, FAMILIES, KINDS, LABELS, draw_chain
from patchwright.surrogates.effects.networks import FeatureNetwork, Network, build
from patchwright.surrogates.effects.recogniser import (
    Recogniser,
    RecogniserCard,
    logits,
    unlikeness,
)
from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.training.examples import rows_of_step
from patchwright.surrogates.training.progress import Progress
from patchwright.surrogates.training.trainer import TrainingSettings, train

Sounds = Mapping[str, Sequence[NDArray[np.float32]]]
"""Mono dry sounds `[t]` at `features.SR`, by instrument."""

_FEWEST = 4  # instruments
_PART = 5  # every fifth instrument is held out, and every fifth calibrates
_LIKE = 0.99  # share of held-out sounds that count as known
_STEPS = 300  # of calibration
_SETTINGS = {
    "features": TrainingSettings(
        steps=3000, batch=128, rate=1e-3, decay=0.05, warmup=200, average=0.995, every=250
    ),
    "mel": TrainingSettings(
        steps=1500, batch=64, rate=2e-3, decay=0.05, warmup=100, average=0.99, every=125, patience=8
    ),
}


@dataclass(frozen=True, kw_only=True)
class RecogniserTraining:
    """How a recogniser is trained.

    Attributes:
        examples: Wet sounds to learn from; half as many calibrate, and half as many judge.
        networks: Kinds of networks.
        settings: Steps and rates by kind.
        seed: Seed of every random choice.
    """

    examples: int = 12_000
    networks: tuple[str, ...] = ("features",)
    settings: Mapping[str, TrainingSettings] = field(default_factory=lambda: _SETTINGS)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class _Stored:
    """Examples in an order that changes every epoch; a `Source`."""

    examples: Labelled
    size: int
    seed: int

    def batch(self, step: int) -> Labelled:
        """Return the examples of a step."""
        rows = rows_of_step(step, len(self.examples), self.size, self.seed)
        return self.examples.rows(rows)


def split_instruments(names: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Divide instruments into those to learn from, to calibrate by and to judge by.

    Raises:
        SurrogateError: If there are fewer than four.
    """
    names = sorted(names)
    if len(names) < _FEWEST:
        raise SurrogateError(
            f"There are {len(names)} instruments: give dry sounds of at least {_FEWEST}, because "
            "some are held out to judge by."
        )
    judged = names[:: min(_PART, len(names) // 2)]
    rest = [name for name in names if name not in judged]
    calibrated = rest[:: min(_PART, max(2, len(rest) // 2))]
    return [name for name in rest if name not in calibrated], calibrated, judged


def train_recogniser(
    sounds: Sounds,
    training: RecogniserTraining,
    *,
    device: torch.device,
    draw: Draw = draw_chain,
    made: Callable[[int, int], None] = lambda done, total: None,
    report: Callable[[int, Progress], None] = lambda member, progress: None,
) -> Recogniser:
    """Train a recogniser.

    Args:
        sounds: Dry sounds by instrument.
        training: Number of examples, networks and settings.
        device: Device to train on.
        draw: Function that draws the chain of an example.
        made: Called with the number of examples that are made, and of all.
        report: Called after each evaluation, with the number of the network.

    Returns:
        The recogniser; its card has its scores on instruments that took no part.

    Raises:
        SurrogateError: If there are too few instruments, or the training diverges.
    """
    parts = split_instruments(list(sounds))
    counts = (training.examples, training.examples // 2, training.examples // 2)
    drawn: list[Labelled] = []
    for number, (names, count) in enumerate(zip(parts, counts, strict=True)):
        drawn.append(
            make_examples(
                [sound for name in names for sound in sounds[name]],
                count,
                seed=3 * training.seed + number,
                draw=draw,
                done=partial(_count, made, sum(counts[:number]), sum(counts)),
            )
        )
    learned, held_out, judged = drawn
    networks: list[Network] = []
    for number, kind in enumerate(training.networks):
        seed = training.seed + number
        network = build(kind, features=EffectFeatures.width, labels=len(LABELS), seed=seed)
        if isinstance(network, FeatureNetwork):
            network.fit(learned.features)
        settings = training.settings[kind]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # of dropout
            train(
                network,
                _Stored(learned, settings.batch, seed),
                held_out,
                settings,
                loss_of=loss_of,
                device=device,
                seed=seed,
                report=partial(report, number),
            )
        networks.append(network.cpu().requires_grad_(False).half().float())  # as they are stored
    slopes, offsets = calibrate(logits(networks, held_out.heard), held_out.labels)
    far = torch.quantile(unlikeness(networks, held_out.heard), _LIKE)
    card = RecogniserCard(
        labels=LABELS,
        networks=training.networks,
        slopes=slopes,
        offsets=offsets,
        unlike=max(float(far), 1e-3),
        examples=len(learned),
        instruments=tuple(parts[0]),
        scores={},
        versions={"torch": torch.__version__.partition("+")[0]},
    )
    scores = recogniser_scores(Recogniser(card, tuple(networks)), judged)
    return Recogniser(card.model_copy(update={"scores": scores}), tuple(networks))


def _count(made: Callable[[int, int], None], before: int, total: int, done: int) -> None:
    made(before + done, total)


def loss_of(network: nn.Module, examples: Labelled, generator: torch.Generator) -> Tensor:
    """Return the cross entropy of each example, `[n]`."""
    found: Tensor = network(examples.features, examples.mel.float())
    loss = nn.functional.binary_cross_entropy_with_logits(found, examples.labels, reduction="none")
    return loss.mean(dim=1)


def calibrate(found: Tensor, labels: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Fit a slope and an offset of each label's logit (Platt, 1999).

    Args:
        found: Logits of held-out sounds, `[n, labels]`.
        labels: What is true, 0 or 1, `[n, labels]`.
    """
    slopes = torch.ones(found.shape[1], requires_grad=True)
    offsets = torch.zeros(found.shape[1], requires_grad=True)
    optimizer = torch.optim.Adam([slopes, offsets], lr=0.05)
    for _ in range(_STEPS):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(slopes * found + offsets, labels)
        loss.backward()
        optimizer.step()
    return tuple(slopes.detach().tolist()), tuple(offsets.detach().tolist())


def recogniser_scores(recogniser: Recogniser, examples: Labelled) -> dict[str, float]:
    """Score a recogniser on sounds.

    Returns:
        ``accuracy_single``, macro-averaged over the labels and none, of sounds with at most one
        effect; ``accuracy_11`` and ``accuracy_6``, the same over the classes of AutoFX and over
        their families; ``accuracy``, of presence, averaged over the labels; ``exact``, the share
        whose labels are all right; ``precision``, the mean average precision; ``calibration``, the
        mean difference between probability and frequency in ten bins; ``unknown``, the share called
        unknown; and ``recall_`` and the name of each label, and ``_dry``, among single effects.
    """
    probabilities, far = recogniser.measure(examples.heard)
    truth = examples.labels > 0.5
    said = probabilities >= 0.5
    single = truth.sum(1) <= 1
    # of at most one effect: the likeliest, or none
    guess = torch.where(
        said[single].any(1), probabilities[single].argmax(1), torch.tensor(truth.shape[1])
    )
    right = torch.where(
        truth[single].any(1), examples.labels[single].argmax(1), torch.tensor(truth.shape[1])
    )
    names = [*recogniser.card.labels, "dry"]
    recalls = {
        f"recall_{name}": float((guess[right == i] == i).float().mean())
        for i, name in enumerate(names)
        if (right == i).any()
    }
    classes = {f"accuracy_{count}": score for count, score in _of_autofx(guess, right).items()}
    precision = average_precision_score(truth.numpy(), probabilities.numpy(), average="macro")
    scores = {
        "accuracy_single": float(np.mean(list(recalls.values()))) if recalls else 0.0,
        "accuracy": float((said == truth).float().mean()),
        "exact": float((said == truth).all(1).float().mean()),
        "precision": float(precision),
        "calibration": _calibration_error(probabilities.flatten(), truth.flatten()),
        "unknown": float((far > 1).float().mean()),
    }
    return {name: round(value, 4) for name, value in (classes | scores | recalls).items()}


def _of_autofx(guess: Tensor, right: Tensor) -> dict[int, float]:
    """Return macro-averaged accuracies over AutoFX's classes and families.

    Args:
        guess: Number of the label that is heard, `[n]`, or that of labels for none.
        right: What is true, likewise.
    """
    families = [*(KINDS[label].family for label in LABELS), DRY]
    theirs = torch.tensor([family is not None for family in families])
    of_family = torch.tensor([FAMILIES.index(each) if each else -1 for each in families])
    among = theirs[right]
    guess, right = guess[among], right[among]
    return {
        11: _macro(guess, right, theirs.nonzero()[:, 0]),
        6: _macro(of_family[guess], of_family[right], torch.arange(len(FAMILIES))),
    }


def _macro(guess: Tensor, right: Tensor, classes: Tensor) -> float:
    shares = [(guess[right == i] == i).float().mean() for i in classes if (right == i).any()]
    return float(torch.stack(shares).mean()) if shares else 0.0


def _calibration_error(probabilities: Tensor, truth: Tensor) -> float:
    """Return the expected calibration error in ten bins (Naeini et al., 2015)."""
    bins = (probabilities * 10).long().clamp(max=9)
    total = 0.0
    for number in range(10):
        inside = bins == number
        if inside.any():
            gap = probabilities[inside].mean() - truth[inside].float().mean()
            total += float(gap.abs()) * int(inside.sum())
    return total / len(bins)
