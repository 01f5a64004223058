"""What a page does by itself: recording, regions, MIDI, loudness, the library, and several tabs."""

import shutil
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import soundfile

from tests.experiments.browser import browser, loudest, opened, until
from tests.experiments.studio.test_session import SR, served, sounding
from tests.sizes import long

pytestmark = long

# a keyboard with one input, and a player for it
_MIDI = """
const input = { name: "Seaboard", onmidimessage: null };
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["0", input]]) });
window.send = (...data) => input.onmidimessage({ data });
"""
# one sound is the other turned over: a switch at the same sample changes only the sign
_SWITCHED = """async () => {
    const { pairOf, audio, gainOf } = await import("/static/audio.js");
    const context = audio();
    const ramp = (sign) => {
        const buffer = new AudioBuffer({ length: 96000, sampleRate: context.sampleRate });
        buffer.getChannelData(0).forEach((_, i, all) => (all[i] = (sign * (96000 + i)) / 192000));
        return { buffer, loudness: -20, peak: 0.9 };
    };
    const wait = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
    const pair = pairOf(() => {});
    pair.set("target", ramp(1));
    pair.set("mine", ramp(-1));
    pair.play("target");
    await wait(0.3);
    pair.choose("mine");
    await wait(0.055);
    const samples = new Float32Array(heard.fftSize);
    heard.getFloatTimeDomainData(samples);
    pair.stop();
    const gains = [-14, -26].map((loudness) => gainOf({ loudness, peak: 0.4 }));
    return { samples: [...samples], gains };
}"""


def tone(path, hertz, seconds=1.0):
    """Write a WAV file of a tone with partials."""
    time = np.arange(round(seconds * SR)) / SR
    audio = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 6))
    soundfile.write(path, 0.25 * audio, SR)
    return path


@pytest.fixture(scope="module")
def microphone(tmp_path_factory):
    return tone(tmp_path_factory.mktemp("microphone") / "a3.wav", 220.0, 20.0)


@pytest.fixture(scope="module")
def chromium(microphone):
    flags = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    with browser(*flags, f"--use-file-for-fake-audio-capture={microphone}") as found:
        yield found


@pytest.fixture
def root(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "runs" / "first")
    return tmp_path / "runs"


def run_page(server):
    """Return the address of the one run."""
    return server.address_of(server.studio.root / "first")


def test_a_note_is_recorded(chromium, root):
    with served(root) as server, opened(chromium, server.address) as page:
        page.get_by_role("button", name="Record").click()
        page.wait_for_timeout(1500)
        page.get_by_role("button", name="Stop recording").click()
        page.locator("#begin:enabled").wait_for()
        assert page.locator(".sound select").input_value() == "57"
        assert "heard at 2" in page.locator(".note-line").text_content()
        [path] = (root / ".dropped").glob("*/*.wav")
        audio, _ = soundfile.read(path)
        assert 1.0 < len(audio) / soundfile.info(path).samplerate < 4.0
        assert np.abs(audio).max() > 0.05


def test_a_region_is_dragged_and_a_note_corrected(chromium, root, tmp_path):
    sound = tone(tmp_path / "tone.wav", 220.0)
    with served(root) as server, opened(chromium, server.address) as page:
        page.locator("#files").set_input_files(sound)
        page.locator("#begin:enabled").wait_for()
        wave = page.locator(".wave")
        box = wave.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 0.25 * box["width"], middle)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.75 * box["width"], middle, steps=3)
        with page.expect_request(lambda request: "start=" in request.url) as asked:
            page.mouse.up()
        query = parse_qs(urlsplit(asked.value.url).query)
        assert float(query["start"][0]) == pytest.approx(0.25, abs=0.01)
        assert float(query["length"][0]) == pytest.approx(0.5, abs=0.01)
        start = wave.get_attribute("aria-valuetext").partition(" ")[0]
        wave.focus()
        page.keyboard.press("Shift+ArrowRight")
        assert wave.get_attribute("aria-valuetext") == f"{start} to 0.77 seconds"
        page.locator(".sound select").select_option("60")
        assert page.get_by_text("as you say").count() == 1
        page.get_by_role("button", name="Play tone.wav").click()
        sounding(page)
        wave.focus()
        page.keyboard.press("Escape")
        assert wave.get_attribute("aria-valuetext") == "the whole sound"
        assert page.locator(".sound select").input_value() == "60"


def test_several_notes_are_dropped_together(chromium, root, tmp_path):
    sounds = [tone(tmp_path / f"{name}.wav", hz) for name, hz in (("a3", 220), ("a4", 440))]
    with served(root) as server, opened(chromium, server.address) as page:
        page.locator("#files").set_input_files(sounds)
        page.locator("#begin:enabled").wait_for()
        page.locator(".wave.fixed").nth(1).wait_for()
        notes = [select.input_value() for select in page.locator(".sound select").all()]
        assert sorted(notes) == ["57", "69"]
        page.get_by_role("button", name="Remove a3.wav").click()
        assert page.locator(".sound").count() == 1
        assert page.locator(".wave.fixed").count() == 0


def test_a_midi_keyboard_plays(chromium, root):
    with served(root) as server, opened(chromium, server.address) as page:
        page.add_init_script(_MIDI)
        page.goto(run_page(server))
        page.locator("body[data-heard]").wait_for()
        page.get_by_role("button", name="Connect MIDI").click()
        page.get_by_role("button", name="MIDI: Seaboard").wait_for()
        with page.expect_request(lambda request: "note=64&velocity=33" in request.url):
            page.evaluate("send(0x90, 64, 33)")
        sounding(page)
        assert page.locator(".down[data-note='64']").count() == 1
        page.evaluate("send(0x90, 64, 0)")
        assert page.locator(".down").count() == 0
        until(lambda: loudest(page) < 1e-4)


def test_sounds_are_switched_in_place_and_at_one_loudness(chromium, root):
    with served(root) as server, opened(chromium, run_page(server)) as page:
        page.locator("body[data-heard]").wait_for()
        found = page.evaluate(_SWITCHED)
        samples = np.array(found["samples"])
        assert samples[0] > 0 > samples[-1]
        step = np.diff(samples[:400]).mean()
        expected = samples[0] + step * np.arange(len(samples))
        np.testing.assert_allclose(-samples[-400:], expected[-400:], atol=step / 2)
        loud, soft = found["gains"]
        assert 20 * np.log10(soft / loud) == pytest.approx(12)
        page.keyboard.press("Space")
        sounding(page)
        page.keyboard.press("b")
        assert page.locator("#side-target.playing").count() == 1
        page.keyboard.press("Space")
        until(lambda: loudest(page) < 1e-4)


def test_the_library_is_searched_and_sorted(chromium, root):
    shutil.copytree(root / "first", root / "second")
    (root / "second" / "summary.json").unlink()
    with served(root) as server, opened(chromium, server.address) as page:
        titles = {"first": ("Brass", ["bridge"]), "second": ("Aeolian", [])}
        for name, (title, tags) in titles.items():
            number = server.studio.library.id_of(root / name)
            server.studio.session(number).describe(title, tags, "")
        page.goto(f"{server.origin}/library")

        def shown():
            return [row.text_content() for row in page.locator(".runs li:visible b").all()]

        for order, first in (("title", "Aeolian"), ("match", "Brass"), ("changed", "Aeolian")):
            page.get_by_label("Order by").select_option(order)
            assert shown()[0] == first
        page.get_by_label("Search").fill("BRIDGE sub")
        assert shown() == ["Brass"]
        assert page.locator("#count").text_content() == "1 run"
        page.locator(".runs li:visible a").click()
        page.locator("body[data-heard]").wait_for()
        assert page.locator("#title").text_content() == "Brass"


def test_two_tabs_show_one_state(chromium, root):
    with served(root) as server, opened(chromium, run_page(server)) as page:
        other = page.context.new_page()
        other.goto(page.url)
        for each in (page, other):
            each.locator("body[data-heard]").wait_for()
        page.get_by_role("button", name="Find strands").click()
        other.bring_to_front()
        other.get_by_label("Play strand D").click()
        chosen = until(lambda: server.studio.session(page.url[-12:]).state.scene.chosen)
        page.bring_to_front()
        page.locator(f"body[data-heard='{chosen}']").wait_for()
        page.get_by_label("Name").fill("Bridge")
        page.get_by_label("Tags").fill("soft, low")
        page.get_by_label("Tags").blur()
        other.bring_to_front()
        other.get_by_role("heading", name="Bridge").wait_for()
        other.close()
        page.reload()
        page.locator(f"body[data-heard='{chosen}']").wait_for()
        assert page.get_by_label("Tags").input_value() == "soft, low"
        for _ in range(2):
            page.get_by_role("button", name="Undo").click()
        page.locator("#strands:empty").wait_for(state="attached")


def test_read_only_pages_change_nothing(chromium, root):
    with served(root, read_only=True) as server, opened(chromium, run_page(server)) as page:
        page.locator("body[data-heard]").wait_for()
        page.locator(".lock").first.wait_for()
        for name in ("Find strands", "Undo", "Redo"):
            assert page.get_by_role("button", name=name).is_disabled()
        assert page.get_by_role("button", name="Search on").count() == 0
        assert page.get_by_label("Notes").is_disabled()
        page.keyboard.press("Space")
        sounding(page)
        page.get_by_label("filter cutoff", exact=True).focus()
        before = page.get_by_label("filter cutoff", exact=True).get_attribute("aria-valuenow")
        page.keyboard.press("PageUp")
        dial = page.get_by_label("filter cutoff", exact=True)
        assert dial.get_attribute("aria-valuenow") == before
        assert page.locator("#knobs select:enabled").count() == 0
        page.goto(server.origin)
        assert page.locator("#begin").is_disabled()
