// A side of a link or a writer that ends as its argument says, with and without exceptions.
#include "leyline.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

std::string how;

void ok(leyline::Status status) {
    if (!status.ok()) {
        std::fprintf(stderr, "%s\n", status.text());
        std::exit(1);
    }
}

void open(leyline::Trainer &trainer) {
    leyline::Segment segment;
    ok(leyline::Segment::attach("link", segment));
    ok(leyline::Trainer::on(segment, trainer));
}

void open(leyline::Controller &controller) { ok(leyline::Controller::attach("link", controller)); }

struct Number {
    std::uint64_t n;
};

void open(leyline::Writer<Number> &writer) {
    leyline::Segment segment;
    leyline::RingInfo ring;
    leyline::Schema schema;
    ok(leyline::Segment::attach("s", segment));
    ok(segment.ring("numbers", ring));
    ok(leyline::Schema::from_canonical(ring.schema, std::strlen(ring.schema), schema));
    ok(leyline::Writer<Number>::open(segment, "numbers", schema, writer));
}

/// Opens a handle while an exception unwinds, which destroys none of it.
template <class T>
struct Cleanup {
    ~Cleanup() {
        T handle;
        open(handle);
    }
};

template <class T>
void end() {
    if (how == "close") {
        T handle;
        open(handle);
    } else if (how == "throw") {
        T handle;
        open(handle);
        throw std::runtime_error("on purpose");
    } else if (how == "throw-through-a-pointer") {
        auto handle = std::make_unique<T>();
        open(*handle);
        throw std::runtime_error("on purpose");
    } else if (how == "abort") {
        T handle;
        open(handle);
        ok(handle.abort("the loader threw"));
        if (handle) std::exit(1);
    } else if (how == "catch") {
        T handle;
        open(handle);
        try {
            throw std::runtime_error("on purpose");
        } catch (const std::exception &) {
        }
    } else if (how == "open-in-a-destructor") {
        Cleanup<T> cleanup;
        throw std::runtime_error("on purpose");
    } else if (how == "move-assign") {
        T handle;
        {
            T first;
            open(first);
            handle = std::move(first);
        }
        T second(std::move(handle));
        throw std::runtime_error("on purpose");
    } else {
        std::exit(2);
    }
}

template <class T>
void play() {
    if (how == "uncaught") {
        how = "throw";
        end<T>();
    }
    try {
        end<T>();
    } catch (const std::runtime_error &) {
    }
}

}  // namespace

int main(int count, char **arguments) {
    if (count != 2) return 2;
    const std::string words = arguments[1];
    const std::string role = words.substr(0, words.find(' '));
    how = words.substr(words.find(' ') + 1);
    if (role == "trainer") play<leyline::Trainer>();
    if (role == "controller") play<leyline::Controller>();
    if (role == "writer") play<leyline::Writer<Number>>();
    return 0;
}
