"""A session in a browser, from a dropped note to a preset that the command line plays."""

import json
import threading
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

from patchwright.synths.performance import notes_text
from tests.experiments.browser import browser, loudest, opened, until
from tests.needs import need_package
from tests.sizes import long
from tests.synths.sample_plugins import need_amsynth

SR = 44_100


@contextmanager
def served(root, **options):
    """Serve a studio in a thread."""
    need_package("starlette", "studio")
    from patchwright.experiments.studio.server import StudioServer

    with StudioServer(root, port=0, workers=1, ahead=False, **options) as server:
        serving = threading.Thread(target=server.serve)
        serving.start()
        try:
            yield server
        finally:
            server.stop()
            serving.join()


def sounding(page):
    return until(lambda: loudest(page) > 0.01)


@pytest.fixture
def pluck(tmp_path):
    """A plucked A3, under a name that says so."""
    time = np.arange(round(0.4 * SR)) / SR
    tone = sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 9)) * np.exp(-3 * time)
    soundfile.write(tmp_path / "pluck a3.wav", 0.3 * tone, SR)
    return tmp_path / "pluck a3.wav"


def begun(page, sound, synth):
    """Drop a sound, begin to match it, and wait for the first answer."""
    page.locator("#files").set_input_files(sound)
    page.locator("#begin:enabled").wait_for()
    assert page.get_by_label(f"Note of {sound.name}").input_value() == "57"
    page.get_by_text(synth, exact=True).click()
    page.get_by_role("button", name="Match it").click()
    page.locator("body[data-heard]").wait_for(timeout=120_000)


def opened_run(server):
    [folder] = server.studio.root.glob("[!.]*/")
    return folder, server.studio.session(server.studio.library.id_of(folder))


def test_a_session_from_a_dropped_note_to_a_saved_preset(patchwright, pluck, tmp_path, monkeypatch):
    need_amsynth()
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    with (
        browser() as chromium,
        served(tmp_path / "runs") as server,
        opened(chromium, server.address) as page,
    ):
        begun(page, pluck, "amsynth")
        _, session = opened_run(server)
        first = session.view()

        # the answer gets nearer, also for a page that is reloaded
        page.reload()
        page.locator("body[data-heard]").wait_for()
        until(lambda: session.view()["renders"] > first["renders"])
        page.get_by_role("button", name="Pause").click()
        until(lambda: session.view()["status"] == "paused")

        # it is heard, and changed for the target
        page.get_by_role("button", name="Play", exact=True).click()
        sounding(page)
        page.locator(".ab [data-side=target]").click()
        assert page.locator("#side-target.playing").count() == 1
        sounding(page)

        # a strand, a knob and a chord
        page.get_by_role("button", name="Find strands").click()
        page.get_by_label("Play strand E").click()
        sounding(page)
        strand = until(lambda: session.state.scene.chosen)
        page.locator(f"body[data-heard='{strand}']").wait_for()
        page.get_by_label("filter cutoff", exact=True).focus()
        page.keyboard.press("PageUp")
        bent = until(lambda: session.state.scene.chosen != strand and session.state.scene.chosen)
        page.locator(f"body[data-heard='{bent}']").wait_for()
        page.get_by_role("button", name="Stop", exact=True).click()
        until(lambda: loudest(page) < 1e-4)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        for key in "adg":
            page.keyboard.down(key)
        sounding(page)
        assert len([url for url in asked if f"{bent}?note=" in url]) == 3

        with page.expect_download() as download:
            page.get_by_role("link", name="Preset for the synth (.fxp)").click()
        download.value.save_as(tmp_path / "saved.fxp")

        # it is put where amsynth lists it, and taken away again
        page.get_by_role("button", name="Put it in the synth's list").click()
        page.locator("#places li").wait_for()
        assert [*home.rglob("*.bank")] == []
        page.get_by_label("Listed as").fill("Plucked")
        page.get_by_role("button", name="Put it there").click()
        undo = page.get_by_role("button", name="away again")
        undo.wait_for()
        (bank,) = home.rglob("*.bank")
        assert "Plucked" in bank.read_text()
        undo.click()
        undo.wait_for(state="hidden")
        assert [*home.rglob("*.bank")] == []

        heard = session.run.hear(bent).sound.audio
        performance = session.run.setup.performance

    # the command line plays the file that was saved
    wav = tmp_path / "played.wav"
    code, _, errors = patchwright(
        *("synth", "render", "vst2:amsynth_vst", tmp_path / "saved.fxp", "-o", wav),
        *("--notes", notes_text(performance.notes), "--length", performance.length),
    )
    assert code == 0, errors
    played, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    np.testing.assert_allclose(played.T, heard, atol=1e-4)  # the file holds fewer digits


@long
def test_a_search_survives_its_studio_and_repeats(patchwright, pluck, tmp_path):
    root = tmp_path / "runs"
    with browser() as chromium:
        with served(root) as server, opened(chromium, server.address) as page:
            begun(page, pluck, "Subtractive")
            folder, session = opened_run(server)
            before = session.view()
        assert session.view()["status"] == "paused"
        with served(root) as server, opened(chromium, server.address_of(folder)) as page:
            _, session = opened_run(server)
            until(lambda: session.view().get("renders", 0) > before["renders"])
            page.get_by_role("button", name="Stop and keep the answer").click()
            until(lambda: session.view()["status"] == "finished", 300)
            page.get_by_role("link", name="Open the report").wait_for()
            stopped = json.loads((folder / "summary.json").read_text())
            assert before["renders"] < stopped["renders"] < 2_500

    code, _, errors = patchwright("run", folder / "run.yaml", "--out", tmp_path / "again")
    assert code == 0, errors
    again = json.loads((tmp_path / "again" / "summary.json").read_text())
    assert again["preset"] == stopped["preset"]
    assert again["objectives"] == stopped["objectives"]
