// The page of a run: it shows the view that the studio streams, and asks for changes of it.

import { load, pairOf, volume } from "./audio.js";
import { drawCurve } from "./curve.js";
import { Keyboard } from "./keyboard.js";
import { Knobs } from "./knobs.js";
import { get, make, post, readOnly, say, told } from "./server.js";
import { drawStrands, letterOf } from "./strands.js";

const page = document.getElementById("run");
const base = `/api/runs/${page.dataset.id}`;
const byId = (id) => document.getElementById(id);
const soundOf = (key) => `${base}/sounds/${key}`;
const pictureOf = (key) => `${base}/pictures/${key}`;

let view = { status: "paused", steps: [], strands: [], open: false };
let heard = null; // key of the sound that is heard, bent and saved
let bending = false;

// What is heard

const pair = pairOf(showPlaying);

function showPlaying() {
  byId("play").classList.toggle("on", pair.playing);
  byId("play").setAttribute("aria-label", pair.playing ? "Stop" : "Play");
  for (const button of document.querySelectorAll("[data-side]")) {
    button.setAttribute("aria-pressed", button.dataset.side === pair.chosen);
  }
  for (const [side, id] of [["target", "side-target"], ["mine", "side-mine"]]) {
    byId(id).classList.toggle("playing", pair.playing && pair.chosen === side);
  }
  const at = pair.playing && pair.seconds ? pair.position / pair.seconds : 0;
  document.body.style.setProperty("--at", at);
}

const hear = told(async (key, { play = false, draw = true } = {}) => {
  if (!key) return;
  const changed = key !== heard;
  heard = key;
  const sound = await load(soundOf(key));
  if (key !== heard) return; // another was chosen meanwhile
  pair.set("mine", sound);
  document.body.dataset.heard = key;
  if (changed && !listing.hidden) plan();
  if (play) pair.play("mine");
  if (changed && draw) await describe(key);
});

const describe = told(async (key) => {
  byId("picture-mine").src = pictureOf(key);
  byId("picture-mine").hidden = false;
  byId("waiting").hidden = true;
  for (const link of document.querySelectorAll("[data-as]")) {
    link.href = `${base}/keep/${key}?as=${link.dataset.as}`;
  }
  const [words, groups] = await Promise.all([get(`${base}/words/${key}`), get(`${base}/knobs/${key}`)]);
  if (key !== heard) return;
  showWords(words);
  if (!bending) knobs.show(groups);
});

function showWords({ heard: differences, alike }) {
  const items = differences.slice(0, 6).map((each) => {
    const bar = make("i");
    bar.style.setProperty("--v", Math.min(Math.log2(1 + each.plainness) / 6, 1));
    return make("li", { title: each.detail }, bar, each.text);
  });
  byId("words").replaceChildren(...(items.length ? items : [make("li", {}, "Nothing that one would hear")]));
  byId("alike").textContent = alike.length ? `Alike: ${alike.join(", ")}.` : "";
}

// The view

let shownStrands = "";

function show(next) {
  const before = view;
  view = { ...view, ...next };
  byId("title").textContent = view.title;
  const number = (value) => (value == null ? "–" : Math.round(value).toLocaleString("en"));
  byId("match-number").textContent = view.renders ? Math.round(100 * view.match) : "–";
  byId("renders").textContent = number(view.renders);
  byId("rate").textContent = view.rate ? view.rate.toFixed(view.rate < 10 ? 1 : 0) : "–";
  byId("left").textContent = view.left == null ? "–" : duration(view.left);
  for (const each of document.querySelectorAll(".score .now")) each.hidden = view.status !== "running";
  const words = { running: view.doing || "Searching", paused: "Paused", failed: "Stopped by a fault",
    finished: view.stopped ? "Stopped; the answer is written" : "Finished" };
  byId("status").textContent = view.error || words[view.status];
  byId("status").dataset.status = view.error ? "failed" : view.status;
  const can = { pause: view.status === "running", stop: ["running", "paused"].includes(view.status) && view.renders > 0,
    go: view.status === "paused" || view.status === "failed" || (view.status === "finished" && view.stopped) };
  for (const button of document.querySelectorAll("[data-do]")) {
    button.hidden = readOnly || !can[button.dataset.do];
  }
  byId("further").hidden = readOnly || view.status !== "finished";
  byId("install").disabled = readOnly || view.status === "running" || !view.renders;
  byId("report").hidden = !view.report;
  byId("waiting").textContent = view.error || `${view.doing || "The first sounds are on their way"} …`;
  drawCurve(byId("curve"), view.steps ?? [], view.renders ?? 0, view.status === "finished" ? view.renders : view.budget);
  byId("axis-right").textContent = number(view.status === "finished" ? view.renders : view.budget);
  byId("undo").disabled = readOnly || !view.undo;
  byId("redo").disabled = readOnly || !view.redo;
  byId("find").disabled = readOnly || !view.renders;
  byId("find").textContent = view.strands.length ? "Find others" : "Find strands";
  fill(before);
  if (!view.open) return;
  if (!byId("picture-target").src) showTarget();
  const letter = letterOf(view.strands, view.chosen);
  const name = view.follows ? (view.status === "finished" ? "Best match" : "Best so far") : letter ? `Strand ${letter}` : "Bent";
  byId("mine-name").textContent = name;
  byId("mine-short").textContent = name.replace(" so far", "").replace(" match", "");
  byId("follow").hidden = readOnly || view.follows;
  const strands = JSON.stringify([view.strands, view.chosen]);
  if (strands !== shownStrands) {
    shownStrands = strands;
    drawStrands(byId("strands"), view, { picture: pictureOf, act: strand, readOnly });
  }
  if (view.chosen && view.chosen !== heard && !bending) hear(view.chosen);
}

for (const picture of document.querySelectorAll(".picture")) {
  for (const [text, share] of JSON.parse(page.dataset.ticks)) {
    const tick = make("span", { class: "tick", "aria-hidden": "true" }, text);
    tick.style.bottom = `${100 * share}%`;
    picture.append(tick);
  }
}

const showTarget = told(async () => {
  byId("picture-target").src = pictureOf("target");
  pair.set("target", await load(soundOf("target")));
});

function duration(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

// Actions

const strand = told(async (what, key) => {
  if (what === "choose") hear(key, { play: true });
  if (readOnly) return;
  byId("strands").setAttribute("aria-busy", "true");
  try {
    show(await post(`${base}/strands`, { do: what, key }));
  } finally {
    byId("strands").removeAttribute("aria-busy");
  }
});

for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", told(async () => show(await post(`${base}/search`, { do: button.dataset.do }))));
}
byId("find").addEventListener("click", () => strand("find"));
byId("undo").addEventListener("click", () => strand("undo"));
byId("redo").addEventListener("click", () => strand("redo"));
byId("follow").addEventListener("click", () => strand("follow"));

const further = told(async () => {
  const { id } = await post(`${base}/branch`, { from: heard, locked: [...knobs.locked] });
  location.assign(`/runs/${id}`);
});
byId("further").addEventListener("click", further);
byId("further-locked").addEventListener("click", further);

// Bending: one request at a time, always for the latest position

let wanted = null, asking = false;

const knobs = new Knobs(byId("knobs"), {
  readOnly,
  sweep: told(showSweep),
  locked: (names) => {
    byId("further-locked").hidden = readOnly || !names.length;
    byId("locked-count").textContent = names.length === 1 ? "1 knob locked" : `${names.length} knobs locked`;
  },
  bend: (changes, last) => {
    bending = true;
    wanted = { changes: { ...wanted?.changes, ...changes }, last };
    ask();
  },
});

const ask = told(async () => {
  if (asking || !wanted) return;
  asking = true;
  const { changes, last } = wanted;
  wanted = null;
  try {
    const { key, texts } = await post(`${base}/bend/${heard}`, changes);
    knobs.said(texts);
    await hear(key, { play: true, draw: false });
    if (last && !wanted) {
      await describe(key);
      if (!readOnly) show(await post(`${base}/strands`, { do: "choose", key }));
    }
  } finally {
    asking = false;
    if (wanted) ask();
    else if (last) bending = false;
  }
});

async function showSweep(name) {
  const place = byId("sweep");
  const title = name.replaceAll("_", " ");
  place.hidden = false;
  place.replaceChildren(make("p", { class: "quiet" }, `Rendering what ${title} does …`));
  const settings = await get(`${base}/sweep/${heard}?knob=${encodeURIComponent(name)}`);
  place.replaceChildren(
    make("div", { class: "sweep-head" }, make("h3", {}, `What ${title} does`),
      make("button", { type: "button", class: "link", onclick: () => (place.hidden = true) }, "Close")),
    make("div", { class: "settings" }, ...settings.map(({ key, text }) => make("button", {
      type: "button", "aria-label": `Play ${title} at ${text}`, onclick: async () => {
        await hear(key, { play: true });
        if (!readOnly) show(await post(`${base}/strands`, { do: "choose", key }));
      } }, make("img", { src: pictureOf(key), alt: "" }), make("span", {}, text)))));
}

// Playing

const keyboard = new Keyboard(byId("keys"), (note, velocity, held) =>
  heard && `${soundOf(heard)}?note=${note}&velocity=${velocity}&held=${held}`, Number(page.dataset.pitch));
byId("velocity").addEventListener("input", (event) => (keyboard.velocity = Number(event.target.value)));
byId("midi").addEventListener("click", told(async () => {
  if (!navigator.requestMIDIAccess) throw new Error("This browser has no Web MIDI: use Chromium, Edge or Firefox.");
  const names = await keyboard.connect();
  byId("midi").textContent = names.length ? `MIDI: ${names.join(", ")}` : "MIDI: connect a keyboard";
}));

// The player

function toggle() {
  if (pair.playing) pair.stop();
  else if (pair.sounds.size) pair.play(pair.sounds.has("mine") ? pair.chosen : "target");
}
byId("play").addEventListener("click", toggle);
for (const button of document.querySelectorAll("[data-side]")) {
  button.addEventListener("click", () => {
    if (pair.playing) pair.choose(button.dataset.side);
    else pair.play(button.dataset.side);
  });
}
byId("loop").addEventListener("change", (event) => pair.repeat(event.target.checked));
byId("equal").addEventListener("change", (event) => {
  pair.equal = event.target.checked;
  pair.balance();
});
byId("volume").addEventListener("input", (event) => volume(event.target.value / 100));
addEventListener("keydown", (event) => {
  if (event.target.closest("input:not([type=range], [type=checkbox]), textarea, select, button, a, summary, [role=slider]")) return;
  if (event.key === " ") {
    event.preventDefault();
    toggle();
  } else if (event.key === "b" && !event.ctrlKey && !event.metaKey) {
    pair.choose(pair.chosen === "mine" ? "target" : "mine");
  }
});

// The synth's list of presets: first where it would be, then it is put there

const listing = byId("listing");
const showListing = ({ places, installed }, done) => {
  const items = places.map(({ by, files }) =>
    make("li", {}, `${done ? "Listed by" : "To be listed by"} ${by}: `, make("code", {}, files.join(", "))));
  byId("places").replaceChildren(...items);
  byId("list-it").hidden = readOnly || done;
  byId("unlist").hidden = readOnly || !installed.length;
};
async function plan() {
  const name = encodeURIComponent(listing.elements.name.value);
  try {
    showListing(await get(`${base}/install/${heard}?name=${name}`), false);
  } catch (error) {
    byId("places").replaceChildren(make("li", {}, error.message));
    byId("list-it").hidden = true;
  }
}
byId("install").addEventListener("click", () => {
  listing.hidden = !listing.hidden;
  byId("install").setAttribute("aria-expanded", !listing.hidden);
  if (!listing.elements.name.value) listing.elements.name.value = view.title;
  if (!listing.hidden) plan();
});
listing.addEventListener("change", plan);
listing.addEventListener("submit", told(async (event) => {
  event.preventDefault();
  showListing(await post(`${base}/install/${heard}`, { name: listing.elements.name.value }), true);
}));
byId("unlist").addEventListener("click", told(async () => {
  const { kept } = await post(`${base}/undo-installs`, {});
  await plan();
  if (kept.length) say(`Kept, because changed since: ${kept.join(", ")}`);
}));

// Name, tags and notes

const about = byId("about");
function fill(before) {
  const native = byId("saves").querySelector("[data-as=synth]");
  if (view.native !== before.native) {
    native.hidden = !view.native;
    native.textContent = `Preset for the synth (${view.native})`;
  }
  if (about.contains(document.activeElement)) return;
  about.elements.title.value = view.title;
  about.elements.tags.value = view.tags.join(", ");
  about.elements.notes.value = view.notes;
}
about.addEventListener("change", told(async () => {
  const tags = about.elements.tags.value.split(",").map((tag) => tag.trim()).filter(Boolean);
  show(await post(`${base}/about`, { title: about.elements.title.value, tags, notes: about.elements.notes.value }));
}));
about.addEventListener("submit", (event) => event.preventDefault());
for (const field of about.elements) field.disabled = readOnly;

// The stream; the browser connects again by itself when it was cut

let stream = null;

function follow() {
  stream?.close();
  stream = null;
  if (document.hidden) return; // a browser opens few connections to one server: other tabs need them
  stream = new EventSource(`${base}/events`);
  stream.onmessage = ({ data }) => show(JSON.parse(data));
  stream.onerror = () => {
    byId("status").textContent = "The studio does not answer; trying again";
    byId("status").dataset.status = "failed";
  };
}
document.addEventListener("visibilitychange", follow);
addEventListener("pagehide", () => stream?.close());
follow();
