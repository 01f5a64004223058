// The parameters of the sound as knobs, lists and switches.

import { Dial } from "./dial.js";
import { make } from "./server.js";

export class Knobs {
  // `bend(changes, last)` changes parameters, `sweep(name)` shows what one does
  constructor(element, { bend, sweep, locked, readOnly }) {
    Object.assign(this, { element, bend, sweep, lockedChanged: locked, readOnly });
    this.locked = new Set();
    this.texts = new Map();
  }

  show(groups) {
    this.texts.clear();
    const open = new Set([...this.element.querySelectorAll("details:not([open])")].map((d) => d.dataset.group));
    const cards = Object.entries(groups).map(([name, knobs]) => make("details", {
      class: "card group", open: !open.has(name), "data-group": name,
    }, make("summary", {}, make("h3", {}, name)),
      make("div", { class: "dials" }, ...knobs.map((knob) => this.#knob(knob)))));
    this.element.replaceChildren(...cards);
  }

  said(texts) {
    for (const [name, text] of Object.entries(texts)) {
      const place = this.texts.get(name);
      if (!place) continue;
      place.output.textContent = text;
      place.dial?.element.setAttribute("aria-valuetext", text);
    }
  }

  #knob(knob) {
    const output = make("output", {}, knob.text);
    const place = { output };
    this.texts.set(knob.name, place);
    let control;
    if (knob.choices.length) {
      const last = knob.choices.length - 1;
      control = make("select", {
        "aria-label": knob.name.replaceAll("_", " "), title: knob.about, disabled: this.readOnly,
        onchange: () => this.bend({ [knob.name]: last ? control.selectedIndex / last : 0 }, true),
      }, ...knob.choices.map((choice) => make("option", {}, choice)));
      control.selectedIndex = Math.round(knob.value * last);
      output.hidden = true;
    } else {
      place.dial = new Dial(knob, {
        moved: (value) => this.bend({ [knob.name]: value }, false),
        settled: (value) => this.bend({ [knob.name]: value }, true),
        readOnly: this.readOnly,
      });
      control = place.dial.element;
    }
    const lock = make("button", {
      type: "button", class: "small lock", "aria-pressed": this.locked.has(knob.name) || !knob.free,
      disabled: !knob.free || this.readOnly, title: knob.free ? "Lock this knob" : "Locked in this run",
      "aria-label": `Lock ${knob.name.replaceAll("_", " ")}`, onclick: () => {
        const now = !this.locked.has(knob.name);
        if (now) this.locked.add(knob.name);
        else this.locked.delete(knob.name);
        lock.setAttribute("aria-pressed", now);
        this.lockedChanged([...this.locked]);
      } });
    lock.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 7h8v6H4zM5.500 7V5a2.500 2.500 0 0 1 5 0v2"/></svg>';
    const sweep = make("button", { type: "button", class: "small", title: "What this knob does",
      "aria-label": `What ${knob.name.replaceAll("_", " ")} does`, onclick: () => this.sweep(knob.name) });
    sweep.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 11c3 0 3-6 6-6s3 6 6 6"/></svg>';
    return make("div", { class: `knob${knob.free ? "" : " fixed"}`, "data-knob": knob.name },
      make("span", { class: "label", title: knob.name }, knob.label), control, output,
      make("span", { class: "tools" }, sweep, lock));
  }
}
