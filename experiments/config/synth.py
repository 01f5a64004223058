"""The synth of an experiment."""

from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, model_validator

from patchwright.experiments.config.model import Model
from patchwright.synths.parameters import ParameterSpace, Subspace
from patchwright.synths.parameters.locks import read_lock
from patchwright.synths.plugins.jobs import Policy


class SynthConfig(Model):
    """A synth, and which of its parameters may move.

    Attributes:
        name: Built-in synth or plugin; see `patchwright.synths.plugins.address.resolve`. The key
            ``plugin`` is accepted as well.
        host: That loads a plugin; the usual one for its format if None.
        spec: YAML file that says what a plugin's parameters are.
        state: One of a plugin's own preset files, from which every candidate starts.
        lock: From glob patterns to values; see `synths.ParameterSpace.lock`. In YAML also the
            name of a lock file.
        free: Glob patterns of the parameters that may move; all if None.
        limit: From glob patterns of those to the lowest and the highest value, or to the choices,
            that they may have; over those of a lock file.
        policy: How a plugin's renders are kept apart; see `patchwright.synths.plugins.jobs.Policy`.
        deadline: Seconds after which a plugin's render is given up.
    """

    name: str = Field(default="subtractive", validation_alias=AliasChoices("name", "plugin"))
    host: str | None = None
    spec: Path | None = None
    state: Path | None = None
    lock: dict[str, Any] = Field(default={})
    free: list[str] | None = None
    limit: dict[str, Any] = Field(default={}, exclude_if=lambda limit: not limit)
    policy: Policy | None = None
    deadline: float = Field(default=10.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _read_lock(cls, content: Any) -> Any:
        if isinstance(content, dict) and isinstance(content.get("lock"), str):
            file = read_lock(content["lock"])
            if isinstance(file.get("limit"), dict) and isinstance(content.get("limit"), dict):
                file["limit"] |= content["limit"]
            return content | {"lock": {}} | file
        return content

    def subspace(self, space: ParameterSpace) -> Subspace:
        """The free parameters of the synth's space.

        Raises:
            SynthError: If a lock or a limit is wrong.
        """
        return space.lock(self.lock, free=self.free, limit=self.limit)
