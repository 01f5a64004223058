"""Folders of finished runs, written without a search."""

import hashlib
from pathlib import Path

import yaml

from patchwright.experiments.config import check_experiment
from patchwright.experiments.records.run_folder import write_json
from patchwright.experiments.records.summary import Numbers, Summary, TargetFacts
from patchwright.experiments.records.trace import SearchTrace, TracePoint

VERSIONS = {"python": "3.11", "patchwright": "0.1.0", "torch": "2.0"}


def write_run(
    folder,
    *,
    target="bell",
    seed=0,
    score=0.5,
    others=None,
    curve=None,
    summary=None,
    sound=None,
    versions=None,
    **config,
):
    """Write the files that `read_run` reads.

    Args:
        folder: Of the run.
        target: Its name, of which its bytes' hash is made.
        seed: Of the run.
        score: Distance to the ideal point; also the `mrstft`, which is all that was minimised.
        others: Metrics besides.
        curve: Renders, seconds and distance of each generation; three of them if None.
        summary: What differs there.
        sound: What differs in the summary's target.
        versions: What differs of them.
        config: Of the experiment: `method` for short, or its sections.
    """
    method = config.pop("method", "nsga2")
    search = {"method": method, "renders": 400, "calibration": 100} | config.pop("search", {})
    content = {"target": {"path": f"/sounds/{target}.wav"}, "search": search, "seed": seed}
    read = check_experiment(content | config, "test")
    titles = [objective.title for objective in read.objectives] if "objectives" in config else None
    titles = titles or ["mrstft"]
    if "objectives" not in config:
        read = check_experiment(content | config | {"objectives": ["mrstft"]}, "test")
    folder = Path(folder)
    folder.mkdir(parents=True)
    (folder / "run.yaml").write_text(yaml.safe_dump(read.model_dump(mode="json")))
    curve = curve or [(100, 1.0, 1.0), (200, 2.0, (1 + score) / 2), (400, 4.0, score)]
    history = [
        TracePoint(
            number=number,
            renders=renders,
            seconds=seconds,
            best=dict.fromkeys(titles, 10 * distance),
            distance=distance,
            hypervolume=1 - distance,
        )
        for number, (renders, seconds, distance) in enumerate(curve)
    ]
    facts = TargetFacts(
        file=f"{target}.wav",
        sha256=hashlib.sha256(target.encode()).hexdigest(),
        note=60,
        notes="C4:1@0/100",
        tempo=120.0,
        note_given=True,
        f0=None,
        cents=None,
        voiced=None,
        held=1.0,
        onset=0.0,
        length=1.5,
        sr=44_100,
    )
    numbers = Summary(
        target=facts.model_copy(update=sound or {}),
        synth=read.synth.name,
        free=35,
        method=method,
        chose=None,
        seed=seed,
        renders=history[-1].renders,
        store=None,
        generations=len(history) - 1,
        seconds=history[-1].seconds,
        stopped="the budget is spent",
        objectives=dict.fromkeys(titles, 10 * score),
        descriptors={},
        infeasible=0,
        match=1 - score,
        metrics={"mrstft": 10 * score} | (others or {}),
        random=dict.fromkeys(titles, 10.0),
        closer_than={},
        noise_floor={},
        verified=True,
        native=None,
        numbers=Numbers(),
        statuses={"ok": history[-1].renders},
        preset={},
        versions=VERSIONS | (versions or {}),
    )
    trace = SearchTrace(
        scales=dict.fromkeys(titles, 10.0), random={}, history=history, front=[], front_size=1
    )
    write_json(folder / "summary.json", numbers.model_copy(update=summary or {}))
    write_json(folder / "search.json", trace)
    return folder


def write_groups(folder, scores, **config):
    """Write a run for each method, target and seed.

    Args:
        folder: Of all of them.
        scores: By method; a list over targets of scores, or of lists over seeds.
        config: Of all of them.
    """
    for method, of_targets in scores.items():
        for place, of_seeds in enumerate(of_targets):
            seeds = of_seeds if isinstance(of_seeds, list) else [of_seeds]
            for seed, score in enumerate(seeds):
                write_run(
                    folder / method / f"{place:02d}-{seed}",
                    target=f"sound{place:02d}",
                    method=method,
                    seed=seed,
                    score=score,
                    **config,
                )
    return folder
