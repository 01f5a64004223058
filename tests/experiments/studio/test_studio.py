"""What the studio does with runs, asked for as its pages do."""

import http.client
import importlib.util
import io
import json
import re
import socket
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile

from patchwright.experiments.cli import match as cli_match
from patchwright.experiments.config import check_experiment
from patchwright.experiments.match.run import match
from patchwright.experiments.records.folder_lock import locked
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.studio import matches as searches
from patchwright.experiments.studio.breeding import children
from patchwright.experiments.studio.library import Library
from patchwright.experiments.studio.state import MAX_UNDO, Scene, Strand, StudioState
from patchwright.synths import Preset
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.presets.files import read_preset
from patchwright.synths.yaml_file import read_yaml
from tests.experiments.studio.test_attacks import dropped, note

SYNTH = SYNTHS["subtractive"]()


@pytest.fixture
def run(opened, root, run_of):
    """Requests about the finished run."""
    client, studio = opened(root)
    base = run_of(client)

    class Run:
        folder = root / "first"

        def get(self, path=""):
            return client.get(base + path)

        def post(self, path, **order):
            answer = client.post(base + path, json=order)
            assert answer.status_code == 200, answer.text
            return answer.json()

        def view(self):
            self.get("/sounds/target")  # opens the run
            return self.get().json()

    Run.client, Run.studio = client, studio
    return Run()


def heard(answer):
    assert answer.status_code == 200, answer.text
    audio, sr = soundfile.read(io.BytesIO(answer.content), dtype="float32", always_2d=True)
    return audio.T, sr


def test_the_view_says_what_the_summary_says(run):
    summary = json.loads((run.folder / "summary.json").read_text())
    view = run.view()
    assert view["status"] == "finished"
    assert view["renders"] == summary["renders"] == 60
    assert view["match"] == pytest.approx(summary["match"])
    trace = json.loads((run.folder / "search.json").read_text())
    assert view["steps"][-1][1] == pytest.approx(trace["history"][-1]["distance"], abs=1e-5)
    audio, sr = heard(run.get(f"/sounds/{view['best']}"))
    best, _ = soundfile.read(run.folder / "best.wav", dtype="float32", always_2d=True)
    assert sr == 16_000
    np.testing.assert_array_equal(audio, best.T)
    target, _ = soundfile.read(run.folder / "target.wav", dtype="float32", always_2d=True)
    np.testing.assert_array_equal(heard(run.get("/sounds/target"))[0], target.T)
    words = run.get(f"/words/{view['best']}").json()
    assert [each["text"] for each in words["heard"]] == [
        each["text"] for each in summary["differences"]
    ]
    assert run.get("/pictures/target").content.startswith(b"\x89PNG")


def test_strands_are_found_bred_liked_dropped_and_undone(run):
    run.view()
    first = run.post("/strands", do="find")
    strands = [strand["key"] for strand in first["strands"]]
    assert 6 <= len(set(strands)) == len(strands) <= 9
    assert first["strands"][0]["distance"] == pytest.approx(first["steps"][-1][1], abs=1e-5)
    liked = run.post("/strands", do="like", key=strands[1])
    assert [strand["liked"] for strand in liked["strands"]].index(True) == 1
    bred = run.post("/strands", do="breed", key=strands[2])
    keys = [strand["key"] for strand in bred["strands"]]
    assert {strands[1], strands[2]} < set(keys)
    assert len(set(keys) - set(strands)) >= 4
    dropped_ = run.post("/strands", do="drop", key=keys[-1])
    left = [strand["key"] for strand in dropped_["strands"]]
    assert keys[-1] not in left
    assert left[:-1] == keys[:-1]
    for before in (keys, strands, strands):
        undone = run.post("/strands", do="undo")
        assert [strand["key"] for strand in undone["strands"]] == before
    assert not any(strand["liked"] for strand in undone["strands"])
    for _ in range(3):
        redone = run.post("/strands", do="redo")
    assert [strand["key"] for strand in redone["strands"]] == left
    assert not redone["redo"]


def test_another_studio_goes_on_where_this_one_ended(run, opened, root, run_of):
    run.view()
    strands = run.post("/strands", do="find")["strands"]
    chosen = run.post("/strands", do="choose", key=strands[3]["key"])["chosen"]
    run.post("/about", title="Brass & <b>", tags=["soft"], notes="for the bridge")
    client, _ = opened(root, token="other")  # noqa: S106
    again = run_of(client)
    audio, _ = heard(client.get(f"{again}/sounds/{chosen}"))
    np.testing.assert_array_equal(audio, heard(run.get(f"/sounds/{chosen}"))[0])
    view = client.get(again).json()
    assert view["chosen"] == chosen
    assert view["strands"] == strands
    assert (view["title"], view["tags"], view["notes"]) == (
        "Brass & <b>",
        ["soft"],
        "for the bridge",
    )


def test_equal_choices_breed_equal_strands(run, opened, root, run_of):
    def bred(base, client):
        client.get(f"{base}/sounds/target")
        found = client.post(f"{base}/strands", json={"do": "find"}).json()["strands"]
        order = {"do": "breed", "key": found[1]["key"]}
        return client.post(f"{base}/strands", json=order).json()["strands"]

    one = bred(run_of(run.client), run.client)
    for file in (run.folder / "studio").rglob("*.json"):
        file.unlink()
    client, _ = opened(root, token="other")  # noqa: S106
    assert bred(run_of(client), client) == one


def test_a_note_is_rendered_at_its_key_and_velocity(run):
    best = run.view()["best"]
    low, _ = heard(run.get(f"/sounds/{best}?note=48&velocity=100&held=0.3"))
    high, sr = heard(run.get(f"/sounds/{best}?note=60&velocity=30&held=0.3"))
    assert low.shape == high.shape == (1, round(0.9 * sr))
    assert not np.array_equal(low, high)
    for wrong in ("note=200", "note=x", "note=60&velocity=0", "note=60&held=-1", "note=nan"):
        assert run.get(f"/sounds/{best}?{wrong}").status_code == 400


def test_a_knob_moves_one_parameter(run):
    best = run.view()["best"]
    groups = run.get(f"/knobs/{best}").json()
    knobs = {knob["name"]: knob for group in groups.values() for knob in group}
    assert set(knobs) == set(SYNTH.space.names)
    assert {knob["label"] for knob in groups["filter"]} >= {"cutoff", "resonance"}
    bent = run.post(f"/bend/{best}", filter_cutoff=0.25)
    saved = json.loads(run.get(f"/keep/{bent['key']}?as=json").content)["parameters"]
    before = json.loads(run.get(f"/keep/{best}?as=json").content)["parameters"]
    assert {name for name in saved if saved[name] != before[name]} == {"filter_cutoff"}
    assert saved["filter_cutoff"] == pytest.approx(30 * (18_000 / 30) ** 0.25)
    assert bent["texts"] == {"filter_cutoff": "148 Hz"}
    audio, _ = heard(run.get(f"/sounds/{bent['key']}"))
    assert not np.array_equal(audio, heard(run.get(f"/sounds/{best}"))[0])
    for wrong in ({"filter_cutoff": 1.5}, {"no_such": 0.5}, {"filter_cutoff": "x"}):
        assert run.client.post(f"/api/runs/x/bend/{best}", json=wrong).status_code == 400
    swept = run.get(f"/sweep/{best}?knob=filter_type").json()
    assert [setting["text"] for setting in swept] == [*SYNTH.space["filter_type"].choices]
    assert len(run.get(f"/sweep/{best}?knob=amp_attack").json()) == 7


def test_what_is_saved_is_what_was_heard(run, tmp_path):
    best = run.view()["best"]
    (tmp_path / "saved.json").write_bytes(run.get(f"/keep/{best}?as=json").content)
    preset = Preset.read(tmp_path / "saved.json", "subtractive", SYNTH.space)
    own = Preset.read(run.folder / "best.json", "subtractive", SYNTH.space)
    np.testing.assert_array_equal(preset.values, own.values)
    wav = run.get(f"/keep/{best}?as=wav")
    assert "attachment" in wav.headers["content-disposition"]
    np.testing.assert_array_equal(heard(wav)[0], heard(run.get(f"/sounds/{best}"))[0])
    assert run.get(f"/keep/{best}?as=synth").status_code == 400  # it has no format of its own


@pytest.fixture
def begun(monkeypatch):
    """Note which searches begin, instead of starting processes."""
    orders = []
    monkeypatch.setattr(
        searches.Matches, "begin", lambda self, folder, config: orders.append((folder, config))
    )
    return orders


def test_a_sound_can_be_wished_otherwise(run, begun, root):
    page = run.client.get("/").text
    assert re.findall(r'data-more="([^"]+)"', page) == [
        "attack",
        "more noise",
        "brighter",
        "louder",
    ]
    sounds = [dropped(run.client, f"{name}.wav", note()).json()["id"] for name in ("c4", "d4")]

    def begin(but, count=1):
        chosen = [{"id": id, "note": 60} for id in sounds[:count]]
        order = {"sounds": chosen, "synth": "fm", "lock": "", "renders": 500, "but": but}
        return run.client.post("/api/runs", json=order)

    folders = len([*root.iterdir()])
    for but, count, mend in (
        ("sweeter", 1, "wish brighter"),
        ("attack 900 ms", 1, "wish less"),
        ("louder", 2, "leave the others out"),
        (7, 1, "but"),
    ):
        refused = begin(but, count)
        assert refused.status_code == 400
        assert mend in refused.json()["error"]
    assert len([*root.iterdir()]) == folders
    number = begin("brighter 3 dB").json()["id"]
    ((_, config),) = begun
    assert config["target"]["but"] == "brighter 3 dB"
    assert "c4.wav, but brighter 3 dB" in run.client.get(f"/runs/{number}").text


def test_a_sound_is_put_where_the_synth_lists_it(opened, run_of, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    folder = match(
        {"random": 3, "duration": 0.15, "length": 0.3},
        out=tmp_path / "runs" / "bell",
        workers=1,
        sr=16_000,
        synth="fm",
        objectives=["mss"],
        search={"method": "random", "renders": 25, "calibration": 20},
    ).folder
    client, studio = opened(tmp_path / "runs")
    base = run_of(client)
    client.get(f"{base}/sounds/target")  # opens the run
    best = client.get(base).json()["best"]

    planned = client.get(f"{base}/install/{best}", params={"name": "BELL"}).json()
    ((place,), installed) = planned["places"], planned["installed"]
    assert (place["by"], installed, [*home.rglob("*.syx")]) == ("Dexed", [], [])
    done = client.post(f"{base}/install/{best}", json={"name": "BELL"}).json()
    (path,) = home.rglob("*.syx")
    assert done["installed"] == place["files"] == [str(path)]
    with SYNTHS["fm"]() as fm:
        found = read_preset(path, fm, name="BELL")
        assert found.name == "BELL"
        session = studio.session(base.rpartition("/")[2])
        # a DX7 has 100 steps, and 8 of detuning
        np.testing.assert_allclose(found.values, session.run.values(best), atol=0.075)

    # what it may not, and that nothing then is left
    with locked(folder):
        refused = client.post(f"{base}/install/{best}", json={"name": "BELL"})
        assert (refused.status_code, "in use" in refused.json()["error"]) == (400, True)
    assert client.post(f"{base}/install/{best}", json={"name": " "}).status_code == 400
    assert client.post(f"{base}/install/target", json={}).status_code == 400
    assert client.post(f"{base}/undo-installs", json={}).json() == {"kept": []}
    assert not path.exists()
    again = client.post(f"{base}/undo-installs", json={})
    assert (again.status_code, "no undo" in again.json()["error"]) == (400, True)


def test_a_match_begins_with_what_was_chosen(run, begun, root):
    sound = dropped(run.client, "c4.wav", note()).json()
    assert sound["named_note"] == 60
    assert len(sound["upper"]) == len(sound["lower"]) > 100
    found = run.client.get(f"/api/sounds/{sound['id']}/note?start=0.05&length=0.2").json()
    assert found["note"] == 60
    order = {"sounds": [{"id": sound["id"], "note": 57}], "synth": "fm", "lock": "", "start": 0.05}
    order |= {"length": 0.2, "renders": 500}
    assert run.client.post("/api/runs", json=order).status_code == 200
    [(folder, content)] = begun
    assert folder == root / "c4-fm"
    config = check_experiment(content, "test")
    assert config.target.path == (folder / "studio" / "c4.wav").resolve()
    assert (config.target.note, config.target.start, config.target.length) == (57, 0.05, 0.2)
    assert (config.synth.name, config.search.renders) == ("fm", 500)
    assert config.target.path.read_bytes() == note()


def test_several_sounds_are_notes_of_one_instrument(run, begun):
    sounds = [dropped(run.client, name, note()).json() for name in ("a.wav", "a.wav")]
    order = {"sounds": [{"id": each["id"], "note": 57 + i} for i, each in enumerate(sounds)]}
    run.client.post("/api/runs", json=order | {"synth": "subtractive", "lock": ""})
    [(_, content)] = begun
    paths = check_experiment(content, "test").target.paths
    assert [path.name for path in paths] == ["01-midi57.wav", "02-midi58.wav"]


def test_a_search_goes_on_with_locked_knobs_from_a_sound(run, begun):
    best = run.view()["best"]
    bent = run.post(f"/bend/{best}", filter_cutoff=0.25)["key"]
    order = {"from": bent, "locked": ["filter_cutoff", "osc1_waveform"], "renders": 300}
    run.post("/branch", **order)
    [(folder, content)] = begun
    config = check_experiment(content, "test")
    subspace = config.synth.subspace(SYNTH.space)
    assert {*SYNTH.space.names} - {*subspace.names} == {"filter_cutoff", "osc1_waveform"}
    start = Preset.read(config.search.initial[0], "subtractive", SYNTH.space)
    cutoff = SYNTH.space.index("filter_cutoff")
    assert subspace.locked[cutoff] == start.values[cutoff] == pytest.approx(0.25, abs=1e-6)
    assert config.search.renders == 300
    everything = {"from": bent, "locked": [*SYNTH.space.names]}
    assert run.client.post(run_address(run, folder) + "/branch", json=everything).status_code == 400


def run_address(run, folder):
    return f"/api/runs/{run.studio.library.id_of(run.folder)}"


def test_stopping_is_a_limit_in_the_config(run):
    files = RunFolder(run.folder)
    searches.end_after(files, 4)
    assert read_yaml(files.config)["search"]["generations"] == 4
    assert not files.summary.exists()
    searches.end_after(files, None)
    assert read_yaml(files.config)["search"]["generations"] is None


def test_the_library_finds_runs_and_leaves_damaged_ones_out(root, finished):
    (root / "deep" / "er").mkdir(parents=True)
    (root / "first").rename(root / "deep" / "er" / "first")
    (root / "damaged").mkdir()
    (root / "damaged" / "run.yaml").write_text("target: 3\n")
    (root / "link").symlink_to(finished, target_is_directory=True)
    library = Library(root)
    [entry] = library.entries()
    assert entry.target == "random-3"
    assert 0 < entry.match < 1
    assert library.find(entry.id).path == root / "deep" / "er" / "first"


def test_the_dashboard_is_a_link_away(run):
    answer = run.client.get("/dashboard", follow_redirects=False)
    address = answer.headers["location"]
    assert address == run.client.get("/dashboard", follow_redirects=False).headers["location"]
    assert address.startswith("http://127.0.0.1:")
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request("GET", "/api/studies")
    studies = json.loads(connection.getresponse().read())["study_summaries"]
    names = [study["study_name"] for study in studies]
    connection.close()
    assert names == ["first"]


def test_undo_has_an_end():
    state = StudioState()
    for number in range(2 * MAX_UNDO):
        state = state.with_scene(Scene(strands=(Strand(key="0" * 16, distance=number),)))
    assert len(state.scenes) == MAX_UNDO
    assert state.scene.strands[0].distance == 2 * MAX_UNDO - 1
    back = state.moved(-1).moved(-1)
    assert back.scene.strands[0].distance == 2 * MAX_UNDO - 3
    branched = back.with_scene(Scene())
    assert branched.moved(1) == branched


def test_children_lie_between_and_around_their_parents():
    subspace = SYNTH.space.lock({})
    rng = np.random.default_rng(0)
    kept = subspace.sample(2, rng)
    found = children(kept, np.array([0, 3]), subspace, 4_000, rng)
    assert found.shape == (4_000, len(subspace))
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found, subspace.encode(subspace.decode(found)), atol=1e-6)
    apart = (kept[0] != kept[1]) & (subspace.levels == 0)
    from_second = (found == kept[1])[:, apart].mean()
    from_first = (found == kept[0])[:, apart].mean()
    moved = 1 - from_first - from_second
    assert from_second / from_first == pytest.approx(4, rel=0.1)
    assert moved * len(subspace) == pytest.approx(2, rel=0.1)


def test_by_ear_leads_to_the_run_in_the_studio(patchwright, root, monkeypatch):
    opened = []
    monkeypatch.setattr(cli_match, "serve_studio", lambda *given, **at: opened.append((given, at)))
    folder = root / "first"
    arguments = ("run", folder / "run.yaml", "--out", folder, "--resume", "--by-ear")
    code, _, errors = patchwright(*arguments, "--workers", 1)
    assert code == 0, errors
    assert opened == [((root,), {"run": folder, "port": 0, "workers": 1})]


def test_the_studio_says_which_packages_it_needs(complaint, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "patchwright[studio]" in complaint("studio")


def test_a_taken_port_is_told(complaint, root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "give another --port" in complaint("studio", root, "--port", port, "--no-browser")
