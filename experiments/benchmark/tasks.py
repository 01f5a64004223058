"""Tasks of the benchmark, and the methods that are entered."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from patchwright.experiments.config import ExperimentConfig, beside_folder, check_experiment
from patchwright.experiments.config.model import Model, check, expand_name
from patchwright.experiments.errors import ExperimentError
from patchwright.synths import did_you_mean
from patchwright.synths.yaml_file import read_yaml

_TASKS = Path(__file__).with_name("tasks.yaml")
_METHODS = Path(__file__).with_name("methods.yaml")

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)]
"""Name that is a file's name too."""


class Form(Model):
    """How much of the benchmark is done.

    Attributes:
        renders: Most renders of a search.
        seconds: Most seconds of a search.
        seeds: Seeds of the searches of each task.
        tasks: Names of its tasks; all if empty.
    """

    renders: int = Field(gt=0)
    seconds: float = Field(gt=0)
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1)
    tasks: tuple[Name, ...] = ()


class Task(Model):
    """A sound to match by a synth.

    Attributes:
        name: Name of the task.
        synth: Synth and lock, as in an experiment.
        target: Target, as in an experiment.
    """

    name: Name
    synth: str | dict[str, Any]
    target: dict[str, Any]

    @property
    def synth_name(self) -> str:
        """Address of the synth."""
        return str(expand_name(self.synth)["name"])


class Method(Model):
    """A way to search.

    Attributes:
        about: What it is.
        ours: Whether it is Patchwright's own.
        search: Search, as in an experiment, without its budget.
        objectives: Distances that it minimises; the default ones if empty.
    """

    about: str = ""
    ours: bool = False
    search: dict[str, Any]
    objectives: tuple[str, ...] = ()


class Benchmark(Model):
    """A version of the benchmark.

    Attributes:
        version: Number of the version.
        sr: Sample rate in Hz.
        calibration: Random presets of each task, whose median is the unit of its distances.
        judges: Distances that measure every answer.
        forms: Forms by name.
        tasks: All tasks.
    """

    version: int = Field(ge=1)
    sr: int
    calibration: int = Field(ge=10)
    judges: tuple[str, ...] = Field(min_length=1)
    forms: dict[Name, Form]
    tasks: tuple[Task, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _tasks_are_there(self) -> "Benchmark":
        names = [task.name for task in self.tasks]
        if len(set(names)) < len(names):
            raise ValueError("two tasks have one name: rename one")
        for form in self.forms.values():
            for name in form.tasks:
                if name not in names:
                    raise ValueError(f"{name} is no task; {did_you_mean(name, names)}")
        return self

    def form(self, name: str) -> Form:
        """Return a form.

        Raises:
            ExperimentError: If there is none of this name.
        """
        if name not in self.forms:
            raise ExperimentError(f"{name!r} is no form; {did_you_mean(name, self.forms)}")
        return self.forms[name]

    def tasks_of(self, form: str) -> tuple[Task, ...]:
        """Return the tasks of a form."""
        names = self.form(form).tasks
        return tuple(task for task in self.tasks if not names or task.name in names)


@dataclass(frozen=True)
class TaskSearch:
    """A search that a method does for a task.

    Attributes:
        method: Name of the method.
        task: Name of the task.
        seed: Seed of the search.
        config: Config of its run.
    """

    method: str
    task: str
    seed: int
    config: ExperimentConfig


@cache
def read_benchmark() -> Benchmark:
    """Read the benchmark that comes along."""
    return check(Benchmark, read_yaml(_TASKS), prefix=f"{_TASKS}: ")


@cache
def entered_methods() -> dict[str, Method]:
    """Return the methods that are entered, by name."""
    return {name: check(Method, content) for name, content in read_yaml(_METHODS).items()}


def find_method(name: str) -> Method:
    """Return a method that is entered, or an optimizer with its usual options.

    Raises:
        ExperimentError: If there is none of this name.
    """
    from patchwright.experiments.match.guide import METHODS  # imported late: it takes long

    entered = entered_methods()
    if name in entered:
        return entered[name]
    if name in METHODS:
        return Method(ours=True, search={"method": name})
    known = [*entered, *METHODS]
    raise ExperimentError(f"There is no method {name!r}: {did_you_mean(name, known)}")


def experiment(benchmark: Benchmark, task: Task, **content: Any) -> ExperimentConfig:
    """Return the experiment of a task, with what a method, or the judges, add to it."""
    whole = {"sr": benchmark.sr, "synth": task.synth, "target": task.target} | content
    return beside_folder(check_experiment(whole, task.name), _TASKS.parent)


def searches(
    benchmark: Benchmark, form: str, name: str, tasks: tuple[Task, ...]
) -> Iterator[TaskSearch]:
    """Yield the searches of a method.

    Args:
        benchmark: Benchmark.
        form: Name of a form.
        name: Name of the method; see `find_method`.
        tasks: Tasks to do.
    """
    limits, method = benchmark.form(form), find_method(name)
    for task in tasks:
        for seed in limits.seeds:
            search = method.search | {"renders": limits.renders, "seconds": limits.seconds}
            objectives = {"objectives": list(method.objectives)} if method.objectives else {}
            config = experiment(benchmark, task, search=search, seed=seed, **objectives)
            yield TaskSearch(name, task.name, seed, config)
