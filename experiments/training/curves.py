"""Curves of a training for TensorBoard, which is not a part of the installation."""

from pathlib import Path

from patchwright.experiments.errors import ExperimentError
from patchwright.surrogates.training.progress import Progress


class Curves:
    """Writer of curves; does nothing without a folder.

    Args:
        folder: Folder of the curves; None for none.

    Raises:
        ExperimentError: If TensorBoard is not installed.
    """

    def __init__(self, folder: Path | None) -> None:
        self._writer = None
        if folder is None:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ExperimentError(
                "--tensorboard needs TensorBoard: pip install tensorboard."
            ) from error
        self._writer = SummaryWriter(str(folder))

    def __call__(self, member: int, state: Progress) -> None:
        """Write the errors of a member."""
        if self._writer is None:
            return
        for name, value in (("training", state.loss), ("held out", state.held_out)):
            self._writer.add_scalar(f"member {member}/{name}", value, state.step)
        self._writer.flush()
