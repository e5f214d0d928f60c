// Tests of model.hpp. Build and run from the repository's root:
//   c++ -std=c++17 -O2 -ffp-contract=off -o selftest examples/trainer/selftest.cpp
//   ./selftest data/digits.csv
// Ends with 0 if all hold, and prints a digest that must be the same for every compiler on one
// machine.
#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <string>
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

template <typename Exception, typename Action>
bool throws(Action action) {
    try {
        action();
    } catch (const Exception&) {
        return true;
    }
    return false;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

bool same_bits(Evaluation a, Evaluation b) {
    return std::memcmp(&a.loss, &b.loss, sizeof a.loss) == 0 &&
           std::memcmp(&a.accuracy, &b.accuracy, sizeof a.accuracy) == 0;
}

/// A network and the data it learns from: a run.
struct Run {
    Network net;
    Batches batches;

    Run(const Dataset& data, std::uint64_t seed, Rates rates = {})
        : net(data.validation, rates, seed), batches(data.train, seed) {}

    void epochs(int count) {
        for (std::size_t steps = static_cast<std::size_t>(count) * batches.per_epoch(); steps > 0; --steps) {
            net.step(batches.next());
        }
    }

    void germinate(Blueprint blueprint, SeedMode mode, float alpha) {
        net.germinate(blueprint);
        net.set_seed(mode, alpha);
    }
};

void data_is_read_and_checked(const Dataset& data) {
    CHECK(data.train.size() == 1297 && data.validation.size() == 500);
    std::array<int, kClasses> counts{};
    for (const Sample& sample : data.validation) ++counts[sample.label];
    for (const int count : counts) CHECK(count >= 46 && count <= 51);
    CHECK(data.train[0].label == 0 && data.train[0].pixels[2] == 5.0f / 16.0f);

    CHECK(throws<std::runtime_error>([] { load_digits("no/such/file.csv"); }));
    const auto path = std::filesystem::temp_directory_path() / "leyline-trainer-selftest.csv";
    std::string line;
    for (std::size_t i = 0; i < kPixels; ++i) line += "16,";
    const std::string too_bright = "17," + line.substr(3) + "1";
    for (const std::string& bad : {line + "10", line + "x", line + "1,1", too_bright, line}) {
        std::ofstream(path) << line << "3\n" << bad << "\n";
        std::string message;
        try {
            load_digits(path.string());
        } catch (const std::runtime_error& error) {
            message = error.what();
        }
        CHECK(message.find("line 2") != std::string::npos);
    }
    std::ofstream(path) << line << "3\n";
    CHECK(throws<std::runtime_error>([&] { load_digits(path.string()); }));
    std::filesystem::remove(path);
}

void a_shift_moves_columns(const Dataset& data) {
    const Sample& sample = data.train[0];
    const Sample right = shifted(sample, 1);
    const Sample left = shifted(sample, -1);
    CHECK(shifted(sample, 0).pixels == sample.pixels && right.label == sample.label);
    for (std::size_t row = 0; row < 8; ++row) {
        CHECK(right.pixels[row * 8] == 0.0f && left.pixels[row * 8 + 7] == 0.0f);
        for (std::size_t column = 0; column < 7; ++column) {
            CHECK(right.pixels[row * 8 + column + 1] == sample.pixels[row * 8 + column]);
            CHECK(left.pixels[row * 8 + column] == sample.pixels[row * 8 + column + 1]);
        }
    }
}

void an_epoch_shows_every_sample_at_most_once(const Dataset& data) {
    // Ten samples, told apart by their labels: two batches of four, and two samples left out.
    const std::vector<Sample> ten = [&] {
        std::vector<Sample> samples(10, data.train[0]);
        for (std::size_t i = 0; i < samples.size(); ++i) samples[i].label = i;
        return samples;
    }();
    Batches batches(ten, 7);
    CHECK(batches.per_epoch() == 2);
    std::array<int, 10> shown_ever{};
    for (int epoch = 0; epoch < 40; ++epoch) {
        std::array<int, 10> shown{};
        for (std::size_t b = 0; b < batches.per_epoch(); ++b) {
            for (const Sample& sample : batches.next()) ++shown[sample.label], ++shown_ever[sample.label];
        }
        for (const int times : shown) CHECK(times <= 1);
    }
    for (const int times : shown_ever) CHECK(times > 0);
}

void a_run_is_decided_by_its_seed(const Dataset& data) {
    const auto life = [&](std::uint64_t seed) {
        Run run(data, seed);
        run.epochs(1);
        run.germinate(Blueprint::attention, SeedMode::isolated, 0.0f);
        run.epochs(1);
        run.net.set_seed(SeedMode::blended, 0.5f);
        run.epochs(1);
        run.net.fossilize();
        return run.net.host_parameters();
    };
    CHECK(same_bits(life(1), life(1)));
    CHECK(!same_bits(life(1), life(2)));
    CHECK(!same_bits(Run(data, 1).net.host_parameters(), Run(data, 2).net.host_parameters()));
}

/// Checks that the gradient a block passes back to h is the slope of its output, in any direction.
void blocks_pass_the_right_gradient_back(const Dataset& data) {
    for (const auto& [name, blueprint] : kBlueprints) {
        Rng rng(11);
        const auto random = [&](float low) {
            Hidden v;
            for (float& x : v) x = low + rng.uniform(1.0f);
            return v;
        };
        const Pixels& x = data.train[0].pixels;
        const auto block = make_block(blueprint, rng);
        for (int i = 0; i < 50; ++i) {  // away from S = 0
            block->forward(x, random(1.0f));
            block->backward(random(0.0f));
            block->descend(0.1f, 1);
        }
        const Hidden h = random(1.0f);
        const Hidden weight = random(0.0f);
        block->forward(x, h);
        const Hidden d = block->backward(weight);
        CHECK(std::count(d.begin(), d.end(), 0.0f) == 0);
        const auto value = [&](const Hidden& at) {
            const Hidden out = block->forward(x, at);
            return std::inner_product(out.begin(), out.end(), weight.begin(), 0.0);
        };
        for (std::size_t i = 0; i < kHidden; ++i) {
            constexpr float kReach = 1e-3f;
            Hidden above = h;
            Hidden below = h;
            above[i] += kReach;
            below[i] -= kReach;
            const double slope = (value(above) - value(below)) / (2.0 * static_cast<double>(kReach));
            const bool right = std::fabs(slope - static_cast<double>(d[i])) < 1e-2;
            if (!right) std::fprintf(stderr, "%s, %zu: not %g\n", name.data(), i, slope);
            CHECK(right);
        }
    }
}

/// Small steps down a right gradient lower the loss by rate * |gradient|^2, for each group of
/// parameters.
void gradients_are_right(const Dataset& data) {
    for (const auto& [name, blueprint] : kBlueprints) {
        for (const Rates rates : {Rates{1e-4f, 0.0f}, Rates{0.0f, 1e-4f}}) {
            Run run(data, 3);
            run.epochs(1);
            run.germinate(blueprint, SeedMode::blended, 1.0f);
            run.epochs(1);
            run.net.fossilize();
            run.germinate(blueprint, SeedMode::blended, 0.5f);
            run.epochs(1);
            run.net.set_rates(rates);
            double fell = 0.0;
            double promised = 0.0;
            for (int i = 0; i < 100; ++i) {
                const Batch batch = run.batches.next();
                const StepResult before = run.net.step(batch);
                const StepResult after = run.net.step(batch);
                fell += static_cast<double>(before.loss) - static_cast<double>(after.loss);
                promised += static_cast<double>(rates.host) * std::pow(before.host_gradient_norm, 2);
                promised += static_cast<double>(rates.seed) * std::pow(before.seed_gradient_norm, 2);
            }
            const bool right = std::fabs(fell / promised - 1.0) < 0.02;
            if (!right) std::fprintf(stderr, "%s: %g of %g\n", name.data(), fell, promised);
            CHECK(right);
        }
    }
}

void an_isolated_seed_never_moves_the_host(const Dataset& data) {
    for (const auto& known : kBlueprints) {
        Run with(data, 4);
        Run without(data, 4);
        for (Run* run : {&with, &without}) {
            run->epochs(1);
            run->germinate(Blueprint::depthwise, SeedMode::blended, 1.0f);
            run->epochs(1);
            run->net.fossilize();
        }
        with.germinate(known.second, SeedMode::isolated, 1.0f);
        const auto before = with.net.seed_parameters();
        with.epochs(2);
        without.epochs(2);
        CHECK(same_bits(with.net.host_parameters(), without.net.host_parameters()));
        CHECK(!same_bits(with.net.seed_parameters(), before));
        CHECK(same_bits(with.net.validate(), without.net.validate()));
        CHECK(!same_bits(with.net.validate_with_seed(), with.net.validate()));

        with.net.remove_seed();
        with.epochs(1);
        without.epochs(1);
        CHECK(same_bits(with.net.host_parameters(), without.net.host_parameters()));
    }
}

void a_new_seed_changes_nothing(const Dataset& data) {
    for (const auto& known : kBlueprints) {
        Run run(data, 5);
        run.epochs(1);
        const Evaluation alone = run.net.validate();
        run.net.germinate(known.second);
        CHECK(run.net.has_seed());
        CHECK(same_bits(run.net.validate(), alone));
        CHECK(same_bits(run.net.validate_with_seed(), alone));
        const auto before = run.net.seed_parameters();
        CHECK(run.net.step(run.batches.next()).seed_gradient_norm == 0.0f);
        CHECK(same_bits(run.net.seed_parameters(), before));
    }
}

void a_blended_seed_is_heard_by_its_alpha(const Dataset& data) {
    Run run(data, 6);
    run.epochs(1);
    run.germinate(Blueprint::conv_enhance, SeedMode::isolated, 0.0f);
    run.epochs(1);
    const Evaluation without = run.net.validate_without_seed();
    const Evaluation with = run.net.validate_with_seed();
    run.net.set_seed(SeedMode::blended, 0.0f);
    CHECK(same_bits(run.net.validate(), without));
    run.net.set_seed(SeedMode::blended, 0.5f);
    CHECK(!same_bits(run.net.validate(), without) && !same_bits(run.net.validate(), with));
    run.net.set_seed(SeedMode::blended, 1.0f);
    CHECK(same_bits(run.net.validate(), with));

    const auto host = run.net.host_parameters();
    const auto seed = run.net.seed_parameters();
    const StepResult step = run.net.step(run.batches.next());
    CHECK(step.host_gradient_norm > 0.0f && step.seed_gradient_norm > 0.0f);
    CHECK(!same_bits(run.net.host_parameters(), host) && !same_bits(run.net.seed_parameters(), seed));
}

void a_shadowed_seed_is_heard_but_neither_moves_nor_is_felt(const Dataset& data) {
    // One step from the same state, once blended with a seed that stands still, once shadowed. The
    // head sees the same hidden vector, so it moves alike; the body differs by the gradient that
    // came through the seed.
    const auto step = [&](SeedMode mode) {
        Run run(data, 8);
        run.germinate(Blueprint::depthwise, SeedMode::blended, 1.0f);
        run.epochs(1);
        const Evaluation blended = run.net.validate();
        const auto seed = run.net.seed_parameters();
        run.net.set_rates({0.02f, 0.0f});
        run.net.set_seed(mode, 1.0f);
        CHECK(same_bits(run.net.validate(), blended));
        CHECK(!same_bits(run.net.validate_without_seed(), blended));
        const StepResult result = run.net.step(run.batches.next());
        CHECK((result.seed_gradient_norm == 0.0f) == (mode == SeedMode::shadowed));
        CHECK(same_bits(run.net.seed_parameters(), seed));
        return run.net.host_parameters();
    };
    const auto blended = step(SeedMode::blended);
    const auto shadowed = step(SeedMode::shadowed);
    const auto head = static_cast<std::ptrdiff_t>(Dense<kPixels, kHidden>::kParameters);
    CHECK(same_bits({blended.begin() + head, blended.end()}, {shadowed.begin() + head, shadowed.end()}));
    CHECK(!same_bits({blended.begin(), blended.begin() + head}, {shadowed.begin(), shadowed.begin() + head}));
}

void a_fossil_is_part_of_the_host(const Dataset& data) {
    const std::array<std::size_t, 4> parameters{20, 178, 346, 5450};
    for (const auto& known : kBlueprints) {
        Run run(data, 9);
        run.epochs(1);
        run.germinate(known.second, SeedMode::blended, 1.0f);
        run.epochs(1);
        const Evaluation before = run.net.validate();
        const auto host = run.net.host_parameters();
        const auto seed = run.net.seed_parameters();
        CHECK(seed.size() == parameters[static_cast<std::size_t>(known.second)]);
        run.net.fossilize();
        CHECK(!run.net.has_seed() && run.net.fossils() == 1);
        CHECK(same_bits(run.net.validate(), before));
        CHECK(same_bits(run.net.validate_without_seed(), before));
        auto both = host;
        both.insert(both.end(), seed.begin(), seed.end());
        CHECK(same_bits(run.net.host_parameters(), both));
        run.net.step(run.batches.next());
        const auto later = run.net.host_parameters();
        CHECK(!same_bits({later.begin() + static_cast<std::ptrdiff_t>(host.size()), later.end()}, seed));
        run.net.germinate(Blueprint::norm);
        CHECK(run.net.has_seed() && run.net.fossils() == 1);
    }
}

void the_ramp_ends_at_one() {
    float last = 0.0f;
    for (unsigned step = 1; step <= kRampSteps; ++step) {
        CHECK(ramp_alpha(step) > last && ramp_alpha(step) <= 1.0f);
        CHECK(std::fabs(ramp_alpha(step) + ramp_alpha(kRampSteps - step) - 1.0f) < 1e-6f);
        last = ramp_alpha(step);
    }
    CHECK(ramp_alpha(1) < 0.1f);
    CHECK(ramp_alpha(kRampSteps - 1) < 0.95f);
    CHECK(ramp_alpha(kRampSteps) == 1.0f && ramp_alpha(kRampSteps + 1) == 1.0f);
}

void misuse_is_refused(const Dataset& data) {
    CHECK(blueprint_named("conv_enhance") == Blueprint::conv_enhance);
    CHECK(!blueprint_named("lora") && !blueprint_named(""));

    Network net(data.validation, {}, 1);
    CHECK(throws<std::logic_error>([&] { net.remove_seed(); }));
    CHECK(throws<std::logic_error>([&] { net.fossilize(); }));
    CHECK(throws<std::logic_error>([&] { net.set_seed(SeedMode::blended, 0.5f); }));
    net.germinate(Blueprint::norm);
    CHECK(throws<std::logic_error>([&] { net.germinate(Blueprint::norm); }));
    for (const float alpha : {-0.1f, 1.1f, std::numeric_limits<float>::quiet_NaN()}) {
        CHECK(throws<std::invalid_argument>([&] { net.set_seed(SeedMode::blended, alpha); }));
    }
}

/// Runs the example's own arithmetic. Returns a digest of all it computed.
std::uint64_t a_seed_improves_a_host_that_has_stopped(const Dataset& data) {
    Run run(data, 10);
    run.epochs(25);
    const float plateau = run.net.validate().accuracy;
    CHECK(plateau > 88.0f && plateau < 94.0f);
    run.germinate(Blueprint::conv_enhance, SeedMode::isolated, 0.0f);
    run.epochs(5);
    for (unsigned step = 1; step <= kRampSteps; ++step) {
        run.net.set_seed(SeedMode::blended, ramp_alpha(step));
        run.epochs(1);
    }
    run.net.set_seed(SeedMode::shadowed, 1.0f);
    run.epochs(5);
    run.net.fossilize();
    run.epochs(10);
    CHECK(run.net.validate().accuracy > plateau + 1.0f);

    std::uint64_t digest = 0xcbf29ce484222325u;
    for (const float value : run.net.host_parameters()) {
        std::uint32_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        digest = (digest ^ bits) * 0x100000001b3u;
    }
    return digest;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s digits.csv\n", argv[0]);
        return 2;
    }
    try {
        const Dataset data = load_digits(argv[1]);
        data_is_read_and_checked(data);
        a_shift_moves_columns(data);
        an_epoch_shows_every_sample_at_most_once(data);
        a_run_is_decided_by_its_seed(data);
        blocks_pass_the_right_gradient_back(data);
        gradients_are_right(data);
        an_isolated_seed_never_moves_the_host(data);
        a_new_seed_changes_nothing(data);
        a_blended_seed_is_heard_by_its_alpha(data);
        a_shadowed_seed_is_heard_but_neither_moves_nor_is_felt(data);
        a_fossil_is_part_of_the_host(data);
        the_ramp_ends_at_one();
        misuse_is_refused(data);
        std::printf("digest %016llx\n",
                    static_cast<unsigned long long>(a_seed_improves_a_host_that_has_stopped(data)));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    if (failures == 0) std::puts("all hold");
    return failures == 0 ? 0 : 1;
}
