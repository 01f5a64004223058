"""Checked parts of experiments: what many runs of a suite have in common is checked only once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from patchwright.experiments.config import ExperimentConfig, beside_folder, check_experiment
from patchwright.experiments.config.experiment import resolve_files
from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.guide import METHODS
from patchwright.objectives import OBJECTIVES
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.effects import parse_chain
from patchwright.synths.outside_file import is_file
from patchwright.synths.plugins.address import is_plugin
from patchwright.synths.presets.files import check_preset

_ANY_TARGET = {"target": {"random": 0}}


class CheckedParts:
    """Parts of experiments such as ``target`` and ``search``, each read and checked once.

    Runs with equal parts share them in memory, and a lock, MIDI, preset or target file is read once
    for each part that names it.

    Args:
        folder: Folder that files are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[tuple[str, str], Any] = {}
        self._hashes: dict[Path, str | None] = {}

    def experiment(self, content: Mapping[str, Any], source: str) -> ExperimentConfig:
        """Check an experiment given as a mapping; see `config.check_experiment`.

        Args:
            content: Mapping, as read from YAML.
            source: Name of the run, for messages.

        Raises:
            ExperimentError: At the first mistake.
            SynthError: If a preset file cannot be read, or lacks the preset.
        """
        given = {"synth": {}, "search": {}, "objectives": "default", **content}
        parts = {key: self._part(key, value) for key, value in given.items()}
        return check_experiment(parts, source)

    def sha256(self, config: ExperimentConfig) -> str:
        """Hash a config, reading each file once; see `config.identity.config_sha256`."""
        return config_sha256(config, self._hashes)

    def _part(self, key: str, value: Any) -> Any:
        if not isinstance(value, Mapping | list | str):
            return value  # a seed or a sample rate
        name = key, repr(value)
        if name not in self._parts:
            self._parts[name] = self._check(key, value)
        return self._parts[name]

    def _check(self, key: str, value: Any) -> Any:
        """Return the checked part; a wrong one as it is, to be reported with its whole run."""
        resolved = resolve_files(value, self._folder, key)
        try:
            alone = ExperimentConfig.model_validate({**_ANY_TARGET, key: resolved})
        except ValidationError:
            return resolved
        config = beside_folder(alone, self._folder)
        _check_names(config)
        if config.search.store is not None:
            raise ExperimentError(
                "search.store makes runs depend on earlier ones: leave it out of a suite, or "
                "run the experiments one by one."
            )
        return getattr(config, key)


def _check_names(config: ExperimentConfig) -> None:
    """Reject unknown names and options before anything is run."""
    find("optimizer", config.search.method, METHODS, config.search.options)
    for objective in config.objectives:
        find("objective", objective.name, OBJECTIVES, objective.options)
    for synth in (config.synth, config.target.synth):
        if synth is None:
            continue
        if synth.chain is not None:
            parse_chain(synth.chain)
        instrument = synth.instrument
        if instrument is not None and synth.host is None and not is_plugin(instrument.name):
            find("synth", instrument.name, SYNTHS)
    preset = config.target.preset
    if preset is not None and is_file(preset):  # it may exist only on the cluster's machines
        check_preset(preset, config.target.program)
