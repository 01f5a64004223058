// A waveform on which a region can be dragged, or moved with the arrow keys.

export class Waveform {
  constructor(canvas, sound, changed) {
    this.canvas = canvas;
    this.sound = sound;
    this.region = null; // seconds [from, to]; null for all
    this.changed = changed;
    canvas.addEventListener("pointerdown", (event) => this.#drag(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("dblclick", () => this.select(null));
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  select(region) {
    this.region = region && region[1] - region[0] >= 0.05 ? region : null;
    this.draw();
    this.changed(this.region);
  }

  draw() {
    const { canvas, sound } = this;
    const ratio = devicePixelRatio || 1;
    const width = (canvas.width = canvas.clientWidth * ratio);
    const height = (canvas.height = canvas.clientHeight * ratio);
    const colours = getComputedStyle(canvas);
    const pen = canvas.getContext("2d");
    const loudest = Math.max(1e-4, ...sound.upper.map(Math.abs), ...sound.lower.map(Math.abs));
    const x = (i) => ((i + 0.5) / sound.upper.length) * width;
    const y = (value) => height / 2 - (value / loudest) * (height / 2 - 4 * ratio);
    const [from, to] = this.region ?? [0, sound.seconds];
    const span = [(from / sound.seconds) * width, (to / sound.seconds) * width];
    for (const inside of [false, true]) {
      pen.save();
      pen.beginPath();
      if (inside) pen.rect(span[0], 0, span[1] - span[0], height);
      else pen.rect(0, 0, width, height);
      pen.clip();
      pen.beginPath();
      sound.upper.forEach((value, i) => pen.lineTo(x(i), y(value) - ratio / 2));
      for (let i = sound.lower.length - 1; i >= 0; i--) pen.lineTo(x(i), y(sound.lower[i]) + ratio / 2);
      pen.closePath();
      pen.fillStyle = inside ? colours.getPropertyValue("--target") : colours.getPropertyValue("--line");
      pen.fill();
      pen.restore();
    }
    if (this.region) {
      pen.fillStyle = colours.getPropertyValue("--target");
      for (const edge of span) pen.fillRect(edge - ratio, 0, 2 * ratio, height);
    }
    this.canvas.setAttribute("aria-valuetext", this.region
      ? `${from.toFixed(2)} to ${to.toFixed(2)} seconds` : "the whole sound");
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    return share * this.sound.seconds;
  }

  #drag(event) {
    const near = (8 / this.canvas.clientWidth) * this.sound.seconds;
    let start = this.#at(event);
    if (this.region && Math.abs(start - this.region[0]) < near) start = this.region[1];
    else if (this.region && Math.abs(start - this.region[1]) < near) start = this.region[0];
    const move = (moved) => {
      const at = this.#at(moved);
      this.region = [Math.min(start, at), Math.max(start, at)];
      this.draw();
    };
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.addEventListener("pointermove", move);
    const up = () => {
      this.canvas.removeEventListener("pointermove", move);
      if (this.region) this.select(this.region);
    };
    this.canvas.addEventListener("pointerup", up, { once: true });
  }

  #key(event) {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
    if (event.key === "Escape") this.select(null);
    if (!step) return;
    event.preventDefault();
    const { seconds } = this.sound;
    const region = [...(this.region ?? [0, seconds])];
    const edge = event.shiftKey ? 1 : 0;
    region[edge] = Math.min(Math.max(region[edge] + step * seconds, 0), seconds);
    if (region[1] > region[0]) this.select(region);
  }
}
