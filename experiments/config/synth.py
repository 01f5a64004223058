"""Config of a synth."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, model_validator

from patchwright.experiments.config.model import Model
from patchwright.synths.effects import effects_of, split_address
from patchwright.synths.parameters import ParameterSpace, Subspace
from patchwright.synths.parameters.locks import read_lock
from patchwright.synths.plugins.jobs import Policy


class LineConfig(Model):
    """Line to a hardware synth.

    Attributes:
        input: Name of the audio input, or a part of it; the default one if None.
        inputs: Channels of the input to record, from 1; the first two, or the only one, if None.
        channel: MIDI channel from 1; the spec's if None.
    """

    input: str | None = None
    inputs: list[int] | None = Field(default=None, min_length=1, max_length=2)
    channel: int | None = Field(default=None, ge=1, le=16)


class SynthConfig(Model):
    """Synth, and which of its parameters are free.

    Attributes:
        name: Built-in synth, hardware synth (``midi:PORT``) or plugin; see
            `patchwright.synths.plugins.address.resolve`. Effects may follow, as in ``subtractive |
            reverb``, or be alone, as in ``effects: reverb``; see
            `patchwright.synths.effects.notation`. The key ``plugin`` is accepted as well.
        host: Host that loads a plugin; the usual one for its format if None.
        spec: YAML file that describes a plugin's parameters, or what those of a hardware synth
            send; of hardware also the name of a shipped one.
        line: Audio input and MIDI channel of a hardware synth.
        state: Preset file of a plugin that every candidate starts from.
        lock: Values of locked parameters by glob pattern; see `synths.ParameterSpace.lock`. In
            YAML also the name of a lock file.
        free: Glob patterns of the free parameters; all if None. Effects behind an instrument are
            free as well, unless a pattern names one of their parameters.
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
    line: LineConfig | None = Field(default=None, exclude_if=lambda line: line is None)
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

    @property
    def instrument(self) -> "SynthConfig | None":
        """The synth before the effects, or itself without effects; None for effects alone."""
        address = split_address(self.name).instrument
        return None if address is None else self.model_copy(update={"name": address})

    @property
    def chain(self) -> str | None:
        """Chain of effects as text; None for an instrument alone."""
        return split_address(self.name).chain

    def subspace(self, space: ParameterSpace) -> Subspace:
        """Return the subspace of free parameters of the synth's space.

        Raises:
            SynthError: If a lock or a limit is wrong.
        """
        free = self.free
        if free is not None and (chain := self.chain) is not None:
            effects = effects_of(space, chain)
            if not any(fnmatchcase(name, pattern) for name in effects for pattern in free):
                free = [*free, *effects]
        return space.lock(self.lock, free=free, limit=self.limit)
