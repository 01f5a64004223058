// The first page: sounds are dropped, chosen or recorded, and a match begins.

import { audio } from "./audio.js";
import { get, make, post, readOnly, say, told } from "./server.js";
import { startRecording } from "./recorder.js";
import { Waveform } from "./waveform.js";

const STEPS = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const noteName = (note) => `${STEPS[note % 12]}${Math.floor(note / 12) - 1}`;
const byId = (id) => document.getElementById(id);
const sounds = [];
let playing = null;

async function add(file) {
  const card = make("div", { class: "sound" }, make("p", { class: "quiet" }, `Reading ${file.name} …`));
  byId("sounds").append(card);
  byId("drop").classList.add("filled");
  try {
    const most = Number(byId("drop").dataset.most);
    if (file.size > 2 ** 20 * most) throw new Error(`${file.name} is larger than ${most} MiB: cut out a note of it.`);
    const local = await file.arrayBuffer();
    const sound = await post(`/api/sounds?name=${encodeURIComponent(file.name)}`, file);
    const entry = { ...sound, card, region: null, note: null, local };
    sounds.push(entry);
    draw(entry);
    await hear(entry);
  } catch (error) {
    card.remove();
    say(error);
  }
  refresh();
}

function draw(entry) {
  const { card } = entry;
  card.replaceChildren();
  const canvas = make("canvas", {
    class: "wave", tabindex: 0, role: "slider", "aria-label": `Region of ${entry.name}`,
    "aria-valuemin": 0, "aria-valuemax": entry.seconds.toFixed(2), "aria-valuenow": 0,
    title: "Drag to choose a region; double-click for all",
  });
  entry.select = make("select", { "aria-label": `Note of ${entry.name}`, onchange: () => {
    entry.note = Number(entry.select.value);
    entry.corrected = true;
    entry.heard.textContent = "as you say";
    refresh();
  } });
  for (let note = 127; note >= 0; note--) entry.select.append(make("option", { value: note }, `${noteName(note)}`));
  entry.heard = make("span", { class: "quiet" }, "listening for the note …");
  const play = make("button", { type: "button", class: "play", "aria-label": `Play ${entry.name}`,
    onclick: told(() => listen(entry, play)) });
  play.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path class="start" d="M8 5v14l11-7z"/><path class="stop" d="M7 6h10v12H7z"/></svg>';
  const remove = make("button", { type: "button", class: "link", "aria-label": `Remove ${entry.name}`, onclick: () => {
    sounds.splice(sounds.indexOf(entry), 1);
    card.remove();
    refresh();
  } }, "Remove");
  entry.warnings_ = make("p", { class: "quiet warnings" });
  card.append(
    make("div", { class: "sound-head" }, play, make("b", {}, entry.name),
      make("span", { class: "quiet" }, `${entry.seconds.toFixed(2)} s`), remove),
    canvas,
    make("p", { class: "note-line" }, "Note ", entry.select, " ", entry.heard),
    entry.warnings_,
  );
  entry.wave = new Waveform(canvas, entry, told(async (region) => {
    entry.region = region;
    await hear(entry);
    refresh();
  }));
}

async function hear(entry) {
  const region = selected(entry);
  const query = region ? `?start=${region.start}&length=${region.length}` : "";
  const found = await get(`/api/sounds/${entry.id}/note${query}`);
  entry.warnings_.textContent = [...entry.warnings, ...found.warnings].join(" ");
  if (entry.corrected) return;
  entry.note = found.note;
  entry.select.value = found.note;
  const cents = found.cents == null ? "" : ` ${found.cents >= 0 ? "+" : "−"}${Math.abs(found.cents).toFixed(0)} cents`;
  entry.heard.textContent = found.named ? "as its name says"
    : found.f0 == null ? "no clear pitch was found: choose one" : `heard at ${found.f0.toFixed(1)} Hz,${cents}`;
}

function selected(entry) {
  if (!entry.region && !entry.cut) return null;
  const [from, to] = entry.region ?? [0, entry.seconds];
  return { start: entry.start + from, length: to - from };
}

async function listen(entry, button) {
  const context = audio();
  if (playing) {
    playing.source.stop();
    const same = playing.entry === entry;
    if (same) return;
  }
  entry.buffer ??= await context.decodeAudioData(entry.local.slice(0));
  const source = new AudioBufferSourceNode(context, { buffer: entry.buffer });
  source.connect(context.destination);
  const region = selected(entry) ?? { start: 0, length: entry.seconds };
  source.start(0, region.start, region.length);
  button.parentElement.classList.add("playing");
  playing = { source, entry };
  source.onended = () => {
    button.parentElement.classList.remove("playing");
    if (playing?.source === source) playing = null;
  };
}

function refresh() {
  byId("drop").classList.toggle("filled", byId("sounds").childElementCount > 0);
  byId("begin").disabled = readOnly || !sounds.length || sounds.some((sound) => sound.note == null);
  const renders = Number(new FormData(byId("match")).get("renders"));
  byId("budget").textContent = `${renders.toLocaleString("en")} renders; you can stop at any time.`;
  byId("wishes").hidden = sounds.length > 1;
  for (const sound of sounds) sound.card.querySelector(".wave").classList.toggle("fixed", sounds.length > 1);
}

// Like this, but: 0 leaves a quality as it was recorded

const sliders = [...document.querySelectorAll("#wishes [data-more]")];
function wish({ value, dataset }) {
  if (!Number(value)) return null;
  return `${value > 0 ? dataset.more : dataset.less} ${Math.abs(value)} ${dataset.unit}`;
}
for (const slider of sliders) {
  slider.addEventListener("input", () => {
    const text = wish(slider) ?? "as recorded";
    slider.parentElement.querySelector("output").textContent = text;
    slider.setAttribute("aria-valuetext", text);
  });
}

for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", name === "dragover");
    if (name === "drop") for (const file of event.dataTransfer.files) add(file);
  });
}
byId("files").addEventListener("change", (event) => {
  for (const file of event.target.files) add(file);
  event.target.value = "";
});

let ending = null;
byId("record").addEventListener("click", told(async () => {
  const label = byId("record").querySelector("span");
  if (ending) {
    const end = ending;
    ending = null;
    byId("record").classList.remove("live");
    label.textContent = "Record";
    await add(await end());
    return;
  }
  ending = await startRecording();
  byId("record").classList.add("live");
  label.textContent = "Stop recording";
}));

byId("match").addEventListener("change", refresh);
byId("match").addEventListener("submit", told(async (event) => {
  event.preventDefault();
  byId("begin").disabled = true;
  try {
    const form = new FormData(byId("match"));
    const synth = form.get("synth") || byId("others").value;
    const locks = [...document.querySelectorAll("[data-synth]")];
    const lock = locks.find((each) => each.dataset.synth === synth)?.value ?? "";
    const region = sounds.length === 1 ? selected(sounds[0]) : null;
    const { id } = await post("/api/runs", {
      sounds: sounds.map(({ id, note }) => ({ id, note })),
      start: region?.start ?? null,
      length: region?.length ?? null,
      but: (sounds.length === 1 && sliders.map(wish).filter(Boolean).join(", ")) || null,
      synth,
      lock,
      renders: Number(form.get("renders")),
    });
    location.assign(`/runs/${id}`);
  } finally {
    refresh();
  }
}));
refresh();
