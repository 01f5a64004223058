// Patchwright Fault Synth: a small polyphonic synthesizer that fails on demand.
// Without faults it is a pure function of its parameters and notes. README.md lists the faults.

#include "DistrhoPlugin.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include <fcntl.h>
#include <unistd.h>

START_NAMESPACE_DISTRHO

namespace {

enum Index {
    kUnused,  // a VST3 host always reads 0 from DPF's first parameter before it is set
    kLevel,
    kBrightness,
    kAttack,
    kDecay,
    kDetune,
    kWaveform,
    kOctave,
    kCrash,
    kHang,
    kNotANumber,
    kLeak,
    kMemory,
    kSlow,
    kSilence,
    kFlaky,
    kUnsteady,
    kCount
};

enum Kind { kContinuous, kBoolean, kEnumerated };
enum Waveform { kSine, kSaw, kSquare };
enum Memory { kNone, kInstance, kProcess };

struct Description {
    const char* name;
    const char* symbol;
    const char* unit;
    Kind kind;
    float standard, low, high;
    const char* labels[3];
};

const Description descriptions[kCount] = {
    {"Unused", "unused", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
    {"Level", "level", "", kContinuous, 0.7f, 0.0f, 1.0f, {}},
    {"Brightness", "brightness", "", kContinuous, 0.5f, 0.0f, 1.0f, {}},
    {"Attack", "attack", "s", kContinuous, 0.01f, 0.001f, 0.5f, {}},
    {"Decay", "decay", "s", kContinuous, 0.5f, 0.02f, 4.0f, {}},
    {"Detune", "detune", "ct", kContinuous, 5.0f, 0.0f, 50.0f, {}},
    {"Waveform", "waveform", "", kEnumerated, 1.0f, 0.0f, 2.0f, {"Sine", "Saw", "Square"}},
    {"Octave", "octave", "", kBoolean, 0.0f, 0.0f, 1.0f, {}},
    {"Crash", "crash", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
    {"Hang", "hang", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
    {"Not a Number", "not_a_number", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
    {"Leak", "leak", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
    {"Memory", "memory", "", kEnumerated, 0.0f, 0.0f, 2.0f, {"None", "Instance", "Process"}},
    {"Slow", "slow", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
    {"Silence", "silence", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
    {"Flaky", "flaky", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
    {"Unsteady", "unsteady", "", kContinuous, 0.0f, 0.0f, 1.0f, {}},
};

const char* const kMarker = "PATCHWRIGHT_FLAKY_MARKER";
const int kVoices = 16;
const float kSustain = 0.3f;     // the share of the level that decay ends at
const float kRelease = 0.02f;    // seconds until 1/e: all is still 0.28 s after note-off
const float kInaudible = 1e-6f;  // a released voice ends here

// What should be forgotten between two renders, and is not.
struct Remembered {
    uint32_t phase = 0;
    uint32_t random = 1;
};

Remembered rememberedByProcess;

// A phase is a fraction of 2^32, so it wraps by itself and its arithmetic is exact.
struct Oscillator {
    uint32_t phase = 0;
    uint32_t step = 0;

    float next(int waveform) {
        const float t = static_cast<float>(static_cast<int32_t>(phase)) * (1.0f / 2147483648.0f);
        phase += step;
        if (waveform == kSine) {
            const float parabola = 4.0f * t * (1.0f - std::fabs(t));
            return parabola + 0.225f * (parabola * std::fabs(parabola) - parabola);
        }
        return waveform == kSaw ? t : t < 0.0f ? -1.0f : 1.0f;
    }
};

struct Voice {
    bool playing = false;
    bool attacking = false;
    bool released = false;
    int note = 0;
    float velocity = 0.0f;
    float envelope = 0.0f;
    float filtered = 0.0f;
    Oscillator first, second;
};

void segmentationFault() {
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
}

void leak(float megabytes) {
    const std::size_t size = static_cast<std::size_t>(megabytes * 1024.0f * 1024.0f);
    if (volatile char* const block = static_cast<volatile char*>(std::malloc(size)))
        for (std::size_t i = 0; i < size; i += 512)
            block[i] = 1;
}

void wait(float seconds) {
    typedef std::chrono::steady_clock Clock;
    const Clock::time_point end =
        Clock::now() + std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6f));
    while (Clock::now() < end) {
    }
}

// True for one caller alone: the one that makes the file that the environment names.
bool makeMarker() {
    const char* const path = std::getenv(kMarker);
    if (path == nullptr)
        return false;
    const int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
    if (file < 0)
        return false;
    close(file);
    return true;
}

}  // namespace

class FaultSynth : public Plugin {
public:
    FaultSynth() : Plugin(kCount, 0, 0) {
        for (int i = 0; i < kCount; ++i)
            values[i] = descriptions[i].standard;
    }

protected:
    const char* getLabel() const override { return "FaultSynth"; }
    const char* getMaker() const override { return "Patchwright"; }
    const char* getLicense() const override { return "MIT"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('P', 'w', 'F', 's'); }

    void initParameter(uint32_t index, Parameter& parameter) override {
        const Description& description = descriptions[index];
        parameter.hints = kParameterIsAutomatable;
        parameter.name = description.name;
        parameter.symbol = description.symbol;
        parameter.unit = description.unit;
        parameter.ranges = ParameterRanges(description.standard, description.low, description.high);
        if (description.kind == kBoolean)
            parameter.hints |= kParameterIsBoolean | kParameterIsInteger;
        if (description.kind == kEnumerated) {
            parameter.hints |= kParameterIsInteger;
            parameter.enumValues.count = 3;
            parameter.enumValues.restrictedMode = true;
            parameter.enumValues.values = new ParameterEnumerationValue[3];
            for (int i = 0; i < 3; ++i) {
                parameter.enumValues.values[i].value = static_cast<float>(i);
                parameter.enumValues.values[i].label = description.labels[i];
            }
        }
    }

    float getParameterValue(uint32_t index) const override { return values[index]; }
    void setParameterValue(uint32_t index, float value) override { values[index] = value; }

    // Starts afresh, but for what an instance remembers.
    void activate() override {
        for (Voice& voice : voices)
            voice = Voice();
    }

    void run(const float**, float** outputs, uint32_t frames, const MidiEvent* events,
             uint32_t eventCount) override {
        uint32_t frame = 0;
        for (uint32_t i = 0; i < eventCount; ++i) {
            const uint32_t until = events[i].frame < frames ? events[i].frame : frames;
            render(outputs, frame, until);
            frame = until > frame ? until : frame;
            if (events[i].size == 3)
                handle(events[i].data);
        }
        render(outputs, frame, frames);
    }

private:
    float values[kCount];
    Voice voices[kVoices];
    Remembered rememberedByInstance;
    float poison = 0.0f;  // what is written into the next sample, if it is not 0
    int oldest = 0;

    bool isOn(Index index) const { return values[index] > 0.5f; }

    Remembered* remembered() {
        const int memory = static_cast<int>(values[kMemory] + 0.5f);
        if (memory == kNone)
            return nullptr;
        return memory == kInstance ? &rememberedByInstance : &rememberedByProcess;
    }

    void handle(const uint8_t* data) {
        const int command = data[0] & 0xf0;
        if (command == 0x90 && data[2] > 0)
            start(data[1], data[2]);
        else if (command == 0x80 || command == 0x90)
            for (Voice& voice : voices)
                if (voice.playing && voice.note == data[1])
                    voice.released = true;
    }

    void fail() {
        if (isOn(kCrash)) {
            if (values[kCrash] > 0.75f)
                std::abort();
            segmentationFault();
        }
        if (isOn(kFlaky) && makeMarker())
            segmentationFault();
        if (isOn(kHang))
            for (volatile bool forever = true; forever;) {
            }
        if (values[kLeak] > 0.0f)
            leak(100.0f * values[kLeak]);
        if (values[kSlow] > 0.0f)
            wait(values[kSlow]);
        if (isOn(kNotANumber))
            poison = values[kNotANumber] > 0.75f ? std::numeric_limits<float>::infinity()
                                                 : std::numeric_limits<float>::quiet_NaN();
    }

    void start(int note, int velocity) {
        fail();
        Voice& voice = voices[oldest];
        oldest = (oldest + 1) % kVoices;
        voice = Voice();
        voice.playing = voice.attacking = true;
        voice.note = note;
        voice.velocity = static_cast<float>(velocity) / 127.0f;
        const double frequency = 440.0 * std::exp2((note - 69) / 12.0);
        const double detune = std::exp2(values[kDetune] / 1200.0);
        voice.first.step = step(frequency);
        voice.second.step = step(frequency * detune * (isOn(kOctave) ? 2.0 : 1.0));
        if (Remembered* const last = remembered()) {
            last->random = 1664525u * last->random + 1013904223u;
            voice.first.phase = last->phase;
            voice.second.phase = last->phase + last->random;
        }
        if (isOn(kUnsteady))
            voice.second.phase = timeOfDay();
    }

    static uint32_t timeOfDay() {
        return static_cast<uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }

    uint32_t step(double frequency) const {
        const double share = frequency / getSampleRate();
        return static_cast<uint32_t>((share < 0.5 ? share : 0.5) * 4294967296.0);
    }

    void render(float** outputs, uint32_t begin, uint32_t end) {
        if (begin >= end)
            return;
        for (uint32_t i = begin; i < end; ++i)
            outputs[0][i] = 0.0f;
        for (Voice& voice : voices)
            if (voice.playing)
                add(voice, outputs[0], begin, end);
        if (poison != 0.0f) {  // NaN is not 0 either
            outputs[0][begin] = poison;
            poison = 0.0f;
        }
        for (uint32_t i = begin; i < end; ++i)
            outputs[1][i] = outputs[0][i];
    }

    void add(Voice& voice, float* output, uint32_t begin, uint32_t end) {
        const float rate = static_cast<float>(getSampleRate());
        const float attack = 1.0f / (values[kAttack] * rate);
        const float decay = 1.0f - std::exp(-1.0f / (values[kDecay] * rate));
        const float release = std::exp(-1.0f / (kRelease * rate));
        const float opening = 0.02f + 0.98f * values[kBrightness] * values[kBrightness];
        const float gain = isOn(kSilence) ? 0.0f : 0.4f * values[kLevel] * voice.velocity;
        const int waveform = static_cast<int>(values[kWaveform] + 0.5f);

        for (uint32_t i = begin; i < end; ++i) {
            if (voice.released) {
                voice.envelope *= release;
                if (voice.envelope < kInaudible) {
                    voice.playing = false;
                    break;
                }
            } else if (voice.attacking) {
                voice.envelope += attack;
                if (voice.envelope >= 1.0f) {
                    voice.envelope = 1.0f;
                    voice.attacking = false;
                }
            } else {
                voice.envelope += decay * (kSustain - voice.envelope);
            }
            const float both = voice.first.next(waveform) + voice.second.next(waveform);
            voice.filtered += opening * (both - voice.filtered);
            output[i] += gain * voice.envelope * voice.filtered;
        }
        if (Remembered* const last = remembered())
            last->phase = voice.first.phase;
    }
};

Plugin* createPlugin() {
    return new FaultSynth();
}

END_NAMESPACE_DISTRHO
