"""The search of an experiment."""

from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from experiments.config.model import Model
from search import Budget


class SearchConfig(Model):
    """How the search goes.

    Attributes:
        method: Name of the optimizer.
        options: Of the optimizer.
        renders: Budget of renders, calibration included.
        seconds: Budget of wall time.
        generations: Budget of generations.
        patience: Generations without progress.
        calibration: Random presets that set the scale of the scores.
        initial: Preset files, banks and folders of runs, whose presets the search starts from.
    """

    method: str = "nsga2"
    options: dict[str, Any] = Field(default={})
    renders: int | None = Field(default=2_500, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    generations: int | None = Field(default=None, gt=0)
    patience: int | None = Field(default=None, gt=0)
    calibration: int = Field(default=100, ge=10)
    initial: list[Path] = Field(default=[])

    @model_validator(mode="after")
    def _calibration_within_budget(self) -> "SearchConfig":
        if self.renders is not None and self.renders <= self.calibration:
            raise ValueError(
                f"{self.renders} renders do not go beyond the calibration's {self.calibration}: "
                "raise renders or lower calibration"
            )
        return self

    @property
    def budget(self) -> Budget:
        """The four limits."""
        return Budget(
            renders=self.renders,
            seconds=self.seconds,
            generations=self.generations,
            patience=self.patience,
        )
