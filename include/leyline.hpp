// leyline for C++17: owning, move-only handles over leyline.h. Header-only; throws nothing, needs
// no exceptions and no RTTI. Compiles with g++, clang++ and nvcc.
//
// Every function that can fail returns a Status: it is ok, a notice (nothing new, overtaken, peer
// gone: no error) or an error with a text. Places for results are references in the last positions,
// written on ok only. What a function does exactly, its units, its threads: see the function of the
// same name in leyline.h.
//
// A moved-from or default handle is empty: its functions return LEYLINE_ERR_INVALID_ARGUMENT and do
// nothing.

#ifndef LEYLINE_HPP
#define LEYLINE_HPP

#if __cplusplus < 201703L
#error "leyline.hpp needs C++17: -std=c++17, or in CMake set(CMAKE_CXX_STANDARD 17)"
#endif

#include "leyline.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <type_traits>
#include <utility>

namespace leyline {

using Observation = leyline_observation_t;
using Decision = leyline_decision_t;
/// The record; Command builds one.
using AdaptationCommand = leyline_adaptation_command_t;
/// The record; Outcome builds one.
using CommandOutcome = leyline_command_outcome_t;
using Received = leyline_received_t;
using SeedMetrics = leyline_seed_metrics_t;
using Verdict = leyline_gate_verdict_t;
using Validation = leyline_validation_t;
using Signals = leyline_training_signals_t;
using TrainingMetrics = leyline_training_metrics_t;
using SeedTelemetry = leyline_seed_telemetry_t;
using SeedStateReport = leyline_seed_state_report_t;
using GateResult = leyline_gate_result_t;
using FieldReport = leyline_field_report_t;
using Event = leyline_telemetry_event_t;
using Blueprint = leyline_blueprint_spec_t;
using Budgets = leyline_performance_budgets_t;
using Overrun = leyline_overrun_t;
using Untold = leyline_untold_t;
using Meta = leyline_meta_t;
using Stamp = leyline_stamp_t;
using Notice = leyline_notice_t;
/// One row gathered by environment: `EnvMark marks[n] = {};`
using EnvMark = leyline_env_mark_t;
using Gathered = leyline_gathered_t;
using Peer = leyline_peer_t;
using Sent = leyline_sent_t;
using Pair = leyline_annotation_t;
using Annotation = leyline_command_annotation_t;
using Task = leyline_task_t;
using Normalized = leyline_normalized_t;
using SeedState = leyline_seed_state_t;
using RoleInfo = leyline_role_info_t;
using RingStatus = leyline_ring_status_t;
/// A ring in a device's hands: see leyline_device.hpp.
using DeviceRing = leyline_device_ring_t;
using ConsumerStatus = leyline_consumer_status_t;
using CommandState = leyline_command_state_t;
using Listed = leyline_listed_t;
/// Zeros are the defaults: `Options o = {}; o.directory = ...`
using Options = leyline_options_t;
/// Zeros are the defaults: `LinkOptions shape = {}; shape.lanes = 2;`
using LinkOptions = leyline_link_options_t;
using ControllerOptions = leyline_controller_options_t;
using TrainerInfo = leyline_trainer_info_t;
using ControllerInfo = leyline_controller_info_t;
using ActionSpaceInfo = leyline_action_space_info_t;
using ActionInfo = leyline_action_info_t;
using StageInfo = leyline_seed_stage_info_t;
using SeedInfo = leyline_seed_lifecycle_info_t;
using GateThresholds = leyline_gate_thresholds_t;
/// Zeros are the defaults, but for max_epochs.
using SteeringOptions = leyline_steering_options_t;
using Steered = leyline_steered_t;
using Id = leyline_id_t;
using Text = leyline_text_t;
using RingOptions = leyline_ring_options_t;
using SchemaInfo = leyline_schema_info_t;
using SegmentInfo = leyline_segment_info_t;
using RingInfo = leyline_ring_info_t;
using WriterInfo = leyline_writer_info_t;

/// The result of a call.
class [[nodiscard]] Status {
public:
    constexpr Status(leyline_status_t code = LEYLINE_OK) noexcept : code_(code) {}
    /// Done; a read gave a record.
    constexpr bool ok() const noexcept { return code_ == LEYLINE_OK; }
    /// Something went wrong: text() has the particulars until this thread's next failure.
    constexpr bool is_error() const noexcept { return code_ < 0; }
    /// No error, but no record either: LEYLINE_EMPTY, LEYLINE_LAPPED, ...
    constexpr bool is_notice() const noexcept { return code_ > 0; }
    /// The other side ended: closed, failed or died, or the segment's name leads to another segment.
    constexpr bool is_gone() const noexcept {
        return code_ == LEYLINE_WRITER_CLOSED || code_ == LEYLINE_WRITER_DIED ||
               code_ == LEYLINE_SUPERSEDED_NOTICE || code_ == LEYLINE_WRITER_FAILED;
    }
    /// A wait ran out.
    constexpr bool timed_out() const noexcept { return code_ == LEYLINE_TIMED_OUT; }
    /// A Canceller ended the wait.
    constexpr bool is_cancelled() const noexcept { return code_ == LEYLINE_CANCELLED; }
    /// A signal ended the wait.
    constexpr bool is_interrupted() const noexcept { return code_ == LEYLINE_INTERRUPTED; }
    /// Refused: another call uses the handle, of another thread or one that this call interrupts.
    constexpr bool is_busy() const noexcept { return code_ == LEYLINE_ERR_BUSY; }
    constexpr leyline_status_t code() const noexcept { return code_; }
    constexpr explicit operator bool() const noexcept { return ok(); }
    /// Describes the status for people. Of an error that is this thread's last: the expected and
    /// the found value, and the remedy.
    const char *text() const noexcept { return is_error() ? leyline_last_error() : leyline_strerror(code_); }

private:
    leyline_status_t code_;
};

/// Ok if the library that runs is one for this header; else an error that says which it is.
inline Status check_version() noexcept { return LEYLINE_CHECK_VERSION(); }

/// The leyline_record of a record that comes with the library.
template <class T>
struct RecordNumber;

#define LEYLINE_RECORD_IS(T, NUMBER)                    \
    template <>                                         \
    struct RecordNumber<T> {                            \
        static constexpr leyline_record value = NUMBER; \
    }
LEYLINE_RECORD_IS(Observation, LEYLINE_RECORD_OBSERVATION);
LEYLINE_RECORD_IS(Decision, LEYLINE_RECORD_DECISION);
LEYLINE_RECORD_IS(AdaptationCommand, LEYLINE_RECORD_ADAPTATION_COMMAND);
LEYLINE_RECORD_IS(CommandOutcome, LEYLINE_RECORD_COMMAND_OUTCOME);
LEYLINE_RECORD_IS(Signals, LEYLINE_RECORD_TRAINING_SIGNALS);
LEYLINE_RECORD_IS(SeedMetrics, LEYLINE_RECORD_SEED_METRICS);
LEYLINE_RECORD_IS(TrainingMetrics, LEYLINE_RECORD_TRAINING_METRICS);
LEYLINE_RECORD_IS(SeedTelemetry, LEYLINE_RECORD_SEED_TELEMETRY);
LEYLINE_RECORD_IS(SeedStateReport, LEYLINE_RECORD_SEED_STATE_REPORT);
LEYLINE_RECORD_IS(GateResult, LEYLINE_RECORD_GATE_RESULT);
LEYLINE_RECORD_IS(FieldReport, LEYLINE_RECORD_FIELD_REPORT);
LEYLINE_RECORD_IS(Event, LEYLINE_RECORD_TELEMETRY_EVENT);
LEYLINE_RECORD_IS(Blueprint, LEYLINE_RECORD_BLUEPRINT_SPEC);
LEYLINE_RECORD_IS(Budgets, LEYLINE_RECORD_PERFORMANCE_BUDGETS);
LEYLINE_RECORD_IS(Annotation, LEYLINE_RECORD_COMMAND_ANNOTATION);
LEYLINE_RECORD_IS(Id, LEYLINE_RECORD_ID);
LEYLINE_RECORD_IS(Task, LEYLINE_RECORD_TASK);
LEYLINE_RECORD_IS(GateThresholds, LEYLINE_RECORD_GATE_THRESHOLDS);
#undef LEYLINE_RECORD_IS

/// A record with its defaults: `auto event = leyline::init<leyline::Event>();`
template <class T>
T init() noexcept {
    T record = {};
    (void)leyline_record_init(RecordNumber<T>::value, &record, sizeof record);
    return record;
}
/// Says whether a record, which may hold anything, may be relied on.
template <class T>
Status check(const T &record) noexcept {
    return leyline_record_check(RecordNumber<T>::value, &record, sizeof record);
}
/// Brings every number of a record into its bounds and says what was replaced.
template <class T>
Status sanitize(T &record, std::uint64_t *replaced = nullptr) noexcept {
    return leyline_record_sanitize(RecordNumber<T>::value, &record, sizeof record, replaced);
}
/// Sets an id: of 1 to 39 bytes, or empty.
inline Status set(Id &id, const char *text) noexcept { return leyline_id_set(&id, text); }
/// Sets a text, cut at 63 bytes; cut_bit in present says that it was.
inline Status set(Text &field, std::uint32_t &present, std::uint32_t cut_bit, const char *text) noexcept {
    return leyline_text_set(&field, &present, cut_bit, text);
}

/// A way to wait, with a timeout.
struct Wait {
    leyline_wait_t raw;

    using Duration = std::chrono::nanoseconds;
    /// Polls all the time; takes a whole core.
    static constexpr Wait spin(Duration timeout) noexcept { return of(LEYLINE_WAIT_SPIN, timeout); }
    /// Polls, then gives the processor away between polls.
    static constexpr Wait yielding(Duration timeout) noexcept { return of(LEYLINE_WAIT_SPIN_THEN_YIELD, timeout); }
    /// Polls, then sleeps until woken.
    static constexpr Wait sleep(Duration timeout) noexcept { return of(LEYLINE_WAIT_SPIN_THEN_SLEEP, timeout); }
    /// Lets a signal end it with LEYLINE_INTERRUPTED.
    constexpr Wait interruptible() const noexcept {
        return {{raw.timeout_ns, raw.strategy, LEYLINE_ON_SIGNAL_INTERRUPT, raw.check_every_ns, 0}};
    }
    /// Checks whether the peer lives at least so often while it sleeps: 1 ms to 1 h, by default
    /// 50 ms.
    constexpr Wait check_every(Duration time) const noexcept {
        return {{raw.timeout_ns, raw.strategy, raw.on_signal, count(time), 0}};
    }
    static constexpr std::uint64_t count(Duration d) noexcept {
        return d.count() < 0 ? 0 : static_cast<std::uint64_t>(d.count());
    }

    static constexpr Wait of(std::uint32_t strategy, Duration timeout) noexcept {
        return {{count(timeout), strategy, LEYLINE_ON_SIGNAL_CONTINUE, 0, 0}};
    }
};

/// An owned handle of the C interface.
template <class T, leyline_status_t (*Close)(T *)>
class Handle {
public:
    Handle() noexcept = default;
    Handle(Handle &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    Handle &operator=(Handle &&other) noexcept {
        if (this != &other) {
            close();
            raw_ = std::exchange(other.raw_, nullptr);
        }
        return *this;
    }
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    ~Handle() { close(); }

    /// Ends it now.
    void close() noexcept { (void)Close(std::exchange(raw_, nullptr)); }
    explicit operator bool() const noexcept { return raw_ != nullptr; }
    /// Returns the handle for the C functions; it is still owned here.
    T *raw() const noexcept { return raw_; }
    /// Gives it up.
    T *release() noexcept { return std::exchange(raw_, nullptr); }

protected:
    /// Receives a new handle from a function; the old one is closed only when it succeeds.
    class Place {
    public:
        explicit Place(Handle &owner) noexcept : owner_(owner) {}
        Place(const Place &) = delete;
        Place &operator=(const Place &) = delete;
        ~Place() {
            if (made_ != nullptr) {
                owner_.close();
                owner_.raw_ = made_;
            }
        }
        operator T **() noexcept { return &made_; }

    private:
        Handle &owner_;
        T *made_ = nullptr;
    };

    T *raw_ = nullptr;
};

/// An owned handle whose end is reported to readers. Destroyed by an exception's unwinding it ends
/// by failing, with the reason "destroyed by an exception"; else it is closed in order.
template <class T, leyline_status_t (*Close)(T *)>
class WritingHandle : public Handle<T, Close> {
public:
    WritingHandle() noexcept = default;
    WritingHandle(WritingHandle &&other) noexcept : Handle<T, Close>(std::move(other)) {}
    WritingHandle &operator=(WritingHandle &&other) noexcept {
        Handle<T, Close>::operator=(std::move(other));
        return *this;
    }
    ~WritingHandle() {
        if (std::uncaught_exceptions() > exceptions_) (void)abort("destroyed by an exception");
    }

    /// Ends it now by failing; the reason is for people, and cut at 127 bytes.
    Status abort(const char *reason) noexcept { return leyline_abort(this->release(), reason); }

private:
    int exceptions_ = std::uncaught_exceptions();
};

/// Ends a wait of the handle that it belongs to: the present one, or else the next one, at once.
class Canceller : public Handle<leyline_canceller_t, leyline_canceller_close> {
public:
    /// Makes a canceller to open a handle with: Options::canceller.
    static Status create(Canceller &canceller) noexcept { return leyline_canceller_new(Place(canceller)); }
    /// Takes the canceller of an open Observer, Consumer, Writer, Trainer or Controller. Another
    /// thread may be waiting with the handle.
    template <class H>
    static Status of(const H &handle, Canceller &canceller) noexcept {
        return leyline_canceller_of(handle.raw(), Place(canceller));
    }
    /// Any thread and any signal handler may call it.
    Status cancel() const noexcept { return leyline_canceller_cancel(raw_); }
};

/// The meaning of a record. Built-in ones by number, a program's own from a table of fields.
class Schema : public Handle<leyline_schema_t, leyline_schema_close> {
public:
    static Status of(leyline_record record, Schema &schema) noexcept {
        return leyline_schema_of_record(record, Place(schema));
    }
    /// Makes the schema of a record that comes with the library.
    template <class T>
    static Status of(Schema &schema) noexcept {
        return of(RecordNumber<T>::value, schema);
    }
    static Status create(const char *name, std::uint32_t version, std::size_t size, const leyline_field_t *fields,
                         std::size_t count, Schema &schema) noexcept {
        return leyline_schema_new(name, version, size, fields, count, Place(schema));
    }
    /// Takes a handle of the C interface over.
    static Schema adopt(leyline_schema_t *raw) noexcept {
        Schema schema;
        schema.raw_ = raw;
        return schema;
    }
    static Status from_canonical(const char *text, std::size_t bytes, Schema &schema) noexcept {
        return leyline_schema_from_canonical(text, bytes, Place(schema));
    }
    /// A schema of observations that the process knows.
    static Status find(const char *name, std::uint32_t version, Schema &schema) noexcept {
        return leyline_registry_find(name, version, Place(schema));
    }
    /// Makes this schema of observations known to the process.
    Status register_globally() const noexcept { return leyline_registry_register(raw_); }

    Status with_parameters(const leyline_parameter_t *parameters, std::size_t count, Schema &with) const noexcept {
        return leyline_schema_with_parameters(raw_, parameters, count, Place(with));
    }
    /// Ok if they are the same; else the error names both and the first field that differs.
    Status check_same(const Schema &found) const noexcept { return leyline_schema_check_same(raw_, found.raw()); }
    Status info(SchemaInfo &info) const noexcept { return leyline_schema_info(raw_, &info); }
    Status field(std::size_t index, leyline_field_t &field) const noexcept {
        return leyline_schema_field(raw_, index, &field);
    }
    Status parameter(std::size_t index, leyline_parameter_t &parameter) const noexcept {
        return leyline_schema_parameter(raw_, index, &parameter);
    }
    /// Fields; 0 of an empty handle.
    std::size_t size() const noexcept {
        SchemaInfo i = {};
        (void)info(i);
        return i.fields;
    }

    // Of schemas whose records are rows of floats:
    /// Numbers in a row; 0 if its records are no such rows.
    std::size_t width() const noexcept {
        SchemaInfo i = {};
        (void)info(i);
        return i.width;
    }
    Status index_of(const char *name, std::size_t &index) const noexcept {
        return leyline_schema_index_of(raw_, name, &index);
    }
    /// Each array has as many numbers as a row is wide; any may be null. The worst replace NaN.
    Status bounds(std::size_t width, float *low, float *high, float *missing = nullptr,
                  float *worst = nullptr) const noexcept {
        return leyline_schema_bounds(raw_, width, low, high, missing, worst);
    }
    /// The names of the numbers in a mask of what was replaced, cut to the room there is.
    Status names_of(std::uint64_t mask, char *text, std::size_t size, std::size_t *bytes = nullptr) const noexcept {
        return leyline_schema_names_of(raw_, mask, text, size, bytes);
    }
    Status check(const float *row, std::size_t width) const noexcept {
        return leyline_schema_check_row(raw_, row, width);
    }
    Status sanitize(float *row, std::size_t width, std::uint64_t *replaced = nullptr) const noexcept {
        return leyline_schema_sanitize_row(raw_, row, width, replaced);
    }
    Status seed_state(const float *row, std::size_t width, SeedState &state) const noexcept {
        return leyline_schema_seed_state(raw_, row, width, &state);
    }

private:
    friend class Trainer;
    friend class Controller;
};

/// The numbers of a task that comes with the library.
inline Task task(leyline_task preset) noexcept {
    Task task = {};
    (void)leyline_task_preset(preset, &task);
    return task;
}

/// Normalizes observations for one task.
class Normalizer : public Handle<leyline_normalizer_t, leyline_normalizer_close> {
public:
    static Status create(const Task &task, Normalizer &normalizer) noexcept {
        return leyline_normalizer_new(&task, Place(normalizer));
    }
    /// The one whose observations have that schema.
    static Status of(const Schema &schema, Normalizer &normalizer) noexcept {
        return leyline_normalizer_of_schema(schema.raw(), Place(normalizer));
    }
    /// Version 1: of normalize(); version 2: of version_2().
    Status schema(Schema &schema, std::uint32_t version = 1) const noexcept {
        return leyline_normalizer_schema(raw_, version, Out(schema));
    }
    /// Makes both schemas and their converters known to the process.
    Status register_globally() const noexcept { return leyline_normalizer_register(raw_); }
    Status normalize(const Observation &raw, Normalized &normalized, std::uint32_t *replaced = nullptr) const noexcept {
        return leyline_normalizer_rows(raw_, &raw, 1, normalized.values, replaced);
    }
    /// (count, 27) numbers.
    Status normalize(const Observation *raw, std::size_t count, float *rows,
                     std::uint32_t *replaced = nullptr) const noexcept {
        return leyline_normalizer_rows(raw_, raw, count, rows, replaced);
    }
    Status restore(const Normalized &normalized, Observation &raw, std::uint32_t *cut_off = nullptr) const noexcept {
        return leyline_normalizer_restore(raw_, &normalized, &raw, cut_off);
    }
    /// (count, LEYLINE_VERSION_2_WIDTH) numbers.
    Status version_2(const Signals *signals, std::size_t count, float *rows,
                     std::uint32_t *replaced = nullptr) const noexcept {
        return leyline_normalizer_version_2_rows(raw_, signals, count, rows, replaced);
    }

private:
    /// Receives a schema from a function.
    class Out {
    public:
        explicit Out(Schema &owner) noexcept : owner_(owner) {}
        Out(const Out &) = delete;
        Out &operator=(const Out &) = delete;
        ~Out() {
            if (made_ != nullptr) owner_ = Schema::adopt(made_);
        }
        operator leyline_schema_t **() noexcept { return &made_; }

    private:
        Schema &owner_;
        leyline_schema_t *made_ = nullptr;
    };
};

/// Turns rows of one schema into rows of another.
class Migration : public Handle<leyline_migration_t, leyline_migration_close> {
public:
    static Status plan(const Schema &from, const Schema &to, Migration &migration) noexcept {
        return leyline_migration_plan(from.raw(), to.raw(), Place(migration));
    }
    /// Adds a converter for all plans from now on. Any thread may call it until the process ends.
    static Status add_converter(const Schema &from, const Schema &to, const char *field, leyline_converter_t converter,
                                void *context = nullptr) noexcept {
        return leyline_registry_add_converter(from.raw(), to.raw(), field, converter, context);
    }
    /// Fields of that fate; 0 of an empty handle.
    std::size_t count(leyline_fate fate) const noexcept {
        std::size_t n = 0;
        (void)leyline_migration_count(raw_, fate, &n);
        return n;
    }
    Status name(leyline_fate fate, std::size_t index, const char *&name) const noexcept {
        return leyline_migration_name(raw_, fate, index, &name);
    }
    Status apply(const float *rows, std::size_t count, float *migrated, std::uint64_t *replaced = nullptr) const noexcept {
        return leyline_migration_apply(raw_, rows, count, migrated, replaced);
    }
};

class Segment;

/// The actions that both sides agree on.
class ActionSpace : public Handle<leyline_action_space_t, leyline_action_space_close> {
public:
    /// Makes the space of the contract's own blueprints: "cnn" or "transformer".
    static Status standard(const char *topology, ActionSpace &space) noexcept {
        return leyline_action_space_standard(topology, Place(space));
    }
    static Status create(const char *topology, const char *const *blueprints, const std::uint64_t *parameters,
                         std::size_t count, ActionSpace &space) noexcept {
        return leyline_action_space_new(topology, blueprints, parameters, count, Place(space));
    }
    static Status of(const Segment &segment, ActionSpace &space) noexcept;
    /// Makes the space of the blueprints registered in this process.
    static Status of_topology(const char *topology, ActionSpace &space) noexcept {
        return leyline_action_space_of_topology(topology, Place(space));
    }

    Status info(ActionSpaceInfo &info) const noexcept { return leyline_action_space_info(raw_, &info); }
    Status action(std::size_t index, ActionInfo &action) const noexcept {
        return leyline_action_space_action(raw_, index, &action);
    }
    /// Actions; 0 of an empty handle.
    std::size_t size() const noexcept {
        ActionSpaceInfo i = {};
        (void)leyline_action_space_info(raw_, &i);
        return i.count;
    }
    /// The name of an action; "?" if there is none.
    const char *name(std::size_t index) const noexcept {
        ActionInfo a = {};
        return leyline_action_space_action(raw_, index, &a) == LEYLINE_OK ? a.name : "?";
    }
    Status index_of(const char *name, std::size_t &index) const noexcept {
        return leyline_action_space_index_of(raw_, name, &index);
    }
    /// Returns the command of an action; WAIT is REQUEST_STATE.
    Status command(std::size_t index, AdaptationCommand &command) const noexcept {
        return leyline_action_space_command(raw_, index, &command);
    }
    /// Bit i: action i is possible.
    Status mask(const Observation &observation, std::uint64_t &bits) const noexcept {
        return leyline_action_space_masks(raw_, nullptr, observation.values, 1, &bits);
    }
    /// The same of a batch of observations.
    Status masks(const Observation *batch, std::size_t count, std::uint64_t *bits) const noexcept {
        return leyline_action_space_masks(raw_, nullptr, batch->values, count, bits);
    }
    /// (count, size()) numbers, 1 for what is possible.
    Status masks(const Observation *batch, std::size_t count, std::int8_t *numbers, std::size_t room) const noexcept {
        return leyline_action_space_masks_i8(raw_, nullptr, batch->values, count, numbers, room);
    }
    /// The same of rows of any schema that says what the seed is.
    Status masks(const Schema &schema, const float *rows, std::size_t count, std::uint64_t *bits) const noexcept {
        return leyline_action_space_masks(raw_, schema.raw(), rows, count, bits);
    }
    /// (count, size()) numbers, 1 for what is possible.
    Status masks(const Schema &schema, const float *rows, std::size_t count, std::int8_t *numbers,
                 std::size_t room) const noexcept {
        return leyline_action_space_masks_i8(raw_, schema.raw(), rows, count, numbers, room);
    }
};

/// The rings of a segment to be made.
class Spec : public Handle<leyline_spec_t, leyline_spec_close> {
public:
    static Status create(Spec &spec) noexcept { return leyline_spec_new(Place(spec)); }
    /// The rings of a link.
    static Status of_link(const ActionSpace &space, Spec &spec, const LinkOptions *shape = nullptr) noexcept {
        return leyline_spec_of_link(space.raw(), shape, Place(spec));
    }
    Status add(const RingOptions &ring, const Schema &schema) noexcept {
        return leyline_spec_add_ring(raw_, &ring, schema.raw());
    }
    Status set_actions(const ActionSpace &space) noexcept { return leyline_spec_set_actions(raw_, space.raw()); }
};

/// An attached segment. Any number of threads may use one.
class Segment : public Handle<leyline_segment_t, leyline_segment_close> {
public:
    static Status create(const char *name, const Spec &spec, Segment &segment, const Options *o = nullptr) noexcept {
        return leyline_segment_create(name, spec.raw(), o, Place(segment));
    }
    static Status attach(const char *name, Segment &segment, const Options *o = nullptr) noexcept {
        return leyline_segment_attach(name, o, nullptr, Place(segment));
    }
    /// Waits for it to appear.
    static Status attach(const char *name, const Wait &wait, Segment &segment, const Options *o = nullptr) noexcept {
        return leyline_segment_attach(name, o, &wait.raw, Place(segment));
    }
    static Status open_or_create(const char *name, const Spec &spec, Segment &segment,
                                 const Options *o = nullptr) noexcept {
        return leyline_segment_open_or_create(name, spec.raw(), o, Place(segment), nullptr);
    }
    static Status recreate(const char *name, const Spec &spec, Segment &segment,
                           const Options *o = nullptr) noexcept {
        return leyline_segment_recreate(name, spec.raw(), o, Place(segment), nullptr);
    }
    /// Without a name, sealed: for others by send() or descriptor().
    static Status create_memfd(const char *label, const Spec &spec, Segment &segment,
                               const Options *o = nullptr) noexcept {
        return leyline_segment_create_memfd(label, spec.raw(), o, Place(segment));
    }
    static Status receive(int socket, const Wait &wait, Segment &segment, const Options *o = nullptr) noexcept {
        return leyline_segment_receive(socket, o, &wait.raw, Place(segment));
    }
    static Status of_descriptor(int descriptor, Segment &segment, const Options *o = nullptr) noexcept {
        return leyline_segment_of_descriptor(descriptor, o, Place(segment));
    }
    Status send(int socket, leyline_access access, const Wait &wait) const noexcept {
        return leyline_segment_send(raw_, socket, access, &wait.raw);
    }
    /// The caller closes it.
    Status descriptor(leyline_access access, int &descriptor) const noexcept {
        return leyline_segment_descriptor(raw_, access, &descriptor);
    }
    Status info(SegmentInfo &info) const noexcept { return leyline_segment_info(raw_, &info); }
    Status ring(const char *ring, RingInfo &info) const noexcept { return leyline_segment_ring(raw_, ring, 0, &info); }
    Status ring(std::size_t index, RingInfo &info) const noexcept {
        return leyline_segment_ring(raw_, nullptr, index, &info);
    }
    static Status unlink(const char *name, const Options *o = nullptr) noexcept {
        return leyline_segment_unlink(name, o);
    }
    /// LEYLINE_ROLE_WRITER, or which consumer.
    Status role(const char *ring, std::uint32_t role, RoleInfo &info) const noexcept {
        return leyline_segment_role(raw_, ring, role, &info);
    }
    /// Another handle of the same mapping.
    Status clone(Segment &other) const noexcept { return leyline_segment_clone(raw_, Place(other)); }
    /// Returns the pages in which a device reads a ring.
    Status device_ring(const char *ring, DeviceRing &device_ring) const noexcept {
        return leyline_segment_device_ring(raw_, ring, &device_ring);
    }
    /// Returns the state of a ring; also of a segment that was attached read-only, and after its
    /// users have died.
    Status ring_status(const char *ring, RingStatus &status) const noexcept {
        return leyline_segment_ring_status(raw_, ring, &status);
    }
    /// The ring's writers as far back as it remembers; count may exceed the capacity.
    Status takeovers(const char *ring, leyline_takeover_t *takeovers, std::size_t capacity,
                     std::size_t &count) const noexcept {
        return leyline_segment_ring_takeovers(raw_, ring, takeovers, capacity, &count);
    }
    Status consumer_status(const char *ring, std::uint32_t consumer, ConsumerStatus &status) const noexcept {
        return leyline_segment_consumer_status(raw_, ring, consumer, &status);
    }
    /// The lane's commands that are still in their ring; count may exceed the capacity.
    Status sent_commands(std::uint32_t lane, CommandState *commands, std::size_t capacity,
                         std::size_t &count) const noexcept {
        return leyline_segment_sent_commands(raw_, lane, commands, capacity, &count);
    }
    /// The files of the directory of segments; count may exceed the capacity.
    static Status list(Listed *files, std::size_t capacity, std::size_t &count, const Options *o = nullptr) noexcept {
        return leyline_segment_list(o, files, capacity, &count);
    }
    /// Unless somebody living holds a role of it.
    static Status remove_unused(const char *name, const Options *o = nullptr) noexcept {
        return leyline_segment_remove_unused(name, o, nullptr);
    }
    static Status remove_debris(std::size_t &removed, const Options *o = nullptr) noexcept {
        return leyline_segment_remove_debris(o, &removed);
    }

private:
    friend class Trainer;
    friend class Controller;
};

inline Status ActionSpace::of(const Segment &segment, ActionSpace &space) noexcept {
    return leyline_action_space_of_segment(segment.raw(), Place(space));
}

/// The writer of a ring that carries T: a plain struct whose schema says the same.
template <class T>
class Writer : public WritingHandle<leyline_writer_t, leyline_writer_close> {
    static_assert(std::is_trivially_copyable<T>::value, "a record is plain data");

public:
    static Status open(const Segment &segment, const char *ring, const Schema &schema, Writer &writer) noexcept {
        return leyline_writer_open(segment.raw(), ring, schema.raw(), Place(writer));
    }
    Status publish(const T &record, const Stamp *stamp = nullptr, std::uint64_t *sequence = nullptr) noexcept {
        return leyline_writer_publish(raw_, &record, sizeof(T), stamp, nullptr, sequence);
    }
    /// Waits for room.
    Status publish(const T &record, const Wait &wait, const Stamp *stamp = nullptr,
                   std::uint64_t *sequence = nullptr) noexcept {
        return leyline_writer_publish(raw_, &record, sizeof(T), stamp, &wait.raw, sequence);
    }
    Status publish_batch(const T *records, std::size_t count, std::size_t &accepted,
                         const Stamp *stamps = nullptr) noexcept {
        return leyline_writer_publish_batch(raw_, records, sizeof(T), count, stamps, &accepted);
    }
    /// Hands the ring over to a device; see Trainer::hand_over.
    Status hand_over(DeviceRing &ring) noexcept { return leyline_hand_over(raw_, &ring); }
    /// Takes the ring back from a device; see Trainer::take_back.
    Status take_back(std::uint64_t *published = nullptr) noexcept { return leyline_take_back(raw_, published); }
    Status info(WriterInfo &info) const noexcept { return leyline_writer_info(raw_, &info); }
    /// Asks the kernel about consumer k.
    Status consumer_state(std::size_t k, Peer &peer) noexcept {
        return leyline_writer_consumer_state(raw_, k, nullptr, &peer);
    }
    /// Waits until somebody holds the role of consumer k.
    Status wait_for_consumer(std::size_t k, const Wait &wait, Peer &peer) noexcept {
        return leyline_writer_consumer_state(raw_, k, &wait.raw, &peer);
    }

private:
    using Base = WritingHandle<leyline_writer_t, leyline_writer_close>;
    using Place = typename Base::Place;
    using Base::raw_;
};

/// A reader that the writer does not wait for.
template <class T>
class Observer : public Handle<leyline_observer_t, leyline_observer_close> {
    static_assert(std::is_trivially_copyable<T>::value, "a record is plain data");

public:
    static Status open(const Segment &segment, const char *ring, const Schema &schema, leyline_start start,
                       Observer &observer, std::uint64_t sequence = 0) noexcept {
        return leyline_observer_open(segment.raw(), ring, schema.raw(), start, sequence, Place(observer));
    }
    Status next(T &record, Meta *meta = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_observer_next(raw_, nullptr, &record, sizeof(T), meta, notice);
    }
    Status next(T &record, const Wait &wait, Meta *meta = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_observer_next(raw_, &wait.raw, &record, sizeof(T), meta, notice);
    }
    Status latest(T &record, Meta *meta = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_observer_latest(raw_, nullptr, &record, sizeof(T), meta, notice);
    }
    Status latest(T &record, const Wait &wait, Meta *meta = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_observer_latest(raw_, &wait.raw, &record, sizeof(T), meta, notice);
    }
    Status next_batch(T *records, std::size_t capacity, std::size_t &count, Meta *metas = nullptr,
                      Notice *notice = nullptr) noexcept {
        return leyline_observer_next_batch(raw_, nullptr, 0, records, sizeof(T), capacity, metas, &count, notice);
    }
    /// Waits until there are at_least so many.
    Status next_batch(const Wait &wait, std::size_t at_least, T *records, std::size_t capacity, std::size_t &count,
                      Meta *metas = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_observer_next_batch(raw_, &wait.raw, at_least, records, sizeof(T), capacity, metas, &count,
                                           notice);
    }
    /// The newest record of environment i in rows[i].
    Status latest_by_env(T *rows, EnvMark *marks, std::size_t envs, Gathered *gathered = nullptr,
                         Notice *notice = nullptr) noexcept {
        return leyline_observer_latest_by_env(raw_, nullptr, rows, sizeof(T), marks, envs, gathered, notice);
    }
    Status latest_by_env(const Wait &wait, T *rows, EnvMark *marks, std::size_t envs, Gathered *gathered = nullptr,
                         Notice *notice = nullptr) noexcept {
        return leyline_observer_latest_by_env(raw_, &wait.raw, rows, sizeof(T), marks, envs, gathered, notice);
    }
    Status peer_state(Peer &peer) const noexcept { return leyline_peer_state(raw_, &peer); }

private:
    friend class Controller;
    using Base = Handle<leyline_observer_t, leyline_observer_close>;
    using Place = typename Base::Place;
    using Base::raw_;
};

/// A reader that the writer waits for.
template <class T>
class Consumer : public Handle<leyline_consumer_t, leyline_consumer_close> {
    static_assert(std::is_trivially_copyable<T>::value, "a record is plain data");

public:
    static Status open(const Segment &segment, const char *ring, const Schema &schema, std::uint32_t index,
                       leyline_commit commit, Consumer &consumer) noexcept {
        return leyline_consumer_open(segment.raw(), ring, schema.raw(), index, commit, Place(consumer));
    }
    Status next(T &record, Meta *meta = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_consumer_next(raw_, nullptr, &record, sizeof(T), meta, notice);
    }
    Status next(T &record, const Wait &wait, Meta *meta = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_consumer_next(raw_, &wait.raw, &record, sizeof(T), meta, notice);
    }
    Status next_batch(T *records, std::size_t capacity, std::size_t &count, Meta *metas = nullptr,
                      Notice *notice = nullptr) noexcept {
        return leyline_consumer_next_batch(raw_, nullptr, 0, records, sizeof(T), capacity, metas, &count, notice);
    }
    /// Waits until there are at_least so many.
    Status next_batch(const Wait &wait, std::size_t at_least, T *records, std::size_t capacity, std::size_t &count,
                      Meta *metas = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_consumer_next_batch(raw_, &wait.raw, at_least, records, sizeof(T), capacity, metas, &count,
                                           notice);
    }
    /// The newest record of environment i in rows[i].
    Status latest_by_env(T *rows, EnvMark *marks, std::size_t envs, Gathered *gathered = nullptr,
                         Notice *notice = nullptr) noexcept {
        return leyline_consumer_latest_by_env(raw_, nullptr, rows, sizeof(T), marks, envs, gathered, notice);
    }
    Status latest_by_env(const Wait &wait, T *rows, EnvMark *marks, std::size_t envs, Gathered *gathered = nullptr,
                         Notice *notice = nullptr) noexcept {
        return leyline_consumer_latest_by_env(raw_, &wait.raw, rows, sizeof(T), marks, envs, gathered, notice);
    }
    /// Up to a sequence; all that was read where it is 0.
    Status commit(std::uint64_t sequence = 0) noexcept { return leyline_consumer_commit(raw_, sequence); }
    Status peer_state(Peer &peer) const noexcept { return leyline_peer_state(raw_, &peer); }

private:
    using Base = Handle<leyline_consumer_t, leyline_consumer_close>;
    using Place = typename Base::Place;
    using Base::raw_;
};

/// Turns raw figures into observations: deltas, plateau, running best, histories.
class Tracker : public Handle<leyline_tracker_t, leyline_tracker_close> {
public:
    static Status create(Tracker &tracker, float plateau_threshold_pp = LEYLINE_PLATEAU_THRESHOLD_PP) noexcept {
        return leyline_tracker_new(plateau_threshold_pp, Place(tracker));
    }
    /// Takes in an optimizer step between validations: changes EPOCH, GLOBAL_STEP and TRAIN_LOSS
    /// only.
    Status step(std::uint32_t epoch, std::uint64_t global_step, float train_loss, Observation &o) noexcept {
        return leyline_tracker_step(raw_, epoch, global_step, train_loss, &o);
    }
    /// Takes in a validation.
    Status update(const Validation &validation, Observation &o) noexcept {
        return leyline_tracker_update(raw_, &validation, &o);
    }
    /// Takes in all seeds and the free seed slots: `const leyline_seed_lifecycle_t *slots[] =
    /// {life.raw()};`
    template <std::size_t N>
    Status observe(const leyline_seed_lifecycle_t *const (&seed_slots)[N]) noexcept {
        return leyline_tracker_observe(raw_, seed_slots, N);
    }
    Status observation(Observation &o) const noexcept { return leyline_tracker_read(raw_, &o, nullptr); }
    Status signals(Signals &signals) const noexcept { return leyline_tracker_read(raw_, nullptr, &signals); }
};

/// The callbacks of a trainer: derive from it and override what the network has to do. They must not
/// throw, and call nothing on the handles of the call that they are called from.
class SeedHost {
public:
    /// Attaches a new seed. Returns null; or the reason why not, and nothing has changed.
    virtual const char *germinate(const char * /*slot*/, const char * /*seed*/, const char * /*blueprint*/) {
        return nullptr;
    }
    virtual void cull(const char * /*slot*/) {}
    virtual void fossilize(const char * /*slot*/) {}
    virtual void alpha(const char * /*slot*/, float /*alpha*/) {}
    virtual void learning_rate(const char * /*slot*/, float /*learning_rate*/) {}
    virtual void pause(const char * /*slot*/) {}
    virtual void resume(const char * /*slot*/) {}
    /// Each a leyline_seed_stage; after the callback that is for that change alone.
    virtual void stage(const char * /*slot*/, std::uint32_t /*from*/, std::uint32_t /*to*/) {}
    /// Returns the accuracy with the isolated seed switched on, percent; NaN: that of the validation
    /// counts.
    virtual float accuracy(const char * /*slot*/) { return std::numeric_limits<float>::quiet_NaN(); }
    /// Completes the signals of an update.
    virtual void signals(Signals & /*signals*/) {}
    /// Completes the telemetry of a seed.
    virtual void telemetry(const char * /*slot*/, SeedTelemetry & /*telemetry*/) {}
    virtual void decision(std::uint32_t /*lane*/, const Decision & /*decision*/, std::uint64_t /*latency_ns*/) {}
    virtual void outcome(const AdaptationCommand & /*command*/, const CommandOutcome & /*outcome*/) {}

    /// Returns the callbacks for the C functions. They call this object, which must stay where it
    /// is.
    leyline_seed_host_t raw() noexcept {
        leyline_seed_host_t host = {};
        host.context = this;
        host.germinate = [](void *of, const char *slot, const char *seed, const char *blueprint) noexcept {
            return self(of).germinate(slot, seed, blueprint);
        };
        host.cull = [](void *of, const char *slot) noexcept { self(of).cull(slot); };
        host.fossilize = [](void *of, const char *slot) noexcept { self(of).fossilize(slot); };
        host.alpha = [](void *of, const char *slot, float alpha) noexcept { self(of).alpha(slot, alpha); };
        host.learning_rate = [](void *of, const char *slot, float rate) noexcept { self(of).learning_rate(slot, rate); };
        host.pause = [](void *of, const char *slot) noexcept { self(of).pause(slot); };
        host.resume = [](void *of, const char *slot) noexcept { self(of).resume(slot); };
        host.stage = [](void *of, const char *slot, std::uint32_t from, std::uint32_t to) noexcept {
            self(of).stage(slot, from, to);
        };
        host.accuracy = [](void *of, const char *slot) noexcept { return self(of).accuracy(slot); };
        host.signals = [](void *of, Signals *signals) noexcept { self(of).signals(*signals); };
        host.telemetry = [](void *of, const char *slot, SeedTelemetry *telemetry) noexcept {
            self(of).telemetry(slot, *telemetry);
        };
        host.decision = [](void *of, std::uint32_t lane, const Decision *decision, std::uint64_t latency_ns) noexcept {
            self(of).decision(lane, *decision, latency_ns);
        };
        host.outcome = [](void *of, const AdaptationCommand *command, const CommandOutcome *outcome) noexcept {
            self(of).outcome(*command, *outcome);
        };
        return host;
    }

protected:
    ~SeedHost() = default;

private:
    static SeedHost &self(void *context) noexcept { return *static_cast<SeedHost *>(context); }
};

/// The life of one seed: stages, gates G0..G5, epochs in stage, baselines.
class SeedLifecycle : public Handle<leyline_seed_lifecycle_t, leyline_seed_lifecycle_close> {
public:
    static Status create(std::uint32_t max_epochs, SeedLifecycle &seed,
                         const GateThresholds *thresholds = nullptr) noexcept {
        return leyline_seed_lifecycle_new(max_epochs, thresholds, Place(seed));
    }
    Status germinate(const char *seed_id, const char *blueprint, float accuracy, Verdict *v = nullptr) noexcept {
        return leyline_seed_lifecycle_germinate(raw_, seed_id, blueprint, accuracy, v);
    }
    Status advance(leyline_seed_stage stage, Verdict *verdict = nullptr) noexcept {
        return leyline_seed_lifecycle_advance(raw_, stage, verdict);
    }
    Status cull(const char *reason = nullptr) noexcept { return leyline_seed_lifecycle_cull(raw_, reason); }
    /// Executes a command and gives the outcome to answer it with, whatever became of it. seed_id is
    /// the name of a seed whose command names none, accuracy the host's before it, percent.
    Status apply(const Received &received, const ActionSpace &space, const char *seed_id, float accuracy,
                 CommandOutcome &outcome, SeedHost *host = nullptr) noexcept {
        const leyline_seed_host_t callbacks = host != nullptr ? host->raw() : leyline_seed_host_t{};
        return leyline_seed_lifecycle_apply(raw_, &received.command, received.sequence, space.raw(), seed_id, accuracy,
                                            &callbacks, &outcome);
    }
    Status end_of_epoch(float accuracy) noexcept { return leyline_seed_lifecycle_end_of_epoch(raw_, accuracy); }
    Status set_alpha(float alpha) noexcept { return leyline_seed_lifecycle_set_alpha(raw_, alpha); }
    Status add_isolation_violation() noexcept { return leyline_seed_lifecycle_add_isolation_violation(raw_); }
    Status record_gradient_norm(float norm) noexcept {
        return leyline_seed_lifecycle_record_gradient_norm(raw_, norm);
    }
    Status check_gate(leyline_gate gate, Verdict &verdict) const noexcept {
        return leyline_seed_lifecycle_check_gate(raw_, gate, &verdict);
    }
    Status info(SeedInfo &info) const noexcept { return leyline_seed_lifecycle_info(raw_, &info); }
    Status metrics(SeedMetrics &metrics) const noexcept {
        SeedInfo i;
        Status status = info(i);
        if (status.ok()) metrics = i.metrics;
        return status;
    }
    /// Sets the place of later records.
    Status set_slot(const char *slot, std::uint16_t env = 0) noexcept {
        return leyline_seed_lifecycle_set_slot(raw_, slot, env);
    }
    Status set_now(std::uint32_t epoch, std::int64_t time_unix_ns) noexcept {
        return leyline_seed_lifecycle_set_now(raw_, epoch, time_unix_ns);
    }
    /// Sets the signals that a germinating seed keeps for its field report.
    Status set_signals(const Signals &signals) noexcept { return leyline_seed_lifecycle_set_signals(raw_, &signals); }
    Status record(const AdaptationCommand &command) noexcept { return take(command); }
    Status record(const CommandOutcome &outcome) noexcept { return take(outcome); }
    /// Returns the next report, oldest first; LEYLINE_EMPTY if there is none.
    Status next(Event &event) noexcept { return next_of(event); }
    Status next(SeedStateReport &report) noexcept { return next_of(report); }
    Status next(GateResult &result) noexcept { return next_of(result); }
    Status next(FieldReport &report) noexcept { return next_of(report); }
    /// The seed as it is now.
    Status report(SeedStateReport &report) const noexcept { return report_of(report); }
    Status report(SeedTelemetry &telemetry) const noexcept { return report_of(telemetry); }
    Status report(leyline_gate gate, GateResult &result) const noexcept {
        return leyline_seed_lifecycle_gate_result(raw_, gate, &result);
    }
    /// An event about it, to be completed and told.
    Status event(leyline_event_type type, leyline_severity severity, Event &event) noexcept {
        return leyline_seed_lifecycle_event(raw_, type, severity, &event);
    }
    Status tell(const Event &event) noexcept { return leyline_seed_lifecycle_tell(raw_, &event); }
    /// UNKNOWN of an empty handle.
    leyline_seed_stage stage() const noexcept {
        SeedInfo i = {};
        (void)leyline_seed_lifecycle_info(raw_, &i);
        return static_cast<leyline_seed_stage>(i.stage);
    }

private:
    friend class Steering;
    template <class T>
    Status take(const T &record) noexcept {
        return leyline_seed_lifecycle_record(raw_, RecordNumber<T>::value, &record, sizeof record);
    }
    template <class T>
    Status next_of(T &record) noexcept {
        return leyline_seed_lifecycle_next(raw_, RecordNumber<T>::value, &record, sizeof record);
    }
    template <class T>
    Status report_of(T &record) const noexcept {
        return leyline_seed_lifecycle_report(raw_, RecordNumber<T>::value, &record, sizeof record);
    }
};

/// An upper bound of the latency that a share (0 to 1) of the measurements does not exceed, ns.
inline std::uint64_t quantile(const leyline_latency_t &latency, double share) noexcept {
    std::uint64_t ns = 0;
    return leyline_latency_quantile(&latency, share, &ns) == LEYLINE_OK ? ns : 0;
}

/// The name of an enumeration's value, such as `enum_name(LEYLINE_ENUM_SEED_STAGE, stage)`; "?" if
/// there is none.
inline const char *enum_name(std::uint32_t enumeration, std::uint32_t value) noexcept {
    const char *name = leyline_enum_name(enumeration, value);
    return name != nullptr ? name : "?";
}
inline const char *stage_name(std::uint32_t stage) noexcept { return enum_name(LEYLINE_ENUM_SEED_STAGE, stage); }

/// A command in the making: `Command::germinate("seed-1",
/// "conv_enhance").alpha(0.3f).reason("plateau")`. Keeps the first error of its parts, which
/// build() and Controller::send() give.
class Command {
public:
    static Command germinate(const char *seed, const char *blueprint) noexcept {
        return Command(LEYLINE_COMMAND_TYPE_GERMINATE, seed).blueprint(blueprint);
    }
    static Command advance(const char *seed, leyline_seed_stage stage) noexcept {
        Command c(LEYLINE_COMMAND_TYPE_ADVANCE_STAGE, seed);
        c.record_.target_stage = static_cast<std::uint8_t>(stage);
        c.record_.present |= LEYLINE_COMMAND_TARGET_STAGE;
        return c;
    }
    static Command cull(const char *seed) noexcept { return Command(LEYLINE_COMMAND_TYPE_CULL, seed); }
    static Command set_alpha(const char *seed, float alpha) noexcept {
        return Command(LEYLINE_COMMAND_TYPE_SET_ALPHA, seed).alpha(alpha);
    }
    static Command set_learning_rate(float learning_rate) noexcept {
        Command c(LEYLINE_COMMAND_TYPE_SET_LEARNING_RATE, nullptr);
        c.record_.learning_rate = learning_rate;
        c.record_.present |= LEYLINE_COMMAND_LEARNING_RATE;
        return c;
    }
    static Command pause(const char *seed) noexcept { return Command(LEYLINE_COMMAND_TYPE_PAUSE_SEED, seed); }
    static Command resume(const char *seed) noexcept { return Command(LEYLINE_COMMAND_TYPE_RESUME_SEED, seed); }
    static Command request_state(const char *seed) noexcept {
        return Command(LEYLINE_COMMAND_TYPE_REQUEST_STATE, seed);
    }

    /// The seed slot.
    Command slot(const char *slot) const noexcept {
        Command c = *this;
        c.keep(leyline_id_set(&c.record_.target_slot, slot));
        return c;
    }
    Command blueprint(const char *blueprint) const noexcept {
        Command c = *this;
        if (c.keep(leyline_id_set(&c.record_.blueprint, blueprint))) c.record_.present |= LEYLINE_COMMAND_BLUEPRINT;
        return c;
    }
    /// The blending weight, 0 to 1.
    Command alpha(float alpha) const noexcept {
        Command c = *this;
        c.record_.alpha = alpha;
        c.record_.present |= LEYLINE_COMMAND_ALPHA;
        return c;
    }
    /// Sets the reason, for people; cut at 63 bytes.
    Command reason(const char *reason) const noexcept {
        Command c = *this;
        c.keep(leyline_text_set(&c.record_.reason, &c.record_.present, LEYLINE_COMMAND_REASON_CUT, reason));
        return c;
    }
    /// 0 to 1; 1 unless set.
    Command confidence(float confidence) const noexcept {
        Command c = *this;
        c.record_.confidence = confidence;
        return c;
    }
    Command risk(leyline_risk risk) const noexcept {
        Command c = *this;
        c.record_.risk = static_cast<std::uint8_t>(risk);
        return c;
    }
    /// The index of the action that it carries out.
    Command action(std::uint16_t action) const noexcept {
        Command c = *this;
        c.record_.action = action;
        c.record_.present |= LEYLINE_COMMAND_ACTION;
        return c;
    }
    /// The observation that it answers.
    Command answering(const Meta &observed) const noexcept {
        Command c = *this;
        c.record_.observation_sequence = observed.sequence;
        c.record_.writer_generation = observed.generation;
        c.record_.env = observed.env;
        return c;
    }

    /// The first error of its parts.
    Status status() const noexcept { return status_; }
    /// The record as it stands, without an id and a time.
    const AdaptationCommand &record() const noexcept { return record_; }
    /// Gives the record with a new id and the present time, checked.
    Status build(AdaptationCommand &command) const noexcept {
        if (!status_.ok()) return status_;
        AdaptationCommand made = init<AdaptationCommand>(), c = record_;
        c.time_unix_ns = made.time_unix_ns;
        for (std::size_t i = 0; i < sizeof c.id; ++i) c.id[i] = made.id[i];
        Status status = check(c);
        if (status.ok()) command = c;
        return status;
    }

private:
    Command(leyline_command_type type, const char *seed) noexcept {
        record_.command_type = static_cast<std::uint8_t>(type);
        record_.confidence = 1;
        record_.risk = LEYLINE_RISK_GREEN;
        keep(leyline_id_set(&record_.target_seed, seed));
    }
    bool keep(Status status) noexcept {
        if (status_.ok()) status_ = status;
        return status.ok();
    }

    AdaptationCommand record_ = {};
    Status status_;
};

/// An outcome in the making: `Outcome::executed(received).stages(before, after)`. Keeps the first
/// error of its parts, which build() and Trainer::answer() give.
class Outcome {
public:
    static Outcome accepted(const Received &r) noexcept { return accepted(r.command, r.sequence); }
    static Outcome executed(const Received &r) noexcept { return executed(r.command, r.sequence); }
    static Outcome rejected(const Received &r, leyline_outcome_code code) noexcept {
        return rejected(r.command, r.sequence, code);
    }
    static Outcome failed(const Received &r, leyline_outcome_code code) noexcept {
        return failed(r.command, r.sequence, code);
    }
    static Outcome accepted(const AdaptationCommand &command, std::uint64_t sequence) noexcept {
        return Outcome(command, sequence, LEYLINE_OUTCOME_STATUS_ACCEPTED, LEYLINE_OUTCOME_CODE_NONE);
    }
    static Outcome executed(const AdaptationCommand &command, std::uint64_t sequence) noexcept {
        return Outcome(command, sequence, LEYLINE_OUTCOME_STATUS_EXECUTED, LEYLINE_OUTCOME_CODE_NONE);
    }
    static Outcome rejected(const AdaptationCommand &command, std::uint64_t sequence,
                            leyline_outcome_code code) noexcept {
        return Outcome(command, sequence, LEYLINE_OUTCOME_STATUS_REJECTED, code);
    }
    static Outcome failed(const AdaptationCommand &command, std::uint64_t sequence, leyline_outcome_code code) noexcept {
        return Outcome(command, sequence, LEYLINE_OUTCOME_STATUS_FAILED, code);
    }

    /// The seed's stages before and after the command; the same twice if it did not move.
    Outcome stages(std::uint32_t before, std::uint32_t after) const noexcept {
        Outcome o = *this;
        o.record_.stage_before = static_cast<std::uint8_t>(before);
        o.record_.stage_after = static_cast<std::uint8_t>(after);
        o.record_.present |= LEYLINE_OUTCOME_STAGES;
        return o;
    }
    /// The verdict of the gate that decided; where there is no text yet, its first check becomes
    /// that.
    Outcome gate(const Verdict &verdict) const noexcept {
        Outcome o = *this;
        o.keep(verdict.gate < 256 && verdict.gate != LEYLINE_NO_GATE ? LEYLINE_OK : LEYLINE_ERR_INVALID_ENUM);
        o.record_.gate = static_cast<std::uint8_t>(verdict.gate);
        o.record_.gate_passed = verdict.passed != 0;
        o.record_.gate_score = verdict.score;
        o.record_.present |= LEYLINE_OUTCOME_GATE;
        if (o.record_.text.bytes[0] != 0) return o;
        char first[sizeof verdict.text] = {};
        for (std::size_t i = 0; i + 1 < sizeof first && verdict.text[i] != 0 && verdict.text[i] != ';'; ++i)
            first[i] = static_cast<char>(verdict.text[i]);
        return o.text(first);
    }
    /// The seed that the command was resolved to.
    Outcome seed(const char *seed) const noexcept {
        Outcome o = *this;
        if (o.keep(leyline_id_set(&o.record_.seed, seed)) && o.record_.seed.bytes[0] != 0)
            o.record_.present |= LEYLINE_OUTCOME_SEED;
        return o;
    }
    /// The seed's figures after the command.
    Outcome metrics(const SeedMetrics &metrics) const noexcept {
        Outcome o = *this;
        o.record_.metrics = metrics;
        o.record_.present |= LEYLINE_OUTCOME_METRICS;
        return o;
    }
    /// Sets the text, for people; cut at 63 bytes.
    Outcome text(const char *text) const noexcept {
        Outcome o = *this;
        o.keep(leyline_text_set(&o.record_.text, &o.record_.present, LEYLINE_OUTCOME_TEXT_CUT, text));
        return o;
    }

    /// The first error of its parts.
    Status status() const noexcept { return status_; }
    const CommandOutcome &record() const noexcept { return record_; }
    /// Gives the record, checked.
    Status build(CommandOutcome &outcome) const noexcept {
        if (!status_.ok()) return status_;
        Status status = check(record_);
        if (status.ok()) outcome = record_;
        return status;
    }

private:
    Outcome(const AdaptationCommand &command, std::uint64_t sequence, leyline_outcome_status status,
            leyline_outcome_code code) noexcept {
        keep(leyline_command_outcome_init(&record_, &command, sequence, status, code));
    }
    bool keep(Status status) noexcept {
        if (status_.ok()) status_ = status;
        return status.ok();
    }

    CommandOutcome record_ = {};
    Status status_;
};

/// The trainer's end of a link.
class Trainer : public WritingHandle<leyline_trainer_t, leyline_trainer_close> {
public:
    static Status create(const char *name, const ActionSpace &space, Trainer &trainer,
                         const LinkOptions *shape = nullptr, const Options *o = nullptr) noexcept {
        return leyline_trainer_create(name, space.raw(), shape, o, Place(trainer));
    }
    /// Attaches to the link if it is there, as a restarting trainer does, or else makes it.
    static Status open_or_create(const char *name, const ActionSpace &space, Trainer &trainer,
                                 const LinkOptions *shape = nullptr, const Options *o = nullptr,
                                 std::uint32_t *opened = nullptr) noexcept {
        return leyline_trainer_open_or_create(name, space.raw(), shape, o, Place(trainer), opened);
    }
    static Status recreate(const char *name, const ActionSpace &space, Trainer &trainer,
                           const LinkOptions *shape = nullptr, const Options *o = nullptr,
                           leyline_displaced_t *displaced = nullptr) noexcept {
        return leyline_trainer_recreate(name, space.raw(), shape, o, Place(trainer), displaced);
    }
    /// Takes the trainer's roles in a segment that has the rings of a link: Spec::of_link.
    static Status on(const Segment &segment, Trainer &trainer) noexcept {
        return leyline_trainer_of_segment(segment.raw(), Place(trainer));
    }

    Status info(TrainerInfo &info) const noexcept { return leyline_trainer_info(raw_, &info); }
    /// Returns the schema of the link's observations.
    Status schema(Schema &schema) const noexcept { return leyline_trainer_schema(raw_, Schema::Place(schema)); }
    Status segment(Segment &segment) const noexcept {
        return leyline_trainer_segment(raw_, Segment::Place(segment));
    }
    /// Decisions slower than this count as deadline misses.
    Status set_deadline(Wait::Duration deadline) noexcept {
        return leyline_trainer_set_deadline(raw_, Wait::count(deadline));
    }

    Status publish(const Observation &o, std::uint64_t *sequence = nullptr, std::uint64_t *sanitized = nullptr,
                   const Stamp *stamp = nullptr) noexcept {
        return leyline_trainer_publish(raw_, o.values, LEYLINE_FEATURES, nullptr, stamp, sequence, sanitized);
    }
    /// Publishes in both tiers: the signals on their own ring, and the observation that they give.
    Status publish(const Signals &signals, std::uint64_t *sequence = nullptr, std::uint64_t *sanitized = nullptr,
                   const Stamp *stamp = nullptr) noexcept {
        return leyline_trainer_publish(raw_, nullptr, 0, &signals, stamp, sequence, sanitized);
    }
    /// A row of the link's own schema, with the signals that it was made from or without.
    Status publish(const float *row, std::size_t width, const Signals *signals = nullptr,
                   std::uint64_t *sequence = nullptr, std::uint64_t *sanitized = nullptr,
                   const Stamp *stamp = nullptr) noexcept {
        return leyline_trainer_publish(raw_, row, width, signals, stamp, sequence, sanitized);
    }
    /// A slot of a link of several rows: count rows, numbers in all, with an environment and flags
    /// each.
    Status publish_rows(const float *rows, std::size_t numbers, const std::uint16_t *env, const std::uint8_t *flags,
                        std::size_t count, std::uint64_t *sequence = nullptr, std::uint64_t *sanitized = nullptr,
                        const Stamp *stamp = nullptr) noexcept {
        return leyline_trainer_publish_rows(raw_, rows, numbers, env, flags, count, stamp, sequence, sanitized);
    }
    /// A record of the rich tier, on its own ring.
    template <class T>
    Status report(const T &record, std::uint64_t *sequence = nullptr, std::uint64_t *sanitized = nullptr,
                  const Stamp *stamp = nullptr) noexcept {
        return leyline_trainer_report(raw_, RecordNumber<T>::value, &record, sizeof(T), stamp, sequence, sanitized);
    }
    /// Lets a device publish the observations until take_back(): see leyline_device.hpp.
    Status hand_over(DeviceRing &ring) noexcept { return leyline_hand_over(raw_, &ring); }
    /// Only when the device's stream has been synchronized.
    Status take_back(std::uint64_t *published = nullptr) noexcept {
        return leyline_take_back(raw_, published);
    }

    /// True while a device may be publishing the observations.
    bool is_handed_over() const noexcept {
        TrainerInfo i = {};
        return info(i).ok() && i.handed_over != 0;
    }

    Status next_decision(Decision &decision, Meta *meta = nullptr, Notice *notice = nullptr,
                         std::uint32_t lane = 0) noexcept {
        return leyline_trainer_next_decision(raw_, lane, nullptr, &decision, meta, notice);
    }
    Status next_decision(Decision &decision, const Wait &wait, Meta *meta = nullptr, Notice *notice = nullptr,
                         std::uint32_t lane = 0) noexcept {
        return leyline_trainer_next_decision(raw_, lane, &wait.raw, &decision, meta, notice);
    }
    /// Waits for the decision on an observation, or on a later one.
    Status wait_decision(std::uint64_t sequence, const Wait &wait, Decision &decision, Meta *meta = nullptr,
                         std::uint32_t lane = 0) noexcept {
        return leyline_trainer_wait_decision(raw_, lane, sequence, &wait.raw, &decision, meta);
    }
    /// Waits for the decisions on all rows of a slot: count of them.
    Status wait_decisions(std::uint64_t sequence, const Wait &wait, Decision *decisions, std::size_t count,
                          std::size_t *answered = nullptr, std::uint32_t lane = 0) noexcept {
        return leyline_trainer_wait_decisions(raw_, lane, sequence, &wait.raw, decisions, count, answered);
    }
    Status next_command(Received &received) noexcept {
        return leyline_trainer_next_command(raw_, nullptr, &received);
    }
    Status next_command(Received &received, const Wait &wait) noexcept {
        return leyline_trainer_next_command(raw_, &wait.raw, &received);
    }
    /// The annotations of a command that is not answered finally; LEYLINE_MAX_ANNOTATIONS is room
    /// for all.
    Status annotations(const Received &received, Annotation *annotations, std::size_t capacity,
                       std::size_t &count) const noexcept {
        return leyline_trainer_annotations(raw_, &received, annotations, capacity, &count);
    }
    Status answer(const Received &received, const CommandOutcome &outcome) noexcept {
        return leyline_trainer_answer(raw_, &received, &outcome, nullptr);
    }
    Status answer(const Received &received, const Outcome &outcome) noexcept {
        return outcome.status().ok() ? answer(received, outcome.record()) : outcome.status();
    }
    Status controller_state(Peer &peer, std::uint32_t lane = 0) noexcept {
        return leyline_trainer_controller_state(raw_, lane, nullptr, &peer);
    }
    /// Waits until somebody holds the lane.
    Status controller_state(Peer &peer, const Wait &wait, std::uint32_t lane = 0) noexcept {
        return leyline_trainer_controller_state(raw_, lane, &wait.raw, &peer);
    }
};

/// A trainer's whole step over a Trainer, which has to outlive it, as the host has to.
class Steering : public Handle<leyline_steering_t, leyline_steering_close> {
public:
    static Status create(const Trainer &trainer, SeedHost &host, const SteeringOptions &options,
                         Steering &steering) noexcept {
        const leyline_seed_host_t callbacks = host.raw();
        return leyline_steering_new(trainer.raw(), &options, &callbacks, Place(steering));
    }
    /// Does the work after each optimizer step: an observation out; decisions and commands in.
    Status step(std::uint32_t epoch, std::uint64_t global_step, float train_loss, Steered *steered = nullptr) noexcept {
        return leyline_steering_step(raw_, epoch, global_step, train_loss, steered);
    }
    /// Does the work after each validation, once an epoch: seeds taken on; observation, signals and
    /// reports out; decisions and commands in.
    Status update(const Validation &validation, Steered *steered = nullptr) noexcept {
        return leyline_steering_update(raw_, &validation, steered);
    }
    /// Waits for the answer to the last observation, to go in lock step; commands in.
    Status await_decision(const Wait &wait, Meta *meta = nullptr, std::uint32_t lane = 0) noexcept {
        return leyline_steering_await(raw_, lane, &wait.raw, meta);
    }
    Status observation(Observation &o) const noexcept { return leyline_steering_read(raw_, &o, nullptr); }
    Status signals(Signals &signals) const noexcept { return leyline_steering_read(raw_, nullptr, &signals); }
    /// The life cycle of a seed slot, to read it and to add what the host measures.
    Status seed(SeedLifecycle &seed, std::size_t index = 0) const noexcept {
        return leyline_steering_seed(raw_, index, SeedLifecycle::Place(seed));
    }
};

/// Writes the state of a Tracker, SeedLifecycle or Steering into a container of bytes, such as
/// std::string, for a checkpoint.
template <class T, class Bytes>
Status snapshot(const T &handle, Bytes &bytes) {
    static_assert(sizeof(*bytes.data()) == 1, "a container of bytes");
    std::size_t size = 0;
    const Status status = leyline_snapshot(handle.raw(), nullptr, 0, &size);
    if (!status.ok()) return status;
    bytes.resize(size);
    return leyline_snapshot(handle.raw(), bytes.data(), size, &size);
}
/// Takes the state of a Tracker, SeedLifecycle or Steering from a snapshot. One that is refused
/// changes nothing.
template <class T, class Bytes>
Status restore(T &handle, const Bytes &bytes) noexcept {
    return leyline_restore(handle.raw(), bytes.data(), bytes.size());
}

/// The controller's end of a link.
class Controller : public WritingHandle<leyline_controller_t, leyline_controller_close> {
public:
    static Status attach(const char *name, Controller &controller, const ControllerOptions *shape = nullptr,
                         const Options *o = nullptr) noexcept {
        return leyline_controller_attach(name, shape, o, nullptr, Place(controller));
    }
    /// Waits for the link to appear.
    static Status attach(const char *name, const Wait &wait, Controller &controller,
                         const ControllerOptions *shape = nullptr, const Options *o = nullptr) noexcept {
        return leyline_controller_attach(name, shape, o, &wait.raw, Place(controller));
    }
    /// Takes the controller's roles in a segment that has the rings of a link.
    static Status on(const Segment &segment, Controller &controller,
                     const ControllerOptions *shape = nullptr) noexcept {
        return leyline_controller_of_segment(segment.raw(), shape, Place(controller));
    }

    Status info(ControllerInfo &info) const noexcept { return leyline_controller_info(raw_, &info); }
    /// Returns the schema of the link's observations.
    Status schema(Schema &schema) const noexcept { return leyline_controller_schema(raw_, Schema::Place(schema)); }
    Status segment(Segment &segment) const noexcept {
        return leyline_controller_segment(raw_, Segment::Place(segment));
    }
    Status trainer_state(Peer &peer) const noexcept { return leyline_peer_state(raw_, &peer); }

    Status next(Observation &o, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_next(raw_, nullptr, o.values, LEYLINE_FEATURES, &meta, notice);
    }
    Status next(Observation &o, const Wait &wait, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_next(raw_, &wait.raw, o.values, LEYLINE_FEATURES, &meta, notice);
    }
    Status latest(Observation &o, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_latest(raw_, nullptr, o.values, LEYLINE_FEATURES, &meta, notice);
    }
    Status latest(Observation &o, const Wait &wait, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_latest(raw_, &wait.raw, o.values, LEYLINE_FEATURES, &meta, notice);
    }
    /// A row of the link's own schema.
    Status next(float *row, std::size_t width, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_next(raw_, nullptr, row, width, &meta, notice);
    }
    Status next(float *row, std::size_t width, const Wait &wait, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_next(raw_, &wait.raw, row, width, &meta, notice);
    }
    Status latest(float *row, std::size_t width, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_latest(raw_, nullptr, row, width, &meta, notice);
    }
    Status latest(float *row, std::size_t width, const Wait &wait, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_latest(raw_, &wait.raw, row, width, &meta, notice);
    }
    /// A (count, 27) block of floats, row by row.
    Status next_batch(Observation *rows, Meta *metas, std::size_t capacity, std::size_t &count,
                      Notice *notice = nullptr) noexcept {
        return leyline_controller_next_batch(raw_, nullptr, 0, rows->values, LEYLINE_FEATURES, capacity, metas,
                                             &count, notice);
    }
    /// Waits until there are at_least so many.
    Status next_batch(const Wait &wait, std::size_t at_least, Observation *rows, Meta *metas, std::size_t capacity,
                      std::size_t &count, Notice *notice = nullptr) noexcept {
        return leyline_controller_next_batch(raw_, &wait.raw, at_least, rows->values, LEYLINE_FEATURES, capacity,
                                             metas, &count, notice);
    }
    /// Reads rows of width floats, from a link of any schema.
    Status next_batch(float *rows, std::size_t width, Meta *metas, std::size_t capacity, std::size_t &count,
                      Notice *notice = nullptr) noexcept {
        return leyline_controller_next_batch(raw_, nullptr, 0, rows, width, capacity, metas, &count, notice);
    }
    Status next_batch(const Wait &wait, std::size_t at_least, float *rows, std::size_t width, Meta *metas,
                      std::size_t capacity, std::size_t &count, Notice *notice = nullptr) noexcept {
        return leyline_controller_next_batch(raw_, &wait.raw, at_least, rows, width, capacity, metas, &count, notice);
    }
    /// A slot of a link of several rows: count rows, numbers in all, with their environments and
    /// flags.
    Status next_rows(float *rows, std::size_t numbers, std::uint16_t *env, std::uint8_t *flags, std::size_t count,
                     Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_next_rows(raw_, nullptr, rows, numbers, env, flags, count, &meta, notice);
    }
    Status next_rows(const Wait &wait, float *rows, std::size_t numbers, std::uint16_t *env, std::uint8_t *flags,
                     std::size_t count, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_next_rows(raw_, &wait.raw, rows, numbers, env, flags, count, &meta, notice);
    }
    Status latest_rows(float *rows, std::size_t numbers, std::uint16_t *env, std::uint8_t *flags, std::size_t count,
                       Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_latest_rows(raw_, nullptr, rows, numbers, env, flags, count, &meta, notice);
    }
    Status latest_rows(const Wait &wait, float *rows, std::size_t numbers, std::uint16_t *env, std::uint8_t *flags,
                       std::size_t count, Meta &meta, Notice *notice = nullptr) noexcept {
        return leyline_controller_latest_rows(raw_, &wait.raw, rows, numbers, env, flags, count, &meta, notice);
    }
    /// The newest observation of environment i in rows[i].
    Status latest_by_env(Observation *rows, EnvMark *marks, std::size_t envs, Gathered *gathered = nullptr,
                         Notice *notice = nullptr) noexcept {
        return latest_by_env(rows->values, LEYLINE_FEATURES, marks, envs, gathered, notice);
    }
    Status latest_by_env(const Wait &wait, Observation *rows, EnvMark *marks, std::size_t envs,
                         Gathered *gathered = nullptr, Notice *notice = nullptr) noexcept {
        return latest_by_env(wait, rows->values, LEYLINE_FEATURES, marks, envs, gathered, notice);
    }
    Status latest_by_env(float *rows, std::size_t width, EnvMark *marks, std::size_t envs,
                         Gathered *gathered = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_controller_latest_by_env(raw_, nullptr, rows, width, marks, envs, gathered, notice);
    }
    Status latest_by_env(const Wait &wait, float *rows, std::size_t width, EnvMark *marks, std::size_t envs,
                         Gathered *gathered = nullptr, Notice *notice = nullptr) noexcept {
        return leyline_controller_latest_by_env(raw_, &wait.raw, rows, width, marks, envs, gathered, notice);
    }

    Status mask(const Observation &o, std::uint64_t &bits) const noexcept {
        return leyline_controller_mask(raw_, o.values, LEYLINE_FEATURES, &bits);
    }
    /// Returns the actions that are possible by a row of the link's own schema.
    Status mask(const float *row, std::size_t width, std::uint64_t &bits) const noexcept {
        return leyline_controller_mask(raw_, row, width, &bits);
    }
    /// The signals that were published with an observation.
    Status signals_of(const Meta &observed, Signals &signals) noexcept {
        return leyline_controller_signals_of(raw_, &observed, &signals);
    }
    /// A reader of the reports of a kind.
    template <class T>
    Status reports(leyline_start start, Observer<T> &observer, std::uint64_t sequence = 0) const noexcept {
        return leyline_controller_reports(raw_, RecordNumber<T>::value, start, sequence,
                                          typename Observer<T>::Place(observer));
    }

    Status decide(const Meta &observed, std::uint32_t action, const leyline_answer_t *answer = nullptr,
                  Sent *sent = nullptr) noexcept {
        return leyline_controller_decide(raw_, &observed, action, answer, sent);
    }
    /// Commands first, then the decisions together. Fewer decided than count: no room for the next
    /// one's command.
    Status decide_batch(const Meta *observed, const std::int64_t *actions, std::size_t count, std::size_t &decided,
                        const leyline_answer_t *answers = nullptr, Sent *sent = nullptr) noexcept {
        return leyline_controller_decide_batch(raw_, observed, actions, answers, count, sent, &decided);
    }
    /// Decides WAIT on many, for catching up.
    Status wait_on_all(const Meta *observed, std::size_t count) noexcept {
        return leyline_controller_decide_batch(raw_, observed, nullptr, nullptr, count, nullptr, nullptr);
    }
    /// Decides on the rows that changed in the last latest_by_env.
    Status decide_by_env(const EnvMark *marks, const std::int64_t *actions, std::size_t envs, std::size_t &decided,
                         const leyline_answer_t *answers = nullptr, Sent *sent = nullptr) noexcept {
        return leyline_controller_decide_by_env(raw_, marks, actions, answers, envs, sent, &decided);
    }
    /// Sends a command with pairs of a key and a value: all of it or nothing.
    Status send(const AdaptationCommand &command, const Pair *pairs, std::size_t count,
                Sent *sent = nullptr) noexcept {
        return leyline_controller_send(raw_, &command, pairs, count, sent);
    }
    Status send(const AdaptationCommand &command, Sent *sent = nullptr) noexcept {
        return leyline_controller_send(raw_, &command, nullptr, 0, sent);
    }
    Status send(const Command &command, const Pair *pairs, std::size_t count, Sent *sent = nullptr) noexcept {
        return command.status().ok() ? send(command.record(), pairs, count, sent) : command.status();
    }
    Status send(const Command &command, Sent *sent = nullptr) noexcept { return send(command, nullptr, 0, sent); }
    /// The next of any command, given back at the next call, or when this is closed: a successor
    /// may be given the last one again.
    Status outcome(CommandOutcome &outcome) noexcept {
        return leyline_controller_outcome(raw_, nullptr, nullptr, &outcome);
    }
    Status outcome(CommandOutcome &outcome, const Wait &wait) noexcept {
        return leyline_controller_outcome(raw_, nullptr, &wait.raw, &outcome);
    }
    /// The final one of a command; those of others are kept for outcome().
    Status wait_outcome(const std::uint8_t *id, const Wait &wait, CommandOutcome &outcome) noexcept {
        return leyline_controller_outcome(raw_, id, &wait.raw, &outcome);
    }
};

/// A source to wait for together with others: an observer, a consumer, a controller (its
/// observations and outcomes) or a trainer (the decisions and commands of all lanes). It must
/// outlive the wait.
class Source {
public:
    template <class T>
    Source(const Observer<T> &observer) noexcept : raw_(observer.raw()) {}
    template <class T>
    Source(const Consumer<T> &consumer) noexcept : raw_(consumer.raw()) {}
    Source(const Controller &controller) noexcept : raw_(controller.raw()) {}
    Source(const Trainer &trainer) noexcept : raw_(trainer.raw()) {}

private:
    void *raw_;
};
static_assert(sizeof(Source) == sizeof(void *) && std::is_standard_layout<Source>::value,
              "a source is passed on as the pointer in it");

/// Waits until one of count sources has news, a leyline_news each: zeros at first, then as the last
/// call left them. An ending that stands there already ends no wait.
inline Status wait_any(const Source *sources, std::size_t count, const Wait &wait, std::uint32_t *news) noexcept {
    return leyline_wait_any(reinterpret_cast<void *const *>(sources), count, &wait.raw, news);
}
/// Waits for an array of sources: `Source sources[] = {a, b}; std::uint32_t news[2] = {};`
template <std::size_t N>
Status wait_any(const Source (&sources)[N], const Wait &wait, std::uint32_t (&news)[N]) noexcept {
    return wait_any(sources, N, wait, news);
}

/// A descriptor that an event loop polls: readable when a source that the bell is armed with has
/// news.
class Bell : public Handle<leyline_bell_t, leyline_bell_close> {
public:
    static Status create(Bell &bell) noexcept { return leyline_bell_new(Place(bell)); }
    /// The descriptor, open as long as the bell; -1 of an empty one.
    int fd() const noexcept {
        int fd = -1;
        return leyline_bell_fd(raw_, &fd) == LEYLINE_OK ? fd : -1;
    }
    /// Arms it with sources in which nothing was found. Ok: there is news by now, and the bell is
    /// readable at once; LEYLINE_EMPTY: it is armed. The sources may be closed meanwhile.
    Status arm(const Source *sources, std::size_t count, std::uint32_t *news) noexcept {
        return leyline_bell_arm(raw_, reinterpret_cast<void *const *>(sources), count, news);
    }
    template <std::size_t N>
    Status arm(const Source (&sources)[N], std::uint32_t (&news)[N]) noexcept {
        return arm(sources, N, news);
    }
    /// Makes it not readable. Then read everything from the sources, and arm it again.
    Status clear() noexcept { return leyline_bell_clear(raw_); }
};

}  // namespace leyline

#endif  // LEYLINE_HPP
