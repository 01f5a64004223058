"""A tuning, read from a suite's YAML with the key ``tune``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from patchwright.experiments.config.model import Model, check
from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.guide import METHODS
from patchwright.experiments.suite import Suite, SuiteRun, make_suite
from patchwright.experiments.tune.ranges import OptionRange, read_range
from patchwright.synths.yaml_file import read_yaml

_TAKEN = ("search", "search.method", "search.options")  # keys set by the tuning


class CheckConfig(Model):
    """Targets and seeds for a check of the best settings; the suite's own where None.

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
        trials: Number of settings to try, at least 2; the first are the usual ones.
        seed: Seed of the draws, from 0.
        check: Other targets or seeds on which the best settings are compared with the usual ones
            at the end; no comparison if None.
    """

    method: str
    options: dict[str, Any] = Field(min_length=1)
    trials: int = Field(default=50, ge=2)
    seed: int = Field(default=0, ge=0)
    check: CheckConfig | None = None


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """A method with ranges of its options, and the suite on which they are tuned.

    Attributes:
        path: YAML file.
        content: Content of the suite, without the key ``tune``.
        config: Content of the key ``tune``.
        ranges: Range of each tuned option by name.
        overrides: Assignments for every run, such as ``search.renders=100``.
        usual: Values of the tuned options in the suite's defaults, or else of the method.
    """

    path: Path
    content: dict[str, Any]
    config: TuneConfig
    ranges: dict[str, OptionRange]
    overrides: Sequence[str]
    usual: dict[str, Any]

    def suite(self, options: Mapping[str, Any]) -> Suite:
        """Expand the suite with some options: every target with the first seed, then the next.

        Raises:
            ExperimentError: If an option is wrong.
        """
        return self._suite(self.content, options)

    def check(self, options: Mapping[str, Any]) -> tuple[SuiteRun, ...]:
        """Expand the runs of the check with some options; none without a check."""
        check = self.config.check
        if check is None or check == CheckConfig():
            return ()
        content = _swept(self.content, {} if check.seed is None else {"seed": check.seed})
        targets = self.content.get("targets") if check.targets is None else check.targets
        return self._suite({**content, "targets": targets}, options).runs

    def _suite(self, content: dict[str, Any], options: Mapping[str, Any]) -> Suite:
        chosen = {f"search.options.{name}": [value] for name, value in options.items()}
        content = _swept(content, {"search.method": [self.config.method], **chosen})
        suite = make_suite(content, self.path, self.overrides)
        for name, value in options.items():
            if any(run.config.search.options.get(name) != value for run in suite.runs):
                raise ExperimentError(
                    f"--set changes the option {name}, which is tuned: leave it out."
                )
        # targets differ more than seeds, so with targets first a bad trial is found sooner
        runs = sorted(suite.runs, key=lambda run: run.config.seed)
        return Suite(name=suite.name, runs=tuple(runs))


def read_tuning(path: Path, overrides: Sequence[str] = ()) -> Tuning:
    """Read a tuning.

    Args:
        path: YAML file of a suite with the key ``tune``.
        overrides: Assignments for every run, which replace the suite's own.

    Returns:
        Checked tuning.

    Raises:
        ExperimentError: If the suite, a range or an option is wrong.
        SynthError: If the file is not YAML.
    """
    content = read_yaml(path)
    try:
        config = _config(content.pop("tune", None))
        sweep = content.get("sweep")
        for key in sweep if isinstance(sweep, dict) else {}:  # anything else is refused below
            if key in _TAKEN or key.startswith("search.options."):
                raise ExperimentError(f"sweep.{key} is set by 'tune': leave it out.")
        usual = _usual_options(config, content)
        ranges = {
            name: read_range(name, value, usual[name]) for name, value in config.options.items()
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
    tuning.check(usual)  # finds mistakes before hours of work
    return tuning


def _swept(content: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Add keys to the sweep of a suite; a sweep without keys is left for `make_suite` to refuse."""
    sweep = content.get("sweep") or {}
    return {**content, "sweep": {**sweep, **more}} if isinstance(sweep, dict) else content


def _config(content: Any) -> TuneConfig:
    if not isinstance(content, dict):
        raise ExperimentError("there is nothing to tune: add 'tune: {method: ..., options: ...}'.")
    return check(TuneConfig, content, prefix="tune.")


def _usual_options(config: TuneConfig, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tuned options' values in the suite's defaults, or else of the method."""
    own = find("optimizer", config.method, METHODS, [*config.options]).own_options()
    defaults = content.get("defaults")
    search = defaults.get("search") if isinstance(defaults, dict) else None
    given = search.get("options") if isinstance(search, dict) else None
    given = given if isinstance(given, dict) else {}
    usual = {name: given.get(name, own[name]) for name in config.options}
    # YAML has no tuples
    return {name: list(v) if isinstance(v, tuple) else v for name, v in usual.items()}
