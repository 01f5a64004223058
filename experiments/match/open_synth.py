"""Opening of the synth that a config names."""

from patchwright.experiments.config import SynthConfig
from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.synths import Synth
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.plugins.address import is_plugin, resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.qualify import VERDICTS, verdict_path
from patchwright.synths.plugins.spec import PluginSpec


def open_synth(config: SynthConfig, *, workers: int = 1) -> Synth:
    """Find a built-in synth, or load a plugin into a pool of processes.

    Args:
        config: Name and options of the synth.
        workers: Number of processes of a plugin.

    Returns:
        The synth; close it after use.

    Raises:
        ExperimentError: If there is no built-in synth of that name, or it is given an option that
            only plugins have.
        SynthError: If there is no such plugin, or it does not load.

    Examples:
        >>> with open_synth(SynthConfig(name="fm")) as synth:
        ...     len(synth.space)
        145
    """
    spec = plugin_spec(config)
    if spec is None:
        cls = find("synth", config.name, SYNTHS)
        for key in ("spec", "state"):
            if getattr(config, key) is not None:
                raise ExperimentError(
                    f"{config.name} is a built-in synth and has no {key}: leave it out."
                )
        return cls()
    policy = config.policy
    if policy is None:
        verdict = VERDICTS.read(verdict_path(spec, {"lock": config.lock, "free": config.free}))
        policy = verdict.chosen if verdict is not None else None
    return RenderPool(spec, workers=workers, policy=policy, deadline=config.deadline)


def plugin_spec(config: SynthConfig) -> PluginSpec | None:
    """Find the plugin that a config names, without loading it; None for a built-in synth.

    Raises:
        SynthError: If there is no such plugin, or a file of it is wrong.
    """
    if config.host is None and not is_plugin(config.name):
        return None
    return resolve(config.name, host=config.host, spec=config.spec, state=config.state)


def qualified_noise(synth: Synth, config: SynthConfig) -> dict[str, float]:
    """Return the median noise by objective that `qualify` measured; empty for built-in synths."""
    if not isinstance(synth, RenderPool):
        return {}
    locks = {"lock": config.lock, "free": config.free}
    verdict = VERDICTS.read(verdict_path(synth.spec, locks))
    noise = {} if verdict is None else verdict.noise.get(synth.policy, {})
    return {name: median for name, (median, _) in noise.items()}
