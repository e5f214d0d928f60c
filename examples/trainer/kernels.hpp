// The example's network for a GPU: the arithmetic of one optimizer step and of a validation,
// written for a group of threads that share the work (leyline_device.hpp has one thread alone, and
// a block). The same code runs on the host with a group of one, where it is held against model.hpp.
//
// It is the network of model.hpp but for two blueprints: on the GPU all four are perceptrons of one
// hidden layer, of 1, 8 and 16 units on the hidden vector and of 64 on hidden vector and picture:
// 31, 178, 346 and 5450 parameters.
#ifndef LEYLINE_EXAMPLES_TRAINER_KERNELS_HPP
#define LEYLINE_EXAMPLES_TRAINER_KERNELS_HPP

#include "model.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#if defined(__CUDACC__)
#define DIGITS_FN __device__ inline
#define DIGITS_BOTH __host__ __device__
#else
#define DIGITS_FN inline
#define DIGITS_BOTH
#endif

namespace digits {
namespace gpu {

constexpr int kBatch = static_cast<int>(Batches::kBatch);
constexpr int kX = static_cast<int>(kPixels), kH = static_cast<int>(kHidden), kY = static_cast<int>(kClasses);
constexpr int kMaxWidth = 64;
/// Fossils and the seed.
constexpr int kMaxBlocks = 16;
constexpr int kBodyParameters = kX * kH + kH, kHeadParameters = kH * kY + kY;

/// A dense layer's parameters: weights input-major, then biases.
struct Layer {
    float *weights;
    int inputs, outputs;

    DIGITS_BOTH float *biases() const { return weights + inputs * outputs; }
};

/// S(h) = narrow(relu(widen(h, x))); x only where it has more inputs than h.
struct BlockLayers {
    Layer widen, narrow;

    static constexpr std::size_t parameters(int inputs, int width) {
        return static_cast<std::size_t>(inputs * width + width + width * kH + kH);
    }
    static BlockLayers at(float *parameters, int inputs, int width) {
        return {{parameters, inputs, width}, {parameters + inputs * width + width, width, kH}};
    }
};

/// The network as a kernel gets it: by value, but for its parameters.
struct Net {
    Layer body, head;
    BlockLayers blocks[kMaxBlocks];  // the fossils, then the seed
    int fossils;
    int has_seed;
    SeedMode mode;
    float alpha;
    Rates rates;

    DIGITS_BOTH bool heard() const { return has_seed != 0 && (mode == SeedMode::blended || mode == SeedMode::shadowed); }
    DIGITS_BOTH bool learning() const { return has_seed != 0 && (mode == SeedMode::isolated || mode == SeedMode::blended); }
};

/// The samples of one step, by value.
struct Samples {
    float x[kBatch][kX];
    int label[kBatch];
};

/// The state that the group keeps of a batch between forward and backward.
struct Scratch {
    /// h[0]: of the body; h[i + 1]: with block i.
    float h[kMaxBlocks + 1][kBatch][kH];
    float wide[kMaxBlocks][kBatch][kMaxWidth];
    float d_wide[kMaxBlocks][kBatch][kMaxWidth];
    /// The loss gradient at each block's output.
    float d_block[kMaxBlocks][kBatch][kH];
    float d[kBatch][kH];
    float d_body[kBatch][kH];
    /// Softmax's gradient.
    float d_y[kBatch][kY];
    // Of an isolated seed's own loss.
    float own_h[kBatch][kH];
    float own_d_y[kBatch][kY];
    float loss[kBatch];
    int correct[kBatch];
    /// A number of each thread's.
    float partial[1024];
};

/// Every element i, parted among the threads.
template <class Group, class Each>
DIGITS_FN void each(const Group &group, int count, Each what) {
    for (int i = static_cast<int>(group.rank()); i < count; i += static_cast<int>(group.size())) what(i);
    group.sync();
}

/// The sum of a number of each thread's, in one order whatever the threads do first.
template <class Group>
DIGITS_FN float sum(const Group &group, Scratch &s, float mine) {
    s.partial[group.rank()] = mine;
    group.sync();
    float all = 0.0f;
    for (std::uint32_t i = 0; i < group.size(); ++i) all += s.partial[i];
    group.sync();
    return all;
}

DIGITS_FN float input(const float *h, const float *x, int i) { return i < kH ? h[i] : x[i - kH]; }

/// out = h + weight * S(h).
template <class Group>
DIGITS_FN void forward(const Group &group, const BlockLayers &block, const Samples &in, const float (*h)[kH],
                       float (*wide)[kMaxWidth], float weight, float (*out)[kH]) {
    const Layer widen = block.widen, narrow = block.narrow;
    each(group, kBatch * widen.outputs, [&](int n) {
        const int k = n / widen.outputs, j = n % widen.outputs;
        float z = widen.biases()[j];
        for (int i = 0; i < widen.inputs; ++i) z += input(h[k], in.x[k], i) * widen.weights[i * widen.outputs + j];
        wide[k][j] = z > 0.0f ? z : 0.0f;
    });
    each(group, kBatch * kH, [&](int n) {
        const int k = n / kH, o = n % kH;
        float z = narrow.biases()[o];
        for (int j = 0; j < narrow.inputs; ++j) z += wide[k][j] * narrow.weights[j * kH + o];
        out[k][o] = h[k][o] + weight * z;
    });
}

/// Given the gradient at S's output, adds the one at h to d.
template <class Group>
DIGITS_FN void backward(const Group &group, const BlockLayers &block, const float (*wide)[kMaxWidth],
                        const float (*d_block)[kH], float (*d_wide)[kMaxWidth], float (*d)[kH]) {
    const Layer widen = block.widen, narrow = block.narrow;
    each(group, kBatch * widen.outputs, [&](int n) {
        const int k = n / widen.outputs, j = n % widen.outputs;
        float g = 0.0f;
        for (int o = 0; o < kH; ++o) g += narrow.weights[j * kH + o] * d_block[k][o];
        d_wide[k][j] = wide[k][j] > 0.0f ? g : 0.0f;
    });
    each(group, kBatch * kH, [&](int n) {
        const int k = n / kH, i = n % kH;
        float g = 0.0f;
        for (int j = 0; j < widen.outputs; ++j) g += widen.weights[i * widen.outputs + j] * d_wide[k][j];
        d[k][i] += g;
    });
}

/// One step of a layer on the mean gradient of the batch. Returns this thread's part of its squared
/// norm.
template <class Group, class In, class Out>
DIGITS_FN float descend(const Group &group, const Layer &layer, float rate, In in, Out d_out) {
    float squares = 0.0f;
    const int weights = layer.inputs * layer.outputs;
    each(group, weights + layer.outputs, [&](int n) {
        const int o = n % layer.outputs;
        float g = 0.0f;
        for (int k = 0; k < kBatch; ++k) g += (n < weights ? in(k, n / layer.outputs) : 1.0f) * d_out(k, o);
        g /= static_cast<float>(kBatch);
        squares += g * g;
        layer.weights[n] -= rate * g;
    });
    return squares;
}

template <class Group>
DIGITS_FN float descend(const Group &group, const BlockLayers &block, float rate, const Samples &in, const float (*h)[kH],
                        const float (*wide)[kMaxWidth], const float (*d_wide)[kMaxWidth], const float (*d_block)[kH]) {
    const float first = descend(
        group, block.widen, rate, [&](int k, int i) { return input(h[k], in.x[k], i); },
        [&](int k, int j) { return d_wide[k][j]; });
    const float second = descend(
        group, block.narrow, rate, [&](int k, int j) { return wide[k][j]; }, [&](int k, int o) { return d_block[k][o]; });
    return first + second;
}

/// Softmax cross-entropy of each sample, from the last hidden vector.
template <class Group>
DIGITS_FN void cross_entropy(const Group &group, const Layer &head, const Samples &in, const float (*h)[kH],
                             float (*d_y)[kY], float *loss, int *correct) {
    each(group, kBatch * kY, [&](int n) {
        const int k = n / kY, o = n % kY;
        float z = head.biases()[o];
        for (int i = 0; i < kH; ++i) z += h[k][i] * head.weights[i * kY + o];
        d_y[k][o] = z;
    });
    each(group, kBatch, [&](int k) {
        int top = 0;
        for (int o = 1; o < kY; ++o) {
            if (d_y[k][o] > d_y[k][top]) top = o;
        }
        const float highest = d_y[k][top], target = d_y[k][in.label[k]] - highest;
        float all = 0.0f;
        for (int o = 0; o < kY; ++o) all += (d_y[k][o] = expf(d_y[k][o] - highest));
        for (int o = 0; o < kY; ++o) d_y[k][o] = d_y[k][o] / all - (o == in.label[k] ? 1.0f : 0.0f);
        loss[k] = logf(all) - target;
        correct[k] = top == in.label[k] ? 1 : 0;
    });
}

/// The hidden vector after the host's own blocks: in h[fossils].
template <class Group>
DIGITS_FN void features(const Group &group, const Net &net, const Samples &in, Scratch &s) {
    each(group, kBatch * kH, [&](int n) {
        const int k = n / kH, o = n % kH;
        float z = net.body.biases()[o];
        for (int i = 0; i < kX; ++i) z += in.x[k][i] * net.body.weights[i * kH + o];
        s.h[0][k][o] = z > 0.0f ? z : 0.0f;
    });
    for (int b = 0; b < net.fossils; ++b) forward(group, net.blocks[b], in, s.h[b], s.wide[b], 1.0f, s.h[b + 1]);
}

/// The loss gradient at the head's input.
template <class Group>
DIGITS_FN void pull_back(const Group &group, const Layer &head, const float (*d_y)[kY], float (*d)[kH]) {
    each(group, kBatch * kH, [&](int n) {
        const int k = n / kH, i = n % kH;
        float g = 0.0f;
        for (int o = 0; o < kY; ++o) g += head.weights[i * kY + o] * d_y[k][o];
        d[k][i] = g;
    });
}

/// One optimizer step on the mean loss of a batch. Every thread of the group gets the result.
template <class Group>
DIGITS_FN StepResult step(const Group &group, const Net &net, const Samples &in, Scratch &s) {
    const int seed = net.fossils;
    features(group, net, in, s);
    float(*h)[kH] = s.h[seed];
    if (net.heard()) {
        forward(group, net.blocks[seed], in, h, s.wide[seed], net.alpha, s.h[seed + 1]);
        h = s.h[seed + 1];
    }
    cross_entropy(group, net.head, in, h, s.d_y, s.loss, s.correct);
    pull_back(group, net.head, s.d_y, s.d);
    if (net.has_seed != 0 && net.mode == SeedMode::blended) {
        each(group, kBatch * kH, [&](int n) { s.d_block[seed][n / kH][n % kH] = net.alpha * s.d[n / kH][n % kH]; });
        backward(group, net.blocks[seed], s.wide[seed], s.d_block[seed], s.d_wide[seed], s.d);
    }
    for (int b = net.fossils - 1; b >= 0; --b) {
        each(group, kBatch * kH, [&](int n) { s.d_block[b][n / kH][n % kH] = s.d[n / kH][n % kH]; });
        backward(group, net.blocks[b], s.wide[b], s.d_block[b], s.d_wide[b], s.d);
    }
    each(group, kBatch * kH, [&](int n) {
        s.d_body[n / kH][n % kH] = s.h[0][n / kH][n % kH] > 0.0f ? s.d[n / kH][n % kH] : 0.0f;
    });
    if (net.has_seed != 0 && net.mode == SeedMode::isolated) {
        // The seed's own loss, at alpha 1, on features and a head that are constants to it.
        float own_loss[kBatch];
        int own_correct[kBatch];
        forward(group, net.blocks[seed], in, s.h[seed], s.wide[seed], 1.0f, s.own_h);
        cross_entropy(group, net.head, in, s.own_h, s.own_d_y, own_loss, own_correct);
        pull_back(group, net.head, s.own_d_y, s.d_block[seed]);
        // What it would give back to the host goes nowhere.
        backward(group, net.blocks[seed], s.wide[seed], s.d_block[seed], s.d_wide[seed], s.d);
    }
    // All gradients are of the parameters before the step: only now may those change.
    float host = descend(
        group, net.body, net.rates.host, [&](int k, int i) { return in.x[k][i]; },
        [&](int k, int o) { return s.d_body[k][o]; });
    host += descend(
        group, net.head, net.rates.host, [&](int k, int i) { return h[k][i]; }, [&](int k, int o) { return s.d_y[k][o]; });
    for (int b = 0; b < net.fossils; ++b) {
        host += descend(group, net.blocks[b], net.rates.host, in, s.h[b], s.wide[b], s.d_wide[b], s.d_block[b]);
    }
    float own = 0.0f;
    if (net.learning()) {
        own = descend(group, net.blocks[seed], net.rates.seed, in, s.h[seed], s.wide[seed], s.d_wide[seed], s.d_block[seed]);
    }
    StepResult result{};
    int correct = 0;
    for (int k = 0; k < kBatch; ++k) {
        result.loss += s.loss[k];
        correct += s.correct[k];
    }
    result.loss /= static_cast<float>(kBatch);
    result.accuracy = 100.0f * static_cast<float>(correct) / static_cast<float>(kBatch);
    result.host_gradient_norm = sqrtf(sum(group, s, host));
    result.seed_gradient_norm = sqrtf(sum(group, s, own));
    return result;
}

/// Sums over a batch, with the seed at that weight.
struct Sums {
    float loss;
    int correct;
};
template <class Group>
DIGITS_FN Sums evaluate(const Group &group, const Net &net, const Samples &in, float alpha, Scratch &s) {
    const int seed = net.fossils;
    features(group, net, in, s);
    float(*h)[kH] = s.h[seed];
    if (alpha > 0.0f && net.has_seed != 0) {
        forward(group, net.blocks[seed], in, h, s.wide[seed], alpha, s.h[seed + 1]);
        h = s.h[seed + 1];
    }
    cross_entropy(group, net.head, in, h, s.d_y, s.loss, s.correct);
    Sums all{};
    for (int k = 0; k < kBatch; ++k) {
        all.loss += s.loss[k];
        all.correct += s.correct[k];
    }
    group.sync();
    return all;
}

inline Samples samples(const Batch &batch) {
    Samples in{};
    for (std::size_t k = 0; k < Batches::kBatch; ++k) {
        for (std::size_t i = 0; i < kPixels; ++i) in.x[k][i] = batch[k].pixels[i];
        in.label[k] = static_cast<int>(batch[k].label);
    }
    return in;
}

/// A blueprint's first parameters and its shape.
struct Made {
    std::vector<float> parameters;
    int inputs, width;
};
inline Made made(Blueprint blueprint, Rng &rng) {
    Made made{{}, kH, 0};
    const auto fill = [&](const auto &block, int width) {
        block.append_to(made.parameters);
        made.width = width;
    };
    switch (blueprint) {
        case Blueprint::norm: fill(PerceptronBlock<kHidden, 1>(rng), 1); break;
        case Blueprint::attention: fill(PerceptronBlock<kHidden, 8>(rng), 8); break;
        case Blueprint::depthwise: fill(PerceptronBlock<kHidden, 16>(rng), 16); break;
        case Blueprint::conv_enhance:
            fill(PerceptronBlock<kHidden + kPixels, 64>(rng), 64);
            made.inputs = kH + kX;
            break;
    }
    return made;
}

/// digits::Network with its parameters where a machine keeps them, and its arithmetic done there. A
/// Machine has `float *keep(const std::vector<float> &)`, `void drop(float *)`, `StepResult
/// step(const Net &, const Samples &)` and `Evaluation evaluate(const Net &, float alpha)`.
template <class Machine>
class Network {
public:
    /// The machine must outlive the network. It begins with the parameters of digits::Network.
    Network(Machine &machine, const std::vector<Sample> &validation, Rates rates, std::uint64_t seed)
        : machine_(machine), seed_(seed) {
        const std::vector<float> all = digits::Network(validation, rates, seed).host_parameters();
        const auto middle = all.begin() + kBodyParameters;
        net_.body = {machine_.keep({all.begin(), middle}), kX, kH};
        net_.head = {machine_.keep({middle, all.end()}), kH, kY};
        net_.rates = rates;
    }
    Network(const Network &) = delete;
    Network &operator=(const Network &) = delete;
    ~Network() {
        for (int b = 0; b < net_.fossils + net_.has_seed; ++b) machine_.drop(net_.blocks[b].widen.weights);
        machine_.drop(net_.head.weights);
        machine_.drop(net_.body.weights);
    }

    StepResult step(const Batch &batch) { return machine_.step(net_, samples(batch)); }
    Evaluation validate() { return machine_.evaluate(net_, net_.heard() ? net_.alpha : 0.0f); }
    Evaluation validate_with_seed() { return machine_.evaluate(net_, net_.has_seed != 0 ? 1.0f : 0.0f); }

    bool has_seed() const { return net_.has_seed != 0; }
    /// Returns true if it may grow further.
    bool has_room() const { return net_.fossils + 1 < kMaxBlocks; }
    /// Throws std::logic_error if the slot is taken, or the network cannot grow any more.
    void germinate(Blueprint blueprint) {
        if (has_seed()) throw std::logic_error("the slot is taken");
        if (!has_room()) throw std::logic_error("the network has as many blocks as it can have");
        Rng rng = Rng::stream(seed_, 0x5eed + ++germinations_);
        const Made block = made(blueprint, rng);
        net_.blocks[net_.fossils] = BlockLayers::at(machine_.keep(block.parameters), block.inputs, block.width);
        net_.has_seed = 1;
        net_.mode = SeedMode::attached;
        net_.alpha = 0.0f;
    }
    void set_seed(SeedMode mode, float alpha) {
        require_seed();
        if (!(alpha >= 0.0f && alpha <= 1.0f)) throw std::invalid_argument("alpha must be in 0..1");
        net_.mode = mode;
        net_.alpha = alpha;
    }
    void fossilize() {
        require_seed();
        net_.has_seed = 0;
        ++net_.fossils;
    }
    void remove_seed() {
        require_seed();
        machine_.drop(net_.blocks[net_.fossils].widen.weights);
        net_.has_seed = 0;
    }
    void set_rates(Rates rates) { net_.rates = rates; }
    Rates rates() const { return net_.rates; }
    const Net &net() const { return net_; }

private:
    void require_seed() const {
        if (!has_seed()) throw std::logic_error("there is no seed in the slot");
    }

    Machine &machine_;
    std::uint64_t seed_;
    std::uint64_t germinations_ = 0;
    Net net_{};
};

}  // namespace gpu
}  // namespace digits

#undef DIGITS_FN
#undef DIGITS_BOTH
#endif
