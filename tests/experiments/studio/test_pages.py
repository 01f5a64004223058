"""Every page in a browser: accessible, in light and dark, narrow and wide."""

import shutil

import pytest

from tests.experiments.browser import barriers, browser, opened
from tests.experiments.studio.test_session import served
from tests.sizes import long

pytestmark = long


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_pages_are_accessible_and_fit(chromium, finished, tmp_path, scheme, width):
    root = tmp_path / "runs"
    shutil.copytree(finished, root / "first")
    found = {}
    with served(root) as server, opened(chromium, server.address) as page:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        run = f"/runs/{server.studio.library.id_of(root / 'first')}"
        for path in ("/", "/library", run):
            page.goto(server.origin + path)
            if path == run:
                page.locator(".knob").first.wait_for()
                page.locator("#words li").first.wait_for()
                page.get_by_role("button", name="Find strands").click()
                page.get_by_label("Play strand E").wait_for()
                page.get_by_label("What filter cutoff does").click()
                page.get_by_role("button", name="Play filter cutoff at").first.wait_for()
            found |= {f"{path} {name}": nodes for name, nodes in barriers(page).items()}
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert found == {}
