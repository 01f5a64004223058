"""What is tuned, from a suite's YAML with one more key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from patchwright.experiments.config.model import Model, check
from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.suite import Suite, SuiteRun, make_suite
from patchwright.experiments.tune.ranges import Range, read_range
from patchwright.search import OPTIMIZERS
from patchwright.synths.yaml_file import read_yaml

_TAKEN = ("search", "search.method", "search.options")  # keys that the tuning sets itself


class CheckConfig(Model):
    """Targets and seeds that settings are not chosen on; the suite's own if None.

    Attributes:
        targets: Targets, as in a suite.
        seed: Seeds, as in a sweep.
    """

    targets: Any = None
    seed: Any = None


class TuneConfig(Model):
    """Key ``tune`` of a suite.

    Attributes:
        method: Name of the optimizer whose options are tuned.
        options: Range of each tuned option by name; see `read_range`.
        trials: Number of settings to try, at least 2; the first are the default ones.
        seed: Seed of the draws, from 0.
        check: Other targets or seeds on which the best settings are compared with the default
            ones at the end; no comparison if None.
    """

    method: str
    options: dict[str, Any] = Field(min_length=1)
    trials: int = Field(default=50, ge=2)
    seed: int = Field(default=0, ge=0)
    check: CheckConfig | None = None


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What is tuned, and on what.

    Attributes:
        path: Of the YAML file.
        content: The suite, without the key ``tune``.
        config: That key.
        ranges: Of the options.
        overrides: For every run, such as ``search.renders=100``.
        usual: The options as they are without tuning.
    """

    path: Path
    content: dict[str, Any]
    config: TuneConfig
    ranges: dict[str, Range]
    overrides: Sequence[str]
    usual: dict[str, Any]

    def suite(self, options: Mapping[str, Any]) -> Suite:
        """The runs of the method with some options: every target with the first seed, and so on.

        Raises:
            ExperimentError: If one of them is wrong.
        """
        return self._suite(self.content, options)

    def check(self, options: Mapping[str, Any]) -> tuple[SuiteRun, ...]:
        """The runs that the settings are not chosen on."""
        check = self.config.check
        if check is None or check == CheckConfig():
            return ()
        sweep = {**(self.content.get("sweep") or {})}
        sweep |= {} if check.seed is None else {"seed": check.seed}
        targets = self.content.get("targets") if check.targets is None else check.targets
        return self._suite({**self.content, "targets": targets, "sweep": sweep}, options).runs

    def _suite(self, content: dict[str, Any], options: Mapping[str, Any]) -> Suite:
        chosen = {f"search.options.{name}": [value] for name, value in options.items()}
        sweep = {**(content.get("sweep") or {}), "search.method": [self.config.method], **chosen}
        suite = make_suite({**content, "sweep": sweep}, self.path, self.overrides)
        for name, value in options.items():
            if any(run.config.search.options.get(name) != value for run in suite.runs):
                raise ExperimentError(
                    f"--set gives the option {name} another value than the tuning: leave it out."
                )
        # targets differ more than seeds do, so a trial that is bad is seen after fewer runs
        runs = sorted(suite.runs, key=lambda run: run.config.seed)
        return Suite(name=suite.name, runs=tuple(runs))


def read_tuning(path: Path, overrides: Sequence[str] = ()) -> Tuning:
    """Read what is tuned.

    Args:
        path: Of a YAML file: a suite with the key ``tune``.
        overrides: For every run, whatever the suite says.

    Raises:
        ExperimentError: If the suite, a range or an option is wrong.
        SynthError: If the file is not YAML.
    """
    content = read_yaml(path)
    try:
        config = _config(content.pop("tune", None))
        for key in content.get("sweep") or {}:
            if key in _TAKEN or key.startswith("search.options."):
                raise ExperimentError(f"sweep.{key}: tune says what is tried; leave it out.")
        usual = _usual_options(config, content)
        ranges = {
            name: read_range(name, told, usual[name]) for name, told in config.options.items()
        }
    except ExperimentError as error:
        raise ExperimentError(f"{path}: {error}") from error
    tuning = Tuning(
        path=path,
        content=content,
        config=config,
        ranges=ranges,
        overrides=overrides,
        usual=usual,
    )
    tuning.check(usual)  # what is wrong with it is told before hours of work
    return tuning


def _config(content: Any) -> TuneConfig:
    if not isinstance(content, dict):
        raise ExperimentError("there is nothing to tune: add 'tune: {method: ..., options: ...}'.")
    return check(TuneConfig, content, prefix="tune.")


def _usual_options(config: TuneConfig, content: Mapping[str, Any]) -> dict[str, Any]:
    """The tuned options as the suite's defaults or else the method have them."""
    own = find("optimizer", config.method, OPTIMIZERS, config.options).own_options()
    defaults = content.get("defaults")
    search = defaults.get("search") if isinstance(defaults, dict) else None
    told = search.get("options") if isinstance(search, dict) else None
    usual = {name: own[name] for name in config.options} | (
        {name: told[name] for name in config.options if name in told}
        if isinstance(told, dict)
        else {}
    )
    # as YAML has it
    return {name: list(v) if isinstance(v, tuple) else v for name, v in usual.items()}
