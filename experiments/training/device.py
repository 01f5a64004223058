"""The device that a network is trained on."""

import torch

from patchwright.experiments.errors import ExperimentError


def find_device(name: str) -> torch.device:
    """Find a device by its name.

    Args:
        name: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises:
        ExperimentError: If there is no such device here.
    """
    here = (
        [str(torch.accelerator.current_accelerator())] if torch.accelerator.is_available() else []
    )
    if name == "auto":
        return torch.device(*(here or ["cpu"]))
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        choices = ", ".join(["auto", "cpu", *here])
        raise ExperimentError(f"There is no device {name!r} here: give {choices}.") from error
    return device
