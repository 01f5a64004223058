"""Specs: a plugin, and the YAML file that refines the plugin's own parameter descriptions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.notice import warn
from patchwright.synths.parameters import Kind, Parameter, ParameterSpace, Prior, Scale, Value
from patchwright.synths.plugins.jobs import PluginSource
from patchwright.synths.yaml_file import read_yaml

_HASHED = 64 * 2**20  # bytes
_TOLD = 8  # names in a warning


class Strict(BaseModel):
    """Part of a spec file: immutable, without unknown keys, NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _PriorEntry(Strict):
    low: float | None = None
    high: float | None = None
    weights: tuple[float, ...] = ()
    point: bool | int | float | str | None = None
    mass: float = 0.0


class ParameterEntry(Strict):
    """What a spec file says of one parameter; what is None stays as it is described elsewhere."""

    kind: Kind | None = None
    low: float | None = None
    high: float | None = None
    default: bool | int | float | str | None = None
    unit: str | None = None
    scale: Scale | None = None
    choices: tuple[str, ...] | None = None
    prior: _PriorEntry | None = None
    about: str | None = None
    aliases: tuple[str, ...] | None = None
    truncates: bool | None = None
    cost: float | None = None


class SpecFile(Strict):
    """Content of a spec file.

    Attributes:
        options: Further arguments of the host class.
        parameters: Differences from the plugin's own description, by parameter.
    """

    options: dict[str, Any] = {}
    parameters: dict[str, ParameterEntry] = {}


@dataclass(frozen=True, kw_only=True)
class PluginSpec:
    """A plugin with the description of its parameters.

    Attributes:
        name: Address of the plugin.
        source: Plugin file, host and settings.
        parameters: Entries of the YAML file, by parameter.
        origin: Path of the YAML file, for messages.
        shipped: Whether the file came with this package: other versions of the plugin may then
            lack some of its parameters.
    """

    name: str
    source: PluginSource
    parameters: Mapping[str, ParameterEntry] = field(default_factory=dict)
    origin: str = ""
    shipped: bool = False

    def source_at(self, sr: int) -> PluginSource:
        """Return the source with another sample rate."""
        return replace(self.source, sr=sr)

    def with_state(self, state: bytes) -> "PluginSpec":
        """Return the spec with one of the plugin's own preset files loaded before anything else."""
        return replace(self, source=replace(self.source, state=state))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the plugin's files, its state and the YAML entries; 16 hexadecimal digits.

        Files above 64 MiB, which hold samples and not code, count by name and size only.
        """
        entries = sorted(self.source.options.items()), sorted(self.parameters.items())
        digest = hashlib.sha256(repr(entries).encode())
        digest.update(self.source.state or b"")
        plugin = self.source.plugin
        if plugin is not None:
            files = sorted(plugin.rglob("*")) if plugin.is_dir() else [plugin]
            for file in files:
                size = file.stat().st_size
                if file.is_file():
                    digest.update(f"{file.name} {size}".encode())
                    digest.update(file.read_bytes() if size <= _HASHED else b"")
        return digest.hexdigest()[:16]

    @property
    def host_version(self) -> str:
        """Name and version of the host, such as ``dawdreamer 0.9.0``."""
        return f"{self.source.host.name} {self.source.host.version}"

    def refine(self, described: tuple[Parameter, ...], *, version: str = "") -> ParameterSpace:
        """Refine the plugin's own description with the YAML entries.

        An entry that matches a parameter by an alias of one of the two gives it its name. What a
        shipped file names and the plugin lacks is left out, with a warning.

        Args:
            described: Parameters as the plugin describes them.
            version: Version of the plugin, for messages; empty if it is not known.

        Returns:
            The space, with parameters in the plugin's order.

        Raises:
            SynthError: If a file that is not shipped names a parameter that the plugin does not
                have, or the file is inconsistent.
        """
        places = self._places(ParameterSpace(described))
        parameters = list(described)
        for name, place in places.items():
            parameter = described[place]
            if parameter.name != name:
                parameter = replace(parameter, name=name, aliases=_known_as(parameter, name))
            parameters[place] = refined(parameter, self.parameters[name], self.origin)
        absent = frozenset(self.parameters) - frozenset(places)
        if absent:
            self._warn_of([name for name in self.parameters if name in absent], version)
        return ParameterSpace(tuple(parameters), absent)

    def _places(self, plain: ParameterSpace) -> dict[str, int]:
        """Return the positions of the parameters that the entries describe, names before aliases.

        Raises:
            SynthError: If one is missing and the file is not shipped, or one is described twice.
        """
        places = {name: plain.index(name) for name in self.parameters if name in plain.names}
        for name, entry in self.parameters.items():
            if name in places:
                continue
            known = [each for each in (name, *(entry.aliases or ())) if plain.knows(each)]
            if not known and not self.shipped:
                raise SynthError(
                    f"{self.origin}: {self.name} has no parameter {name!r}: "
                    f"{did_you_mean(name, plain.names)}"
                )
            for place in map(plain.index, known):
                if place not in places.values():
                    places[name] = place
                    break
            else:
                if known and not self.shipped:
                    raise SynthError(
                        f"{self.origin}: {name!r} is another name of a parameter that is described "
                        "as well: remove one of the two."
                    )
        return places

    def _warn_of(self, absent: list[str], version: str) -> None:
        more = f" and {len(absent) - _TOLD} more" if len(absent) > _TOLD else ""
        which = f"{self.name} {version}".rstrip()
        warn(
            f"{which} lacks {len(absent)} of the {len(self.parameters)} parameters that its "
            f"shipped description names ({', '.join(absent[:_TOLD])}{more}), because it is "
            "another version: they are left out; 'patchwright synth lock' measures those of yours."
        )


def _known_as(parameter: Parameter, name: str) -> tuple[str, ...]:
    """Return the aliases of a parameter that gets another name."""
    return (parameter.name, *(alias for alias in parameter.aliases if alias != name))


def read_spec(path: Path) -> SpecFile:
    """Read a spec file.

    Raises:
        SynthError: If the file cannot be read or is invalid.
    """
    try:
        return SpecFile.model_validate(read_yaml(path))
    except ValidationError as error:
        raise SynthError(f"{path}: {first_fault(error)}") from error


def read_space(path: Path) -> ParameterSpace:
    """Read a space that `spec_text` wrote, without its synth.

    Raises:
        SynthError: If the file cannot be read or is invalid.
    """
    return _whole_space(read_spec(path), str(path))


def space_from(content: Mapping[str, Any], origin: str) -> ParameterSpace:
    """Make a space of what `spec_content` returned.

    Args:
        content: Content of a spec file that describes every parameter in full.
        origin: File or model that errors name.

    Raises:
        SynthError: If it is invalid.
    """
    try:
        return _whole_space(SpecFile.model_validate(content), origin)
    except ValidationError as error:
        raise SynthError(f"{origin}: {first_fault(error)}") from error


def spec_text(space: ParameterSpace) -> str:
    """Return the text of a spec file that describes a space in full.

    Examples:
        >>> from patchwright.synths.parameters import Parameter, ParameterSpace
        >>> hold = Parameter(name="hold", kind="boolean", default=True)
        >>> print(spec_text(ParameterSpace((hold,))))
        parameters:
          hold: {kind: boolean, default: true}
        <BLANKLINE>
    """
    return yaml.safe_dump(
        spec_content(space), sort_keys=False, allow_unicode=True, default_flow_style=None
    )


def spec_content(space: ParameterSpace) -> dict[str, Any]:
    """Return the content of a spec file that describes a space in full, as plain data."""
    return {"parameters": {parameter.name: _entry(parameter) for parameter in space.parameters}}


def _whole_space(spec: SpecFile, origin: str) -> ParameterSpace:
    entries = spec.parameters
    plain = {name: Parameter(name=name, kind="boolean", default=False) for name in entries}
    return ParameterSpace(
        tuple(refined(plain[name], entry, origin) for name, entry in entries.items())
    )


def first_fault(error: ValidationError) -> str:
    """Return the first fault of a spec file as the end of a sentence."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"])) or "the file"
    return f"{place} is invalid: {first['msg']}."


def _entry(parameter: Parameter) -> dict[str, object]:
    plain = Parameter(name="plain", kind="continuous", default=0.0)
    fields = ("low", "high", "unit", "scale", "choices", "about", "aliases", "truncates", "cost")
    values = {name: getattr(parameter, name) for name in fields}
    entry = {name: value for name, value in values.items() if value != getattr(plain, name)}
    entry = {"kind": parameter.kind, "default": parameter.default} | entry
    if parameter.prior != Prior():
        prior = vars(parameter.prior).items()
        entry["prior"] = _plain({k: value for k, value in prior if value != getattr(Prior, k)})
    return _plain(entry)


def _plain(entry: Mapping[str, object]) -> dict[str, object]:
    return {key: list(v) if isinstance(v, tuple) else v for key, v in entry.items()}


def refined(parameter: Parameter, entry: ParameterEntry, origin: str) -> Parameter:
    """Return a parameter with what an entry says of it.

    Raises:
        SynthError: If the two together are inconsistent; the message begins with `origin`.
    """
    given = entry.model_dump(exclude_none=True, exclude={"prior", "sends"})
    kind = given.get("kind", parameter.kind)
    at = parameter.normalise(parameter.default)  # as the plugin is loaded
    base: dict[str, Any] = {"name": parameter.name, "kind": kind}
    numeric = ("continuous", "integer")
    for key, fits in (
        ("low", kind in numeric),
        ("high", kind in numeric),
        ("unit", kind in numeric),
        ("scale", kind == "continuous"),
        ("choices", kind == parameter.kind == "categorical"),
    ):
        if fits:
            base[key] = getattr(parameter, key)
    aliases = (*parameter.aliases, *(entry.aliases or ()))
    base |= {"about": parameter.about} | given
    base["aliases"] = tuple(dict.fromkeys(each for each in aliases if each != parameter.name))
    if entry.prior is not None:
        base["prior"] = Prior(**entry.prior.model_dump())
    try:
        if "default" not in given:
            first: Value = {"categorical": (*base.get("choices", ()), "")[0], "boolean": False}.get(
                kind, base.get("low", 0.0)
            )
            return Parameter(**{**base, "default": first}).with_default(at)
        return Parameter(**base)
    except SynthError as error:
        raise SynthError(f"{origin}: {error}") from error
