// Patchwright Program Synth: a monophonic saw with three programs. The third one also halves the
// level by a number that is not among its parameters.

#include "DistrhoPlugin.hpp"

#include <cmath>
#include <cstdint>

START_NAMESPACE_DISTRHO

namespace {

enum Index { kUnused, kLevel, kBrightness, kCount };

const char* const names[kCount] = {"Unused", "Level", "Brightness"};
const float standards[kCount] = {0.0f, 0.5f, 0.5f};
const int kPrograms = 3;
const char* const programNames[kPrograms] = {"Plain", "Bright", "Hidden"};
const float brightness[kPrograms] = {0.5f, 0.9f, 0.2f};

}  // namespace

class ProgramSynth : public Plugin {
public:
    ProgramSynth() : Plugin(kCount, kPrograms, 0) {
        for (int i = 0; i < kCount; ++i)
            values[i] = standards[i];
    }

protected:
    const char* getLabel() const override { return "ProgramSynth"; }
    const char* getMaker() const override { return "Patchwright"; }
    const char* getLicense() const override { return "MIT"; }
    uint32_t getVersion() const override { return d_version(1, 2, 3); }
    int64_t getUniqueId() const override { return d_cconst('P', 'w', 'P', 's'); }

    void initParameter(uint32_t index, Parameter& parameter) override {
        parameter.hints = kParameterIsAutomatable;
        parameter.name = names[index];
        parameter.symbol = names[index];
        parameter.ranges = ParameterRanges(standards[index], 0.0f, 1.0f);
    }

    float getParameterValue(uint32_t index) const override { return values[index]; }
    void setParameterValue(uint32_t index, float value) override { values[index] = value; }

    void initProgramName(uint32_t index, String& name) override { name = programNames[index]; }

    void loadProgram(uint32_t index) override {
        values[kBrightness] = brightness[index];
        hidden = index == 2 ? 0.5f : 1.0f;
    }

    void run(const float**, float** outputs, uint32_t frames, const MidiEvent* events,
             uint32_t eventCount) override {
        uint32_t next = 0;
        for (uint32_t i = 0; i < frames; ++i) {
            for (; next < eventCount && events[next].frame <= i; ++next)
                handle(events[next].data);
            phase += step;
            const float saw = static_cast<float>(static_cast<int32_t>(phase)) / 2147483648.0f;
            filtered += (0.02f + 0.98f * values[kBrightness]) * ((step > 0 ? saw : 0.0f) - filtered);
            outputs[0][i] = outputs[1][i] = hidden * values[kLevel] * filtered;
        }
    }

private:
    float values[kCount];
    float hidden = 1.0f;
    float filtered = 0.0f;
    uint32_t phase = 0;
    uint32_t step = 0;

    void handle(const uint8_t* data) {
        const bool on = (data[0] & 0xf0) == 0x90 && data[2] > 0;
        const double frequency = 440.0 * std::exp2((data[1] - 69) / 12.0);
        phase = 0;
        step = on ? static_cast<uint32_t>(frequency / getSampleRate() * 4294967296.0) : 0;
    }
};

Plugin* createPlugin() {
    return new ProgramSynth();
}

END_NAMESPACE_DISTRHO
