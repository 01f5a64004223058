// Patchwright Test Effect: a gain. It is no instrument, and a host of instruments must say so.

#include "DistrhoPlugin.hpp"

START_NAMESPACE_DISTRHO

class TestEffect : public Plugin {
public:
    TestEffect() : Plugin(2, 0, 0) {}

protected:
    const char* getLabel() const override { return "TestEffect"; }
    const char* getMaker() const override { return "Patchwright"; }
    const char* getLicense() const override { return "MIT"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('P', 'w', 'T', 'e'); }

    void initParameter(uint32_t index, Parameter& parameter) override {
        parameter.hints = kParameterIsAutomatable;
        parameter.name = index == 0 ? "Unused" : "Gain";
        parameter.symbol = index == 0 ? "unused" : "gain";
        parameter.ranges = ParameterRanges(values[index], 0.0f, index == 0 ? 1.0f : 2.0f);
    }

    float getParameterValue(uint32_t index) const override { return values[index]; }
    void setParameterValue(uint32_t index, float value) override { values[index] = value; }

    void run(const float** inputs, float** outputs, uint32_t frames) override {
        for (int channel = 0; channel < 2; ++channel)
            for (uint32_t i = 0; i < frames; ++i)
                outputs[channel][i] = values[1] * inputs[channel][i];
    }

private:
    float values[2] = {0.0f, 1.0f};
};

Plugin* createPlugin() {
    return new TestEffect();
}

END_NAMESPACE_DISTRHO
