// Sounds, and a player that changes between two of them at the same sample.

import { fetched } from "./server.js";

const REFERENCE = -20; // LUFS of all sounds at one loudness
const PEAK = 0.97;
const FADE = 0.006; // s
const KEPT = 300;

let context, master;

export function audio() {
  if (!context) {
    context = new AudioContext({ latencyHint: "interactive" });
    master = new GainNode(context, { gain: 0.8 });
    master.connect(context.destination);
  }
  if (context.state === "suspended") context.resume();
  return context;
}

export function volume(share) {
  audio();
  master.gain.setTargetAtTime(share, context.currentTime, 0.01);
}

const sounds = new Map();

export function load(address) {
  let found = sounds.get(address);
  if (!found) {
    found = fetched(address).then(async (response) => {
      const loudness = Number(response.headers.get("X-Loudness"));
      const peak = Number(response.headers.get("X-Peak"));
      const decoder = context ?? new OfflineAudioContext(1, 1, 48000);
      const buffer = await decoder.decodeAudioData(await response.arrayBuffer());
      return { buffer, loudness, peak };
    });
    found.catch(() => sounds.delete(address));
    sounds.set(address, found);
    if (sounds.size > KEPT) sounds.delete(sounds.keys().next().value);
  }
  return found;
}

export function gainOf(sound, equal = true) {
  const level = equal ? Math.min(10 ** ((REFERENCE - sound.loudness) / 20), 100) : 1;
  return Math.min(level, PEAK / Math.max(sound.peak, 1e-6));
}

// One note; the returned function lets its key go.
export function strike(sound, strength = 1) {
  const now = audio().currentTime;
  const source = new AudioBufferSourceNode(context, { buffer: sound.buffer });
  const gain = new GainNode(context, { gain: strength * gainOf(sound) });
  source.connect(gain).connect(master);
  source.start(now);
  return () => {
    gain.gain.setTargetAtTime(0, context.currentTime, 0.07);
    source.stop(context.currentTime + 0.6);
  };
}

export class Pair {
  constructor(changed) {
    this.sounds = { target: null, mine: null };
    this.side = "mine";
    this.loop = true;
    this.equal = true;
    this.changed = changed;
    this.voices = {};
    this.started = null;
  }

  get playing() {
    return this.started !== null;
  }

  get seconds() {
    return Math.max(...Object.values(this.sounds).map((sound) => sound?.buffer.duration ?? 0));
  }

  get position() {
    if (!this.playing) return 0;
    const at = Math.max(context.currentTime - this.started, 0);
    return this.loop ? at % this.seconds : Math.min(at, this.seconds);
  }

  set(side, sound) {
    if (this.sounds[side] === sound) return;
    this.sounds[side] = sound;
    if (this.playing) {
      this.#voice(side);
      this.#balance();
    }
  }

  play(side = this.side) {
    audio();
    this.side = side;
    this.#silence();
    this.started = context.currentTime + 0.02;
    for (const each of Object.keys(this.sounds)) this.#voice(each);
    this.#balance(0);
    this.#watch();
    this.changed();
  }

  stop() {
    this.#silence();
    this.started = null;
    this.changed();
  }

  choose(side) {
    this.side = side;
    this.#balance();
    this.changed();
  }

  repeat(loop) {
    if (this.playing) this.started = context.currentTime - this.position;
    this.loop = loop;
    for (const { source } of Object.values(this.voices)) source.loop = loop;
  }

  #voice(side) {
    const old = this.voices[side];
    const when = Math.max(context.currentTime + 0.01, this.started);
    if (old) this.#end(old, when);
    delete this.voices[side];
    const sound = this.sounds[side];
    if (!sound) return;
    const source = new AudioBufferSourceNode(context, { buffer: sound.buffer, loop: this.loop });
    const gain = new GainNode(context, { gain: 0 });
    source.connect(gain).connect(master);
    const at = when - this.started;
    source.start(when, this.loop ? at % this.seconds : Math.min(at, sound.buffer.duration));
    this.voices[side] = { source, gain };
  }

  #balance(fade = FADE) {
    if (!this.playing) return;
    // if one would clip, both are softer
    const present = Object.values(this.sounds).filter(Boolean);
    const wished = present.map((s) => (this.equal ? 10 ** ((REFERENCE - s.loudness) / 20) : 1));
    const softer = Math.min(1, ...present.map((s, i) => PEAK / (s.peak * wished[i] || 1)));
    for (const [side, { gain }] of Object.entries(this.voices)) {
      const sound = this.sounds[side];
      const level = this.equal ? 10 ** ((REFERENCE - sound.loudness) / 20) : 1;
      const to = side === this.side ? Math.min(level * softer, 100) : 0;
      gain.gain.setTargetAtTime(to, Math.max(context.currentTime, this.started), fade / 3 || 0.001);
    }
  }

  setEqual(equal) {
    this.equal = equal;
    this.#balance();
  }

  #end({ source, gain }, when = context.currentTime) {
    gain.gain.setTargetAtTime(0, when, FADE / 3);
    source.stop(when + 10 * FADE);
  }

  #silence() {
    for (const voice of Object.values(this.voices)) this.#end(voice);
    this.voices = {};
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
