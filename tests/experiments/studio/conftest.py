"""A folder with one small finished run, and clients of a studio on it."""

import re
import shutil

import pytest

from patchwright.experiments.match.run import match
from tests.needs import need_package

PORT = 8765
NAME = "<img src=x onerror=window.ran=1>"


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    return match(
        {"random": 3, "duration": 0.15, "length": 0.3},
        out=tmp_path_factory.mktemp("runs") / "first",
        workers=1,
        sr=16_000,
        objectives=["mss"],
        search={"method": "random", "renders": 60, "calibration": 20},
    ).folder


@pytest.fixture
def root(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "runs" / "first")
    return tmp_path / "runs"


@pytest.fixture
def opened():
    """Open studios on folders, with clients that sent the token once."""
    need_package("starlette", "studio")
    from starlette.testclient import TestClient

    from patchwright.experiments.studio.app import studio_app
    from patchwright.experiments.studio.guard import Guard
    from patchwright.experiments.studio.studio import Studio

    studios = []

    def begin(root, *, token="secret", enter=True, **options):  # noqa: S107
        studio = Studio(root, workers=1, ahead=False, **options)
        studios.append(studio)
        app = Guard(
            studio_app(studio, token=token),
            host="127.0.0.1",
            token=token,
            read_only=studio.read_only,
        )
        client = TestClient(app, base_url=f"http://127.0.0.1:{PORT}")
        if enter:
            assert client.get("/library", params={"token": token}).status_code == 200
            client.headers["X-Patchwright-Token"] = token
        return client, studio

    yield begin
    for studio in studios:
        studio.close()


@pytest.fixture
def run_of():
    """Return the address of the first run in a library page."""

    def find(client):
        return "/api" + re.search(r'href="(/runs/[0-9a-f]{12})"', client.get("/library").text)[1]

    return find
