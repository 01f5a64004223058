"""Logarithms and complex magnitudes, by whichever library is quicker at them."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
import torch
from torch import Tensor

# After the FFTs these two are what a log-magnitude distance spends its time on. On x86, numpy has
# vectorised both: its logarithm takes less than half the time of torch's, its complex magnitude a
# tenth. Elsewhere, and on a GPU, torch's are used. Like torch, neither warns of infinities.
_BY_NUMPY = platform.machine() in {"x86_64", "AMD64"}


def logarithm(values: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The natural logarithm of positive values of any shape, differentiable.

    The same bits with and without gradients, and with and without `out`.

    Args:
        values: Positive float32 or float64 values.
        out: Contiguous memory of the same shape to write to where no gradient is recorded.

    Returns:
        Logarithms, same shape.
    """
    if values.device.type != "cpu" or not _BY_NUMPY:
        return torch.log(values, out=out)
    if out is not None:
        with np.errstate(all="ignore"):
            np.log(values.numpy(), out=out.numpy())
        return out
    result: Tensor = _Logarithm.apply(values)  # type: ignore[no-untyped-call]
    return result


def modulus(values: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The magnitude of complex values of any shape, differentiable; the slope at 0 is 0.

    The same bits with and without gradients, and with and without `out`.

    Args:
        values: Complex values.
        out: Contiguous real memory of the same shape to write to where no gradient is recorded.

    Returns:
        Magnitudes, same shape, float32 or float64.
    """
    if values.device.type != "cpu" or not _BY_NUMPY:
        return torch.abs(values, out=out)
    if out is not None:
        with np.errstate(all="ignore"):
            np.absolute(values.numpy(), out=out.numpy())
        return out
    result: Tensor = _Modulus.apply(values)  # type: ignore[no-untyped-call]
    return result


class _Logarithm(torch.autograd.Function):
    """`np.log` with its derivative."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        with np.errstate(all="ignore"):
            return torch.from_numpy(np.log(values.detach().numpy()))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        (gradient,) = gradients
        return gradient / values  # type: ignore[no-any-return]


class _Modulus(torch.autograd.Function):
    """`np.absolute` of complex values with its derivative."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        with np.errstate(all="ignore"):
            return torch.from_numpy(np.absolute(values.detach().numpy()))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        (gradient,) = gradients
        return gradient * torch.sgn(values)
