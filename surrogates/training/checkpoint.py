"""The state of a training on disk, from which it resumes; tensors and JSON, no pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from patchwright.surrogates.errors import SurrogateError
from patchwright.surrogates.training.progress import Progress
from patchwright.synths.whole_file import whole_file

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.swa_utils import AveragedModel


@dataclass(frozen=True, eq=False)
class TrainingState:
    """What a checkpoint holds.

    Attributes:
        tensors: Weights, averaged weights, best weights and moments, by dotted name.
        history: Evaluations so far.
    """

    tensors: Mapping[str, Tensor]
    history: Sequence[dict[str, Any]]

    def restore(
        self, network: nn.Module, averaged: AveragedModel, optimizer: Optimizer
    ) -> dict[str, Tensor]:
        """Put the state into the parts of a training, and return the best weights so far.

        Raises:
            SurrogateError: If the checkpoint is of another network.
        """
        try:
            network.load_state_dict(self._part("network"))
            averaged.load_state_dict(self._part("averaged"))
        except RuntimeError as error:
            raise SurrogateError(
                "The checkpoint is of another network: train into a new folder."
            ) from error
        moments = self._part("moments")
        states: dict[int, dict[str, Tensor]] = {}
        for name, tensor in moments.items():
            number, _, key = name.partition(".")
            states.setdefault(int(number), {})[key] = tensor
        whole = optimizer.state_dict()
        optimizer.load_state_dict({"state": states, "param_groups": whole["param_groups"]})
        return self._part("best")

    def _part(self, prefix: str) -> dict[str, Tensor]:
        start = f"{prefix}/"
        return {
            name.removeprefix(start): tensor.clone()
            for name, tensor in self.tensors.items()
            if name.startswith(start)
        }


@dataclass(frozen=True)
class Checkpoint:
    """File that holds the state of one training.

    Attributes:
        path: File to write, `.safetensors`.
        identity: Hash of the data, the network and the settings; a checkpoint of another one is
            refused.
    """

    path: Path
    identity: str

    def read(self) -> TrainingState | None:
        """Read the state; None if there is no file.

        Raises:
            SurrogateError: If the file is damaged, or is of another training.
        """
        if not self.path.exists():
            return None
        from safetensors import safe_open

        try:
            with safe_open(self.path, "pt") as file:
                metadata = file.metadata() or {}
            history = json.loads(metadata["history"])
            tensors = load_file(self.path)
        except (SafetensorError, KeyError, ValueError, OSError) as error:
            raise SurrogateError(
                f"{self.path} is damaged ({error}): remove it to train from the start."
            ) from error
        if metadata.get("identity") != self.identity:
            raise SurrogateError(
                f"{self.path} is of a training with other data, network or settings: remove it, "
                "or train into a new folder."
            )
        return TrainingState(tensors, history)

    def write(
        self,
        network: nn.Module,
        averaged: AveragedModel,
        optimizer: Optimizer,
        best: Mapping[str, Tensor],
        history: Sequence[Progress],
    ) -> None:
        """Write the state, whole or not at all."""
        parts = {
            "network": network.state_dict(),
            "averaged": averaged.state_dict(),
            "best": dict(best),
            "moments": {
                f"{number}.{key}": tensor
                for number, state in optimizer.state_dict()["state"].items()
                for key, tensor in state.items()
            },
        }
        tensors = {
            f"{part}/{name}": tensor.detach().cpu().contiguous().clone()
            for part, named in parts.items()
            for name, tensor in named.items()
        }
        rows = [asdict(progress) for progress in history]
        metadata = {"identity": self.identity, "history": json.dumps(rows)}
        with whole_file(self.path) as part_file:
            save_file(tensors, part_file, metadata)
