// Recording from a microphone or a line input, without compression.

import { audio } from "./audio.js";

export async function startRecording() {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const context = audio();
  await context.audioWorklet.addModule("/static/capture.js");
  const input = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
  const pieces = [];
  capture.port.onmessage = ({ data }) => pieces.push(data);
  input.connect(capture);
  return async () => {
    input.disconnect();
    for (const track of stream.getTracks()) track.stop();
    await new Promise((done) => setTimeout(done, 50));
    const time = new Date().toTimeString().slice(0, 8).replaceAll(":", ".");
    return new File([wav(pieces, context.sampleRate)], `recording ${time}.wav`);
  };
}

// A mono WAV file of floats.
export function wav(pieces, rate) {
  const count = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const view = new DataView(new ArrayBuffer(44 + 4 * count));
  const text = (at, letters) => [...letters].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 4 * count, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 3, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 4 * rate, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 32, true);
  text(36, "data");
  view.setUint32(40, 4 * count, true);
  let at = 44;
  for (const piece of pieces) {
    for (const sample of piece) {
      view.setFloat32(at, sample, true);
      at += 4;
    }
  }
  return view.buffer;
}
