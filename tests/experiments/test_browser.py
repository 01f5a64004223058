"""Pages in a browser: controls work, sounds play, and no name runs as a script."""

import json
import re
import threading

import numpy as np
import pytest
import soundfile

from patchwright.experiments.dashboard.dashboard import Dashboard
from patchwright.experiments.match.run import match
from patchwright.experiments.recordings.sound import common_gain, read_sound
from tests.experiments.browser import (
    NAME,
    barriers,
    browser,
    heard_above,
    loudest,
    opened,
    plays,
    until,
)
from tests.experiments.heard_runs import listening, write_answers

SR = 16_000
PAIR = ("target", "best")


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def runs(chromium, tmp_path_factory):
    """Two methods on one target, with HTML in every name."""
    folder = tmp_path_factory.mktemp("runs")
    time = np.arange(2 * SR) / SR
    tone = sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 35))
    soundfile.write(folder / f"{NAME}.wav", 0.1 * tone, SR)
    for method in ("random", "cmaes"):
        match(
            {"path": str(folder / f"{NAME}.wav"), "note": 57},
            out=folder / f"{method} {NAME}",
            workers=1,
            sr=SR,
            search={"method": method, "renders": 20, "calibration": 10},
            objectives=["mss", {"name": "mfcc_mae", "label": NAME}],
        )
    return folder


def pressed(shell):
    """Whether a sound of a report says that it is the one that is heard."""
    return shell.locator(".play").get_attribute("aria-pressed") == "true"


def sounds(page, shell):
    """Whether a report plays, and says that it plays this sound."""
    return until(lambda: pressed(shell) and loudest(page) > 0.01)


def test_a_report_answers(chromium, runs):
    with opened(chromium, runs / f"cmaes {NAME}" / "report.html") as page:
        assert NAME in page.locator("h1").inner_text()
        assert barriers(page) == {}
        target, best = (page.locator(f"[data-sound={name}]") for name in PAIR)
        position = page.get_by_label("Position")
        page.get_by_label("Repeat").check()
        page.get_by_role("button", name="A/B").click()
        assert sounds(page, target)
        sound = {name: read_sound(runs / f"cmaes {NAME}" / f"{name}.wav") for name in PAIR}
        expected = common_gain(*sound.values()) * sound["target"].peak
        page.wait_for_timeout(400)  # longer than the analyser's window
        assert loudest(page) == pytest.approx(expected, rel=0.05)
        at = float(position.input_value())
        page.get_by_role("button", name="A/B").click()
        assert sounds(page, best)
        assert float(position.input_value()) > at  # it goes on where it was
        assert not pressed(target)

        row = page.locator("tr[data-preset]").last
        row.get_by_role("button").click()
        assert sounds(page, row)
        assert "chosen" in row.get_attribute("class")
        assert not pressed(best)
        row.get_by_role("button").click()
        assert not pressed(row)

        figure = page.locator("#figure-convergence")
        assert figure.get_by_text("renders", exact=True).count() == 1
        page.get_by_text("Seconds", exact=True).click()
        assert figure.get_by_text("seconds", exact=True).count() == 1
        page.locator("#figure-sound-target .nsewdrag").last.click()
        assert sounds(page, target)


def test_a_comparison_answers(chromium, patchwright, runs, tmp_path):
    heard = listening(runs, tmp_path / "listening")
    answers = write_answers(tmp_path / "answers.json", *heard, lambda *_: 90, listener=NAME)
    assert patchwright("compare", runs, "--answers", answers, "--html", "page.html")[0] == 0
    with opened(chromium, tmp_path / "page.html") as page:
        assert barriers(page) == {}
        choice = page.get_by_label("Measure")
        shown = page.locator("#targets [data-measure]:visible h3")
        assert NAME in choice.locator("option").all_inner_texts()
        for measure in ("lsd", NAME):
            choice.select_option(measure)
            assert shown.all_inner_texts() == [f"Targets, by {measure}"]
            label = page.locator("#figure-values .ytitle")
            assert label.text_content() == measure
        page.get_by_role("combobox", name="Best so far").select_option(NAME)
        assert page.locator("#figure-convergence .ytitle").text_content() == NAME
        assert page.locator("#figure-ratings .ytitle").text_content() == "mean rating"
        page.get_by_role("link", name="Listening").click()
        page.wait_for_function(
            "() => document.getElementById('listening').getBoundingClientRect().y < 99"
        )


def test_a_listener_walks_through_the_page_and_is_read(chromium, patchwright, runs, tmp_path):
    assert patchwright("listen", runs, "--seed", 3)[0] == 0
    key = json.loads((tmp_path / "listening" / "key.json").read_text())
    [trial] = key["trials"]
    sounds = {stimulus["sound"]: place for place, stimulus in enumerate(trial["stimuli"])}
    letters = "ABCD"
    with opened(chromium, tmp_path / "listening" / "page.html") as page:
        assert barriers(page) == {}
        page.get_by_label("Your name").fill(NAME)
        page.get_by_role("button", name="Start").click()
        assert barriers(page) == {}
        finish, lacking = page.get_by_role("button", name="Finish"), page.locator("#lacking")
        finish.click()
        assert lacking.inner_text() == (
            "Before you continue: play Reference, A, B, C, D; rate A, B, C, D."
        )

        # the reference is heard, and its hidden twin; the anchor has nothing above 4 kHz
        page.keyboard.press("r")
        reference = heard_above(page, 4_000)
        page.keyboard.press(letters[sounds["reference"]])
        assert heard_above(page, 4_000) == pytest.approx(reference, abs=2)
        page.keyboard.press(letters[sounds["anchor"]])
        assert heard_above(page, 4_000) < reference - 30
        page.keyboard.press(" ")
        assert heard_above(page, 0) < -100

        # a change goes on at the same place; without Repeat it ends
        page.get_by_label("Repeat").uncheck()
        page.get_by_label("Position").fill("0.2")
        page.get_by_role("button", name="Sound A").click()
        page.get_by_role("button", name="Sound B").click()
        assert float(page.get_by_label("Position").input_value()) >= 0.2
        page.get_by_role("button", name="Play", exact=True).wait_for()
        assert page.get_by_label("Position").input_value() == "0"

        page.get_by_label("Rating of sound A").click()
        page.keyboard.press("c")
        page.keyboard.press("ArrowLeft")
        page.reload()
        assert page.locator("output").all_inner_texts() == ["50", "–", "49", "–"]
        finish.click()
        assert lacking.inner_text().endswith("rate B, D.")
        for letter in letters:
            page.keyboard.press(letter)
        for place, letter in enumerate(letters):
            rating = "100" if place == sounds["reference"] else str(10 * place)
            page.get_by_label(f"Rating of sound {letter}").fill(rating)
        assert lacking.inner_text() == ""
        finish.click()
        assert NAME in page.locator("h1:visible").inner_text()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save").click()
        answers = tmp_path / download.value.suggested_filename
        download.value.save_as(answers)
        page.get_by_role("button", name="another listener").click()
        assert page.get_by_label("Your name").input_value() == ""

    code, said, _ = patchwright("compare", runs, "--answers", answers)
    assert code == 0
    assert "100.0" in next(line for line in said.splitlines() if line.startswith("│ mean "))
    assert json.loads(answers.read_text())["listener"] == NAME


def test_the_dashboard_answers(chromium, runs):
    with Dashboard(runs, port=0) as dashboard:
        serving = threading.Thread(target=dashboard.serve)
        serving.start()
        try:
            with opened(chromium, dashboard.address) as page:
                page.get_by_text(f"cmaes {NAME}").click()
                for name in ("target", "best"):
                    card = page.locator(".MuiCard-root", has_text=f"{name}.wav").last
                    card.locator("audio").click(position={"x": 24, "y": 27})  # its play button
                    assert plays(page, card.locator("audio"))
                pictures = page.locator("img[src*=artifacts]")
                assert pictures.count() == 2
                for picture in pictures.all():
                    assert picture.evaluate("picture => picture.naturalWidth") > 0
                page.get_by_role("link", name="Note").click()
                note = page.get_by_text("it is trial").inner_text()
                best = re.search(r"it is trial #(\d+)", note)[1]
                page.goto(f"{page.url.removesuffix('note')}trials?numbers={best}")
                page.locator("audio").last.click(position={"x": 24, "y": 27})
                assert plays(page, page.locator("audio").last)
        finally:
            dashboard.stop()
            serving.join()
