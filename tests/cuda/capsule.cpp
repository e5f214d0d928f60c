// For tests/cuda/capsule.py: a batch of three observations on the host, as DLPack hands it to
// Python.
#include "leyline.cuh"

using namespace leyline::cuda;

extern "C" {
dlpack::ManagedTensorVersioned *batch();
int blocks();
}

/// A tensor whose Gather has gone; row i is of step i + 1. Null if anything fails.
dlpack::ManagedTensorVersioned *batch() {
    leyline::ActionSpace actions;
    leyline::Spec spec;
    leyline::Segment segment;
    leyline::Trainer trainer;
    leyline::Controller controller;
    if (!leyline::ActionSpace::standard("cnn", actions) || !leyline::Spec::of_link(actions, spec)) return nullptr;
    if (!leyline::Segment::create_memfd("capsule", spec, segment) || !leyline::Trainer::on(segment, trainer)) return nullptr;
    if (!leyline::Controller::on(segment, controller)) return nullptr;
    Gather gather;
    if (!Gather::create(controller, 8, gather)) return nullptr;
    for (int step = 1; step <= 3; ++step) {
        leyline::Observation o = leyline::init<leyline::Observation>();
        o.values[LEYLINE_FEATURE_GLOBAL_STEP] = static_cast<float>(step);
        if (!trainer.publish(o)) return nullptr;
    }
    Batch rows;
    dlpack::ManagedTensorVersioned *tensor = nullptr;
    if (!gather.try_next(controller, nullptr, rows)) return nullptr;
    if (!gather.to_dlpack(rows, Part::host_rows, nullptr, tensor)) return nullptr;
    fake::run(nullptr);
    return tensor;
}

/// Blocks of staging that somebody holds.
int blocks() { return static_cast<int>(fake::runtime().host.size()); }
