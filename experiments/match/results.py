"""What a run leaves behind: presets, renders of them, and the numbers, proved by rendering."""

from pathlib import Path
from typing import Any

import numpy as np

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.match.descriptors import described_answer
from patchwright.experiments.match.open_synth import qualified_noise
from patchwright.experiments.match.search import Found
from patchwright.experiments.match.setup import Setup, named
from patchwright.experiments.recordings.sound_file import write_audio
from patchwright.experiments.records.run_folder import RunFolder, write_json
from patchwright.experiments.records.versions import versions
from patchwright.objectives import OBJECTIVES, ObjectiveSet
from patchwright.objectives.metrics import reported_values, share_of_random_beaten
from patchwright.search import Calibration, Generation, SearchResult
from patchwright.synths import Preset, Status
from patchwright.synths.parameters import Array
from patchwright.synths.parameters.accuracy import parameter_accuracy, parameter_mae
from patchwright.synths.performance.note_text import notes_text
from patchwright.synths.presets.files import write_preset

_FRONT = 24  # presets of the Pareto front, or of different sounds, that are kept to listen to
_CLOSE = 0.1  # random presets' distance by which different sounds may be farther than the answer


def write_results(
    folder: RunFolder, config: ExperimentConfig, setup: Setup, found: Found
) -> dict[str, Any]:
    """Write presets, audio and numbers of a finished search.

    Args:
        folder: Where to.
        config: Of the run.
        setup: That it worked with.
        found: What the search came to.

    Returns:
        The summary, as written.
    """
    calibration, result = found.calibration, found.result
    archive = result.archive
    values = setup.subspace.decode(result.genotype[np.newaxis])[0]
    _write_preset(folder.best_preset, config.target.name, values, setup)
    best = setup.render(folder.best_preset)
    write_audio(folder.best_audio, best, config.sr)
    write_audio(folder.target, setup.recording.audio, config.sr)
    search = {
        "scales": named(setup.objectives.names, result.scales),
        "random": _random(calibration, setup),
        # before anything is within the constraints there is no state to tell of
        "history": [_state(state, setup) for state in result.history if state.distance < np.inf],
        "front": _write_front(folder, config, setup, result),
        "front_size": len(archive),
    }
    write_json(folder.search, search)
    scores = setup.objectives.score(best[np.newaxis])[0]
    scaled = scores / result.scales
    last = result.history[-1]
    summary = {
        "target": _target(config, setup),
        "synth": setup.synth.name,
        "free": len(setup.subspace),
        "method": config.search.method,
        "chose": result.chose,
        "seed": config.seed,
        "renders": last.renders,
        "store": None if found.starts is None else found.starts.facts,
        "generations": last.number,
        "seconds": last.seconds,
        "stopped": result.stopped,
        "objectives": named(setup.objectives.names, scores),
        "descriptors": described_answer(setup.descriptors, setup.described(best)),
        "infeasible": result.infeasible,
        "match": float(np.clip(1 - np.mean(calibration.weights * scaled), 0, 1)),
        **_measures(folder, config, setup, calibration, best),
        "verified": np.array_equal(scaled, archive.scores[archive.answer()]),
        "native": _native(folder, config, setup, values),
        "parameters": _parameter_errors(setup, values),
        "statuses": {status.name: result.statuses[status] for status in Status},
        "preset": {
            parameter.name: parameter.text(value)
            for parameter, value in zip(setup.synth.space.parameters, values, strict=True)
        },
        "versions": versions(setup.synth),
    }
    write_json(folder.summary, summary)
    return summary


def _measures(
    folder: RunFolder,
    config: ExperimentConfig,
    setup: Setup,
    calibration: Calibration,
    best: np.ndarray,
) -> dict[str, dict[str, float]]:
    """What every distance makes of the best match, beside random presets and the noise."""
    searched = setup.objectives
    others = setup.other_metrics()
    every = ObjectiveSet([*searched.objectives, *others.objectives], searched.target)
    drawn = calibration.evaluations.genotypes[: calibration.random]
    known = calibration.evaluations.scores[: calibration.random]
    random = np.concatenate([known, setup.scores(drawn, others)], axis=1)
    distances = every.score(best[np.newaxis])[0]
    noise = setup.noise_floor(folder.best_preset, best, every)
    qualified = qualified_noise(setup.synth, config.synth)
    # a sound too loud for a metric's arithmetic leaves it out
    able = np.isfinite(distances) & np.isfinite(random).any(axis=0)
    names = [name for name, it_is in zip(every.names, able, strict=True) if it_is]
    figures = reported_values(names, distances[able])
    return {
        "metrics": {name: figures[name] for name in OBJECTIVES if name in figures},
        "random": reported_values(names, np.nanmedian(random[:, able], axis=0)),
        "closer_than": named(names, share_of_random_beaten(distances[able], random[:, able])),
        "noise_floor": {
            name: max(float(floor), qualified.get(name, 0.0))
            for name, floor in zip(names, noise[able], strict=True)
        },
    }


def _native(
    folder: RunFolder, config: ExperimentConfig, setup: Setup, values: Array
) -> dict[str, Any] | None:
    """Write the answer in the synth's own format, if it has one; its scores as the synth reads it.

    Such files often hold fewer digits than the search.
    """
    if setup.synth.suffix is None:
        return None
    path = folder.native_preset(setup.synth.suffix)
    preset = Preset(config.target.name, setup.synth.name, values)
    write_preset(path, preset, setup.synth)
    audio = setup.render(path)
    scores = setup.objectives.score(audio[np.newaxis])[0]
    return {"file": path.name, "objectives": named(setup.objectives.names, scores)}


def _parameter_errors(setup: Setup, values: Array) -> dict[str, float] | None:
    """How far the answer is from the preset that made the target, over the free parameters."""
    if setup.truth is None:
        return None
    pair = values[np.newaxis], setup.truth[np.newaxis]
    errors = {
        "param_mae": parameter_mae(setup.subspace, *pair)[0],
        "param_accuracy": parameter_accuracy(setup.subspace, *pair)[0],
    }
    return {name: float(error) for name, error in errors.items() if np.isfinite(error)}


def _write_front(
    folder: RunFolder, config: ExperimentConfig, setup: Setup, result: SearchResult
) -> list[dict[str, Any]]:
    """Write presets of the front that lie far apart, the answer first; their scores.

    Where presets are to differ in descriptors, those that sound close and differ in them most.
    """
    folder.front.mkdir(exist_ok=True)
    archive, names = result.archive, setup.objectives.names
    if result.elites is None:
        rows = archive.spread(_FRONT)
        kept = archive.genotypes[rows], archive.scores[rows], archive.distances()[rows]
    else:
        elites = result.elites
        rows = elites.spread(_FRONT, _CLOSE)
        kept = elites.genotypes[rows], elites.scores[rows], elites.distances[rows]
    front = []
    for place, (genotype, scaled, distance) in enumerate(zip(*kept, strict=True)):
        label = f"{place:02d}"
        path = folder.front / f"{label}.json"
        values = setup.subspace.decode(genotype[np.newaxis])[0]
        _write_preset(path, f"{config.target.name} {label}", values, setup)
        audio = setup.render(path)
        write_audio(path.with_suffix(".wav"), audio, config.sr)
        front.append(
            {
                "name": label,
                "scores": named(names, scaled * result.scales),
                "scaled": named(names, scaled),
                "distance": float(distance),
                "descriptors": setup.described(audio),
            }
        )
    return front


def _random(calibration: Calibration, setup: Setup) -> dict[str, list[float]]:
    """What the random presets scored."""
    scores = calibration.evaluations.scores[: calibration.random]
    columns = zip(setup.objectives.names, scores.T, strict=True)
    return {name: column[np.isfinite(column)].tolist() for name, column in columns}


def _state(state: Generation, setup: Setup) -> dict[str, Any]:
    return {
        "number": state.number,
        "renders": state.renders,
        "seconds": state.seconds,
        "best": named(setup.objectives.names, state.best),
        "distance": state.distance,
        "hypervolume": state.hypervolume,
    }


def _target(config: ExperimentConfig, setup: Setup) -> dict[str, Any]:
    recording = setup.recording
    return {
        "file": recording.path.name,
        "sha256": recording.sha256,
        "note": recording.note,
        "notes": notes_text(setup.performance.notes),
        "tempo": setup.performance.tempo,
        "note_given": config.target.path is None
        or config.target.note is not None
        or config.target.notes is not None,
        "f0": recording.f0,
        "cents": recording.cents,
        "voiced": recording.voiced,
        "held": recording.duration,
        "onset": recording.onset,
        "length": recording.audio.shape[1] / config.sr,
        "sr": config.sr,
    }


def _write_preset(path: Path, name: str, values: Array, setup: Setup) -> None:
    Preset(name, setup.synth.name, values).write(path, setup.synth.space)
