"""The commands that list, show, play and qualify synths."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from patchwright.experiments.cli.options import (
    Host,
    Input,
    Lock,
    SampleRate,
    Spec,
    State,
    SynthArgument,
)
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.console import console, errors, print_whole
from patchwright.synths.errors import SynthError

if TYPE_CHECKING:
    from patchwright.synths import Performance, Synth
    from patchwright.synths.rendering import Renderings

# slow modules are imported where they are used, so that --help is quick

synth_app = typer.Typer(no_args_is_help=True, help="Show, play or qualify a synth.")


def synths_command() -> None:
    """List synths, effects, plugins, plugin hosts, and shipped lock files and priors."""
    from patchwright.synths.builtin import SYNTHS
    from patchwright.synths.effects import EFFECTS
    from patchwright.synths.hardware.spec import shipped_specs
    from patchwright.synths.parameters.locks import shipped_locks
    from patchwright.synths.plugins.address import installed
    from patchwright.synths.plugins.hosts.table import HOSTS, address_forms, synth_hosts
    from patchwright.synths.priors.names import prior_names

    for name, cls in SYNTHS.items():
        about = (cls.__doc__ or "").splitlines()[0]
        console.print(f"{name}: {len(cls.space)} parameters. {about}")
    for effect in EFFECTS.values():
        names = ", ".join(parameter.name for parameter in effect.parameters)
        console.print(f"Effect {effect.name}: {effect.about} ({names}).")
    for address, host in synth_hosts().items():
        console.print(f"{address}: played by the host {host.name}.")
    for address in installed():
        console.print(f"{address}: a plugin.")
    console.print(f"Plugin addresses: {', '.join(address_forms())}, or a path.")
    for host in HOSTS.values():
        missing = "" if host.is_installed else f" (not installed: {host.installation})"
        console.print(f"Host {host.name}: {host.about}{missing}.")
    console.print(f"Hardware addresses: midi:PORT; specs: {', '.join(shipped_specs())}")
    console.print(f"Lock files: {', '.join(shipped_locks())}")
    console.print(f"Priors: {', '.join(prior_names())}")


@synth_app.command("show")
def show_command(
    synth: SynthArgument,
    as_spec: Annotated[
        bool, typer.Option("--spec", help="Print a YAML spec to refine, instead of a table.")
    ] = False,
    refined: Annotated[
        Path | None, typer.Option("--with", help="Refined YAML spec of the plugin to use.")
    ] = None,
    host: Host = None,
    input: Input = None,
) -> None:
    """List the parameters of a synth by the names that lock files use."""
    from patchwright.synths.plugins.spec import spec_text

    with _opened(synth, host=host, spec=refined, input=input) as opened:
        if as_spec:
            typer.echo(spec_text(opened.space), nl=False)
            return
        headings = ("parameter", "kind", "range", "default")
        table = Table(*(Column(heading, no_wrap=True) for heading in headings), "about")
        for p in opened.space.parameters:
            table.add_row(p.name, p.kind, p.span(), p.text(p.normalise(None)), p.about)
        print_whole(table)
        try:
            _refuse_effect(opened)
        except SynthError as error:  # its parameters are listed nevertheless
            errors.print(str(error), markup=False)


@synth_app.command("render")
def render_command(
    synth: SynthArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="WAV file to write.")],
    preset: Annotated[
        Path | None,
        typer.Argument(
            help="Preset: .json, .fxp, .vstpreset, .ttl, .vital, .syx, an amsynth bank, or a "
            "project of Ardour, Carla or REAPER that has the plugin."
        ),
    ] = None,
    program: Annotated[
        str | None,
        typer.Option(
            help="Name or number of one of the plugin's programs, instead of a preset file; see "
            "'patchwright synth programs'."
        ),
    ] = None,
    notes: Annotated[
        str | None,
        typer.Option(help="Notes, such as C4+E4+G4:2 or 'C4:0.5 E4:0.5/90'. Default: C4."),
    ] = None,
    midi: Annotated[Path | None, typer.Option(help="MIDI file to play, instead of notes.")] = None,
    dry: Annotated[
        Path | None, typer.Option(help="Dry sound to play, for 'effects: ...', instead of notes.")
    ] = None,
    tempo: Annotated[
        float | None, typer.Option(help="Beats per minute. Default: the MIDI file's, or 120.")
    ] = None,
    tail: Annotated[float, typer.Option(help="Seconds after the end of the last note.")] = 1.0,
    length: Annotated[
        float | None, typer.Option(help="Total length in seconds, instead of a tail.")
    ] = None,
    sr: SampleRate = 44_100,
    name: Annotated[
        str | None,
        typer.Option("--preset", help="Name or number of a preset in a bank or project."),
    ] = None,
    spec: Spec = None,
    host: Host = None,
    input: Input = None,
) -> None:
    """Play a preset file or a program, and write the sound to a WAV file."""
    from patchwright.experiments.recordings.sound_file import write_audio
    from patchwright.experiments.recordings.whole_sound import dry_performance
    from patchwright.synths import Performance, Status, parse_notes, read_midi

    if (preset is None) == (program is None):
        raise ExperimentError("Give a preset file or --program, one of the two.")
    if sum(given is not None for given in (notes, midi, dry)) > 1:
        raise ExperimentError("Give --notes, --midi or --dry, one of them.")
    if dry is not None:
        performance = dry_performance(dry, sr=sr, tail=tail, length=length, tempo=tempo or 120.0)
    else:
        if midi is not None:
            played = read_midi(midi)
            chosen, beats = played.notes, played.tempo
        else:
            chosen, beats = parse_notes("C4" if notes is None else notes), 120.0
        beats = beats if tempo is None else tempo
        performance = Performance.of(chosen, tail=tail, sr=sr, tempo=beats, length=length)
    if preset is not None:
        renders = _render_file(synth, preset, name, performance, host=host, spec=spec, input=input)
    else:
        renders = _render_program(synth, str(program), performance, host=host, spec=spec)
    status = Status(renders.status[0])
    if status not in (Status.ok, Status.silent):
        which = preset or program
        raise ExperimentError(f"{synth} {status.name} with {which}: try another preset.")
    write_audio(out, renders.audio[0], sr)
    silent = ", silent" if status is Status.silent else ""
    console.print(f"{out}: {performance.length:g} s{silent}")


@synth_app.command("qualify")
def qualify_command(
    synth: SynthArgument,
    lock: Lock = None,
    presets: Annotated[
        int | None,
        typer.Option(min=2, help="Number of random presets to try. Default: 100; of hardware 20."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Repeat an earlier qualification.")
    ] = False,
    spec: Spec = None,
    state: State = None,
    host: Host = None,
    input: Input = None,
) -> None:
    """Find the policy with which the renders of a plugin, or of 'effects: PLUGIN', repeat.

    The cost of each policy is measured as well. Of hardware (midi:PORT), latency, noise and whether
    oscillators run freely are.
    """
    from patchwright.experiments.trust.hardware import print_line, qualify_line
    from patchwright.experiments.trust.qualification import print_verdict, qualify_plugin
    from patchwright.synths.effects import split_address
    from patchwright.synths.hardware.address import is_hardware
    from patchwright.synths.parameters.locks import read_lock
    from patchwright.synths.plugins.address import resolve

    if is_hardware(synth):
        with _opened(synth, spec=spec, input=input, state=state, host=host) as line:
            locks = read_lock(lock) if lock is not None else {}
            heard = qualify_line(line, locks, presets=presets or 20, again=again, console=errors)
        print_line(heard, console)
        return
    parts = split_address(synth)
    effect = parts.chain if parts.instrument is None else None
    plugin = resolve(effect or synth, host=host, spec=spec, state=state, effect=effect is not None)
    locks = read_lock(lock) if lock is not None else {}
    verdict = qualify_plugin(plugin, locks, presets=presets or 100, again=again, console=errors)
    print_verdict(verdict, console)


def _render_file(
    synth: str, preset: Path, name: str | None, performance: "Performance", **options: Any
) -> "Renderings":
    import numpy as np

    from patchwright.synths.plugins.address import is_plugin
    from patchwright.synths.plugins.hosts.table import preset_suffixes
    from patchwright.synths.presets.files import PROJECTS, plugin_state, read_preset
    from patchwright.synths.presets.plugin_state import SUFFIXES

    if preset.suffix.casefold() in PROJECTS:
        with _opened(synth, **options) as opened, TemporaryDirectory() as folder:
            read_preset(preset, opened, name=name)  # refused by the name of the project
            saved = plugin_state(preset, opened, name=name)
            alone = Path(folder) / f"state{SUFFIXES[saved.kind]}"
            alone.write_bytes(saved.data)
            return _render_file(synth, alone, None, performance, **options)
    # loaded whole, because a plugin's own file may hold more than parameters, such as wavetables
    own = preset.suffix.casefold() in preset_suffixes()
    state = preset if own and is_plugin(synth) else None
    with _opened(synth, state=state, **options) as opened:
        _refuse_effect(opened)
        values = read_preset(preset, opened, name=name).values
        renders: Renderings = opened.render(values[np.newaxis], performance)
    return renders


def _render_program(
    synth: str, program: str, performance: "Performance", **options: Any
) -> "Renderings":
    from patchwright.synths.plugins.programs import programs
    from patchwright.synths.presets.files import choose

    with _opened(synth, **options) as opened:
        _refuse_effect(opened)
        names = [preset.name for preset in programs(opened)]
        number = choose(synth, names, program)
        renders: Renderings = opened.render_programs([number], performance)
    return renders


def _refuse_effect(synth: "Synth") -> None:
    from patchwright.experiments.match.open_synth import pool_of
    from patchwright.synths.plugins.sound_check import refuse_effect

    if (pool := pool_of(synth)) is not None:
        refuse_effect(pool)


def _opened(synth: str, *, input: str | None = None, **options: Any) -> Any:
    from patchwright.experiments.config import SynthConfig
    from patchwright.experiments.match.open_synth import open_synth

    line = {} if input is None else {"line": {"input": input}}
    return open_synth(SynthConfig(name=synth, **options, **line))
