// A rotary knob that a mouse, a finger or the keyboard turns.

import { make } from "./server.js";

const SVG = "http://www.w3.org/2000/svg";
const FROM = -135, SPAN = 270; // degrees
const DRAGGED = 180; // pixels from one end to the other

function arc(from, to) {
  const point = (degrees) => {
    const turn = ((degrees - 90) * Math.PI) / 180;
    return `${20 + 15 * Math.cos(turn)} ${20 + 15 * Math.sin(turn)}`;
  };
  return `M${point(from)}A15 15 0 ${to - from > 180 ? 1 : 0} 1 ${point(to)}`;
}

export class Dial {
  // `moved` hears every change, `settled` the last of a gesture
  constructor(knob, { moved, settled, readOnly }) {
    this.knob = knob;
    this.value = knob.value;
    this.step = knob.levels ? 1 / (knob.levels - 1) : 0.01;
    this.moved = moved;
    this.settled = settled;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 40 40");
    this.parts = ["track", "arc", "hand"].map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", name);
      svg.append(path);
      return path;
    });
    this.parts[0].setAttribute("d", arc(FROM, FROM + SPAN));
    this.element = make("div", {
      class: "dial", role: "slider", tabindex: 0, "aria-label": knob.name.replaceAll("_", " "),
      "aria-valuemin": 0, "aria-valuemax": 1, title: knob.about, "aria-readonly": readOnly ? "true" : null,
    }, svg);
    this.show(knob.value, knob.text);
    if (readOnly) return;
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("dblclick", () => this.#turn(knob.default, true));
    this.element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  show(value, text) {
    this.value = value;
    const at = FROM + SPAN * value;
    this.parts[1].setAttribute("d", value > 0.002 ? arc(FROM, at) : "");
    const turn = ((at - 90) * Math.PI) / 180;
    const hand = (radius) => `${20 + radius * Math.cos(turn)} ${20 + radius * Math.sin(turn)}`;
    this.parts[2].setAttribute("d", `M${hand(5)}L${hand(10.5)}`);
    this.element.setAttribute("aria-valuenow", value.toFixed(3));
    if (text != null) this.element.setAttribute("aria-valuetext", text);
  }

  #turn(value, done) {
    const { levels } = this.knob;
    let to = Math.min(Math.max(value, 0), 1);
    if (levels > 1) to = Math.round(to * (levels - 1)) / (levels - 1);
    if (to !== this.value) {
      this.show(to);
      this.moved(to);
    }
    if (done) this.settled(to);
  }

  #drag(event) {
    event.preventDefault();
    this.element.focus();
    this.element.setPointerCapture(event.pointerId);
    const start = this.value, { clientX, clientY } = event;
    const move = (moved) => {
      const by = (clientY - moved.clientY + moved.clientX - clientX) / DRAGGED;
      this.#turn(start + by * (moved.shiftKey ? 0.2 : 1));
    };
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("pointerup", () => {
      this.element.removeEventListener("pointermove", move);
      if (this.value !== start) this.settled(this.value);
    }, { once: true });
  }

  #key(event) {
    const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    const ends = { Home: 0, End: 1 }[event.key];
    if (by === undefined && ends === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#turn(ends ?? this.value + by * this.step, true);
  }

  #wheel(event) {
    if (document.activeElement !== this.element) return;
    event.preventDefault();
    this.#turn(this.value - Math.sign(event.deltaY) * this.step, true);
  }
}
