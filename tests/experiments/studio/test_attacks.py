"""What the studio refuses: other hosts, other origins, missing tokens, paths, sizes and names."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.experiments.studio.conftest import NAME, PORT

OWN = f"http://127.0.0.1:{PORT}"


def note(seconds=0.3, sr=16_000):
    """Return a WAV file of a tone."""
    time = np.arange(round(seconds * sr)) / sr
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.sin(2 * np.pi * 220 * time), sr, format="WAV")
    return file.getvalue()


def files(folder):
    return sorted(str(path) for path in Path(folder).rglob("*"))


def dropped(client, name, content, **headers):
    return client.post("/api/sounds", params={"name": name}, content=content, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": f"127.0.0.1.evil.example:{PORT}"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_foreign_requests_are_refused_and_change_nothing(opened, root, run_of, headers):
    client, _ = opened(root)
    run = run_of(client)
    before = files(root)
    for path in ("/", "/library", "/studio.css", run, f"{run}/sounds/target"):
        assert client.get(path, headers=headers).status_code == 403
    for path in ("/api/runs", f"{run}/search", f"{run}/strands"):
        assert client.post(path, json={"do": "go"}, headers=headers).status_code == 403
    assert dropped(client, "a.wav", note(), **headers).status_code == 403
    assert files(root) == before


def test_without_the_token_nothing_is_shown_or_changed(opened, root):
    client, _ = opened(root, enter=False)
    for path in ("/", "/library", "/static/run.js", "/api/runs/0", "/?token=secre", "/?token="):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "token" in answer.text
    # the cookie alone, which a browser sends by itself, reads and does not change
    assert client.get("/?token=secret").status_code == 200
    assert "token=" not in str(client.get("/").url)
    for sent in ({}, {"X-Patchwright-Token": "wrong"}, {"Cookie": "studio-x=\xff; =;"}):
        before = files(root)
        headers = {key: value.encode("latin-1") for key, value in sent.items()}
        assert client.post("/api/runs", json={}, headers=headers).status_code == 403
        assert dropped(client, "a.wav", note(), **headers).status_code == 403
        assert files(root) == before


def test_every_answer_has_the_policy(opened, root, run_of):
    client, _ = opened(root)
    run = run_of(client)
    for path in ("/", "/library", run.removeprefix("/api"), "/static/run.js", f"{run}/events/no"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
    page = client.get(run.removeprefix("/api")).text
    assert "<script>" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    report = client.get(f"{run.removeprefix('/api')}/report").headers
    assert report["content-security-policy"].startswith("sandbox ")


@pytest.mark.parametrize(
    "name",
    [
        *("../../evil.wav", "/etc/evil.wav", "..\\evil.wav", "C:\\evil.wav", ".wav", "a/b.wav"),
        "x" * 5000 + ".wav",
    ],
)
def test_names_are_no_paths(opened, root, name):
    client, _ = opened(root)
    answer = dropped(client, name, note())
    assert answer.status_code in (200, 400)
    new = [Path(path) for path in files(root.parent) if path.endswith(".wav")]
    stored = [path for path in new if ".dropped" in path.parts]
    assert len(stored) == (answer.status_code == 200)
    assert all(path.parent.parent == root / ".dropped" for path in stored)
    assert not any(path.name == "evil.wav" and ".dropped" not in path.parts for path in new)


@pytest.mark.parametrize(
    "path",
    [
        "/runs/..%2f..%2fetc",
        "/runs/../../etc/passwd",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/api/runs/first",
        "/api/runs/%2e%2e",
        "/api/sounds/..%2f..%2fx/note",
        "/api/sounds/0123456789ab/note",
    ],
)
def test_paths_lead_nowhere(opened, root, path):
    client, _ = opened(root)
    answer = client.get(path)
    assert answer.status_code in (400, 404)
    assert "Traceback" not in answer.text


def test_keys_are_no_paths(opened, root, run_of):
    (root / "secret.json").write_text("{}")
    client, _ = opened(root)
    run = run_of(client)
    for key in ("..%2f..%2fsecret", "%2e%2e%2fsecret", "secret", "0" * 16, "*", "%00"):
        for kind in ("sounds", "pictures", "words", "knobs", "keep", "sweep"):
            assert client.get(f"{run}/{kind}/{key}").status_code in (400, 404)


def test_sizes_are_limited_while_they_arrive(opened, root):
    client, _ = opened(root, max_bytes=20_000)
    before = files(root)
    assert dropped(client, "big.wav", b"0" * 30_000).status_code == 413
    answer = dropped(client, "big.wav", iter([b"0" * 2**14] * 4))  # without its length
    assert answer.status_code == 413
    assert "larger than" in answer.json()["error"]
    assert answer.headers["connection"] == "close"
    assert files(root) == before
    assert client.post("/api/runs", content=b" " * 2**19).status_code == 400
    assert client.post("/api/runs", content=b"[" * 2**17).status_code == 400


def test_sounds_are_read_by_the_checked_reader(opened, root):
    client, _ = opened(root)
    bomb = bytearray(note())
    struct.pack_into("<I", bomb, 4, 2**32 - 9)
    struct.pack_into("<I", bomb, 40, 2**32 - 45)  # a WAV file that says it has hours
    assert dropped(client, "bomb.wav", bytes(bomb)).json()["seconds"] < 1
    silence = io.BytesIO()
    soundfile.write(silence, np.zeros((500 * 8_000, 2)), 8_000, format="FLAC")
    assert len(silence.getvalue()) < 100_000  # 32 MB as samples
    assert dropped(client, "bomb.flac", silence.getvalue()).status_code == 400
    for name, content in {
        "text.wav": b"<script>alert(1)</script>",
        "empty.flac": b"",
        "random.mp3": os.urandom(4096),
        "page.html": note(),
    }.items():
        answer = dropped(client, name, content)
        assert answer.status_code == 400
        assert answer.json()["error"].count("\n") == 0


def test_html_in_names_is_text(opened, root, run_of):
    folder = root / NAME.replace("/", "")
    (root / "first").rename(folder)
    client, studio = opened(root)
    assert dropped(client, f"{NAME}.wav", note()).json()["name"] == f"{NAME}.wav"
    run = run_of(client)
    told = {"title": NAME, "tags": [NAME], "notes": f"</script>{NAME}"}
    assert client.post(f"{run}/about", json=told).json()["title"] == NAME
    for path in ("/", "/library", run.removeprefix("/api")):
        page = client.get(path).text
        assert NAME not in page
        assert "&lt;img" in page
    assert studio.library.entries()[0].tags == (NAME,)


def test_wrong_orders_are_told(opened, root, run_of):
    client, _ = opened(root)
    run = run_of(client)
    sound = dropped(client, "c4.wav", note()).json()["id"]
    right = {"sounds": [{"id": sound, "note": 60}], "synth": "subtractive", "lock": ""}
    for wrong in (
        {},
        right | {"sounds": [{"id": "0123456789ab", "note": 60}]},
        right | {"sounds": [{"id": sound, "note": 128}]},
        right | {"sounds": [{"id": sound, "note": "60"}]},
        right | {"sounds": "x"},
        right | {"synth": "/tmp/evil.so"},  # noqa: S108
        right | {"synth": "vst2:../../evil"},
        right | {"lock": "../../evil.yaml"},
        right | {"renders": 10**9},
        right | {"start": -1.0},
        right | {"start": "soon"},
    ):
        answer = client.post("/api/runs", json=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]
    for path, order in (
        ("search", {"do": "explode"}),
        ("strands", {"do": "breed", "key": "../x"}),
        ("strands", {"do": "like"}),
        ("about", {"title": 1, "tags": [], "notes": ""}),
        ("about", {"title": "x" * 500, "tags": [], "notes": ""}),
        ("branch", {"locked": "x"}),
        ("branch", {"locked": ["no such knob"]}),
    ):
        assert client.post(f"{run}/{path}", json=order).status_code == 400, order
    assert sorted(path.name for path in root.iterdir()) == [".dropped", "first"]


def test_read_only_changes_nothing(opened, root, run_of):
    client, _ = opened(root, read_only=True)
    before = files(root)
    run = run_of(client)
    assert client.get(f"{run}/sounds/target").status_code == 200
    for path in ("/api/sounds?name=a.wav", "/api/runs", f"{run}/search", f"{run}/about"):
        answer = client.post(path, json={})
        assert answer.status_code == 403
        assert "--read-only" in answer.text
    assert files(root) == before
    assert not (root / ".dropped").exists()
