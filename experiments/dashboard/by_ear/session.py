"""A preferential study of one run: candidates are shown, dropped, and replaced by new ones."""

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
from patchwright.synths.whole_file import own_folder

_SHOWN = 4  # candidates at a time
_BRED = 8  # presets bred for each new candidate
_TRIES = 10  # times that presets are bred, until one of them can be rendered

_HELP = (
    "Each player has the target first and then the candidate. Drop the worst, as often as you "
    "like: a new one takes its place, bred from those that you kept. When you press Ctrl-C, the "
    "candidate that you preferred most often is written."
)


@dataclass(frozen=True)
class Choice:
    """The candidate that a person prefers.

    Attributes:
        number: Number of the candidate.
        wins: Number of comparisons that it won.
        distance: Distance to the ideal point, in units of the median random preset.
        file: Preset file, in the synth's own format if it has one.
    """

    number: int
    wins: int
    distance: float
    file: Path


class Session:
    """Shows candidates in Optuna's dashboard, and replaces those that are dropped.

    The first candidates are from the search's front. To replace one, a few presets are bred from
    the candidates that were kept, and the one nearest to the target by the objectives is shown. It
    depends only on the choices and the run's seed. Everything is kept in `by_ear/` of the run's
    folder, so that a session can be continued.

    Args:
        run: Finished run.
        setup: Setup of the run.

    Attributes:
        study: Study with one trial per candidate.
        pages: The dashboard's web application.

    Raises:
        ExperimentError: If the run is not finished, or the journal is damaged.
    """

    def __init__(self, run: RunStudy, setup: Setup) -> None:
        self._run, self._setup = run, setup
        self._folder = own_folder(run.folder.path / "by_ear")
        artifacts = own_folder(self._folder / "artifacts")
        trace = read_record(run.folder, run.folder.search, SearchTrace)
        self._scales = np.array([*trace.scales.values()])
        self._weights = np.array([objective.weight for objective in run.config.objectives])
        self._first = [run.folder.front / f"{point.name}.json" for point in trace.front]
        store = FileSystemArtifactStore(str(artifacts))
        mend = f"remove {self._folder} to start again"
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
        """Show new candidates until there are enough."""
        trials = self.study.get_trials(deepcopy=False)
        if trials and trials[-1].state is TrialState.WAITING:  # an earlier session was interrupted
            self._show(trials[-1])
        while self.study.should_generate():
            self._show(self._add(len(self.study.get_trials(deepcopy=False))))

    def choice(self) -> Choice:
        """Write the candidate that was preferred most often; on a tie, the nearest one.

        If nothing was preferred yet, it is the search's answer.
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
        """Return the candidates that were preferred and not dropped, and their wins."""
        better = [trial.number for trial, _ in self.study.get_preferences(deepcopy=False)]
        numbers = sorted(trial.number for trial in self.study.best_trials)
        return numbers, [better.count(number) for number in numbers]

    def _add(self, number: int) -> FrozenTrial:
        """Add a candidate that is not shown yet."""
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
        """Render a candidate, attach its sound, and show it."""
        trial = Trial(self._study, candidate._trial_id)
        audio = self._setup.render(self._path(candidate.number)).astype(np.float64)
        self._sounds.attach(Sound(audio, self._run.config.sr), trial, self._target)
        self._study._storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)

    def _show_target(self) -> str:
        """Attach the target to the study, once, and return Markdown that shows its spectrogram."""
        image = self._study.user_attrs.get("target")
        if image is None:
            image = self._sounds.attach_target(self._study)
            save_note(self._study, f"The target:\n\n{image}\n\n{_HELP}")
            self._study.set_user_attr("target", image)
        return str(image)

    def _bred(self, number: int) -> Array:
        """Breed a genotype `[d]` from the preferred candidates, or from all if none is."""
        numbers, wins = self._preferred()
        if not numbers:
            numbers = [*range(min(number, _SHOWN))]
            wins = [0] * len(numbers)
        kept = self._genotypes(numbers)
        rng = np.random.default_rng((self._run.config.seed, 2, number))
        for _ in range(_TRIES):
            bred = children(kept, np.array(wins), self._run.subspace, _BRED, rng)
            distances = self._distances(bred)
            if np.isfinite(distances).any():
                return np.asarray(bred[np.argmin(distances)])
        raise ExperimentError(
            f"None of {_TRIES * _BRED} presets bred from those that you kept could be rendered: "
            f"remove {self._folder} to start again."
        )

    def _distances(self, genotypes: Array) -> Array:
        """Return distances to the ideal point `[n]`; inf where the render failed."""
        with self._setup.evaluator() as evaluate:
            scores = evaluate(genotypes).scores / self._scales
        archive = Archive(len(self._run.subspace), len(self._scales), weights=self._weights)
        archive.scores = scores
        return np.nan_to_num(archive.distances(), nan=np.inf)

    def _genotypes(self, numbers: list[int]) -> Array:
        """Return the genotypes of candidates, `[k, d]`."""
        values = np.stack([self._preset(self._path(number)).values for number in numbers])
        return self._run.subspace.encode(values)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:02d}.json"

    def _preset(self, path: Path) -> Preset:
        return Preset.read(path, self._setup.synth.name, self._setup.synth.space)

    def _write(self, number: int) -> Path:
        """Write a candidate as `match` writes its answer: JSON, render, and the synth's format."""
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
