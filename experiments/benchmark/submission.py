"""Submissions: a folder with `method.yaml` and a preset for each task and seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import Field

from patchwright.experiments.benchmark.tasks import Benchmark, Name
from patchwright.experiments.config.model import Model, check
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.run_folder import write_text
from patchwright.synths.whole_file import own_file, own_folder, whole_file
from patchwright.synths.yaml_file import read_yaml

METHOD = "method.yaml"


class Claim(Model):
    """A search of which the submission holds the answer, and what it is said to have used.

    Attributes:
        task: Name of the task.
        seed: Seed of the search.
        renders: Renders.
        seconds: Seconds by the clock.
    """

    task: Name
    seed: int = Field(ge=0)
    renders: int = Field(ge=0, lt=2**53)
    seconds: float = Field(ge=0)


class MethodFacts(Model):
    """What a submission says of itself: `method.yaml`.

    Attributes:
        benchmark: Version of the benchmark.
        form: Name of the form.
        name: Name of the method to show.
        about: What it is.
        url: Where it is found.
        ours: Whether it is Patchwright's own.
        hardware: Machine of the searches.
        optimised: Distances of `judges` that it minimised.
        answers: Searches whose answers are in `presets/TASK/SEED.json`, or of another suffix.
    """

    benchmark: int
    form: Name
    name: str = Field(min_length=1, max_length=100)
    about: str = Field(default="", max_length=1000)
    url: str = Field(default="", max_length=300)
    ours: bool = False
    hardware: str = Field(default="", max_length=200)
    optimised: tuple[str, ...] = ()
    answers: tuple[Claim, ...]


@dataclass(frozen=True)
class Submission:
    """A submission in its folder.

    Attributes:
        folder: Folder.
        facts: Content of `method.yaml`.
    """

    folder: Path
    facts: MethodFacts

    def preset(self, task: str, seed: int) -> Path | None:
        """Return the preset file of a task and a seed, whatever its format; None without one.

        Raises:
            SynthError: If it is a link, or in one.
        """
        folder = own_file(own_file(self.folder / "presets") / task)
        found = sorted(path for path in folder.glob(f"{seed}.*") if path.is_file())
        return own_file(found[0]) if found else None


def read_submission(folder: Path, benchmark: Benchmark) -> Submission:
    """Read a submission.

    Raises:
        ExperimentError: If it is none, or of another version of the benchmark.
        SynthError: If its `method.yaml` cannot be read.
    """
    path = folder / METHOD
    if not path.is_file():
        raise ExperimentError(f"{folder} is no submission: it has no {METHOD}.")
    facts = check(MethodFacts, read_yaml(path), prefix=f"{path}: ")
    if facts.benchmark != benchmark.version:
        raise ExperimentError(
            f"{path} is of version {facts.benchmark} of the benchmark, and this is version "
            f"{benchmark.version}: run its method again."
        )
    benchmark.form(facts.form)
    return Submission(folder, facts)


def write_submission(
    folder: Path, facts: MethodFacts, presets: Mapping[tuple[str, int], Path]
) -> None:
    """Write a submission.

    Args:
        folder: Its folder.
        facts: What it says of itself.
        presets: Preset files by task and seed.

    Raises:
        SynthError: If a folder of it is a link.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = own_folder(folder / "presets")
    for (task, seed), preset in presets.items():
        place = own_folder(own / task) / f"{seed}{preset.suffix}"
        with whole_file(place) as part:
            part.write_bytes(preset.read_bytes())
    content = facts.model_dump(mode="json")
    write_text(folder / METHOD, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
