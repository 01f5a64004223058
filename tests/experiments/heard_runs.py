"""Sounds and listeners' answers for folders of runs."""

import json

import numpy as np
import soundfile

from patchwright.experiments.compare.design import arrange
from patchwright.experiments.compare.listening import write_listening
from patchwright.experiments.records.finished_run import find_runs, read_run

SR = 16_000


def sounding(folder, *, sr=SR, seconds=0.3):
    """Write noise, different for each run, as its target and best sound."""
    for number, run in enumerate(find_runs([folder])):
        target = read_run(run).target
        noise = np.random.default_rng(sum(map(ord, target))).uniform(-0.5, 0.5, round(seconds * sr))
        own = np.random.default_rng(1000 + number).uniform(-0.2, 0.2, noise.shape)
        for name, sound in (("target", noise), ("best", own)):
            soundfile.write(run / f"{name}.wav", sound, sr, subtype="FLOAT")
    return folder


def listening(folder, out, **options):
    """Write the page of all runs in a folder, and return the page and the contents of its key."""
    design = arrange(read_run(run) for run in find_runs([folder]))
    page, key = write_listening(design, out, **options)
    return page, json.loads(key.read_text())


def page_of(page):
    """Return the data that the script of a page reads."""
    text = page.read_text().partition('id="study">')[2].partition("</script>")[0]
    return json.loads(text)


def write_answers(file, page, key, rate, *, listener=None):
    """Write the file that the page would save.

    Args:
        file: Where to.
        page: As `listening` gives it.
        key: The same.
        rate: Gives the rating of a trial and a stimulus as the key has them.
        listener: The file's name if None.
    """
    ratings = [[rate(trial, s) for s in trial["stimuli"]] for trial in key["trials"]]
    content = {
        "page": page_of(page)["page"],
        "listener": file.stem if listener is None else listener,
        "saved": "2026-01-01T00:00:00Z",
        "ratings": ratings,
    }
    file.write_text(json.dumps(content))
    return file
