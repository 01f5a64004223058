registerProcessor(
  "capture",
  class extends AudioWorkletProcessor {
    process([channels]) {
      if (channels.length) {
        const mono = new Float32Array(channels[0].length);
        for (const channel of channels) channel.forEach((v, i) => (mono[i] += v / channels.length));
        this.port.postMessage(mono);
      }
      return true;
    }
  },
);
