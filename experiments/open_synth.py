"""From a config's words to a synth that renders."""

from experiments.config import SynthConfig
from experiments.errors import ExperimentError
from experiments.registry import find
from synths import Synth
from synths.address import is_plugin, resolve
from synths.builtin import SYNTHS
from synths.pool import RenderPool
from synths.qualify import read_verdict, verdict_path


def open_synth(config: SynthConfig, *, workers: int = 1) -> Synth:
    """Find a built-in synth, or load a plugin into a pool of processes.

    Args:
        config: Names it.
        workers: Processes of a plugin.

    Returns:
        The synth; close it after use.

    Raises:
        ExperimentError: If there is no built-in synth of that name, or it is given what only
            plugins have.
        SynthError: If there is no such plugin, or it does not load.
    """
    if config.host is None and not is_plugin(config.name):
        cls = find("synth", config.name, SYNTHS)
        for key in ("spec", "state"):
            if getattr(config, key) is not None:
                raise ExperimentError(
                    f"{config.name} is no plugin, and takes no {key}: leave it out."
                )
        return cls()
    spec = resolve(config.name, host=config.host, spec=config.spec, state=config.state)
    policy = config.policy
    if policy is None:
        verdict = read_verdict(verdict_path(spec, {"lock": config.lock, "free": config.free}))
        policy = verdict.chosen if verdict is not None else None
    return RenderPool(spec, workers=workers, policy=policy, deadline=config.deadline)
