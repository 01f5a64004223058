"""Screenshots of reports.

Run as ``python -m patchwright.experiments.pages.screenshot RUN_OR_HTML out.png``.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from patchwright.experiments.errors import ExperimentError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_MIN_WIDTH = 500  # pixels: the minimum width of a Chromium window
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--allow-file-access-from-files",
    "--virtual-time-budget=8000",
)


def screenshot(
    page: Path, picture: Path, *, width: int = 1280, height: int = 4800, dark: bool = False
) -> None:
    """Take a screenshot of a page with a headless browser.

    Args:
        page: HTML file, or folder of a run with a report.
        picture: PNG file to write.
        width: Width of the window in pixels.
        height: Height of the window in pixels; the page is cut off below.
        dark: Whether to use the dark colour scheme.

    Raises:
        ExperimentError: The page or a browser is missing, or the browser fails.

    Examples:
        ::

            screenshot(Path("runs/mine"), Path("report.png"), height=1060)
    """
    page = page / "report.html" if page.is_dir() else page
    if not page.is_file():
        raise ExperimentError(f"There is no page {page}: write it with 'patchwright report RUN'.")
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise ExperimentError(
            "No browser was found for screenshots: install Chromium, as with "
            "'apt-get install chromium'."
        )
    picture.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshot-") as folder:
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        address = page.resolve().as_uri()
        if width < _MIN_WIDTH:
            frame = Path(folder) / "frame.html"
            frame.write_text(
                f'<!doctype html><body style="margin:0"><iframe src="{address}" '
                f'style="border:0;width:{width}px;height:{height}px"></iframe>',
                encoding="utf-8",
            )
            address = frame.as_uri()
        # no shell is involved, and the browser is the user's own
        done = subprocess.run(  # noqa: S603
            [
                browser,
                *_FLAGS,
                scheme,
                f"--user-data-dir={folder}/profile",
                f"--window-size={width},{height}",
                f"--screenshot={picture.resolve()}",
                address,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode or not picture.is_file():
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ExperimentError(
            f"{browser} took no screenshot ({reason}): check that it runs by itself."
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the screenshot that the command line describes, and return the exit code."""
    parser = argparse.ArgumentParser(prog="screenshot", description=__doc__)
    parser.add_argument("page", type=Path, metavar="RUN_OR_HTML", help="folder of a run, or a page")
    parser.add_argument("picture", type=Path, metavar="PNG", help="picture to write")
    parser.add_argument("--width", type=int, default=1280, help="width in pixels")
    parser.add_argument("--height", type=int, default=4800, help="height in pixels")
    parser.add_argument("--dark", action="store_true", help="use the dark colour scheme")
    options = parser.parse_args(arguments)
    try:
        screenshot(
            options.page,
            options.picture,
            width=options.width,
            height=options.height,
            dark=options.dark,
        )
    except ExperimentError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
