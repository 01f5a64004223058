// A piano on the screen, on the computer's keys and by MIDI.

import { load, strike } from "./audio.js";
import { make, told } from "./server.js";

const STEPS = ["C", "C sharp", "D", "D sharp", "E", "F", "F sharp", "G", "G sharp", "A", "A sharp", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const CODES = ["KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU",
  "KeyJ", "KeyK", "KeyO", "KeyL", "KeyP"];
const HELD = 1.5; // s that a note is rendered for

export class Keyboard {
  // `address` returns where the sound of a note is rendered
  constructor(element, address, pitch) {
    this.element = element;
    this.address = address;
    this.first = Math.min(Math.max(12 * Math.floor(pitch / 12) - 12, 0), 84);
    this.velocity = 100;
    this.sounding = new Map();
    this.#draw();
    addEventListener("keydown", (event) => this.#typed(event));
    addEventListener("keyup", (event) => this.#let(event.code));
    addEventListener("blur", () => [...this.sounding.keys()].forEach((by) => this.#let(by)));
    const playing = (event) => event.target.closest?.("[data-note]");
    element.addEventListener("pointerdown", (event) => {
      const key = playing(event);
      if (!key) return;
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
      this.#press(`pointer${event.pointerId}`, Number(key.dataset.note));
    });
    element.addEventListener("pointermove", (event) => {
      const by = `pointer${event.pointerId}`, now = this.sounding.get(by);
      if (!now) return;
      const key = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-note]");
      if (key && Number(key.dataset.note) !== now.note) {
        this.#let(by);
        this.#press(by, Number(key.dataset.note));
      }
    });
    for (const name of ["pointerup", "pointercancel"]) {
      element.addEventListener(name, (event) => this.#let(`pointer${event.pointerId}`));
    }
    element.addEventListener("keydown", (event) => {
      const key = playing(event);
      if (key && event.key === "Enter" && !event.repeat) this.#press("Enter", Number(key.dataset.note));
    });
    addEventListener("keyup", (event) => event.key === "Enter" && this.#let("Enter"));
  }

  shift(octaves) {
    this.first = Math.min(Math.max(this.first + 12 * octaves, 0), 84);
    this.#draw();
  }

  async connect() {
    const midi = await navigator.requestMIDIAccess();
    const listen = () => {
      for (const input of midi.inputs.values()) input.onmidimessage = ({ data }) => this.#midi(data);
    };
    midi.onstatechange = listen;
    listen();
    return [...midi.inputs.values()].map((input) => input.name);
  }

  #midi([status, note, velocity]) {
    const kind = status & 0xf0;
    if (kind === 0x90 && velocity) this.#press(`midi${note}`, note, velocity);
    else if (kind === 0x80 || kind === 0x90) this.#let(`midi${note}`);
  }

  #draw() {
    this.element.replaceChildren();
    const last = Math.min(this.first + 36, 127);
    for (let note = this.first; note <= last; note++) {
      const step = note % 12, black = BLACK.has(step);
      const letter = CODES[note - this.first - 12]?.slice(3) ?? "";
      this.element.append(make("button", {
        type: "button", "data-note": note, class: black ? "black" : "white",
        "aria-label": `${STEPS[step]} ${Math.floor(note / 12) - 1}`, tabindex: note === this.first + 12 ? 0 : -1,
      }, make("span", { "aria-hidden": "true" }, step === 0 ? `C${note / 12 - 1}` : letter.toLowerCase())));
    }
    // where the keys do not fit, those of the computer's keyboard are in view
    const frame = this.element.parentElement;
    frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
    this.element.onkeydown = (event) => {
      const by = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
      const next = by && document.activeElement[by];
      if (next) {
        event.preventDefault();
        next.focus();
      }
    };
  }

  #typed(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=range], [type=checkbox]), textarea, select")) return;
    if (event.code === "KeyZ" || event.code === "KeyX") {
      this.shift(event.code === "KeyZ" ? -1 : 1);
      return;
    }
    const place = CODES.indexOf(event.code);
    if (place >= 0) this.#press(event.code, this.first + 12 + place);
  }

  #press = told(async (by, note, velocity = this.velocity) => {
    if (this.sounding.has(by)) return;
    const pressed = { note, release: null, gone: false };
    this.sounding.set(by, pressed);
    this.element.querySelector(`[data-note="${note}"]`)?.classList.add("down");
    const address = this.address(note, velocity, HELD);
    if (!address) return;
    const sound = await load(address);
    pressed.release = strike(sound, 0.6);
    // a note that was let go before it was rendered is heard for a moment
    if (pressed.gone) setTimeout(pressed.release, 120);
  });

  #let(by) {
    const pressed = this.sounding.get(by);
    if (!pressed) return;
    this.sounding.delete(by);
    this.element.querySelector(`[data-note="${pressed.note}"]`)?.classList.remove("down");
    pressed.gone = true;
    pressed.release?.();
  }
}
