"""What a run leaves behind: presets, renders of them, and the numbers, proved by rendering."""

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from experiments.config import ExperimentConfig
from experiments.recording import Recording
from experiments.registry import find
from experiments.run_folder import RunFolder, write_json
from objectives import OBJECTIVES, ObjectiveSet, Target
from search import Calibration, SearchResult
from synths import Performance, Preset, Status, Subspace, Synth
from synths.parameters import Array

_FRONT = 24  # presets of the Pareto front that are kept to listen to
_LIBRARIES = ("patchwright", "torch", "numpy", "scipy", "pymoo", "cmaes", "librosa", "soxr")


def versions() -> dict[str, str]:
    """Versions that the bits of a run depend on."""
    found = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"python": platform.python_version()} | found


@dataclass(frozen=True)
class Proof:
    """Renders presets once more, from their files, and measures what comes out."""

    synth: Synth
    subspace: Subspace
    performance: Performance
    objectives: ObjectiveSet

    def render(self, preset: Path) -> np.ndarray:
        """Audio `[c, t]` of a preset file."""
        values = Preset.read(preset, self.synth.name, self.synth.space).values[np.newaxis]
        return np.asarray(self.synth.render(values, self.performance).audio[0])

    def metrics(self, audio: np.ndarray) -> dict[str, float]:
        """Every distance that is built in, whether it was optimised or not."""
        every = ObjectiveSet([cls() for cls in OBJECTIVES.values()], self.objectives.target)
        return _named(every.names, every.score(audio[np.newaxis])[0])

    def noise_floor(self, preset: Path, audio: np.ndarray) -> dict[str, float]:
        """Distances between two renders of one preset."""
        floor = ObjectiveSet(
            [find("objective", name, OBJECTIVES)() for name in self.objectives.names],
            Target(audio, self.objectives.target.sr),
        )
        return _named(floor.names, floor.score(self.render(preset)[np.newaxis])[0])


def write_results(
    folder: RunFolder,
    config: ExperimentConfig,
    recording: Recording,
    calibration: Calibration,
    result: SearchResult,
    proof: Proof,
) -> dict[str, Any]:
    """Write presets, audio and numbers of a finished search.

    Args:
        folder: Where to.
        config: Of the run.
        recording: That was matched.
        calibration: Of the search.
        result: Of the search.
        proof: Renders what was found once more.

    Returns:
        The summary, as written.
    """
    names, archive, scales = proof.objectives.names, result.archive, result.scales
    synth, sr = proof.synth, config.sr
    folder.front.mkdir(exist_ok=True)
    front = []
    for place, position in enumerate(archive.spread(_FRONT)):
        values = proof.subspace.decode(archive.genotypes[[position]])[0]
        label = f"{place:02d}"
        path = folder.front / f"{label}.json"
        Preset(f"{recording.path.stem} {label}", synth.name, values).write(path, synth.space)
        _write_audio(folder.front / f"{label}.wav", proof.render(path), sr)
        scaled = archive.scores[position]
        front.append(
            {
                "name": label,
                "scores": _named(names, scaled * scales),
                "scaled": _named(names, scaled),
                "distance": float(archive.distances()[position]),
            }
        )
    values = proof.subspace.decode(result.genotype[np.newaxis])[0]
    best = Preset(recording.path.stem, synth.name, values)
    best.write(folder.best_preset, synth.space)
    audio = proof.render(folder.best_preset)
    _write_audio(folder.best_audio, audio, sr)
    _write_audio(folder.target, recording.audio, sr)
    rendered = proof.objectives.score(audio[np.newaxis])[0]
    write_json(
        folder.search,
        {
            "scales": _named(names, scales),
            "random": {
                name: [float(score) for score in column if np.isfinite(score)]
                for name, column in zip(names, calibration.evaluations.scores.T, strict=True)
            },
            "history": [
                {
                    "number": state.number,
                    "renders": state.renders,
                    "seconds": state.seconds,
                    "best": _named(names, state.best),
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
        "free": len(proof.subspace),
        "method": config.search.method,
        "seed": config.seed,
        "renders": last.renders,
        "generations": last.number,
        "seconds": last.seconds,
        "stopped": result.stopped,
        "objectives": _named(names, rendered),
        "random": _named(names, scales),
        "match": float(np.clip(1 - np.mean(rendered / scales), 0, 1)),
        "metrics": proof.metrics(audio),
        "noise_floor": proof.noise_floor(folder.best_preset, audio),
        "verified": np.array_equal(rendered / scales, archive.scores[archive.answer()]),
        "statuses": {status.name: result.statuses[status] for status in Status},
        "preset": {p.name: p.text(v) for p, v in zip(synth.space.parameters, values, strict=True)},
        "versions": versions(),
    }
    write_json(folder.summary, summary)
    return summary


def _write_audio(path: Path, audio: np.ndarray, sr: int) -> None:
    soundfile.write(path, audio.T, sr, subtype="FLOAT")


def _named(names: Sequence[str], numbers: Array) -> dict[str, float]:
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}
