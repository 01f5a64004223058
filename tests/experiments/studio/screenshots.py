"""Screenshots of the studio's pages, for the README and to be looked at.

Run as ``python -m tests.experiments.studio.screenshots RUN OUT [WIDTH...]``: RUN is a run of
the repository's trumpet, as of ``make match``. With widths, every page is taken at each of them,
light and dark.
"""

import contextlib
import io
import sys
from pathlib import Path

from PIL import Image

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
    number = server.studio.library.id_of(run)
    page.goto(f"{server.origin}/runs/{number}")
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


def _write(content, path):
    """Write a picture with a palette, which is a third of the size."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.quantize(256, kmeans=3).save(path, optimize=True)


def main(run, out, *widths):
    """Take the pictures, and return the exit code."""
    run, out = Path(run), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        chromium = held.enter_context(browser())
        server = held.enter_context(served(run.parent))
        page = held.enter_context(opened(chromium, server.address))
        page.set_default_timeout(60_000)
        number = server.studio.library.id_of(run)
        server.studio.session(number).describe("Trumpet", ["brass"], "")
        if not widths:
            for name in pages(page, server, run):
                page.emulate_media(color_scheme="dark" if name == "dropped" else "light")
                if name in ("dropped", "match"):
                    height = 940 if name == "dropped" else 1200
                    page.set_viewport_size({"width": 1180, "height": height})
                    page.wait_for_timeout(300)
                    _write(page.screenshot(), out / f"studio-{name}.png")
        for width in map(int, widths):
            page.set_viewport_size({"width": width, "height": 2160 if width > 2000 else 900})
            for name in pages(page, server, run):
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    picture = page.screenshot(full_page=True)
                    _write(picture, out / f"{name}-{width}-{scheme}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
