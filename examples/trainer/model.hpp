// The network of the example trainer: handwritten digits, a host too small for them, and one slot
// in which a seed can grow. Standard library only; nothing here knows of leyline, processes or
// policies.
//
// The host is a 64-10-10 perceptron (ReLU), kept narrow so that it stops improving early and leaves
// something for a seed to add. The slot is a residual block on the hidden vector, h' = h + alpha *
// S(h). A fossilized seed becomes part of the host, and the slot is free for another one on top of
// it.
//
// A run is a function of one 64-bit seed: build with `-O2 -ffp-contract=off` and without
// -ffast-math, and g++ and clang++ give the same bits (with the same C library: expf, logf and
// tanhf are its own).
#ifndef LEYLINE_EXAMPLES_TRAINER_MODEL_HPP
#define LEYLINE_EXAMPLES_TRAINER_MODEL_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace digits {

constexpr std::size_t kPixels = 64;
constexpr std::size_t kHidden = 10;
constexpr std::size_t kClasses = 10;

using Pixels = std::array<float, kPixels>;
using Hidden = std::array<float, kHidden>;
using Logits = std::array<float, kClasses>;

// --------------------------------------------------------------------------------------------
// random numbers

/// splitmix64. Our own, because the distributions of <random> differ from one standard library to
/// the next.
class Rng {
public:
    explicit Rng(std::uint64_t seed) : state_(seed) {}

    /// An independent generator for one purpose, so that drawing more for one never shifts another.
    static Rng stream(std::uint64_t seed, std::uint64_t purpose) {
        return Rng(Rng(seed).next() ^ Rng(~purpose).next());
    }

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    /// Uniform in [-bound, bound): 24 random bits, exact in a float.
    float uniform(float bound) { return (static_cast<float>(next() >> 40) * 0x1p-23f - 1.0f) * bound; }

    /// Uniform in 0..n-1; the bias of the multiply is below n / 2^32.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(((next() >> 32) * n) >> 32); }

private:
    std::uint64_t state_;
};

// ------------------------------------------------------------------------------------------------------
// data

struct Sample {
    Pixels pixels;  // scaled to 0..1
    std::size_t label;
};

struct Dataset {
    std::vector<Sample> train;
    std::vector<Sample> validation;
};

constexpr std::size_t kTrainSamples = 1297;
constexpr std::size_t kValidationSamples = 500;

/// The first 1297 lines train, the last 500 validate, whatever the run's seed. The order of the
/// file is kept on purpose: neighbouring lines seem to be by one hand, so validation asks about
/// hands that training has hardly seen. Shuffled first, the same host scores higher (by 1 point, by
/// 4 without the shifts of `Batches`), because it then knows them. Either part is balanced: 128-132
/// and 46-51 of each digit.
///
/// Reads digits.csv: 64 pixels 0..16 and a label a line. Throws std::runtime_error naming the file
/// and the line.
inline Dataset load_digits(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error(path + ": cannot be opened");
    std::vector<Sample> samples;
    for (std::string line; std::getline(file, line);) {
        std::istringstream fields(line);
        Sample sample{};
        bool good = true;
        char comma = ',';
        for (float& pixel : sample.pixels) {
            int value = -1;
            good = good && fields >> value >> comma && comma == ',' && value >= 0 && value <= 16;
            pixel = static_cast<float>(value) / 16.0f;
        }
        good = good && fields >> sample.label && sample.label < kClasses && (fields >> std::ws).eof();
        if (!good) {
            throw std::runtime_error(path + ", line " + std::to_string(samples.size() + 1) +
                                     ": expected 64 pixels 0..16 and a label 0..9");
        }
        samples.push_back(sample);
    }
    if (samples.size() != kTrainSamples + kValidationSamples) {
        throw std::runtime_error(path + ": expected " + std::to_string(kTrainSamples + kValidationSamples) +
                                 " lines, found " + std::to_string(samples.size()));
    }
    const auto split = samples.begin() + kTrainSamples;
    return {{samples.begin(), split}, {split, samples.end()}};
}

/// The picture moved `columns` to the right, what leaves it lost, and empty columns moving in.
inline Sample shifted(const Sample& sample, int columns) {
    constexpr int kSide = 8;
    Sample moved{{}, sample.label};
    for (int row = 0; row < kSide; ++row) {
        for (int to = std::max(0, columns); to < std::min(kSide, kSide + columns); ++to) {
            const auto at = static_cast<std::size_t>(row * kSide + to);
            const auto from = static_cast<std::size_t>(row * kSide + to - columns);
            moved.pixels[at] = sample.pixels[from];
        }
    }
    return moved;
}

using Batch = std::vector<Sample>;

/// The training samples in full batches, in a new order each epoch; what does not fill a batch sits
/// that epoch out.
///
/// Each picture comes shifted by -1, 0 or 1 columns. Without that even the small host soon has
/// nearly every training sample right, and a seed finds little loss left to learn from. The host
/// alone gains by it too.
class Batches {
public:
    static constexpr std::size_t kBatch = 4;

    /// `samples` must outlive it.
    Batches(const std::vector<Sample>& samples, std::uint64_t seed)
        : samples_(&samples), rng_(Rng::stream(seed, 0xda7a)), order_(samples.size()), next_(samples.size()) {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
    }

    std::size_t per_epoch() const { return order_.size() / kBatch; }

    /// After the last batch of an epoch the next one begins.
    Batch next() {
        if (next_ + kBatch > order_.size()) shuffle();
        Batch batch;
        for (std::size_t end = next_ + kBatch; next_ < end; ++next_) {
            batch.push_back(shifted((*samples_)[order_[next_]], static_cast<int>(rng_.below(3)) - 1));
        }
        return batch;
    }

private:
    void shuffle() {
        for (std::size_t left = order_.size(); left > 1; --left) {
            std::swap(order_[left - 1], order_[rng_.below(left)]);
        }
        next_ = 0;
    }

    const std::vector<Sample>* samples_;
    Rng rng_;
    std::vector<std::size_t> order_;
    std::size_t next_;
};

// ----------------------------------------------------------------------------------------------------
// layers

/// Parameters and the gradient summed over the batch so far.
template <std::size_t N>
struct Parameters {
    std::array<float, N> value{};
    std::array<float, N> gradient{};

    /// One SGD step on the mean gradient of `samples` samples. Returns that gradient's squared
    /// norm.
    float descend(float rate, std::size_t samples) {
        const float mean = 1.0f / static_cast<float>(samples);
        // Four sums side by side: the compiler may not reorder one.
        std::array<float, 4> squares{};
        for (std::size_t i = 0; i < N; ++i) {
            const float g = gradient[i] * mean;
            squares[i % 4] += g * g;
            value[i] -= rate * g;
            gradient[i] = 0.0f;
        }
        return (squares[0] + squares[1]) + (squares[2] + squares[3]);
    }
};

/// y = W x + b. W is stored input-major, so that the inner loops run over outputs and need no
/// reordering of sums.
template <std::size_t In, std::size_t Out>
class Dense {
public:
    static constexpr std::size_t kParameters = In * Out + Out;

    /// He-uniform weights, zero biases.
    void randomize(Rng& rng) {
        const float bound = std::sqrt(6.0f / static_cast<float>(In));
        for (float& w : weights_.value) w = rng.uniform(bound);
    }

    std::array<float, Out> forward(const std::array<float, In>& in) const {
        std::array<float, Out> out = biases_.value;
        const float* w = weights_.value.data();
        for (std::size_t i = 0; i < In; ++i, w += Out) {
            for (std::size_t o = 0; o < Out; ++o) out[o] += in[i] * w[o];
        }
        return out;
    }

    /// Adds the gradient of one sample, given the layer's input and the loss gradient at its
    /// output.
    void accumulate(const std::array<float, In>& in, const std::array<float, Out>& d_out) {
        float* g = weights_.gradient.data();
        for (std::size_t i = 0; i < In; ++i, g += Out) {
            for (std::size_t o = 0; o < Out; ++o) g[o] += in[i] * d_out[o];
        }
        for (std::size_t o = 0; o < Out; ++o) biases_.gradient[o] += d_out[o];
    }

    /// The loss gradient at the first `First` inputs.
    template <std::size_t First = In>
    std::array<float, First> pull_back(const std::array<float, Out>& d_out) const {
        std::array<float, First> d_in{};
        const float* w = weights_.value.data();
        for (std::size_t i = 0; i < First; ++i, w += Out) {
            for (std::size_t o = 0; o < Out; ++o) d_in[i] += w[o] * d_out[o];
        }
        return d_in;
    }

    float descend(float rate, std::size_t samples) {
        return weights_.descend(rate, samples) + biases_.descend(rate, samples);
    }

    void append_to(std::vector<float>& out) const {
        out.insert(out.end(), weights_.value.begin(), weights_.value.end());
        out.insert(out.end(), biases_.value.begin(), biases_.value.end());
    }

private:
    Parameters<In * Out> weights_;
    Parameters<Out> biases_;
};

template <std::size_t N>
void relu(std::array<float, N>& v) {
    for (float& x : v) x = x > 0.0f ? x : 0.0f;
}

/// The gradient passes where the activation did.
template <std::size_t N>
void relu_backward(const std::array<float, N>& activated, std::array<float, N>& d) {
    for (std::size_t i = 0; i < N; ++i) d[i] = activated[i] > 0.0f ? d[i] : 0.0f;
}

// -----------------------------------------------------------------------------------------------------
// seeds

/// The cnn blueprints of the contract, by ascending parameter estimate.
enum class Blueprint { norm, attention, depthwise, conv_enhance };

constexpr std::array<std::pair<std::string_view, Blueprint>, 4> kBlueprints{{
    {"norm", Blueprint::norm},
    {"attention", Blueprint::attention},
    {"depthwise", Blueprint::depthwise},
    {"conv_enhance", Blueprint::conv_enhance},
}};

inline std::optional<Blueprint> blueprint_named(std::string_view name) {
    for (const auto& [known, blueprint] : kBlueprints) {
        if (known == name) return blueprint;
    }
    return std::nullopt;
}

/// S(h). A block starts as S = 0, so that attaching it changes nothing.
///
/// The blueprints name blocks of a convolutional network with 100 to 74000 parameters. There are no
/// feature maps here: these are analogs on ten numbers that keep each one's idea, and the order of
/// their capacities: 20, 178, 346 and 5450 parameters.
class Block {
public:
    virtual ~Block() = default;

    /// Remembers what `backward` needs.
    virtual Hidden forward(const Pixels& x, const Hidden& h) = 0;

    /// Adds the gradient of the sample last seen by `forward`; returns the loss gradient at its h.
    virtual Hidden backward(const Hidden& d_out) = 0;

    virtual float descend(float rate, std::size_t samples) = 0;
    virtual void append_to(std::vector<float>& parameters) const = 0;
};

/// norm: layer normalization with a learned scale and shift.
class NormBlock final : public Block {
public:
    Hidden forward(const Pixels&, const Hidden& h) override {
        const float mean = std::accumulate(h.begin(), h.end(), 0.0f) / kHidden;
        float variance = 0.0f;
        for (const float v : h) variance += (v - mean) * (v - mean) / kHidden;
        inverse_deviation_ = 1.0f / std::sqrt(variance + 1e-3f);
        Hidden out;
        for (std::size_t i = 0; i < kHidden; ++i) {
            normal_[i] = (h[i] - mean) * inverse_deviation_;
            out[i] = scale_.value[i] * normal_[i] + shift_.value[i];
        }
        return out;
    }

    Hidden backward(const Hidden& d_out) override {
        Hidden d;
        float mean = 0.0f;
        float projection = 0.0f;
        for (std::size_t i = 0; i < kHidden; ++i) {
            scale_.gradient[i] += d_out[i] * normal_[i];
            shift_.gradient[i] += d_out[i];
            d[i] = d_out[i] * scale_.value[i];
            mean += d[i] / kHidden;
            projection += d[i] * normal_[i] / kHidden;
        }
        for (std::size_t i = 0; i < kHidden; ++i) {
            d[i] = (d[i] - mean - normal_[i] * projection) * inverse_deviation_;
        }
        return d;
    }

    float descend(float rate, std::size_t samples) override {
        return scale_.descend(rate, samples) + shift_.descend(rate, samples);
    }

    void append_to(std::vector<float>& out) const override {
        out.insert(out.end(), scale_.value.begin(), scale_.value.end());
        out.insert(out.end(), shift_.value.begin(), shift_.value.end());
    }

private:
    Parameters<kHidden> scale_;
    Parameters<kHidden> shift_;
    Hidden normal_{};
    float inverse_deviation_ = 0.0f;
};

/// attention: squeeze and excite. A gate in (0, 2) on each feature, computed from all of them.
class AttentionBlock final : public Block {
public:
    explicit AttentionBlock(Rng& rng) { squeeze_.randomize(rng); }

    Hidden forward(const Pixels&, const Hidden& h) override {
        hidden_ = h;
        squeezed_ = squeeze_.forward(h);
        relu(squeezed_);
        gate_ = excite_.forward(squeezed_);
        Hidden out;
        for (std::size_t i = 0; i < kHidden; ++i) {
            gate_[i] = std::tanh(gate_[i]);
            out[i] = h[i] * gate_[i];
        }
        return out;
    }

    Hidden backward(const Hidden& d_out) override {
        Hidden d_gate;
        for (std::size_t i = 0; i < kHidden; ++i) {
            d_gate[i] = d_out[i] * hidden_[i] * (1.0f - gate_[i] * gate_[i]);
        }
        auto d_squeezed = excite_.pull_back(d_gate);
        relu_backward(squeezed_, d_squeezed);
        excite_.accumulate(squeezed_, d_gate);
        squeeze_.accumulate(hidden_, d_squeezed);
        Hidden d = squeeze_.pull_back(d_squeezed);
        for (std::size_t i = 0; i < kHidden; ++i) d[i] += d_out[i] * gate_[i];
        return d;
    }

    float descend(float rate, std::size_t samples) override {
        return squeeze_.descend(rate, samples) + excite_.descend(rate, samples);
    }

    void append_to(std::vector<float>& out) const override {
        squeeze_.append_to(out);
        excite_.append_to(out);
    }

private:
    static constexpr std::size_t kSqueezed = 8;
    Dense<kHidden, kSqueezed> squeeze_;
    Dense<kSqueezed, kHidden> excite_;
    Hidden hidden_{};
    std::array<float, kSqueezed> squeezed_{};
    Hidden gate_{};
};

/// A perceptron with one hidden layer of `Width`; it sees h, and behind it the first `In - kHidden`
/// pixels.
template <std::size_t In, std::size_t Width>
class PerceptronBlock final : public Block {
    static_assert(In == kHidden || In == kHidden + kPixels);

public:
    explicit PerceptronBlock(Rng& rng) { widen_.randomize(rng); }

    Hidden forward(const Pixels& x, const Hidden& h) override {
        std::copy(h.begin(), h.end(), in_.begin());
        std::copy_n(x.begin(), In - kHidden, in_.begin() + kHidden);
        wide_ = widen_.forward(in_);
        relu(wide_);
        return narrow_.forward(wide_);
    }

    Hidden backward(const Hidden& d_out) override {
        auto d_wide = narrow_.pull_back(d_out);
        relu_backward(wide_, d_wide);
        narrow_.accumulate(wide_, d_out);
        widen_.accumulate(in_, d_wide);
        return widen_.template pull_back<kHidden>(d_wide);
    }

    float descend(float rate, std::size_t samples) override {
        return widen_.descend(rate, samples) + narrow_.descend(rate, samples);
    }

    void append_to(std::vector<float>& out) const override {
        widen_.append_to(out);
        narrow_.append_to(out);
    }

private:
    Dense<In, Width> widen_;
    Dense<Width, kHidden> narrow_;
    std::array<float, In> in_{};
    std::array<float, Width> wide_{};
};

/// depthwise: a cheap second look at the features.
using DepthwiseBlock = PerceptronBlock<kHidden, 16>;

/// conv_enhance: the expensive one. It also looks at the image again, and so past the host's
/// bottleneck.
using ConvEnhanceBlock = PerceptronBlock<kHidden + kPixels, 64>;

inline std::unique_ptr<Block> make_block(Blueprint blueprint, Rng& rng) {
    switch (blueprint) {
        case Blueprint::norm: return std::make_unique<NormBlock>();
        case Blueprint::attention: return std::make_unique<AttentionBlock>(rng);
        case Blueprint::depthwise: return std::make_unique<DepthwiseBlock>(rng);
        case Blueprint::conv_enhance: return std::make_unique<ConvEnhanceBlock>(rng);
    }
    throw std::invalid_argument("not a blueprint");
}

// ---------------------------------------------------------------------------------------------------
// network

/// The seed's part in the arithmetic, by its stage.
enum class SeedMode {
    /// GERMINATED, or paused: in the slot, neither heard nor trained.
    attached,
    /// TRAINING: learns on the host's features and against its head, unheard. No gradient reaches
    /// the host.
    isolated,
    /// BLENDING and PROBATIONARY: heard with weight alpha; host and seed learn together.
    blended,
    /// SHADOWING: heard with weight alpha, since the host was blended with it and would only be
    /// broken without. But it holds still and the host does not feel it: its output is a constant
    /// to every gradient. Its worth is the difference between `validate()` and
    /// `validate_without_seed()`.
    shadowed,
};

constexpr unsigned kRampSteps = 5;

/// The blending weight of ramp step 1..kRampSteps: a sigmoid, stretched to end at exactly 1. Later
/// steps stay there.
inline float ramp_alpha(unsigned step) {
    if (step >= kRampSteps) return 1.0f;
    constexpr float kSteepness = 8.0f;
    const auto sigmoid = [](float t) { return 1.0f / (1.0f + std::exp(-kSteepness * (t - 0.5f))); };
    const float floor = sigmoid(0.0f);
    return (sigmoid(static_cast<float>(step) / kRampSteps) - floor) / (sigmoid(1.0f) - floor);
}

struct Evaluation {
    float loss;      // mean, nats
    float accuracy;  // percent
};

struct StepResult {
    float loss;                // mean over the batch, nats
    float accuracy;            // percent
    float host_gradient_norm;  // of the batch's mean gradient
    float seed_gradient_norm;  // 0 when no seed learned
};

struct Rates {
    float host = 0.02f;
    float seed = 0.06f;
};

/// The host and its slot. One thread.
class Network {
public:
    /// `validation` must outlive the network.
    Network(const std::vector<Sample>& validation, Rates rates, std::uint64_t seed)
        : validation_(&validation), rates_(rates), seed_(seed) {
        Rng rng = Rng::stream(seed, 0x0457);
        body_.randomize(rng);
        head_.randomize(rng);
    }

    /// One optimizer step on the mean loss of a batch.
    StepResult step(const Batch& batch) {
        float loss = 0.0f;
        std::size_t correct = 0;
        for (const Sample& sample : batch) {
            const Outcome outcome = learn(sample);
            loss += outcome.loss;
            correct += outcome.correct;
        }
        StepResult result{};
        const auto samples = static_cast<float>(batch.size());
        result.loss = loss / samples;
        result.accuracy = 100.0f * static_cast<float>(correct) / samples;
        result.host_gradient_norm = descend_host(batch.size());
        if (learning()) result.seed_gradient_norm = std::sqrt(block_->descend(rates_.seed, batch.size()));
        return result;
    }

    /// The network as it is: the seed has the weight its mode and alpha give it.
    Evaluation validate() { return evaluate(heard() ? alpha_ : 0.0f); }

    /// Evaluates the network with the seed fully switched on. Without a seed the same as
    /// `validate`.
    Evaluation validate_with_seed() { return evaluate(block_ ? 1.0f : 0.0f); }

    /// Evaluates the network without the seed.
    Evaluation validate_without_seed() { return evaluate(0.0f); }

    /// True while a seed is in the slot: the slot is free exactly when this is false.
    bool has_seed() const { return block_ != nullptr; }
    /// Returns true if it may grow further: always.
    bool has_room() const { return true; }
    std::size_t fossils() const { return fossils_.size(); }

    /// Puts a new seed into the slot, attached. Throws std::logic_error if the slot is taken.
    void germinate(Blueprint blueprint) {
        if (block_) throw std::logic_error("the slot is taken");
        // Its own stream each time: what a seed draws never moves the host's randomness.
        Rng rng = Rng::stream(seed_, 0x5eed + ++germinations_);
        block_ = make_block(blueprint, rng);
        mode_ = SeedMode::attached;
        alpha_ = 0.0f;
    }

    /// Sets the seed's part from now on; `alpha` matters only to a mode that is heard. Throws
    /// std::logic_error without a seed, std::invalid_argument unless alpha is in 0..1.
    void set_seed(SeedMode mode, float alpha) {
        require_seed();
        if (!(alpha >= 0.0f && alpha <= 1.0f)) throw std::invalid_argument("alpha must be in 0..1");
        mode_ = mode;
        alpha_ = alpha;
    }

    /// Makes the seed a part of the host, at alpha 1 and for good, and frees the slot.
    void fossilize() {
        require_seed();
        fossils_.push_back(std::move(block_));
    }

    /// Takes the seed out and frees the slot. The host keeps what it learned beside the seed.
    void remove_seed() {
        require_seed();
        block_.reset();
    }

    void set_rates(Rates rates) { rates_ = rates; }
    Rates rates() const { return rates_; }

    /// Every parameter of the host, fossils included, in a fixed order.
    std::vector<float> host_parameters() const {
        std::vector<float> all;
        body_.append_to(all);
        head_.append_to(all);
        for (const auto& fossil : fossils_) fossil->append_to(all);
        return all;
    }

    /// Every parameter of the seed in the slot; empty without one.
    std::vector<float> seed_parameters() const {
        std::vector<float> all;
        if (block_) block_->append_to(all);
        return all;
    }

private:
    struct Outcome {
        float loss;
        bool correct;
    };

    bool heard() const { return block_ && (mode_ == SeedMode::blended || mode_ == SeedMode::shadowed); }
    bool learning() const { return block_ && (mode_ == SeedMode::isolated || mode_ == SeedMode::blended); }

    void require_seed() const {
        if (!block_) throw std::logic_error("there is no seed in the slot");
    }

    static void add(Hidden& h, const Hidden& s, float weight) {
        for (std::size_t i = 0; i < kHidden; ++i) h[i] += weight * s[i];
    }

    /// Softmax cross-entropy; turns the logits into the loss gradient at them.
    static Outcome cross_entropy(Logits& logits, std::size_t label) {
        const auto top = std::max_element(logits.begin(), logits.end());
        const bool correct = static_cast<std::size_t>(top - logits.begin()) == label;
        const float highest = *top;
        const float target = logits[label] - highest;
        float sum = 0.0f;
        for (float& z : logits) sum += (z = std::exp(z - highest));
        for (float& z : logits) z /= sum;
        logits[label] -= 1.0f;
        return {std::log(sum) - target, correct};
    }

    Hidden features(const Pixels& x) {
        hidden_ = body_.forward(x);
        relu(hidden_);
        Hidden h = hidden_;
        for (const auto& fossil : fossils_) add(h, fossil->forward(x, h), 1.0f);
        return h;
    }

    Outcome learn(const Sample& sample) {
        Hidden h = features(sample.pixels);
        const Hidden detached = h;
        if (heard()) add(h, block_->forward(sample.pixels, h), alpha_);
        Logits d_logits = head_.forward(h);
        const Outcome outcome = cross_entropy(d_logits, sample.label);

        head_.accumulate(h, d_logits);
        Hidden d = head_.pull_back(d_logits);
        if (block_ && mode_ == SeedMode::blended) {
            Hidden d_seed{};
            add(d_seed, d, alpha_);
            add(d, block_->backward(d_seed), 1.0f);
        }
        for (auto fossil = fossils_.rbegin(); fossil != fossils_.rend(); ++fossil) {
            add(d, (*fossil)->backward(d), 1.0f);
        }
        relu_backward(hidden_, d);
        body_.accumulate(sample.pixels, d);

        if (block_ && mode_ == SeedMode::isolated) learn_isolated(sample, detached);
        return outcome;
    }

    /// The seed's own loss, at alpha 1, on features and a head that are constants to it.
    void learn_isolated(const Sample& sample, Hidden h) {
        add(h, block_->forward(sample.pixels, h), 1.0f);
        Logits d_logits = head_.forward(h);
        cross_entropy(d_logits, sample.label);
        block_->backward(head_.pull_back(d_logits));
    }

    float descend_host(std::size_t samples) {
        float squares = body_.descend(rates_.host, samples) + head_.descend(rates_.host, samples);
        for (const auto& fossil : fossils_) squares += fossil->descend(rates_.host, samples);
        return std::sqrt(squares);
    }

    Evaluation evaluate(float alpha) {
        float loss = 0.0f;
        std::size_t correct = 0;
        for (const Sample& sample : *validation_) {
            Hidden h = features(sample.pixels);
            if (alpha > 0.0f) add(h, block_->forward(sample.pixels, h), alpha);
            Logits logits = head_.forward(h);
            const Outcome outcome = cross_entropy(logits, sample.label);
            loss += outcome.loss;
            correct += outcome.correct;
        }
        const auto samples = static_cast<float>(validation_->size());
        return {loss / samples, 100.0f * static_cast<float>(correct) / samples};
    }

    const std::vector<Sample>* validation_;
    Rates rates_;
    std::uint64_t seed_;
    std::uint64_t germinations_ = 0;
    Dense<kPixels, kHidden> body_;
    Dense<kHidden, kClasses> head_;
    Hidden hidden_{};
    std::vector<std::unique_ptr<Block>> fossils_;
    std::unique_ptr<Block> block_;
    SeedMode mode_ = SeedMode::attached;
    float alpha_ = 0.0f;
};

}  // namespace digits

#endif
