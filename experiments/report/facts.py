"""Texts of a report: facts, warnings and the table of scores."""

from dataclasses import dataclass

from patchwright.experiments.pages.numbers import number
from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.experiments.records.summary import (
    ChainFacts,
    FinalistFacts,
    NativePreset,
    Numbers,
    StoreFacts,
    Summary,
    TargetFacts,
)
from patchwright.objectives import OBJECTIVES
from patchwright.objectives.metrics import SIMILARITIES
from patchwright.synths.performance.notes import pitch_name


@dataclass(frozen=True)
class Fact:
    """One line of the list of facts.

    Attributes:
        term: Name of the fact.
        value: Its value, with the unit.
        remark: Explanation or detail; may be empty.
    """

    term: str
    value: str
    remark: str


@dataclass(frozen=True)
class ScoreRow:
    """One line of the table of scores; texts that do not apply are empty.

    Attributes:
        name: Name of the distance.
        about: First line of the distance's documentation.
        optimised: Whether the search minimised it.
        best: Score of the best match.
        random: Score of the median random preset.
        ratio: Factor by which the best match is closer than the median random preset.
        beaten: Share of random presets that are farther from the target.
        noise: Distance between two renders of the best preset.
    """

    name: str
    about: str
    optimised: bool
    best: str
    random: str
    ratio: str
    beaten: str
    noise: str


def warnings(summary: Summary) -> list[str]:
    """List the reasons not to trust the result."""
    target = summary.target
    warned = list(target.warnings)
    if target.note is not None and target.f0 is None and not target.note_given:
        warned.append(
            f"No clear pitch was found in the recording, so {pitch_name(target.note)} was "
            "played. If it has a pitch, give it with --note (57 is A3)."
        )
    if not summary.verified:
        warned.append(
            "Rendered again from best.json, the best match did not give the scores of the "
            "search. The scores below are those of the second render."
        )
    return warned


def facts(summary: Summary) -> list[Fact]:
    """List the facts of a run: its notes, its search, and every number."""
    renders, seconds = summary.renders, summary.seconds
    failed = ", ".join(f"{n} {name}" for name, n in summary.statuses.items() if n and name != "ok")
    locked = summary.free < len(summary.preset)
    return [
        *_performance(summary.target),
        Fact("Renders", f"{renders:,}", f"of which {failed}" if failed else "all audible"),
        *_store(summary.store),
        *(Fact("Wish", each.wish, each.in_words()) for each in summary.wishes),
        *_descriptors(summary),
        Fact(
            "Time", _duration(seconds), f"{renders / seconds:.3g} renders/s" if seconds > 0 else ""
        ),
        Fact("Method", _optimizer(summary), f"{summary.generations:,} generations"),
        *_finalists(summary.finalists),
        Fact(
            "Free parameters",
            f"{summary.free} of {len(summary.preset)}",
            "the others are locked" if locked else "none is locked",
        ),
        Fact("Seed", str(summary.seed), "of every random choice"),
        Fact(
            "Verified" if summary.verified else "Not verified",
            "same scores" if summary.verified else "different scores",
            "when rendered again from best.json",
        ),
        *_native(summary.native),
        *_effects(summary.effects),
        *_numbers(summary.numbers),
        _noise_floor(summary),
    ]


def _performance(target: TargetFacts) -> list[Fact]:
    if target.parts:
        notes = ", ".join(f"{pitch_name(part.note)} ({part.file})" for part in target.parts)
        return [
            Fact("Notes", f"{len(target.parts)}, each on its own", notes),
            Fact("Length", f"{target.length:.2f} s", "of all notes, one after another"),
        ]
    if target.note is None:
        return [
            Fact("Dry sound", target.dry, "what the effects play"),
            Fact("Length", f"{target.length:.2f} s", "of sound"),
        ]
    several = len(target.notes.split())
    if several > 1:
        return [
            Fact("Notes", f"{several}", target.notes),
            Fact("Length", f"{target.length:.2f} s", f"at {target.tempo:g} beats per minute"),
        ]
    return [
        Fact("Pitch", f"{pitch_name(target.note)} (MIDI {target.note})", _pitch(target)),
        Fact("Key held", f"{target.held:.2f} s", f"of {target.length:.2f} s of sound"),
    ]


def _noise_floor(summary: Summary) -> Fact:
    floor = {name: summary.noise_floor[name] for name in summary.objectives}
    noisy = [name for name, value in floor.items() if value]
    if not noisy:
        return Fact("Noise floor", "0", "two renders are identical")
    return Fact(
        "Noise floor", number(max(floor.values())), f"between two renders, in {', '.join(noisy)}"
    )


def _native(native: NativePreset | None) -> list[Fact]:
    """List the file in the synth's own format, with its scores."""
    if native is None:
        return []
    scores = ", ".join(f"{name} {number(value)}" for name, value in native.objectives.items())
    return [Fact("File for the synth", native.file, f"scores of this file: {scores}")]


def _effects(effects: ChainFacts | None) -> list[Fact]:
    """List the effects of the best match, and the files that hold them."""
    if effects is None:
        return []
    listed = [Fact("Effects", " → ".join(effects.active) or "none", f"of {effects.chain}")]
    listed.append(Fact("As a program", effects.script, "plays any dry sound through them"))
    if effects.instrument is not None:
        listed.append(Fact("Before the effects", effects.instrument, "the instrument's preset"))
    return listed


def _descriptors(summary: Summary) -> list[Fact]:
    """List the descriptors of the best match, with their constraints."""
    listed = []
    for name, about in summary.descriptors.items():
        remarks = ["presets differ in it"] if about.diverse else []
        if about.constraint is not None:
            remarks.append(f"within {about.constraint}")
        value = f"{number(about.value)} {about.unit}"
        listed.append(Fact(name.capitalize(), value, "; ".join(remarks)))
    if any(about.constraint for about in summary.descriptors.values()):
        outside = f"{summary.infeasible:,} of {summary.renders:,}"
        listed.append(Fact("Outside constraints", outside, "renders, excluded from the answer"))
    return listed


def _store(store: StoreFacts | None) -> list[Fact]:
    """List the presets taken from a store of earlier renders."""
    if store is None:
        return []
    given = f"{store.given} of {store.stored:,} presets"
    remark = "earlier renders, in addition to those above"
    return [
        Fact(
            "Started from a store",
            given,
            remark if store.given else "the store had none to start from",
        )
    ]


def _finalists(finalists: FinalistFacts | None) -> list[Fact]:
    """List what embeddings changed in the choice of the answer."""
    if finalists is None:
        return []
    chosen, nearest = finalists.chosen, finalists.nearest
    heard = ", ".join(f"{name} {number(value)}" for name, value in chosen.heard.items())
    remark = f"{heard}; 1 is a random preset"
    if chosen.place:
        others = ", ".join(f"{name} {number(value)}" for name, value in nearest.heard.items())
        remark += f". Of {finalists.count} finalists, the nearest by the objectives had {others}"
    else:
        remark += f". It is the nearest by the objectives too, of {finalists.count} finalists"
    return [Fact("Answer chosen with", ", ".join(chosen.heard), remark)]


def _numbers(numbers: Numbers) -> list[Fact]:
    """List every number that applies, with the title and description of its field."""
    fields = type(numbers).model_fields
    return [
        Fact(fields[name].title or name, number(value), fields[name].description or "")
        for name, value in numbers.present().items()
    ]


def differing(run: FinishedRun) -> list[str]:
    """Return the names of the descriptors in which the kept presets differ; empty without any."""
    return [name for name, about in run.summary.descriptors.items() if about.diverse]


def score_rows(run: FinishedRun) -> list[ScoreRow]:
    """List the distances that the search minimised, then all others."""
    summary = run.summary
    others = {name: v for name, v in summary.metrics.items() if name not in run.objectives}
    rows = []
    for name, best in (summary.objectives | others).items():
        random = summary.random[name]
        rows.append(
            ScoreRow(
                name=name,
                about=_about(run, name),
                optimised=name in run.objectives,
                best=number(best),
                random=number(random),
                ratio="" if name in SIMILARITIES else _ratio(random, best),
                beaten=f"{summary.closer_than[name]:.0%}",
                noise=number(summary.noise_floor[name]),
            )
        )
    return rows


def _about(run: FinishedRun, title: str) -> str:
    """Return the first line of a distance's documentation."""
    names = {objective.title: objective.name for objective in run.config.objectives}
    cls = OBJECTIVES.get(names.get(title, title))
    about = ((cls.__doc__ or "") if cls else "").partition("\n")[0].replace("`", "")
    return f"{about} Higher is closer." if title in SIMILARITIES else about


def _pitch(target: TargetFacts) -> str:
    if target.note_given:
        return "as given"
    if target.f0 is None or target.cents is None:
        return "assumed: no pitch was found"
    cents = round(target.cents)
    return f"heard at {target.f0:.1f} Hz, {cents:+d} {'cent' if abs(cents) == 1 else 'cents'}"


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


def _optimizer(summary: Summary) -> str:
    return f"{summary.method}: {summary.chose}" if summary.chose else summary.method
