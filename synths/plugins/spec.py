"""A plugin, and what a small YAML file adds to what the plugin says of its parameters."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.parameters import Kind, Parameter, ParameterSpace, Prior, Scale, Value
from patchwright.synths.plugins.hosts.host import host_version
from patchwright.synths.plugins.jobs import Source
from patchwright.synths.yaml_file import read_yaml

_HASHED = 64 * 2**20  # bytes


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _PriorEntry(_Strict):
    low: float | None = None
    high: float | None = None
    weights: tuple[float, ...] = ()
    point: bool | int | float | str | None = None
    mass: float = 0.0


class _ParameterEntry(_Strict):
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


class _SpecFile(_Strict):
    options: dict[str, Any] = {}
    parameters: dict[str, _ParameterEntry] = {}


@dataclass(frozen=True, kw_only=True)
class PluginSpec:
    """A plugin, and what is known of its parameters.

    Attributes:
        name: As people address it.
        source: What a process loads.
        parameters: What the YAML file says, by parameter.
        origin: The YAML file, for messages.
    """

    name: str
    source: Source
    parameters: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""

    def source_at(self, sr: int) -> Source:
        """The source at another sample rate."""
        return replace(self.source, sr=sr)

    def with_state(self, state: bytes) -> "PluginSpec":
        """The same plugin, with one of its own preset files loaded before anything else."""
        return replace(self, source=replace(self.source, state=state))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the plugin's files, its state, and what the YAML file says; hexadecimal.

        Of files above 64 MiB, which hold samples and not code, name and size have to do.
        """
        said = sorted(self.source.options.items()), sorted(self.parameters.items())
        digest = hashlib.sha256(repr(said).encode())
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
        """Such as ``dawdreamer 0.9.0``."""
        return f"{self.source.host} {host_version(self.source.host)}"

    def refine(self, described: tuple[Parameter, ...]) -> ParameterSpace:
        """Join what the plugin says with what the file says.

        Args:
            described: By the plugin.

        Returns:
            The space; parameters in the plugin's order.

        Raises:
            SynthError: If the file names what the plugin does not have, or contradicts itself.
        """
        plain = ParameterSpace(described)
        for name in self.parameters:
            if name not in plain.names:
                raise SynthError(
                    f"{self.origin}: {self.name} has no parameter {name!r}: "
                    f"{did_you_mean(name, plain.names)}"
                )
        return ParameterSpace(
            tuple(
                _refined(parameter, self.parameters[parameter.name], self.origin)
                if parameter.name in self.parameters
                else parameter
                for parameter in described
            )
        )


def read_spec(path: Path) -> tuple[dict[str, Any], dict[str, _ParameterEntry]]:
    """Read a spec file.

    Returns:
        Options of the host, and entries by parameter.

    Raises:
        SynthError: If it cannot be read, or is wrong.
    """
    try:
        file = _SpecFile.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise SynthError(f"{path}: {place} is wrong: {first['msg']}.") from error
    return file.options, file.parameters


def read_space(path: Path) -> ParameterSpace:
    """Read back what `spec_text` wrote of a space, without the synth at hand.

    Raises:
        SynthError: If it cannot be read, or is wrong.
    """
    _, entries = read_spec(path)
    plain = {name: Parameter(name=name, kind="boolean", default=False) for name in entries}
    return ParameterSpace(
        tuple(_refined(plain[name], entry, str(path)) for name, entry in entries.items())
    )


def spec_text(space: ParameterSpace) -> str:
    """Write a spec file that says all that is known of a space."""
    parameters = {parameter.name: _entry(parameter) for parameter in space.parameters}
    return yaml.safe_dump(
        {"parameters": parameters}, sort_keys=False, allow_unicode=True, default_flow_style=None
    )


def _entry(parameter: Parameter) -> dict[str, Any]:
    plain = Parameter(name="plain", kind="continuous", default=0.0)
    fields = ("low", "high", "unit", "scale", "choices", "about", "aliases")
    said = {name: getattr(parameter, name) for name in fields}
    entry = {name: value for name, value in said.items() if value != getattr(plain, name)}
    entry = {"kind": parameter.kind, "default": parameter.default} | entry
    if parameter.prior != Prior():
        prior = vars(parameter.prior).items()
        entry["prior"] = {key: value for key, value in prior if value != getattr(Prior, key)}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in entry.items()}


def _refined(parameter: Parameter, entry: _ParameterEntry, origin: str) -> Parameter:
    given = entry.model_dump(exclude_none=True, exclude={"prior"})
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
    base |= {"about": parameter.about, "aliases": parameter.aliases} | given
    if entry.prior is not None:
        base["prior"] = Prior(**entry.prior.model_dump())
    try:
        if "default" not in given:
            first: Value = {"categorical": base.get("choices", ("",))[0], "boolean": False}.get(
                kind, base.get("low", 0.0)
            )
            return Parameter(**{**base, "default": first}).with_default(at)
        return Parameter(**base)
    except SynthError as error:
        raise SynthError(f"{origin}: {error}") from error
