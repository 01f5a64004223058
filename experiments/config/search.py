"""Config of a search."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from patchwright.experiments.config.descriptors import check_descriptors
from patchwright.experiments.config.model import Model
from patchwright.search import Budget
from patchwright.synths.priors.names import SPEC, prior_names

PROGRAMS: Literal["programs"] = "programs"
"""Stands for a plugin's own presets among those to start from."""

_PROGRAM_SHARE = 0.25  # of the renders after the calibration, at most, for a plugin's programs


class SearchConfig(Model):
    """Method, budget and starting points of a search; None leaves a budget open.

    Attributes:
        method: Name of the optimizer.
        options: Options of the optimizer.
        renders: Budget of renders, calibration included, above ``calibration``.
        seconds: Budget of wall time in seconds.
        generations: Budget of generations.
        patience: Generations without progress after which the search stops.
        calibration: Number of random presets that set the scale of the scores, at least 10.
        initial: Preset files, banks and run folders whose presets the search starts from;
            ``programs`` stands for the plugin's own.
        descriptors: Names of descriptors in which presets should differ: the front then holds
            presets that sound close and differ in these, instead of trade-offs between objectives.
        finalists: Embeddings by which the nearest presets of the front are measured at the end, so
            that they take part in the choice of the answer: names as in `load_embedding`, none
            (``[]``), or ``auto`` for those of `installed_networks`.
        prior: Prior of random presets, redraws and mutation: ``spec`` (the synth's own),
            ``musical``, ``auto``, the name of a shipped prior, or the folder of a learned one.
        prior_weight: Cost of a preset that is less likely than a typical one of the prior, in
            distances of the median random preset per nat and parameter; 0 for none.
        echoes: Whether a search for delays on a dry sound starts with delays at the echoes that the
            wet sound has.
        store: Folder of earlier renders: the search starts from those that sound most like the
            target, and adds its own; unused if None.

        model: Folder of a model for the optimizers that use one; ``auto`` for one that suits the
            synth, the lock and the note, if there is one; ``none`` for none.
        estimator: Folder of an estimator for the methods that start from predictions, or of a
            dataset, of which the nearest presets are taken; ``auto`` for an estimator that suits
            the synth, the lock and the pitch. `hybrid` takes starts from one that is named.

    Examples:
        >>> SearchConfig(method="cmaes", options={"population": 20}, renders=1_000).budget.renders
        1000
    """

    method: str = "auto"
    options: dict[str, Any] = Field(default={})
    renders: int | None = Field(default=2_500, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    generations: int | None = Field(default=None, gt=0)
    patience: int | None = Field(default=None, gt=0)
    calibration: int = Field(default=100, ge=10)
    initial: list[Literal["programs"] | Path] = Field(default=[])
    descriptors: list[str] = Field(default=[], exclude_if=lambda names: not names)
    finalists: Literal["auto"] | list[str] = Field(
        default="auto", exclude_if=lambda finalists: finalists == "auto"
    )
    prior: str | Path = Field(default=SPEC, exclude_if=lambda prior: prior == SPEC)
    prior_weight: float = Field(default=0.0, ge=0, exclude_if=lambda weight: not weight)
    echoes: bool = Field(default=True, exclude_if=lambda echoes: echoes)
    store: Path | None = Field(default=None, exclude_if=lambda store: store is None)

    model: str = Field(default="auto", exclude_if=lambda model: model == "auto")
    estimator: str = Field(default="auto", exclude_if=lambda estimator: estimator == "auto")

    @field_validator("descriptors")
    @classmethod
    def _known(cls, descriptors: list[str]) -> list[str]:
        check_descriptors(descriptors)
        return descriptors

    @field_validator("finalists")
    @classmethod
    def _distinct(cls, finalists: str | list[str]) -> str | list[str]:
        if len(set(finalists)) < len(finalists) and finalists != "auto":
            raise ValueError("an embedding is named twice: leave one out")
        return finalists

    @field_validator("prior")
    @classmethod
    def _named_or_folder(cls, prior: str | Path) -> str | Path:
        return prior if str(prior) in prior_names() else Path(prior)

    @model_validator(mode="after")
    def _weight_has_a_prior(self) -> "SearchConfig":
        if self.prior_weight and self.prior == SPEC:
            raise ValueError(
                "prior_weight needs another prior than the synth's own, which excludes presets: "
                "name one as prior, such as auto, or leave prior_weight out"
            )
        return self

    @model_validator(mode="after")
    def _calibration_within_budget(self) -> "SearchConfig":
        if self.renders is not None and self.renders <= self.calibration:
            raise ValueError(
                f"{self.renders} renders leave none after a calibration of {self.calibration}: "
                "raise renders or lower calibration"
            )
        return self

    @property
    def most_programs(self) -> int | None:
        """Number of a plugin's programs to start from at most; None if renders are unlimited."""
        if self.renders is None:
            return None
        return max(1, int(_PROGRAM_SHARE * (self.renders - self.calibration)))

    @property
    def budget(self) -> Budget:
        """Limits of renders, seconds, generations and patience."""
        return Budget(
            renders=self.renders,
            seconds=self.seconds,
            generations=self.generations,
            patience=self.patience,
        )
