"""What a page says of a run in words: facts, warnings and the table of scores."""

from dataclasses import dataclass
from typing import Any

from patchwright.experiments.pages.numbers import number
from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.objectives import OBJECTIVES
from patchwright.objectives.metrics import SIMILARITIES
from patchwright.synths.performance.notes import pitch_name


@dataclass(frozen=True)
class ScoreRow:
    """One line of the table of scores; a text is empty where nothing is known.

    Attributes:
        name: Of the distance.
        about: What it measures.
        optimised: Whether the search minimised it.
        best: Of the best match.
        random: Of the median random preset.
        ratio: How many times closer than that the best match is.
        beaten: The share of random presets that it is closer than.
        noise: Between two renders of one preset.
    """

    name: str
    about: str
    optimised: bool
    best: str
    random: str
    ratio: str
    beaten: str
    noise: str


def warnings(summary: dict[str, Any]) -> list[str]:
    """What a reader must know before trusting the result."""
    found = []
    target = summary["target"]
    if target["f0"] is None and not target["note_given"]:
        found.append(
            f"No clear pitch was found in the recording, so {pitch_name(target['note'])} was "
            "played. If it has a pitch, name it: --note 57 is A3."
        )
    if not summary["verified"]:
        found.append(
            "Rendered again from best.json, the best match did not give the scores that the "
            "search saw. The scores below are those of the second render."
        )
    return found


def facts(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Terms, what is the case, and a remark to each."""
    target, renders, seconds = summary["target"], summary["renders"], summary["seconds"]
    rate = f"{renders / seconds:.3g} renders/s" if seconds > 0 else ""
    failed = ", ".join(
        f"{n} {name}" for name, n in summary["statuses"].items() if n and name != "ok"
    )
    floor = {name: summary["noise_floor"][name] for name in summary["objectives"]}
    noisy = {name: value for name, value in floor.items() if value}
    several = len(target["notes"].split())
    if several > 1:
        played = ("Notes", f"{several}", target["notes"])
        held = ("Length", f"{target['length']:.2f} s", f"at {target['tempo']:g} beats a minute")
    else:
        name = f"{pitch_name(target['note'])} (MIDI {target['note']})"
        played = ("Pitch", name, _pitch(target))
        held = ("Key held", f"{target['held']:.2f} s", f"of {target['length']:.2f} s of sound")
    return [
        played,
        held,
        ("Renders", f"{renders:,}", f"{failed} among them" if failed else "all of them sounded"),
        *_store(summary.get("store")),
        *_descriptors(summary),
        ("Time", _duration(seconds), rate),
        ("Method", _optimizer(summary), f"{summary['generations']:,} generations"),
        (
            "Free parameters",
            f"{summary['free']} of {len(summary['preset'])}",
            "the others are locked"
            if summary["free"] < len(summary["preset"])
            else "none is locked",
        ),
        ("Seed", str(summary["seed"]), "of every random choice"),
        (
            "Verified" if summary["verified"] else "Not verified",
            "same bits" if summary["verified"] else "other bits",
            "rendered again from best.json",
        ),
        *_native(summary["native"]),
        *_parameters(summary["parameters"]),
        (
            "Noise floor",
            number(max(floor.values())) if noisy else "0",
            f"between two renders, in {', '.join(noisy)}" if noisy else "two renders are equal",
        ),
    ]


def _native(native: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    """The file in the synth's own format, and what it scores when the synth reads it."""
    if native is None:
        return []
    scores = ", ".join(f"{name} {number(value)}" for name, value in native["objectives"].items())
    return [("For the synth", native["file"], f"as it reads that: {scores}")]


def _descriptors(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What the best match measures by itself, and what it had to."""
    told = []
    for name, about in summary.get("descriptors", {}).items():
        remarks = ["presets differ in it"] if about["diverse"] else []
        if about["constraint"] is not None:
            remarks.append(f"within {about['constraint']}")
        value = f"{number(about['value'])} {about['unit']}"
        told.append((name.capitalize(), value, "; ".join(remarks)))
    if any(about["constraint"] for about in summary.get("descriptors", {}).values()):
        outside = f"{summary['infeasible']:,} of {summary['renders']:,}"
        told.append(("Outside constraints", outside, "renders, none of them an answer"))
    return told


def _store(store: dict[str, int] | None) -> list[tuple[str, str, str]]:
    """What a search took from earlier ones, whose renders its own are then more than."""
    if store is None:
        return []
    given = f"{store['given']} of {store['stored']:,} presets"
    remark = "earlier renders, which the score used besides those above"
    return [("Started from a store", given, remark if store["given"] else "nothing to start from")]


def _parameters(errors: dict[str, float] | None) -> list[tuple[str, str, str]]:
    """How far the best preset is from the one that made the target."""
    if not errors:
        return []
    mae, share = errors.get("param_mae"), errors.get("param_accuracy")
    told = [] if mae is None else [f"{number(mae)} of the range"]
    told += [] if share is None else [f"{share:.0%} of choices right"]
    return [("From the true preset", told[0], ", ".join([*told[1:], "over free parameters"]))]


def differing(run: FinishedRun) -> list[str]:
    """Names of the descriptors that the kept presets differ in; none if they are a Pareto front."""
    told = run.summary.get("descriptors", {})
    return [name for name, about in told.items() if about["diverse"]]


def score_rows(run: FinishedRun) -> list[ScoreRow]:
    """The distances that the search minimised, then all others."""
    summary = run.summary
    others = {name: v for name, v in summary["metrics"].items() if name not in run.objectives}
    rows = []
    for name, best in (summary["objectives"] | others).items():
        random = summary["random"][name]
        rows.append(
            ScoreRow(
                name=name,
                about=_about(run, name),
                optimised=name in run.objectives,
                best=number(best),
                random=number(random),
                ratio="" if name in SIMILARITIES else _ratio(random, best),
                beaten=f"{summary['closer_than'][name]:.0%}",
                noise=number(summary["noise_floor"][name]),
            )
        )
    return rows


def _about(run: FinishedRun, title: str) -> str:
    """The first line of what a distance says of itself."""
    names = {objective.title: objective.name for objective in run.config.objectives}
    cls = OBJECTIVES.get(names.get(title, title))
    about = ((cls.__doc__ or "") if cls else "").partition("\n")[0]
    return f"{about} Higher is closer." if title in SIMILARITIES else about


def _pitch(target: dict[str, Any]) -> str:
    if target["note_given"]:
        return "as given"
    if target["f0"] is None:
        return "assumed: no pitch was found"
    cents = round(target["cents"])
    return f"heard at {target['f0']:.1f} Hz, {cents:+d} {'cent' if abs(cents) == 1 else 'cents'}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def _ratio(random: float, best: float) -> str:
    if best == 0:
        return "identical"
    return f"{random / best:.3g} × closer" if best <= random else f"{best / random:.3g} × farther"


def _optimizer(summary: dict[str, Any]) -> str:
    chose = summary["chose"]
    return f"{summary['method']}: {chose}" if chose else str(summary["method"])
