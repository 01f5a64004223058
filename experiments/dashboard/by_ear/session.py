"""A preferential study of one run: candidates are shown, kept or dropped, and bred anew."""

from dataclasses import dataclass
from pathlib import Path
from wsgiref.types import WSGIApplication

import numpy as np
import optuna
import optuna_dashboard
from optuna.artifacts import FileSystemArtifactStore
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial
from optuna_dashboard import register_preference_feedback_component, save_note
from optuna_dashboard.preferential import PreferentialStudy, create_study

from patchwright.experiments.dashboard.by_ear.breeding import children
from patchwright.experiments.dashboard.by_ear.sounds import SHOWN, Sounds
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.setup import Setup
from patchwright.experiments.recordings.sound import Sound
from patchwright.experiments.recordings.sound_file import write_audio
from patchwright.experiments.records.finished_run import read_record
from patchwright.experiments.records.trace import SearchTrace
from patchwright.experiments.studies.journal import open_journal
from patchwright.experiments.studies.run_study import RunStudy, distribution, real_values
from patchwright.search import Archive
from patchwright.search.quiet import quiet
from patchwright.synths import Preset
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import write_preset

_SHOWN = 4  # candidates at a time
_BRED = 8  # presets for each new candidate
_TRIES = 10  # times that many, if none of them can be rendered

_HELP = (
    "Each player has the target first and then the candidate. Drop the worst, as often as you "
    "like: another one takes its place, bred from those that you kept. The one that was kept most "
    "often is the choice when you press Ctrl-C."
)


@dataclass(frozen=True)
class Choice:
    """What a person came to.

    Attributes:
        number: Of the candidate.
        wins: Comparisons that it was preferred in.
        distance: To the ideal point, in units of random presets, as the search has it.
        file: The preset, in the synth's own format if it has one.
    """

    number: int
    wins: int
    distance: float
    file: Path


class Session:
    """Shows candidates in Optuna's dashboard, and new ones in the place of those that are dropped.

    The first are of the search's front. A new one is bred from those that are kept; of a few such
    presets the one that the objectives find nearest to the target is shown: the ear says where to
    go, and the objectives keep it near. What is bred depends on the choices and the run's seed
    alone. All is kept in `by_ear/` of the run's folder, so that a session can be gone on with.

    Args:
        run: A finished run.
        setup: Of the run.

    Raises:
        ExperimentError: If the run is not finished, or the journal is damaged.
    """

    def __init__(self, run: RunStudy, setup: Setup) -> None:
        self._run, self._setup = run, setup
        self._folder = run.folder.path / "by_ear"
        (self._folder / "artifacts").mkdir(parents=True, exist_ok=True)
        trace = read_record(run.folder, run.folder.search, SearchTrace)
        self._scales = np.array([*trace.scales.values()])
        self._weights = np.array([objective.weight for objective in run.config.objectives])
        self._first = [run.folder.front / f"{point.name}.json" for point in trace.front]
        store = FileSystemArtifactStore(str(self._folder / "artifacts"))
        mend = f"remove {self._folder} and begin anew"
        storage = open_journal(self._folder / "by_ear.journal", mend)
        with quiet():
            self.study: PreferentialStudy = create_study(
                n_generate=_SHOWN,
                storage=storage,
                sampler=RandomSampler(),
                study_name=run.name,
                load_if_exists=True,
            )
        self._study = optuna.load_study(
            study_name=run.name, storage=storage, sampler=RandomSampler()
        )
        self.pages: WSGIApplication = optuna_dashboard.wsgi(storage, artifact_store=store)
        target = Sound(setup.target.audio.astype(np.float64), setup.performance.sr)
        register_preference_feedback_component(self.study, "artifact", SHOWN)
        self._sounds = Sounds(target, store)
        self._target = self._show_target()

    def update(self) -> None:
        """Show new candidates, if there is room."""
        trials = self.study.get_trials(deepcopy=False)
        if trials and trials[-1].state is TrialState.WAITING:  # it was interrupted
            self._show(trials[-1])
        while self.study.should_generate():
            self._show(self._add(len(self.study.get_trials(deepcopy=False))))

    def choice(self) -> Choice:
        """Write the candidate that was preferred most often; of equals, the nearest one.

        Before anything was preferred it is the search's answer.
        """
        numbers, wins = self._preferred()
        if not numbers:
            numbers, wins = [0], [0]
        distances = self._distances(self._genotypes(numbers))
        best = np.lexsort((distances, -np.array(wins)))[0]
        return Choice(
            number=numbers[best],
            wins=wins[best],
            distance=float(distances[best]),
            file=self._write(numbers[best]),
        )

    def _preferred(self) -> tuple[list[int], list[int]]:
        """Candidates that were preferred and not dropped since, and how often they were."""
        better = [trial.number for trial, _ in self.study.get_preferences(deepcopy=False)]
        numbers = sorted(trial.number for trial in self.study.best_trials)
        return numbers, [better.count(number) for number in numbers]

    def _add(self, number: int) -> FrozenTrial:
        """Keep a new candidate, which is not shown yet."""
        subspace = self._run.subspace
        path = self._path(number)
        if number < min(_SHOWN, len(self._first)):
            values = self._preset(self._first[number]).values
        else:
            values = subspace.decode(self._bred(number)[np.newaxis])[0]
        preset = Preset(f"candidate {number}", self._setup.synth.name, values)
        preset.write(path, self._setup.synth.space)
        parameters = [subspace.space.parameters[i] for i in subspace.free]
        columns = zip(parameters, values[subspace.free, np.newaxis], strict=True)
        self.study.add_trial(
            create_trial(
                state=TrialState.WAITING,
                params={p.name: real_values(p, column)[0] for p, column in columns},
                distributions={p.name: distribution(p) for p in parameters},
            )
        )
        added: FrozenTrial = self.study.get_trials(deepcopy=False)[-1]
        return added

    def _show(self, candidate: FrozenTrial) -> None:
        """Give a candidate its sound, and offer it."""
        trial = Trial(self._study, candidate._trial_id)
        audio = self._setup.render(self._path(candidate.number)).astype(np.float64)
        self._sounds.attach(Sound(audio, self._run.config.sr), trial, self._target)
        self._study._storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)

    def _show_target(self) -> str:
        """Make the target's sound an artifact of the study, once; its spectrogram as Markdown."""
        told = self._study.user_attrs.get("target")
        if told is None:
            told = self._sounds.attach_target(self._study)
            save_note(self._study, f"The target:\n\n{told}\n\n{_HELP}")
            self._study.set_user_attr("target", told)
        return str(told)

    def _bred(self, number: int) -> Array:
        """A genotype `[d]` around those that were preferred, or else around all candidates."""
        numbers, wins = self._preferred()
        if not numbers:
            numbers = [*range(min(number, _SHOWN))]
            wins = [0] * len(numbers)
        kept = self._genotypes(numbers)
        rng = np.random.default_rng((self._run.config.seed, 2, number))
        for _ in range(_TRIES):
            found = children(kept, np.array(wins), self._run.subspace, _BRED, rng)
            distances = self._distances(found)
            if np.isfinite(distances).any():
                return np.asarray(found[np.argmin(distances)])
        raise ExperimentError(
            f"None of {_TRIES * _BRED} presets around those that you kept could be rendered: "
            f"remove {self._folder} and begin anew."
        )

    def _distances(self, genotypes: Array) -> Array:
        """Distances `[n]` to the ideal point, as `search.Archive` has them; inf where failed."""
        with self._setup.evaluator() as evaluate:
            scores = evaluate(genotypes).scores / self._scales
        archive = Archive(len(self._run.subspace), len(self._scales), weights=self._weights)
        archive.scores = scores
        return np.nan_to_num(archive.distances(), nan=np.inf)

    def _genotypes(self, numbers: list[int]) -> Array:
        """Of candidates, `[k, d]`."""
        values = np.stack([self._preset(self._path(number)).values for number in numbers])
        return self._run.subspace.encode(values)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:02d}.json"

    def _preset(self, path: Path) -> Preset:
        return Preset.read(path, self._setup.synth.name, self._setup.synth.space)

    def _write(self, number: int) -> Path:
        """Write the choice as `match` writes its answer: preset, render, and the synth's format."""
        synth, name = self._setup.synth, self._run.config.target.name
        values = self._preset(self._path(number)).values
        preset = Preset(name, synth.name, values)
        best = self._folder / "best.json"
        preset.write(best, synth.space)
        write_audio(best.with_suffix(".wav"), self._setup.render(best), self._run.config.sr)
        if synth.suffix is None:
            return best
        native = best.with_suffix(synth.suffix)
        write_preset(native, preset, synth)
        return native
