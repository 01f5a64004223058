"""Losses of estimators: of parameters, and perceptual through a frozen proxy."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from patchwright.surrogates.estimators import Estimator
from patchwright.surrogates.models.folder import ProxyModel
from patchwright.surrogates.training.heard import HeardExamples


def mixed_loss(
    network: nn.Module,
    examples: HeardExamples,
    generator: torch.Generator,
    *,
    parameters: float,
    perceptual: float,
    proxy: ProxyModel | None,
) -> Tensor:
    """Return the loss of examples, `[n]`: of parameters where they are known, and perceptual.

    The perceptual loss is the mean absolute difference, in the proxy's components, between the
    sound that the proxy expects of the predicted preset and what was heard. Probabilities of levels
    pass through the proxy, so that discrete parameters have gradients.
    """
    assert isinstance(network, Estimator)  # noqa: S101
    loss = torch.zeros(len(examples), device=examples.heard.device)
    if parameters and bool(examples.known.any()):
        of_parameters = network.loss(
            examples.heard[examples.known],
            examples.note[examples.known],
            examples.relaxed[examples.known],
            generator,
        )
        loss = loss.masked_scatter(examples.known, parameters * of_parameters)
    if perceptual and proxy is not None:
        relaxed = network.soft(examples.heard, examples.note, generator)
        expected = torch.stack(
            [member(relaxed, examples.note) for member in proxy.ensemble.members]
        ).mean(0)
        true = proxy.projection.reduce(examples.plain.flatten(1))
        loss = loss + perceptual * (expected - true).abs().mean(1)
    return loss


def on_device(proxy: ProxyModel, device: torch.device) -> ProxyModel:
    """Return a proxy on a device, frozen."""
    for member in proxy.ensemble.members:
        member.to(device).requires_grad_(False)
    projection = replace(
        proxy.projection,
        mean=proxy.projection.mean.to(device),
        basis=proxy.projection.basis.to(device),
    )
    return replace(proxy, projection=projection)
