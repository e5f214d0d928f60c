// Tests of kernels.hpp on the host: with a group of one thread its network learns as model.hpp's
// does. Build and run from the repository's root:
//   c++ -std=c++17 -O2 -o selftest examples/trainer/kernels_selftest.cpp && ./selftest
//   data/digits.csv
#include "kernels.hpp"

#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <set>
#include <vector>

namespace {

using namespace digits;

int failures = 0;

#define CHECK(condition)                                                                 \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            ++failures;                                                                  \
        }                                                                                \
    } while (false)

struct Alone {
    std::uint32_t rank() const { return 0; }
    std::uint32_t size() const { return 1; }
    void sync() const {}
};

/// This processor.
class Host {
public:
    explicit Host(const std::vector<Sample> &validation) : validation_(validation) {}
    ~Host() { CHECK(kept_.empty()); }
    float *keep(const std::vector<float> &values) {
        auto *const kept = new float[values.size()];
        std::copy(values.begin(), values.end(), kept);
        kept_.insert(kept);
        return kept;
    }
    void drop(float *kept) {
        CHECK(kept_.erase(kept) == 1);
        delete[] kept;
    }
    StepResult step(const gpu::Net &net, const gpu::Samples &in) { return gpu::step(Alone(), net, in, *scratch_); }
    Evaluation evaluate(const gpu::Net &net, float alpha) {
        gpu::Sums all{};
        for (std::size_t at = 0; at < validation_.size(); at += Batches::kBatch) {
            const Batch batch(validation_.begin() + static_cast<std::ptrdiff_t>(at),
                              validation_.begin() + static_cast<std::ptrdiff_t>(at + Batches::kBatch));
            const gpu::Sums sums = gpu::evaluate(Alone(), net, gpu::samples(batch), alpha, *scratch_);
            all.loss += sums.loss;
            all.correct += sums.correct;
        }
        const auto samples = static_cast<float>(validation_.size());
        return {all.loss / samples, 100.0f * static_cast<float>(all.correct) / samples};
    }

private:
    const std::vector<Sample> &validation_;
    std::unique_ptr<gpu::Scratch> scratch_ = std::make_unique<gpu::Scratch>();
    std::set<float *> kept_;
};

bool close_to(float a, float b, float within) { return std::fabs(a - b) <= within * (1.0f + std::fabs(b)); }

/// Both networks side by side, the same batches; they differ by the order of their sums only.
struct Pair {
    Host host;
    Network expected;
    gpu::Network<Host> found;
    Batches batches;

    Pair(const Dataset &data, std::uint64_t seed)
        : host(data.validation), expected(data.validation, {}, seed), found(host, data.validation, {}, seed),
          batches(data.train, seed) {}

    void steps(int count) {
        for (; count > 0; --count) {
            const Batch batch = batches.next();
            const StepResult a = expected.step(batch), b = found.step(batch);
            CHECK(close_to(b.loss, a.loss, 1e-3f) && std::fabs(a.accuracy - b.accuracy) <= 25.0f);
            CHECK(close_to(b.host_gradient_norm, a.host_gradient_norm, 2e-3f));
            CHECK(close_to(b.seed_gradient_norm, a.seed_gradient_norm, 2e-3f));
        }
    }
    void validate() {
        const Evaluation a = expected.validate(), b = found.validate();
        CHECK(close_to(b.loss, a.loss, 2e-3f) && std::fabs(a.accuracy - b.accuracy) <= 1.0f);
        const Evaluation with = expected.validate_with_seed(), seen = found.validate_with_seed();
        CHECK(close_to(seen.loss, with.loss, 2e-3f));
    }
    void germinate(Blueprint blueprint) {
        expected.germinate(blueprint);
        found.germinate(blueprint);
    }
    void set(SeedMode mode, float alpha) {
        expected.set_seed(mode, alpha);
        found.set_seed(mode, alpha);
    }
};

/// Through the whole life of the two blueprints that are the same in both, twice over, so that
/// fossils lie below.
void it_learns_as_the_other_one_does(const Dataset &data) {
    Pair pair(data, 3);
    pair.steps(200);
    pair.validate();
    for (const Blueprint blueprint : {Blueprint::conv_enhance, Blueprint::depthwise}) {
        pair.germinate(blueprint);
        pair.steps(20);
        for (const SeedMode mode : {SeedMode::isolated, SeedMode::blended, SeedMode::shadowed, SeedMode::blended}) {
            pair.set(mode, mode == SeedMode::isolated ? 0.0f : 0.7f);
            pair.steps(60);
            pair.validate();
        }
        pair.expected.fossilize();
        pair.found.fossilize();
        pair.steps(60);
        pair.validate();
    }
    pair.germinate(Blueprint::depthwise);
    pair.expected.remove_seed();
    pair.found.remove_seed();
    pair.steps(20);
    pair.validate();
}

/// The two that are its own.
void its_own_blueprints_learn(const Dataset &data) {
    for (const Blueprint blueprint : {Blueprint::norm, Blueprint::attention}) {
        Host host(data.validation);
        gpu::Network<Host> net(host, data.validation, {}, 1);
        Batches batches(data.train, 1);
        for (std::size_t i = 0; i < 3 * batches.per_epoch(); ++i) net.step(batches.next());
        const Evaluation before = net.validate();
        CHECK(before.accuracy > 50.0f);
        net.germinate(blueprint);
        net.set_seed(SeedMode::isolated, 0.0f);
        for (std::size_t i = 0; i < batches.per_epoch(); ++i) CHECK(net.step(batches.next()).seed_gradient_norm >= 0.0f);
        net.set_seed(SeedMode::blended, 1.0f);
        for (std::size_t i = 0; i < 3 * batches.per_epoch(); ++i) net.step(batches.next());
        CHECK(net.validate().loss < before.loss);
    }
}

void it_ends_where_the_room_does(const Dataset &data) {
    Host host(data.validation);
    gpu::Network<Host> net(host, data.validation, {}, 1);
    for (int i = 0; i + 1 < gpu::kMaxBlocks; ++i) {
        net.germinate(Blueprint::norm);
        net.fossilize();
    }
    bool refused = false;
    try {
        net.germinate(Blueprint::norm);
    } catch (const std::logic_error &) {
        refused = true;
    }
    CHECK(refused && !net.has_seed() && !net.has_room());
    CHECK(std::isfinite(net.validate().loss));
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    try {
        const Dataset data = load_digits(argv[1]);
        it_learns_as_the_other_one_does(data);
        its_own_blueprints_learn(data);
        it_ends_where_the_room_does(data);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
    if (failures == 0) std::puts("ok");
    return failures == 0 ? 0 : 1;
}
