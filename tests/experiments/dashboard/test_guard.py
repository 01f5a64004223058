"""What the dashboards refuse: requests of other pages, and under other names."""

import http.client
import json
import os
import re
import signal
import tempfile
import threading
from contextlib import contextmanager

import optuna
import optuna_dashboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.artifacts import FileSystemArtifactStore

from patchwright.experiments.dashboard.guard import guarded
from patchwright.experiments.dashboard.server import Server
from patchwright.experiments.match.run import match
from tests.sizes import size

JSON = "application/json"
LOOPBACK = [
    "127.0.0.1:8080",
    "localhost:8080",
    "LOCALHOST:8080",
    "[::1]:8080",
    "localhost",
    "localhost:9",
]
FOREIGN = [
    *(
        "",
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example:8080",
        "localhost.evil:8080",
    ),
    *("evil@127.0.0.1:8080", "127.0.0.1:8080@evil.example", "localhost:8080/evil", "127.0.0.1:x"),
    *("evil,127.0.0.1", "[::1", "0.0.0.0:8080", "127.0.0.2:8080", "192.168.0.9:8080", "localhost."),
]


def asked(host="127.0.0.1", name="127.0.0.1:8080", method="GET", path="/", **headers):
    """Return the status and the headers of an answer; the application itself answers 200."""
    answered = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": name} | headers

    def pages(environ, start):
        start("200 OK", [("Content-Type", "text/html"), ("Access-Control-Allow-Origin", "*")])
        return [b""]

    list(guarded(pages, host)(environ, lambda *given: answered.append(given)))
    ((status, found),) = answered
    return int(status[:3]), found


def test_names_of_this_machine_are_answered_and_no_others():
    assert {asked(name=name)[0] for name in LOOPBACK} == {200}
    assert {asked(name=name)[0] for name in FOREIGN} == {403}
    assert asked("192.168.0.9", "192.168.0.9:8080")[0] == 200
    assert asked("studio", "Studio:8080")[0] == 200
    for any_address in ("0.0.0.0", ""):  # noqa: S104
        assert asked(any_address, "192.168.0.9:8080")[0] == 200
        assert asked(any_address, os.uname().nodename + ":8080")[0] == 200
        assert asked(any_address, "evil.example:8080")[0] == 403


@settings(max_examples=size(2_000, 200), deadline=None)
@given(
    st.text(st.characters(codec="latin-1")) | st.from_regex(r"(localhost|127\.0\.0\.1)[\w.:@/-]*"),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
)
def test_no_other_name_or_origin(name, method):
    own = re.fullmatch(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]*)?", name.lower())
    assert asked(name=name, method=method)[0] == 403 or own
    origin = f"http://{name}"
    refused = asked(method=method, HTTP_ORIGIN=origin)[0] == 403
    assert refused == (origin.lower().split("/")[2] != "127.0.0.1:8080")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_own_pages_change_something(method):
    own = "http://127.0.0.1:8080"
    for headers in (
        {"HTTP_ORIGIN": own},
        {"HTTP_ORIGIN": own, "HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_REFERER": f"{own}/dashboard/studies/0"},
        {"CONTENT_LENGTH": "2", "CONTENT_TYPE": f"{JSON}; charset=utf-8"},
        {},
    ):
        assert asked(method=method, **headers)[0] == 200
    for headers in (
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "http://127.0.0.1:8081"},
        {"HTTP_ORIGIN": "https://127.0.0.1:8080"},
        {"HTTP_REFERER": "http://evil.example/127.0.0.1:8080"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site", "HTTP_SEC_FETCH_MODE": "navigate"},
        {"CONTENT_LENGTH": "2", "CONTENT_TYPE": "text/plain"},
        {"CONTENT_LENGTH": "2", "CONTENT_TYPE": "multipart/form-data"},
        {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": "text/plain"},
    ):
        assert asked(method=method, **headers)[0] == 403


def test_pages_of_others_may_link_to_this_one_and_read_nothing():
    link = {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "navigate"}
    assert asked(**link)[0] == 200
    assert asked(HTTP_SEC_FETCH_SITE="cross-site", HTTP_SEC_FETCH_MODE="no-cors")[0] == 403
    assert asked(HTTP_ORIGIN="http://evil.example")[0] == 403
    headers = dict(asked()[1])
    assert headers["Content-Type"] == "text/html"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers
    assert dict(asked(path="/artifacts/0/1")[1])["Content-Disposition"] == "attachment"


@contextmanager
def served(pages):
    server = Server(pages, port=0)
    serving = threading.Thread(target=server.serve)
    serving.start()
    try:
        yield int(server.address.rsplit(":", 1)[1].strip("/"))
    finally:
        server.stop()
        serving.join()
        server.close()


def test_the_dashboard_itself(tmp_path):
    """What a page of another origin did before: list, create, rename, upload and delete."""
    storage = optuna.storages.InMemoryStorage()
    study = optuna.create_study(storage=storage, study_name="one")
    trial = study.ask()
    store = FileSystemArtifactStore(str(tmp_path))
    svg = json.dumps({"file": "data:image/svg+xml;base64,PHN2Zz4=", "filename": "a.svg"})
    create = json.dumps({"study_name": "two", "directions": ["minimize"]})
    requests = [
        ("GET", "/api/studies", None),
        ("POST", "/api/studies", create),
        ("POST", "/api/studies/0/rename", json.dumps({"study_name": "three"})),
        ("POST", f"/api/artifacts/0/{trial._trial_id}", svg),
        ("POST", f"/api/studies/0/{trial._trial_id}/skip", ""),
        ("DELETE", "/api/studies/0", None),
    ]
    foreign = [
        {"Host": "evil.example", "Content-Type": JSON},
        {"Origin": "http://evil.example", "Content-Type": "text/plain"},
        {"Sec-Fetch-Site": "cross-site", "Content-Type": JSON},
    ]
    with served(optuna_dashboard.wsgi(storage, artifact_store=store)) as port:

        def ask(method, path, content, headers):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            found = answer.status, dict(answer.headers), answer.read()
            connection.close()
            return found

        for headers in foreign:
            for request in requests:
                assert ask(*request, headers)[0] == 403
        assert [found.study_name for found in storage.get_all_studies()] == ["one"]
        assert list(tmp_path.iterdir()) == []
        own = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": JSON}
        assert ask(*requests[1], own)[0] == 201
        status, _, content = ask(*requests[3], own)
        assert status == 201
        place = f"/artifacts/0/{trial._trial_id}/{json.loads(content)['artifact_id']}"
        status, headers, content = ask("GET", place, None, {})
        assert (status, content) == (200, b"<svg>")
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"] == "attachment"
        status, headers, _ = ask("GET", "/dashboard", None, {})
        assert (status, headers["Content-Type"][:9]) == (200, "text/html")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_sounds_are_removed_when_the_process_is_ended(
    patchwright, monkeypatch, tmp_path, tmp_path_factory, number
):
    target = {"random": 3, "duration": 0.1, "length": 0.2}
    search = {"method": "random", "renders": 30, "calibration": 20}
    folder = match(target, out=tmp_path / "one", search=search, sr=16_000).folder
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))

    def serve(server):
        assert len(os.listdir(tempfile.tempdir)) == 1  # noqa: PTH208
        assert signal.getsignal(number) not in (signal.SIG_DFL, signal.SIG_IGN)
        os.kill(os.getpid(), number)

    monkeypatch.setattr(Server, "serve", serve)
    code, _, complaint = patchwright("dashboard", folder, "--port", 0)
    assert code == 128 + number, complaint
    assert os.listdir(tempfile.tempdir) == []  # noqa: PTH208
    assert signal.getsignal(number) is signal.SIG_DFL
