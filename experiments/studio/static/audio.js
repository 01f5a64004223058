// Sounds of the studio and their loudness.

import { Player } from "./player.js";
import { fetched } from "./server.js";

const REFERENCE = -20; // LUFS of all sounds at one loudness
const PEAK = 0.97;
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

// Target and answer; if one would clip, both are softer.
export function pairOf(changed) {
  const wished = ({ loudness }) => (pair.equal ? 10 ** ((REFERENCE - loudness) / 20) : 1);
  const level = (sound, present) => {
    const softer = Math.min(1, ...present.map((each) => PEAK / (each.peak * wished(each) || 1)));
    return Math.min(wished(sound) * softer, 100);
  };
  const output = () => (audio(), master);
  const pair = Object.assign(new Player({ output, level, changed }), { chosen: "mine", loop: true, equal: true });
  return pair;
}
