import base64
import hashlib
import io
import json
import re
import shutil
import stat
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.pages import screenshot
from patchwright.experiments.recordings.sound import (
    PEAK,
    Sound,
    band_centres,
    band_position,
    outline,
    picture,
)
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.report import write_report

SR = 44_100
EVIL = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
LOCKS = {"lfo_*": None, "noise_level": 0.0}


class Page(HTMLParser):
    """The elements of a page, and the text inside each script."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def figures(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.scripts[0])
        return content

    def sounds(self) -> dict[str, np.ndarray]:
        """Return the sounds of the player, `[t]` each, by name."""
        files = json.loads(self.scripts[1])["files"]
        return {
            name: soundfile.read(io.BytesIO(base64.b64decode(file)))[0]
            for name, file in files.items()
        }


def tone(seconds: float, hz: float = 220.0) -> np.ndarray:
    time = np.arange(round(seconds * SR)) / SR
    partials = sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 6))
    return 0.3 * np.exp(-time / 0.2) * partials


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with three objectives."""
    folder = tmp_path_factory.mktemp("three")
    target = folder / "tone.wav"
    soundfile.write(target, tone(0.4), SR)
    search = {"renders": 60, "calibration": 20}
    objectives = ["mrstft", "mfcc_mae", "envelope"]
    return match(
        target, out=folder / "run", workers=1, seed=1, objectives=objectives, search=search
    ).folder


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with one objective and with locks."""
    folder = tmp_path_factory.mktemp("one")
    target = folder / "tone.wav"
    soundfile.write(target, tone(0.3), SR)
    return match(
        target,
        out=folder / "run",
        workers=1,
        objectives=["mrstft"],
        synth={"name": "subtractive", "lock": LOCKS},
        search={"renders": 60, "calibration": 20},
    ).folder


@pytest.fixture
def copied(three: Path, tmp_path: Path) -> Path:
    """A copy of the run with three objectives, to change."""
    return Path(shutil.copytree(three, tmp_path / "copy"))


def change(path: Path, edit: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


def report(folder: Path) -> Page:
    return Page(write_report(RunFolder(folder)))


# One file that needs nothing else


@pytest.mark.parametrize("name", ["three", "one"])
def test_nothing_is_loaded_from_elsewhere(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(name)
    page = Page(folder / "report.html")
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            address = attributes.get(name, "#")
            if not address.startswith(("#", "data:")):
                assert tag == "a"
                assert (folder / address).is_file()
    assert not any("src" in script for script in page.all("script"))
    style = page.source.partition("<style>")[2].partition("</style>")[0]
    assert "--target: #" in style
    assert "url(" not in style
    assert "@import" not in style


def test_only_the_scripts_of_the_report_may_run(three: Path) -> None:
    page = Page(three / "report.html")
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    running = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for script, text in zip(page.all("script"), page.scripts, strict=True)
        if script.get("type") != "application/json"
    ]
    assert len(running) == 2
    assert allowed == set(running)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]


def test_the_folder_alone_gives_the_same_bytes_again(three: Path, copied: Path) -> None:
    (copied / "report.html").unlink()
    shutil.rmtree(copied / "evaluations")
    report(copied)
    assert (copied / "report.html").read_bytes() == (three / "report.html").read_bytes()


def test_what_people_and_files_name_is_only_text(copied: Path) -> None:
    summary = copied / "summary.json"
    for path in (summary, copied / "search.json"):
        path.write_text(path.read_text().replace('"mfcc_mae"', json.dumps(EVIL)))
    change(summary, lambda s: s["target"].update(file=EVIL))
    change(summary, lambda s: s["preset"].update({EVIL: EVIL}))
    change(summary, lambda s: s["versions"].update({EVIL: EVIL}))
    change(summary, lambda s: s.update(synth=EVIL, method=EVIL, stopped=EVIL))
    change(copied / "best.json", lambda preset: preset.update(synth=EVIL))
    change(copied / "search.json", lambda s: s["front"][-1].update(name="0 & 1"))
    for end in ("wav", "json"):
        last = sorted((copied / "front").glob(f"*.{end}"))[-1]
        last.rename(last.with_stem("0 & 1"))
    config = copied / "run.yaml"
    content = yaml.safe_load(config.read_text())
    content["synth"]["lock"] = {EVIL: 0}
    content["search"]["method"] = EVIL
    config.write_text(yaml.safe_dump(content))
    space = yaml.safe_load((copied / "synth.yaml").read_text())
    space["parameters"][EVIL] = {"kind": "continuous", "default": 0.0, "unit": EVIL, "about": EVIL}
    (copied / "synth.yaml").write_text(yaml.safe_dump(space, sort_keys=False))

    page = report(copied)
    assert page.text.count(EVIL) > 8
    assert page.all("img") == []
    assert len(page.all("script")) == 4
    assert not [name for _, attributes in page.elements for name in attributes if name[:2] == "on"]
    assert "<" not in page.scripts[0]
    assert "<img" not in json.dumps(page.figures)  # plotly reads texts as HTML of a kind
    assert "&lt;img" in json.dumps(page.figures)
    assert "front/0%20%26%201.json" in [link["href"] for link in page.all("a")]


# Sounds


def test_there_is_a_player_for_the_target_the_best_and_each_of_the_front(three: Path) -> None:
    page = Page(three / "report.html")
    rows = [row["data-preset"] for row in page.all("tr") if "data-preset" in row]
    front = read_json(three / "search.json")["front"]
    assert sorted(rows) == sorted(point["name"] for point in front)
    names = ["target", "best", *(f"front/{name}" for name in rows)]
    originals = {name: soundfile.read(three / f"{name}.wav")[0] for name in names}
    gain = PEAK / max(np.abs(originals[name]).max() for name in names[:2])
    played = page.sounds()
    assert played.keys() == originals.keys()
    for name, original in originals.items():
        own = min(gain, PEAK / np.abs(original).max())
        np.testing.assert_allclose(played[name], original * own, atol=1.01 / 2**15)


def test_relative_loudness_is_kept(copied: Path) -> None:
    original, sr = soundfile.read(copied / "target.wav")
    soundfile.write(copied / "best.wav", 0.25 * original, sr, subtype="FLOAT")
    played = report(copied).sounds()
    assert np.abs(played["target"]).max() == pytest.approx(PEAK, abs=1e-4)
    assert np.abs(played["best"]).max() == pytest.approx(PEAK / 4, abs=1e-4)


def test_a_preset_that_would_clip_is_played_softer_and_the_page_says_so(copied: Path) -> None:
    target, sr = soundfile.read(copied / "target.wav")
    for path in [copied / "best.wav", *(copied / "front").glob("*.wav")]:
        soundfile.write(path, target, sr, subtype="FLOAT")
    assert "would clip" not in report(copied).text
    soundfile.write(copied / "front" / "01.wav", 10 * target, sr, subtype="FLOAT")
    page = report(copied)
    assert "−20.0 dB" in page.text
    assert "would clip" in page.text
    assert max(np.abs(sound).max() for sound in page.sounds().values()) == pytest.approx(
        PEAK, abs=1e-4
    )


# Pictures


@pytest.mark.parametrize("sr", [8_000, 44_100, 192_000])
def test_a_sine_is_where_the_axis_says(sr: int) -> None:
    time = np.arange(sr) / sr
    power = picture(Sound(np.sin(2 * np.pi * 1000 * time)[np.newaxis], sr)).power.mean(axis=1)
    assert int(np.argmax(power)) == round(band_position(1000, sr))
    assert band_centres(sr)[np.argmax(power)] == pytest.approx(1000, rel=0.05)


def test_decibels_are_relative_and_end_at_80() -> None:
    wave = np.sin(2 * np.pi * 1000 * np.arange(SR) / SR)[np.newaxis]
    loud, soft = (picture(Sound(gain * wave, SR)) for gain in (1.0, 0.1))
    reference = float(loud.power.max())
    assert loud.decibels(reference).max() == 0
    assert soft.decibels(reference).max() == -20
    assert loud.decibels(reference).min() == -80


@pytest.mark.parametrize("seconds", [0.05, 1.7, 30.0])
def test_pictures_are_small_and_as_long_as_the_sound(seconds: float) -> None:
    sound = Sound(np.ones((1, round(seconds * SR))), SR)
    found = picture(sound)
    assert found.power.shape == (64, len(found.times))
    assert len(found.times) <= 200
    assert found.times[-1] == pytest.approx(seconds, rel=0.02, abs=0.01)


@pytest.mark.parametrize("n", [1, 599, 100_003])
def test_an_outline_reaches_every_peak(n: int) -> None:
    audio = np.random.default_rng(0).uniform(-1, 1, (2, n))
    times, line = outline(Sound(audio, SR), 0.5)
    assert len(times) == len(line) <= 1200
    assert line.max() == pytest.approx(0.5 * audio.max())
    assert line.min() == pytest.approx(0.5 * audio.min())
    assert 0 <= times.min() <= times.max() <= n / SR


def test_both_sounds_have_the_same_axes_and_colours(three: Path) -> None:
    figures = Page(three / "report.html").figures
    target, best = figures["sound-target"], figures["sound-best"]
    for axis in ("xaxis", "yaxis", "yaxis2"):
        assert target["layout"][axis] == best["layout"][axis]
    for key in ("zmin", "zmax", "colorscale", "y"):
        assert target["data"][1][key] == best["data"][1][key]
    levels = [
        np.frombuffer(base64.b64decode(f["data"][1]["z"]["bdata"]), np.int8) for f in (target, best)
    ]
    assert max(level.max() for level in levels) == 0


# Words and numbers


def test_the_headline_and_the_facts(three: Path) -> None:
    text = Page(three / "report.html").text
    summary = read_json(three / "summary.json")
    assert "tone.wav on subtractive" in re.sub(r"\s+", " ", text)
    assert f"{round(100 * summary['match'])}%" in text
    assert "A3 (MIDI 57)" in text
    assert "heard at 220." in text
    assert "the budget of 60 renders is spent" in text
    assert "same scores" in text
    assert summary["target"]["sha256"] in text
    assert "patchwright run run.yaml --out NEW_FOLDER" in text
    assert (three / "run.yaml").read_text() in text
    assert all(version in text for version in summary["versions"].values())
    assert not [
        1
        for _, attributes in Page(three / "report.html").elements
        if attributes.get("role") == "alert"
    ]


def test_what_still_differs_is_listed_with_its_numbers(copied: Path) -> None:
    summary = read_json(copied / "summary.json")
    page = report(copied)
    listed = [each for each in page.all("li") if "title" in each]
    assert [each["title"] for each in listed] == [d["detail"] for d in summary["differences"]]
    assert listed
    for difference in summary["differences"]:
        assert difference["text"] in page.text
    evil = {"text": EVIL, "detail": EVIL, "plainness": 3.0}
    change(copied / "summary.json", lambda s: s["differences"][0].update(evil))
    page = report(copied)
    assert page.all("img") == []
    assert EVIL in page.text
    change(copied / "summary.json", lambda s: s.update(differences=[], alike=["pitch"]))
    assert "Nothing that one would hear." in report(copied).text
    change(copied / "summary.json", lambda s: s.update(alike=[]))  # of an earlier version
    assert "What still differs" not in report(copied).text


def test_no_pitch_and_other_bits_are_warned_of(copied: Path) -> None:
    change(copied / "summary.json", lambda s: s["target"].update(f0=None, cents=None, note=60))
    change(copied / "summary.json", lambda s: s.update(verified=False))
    page = report(copied)
    assert sum(attributes.get("role") == "alert" for _, attributes in page.elements) == 2
    assert "so C4 was played" in page.text
    assert "did not give the scores" in page.text
    change(copied / "summary.json", lambda s: s["target"].update(note_given=True))
    assert "so C4 was played" not in report(copied).text
    doubt = "a.wav has noise <b>22 dB</b> below its peak."
    change(copied / "summary.json", lambda s: s["target"].update(warnings=[doubt]))
    assert doubt in report(copied).text


def test_the_table_of_scores(copied: Path) -> None:
    def edit(summary: dict[str, Any]) -> None:
        summary["objectives"].update(mrstft=0.5, envelope=0.25)
        summary["random"].update(mrstft=2.0, envelope=0.125)
        summary["metrics"]["mss"] = 7.125
        summary["random"]["mss"] = 71.25
        summary["closer_than"].update(mrstft=0.123, mss=0.77)
        summary["noise_floor"]["mss"] = 0.03125

    change(copied / "summary.json", edit)
    text = report(copied).text
    assert "4 × closer" in text
    assert "2 × farther" in text
    assert "12%" in text
    assert "77%" in text
    for figure in ("7.125", "71.25", "10 × closer", "0.03125"):
        assert figure in text
    assert text.count("optimised") == 3


@pytest.mark.parametrize("name", ["three", "one"])
def test_every_parameter_is_told(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(name)
    words = [line.strip() for line in Page(folder / "report.html").text.splitlines()]
    for parameter, value in read_json(folder / "summary.json")["preset"].items():
        place = next(
            i for i, word in enumerate(words) if re.fullmatch(f"{parameter}(locked)?", word)
        )
        assert value == words[place + 1]


def test_locked_parameters_are_marked(one: Path, three: Path) -> None:
    names = read_json(one / "summary.json")["preset"]
    expected = [name for name in names if name.startswith("lfo_") or name == "noise_level"]
    marked = re.findall(r"(\w+)locked", Page(one / "report.html").text)
    assert sorted(marked) == sorted(expected)
    assert re.findall(r"(\w+)locked", Page(three / "report.html").text) == []


def tracks(page: Page) -> list[str]:
    """Return the positions of the knobs of a page."""
    found = [attributes for _, attributes in page.elements if attributes.get("class") == "track"]
    return [attributes["style"] for attributes in found]


def test_the_parameters_of_an_unknown_synth_are_told_with_their_places(copied: Path) -> None:
    """The run's folder describes them, so that the synth need not be installed."""
    before = tracks(report(copied))
    config = copied / "run.yaml"
    config.write_text(config.read_text().replace("name: subtractive", "name: vst3:Elsewhere"))
    change(copied / "summary.json", lambda s: s.update(synth="vst3:Elsewhere"))
    for path in [copied / "best.json", *(copied / "front").glob("*.json")]:
        change(path, lambda preset: preset.update(synth="vst3:Elsewhere"))
    page = report(copied)
    assert "vst3:Elsewhere" in page.text
    assert "filter_cutoff" in page.text
    assert tracks(page) == before
    assert len(before) == len(read_json(copied / "summary.json")["preset"])


def test_the_places_are_those_that_the_run_wrote(copied: Path) -> None:
    before = tracks(report(copied))
    space = copied / "synth.yaml"
    content = yaml.safe_load(space.read_text())
    content["parameters"]["amp_attack"]["high"] *= 2
    content["parameters"]["amp_attack"].pop("prior", None)
    space.write_text(yaml.safe_dump(content, sort_keys=False))
    after = tracks(report(copied))
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


# The front


def test_the_answer_leads_the_table_and_is_marked_in_the_figures(three: Path) -> None:
    page = Page(three / "report.html")
    front = sorted(read_json(three / "search.json")["front"], key=lambda point: point["distance"])
    rows = [row for row in page.all("tr") if "data-preset" in row]
    assert [row["data-preset"] for row in rows] == [point["name"] for point in front]
    assert [row.get("class") == "answer" for row in rows] == [True] + [False] * (len(rows) - 1)
    assert json.loads(rows[0]["data-scores"]) == list(front[0]["scaled"].values())
    for name in ("front", "profile"):
        trace = next(t for t in page.figures[name]["data"] if t["name"] == "best match")
        assert set(trace["customdata"]) == {front[0]["name"]}
        expected = front[0]["scaled"].values()
        assert trace["y"] == ([list(expected)[1]] if name == "front" else list(expected))


def test_a_thinned_front_says_so(copied: Path) -> None:
    kept = len(read_json(copied / "search.json")["front"])
    assert f"All {kept} non-dominated presets" in report(copied).text
    change(copied / "search.json", lambda s: s.update(front_size=1187))
    assert f"{kept} of 1,187 non-dominated presets" in report(copied).text


def test_one_objective_has_no_front(one: Path) -> None:
    page = Page(one / "report.html")
    assert "one objective has no front" in page.text
    assert len(page.sounds()) == 2
    assert {"front", "profile"}.isdisjoint(page.figures)
    traces = [trace["name"] for trace in page.figures["convergence"]["data"]]
    assert traces == ["best mrstft", "hypervolume"]


def test_convergence_is_in_units_of_random_presets(three: Path) -> None:
    search = read_json(three / "search.json")
    figure = Page(three / "report.html").figures["convergence"]
    for trace, name in zip(figure["data"], search["scales"], strict=False):
        drawn = np.frombuffer(base64.b64decode(trace["y"]["bdata"]), np.float32)
        logged = [state["best"][name] / search["scales"][name] for state in search["history"]]
        np.testing.assert_allclose(drawn, logged, rtol=1e-6)
    assert figure["layout"]["shapes"][0]["x1"] == 20  # the random presets
    axes = figure["layout"]["meta"]
    assert axes["renders"]["x"][-1] == 60
    assert len(axes["seconds"]["x"]) == len(axes["renders"]["x"])


# What is refused


FILES = ("summary.json", "search.json", "synth.yaml", "target.wav", "best.wav", "front/00.wav")
PRESETS = ("best.json", "front/00.json")


def refusal(folder: Path) -> str:
    """Return the error; the existing report must not change."""
    before = (folder / "report.html").read_bytes()
    with pytest.raises(ExperimentError) as caught:
        write_report(RunFolder(folder))
    assert (folder / "report.html").read_bytes() == before
    said, _, mend = str(caught.value).partition(": ")
    resume = f"'patchwright run {folder}/run.yaml --out {folder} --resume'"
    assert mend.startswith(f"run it to the end first with {resume}, and with its --results")
    return said


@pytest.mark.parametrize("name", FILES + PRESETS)
def test_a_missing_file(copied: Path, name: str) -> None:
    (copied / name).unlink()
    assert refusal(copied) == f"{copied / name} is missing"


@pytest.mark.parametrize("content", [b"", b"{"])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file(copied: Path, name: str, content: bytes) -> None:
    (copied / name).write_bytes(content)
    assert refusal(copied).startswith(f"{copied / name} is damaged")


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"run\.yaml is missing"):
        write_report(RunFolder(tmp_path))


# Pictures of it


def test_a_screenshot_needs_a_browser(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert screenshot.main([str(three), str(tmp_path / "out.png")]) == 2
    assert "install Chromium" in capsys.readouterr().err
    assert screenshot.main([str(tmp_path), str(tmp_path / "out.png")]) == 2
    assert "There is no page" in capsys.readouterr().err


def test_a_screenshot_is_taken_of_the_report(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "google-chrome"
    browser.write_text(
        "#!/bin/sh\n"
        'for flag; do case "$flag" in --screenshot=*) echo "$@" > "${flag#*=}";; esac; done\n'
    )
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    picture = tmp_path / "out.png"
    assert screenshot.main([str(three), str(picture), "--width", "800", "--dark"]) == 0
    flags = picture.read_text()
    assert (three / "report.html").resolve().as_uri() in flags
    assert "--window-size=800,4800" in flags
    assert "preferredColorScheme=0" in flags
    browser.write_text("#!/bin/sh\necho no display >&2\nexit 1\n")
    with pytest.raises(ExperimentError, match="no display"):
        screenshot.screenshot(three, picture)
    assert not picture.exists()
