"""Opening of the synth that a config names."""

from patchwright.experiments.config import SynthConfig
from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.synths import Synth
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.effects import EffectSynth, parse_chain
from patchwright.synths.hardware.address import is_hardware
from patchwright.synths.hardware.qualify import HARDWARE_VERDICTS
from patchwright.synths.hardware.qualify import verdict_path as line_verdict_path
from patchwright.synths.hardware.synth import HardwareSynth, open_hardware
from patchwright.synths.plugins.address import is_plugin, resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.qualify import VERDICTS, verdict_path
from patchwright.synths.plugins.spec import PluginSpec


def open_synth(config: SynthConfig, *, workers: int = 1) -> Synth:
    """Find a built-in synth, open a hardware synth, or load a plugin into a pool of processes.

    Effects are added behind it.

    Args:
        config: Name and options of the synth.
        workers: Number of processes of a plugin.

    Returns:
        The synth; close it after use.

    Raises:
        ExperimentError: If there is no built-in synth of that name, or it is given an option that
            only plugins have.
        SynthError: If there is no such plugin, or it does not load, or the effects are wrong.

    Examples:
        >>> with open_synth(SynthConfig(name="fm")) as synth:
        ...     len(synth.space)
        145
    """
    instrument, chain = config.instrument, config.chain
    if instrument is None or chain is not None:
        parse_chain(chain or "")  # before a plugin is loaded
        if instrument is None:
            _refuse_options(config, f"{config.name} begins without a plugin", "host")
            return EffectSynth(chain or "", workers=workers)
        opened = open_synth(instrument, workers=workers)
        return EffectSynth(chain or "", instrument=opened, workers=workers)
    if is_hardware(config.name):
        return _open_hardware(config)
    if config.line is not None:
        raise ExperimentError(f"{config.name} is no hardware synth and has no line: leave it out.")
    spec = plugin_spec(config)
    if spec is None:
        cls = find("synth", config.name, SYNTHS)
        _refuse_options(config, f"{config.name} is a built-in synth")
        return cls()
    policy = config.policy
    if policy is None:
        verdict = VERDICTS.read(verdict_path(spec, {"lock": config.lock, "free": config.free}))
        policy = verdict.chosen if verdict is not None else None
    return RenderPool(spec, workers=workers, policy=policy, deadline=config.deadline)


def hardware_of(synth: Synth) -> HardwareSynth | None:
    """Return the hardware synth, alone or before effects; None if it is another synth."""
    instrument = synth.instrument if isinstance(synth, EffectSynth) else synth
    return instrument if isinstance(instrument, HardwareSynth) else None


def _open_hardware(config: SynthConfig) -> HardwareSynth:
    for key in ("host", "state", "policy"):
        if getattr(config, key) is not None:
            raise ExperimentError(
                f"{config.name} is a hardware synth and has no {key}: leave it out."
            )
    line = {} if config.line is None else config.line.model_dump()
    return open_hardware(config.name, spec=config.spec, **line)


def pool_of(synth: Synth) -> RenderPool | None:
    """Return the pool of a plugin, alone or before effects; None if the synth has none."""
    instrument = synth.instrument if isinstance(synth, EffectSynth) else synth
    return instrument if isinstance(instrument, RenderPool) else None


def _refuse_options(config: SynthConfig, why: str, *others: str) -> None:
    for key in ("spec", "state", *others):
        if getattr(config, key) is not None:
            raise ExperimentError(f"{why} and has no {key}: leave it out.")


def plugin_spec(config: SynthConfig) -> PluginSpec | None:
    """Find the plugin that a config names, without loading it; None without a plugin.

    Raises:
        SynthError: If there is no such plugin, or a file of it is wrong.
    """
    instrument = config.instrument
    if instrument is None or (config.host is None and not is_plugin(instrument.name)):
        return None
    return resolve(instrument.name, host=config.host, spec=config.spec, state=config.state)


def qualified_noise(synth: Synth, config: SynthConfig) -> dict[str, float]:
    """Return the median noise by objective that `qualify` measured; empty for built-in synths."""
    locks = {"lock": config.lock, "free": config.free}
    if isinstance(synth, HardwareSynth):
        found = HARDWARE_VERDICTS.read(line_verdict_path(synth, locks))
        return {} if found is None else {name: median for name, (median, _) in found.noise.items()}
    if not isinstance(synth, RenderPool):  # behind effects the noise is another
        return {}
    verdict = VERDICTS.read(verdict_path(synth.spec, locks))
    noise = {} if verdict is None else verdict.noise.get(synth.policy, {})
    return {name: median for name, (median, _) in noise.items()}
