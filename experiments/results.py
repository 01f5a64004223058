"""What a run leaves behind: presets, renders of them, and the numbers, proved by rendering."""

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io.wavfile

from experiments.config import ExperimentConfig
from experiments.run_folder import RunFolder, write_json
from experiments.setup import Setup, named
from search import Calibration, SearchResult
from synths import Preset, Status

_FRONT = 24  # presets of the Pareto front that are kept to listen to
_LIBRARIES = ("patchwright", "torch", "numpy", "scipy", "pymoo", "cmaes", "librosa", "soxr")


def versions() -> dict[str, str]:
    """Versions that the bits of a run depend on."""
    found = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"python": platform.python_version()} | found


def write_results(
    folder: RunFolder,
    config: ExperimentConfig,
    setup: Setup,
    calibration: Calibration,
    result: SearchResult,
) -> dict[str, Any]:
    """Write presets, audio and numbers of a finished search.

    Args:
        folder: Where to.
        config: Of the run.
        setup: That it worked with.
        calibration: Of the search.
        result: Of the search.

    Returns:
        The summary, as written.
    """
    names, archive, scales = setup.objectives.names, result.archive, result.scales
    recording, synth, sr = setup.recording, setup.synth, config.sr
    folder.front.mkdir(exist_ok=True)
    front = []
    for place, position in enumerate(archive.spread(_FRONT)):
        values = setup.subspace.decode(archive.genotypes[[position]])[0]
        label = f"{place:02d}"
        path = folder.front / f"{label}.json"
        Preset(f"{recording.path.stem} {label}", synth.name, values).write(path, synth.space)
        _write_audio(folder.front / f"{label}.wav", setup.render(path), sr)
        scaled = archive.scores[position]
        front.append(
            {
                "name": label,
                "scores": named(names, scaled * scales),
                "scaled": named(names, scaled),
                "distance": float(archive.distances()[position]),
            }
        )
    values = setup.subspace.decode(result.genotype[np.newaxis])[0]
    best = Preset(recording.path.stem, synth.name, values)
    best.write(folder.best_preset, synth.space)
    audio = setup.render(folder.best_preset)
    _write_audio(folder.best_audio, audio, sr)
    _write_audio(folder.target, recording.audio, sr)
    rendered = setup.objectives.score(audio[np.newaxis])[0]
    write_json(
        folder.search,
        {
            "scales": named(names, scales),
            "random": {
                name: [float(score) for score in column if np.isfinite(score)]
                for name, column in zip(names, calibration.evaluations.scores.T, strict=True)
            },
            "history": [
                {
                    "number": state.number,
                    "renders": state.renders,
                    "seconds": state.seconds,
                    "best": named(names, state.best),
                    "distance": state.distance,
                    "hypervolume": state.hypervolume,
                }
                for state in result.history
            ],
            "front": front,
            "front_size": len(archive),
        },
    )
    last = result.history[-1]
    summary = {
        "target": {
            "file": recording.path.name,
            "sha256": recording.sha256,
            "note": recording.note,
            "note_given": config.target.note is not None,
            "f0": recording.f0,
            "cents": recording.cents,
            "voiced": recording.voiced,
            "held": recording.duration,
            "onset": recording.onset,
            "length": recording.audio.shape[1] / sr,
            "sr": sr,
        },
        "synth": synth.name,
        "free": len(setup.subspace),
        "method": config.search.method,
        "seed": config.seed,
        "renders": last.renders,
        "generations": last.number,
        "seconds": last.seconds,
        "stopped": result.stopped,
        "objectives": named(names, rendered),
        "random": named(names, scales),
        "match": float(np.clip(1 - np.mean(rendered / scales), 0, 1)),
        "metrics": setup.metrics(audio),
        "noise_floor": setup.noise_floor(folder.best_preset, audio),
        "verified": np.array_equal(rendered / scales, archive.scores[archive.answer()]),
        "statuses": {status.name: result.statuses[status] for status in Status},
        "preset": {p.name: p.text(v) for p, v in zip(synth.space.parameters, values, strict=True)},
        "versions": versions(),
    }
    write_json(folder.summary, summary)
    return summary


def _write_audio(path: Path, audio: np.ndarray, sr: int) -> None:
    # scipy's writer, because libsndfile puts the time of day into WAV files of floats
    scipy.io.wavfile.write(path, sr, np.asarray(audio, np.float32).T)
