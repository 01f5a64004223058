// Sounds that play in step, one of them heard: a change to another is at the same sample.
// The studio imports this file; the report and the listening page, which are one file, carry it.

const FADE = 0.006; // s; without it a change clicks
const AHEAD = 0.02; // s in which all voices are made

export class Player {
  // `output` returns the node to play to; `level` is the gain of a sound among all that are there;
  // `changed` is called at every change, and for every picture of the screen while it plays.
  constructor({ output, level = () => 1, changed = () => {} }) {
    this.output = output;
    this.level = level;
    this.changed = changed;
    this.sounds = new Map();
    this.chosen = null;
    this.loop = false;
    this.voices = new Map();
    this.started = null; // time of the context at position 0
    this.rest = 0; // position in seconds while nothing plays
  }

  get playing() {
    return this.started !== null;
  }

  get seconds() {
    return Math.max(0, ...[...this.sounds.values()].map(({ buffer }) => buffer.duration));
  }

  get position() {
    if (!this.playing) return this.rest;
    const at = Math.max(this.context.currentTime - this.started, 0);
    return this.loop ? at % this.seconds : Math.min(at, this.seconds);
  }

  // A sound is `{ buffer }` and what `level` reads; null takes it away.
  set(name, sound) {
    if ((this.sounds.get(name) ?? null) === sound) return;
    const { position, seconds } = this;
    if (sound) this.sounds.set(name, sound);
    else this.sounds.delete(name);
    if (!this.playing) return;
    if (this.seconds === seconds) this.#voice(name);
    else this.#start(position);
    this.balance();
  }

  clear() {
    this.stop();
    this.sounds.clear();
  }

  play(name = this.chosen, from = 0) {
    this.chosen = name;
    this.node = this.output();
    this.context = this.node.context;
    this.#start(Math.min(from, Math.max(this.seconds - 0.001, 0)));
    this.balance(0);
    this.#watch();
    this.changed();
  }

  pause() {
    const at = this.position;
    this.#silence();
    this.started = null;
    this.rest = at;
    this.changed();
  }

  stop() {
    this.#silence();
    this.started = null;
    this.rest = 0;
    this.changed();
  }

  choose(name) {
    this.chosen = name;
    this.balance();
    this.changed();
  }

  seek(at) {
    if (this.playing) {
      this.play(this.chosen, at);
    } else {
      this.rest = at;
      this.changed();
    }
  }

  repeat(loop) {
    const at = this.position;
    this.loop = loop;
    if (this.playing) this.play(this.chosen, at);
  }

  // Brings all voices to their level, after what `level` depends on has changed.
  balance(fade = FADE) {
    if (!this.playing) return;
    const present = [...this.sounds.values()];
    const when = Math.max(this.context.currentTime, this.started);
    for (const [name, { gain }] of this.voices) {
      const level = name === this.chosen ? this.level(this.sounds.get(name), present) : 0;
      gain.gain.setTargetAtTime(level, when, fade / 3 || 0.001);
    }
  }

  #start(at) {
    this.#silence();
    this.began = this.context.currentTime + AHEAD;
    this.started = this.#whole(this.began - at);
    for (const name of this.sounds.keys()) this.#voice(name);
  }

  #voice(name) {
    const old = this.voices.get(name);
    this.voices.delete(name);
    const soonest = Math.max(this.context.currentTime + FADE, this.began);
    const at = this.#whole(soonest - this.started);
    const when = this.started + at;
    if (old) this.#end(old, when);
    const sound = this.sounds.get(name);
    if (!sound) return;
    const buffer = this.#padded(sound.buffer);
    if (!this.loop && at >= buffer.duration) return;
    const source = new AudioBufferSourceNode(this.context, { buffer, loop: this.loop });
    const gain = new GainNode(this.context, { gain: 0 });
    source.connect(gain).connect(this.node);
    source.start(when, this.loop ? at % this.seconds : at);
    this.voices.set(name, { source, gain });
  }

  // Whole samples: voices that begin between two of them would not be in step.
  #whole(seconds) {
    const { sampleRate } = this.context;
    return Math.round(seconds * sampleRate) / sampleRate;
  }

  // A shorter sound is silent until the longest ends: rounds stay in step.
  #padded(buffer) {
    const length = Math.round(this.seconds * buffer.sampleRate);
    if (!this.loop || buffer.length >= length) return buffer;
    const { numberOfChannels, sampleRate } = buffer;
    const padded = new AudioBuffer({ length, numberOfChannels, sampleRate });
    for (let i = 0; i < numberOfChannels; i++) padded.copyToChannel(buffer.getChannelData(i), i);
    return padded;
  }

  #end({ source, gain }, when = this.context.currentTime) {
    gain.gain.setTargetAtTime(0, when, FADE / 3);
    source.stop(when + 10 * FADE);
  }

  #silence() {
    for (const voice of this.voices.values()) this.#end(voice);
    this.voices.clear();
  }

  #watch() {
    if (this.watching) return;
    this.watching = true;
    const tick = () => {
      if (this.playing && !this.loop && this.position >= this.seconds) this.stop();
      this.watching = this.playing;
      if (!this.playing) return;
      this.changed();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }
}

// For pages that carry their sounds: a WAV or FLAC file in base64, decoded at its own rate.
export async function decoded(file, sr) {
  const bytes = Uint8Array.from(atob(file), (sign) => sign.charCodeAt(0));
  return { buffer: await new OfflineAudioContext(1, 1, sr).decodeAudioData(bytes.buffer) };
}

// The loudspeaker at a rate, opened when it is first asked for: a browser wants a click before.
export function loudspeaker(sampleRate) {
  let context = null;
  return () => {
    context ??= new AudioContext({ sampleRate });
    if (context.state === "suspended") context.resume();
    return context.destination;
  };
}
