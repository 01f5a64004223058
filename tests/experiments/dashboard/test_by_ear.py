"""Steering a match by ear: candidates shown, bred and chosen, over HTTP like a browser."""

import io
import json
import shutil
import threading
import urllib.request
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.io.wavfile
from optuna.trial import TrialState
from PIL import Image

from patchwright.experiments.cli import by_ear
from patchwright.experiments.dashboard.by_ear.breeding import children
from patchwright.experiments.dashboard.by_ear.session import Session
from patchwright.experiments.dashboard.server import Server
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.records.folder_lock import locked
from patchwright.experiments.studies.run_study import RunStudy
from patchwright.synths import Preset
from patchwright.synths.builtin import SYNTHS

SPACE = SYNTHS["subtractive"]().space

CONFIG = {
    "objectives": ["mss", "envelope"],
    "search": {"method": "random", "renders": 60, "calibration": 20},
    "sr": 16_000,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = {"random": 3, "duration": 0.1, "length": 0.2}
    return match(target, out=tmp_path_factory.mktemp("runs") / "<b>one", **CONFIG).folder


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / folder.name)


@pytest.fixture
def begun(copied):
    """Open sessions of a copy of the run, with requests to the dashboard."""
    run = RunStudy.read(copied)

    @contextmanager
    def begin():
        with prepare(run.config, workers=1) as setup:
            session = Session(run, setup)
            server = Server(session.pages, port=0)
            serving = threading.Thread(target=server.serve)
            serving.start()
            try:
                yield session, Page(server.address)
            finally:
                server.stop()
                serving.join()
                server.close()

    return begin


class Page:
    """Requests of a browser to the dashboard."""

    def __init__(self, address):
        self._address = address

    def get(self, place):
        with urllib.request.urlopen(self._address + place, timeout=60) as answer:  # noqa: S310
            return answer.read()

    def study(self):
        return json.loads(self.get("api/studies/0"))

    def post(self, place, content):
        request = urllib.request.Request(  # noqa: S310
            self._address + place,
            json.dumps(content).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            assert answer.status == 204

    def drop(self, candidates, worst):
        content = {"mode": "ChooseWorst", "candidates": candidates, "clicked": worst}
        self.post("api/studies/0/preference", content)


def shown(session):
    """Return the numbers of the candidates that a person may drop."""
    dropped = {worse.number for _, worse in session.study.get_preferences()}
    states = (TrialState.RUNNING, TrialState.COMPLETE)
    trials = session.study.get_trials(states=states)
    return [trial.number for trial in trials if trial.number not in dropped]


def test_candidates_are_heard_beside_the_target(begun, copied):
    with begun() as (session, page):
        session.update()
        study = page.study()
        assert study["is_preferential"]
        assert study["name"] == "<b>one"
        assert [artifact["filename"] for artifact in study["artifacts"]] == [
            "target.wav",
            "target.png",
        ]
        assert [trial["state"] for trial in study["trials"]] == ["Running"] * 4
        component = study["feedback_component_type"]
        assert component["output_type"] == "artifact"
        search = json.loads((copied / "search.json").read_text())
        for trial, point in zip(study["trials"], search["front"], strict=False):
            attributes = {entry["key"]: entry["value"] for entry in trial["user_attrs"]}
            played = attributes[component["artifact_key"]]
            files = {entry["filename"]: entry["artifact_id"] for entry in trial["artifacts"]}
            name = f"candidate-{trial['number']}"
            assert files[f"target-then-{name}.wav"] == played
            place = f"artifacts/0/{trial['trial_id']}/"
            audio = page.get(place + played)
            _, both = scipy.io.wavfile.read(io.BytesIO(audio))
            _, alone = scipy.io.wavfile.read(io.BytesIO(page.get(place + files[f"{name}.wav"])))
            _, target = scipy.io.wavfile.read(copied / "target.wav")
            gain = np.abs(both[: len(target)]).max() / np.abs(target).max()
            np.testing.assert_allclose(both[: len(target)], gain * target, atol=1e-6)
            np.testing.assert_array_equal(both[-len(alone) :], alone)
            _, front = scipy.io.wavfile.read(copied / "front" / f"{point['name']}.wav")
            louder = np.abs(alone).max() / np.abs(front).max()
            assert louder <= gain * (1 + 1e-6)
            np.testing.assert_allclose(alone, louder * front, atol=1e-6)
            image = Image.open(io.BytesIO(page.get(place + files[f"{name}.png"])))
            assert image.width > 50
            assert "spectrogram" in trial["note"]["body"]


def test_what_is_preferred_is_bred_from_and_written(begun, copied):
    with begun() as (session, page):
        session.update()
        before = session.choice()
        assert (before.number, before.wins) == (0, 0)
        best = json.loads((copied / "best.json").read_text())["parameters"]
        assert json.loads(before.file.read_text())["parameters"] == best
        favourite = 2
        for _ in range(6):
            candidates = shown(session)
            page.drop(candidates, next(each for each in candidates if each != favourite))
            session.update()
            assert len(shown(session)) == 4
        choice = session.choice()
        assert (choice.number, choice.wins) == (favourite, 6)
        preset = Preset.read(choice.file, "subtractive", SPACE)
        own = Preset.read(copied / "by_ear" / "02.json", "subtractive", SPACE)
        assert preset.values.tobytes() == own.values.tobytes()
        _, audio = scipy.io.wavfile.read(choice.file.with_suffix(".wav"))
        point = json.loads((copied / "search.json").read_text())["front"][favourite]
        _, heard = scipy.io.wavfile.read(copied / "front" / f"{point['name']}.wav")
        np.testing.assert_array_equal(audio, heard)
        assert choice.distance == pytest.approx(point["distance"])


def test_a_session_goes_on_as_if_it_had_not_ended(begun, copied, monkeypatch):
    def choose(session, page, rounds):
        for _ in range(rounds):
            session.update()
            candidates = shown(session)
            page.drop(candidates, candidates[len(session.study.preferences) % 4])
        session.update()

    with begun() as (session, page):
        choose(session, page, 4)
        alone = [trial.params for trial in session.study.get_trials()]
    shutil.rmtree(copied / "by_ear")
    with begun() as (session, page):
        choose(session, page, 2)
    with begun() as (session, page):

        def killed(*args):
            raise KeyboardInterrupt

        session.update()
        candidates = shown(session)
        page.drop(candidates, candidates[len(session.study.preferences) % 4])
        with monkeypatch.context() as patched:
            patched.setattr(session._sounds, "attach", killed)
            with pytest.raises(KeyboardInterrupt):
                session.update()
        assert len(shown(session)) == 3
    with begun() as (session, page):
        session.update()
        assert len(shown(session)) == 4
        choose(session, page, 1)
        assert [trial.params for trial in session.study.get_trials()] == alone
        assert len(page.study()["artifacts"]) == 2


def test_undone_and_skipped_candidates_count(begun, copied):
    with begun() as (session, page):
        session.update()
        page.drop([0, 1, 2, 3], 0)
        session.update()
        assert session.choice().number in (1, 2, 3)
        for number in (1, 2, 3):
            page.post(f"api/studies/0/{number}/skip", {})
        session.update()
        assert session.choice().wins == 0
        assert len(shown(session)) == 7  # three of them were skipped
        [history] = page.study()["preference_history"]
        request = urllib.request.Request(  # noqa: S310
            f"{page._address}api/studies/0/preference/{history['history']['id']}", method="DELETE"
        )
        urllib.request.urlopen(request, timeout=60).close()  # noqa: S310
        assert session.study.preferences == []


def test_children_lie_between_and_around_their_parents():
    subspace = SPACE.lock({})
    rng = np.random.default_rng(0)
    kept = subspace.sample(2, rng)
    found = children(kept, np.array([0, 3]), subspace, 4_000, rng)
    assert found.shape == (4_000, len(subspace))
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found, subspace.encode(subspace.decode(found)), atol=1e-6)
    apart = (kept[0] != kept[1]) & (subspace.levels == 0)
    from_second = (found == kept[1])[:, apart].mean()
    from_first = (found == kept[0])[:, apart].mean()
    moved = 1 - from_first - from_second
    assert from_second / from_first == pytest.approx(4, rel=0.1)
    assert moved * len(subspace) == pytest.approx(2, rel=0.1)


def test_mistakes_are_told(complaint, begun, copied, tmp_path):
    with begun():
        pass
    suite = tmp_path / "suite.yaml"
    suite.write_text("sweep: {seed: 0..1}\n")
    assert "--by-ear takes one run" in complaint("run", suite, "--by-ear")
    (copied / "by_ear" / "by_ear.journal").write_text("{}\n")
    with pytest.raises(ExperimentError, match="is damaged: remove"), begun():
        pass


def test_the_command_is_ended_with_ctrl_c(patchwright, copied, monkeypatch):
    pages, rounds = [], []

    class Watched(Server):
        def __init__(self, served, **place):
            super().__init__(served, **place)
            pages.append(Page(self.address))

    def steer(seconds):
        rounds.append(len(pages[0].study()["trials"]))
        if len(rounds) == 3:
            with pytest.raises(ExperimentError, match="in use"), locked(copied / "by_ear"):
                pass
            raise KeyboardInterrupt
        pages[0].drop([0, 1, 2, 3] if len(rounds) == 1 else [1, 2, 3, 4], 2 * len(rounds) - 2)

    monkeypatch.setattr(by_ear, "Server", Watched)
    monkeypatch.setattr(by_ear, "time", SimpleNamespace(sleep=steer))
    code, said, errors = patchwright(
        *("run", copied / "run.yaml", "--out", copied, "--resume", "--by-ear", "--workers", 1)
    )
    assert code == 0, errors
    assert rounds[0] == 4
    assert "dashboard/studies/0" in said
    assert "was preferred 2 times; its distance is " in said
    assert str(copied / "by_ear" / "best.json") in said
    assert "--resume --workers 1 --by-ear" in errors
