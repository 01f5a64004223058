"""Results of a run: presets, their renders, and the numbers, checked by rendering again."""

from dataclasses import asdict

import numpy as np
from threadpoolctl import threadpool_limits

from patchwright.experiments.match.descriptor_space import described_answer
from patchwright.experiments.match.effects_answer import write_effects
from patchwright.experiments.match.finalists import Finalists, finalists
from patchwright.experiments.match.open_synth import qualified_noise
from patchwright.experiments.match.search import SearchOutcome
from patchwright.experiments.match.setup import Setup, named
from patchwright.experiments.recordings.sound_file import write_audio
from patchwright.experiments.records.run_folder import RunFolder, write_json
from patchwright.experiments.records.summary import (
    GrantedWish,
    HeardDifference,
    NativePreset,
    Numbers,
    StoreFacts,
    Summary,
)
from patchwright.experiments.records.trace import (
    BelievedPreset,
    FrontPreset,
    PartCredit,
    SearchTrace,
    TracePoint,
)
from patchwright.objectives import OBJECTIVES, ObjectiveSet
from patchwright.objectives.differences import Differences, hear_differences, of_several
from patchwright.objectives.metrics import reported_values, share_of_random_beaten
from patchwright.objectives.wishes import compare_wishes, parse_wishes
from patchwright.search import Generation, Penalty, SearchResult
from patchwright.synths import Preset, Status
from patchwright.synths.parameters import Array, parameter_accuracy, parameter_mae
from patchwright.synths.performance.notes import pitch_name
from patchwright.synths.presets.files import write_preset
from patchwright.synths.whole_file import own_folder

_FRONT = 24  # presets of the Pareto front, or of different sounds, to keep for listening
_CLOSE = 0.1  # distance, in random presets' units, that different sounds may be farther


def write_answer(setup: Setup, folder: RunFolder, outcome: SearchOutcome) -> Summary:
    """Write the presets, the audio and the numbers of a finished search.

    Args:
        setup: Synth, target, objectives and method of the run.
        folder: Folder of the run.
        outcome: Results of the search.

    Returns:
        The summary, as written.
    """
    config, result, calibration = setup.config, outcome.result, outcome.calibration
    judged = finalists(setup, outcome)
    answer = result.archive.genotypes[judged.answer][np.newaxis]
    values = setup.subspace.decode(answer)[0]
    Preset(config.target.name, setup.synth.name, values).write(
        folder.best_preset, setup.synth.space
    )
    best = setup.render(folder.best_preset)
    write_audio(folder.best_audio, best, config.sr)
    write_audio(folder.target, setup.target.audio, config.sr)
    write_json(folder.search, _trace(setup, folder, outcome, judged))
    scores = setup.objectives.score(best[np.newaxis])[0]
    scaled = scores / result.scales
    penalty = Penalty(setup.subspace, config.search.prior_weight)(answer)[0]
    measures = _Measures(setup, folder, outcome, best)
    heard = differences(setup, best)
    last = result.history[-1]
    summary = Summary(
        target=setup.target.facts(config.target),
        synth=setup.synth.name,
        free=len(setup.subspace),
        method=config.search.method,
        chose=result.chose,
        finalists=judged.facts(),
        seed=config.seed,
        renders=last.renders,
        store=_store_facts(outcome),
        generations=last.number,
        seconds=last.seconds,
        stopped=result.stopped,
        objectives=named(setup.objectives.names, scores),
        differences=tuple(HeardDifference(**asdict(each)) for each in heard.heard),
        alike=heard.alike,
        wishes=_wishes(setup, best),
        descriptors=described_answer(setup.descriptors, setup.described(best)),
        infeasible=result.infeasible,
        match=match_of(scaled, calibration.weights),
        metrics=measures.metrics(),
        random=measures.random(),
        closer_than=measures.closer_than(),
        noise_floor=measures.noise_floor(),
        verified=np.array_equal(scaled + penalty, result.archive.scores[judged.answer]),
        native=_write_native(setup, folder, values),
        effects=write_effects(setup.synth, folder, values, name=config.target.name, sr=config.sr),
        numbers=_numbers(setup, values, best, last),
        statuses={status.name: result.statuses[status] for status in Status},
        preset={
            parameter.name: parameter.text(value)
            for parameter, value in zip(setup.synth.space.parameters, values, strict=True)
        },
        versions=setup.versions,
    )
    write_json(folder.summary, summary)
    return summary


def match_of(scaled: np.ndarray, weights: np.ndarray) -> float:
    """Return the match, 0 to 1, of scaled scores `[m]` with weights `[m]` whose mean is 1."""
    return float(np.clip(1 - np.mean(weights * scaled), 0, 1))


def differences(setup: Setup, best: np.ndarray) -> Differences:
    """Hear what still differs between a preset's sound `[c, t]` and the target."""
    notes, parts, target = setup.performance.notes, setup.target.parts, setup.target.audio
    played = len(notes) or 2  # a dry sound may be of any number of notes
    sr = setup.performance.sr
    # the bits of LAPACK differ with its threads
    with threadpool_limits(limits=1, user_api="blas"):
        if not parts:
            held = notes[0].onset + notes[0].duration if notes else None
            return hear_differences(target, best, sr, notes=played, held=held)
        heard: dict[str, Differences] = {}
        for number, (note, (first, stop)) in enumerate(zip(notes, parts, strict=True), 1):
            name = pitch_name(note.pitch)
            heard[f"{name} ({number})" if name in heard else name] = hear_differences(
                target[:, first:stop], best[:, first:stop], sr, held=note.duration
            )
        return of_several(heard)


def _wishes(setup: Setup, best: np.ndarray) -> tuple[GrantedWish, ...]:
    """Measure what was wished, in the recording and in the answer's sound `[c, t]`."""
    unwished, but = setup.target.unwished, setup.config.target.but
    if unwished is None or but is None:
        return ()
    found = compare_wishes(unwished, best, setup.performance.sr, parse_wishes(but))
    return tuple(GrantedWish(**asdict(each)) for each in found)


class _Measures:
    """Every distance of the answer to the target, and for comparison random presets and noise."""

    def __init__(
        self, setup: Setup, folder: RunFolder, outcome: SearchOutcome, best: np.ndarray
    ) -> None:
        searched, calibration = setup.objectives, outcome.calibration
        others = setup.other_metrics()
        every = ObjectiveSet([*searched.objectives, *others.objectives], searched.target)
        drawn = calibration.evaluations.genotypes[: calibration.random]
        known = calibration.evaluations.scores[: calibration.random]
        random = np.concatenate([known, setup.scores(drawn, others)], axis=1)
        distances = every.score(best[np.newaxis])[0]
        noise = setup.noise_floor(folder.best_preset, best, every)
        # a very loud sound can overflow a metric, which is then left out
        usable = np.isfinite(distances) & np.isfinite(random).any(axis=0)
        # and so are distances that the answer has none of, such as of a pitch
        usable &= np.isfinite(noise) | np.isin(every.names, searched.names)
        self._names = [name for name, use in zip(every.names, usable, strict=True) if use]
        self._distances, self._random = distances[usable], random[:, usable]
        self._noise = np.nan_to_num(noise[usable])
        self._qualified = qualified_noise(setup.synth, setup.config.synth)

    def metrics(self) -> dict[str, float]:
        """Return the reported values of the answer by distance, in the registry's order."""
        values = reported_values(self._names, self._distances)
        return {name: values[name] for name in OBJECTIVES if name in values}

    def random(self) -> dict[str, float]:
        """Return the reported values of the median random preset by distance."""
        return reported_values(self._names, np.nanmedian(self._random, axis=0))

    def closer_than(self) -> dict[str, float]:
        """Return the share of random presets that are farther than the answer, by distance."""
        return named(self._names, share_of_random_beaten(self._distances, self._random))

    def noise_floor(self) -> dict[str, float]:
        """Return distances between two renders of the answer, at least those `qualify` measured."""
        return {
            name: max(float(floor), self._qualified.get(name, 0.0))
            for name, floor in zip(self._names, self._noise, strict=True)
        }


def _numbers(setup: Setup, values: Array, best: np.ndarray, last: Generation) -> Numbers:
    """Measure the answer; numbers that are not finite do not apply, and are left out.

    Args:
        setup: Target and parameters of the run.
        values: Values of the answer, `[P]`.
        best: Audio of the answer, `[c, t]`.
        last: State after the last generation.
    """
    numbers = {"hypervolume": last.hypervolume}
    if setup.target.preset is not None:
        pair = values[np.newaxis], setup.target.preset[np.newaxis]
        numbers["param_mae"] = float(parameter_mae(setup.subspace, *pair)[0])
        numbers["param_accuracy"] = float(parameter_accuracy(setup.subspace, *pair)[0])
    if setup.subspace.prior is not None:
        genotypes = setup.subspace.encode(values[np.newaxis])
        numbers["unlikeliness"] = float(setup.subspace.prior.excess(genotypes)[0])
    return Numbers(**{name: number for name, number in numbers.items() if np.isfinite(number)})


def _store_facts(outcome: SearchOutcome) -> StoreFacts | None:
    if outcome.starts is None:
        return None
    return StoreFacts(given=len(outcome.starts.genotypes), stored=outcome.starts.stored)


def _write_native(setup: Setup, folder: RunFolder, values: Array) -> NativePreset | None:
    """Write the answer in the synth's own format, if there is one, and score that file."""
    if setup.synth.suffix is None:
        return None
    path = folder.native_preset(setup.synth.suffix)
    write_preset(path, Preset(setup.config.target.name, setup.synth.name, values), setup.synth)
    scores = setup.objectives.score(setup.render(path)[np.newaxis])[0]
    return NativePreset(file=path.name, objectives=named(setup.objectives.names, scores))


def _trace(
    setup: Setup, folder: RunFolder, outcome: SearchOutcome, judged: Finalists
) -> SearchTrace:
    """Write the kept presets, and return the trace of the search."""
    result, calibration = outcome.result, outcome.calibration
    account = result.account
    random = calibration.evaluations.scores[: calibration.random]
    columns = zip(setup.objectives.names, random.T, strict=True)
    return SearchTrace(
        scales=named(setup.objectives.names, result.scales),
        random={name: column[np.isfinite(column)].tolist() for name, column in columns},
        # without the states before any preset satisfied the constraints, which had no answer
        history=[_point(state, setup) for state in result.history if state.distance < np.inf],
        front=_write_front(setup, folder, result, judged),
        front_size=len(result.archive),
        credits={name: PartCredit(**asdict(each)) for name, each in account.contributions.items()},
        found_by=account.found_by,
        believed=[BelievedPreset(**asdict(each)) for each in account.proposals],
    )


def _point(state: Generation, setup: Setup) -> TracePoint:
    return TracePoint(
        number=state.number,
        renders=state.renders,
        seconds=state.seconds,
        best=named(setup.objectives.names, state.best),
        distance=state.distance,
        hypervolume=state.hypervolume,
    )


def _write_front(
    setup: Setup, folder: RunFolder, result: SearchResult, judged: Finalists
) -> list[FrontPreset]:
    """Write presets of the front that lie far apart, the answer first, then the nearest.

    If the config names descriptors, write the presets that sound close and differ most in them.
    """
    own_folder(folder.front)
    names, target = setup.objectives.names, setup.config.target.name
    archive, elites = result.archive, result.elites
    first = [*dict.fromkeys((judged.answer, archive.answer()))]
    rows = archive.spread(_FRONT if elites is None else len(first), first=first)
    members = archive.genotypes[rows], archive.scores[rows], archive.distances()[rows]
    kept = [*zip(*members, strict=True)]
    if elites is not None:
        rows = elites.spread(_FRONT, _CLOSE)
        members = elites.genotypes[rows], elites.scores[rows], elites.distances[rows]
        known = {genotype.tobytes() for genotype, _, _ in kept}
        kept += [m for m in zip(*members, strict=True) if m[0].tobytes() not in known]
    front = []
    penalise = Penalty(setup.subspace, setup.config.search.prior_weight)
    for place, (genotype, scaled, distance) in enumerate(kept[:_FRONT]):
        heard = scaled - penalise(genotype[np.newaxis])[0]
        label = f"{place:02d}"
        path = folder.front / f"{label}.json"
        values = setup.subspace.decode(genotype[np.newaxis])[0]
        Preset(f"{target} {label}", setup.synth.name, values).write(path, setup.synth.space)
        audio = setup.render(path)
        write_audio(path.with_suffix(".wav"), audio, setup.config.sr)
        front.append(
            FrontPreset(
                name=label,
                scores=named(names, heard * result.scales),
                scaled=named(names, heard),
                distance=float(distance),
                descriptors=setup.described(audio),
            )
        )
    return front
