"""Config of a synth."""

from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, model_validator

from patchwright.experiments.config.model import Model
from patchwright.synths.parameters import ParameterSpace, Subspace
from patchwright.synths.parameters.locks import read_lock
from patchwright.synths.plugins.jobs import Policy


class SynthConfig(Model):
    """Synth, and which of its parameters are free.

    Attributes:
        name: Built-in synth or plugin; see `patchwright.synths.plugins.address.resolve`. The key
            ``plugin`` is accepted as well.
        host: Host that loads a plugin; the usual one for its format if None.
        spec: YAML file that describes a plugin's parameters.
        state: Preset file of a plugin that every candidate starts from.
        lock: Values of locked parameters by glob pattern; see `synths.ParameterSpace.lock`. In
            YAML also the name of a lock file.
        free: Glob patterns of the free parameters; all if None.
        limit: Lowest and highest value, or the choices, of free parameters by glob pattern;
            overrides the limits of a lock file.
        policy: Isolation between a plugin's renders; see `patchwright.synths.plugins.jobs.Policy`.
        deadline: Seconds after which a plugin's render is killed, above 0.

    Examples:
        >>> SynthConfig(name="fm", limit={"index": [0, 4]}).limit
        {'index': [0, 4]}
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
        """Return the subspace of free parameters of the synth's space.

        Raises:
            SynthError: If a lock or a limit is wrong.
        """
        return space.lock(self.lock, free=self.free, limit=self.limit)
