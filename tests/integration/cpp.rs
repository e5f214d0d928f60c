//! The C++ wrapper and the example trainer: they compile clean, and they work against a Rust
//! controller.

use crate::common::{self, Folder, LONG};
use crate::native::{Library, scratch};
use leyline::contract::blueprint;
use leyline::contract::blueprint::BlueprintSpec;
use leyline::contract::budgets::PerformanceBudgets;
use leyline::contract::field_report::FieldReport;
use leyline::contract::gate_result::GateResult;
use leyline::contract::outcome::{CommandOutcome, OutcomeStatus};
use leyline::contract::seed_state_report::SeedStateReport;
use leyline::contract::signals::TrainingSignals;
use leyline::contract::stage::SeedStage;
use leyline::contract::telemetry::{EventType, SeedTelemetry, TelemetryEvent};
use leyline::link::OBSERVATIONS;
use leyline::schema::record::Report;
use leyline::{
    ActionSpace, Answer, Controller, Ending, Feature, Meta, Observation, Observer, Read, Segment, Start, Wait,
};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn compile(compiler: &str, standard: &str, more: &[&str], source: &Path) {
    let done = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(WARNINGS)
        .args(more)
        .arg("-I")
        .arg(root().join("include"))
        .arg(source)
        .output()
        .unwrap_or_else(|e| panic!("{compiler}: {e}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{compiler} -std={standard} {}:\n{said}", source.display());
}

fn compilers() -> Vec<&'static str> {
    let there = |c: &&str| Command::new(c).arg("--version").output().is_ok_and(|o| o.status.success());
    let found: Vec<_> = ["c++", "g++", "clang++"].into_iter().filter(there).collect();
    assert!(found.contains(&"c++"), "there is no C++ compiler");
    if !found.contains(&"clang++") {
        eprintln!("NOT CHECKED: there is no clang++");
    }
    found
}

/// Uses every template once, so that all of it is compiled.
const EVERYTHING: &str = r#"
#include "leyline.hpp"
#include "leyline.hpp"
#include <cstring>
#include <poll.h>
#include <vector>
using Bytes = std::vector<unsigned char>;
struct R { float a; };
int schemas(const leyline::ActionSpace &a) {
    leyline::Schema mine, found, wide;
    leyline::Normalizer normalizer;
    leyline::Migration migration;
    leyline::Normalized normalized{};
    leyline::Observation raw = leyline::init<leyline::Observation>();
    leyline::SeedState seed{};
    const char *text = nullptr;
    float row[27] = {}, rows[LEYLINE_VERSION_2_WIDTH] = {};
    leyline::SchemaInfo about{};
    std::uint32_t cut_off = 0;
    std::uint64_t bits = 0;
    std::int8_t numbers[7] = {};
    std::size_t index = 0;
    const leyline_field_t fields[] = {{"VAL_LOSS", LEYLINE_FIELD_F32, 1, 0, 0, "nats", 0, 1e6, nullptr, "0"}};
    const leyline_parameter_t parameter = {"p", 0.5};
    leyline_field_t field{};
    leyline_parameter_t back{};
    raw.values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = 1;
    raw.values[LEYLINE_FEATURE_VAL_LOSS] = 2.3F;
    if (mine.width() != 0 || mine.size() != 0 || migration.count(LEYLINE_FATE_COPIED) != 0) return 1;
    if (mine.check_same(found).ok() || normalizer.register_globally().ok() || migration.apply(row, 1, rows).ok()) return 1;
    if (!leyline::Normalizer::create(leyline::task(LEYLINE_TASK_CIFAR10), normalizer) || !normalizer.register_globally()) return 1;
    if (!normalizer.schema(wide, 2) || wide.width() != LEYLINE_VERSION_2_WIDTH) return 1;
    if (!normalizer.schema(mine) || !leyline::Schema::find("normalized.cifar10", 1, found) || !mine.check_same(found)) return 1;
    if (!normalizer.normalize(raw, normalized) || normalized.values[LEYLINE_FEATURE_VAL_LOSS] != 1.0F) return 1;
    if (!normalizer.restore(normalized, raw, &cut_off) || cut_off != 1u << LEYLINE_FEATURE_AVAILABLE_SLOTS || !normalizer.normalize(&raw, 1, row)) return 1;
    if (!mine.check(row, 27) || !mine.sanitize(row, 27) || !mine.seed_state(row, 27, seed) || seed.slots != 1) return 1;
    if (!a.masks(mine, row, 1, &bits) || bits != 0x1f || !a.masks(mine, row, 1, numbers, 7) || numbers[4] != 1) return 1;
    bits = 0;
    numbers[4] = 0;
    if (!a.masks(&raw, 1, &bits) || bits != 0x1f || !a.masks(&raw, 1, numbers, 7) || numbers[4] != 1 || a.masks(&raw, 1, numbers, 6).ok()) return 1;
    if (!leyline::Migration::plan(mine, wide, migration) || migration.count(LEYLINE_FATE_COPIED) != 27) return 1;
    if (!migration.name(LEYLINE_FATE_COPIED, 0, text) || !migration.apply(row, 1, rows) || rows[27] != 0.5F) return 1;
    if (!leyline::Normalizer::of(wide, normalizer)) return 1;
    leyline::Signals signals{};
    if (!normalizer.version_2(&signals, 1, rows) || rows[27 + LEYLINE_FEATURE_VAL_LOSS] != 1.0F) return 1;
    if (!leyline::Schema::create("from_cpp", 1, 4, fields, 1, wide) || !wide.with_parameters(&parameter, 1, mine)) return 1;
    if (!mine.parameter(0, back) || back.value != 0.5 || !mine.field(0, field) || !mine.register_globally()) return 1;
    if (!mine.info(about) || !leyline::Schema::from_canonical(about.canonical, std::strlen(about.canonical), found)) return 1;
    if (about.version != 1 || std::strcmp(about.name, "from_cpp") != 0 || about.space_json == nullptr || !mine.index_of("VAL_LOSS", index)) return 1;
    if (!mine.bounds(1, row, nullptr, nullptr) || row[0] != 0.0F) return 1;
    const leyline_converter_t converter = [](const float *old, std::size_t, void *) { return old[0]; };
    if (!leyline::Migration::add_converter(wide, mine, "VAL_LOSS", converter)) return 1;
    if (!leyline::Migration::plan(wide, mine, migration) || migration.count(LEYLINE_FATE_CONVERTED) != 1) return 1;
    return 0;
}
int links() {
    leyline::Trainer trainer;
    leyline::Controller controller;
    leyline::Schema schema, found;
    leyline::Segment segment;
    leyline::ActionSpace actions;
    leyline::Observer<leyline::Budgets> reports;
    leyline::Signals signals{};
    leyline::Budgets budgets{};
    leyline::Received received{};
    leyline::Annotation annotation{};
    leyline::Decision decision{};
    leyline::Meta meta{};
    const leyline::Wait wait = leyline::Wait::spin(std::chrono::seconds(0));
    float row[LEYLINE_VERSION_2_WIDTH] = {};
    std::uint16_t env = 0;
    std::uint8_t flags = 0;
    std::uint64_t bits = 0;
    std::size_t rows = 0;
    if (trainer.publish(signals).ok() || trainer.publish(row, 54).ok() || trainer.schema(schema).ok()) return 1;
    if (controller.next(row, 54, wait, meta).ok() || controller.reports(LEYLINE_START_NOW, reports).ok()) return 1;
    leyline::Normalizer normalizer;
    if (!leyline::Normalizer::create(leyline::task(LEYLINE_TASK_CIFAR10), normalizer) || !normalizer.schema(schema, 2)) return 1;
    leyline::LinkOptions shape = {};
    leyline::Options options = {};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    shape.observe = schema.raw();
    if (!leyline::ActionSpace::standard("cnn", actions) || !leyline::Trainer::create("cpp-links", actions, trainer, &shape, &options)) return 1;
    if (!trainer.schema(found) || !found.check_same(schema) || !trainer.segment(segment)) return 1;
    if (leyline::Controller::attach("cpp-links", controller).code() != LEYLINE_ERR_SCHEMA_MISMATCH) return 1;
    if (leyline::Controller::attach("cpp-elsewhere", wait, controller).code() != LEYLINE_ERR_TIMEOUT) return 1;
    leyline::ControllerOptions seat = {};
    seat.observe = schema.raw();
    if (!leyline::Controller::attach("cpp-links", controller, &seat)) return 1;
    controller.close();
    seat.observe = nullptr;
    seat.accept = LEYLINE_ACCEPT_ANY;
    if (!leyline::Controller::on(segment, controller, &seat)) return 1;
    controller.close();
    if (!leyline::Controller::attach("cpp-links", wait, controller, &seat)) return 1;
    leyline::ControllerInfo seated{};
    leyline::TrainerInfo info{};
    if (!controller.schema(found) || !found.check_same(schema) || !controller.info(seated) || seated.width != 54) return 1;
    if (!trainer.info(info) || info.rows != 1 || info.width != 54 || info.lanes != 1) return 1;
    if (!normalizer.version_2(&signals, 1, row) || !trainer.publish(row, 54, &signals)) return 1;
    if (!controller.next(row, 54, meta) || !controller.signals_of(meta, signals)) return 1;
    if (signals.observation_sequence != meta.sequence || !controller.mask(row, 54, bits) || bits != 1) return 1;
    if (!trainer.publish_rows(row, 54, &env, &flags, 1) || !controller.next_rows(row, 54, &env, &flags, 1, meta)) return 1;
    if (!controller.next_rows(wait, row, 54, &env, &flags, 1, meta).timed_out()) return 1;
    if (controller.latest_rows(row, 54, &env, &flags, 1, meta).code() != LEYLINE_EMPTY) return 1;
    if (!controller.latest_rows(wait, row, 54, &env, &flags, 1, meta).timed_out()) return 1;
    if (controller.latest(row, 54, meta).code() != LEYLINE_EMPTY || !controller.latest(row, 54, wait, meta).timed_out()) return 1;
    if (controller.next_batch(row, 54, &meta, 1, rows).code() != LEYLINE_EMPTY) return 1;
    if (!trainer.wait_decisions(meta.sequence, wait, &decision, 1, &rows).timed_out() || rows != 0) return 1;
    if (!trainer.report(leyline::init<leyline::Budgets>())) return 1;
    if (!controller.reports(LEYLINE_START_OLDEST, reports) || !reports.next(budgets)) return 1;
    const leyline::Pair pair = {"from", "C++"};
    leyline::DeviceRing ring{};
    if (!trainer.hand_over(ring) || !trainer.is_handed_over() || ring.payload_size != 54 * sizeof(float)) return 1;
    if (trainer.publish(row, 54).code() != LEYLINE_ERR_HANDED_OVER || !trainer.take_back(&bits) || bits != 0) return 1;
    if (trainer.is_handed_over() || trainer.take_back().code() != LEYLINE_ERR_INVALID_ARGUMENT) return 1;
    if (!controller.send(leyline::Command::request_state(nullptr), &pair, 1) || !trainer.next_command(received)) return 1;
    if (!trainer.annotations(received, &annotation, 1, rows) || rows != 1 || annotation.value.bytes[0] != 'C') return 1;
    return 0;
}
int commands() {
    leyline::ActionSpace actions;
    leyline::Trainer trainer;
    leyline::Controller controller;
    leyline::Options options = {};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    if (!leyline::ActionSpace::standard("cnn", actions)) return 1;
    if (!leyline::Trainer::create("cpp-commands", actions, trainer, nullptr, &options)) return 1;
    if (!leyline::Controller::attach("cpp-commands", controller)) return 1;
    const leyline::Wait wait = leyline::Wait::spin(std::chrono::milliseconds(1));
    const char *const overlong = "0123456789012345678901234567890123456789";
    leyline::AdaptationCommand command{};
    leyline::CommandOutcome outcome{};
    leyline::Received received{};
    leyline::Observation seen{};
    leyline::Decision decision{};
    leyline::Meta meta{};
    leyline::Sent sent{};
    std::uint64_t sequence = 0;
    if (trainer.next_decision(decision).code() != LEYLINE_EMPTY || !trainer.next_decision(decision, wait).timed_out()) return 1;
    if (!trainer.next_command(received, wait).timed_out() || !controller.outcome(outcome, wait).timed_out()) return 1;
    if (!controller.next(seen, wait, meta).timed_out() || !controller.latest(seen, wait, meta).timed_out()) return 1;
    leyline::Observation o = leyline::init<leyline::Observation>();
    o.values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = 1;
    if (!trainer.publish(o, &sequence) || !controller.next(seen, meta) || !controller.decide(meta, 0)) return 1;
    if (!trainer.wait_decision(sequence, wait, decision) || decision.action != 0) return 1;

    // The first error of its parts is kept, and an id is never cut.
    if (leyline::Command::germinate(overlong, "norm").build(command).code() != LEYLINE_ERR_INVALID_ID) return 1;
    if (leyline::Command::cull("s").slot(overlong).alpha(2.0F).build(command).code() != LEYLINE_ERR_INVALID_ID) return 1;
    if (controller.send(leyline::Command::germinate("s", overlong)).code() != LEYLINE_ERR_INVALID_ID) return 1;
    if (leyline::Command::set_alpha("s", 2.0F).build(command).code() != LEYLINE_ERR_OUT_OF_RANGE) return 1;
    if (!leyline::Command::advance("s", LEYLINE_SEED_STAGE_BLENDING).build(command)) return 1;
    if (command.target_stage != LEYLINE_SEED_STAGE_BLENDING || command.present != LEYLINE_COMMAND_TARGET_STAGE) return 1;
    if (!leyline::Command::set_learning_rate(1e-3F).build(command) || command.learning_rate != 1e-3F) return 1;
    if (!leyline::Command::pause("s").build(command) || !leyline::Command::resume("s").build(command)) return 1;
    if (!leyline::Command::set_alpha("s", 0.5F).confidence(0.5F).risk(LEYLINE_RISK_RED).build(command)) return 1;
    if (command.alpha != 0.5F || command.confidence != 0.5F || command.risk != LEYLINE_RISK_RED) return 1;

    const leyline::Command germinate =
        leyline::Command::germinate("seed-1", "conv_enhance").slot("r0c0").reason("plateau").action(4).answering(meta);
    if (!controller.send(germinate, &sent) || !trainer.next_command(received, wait)) return 1;
    command = received.command;
    if (command.present != (LEYLINE_COMMAND_BLUEPRINT | LEYLINE_COMMAND_ACTION) || command.observation_sequence != 1) return 1;
    if (std::strcmp(LEYLINE_TEXT(command.target_slot), "r0c0") != 0 || std::strcmp(LEYLINE_TEXT(command.reason), "plateau") != 0) return 1;
    if (std::memcmp(command.id, sent.command_id, 16) != 0 || command.time_unix_ns == 0) return 1;
    leyline::Verdict verdict{};
    leyline::SeedMetrics metrics{};
    verdict.gate = LEYLINE_NO_GATE;
    if (leyline::Outcome::executed(received).gate(verdict).build(outcome).code() != LEYLINE_ERR_INVALID_ENUM) return 1;
    if (leyline::Outcome::rejected(received, LEYLINE_OUTCOME_CODE_NONE).build(outcome).ok()) return 1;
    if (trainer.answer(received, leyline::Outcome::executed(received).seed(overlong)).code() != LEYLINE_ERR_INVALID_ID) return 1;
    if (!trainer.answer(received, leyline::Outcome::accepted(received))) return 1;
    verdict.gate = LEYLINE_GATE_G0;
    verdict.passed = 1;
    std::memcpy(verdict.text, "stage: needs DORMANT, found DORMANT; more", 42);
    metrics.alpha = 0.25F;
    const leyline::Outcome done = leyline::Outcome::executed(received)
                                      .stages(LEYLINE_SEED_STAGE_DORMANT, LEYLINE_SEED_STAGE_GERMINATED)
                                      .gate(verdict)
                                      .seed("seed-1")
                                      .metrics(metrics);
    if (!trainer.answer(received, done) || !controller.wait_outcome(sent.command_id, wait, outcome)) return 1;
    if (outcome.present != (LEYLINE_OUTCOME_STAGES | LEYLINE_OUTCOME_GATE | LEYLINE_OUTCOME_SEED | LEYLINE_OUTCOME_METRICS)) return 1;
    if (std::strcmp(LEYLINE_TEXT(outcome.text), "stage: needs DORMANT, found DORMANT") != 0 || outcome.gate_passed != 1) return 1;
    if (!leyline::Outcome::failed(received, LEYLINE_OUTCOME_CODE_INTERNAL).text("x").build(outcome)) return 1;
    leyline::Peer peer{};
    if (!trainer.controller_state(peer) || !trainer.controller_state(peer, wait) || peer.state != LEYLINE_PEER_HELD) return 1;
    if (!controller.trainer_state(peer) || peer.state != LEYLINE_PEER_HELD) return 1;
    trainer.close();
    return controller.next(seen, wait, meta).is_gone() ? 0 : 1;
}
struct Host final : leyline::SeedHost {
    int germinated = 0;
    const char *germinate(const char *slot, const char *, const char *blueprint) override {
        ++germinated;
        return std::strcmp(slot, "slot_0") == 0 && std::strcmp(blueprint, "norm") == 0 ? nullptr : "another one";
    }
};
int rung(const leyline::ActionSpace &a) {
    leyline::Trainer trainer;
    leyline::Controller controller;
    leyline::Bell bell, empty;
    leyline::Options options = {};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    leyline::Observation seen = leyline::init<leyline::Observation>();
    leyline::Meta meta{};
    std::uint32_t news[2] = {};
    if (!leyline::Trainer::create("cpp-rung", a, trainer, nullptr, &options)) return 1;
    if (!leyline::Controller::attach("cpp-rung", controller) || !leyline::Bell::create(bell)) return 1;
    const leyline::Source sources[] = {trainer, controller};
    if (empty.fd() != -1 || empty.clear().ok() || empty.arm(sources, news).ok() || bell.fd() < 0) return 1;
    if (bell.arm(sources, news).code() != LEYLINE_EMPTY || !trainer.publish(seen)) return 1;
    pollfd polled = {bell.fd(), POLLIN, 0};
    if (poll(&polled, 1, 60000) != 1 || !bell.clear() || poll(&polled, 1, 0) != 0) return 1;
    if (!bell.arm(sources, news) || news[0] != LEYLINE_NEWS_NONE || news[1] != LEYLINE_NEWS_READABLE) return 1;
    if (poll(&polled, 1, 0) != 1 || !controller.next(seen, meta)) return 1;
    return bell.arm(sources, 2, news).code() == LEYLINE_EMPTY && poll(&polled, 1, 0) == 0 ? 0 : 1;
}

int steered(const leyline::ActionSpace &a) {
    leyline::Trainer trainer;
    leyline::Controller controller;
    leyline::Steering steering, empty;
    leyline::SeedLifecycle seed;
    leyline::Options options = {};
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    leyline::SteeringOptions settings = {};
    leyline::Steered done{};
    leyline::Observation o{};
    leyline::Signals signals{};
    leyline::CommandOutcome outcome{};
    leyline::Meta meta{};
    leyline::Validation validation{};
    Host host;
    Bytes bytes;
    const leyline::Wait wait = leyline::Wait::spin(std::chrono::milliseconds(0));
    if (empty.step(1, 1, 0.5F).ok() || empty.seed(seed).ok() || leyline::snapshot(empty, bytes).ok()) return 1;
    if (!leyline::Trainer::create("cpp-steered", a, trainer, nullptr, &options)) return 1;
    if (!leyline::Controller::attach("cpp-steered", controller)) return 1;
    if (leyline::Steering::create(trainer, host, settings, steering).code() != LEYLINE_ERR_OUT_OF_RANGE) return 1;
    settings.max_epochs = 25;
    if (!leyline::Steering::create(trainer, host, settings, steering) || !steering.seed(seed)) return 1;
    if (steering.await_decision(wait).code() != LEYLINE_EMPTY || !steering.step(1, 1, 0.5F, &done) || done.sequence != 1) return 1;
    if (!steering.await_decision(wait, &meta).timed_out() || !controller.next(o, meta) || !controller.decide(meta, 1)) return 1;
    if (!steering.await_decision(wait, &meta) || host.germinated != 1) return 1;
    if (!controller.outcome(outcome) || outcome.status != LEYLINE_OUTCOME_STATUS_EXECUTED) return 1;
    if (!steering.observation(o) || o.values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] != 1.0F || !steering.signals(signals)) return 1;
    if (seed.stage() != LEYLINE_SEED_STAGE_GERMINATED || !leyline::snapshot(steering, bytes)) return 1;
    if (!steering.update(validation, &done) || seed.stage() != LEYLINE_SEED_STAGE_TRAINING) return 1;
    if (!leyline::restore(steering, bytes) || seed.stage() != LEYLINE_SEED_STAGE_GERMINATED) return 1;
    leyline::SeedLifecycle life;
    leyline::Tracker tracker;
    leyline::Received received{};
    received.command = leyline::Command::germinate("mine", "lora").record();
    if (!leyline::SeedLifecycle::create(25, life) || !life.apply(received, a, "s", 50.0F, outcome, &host)) return 1;
    if (outcome.code != LEYLINE_OUTCOME_CODE_UNKNOWN_BLUEPRINT || host.germinated != 1) return 1;
    received.command = leyline::Command::germinate("mine", "norm").record();
    if (!life.apply(received, a, "s", 50.0F, outcome, &host) || std::strcmp(LEYLINE_TEXT(outcome.text), "another one") != 0) return 1;
    if (!life.apply(received, a, "s", 50.0F, outcome) || std::strcmp(LEYLINE_TEXT(outcome.seed), "mine") != 0) return 1;
    const leyline_seed_lifecycle_t *slots[] = {life.raw(), seed.raw()};
    if (!leyline::Tracker::create(tracker) || !tracker.observe(slots) || !tracker.signals(signals)) return 1;
    if (signals.active_seed_count != 2 || signals.available_slots != 0) return 1;
    if (!leyline::snapshot(tracker, bytes) || !leyline::restore(tracker, bytes)) return 1;
    return leyline::snapshot(life, bytes) && leyline::restore(life, bytes) && !leyline::restore(tracker, bytes) ? 0 : 1;
}
int main() {
    if (links() != 0 || commands() != 0 || !leyline::check_version()) return 1;
    leyline::Segment segment;
    leyline::Schema schema;
    leyline::Writer<R> writer;
    leyline::Observer<R> observer;
    leyline::Consumer<R> consumer;
    R r{};
    std::size_t n = 0;
    leyline::DeviceRing none{};
    if (writer.hand_over(none).ok() || writer.take_back().ok()) return 1;
    if (leyline::Writer<R>::open(segment, "x", schema, writer).ok()) return 1;
    if (leyline::Observer<R>::open(segment, "x", schema, LEYLINE_START_NOW, observer).ok()) return 1;
    if (leyline::Consumer<R>::open(segment, "x", schema, 0, LEYLINE_COMMIT_AUTO, consumer).ok()) return 1;
    if (writer.publish(r).code() != LEYLINE_ERR_INVALID_ARGUMENT || writer.publish_batch(&r, 1, n).ok()) return 1;
    if (writer.publish(r, leyline::Wait::spin(std::chrono::seconds(1))).ok()) return 1;
    if (observer.next(r).ok() || observer.next(r, leyline::Wait::sleep(std::chrono::seconds(1))).ok()) return 1;
    if (observer.latest(r).ok() || observer.next_batch(&r, 1, n).ok()) return 1;
    if (consumer.next(r).ok() || consumer.commit().ok()) return 1;
    leyline::EnvMark mark{};
    leyline::Gathered gathered{};
    const leyline::Wait wait = leyline::Wait::spin(std::chrono::seconds(1));
    if (observer.next_batch(wait, 1, &r, 1, n).ok() || consumer.next_batch(wait, 1, &r, 1, n).ok()) return 1;
    if (consumer.next_batch(&r, 1, n).ok()) return 1;
    if (observer.latest_by_env(&r, &mark, 1, &gathered).ok() || observer.latest_by_env(wait, &r, &mark, 1).ok()) return 1;
    if (consumer.latest_by_env(&r, &mark, 1, &gathered).ok() || consumer.latest_by_env(wait, &r, &mark, 1).ok()) return 1;
    leyline::Controller controller;
    const leyline::Source sources[] = {observer, consumer, controller};
    std::uint32_t news[3] = {};
    leyline::Observation seen = leyline::init<leyline::Observation>();
    leyline::Meta meta{};
    const std::int64_t action = 0;
    if (controller.next_batch(wait, 1, &seen, &meta, 1, n).ok() || controller.decide_batch(&meta, &action, 1, n).ok()) return 1;
    if (controller.latest_by_env(&seen, &mark, 1).ok() || controller.latest_by_env(wait, &seen, &mark, 1).ok()) return 1;
    if (controller.decide_by_env(&mark, &action, 1, n).ok()) return 1;
    float row[27] = {};
    if (controller.next_batch(wait, 1, row, 27, &meta, 1, n).ok()) return 1;
    if (controller.latest_by_env(row, 27, &mark, 1).ok() || controller.latest_by_env(wait, row, 27, &mark, 1).ok()) return 1;
    if (leyline::wait_any(sources, wait, news).code() != LEYLINE_ERR_INVALID_ARGUMENT) return 1;
    leyline::Trainer trainer;
    leyline::Trainer other = std::move(trainer);
    if (other || other.publish(leyline::init<leyline::Observation>()).ok() || other.segment(segment).ok()) return 1;
    leyline::RoleInfo role{};
    leyline::RingStatus ring{};
    leyline::ConsumerStatus behind{};
    leyline::CommandState fate{};
    leyline::Listed file{};
    leyline_takeover_t takeover{};
    leyline::SegmentInfo info{}, other_info{};
    leyline::Segment twin;
    leyline::DeviceRing place{};
    if (segment.device_ring("x", place).code() != LEYLINE_ERR_INVALID_ARGUMENT) return 1;
    if (segment.info(info).ok() || segment.clone(twin).ok()) return 1;
    if (segment.role("x", LEYLINE_ROLE_WRITER, role).ok() || segment.role("x", 0, role).ok()) return 1;
    if (segment.ring_status("x", ring).ok() || segment.consumer_status("x", 0, behind).ok()) return 1;
    if (segment.takeovers("x", &takeover, 1, n).ok() || segment.sent_commands(0, &fate, 1, n).ok()) return 1;
    leyline::Options nowhere = {};
    nowhere.directory = "/nowhere/at/all";
    if (leyline::Segment::list(&file, 1, n, &nowhere).code() != LEYLINE_ERR_NO_DIRECTORY) return 1;
    if (leyline::Segment::remove_debris(n, &nowhere).code() != LEYLINE_ERR_NO_DIRECTORY) return 1;
    if (leyline::Segment::remove_unused("x", &nowhere).code() != LEYLINE_ERR_NO_DIRECTORY) return 1;
    role.latency.count = role.latency.buckets[4] = 1;
    role.latency.max = 9;
    if (leyline::quantile(role.latency, 0.5) != 9) return 1;
    leyline::ActionSpace a;
    if (!leyline::ActionSpace::standard("cnn", a).ok() || a.size() != 7) return 1;
    leyline::Spec spec;
    leyline::Segment sealed;
    int fd = -1;
    if (!leyline::Spec::of_link(a, spec).ok() || !leyline::Segment::create_memfd("x", spec, sealed).ok()) return 1;
    if (!sealed.info(info) || !sealed.clone(twin) || !twin.info(other_info) || info.pages != other_info.pages) return 1;
    if (!sealed.device_ring("observations", place) || place.record_size != sizeof(leyline::Observation)) return 1;
    if (info.sealed != 1 || !sealed.descriptor(LEYLINE_ACCESS_READ_ONLY, fd).ok()) return 1;
    if (!leyline::Segment::of_descriptor(fd, segment).ok() || sealed.send(fd, LEYLINE_ACCESS_READ_ONLY, {}).ok()) return 1;
    if (leyline::Segment::receive(fd, {}, segment).ok() || !leyline::Trainer::on(segment, trainer).ok()) return 1;
    if (!leyline::Controller::on(sealed, controller).ok()) return 1;
    leyline::SeedLifecycle life;
    leyline::Event event{};
    leyline::SeedStateReport state{};
    leyline::GateResult gate{};
    leyline::FieldReport field{};
    leyline::SeedTelemetry telemetry{};
    leyline::SeedInfo now{};
    leyline::AdaptationCommand command{};
    if (life.next(event).ok() || life.cull().ok() || life.set_now(1, 1).ok()) return 1;
    if (!leyline::SeedLifecycle::create(25, life).ok() || !life.set_slot("slot_0").ok()) return 1;
    if (life.next(event).code() != LEYLINE_EMPTY || life.next(field).code() != LEYLINE_EMPTY) return 1;
    if (!life.set_signals(leyline::Signals{}).ok() || !a.command(1, command).ok()) return 1;
    if (!life.record(command).ok() || !life.germinate("seed_0", "norm", 50.0f).ok()) return 1;
    if (!life.next(event).ok() || !life.next(state).ok() || !life.next(gate).ok()) return 1;
    if (!leyline::check(event).ok() || !leyline::check(state).ok() || !leyline::check(gate).ok()) return 1;
    if (!life.report(telemetry).ok() || !life.report(state).ok() || !life.report(LEYLINE_GATE_G1, gate).ok()) return 1;
    if (!life.event(LEYLINE_EVENT_TYPE_GRADIENT_ANOMALY, LEYLINE_SEVERITY_ERROR, event).ok()) return 1;
    if (!life.tell(event).ok() || !life.info(now).ok() || !life.cull("enough").ok()) return 1;
    if (!life.next(field).ok() || !leyline::check(field).ok() || field.command_count != 1) return 1;
    field.best_accuracy = 200.0f;
    std::uint64_t replaced = 0;
    if (leyline::check(field).ok() || !leyline::sanitize(field, &replaced).ok() || replaced != 1) return 1;
    if (!leyline::Schema::of<leyline::FieldReport>(schema).ok()) return 1;
    leyline::ActionSpace registered;
    if (!leyline::ActionSpace::of_topology("cnn", registered).ok() || registered.size() != 7) return 1;
    if (schemas(a) != 0 || steered(a) != 0 || rung(a) != 0) return 1;
    leyline::ActionSpace b = std::move(a);
    a = std::move(b);
    return a && !b && a.size() == 7 ? 0 : 1;
}
"#;

fn link_flags() -> [String; 4] {
    let archive = Library::find().archive.display().to_string();
    [archive, "-lpthread".into(), "-ldl".into(), "-lm".into()]
}

fn build(compiler: &str, source: &Path, name: &str) -> PathBuf {
    let out = scratch("cpp").join(name);
    let done = Command::new(compiler)
        .args(["-std=c++17", "-O2", "-ffp-contract=off", "-I"])
        .arg(root().join("include"))
        .arg("-I")
        .arg(root().join("examples"))
        .arg(source)
        .arg("-o")
        .arg(&out)
        .args(link_flags())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    out
}

#[test]
fn the_wrapper_compiles_everywhere_and_its_empty_handles_are_safe() {
    let source = scratch("cpp").join("everything.cpp");
    std::fs::write(&source, EVERYTHING).unwrap();
    for compiler in compilers() {
        for standard in ["c++17", "c++20"] {
            compile(compiler, standard, &["-fno-exceptions", "-fno-rtti", "-fsyntax-only"], &source);
        }
    }
    let program = build("c++", &source, "everything");
    assert!(Command::new(program).status().unwrap().success());
}

#[test]
fn the_example_trainers_compile_without_a_warning() {
    for compiler in compilers() {
        let more = ["-O1", "-ffp-contract=off", "-fsyntax-only"];
        for source in ["examples/trainer.cpp", "examples/minimal_trainer.cpp"] {
            compile(compiler, "c++17", &more, &root().join(source));
        }
    }
}

/// Answers observations until one of the given stage; returns that, which it has not answered.
fn until(controller: &mut Controller, stage: SeedStage) -> (Observation, Meta) {
    let germinate = controller.actions().germinate("norm").unwrap();
    let mut o = Observation::EMPTY;
    loop {
        match controller.next(&mut o, Wait::sleep(LONG)).unwrap() {
            Read::Record(meta) => {
                if o[Feature::SeedStage] == f32::from(stage.value()) {
                    return (o, meta);
                }
                // At the end of an epoch without a seed.
                let germinates =
                    o[Feature::HasActiveSeed] == 0.0 && o[Feature::GlobalStep] == o[Feature::Epoch] * 100.0;
                let action = if germinates { germinate } else { ActionSpace::WAIT };
                controller.decide(&meta, action, &Answer::default()).unwrap();
            }
            Read::WriterGone(ending) => assert_eq!(ending, Ending::Died),
            Read::Restarted { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_trainer_in_sixty_lines_is_steered_and_survives_its_death() {
    let source = root().join("examples/minimal_trainer.cpp");
    assert!(std::fs::read_to_string(&source).unwrap().lines().count() <= 60);
    let program = build("c++", &source, "minimal-trainer");
    let folder = Folder::new();
    let start = || {
        Command::new(&program)
            .args(["minimal", "checkpoint", "20"])
            .current_dir(folder.path())
            .env("LEYLINE_DIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut killed = start();
    let mut controller = Controller::attach("minimal", &folder.options(), LONG).unwrap();
    // The end of the first epoch in SHADOWING, which waits for its answer; and the steps after it,
    // which begin when its snapshot is written.
    let (seen, meta) = until(&mut controller, SeedStage::Shadowing);
    controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
    until(&mut controller, SeedStage::Shadowing);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let mut child = start();
    let mut o = Observation::EMPTY;
    let meta = loop {
        match controller.next(&mut o, Wait::sleep(LONG)).unwrap() {
            Read::Record(meta) if meta.generation == 2 => break meta,
            Read::Record(_) | Read::WriterGone(_) | Read::Restarted { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(o[Feature::SeedStage], f32::from(SeedStage::Shadowing.value()), "and not DORMANT");
    assert_eq!(o[Feature::GlobalStep], seen[Feature::GlobalStep] + 1.0);
    assert_eq!(o[Feature::ValLoss], seen[Feature::ValLoss]);
    controller.decide(&meta, ActionSpace::WAIT, &Answer::default()).unwrap();
    let (o, meta) = until(&mut controller, SeedStage::Probationary);
    let fossilize = controller.actions().fossilize();
    controller.decide(&meta, fossilize, &Answer::default()).unwrap();
    assert!(o[Feature::Epoch] < 20.0);
    until(&mut controller, SeedStage::Fossilized);
    drop(controller);
    let said = child.wait_with_output_reaped();
    assert_eq!(said, "PROBATIONARY\nFOSSILIZED\n");
}

/// Among others: the host's weights are the same bits whether or not an isolated seed trains.
#[test]
fn the_example_network_keeps_what_the_demo_relies_on() {
    let program = build("c++", &root().join("examples/trainer/selftest.cpp"), "selftest");
    let done =
        Command::new(program).arg(root().join("data/digits.csv")).current_dir(root()).output().unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

/// The example for a GPU learns as the one for a CPU does: the same code with one thread.
#[test]
fn the_kernels_of_the_example_learn_as_its_network_does() {
    let source = root().join("examples/trainer/kernels_selftest.cpp");
    for compiler in compilers() {
        compile(compiler, "c++17", &["-fsyntax-only"], &source);
    }
    let program = build("c++", &source, "kernels-selftest");
    let done = Command::new(program).arg(root().join("data/digits.csv")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A Rust controller steers the C++ trainer: germinates when told to, and sees that what is not
/// possible is refused.
#[test]
fn a_rust_controller_steers_the_cpp_trainer() {
    let folder = Folder::new();
    let program = build("c++", &root().join("examples/trainer.cpp"), "trainer");
    let mut child = Command::new(program)
        .arg(root().join("data/digits.csv"))
        .args(["steered", "--epochs", "4", "--observations", "1024", "--quiet"])
        .env("LEYLINE_DIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut controller = Controller::attach("steered", &folder.options(), LONG).unwrap();
    let cnn = ActionSpace::cnn();
    let germinate = cnn.germinate("norm").unwrap();
    let mut observation = Observation::EMPTY;
    let mut outcomes: Vec<CommandOutcome> = Vec::new();
    let (mut stage_seen, mut asked) = (0.0f32, 0);
    let ending = loop {
        match controller.next(&mut observation, Wait::sleep(LONG)).unwrap() {
            Read::Record(meta) => {
                observation.check().unwrap();
                stage_seen = stage_seen.max(observation[Feature::SeedStage]);
                // Germinate at the end of the first epoch, and once more when there is no room for
                // it.
                let epoch = observation[Feature::Epoch];
                let end =
                    observation[Feature::GlobalStep] == epoch * 324.0 && observation[Feature::ValLoss] > 0.0;
                let act = end && ((epoch == 1.0 && asked == 0) || (epoch == 3.0 && asked == 1));
                let answer = Answer { reason: "the test says so", ..Answer::default() };
                let sent = controller
                    .decide(&meta, if act { germinate } else { ActionSpace::WAIT }, &answer)
                    .unwrap();
                asked += u32::from(sent.command.is_some());
            }
            Read::WriterGone(ending) => break ending,
            other => panic!("{other:?}"),
        }
        while let Some(outcome) = controller.try_outcome().unwrap() {
            outcomes.push(outcome);
        }
    };
    while let Some(outcome) = controller.try_outcome().unwrap() {
        outcomes.push(outcome);
    }
    let output = child.wait_with_output_reaped();
    assert_eq!(ending, Ending::Closed);
    assert!(output.contains("germinated 1") && output.contains("refused 1"), "{output}");
    assert!(output.contains(&format!("sent {} ", controller.received())), "{output}");
    assert_eq!(controller.lost(), 0);
    assert_eq!(stage_seen, f32::from(SeedStage::Training.value()));
    let status: Vec<_> = outcomes.iter().map(|o| o.status().unwrap()).collect();
    assert_eq!(status, [OutcomeStatus::Executed, OutcomeStatus::Rejected]);
    assert_eq!(outcomes[0].stages().unwrap(), Some((SeedStage::Dormant, SeedStage::Germinated)));
    it_reported_a_seed_in_training(&controller);
}

fn reports<T: Report>(controller: &Controller) -> Vec<T> {
    let mut observer = controller.reports::<T>(Start::Oldest).unwrap();
    let mut record: T = bytemuck::Zeroable::zeroed();
    let mut found = Vec::new();
    while let Read::Record(_) = observer.try_next(&mut record) {
        record.check().unwrap();
        found.push(record);
    }
    found
}

/// Checks the reports of four epochs, of which the seed saw three: germinated after the first one,
/// trained in the third and fourth.
fn it_reported_a_seed_in_training(controller: &Controller) {
    let signals = reports::<TrainingSignals>(controller);
    let validations: Vec<_> = signals.iter().map(|s| s.metrics.validations).collect();
    assert_eq!(validations, [1, 2, 3, 4]);
    assert!(signals.iter().all(|s| s.observation_sequence > 0 && s.epoch_duration_ms().is_some()));
    let stages: Vec<_> = reports::<SeedStateReport>(controller).iter().map(|r| r.stage).collect();
    assert_eq!(stages, [2, 2, 3, 3, 3], "germinated, its epoch, training, and two epochs of that");
    let gates: Vec<_> = reports::<GateResult>(controller).iter().map(|r| (r.gate, r.has_passed())).collect();
    assert_eq!(gates, [(0, true), (1, true), (2, false), (2, false)]);
    let telemetry = reports::<SeedTelemetry>(controller);
    assert_eq!(telemetry.len(), 3);
    assert!(telemetry[2].gradient_norm > 0.0 && telemetry[2].layer().is_some());
    let events = reports::<TelemetryEvent>(controller);
    let count = |kind| events.iter().filter(|e| e.event_type().unwrap() == kind).count();
    assert_eq!(count(EventType::CommandIssued), 1, "the other one was refused before it got there");
    assert_eq!((count(EventType::CommandExecuted), count(EventType::SeedGerminated)), (1, 1));
    assert_eq!((count(EventType::SeedStageChanged), count(EventType::EpochCompleted)), (1, 3));
    assert!(events.iter().all(|e| e.time_unix_ns > 0 && e.slot().unwrap().to_string() == "slot_0"));
    assert_eq!(reports::<FieldReport>(controller), [], "it lives");
    assert_eq!(reports::<BlueprintSpec>(controller), blueprint::of_topology("cnn").unwrap());
    assert_eq!(reports::<PerformanceBudgets>(controller), [PerformanceBudgets::default()]);
}

/// The two sides of the demo on either version of the observation: nothing is lost, all is decided
/// on, and the policy acts on what it sees.
#[test]
fn the_demo_runs_on_either_version_of_the_observation() {
    let trainer = build("c++", &root().join("examples/trainer.cpp"), "trainer-either");
    let controller = common::example("controller", &[]);
    for schema in ["1", "2"] {
        let folder = Folder::new();
        let steering = Command::new(&controller)
            .args(["either", "--quiet", "--linger", "0"])
            .env("LEYLINE_DIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut training = Command::new(&trainer)
            .arg(root().join("data/digits.csv"))
            .args(["either", "--schema", schema, "--epochs", "36", "--observations", "4096", "--quiet"])
            .env("LEYLINE_DIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let trained = training.wait_with_output_reaped();
        let steered = steering.wait_with_output().unwrap();
        assert!(steered.status.success());
        let steered = String::from_utf8(steered.stdout).unwrap();
        let of = |text: &str, name: &str| -> u64 {
            let mut words = text.lines().last().unwrap().split(' ').skip_while(|w| *w != name).skip(1);
            words.next().unwrap().parse().unwrap()
        };
        // 324 steps and a validation an epoch.
        assert_eq!(of(&trained, "sent"), 36 * 325, "{trained}");
        assert_eq!((of(&steered, "received"), of(&steered, "lost")), (36 * 325, 0), "{steered}");
        assert_eq!(of(&steered, "decisions"), 36 * 325);
        assert!(!trained.contains("values replaced"), "{trained}");
        assert!(of(&trained, "germinated") >= 1, "{trained}");
    }
}

/// Ctrl-C ends the example trainer while it waits for a controller, and while it waits for a
/// decision: it closes in order.
#[test]
fn the_example_trainer_closes_in_order_on_ctrl_c_whatever_it_waits_for() {
    let program = build("c++", &root().join("examples/trainer.cpp"), "trainer-stopped");
    for (with_controller, signal) in [(false, libc::SIGINT), (true, libc::SIGTERM)] {
        let folder = Folder::new();
        let mut training = Command::new(&program)
            .arg(root().join("data/digits.csv"))
            .args(["stopped", "--quiet"])
            .env("LEYLINE_DIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let segment = Segment::attach_waiting("stopped", &folder.options(), LONG).unwrap();
        let controller = with_controller.then(|| Controller::on(&segment, 0).unwrap());
        if let Some(controller) = &controller {
            // It publishes 325 observations before it waits for a decision.
            while controller.published() < 325 {
                std::thread::yield_now();
            }
        }
        while !common::sleeps(training.id(), training.id() as i32) {
            std::thread::yield_now();
        }
        let mut observer = Observer::<Observation>::open(&segment, OBSERVATIONS, Start::Now).unwrap();
        // SAFETY: a signal to a child that nobody has waited for.
        assert_eq!(unsafe { libc::kill(training.id() as libc::pid_t, signal) }, 0);
        let mut o = Observation::EMPTY;
        let ended = loop {
            match observer.next(&mut o, Wait::sleep(LONG)).unwrap() {
                Read::Record(_) | Read::Restarted { .. } => {}
                read => break read,
            }
        };
        assert_eq!(ended, Read::WriterGone(Ending::Closed));
        let trained = training.wait_with_output_reaped();
        assert!(trained.lines().last().unwrap().starts_with("trainer: accuracy "), "{trained}");
    }
}

trait Reaped {
    fn wait_with_output_reaped(&mut self) -> String;
}

impl Reaped for std::process::Child {
    fn wait_with_output_reaped(&mut self) -> String {
        let mut text = String::new();
        std::io::Read::read_to_string(self.stdout.as_mut().unwrap(), &mut text).unwrap();
        assert!(self.wait().unwrap().success());
        text
    }
}
