"""A browser for tests of pages; an error in a page fails the test."""

import shutil
import time
from contextlib import contextmanager

from tests.needs import missing, need_package

NAME = "<img src=x onerror=window.ran=1>"
"""A name with a script, which pages must show and not run."""

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required")
# all that is heard passes an analyser first
_TAP = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (!(to instanceof AudioDestinationNode)) return connect.call(this, to, ...rest);
  if (!window.heard) {
    window.heard = new AnalyserNode(to.context, { fftSize: 4096, smoothingTimeConstant: 0 });
    connect.call(window.heard, to);
  }
  return connect.call(this, window.heard, ...rest);
};
"""


@contextmanager
def browser(*arguments):
    """Start Chromium, with more arguments; skip the test without Chromium or its driver."""
    need_package("playwright", "test")
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        missing("Chromium is missing: run tests/install_plugins.sh")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *arguments])
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def opened(chromium, address):
    """Open a page; at the end, check that no error occurred and no name ran.

    Args:
        chromium: As `browser` gives it.
        address: A file, or an address on this machine, from which all must come.
    """
    wrong = []
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(15_000)
        context.add_init_script(_TAP)
        page = context.new_page()
        page.on(
            "console",
            lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: _failed(request, wrong))
        page.on("request", lambda request: _check(request.url, str(address), wrong))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.goto(address if "://" in str(address) else address.resolve().as_uri())
        yield page
        assert page.evaluate("window.ran") is None
        assert page.locator("img[src=x]").count() == 0
    assert wrong == []


def _failed(request, wrong):
    if request.failure != "net::ERR_ABORTED":  # by the page itself, when it is left
        wrong.append(f"failed: {request.url[:200]}")


def _check(address, start, wrong):
    scheme, _, rest = start.partition("://")
    own = ("data:", "blob:", f"{scheme}://{rest.partition('/')[0]}/" if rest else "file:")
    if not address.startswith(own):
        wrong.append(f"asked for {address[:200]}")


def plays(page, sound):
    """Whether an audio element is playing."""
    handle = sound.element_handle()
    page.wait_for_function(
        "([sound, before]) => sound.currentTime > before + 0.05",
        arg=[handle, handle.evaluate("sound => sound.currentTime")],
    )
    return True


def heard_above(page, frequency):
    """The loudest level in dB above a frequency in Hz that the listening page plays."""
    page.get_by_label("Position").fill("0")
    page.wait_for_timeout(500)  # longer than the analyser's window
    level = page.evaluate(
        """frequency => {
            const levels = new Float32Array(heard.frequencyBinCount);
            heard.getFloatFrequencyData(levels);
            const first = (frequency / heard.context.sampleRate) * heard.fftSize;
            return Math.max(-1000, ...levels.slice(Math.ceil(first) + 20));
        }""",
        frequency,
    )
    return float(level)


def loudest(page):
    """The greatest sample that a page plays now."""
    return page.evaluate(
        """() => {
            if (!window.heard) return 0;
            const samples = new Float32Array(heard.fftSize);
            heard.getFloatTimeDomainData(samples);
            return Math.max(...samples.map(Math.abs));
        }"""
    )


def until(condition, seconds=60):
    """Wait until a function returns something true, and return that."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, "it took too long"
        time.sleep(0.05)
    return found


def barriers(page):
    """Faults of a page that axe-core calls serious or critical, with their elements, by name."""
    from axe_playwright_python.sync_playwright import Axe

    return {
        fault["id"]: [node["target"] for node in fault["nodes"]]
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
    }
