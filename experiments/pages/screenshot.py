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
_NARROWEST = 500  # pixels; Chromium lays out no window narrower than this
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
    """Show a page in a browser without a window, and keep what it looks like.

    Args:
        page: An HTML file, or a run's folder with its report.
        picture: The PNG to write.
        width: Of the window, in pixels.
        height: Of the window, in pixels; what lies below is not in the picture.
        dark: Whether the reader prefers a dark scheme.

    Raises:
        ExperimentError: If there is no page or no browser, or it takes no picture.
    """
    page = page / "report.html" if page.is_dir() else page
    if not page.is_file():
        raise ExperimentError(f"There is no page {page}: write it with 'patchwright report RUN'.")
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise ExperimentError(
            "No browser was found to take pictures with: install Chromium, as with "
            "'apt-get install chromium'."
        )
    picture.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshot-") as folder:
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        address = page.resolve().as_uri()
        if width < _NARROWEST:
            frame = Path(folder) / "frame.html"
            frame.write_text(
                f'<!doctype html><body style="margin:0"><iframe src="{address}" '
                f'style="border:0;width:{width}px;height:{height}px"></iframe>',
                encoding="utf-8",
            )
            address = frame.as_uri()
        # no shell reads the paths, and the browser is the user's own
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
        raise ExperimentError(f"{browser} took no picture ({reason}): see that it runs by itself.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and take the picture; gives the exit code."""
    parser = argparse.ArgumentParser(prog="screenshot", description=__doc__)
    parser.add_argument("page", type=Path, metavar="RUN_OR_HTML")
    parser.add_argument("picture", type=Path, metavar="PNG")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=4800)
    parser.add_argument("--dark", action="store_true")
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
