"""Screenshots of the studio's pages, for the README and to be looked at.

Run as ``python -m tests.experiments.studio.screenshots RUN OUT [WIDTH...]``: RUN is a run of a
recording, as of ``make match``. With widths, every page is taken at each of them, light and dark.
"""

import contextlib
import sys
from pathlib import Path

from tests.experiments.browser import browser, opened
from tests.experiments.studio.test_session import served

_TARGET = Path("experiments/targets/trumpet_c4.flac")


def pages(page, server, run):
    """Go to every page of the studio, and yield its name when it is ready."""
    page.goto(server.origin)
    yield "start"
    page.locator("#files").set_input_files(_TARGET)
    page.locator("#begin:enabled").wait_for()
    yield "dropped"
    page.goto(f"{server.origin}/library")
    page.locator(".runs li").first.wait_for()
    yield "library"
    page.goto(f"{server.origin}/runs/{server.studio.library.id_of(run)}")
    page.locator(".knob").first.wait_for()
    page.locator("#words li").first.wait_for()
    if not page.locator("#strands li").count():
        page.get_by_role("button", name="Find strands").click()
        page.get_by_label("Play strand E").wait_for()
    page.wait_for_load_state("load")
    page.wait_for_function(
        "[...document.images].every((image) => image.complete || image.loading == 'lazy')"
    )
    yield "match"


def main(run, out, *widths):
    """Take the pictures, and return the exit code."""
    run, out = Path(run), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        chromium = held.enter_context(browser())
        server = held.enter_context(served(run.parent))
        page = held.enter_context(opened(chromium, server.address))
        if not widths:
            page.set_viewport_size({"width": 1180, "height": 820})
            for name in pages(page, server, run):
                page.emulate_media(color_scheme="dark" if name == "dropped" else "light")
                if name in ("dropped", "match"):
                    page.screenshot(path=out / f"studio-{name}.png")
        for width in widths:
            page.set_viewport_size(
                {"width": int(width), "height": 2160 if int(width) > 2000 else 900}
            )
            for name in pages(page, server, run):
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    page.wait_for_timeout(150)
                    page.screenshot(path=out / f"{name}-{width}-{scheme}.png", full_page=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
