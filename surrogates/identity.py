"""The synth and the lock that a dataset or a model is made for."""

from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from patchwright.surrogates.differences import differences
from patchwright.surrogates.errors import SurrogateError
from patchwright.synths import Parameter, Subspace, SynthError
from patchwright.synths.parameters.limit import Limit
from patchwright.synths.plugins.spec import space_from, spec_content

_TEXTS = ("about", "aliases", "default", "prior", "unit")
"""Entries of a parameter that change neither a preset's sound nor its genotype."""


class SynthIdentity(BaseModel):
    """The synth and the lock that a dataset or a model is made for, as plain data.

    Attributes:
        name: Name of the synth.
        version: Version of the synth besides that of Patchwright; empty for built-in synths.
        space: Parameters in full, as in a spec file.
        locked: Normalised values of the locked parameters, by name.
        limits: Range of each limited parameter in real units, or its choices, by name.

    Examples:
        >>> from patchwright.synths.builtin import Subtractive
        >>> space = Subtractive.space
        >>> lock = SynthIdentity.of("subtractive", space.lock({"lfo_*": None}))
        >>> other = space.lock({"lfo_*": None, "osc1_waveform": "saw"})
        >>> lock.differences(SynthIdentity.of("subtractive", other))
        ['locked.osc1_waveform (nothing and 0.6666666666666666)']
    """

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    space: dict[str, Any]
    locked: dict[str, float]
    limits: dict[str, list[Any]]

    @classmethod
    def of(cls, name: str, subspace: Subspace, version: str = "") -> Self:
        """Describe a synth and a lock.

        Args:
            name: Name of the synth.
            subspace: Free parameters.
            version: The synth's `version`.
        """
        names, free = subspace.space.names, set(subspace.free.tolist())
        return cls(
            name=name,
            version=version,
            space=spec_content(subspace.space),
            locked={
                name: float(subspace.locked[place])
                for place, name in enumerate(names)
                if place not in free
            },
            limits={
                subspace.names[column]: _allowed(subspace.space[subspace.names[column]], limit)
                for column, limit in sorted(subspace.limits.items())
            },
        )

    def subspace(self) -> Subspace:
        """Return the free parameters, without the synth.

        Raises:
            SurrogateError: If the description is damaged.
        """
        try:
            space = space_from(self.space, "The space")
            row = space.defaults.copy()
            for name, value in self.locked.items():
                row[space.index(name)] = space[name].normalise({"normalised": value})
            free = [i for i, name in enumerate(space.names) if name not in self.locked]
            limits = {
                free.index(space.index(name)): Limit.of(space[name], allowed)
                for name, allowed in self.limits.items()
            }
        except (SynthError, ValueError) as error:
            raise SurrogateError(f"The description of {self.name} is damaged: {error}") from error
        return Subspace(space, row, np.array(free, np.int64), limits)

    def differences(self, other: "SynthIdentity") -> list[str]:
        """List what another synth or lock has otherwise, in words; versions are not compared."""
        return differences(_compared(self), _compared(other))


def _allowed(parameter: Parameter, limit: Limit) -> list[Any]:
    """Return the range or the choices of a limit, as `Limit.of` takes them."""
    if parameter.kind == "categorical":
        return [parameter.choices[level] for level in limit.levels]
    return [parameter.readable(limit.low), parameter.readable(limit.high)]


def _compared(identity: SynthIdentity) -> dict[str, Any]:
    content = identity.model_dump(exclude={"version", "space"})
    parameters = identity.space["parameters"]
    content["parameters"] = {
        name: {key: value for key, value in entry.items() if key not in _TEXTS}
        for name, entry in parameters.items()
    }
    return content | {"order": list(parameters)}
