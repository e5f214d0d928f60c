/* A trainer's whole step through C: commands executed with callbacks, a restart from a snapshot, and what is refused. */
#include "check.h"

typedef union any_t {
    uint64_t words[512];
    void *pointer;
} any_t;

/* Zeros that can stand for any record, array or place for an output. */
static any_t zeros;

/* Records the callbacks. */
typedef struct network_t {
    char said[256];
    const char *reason;
    int stages, signals, telemetry, decisions, outcomes, accuracies;
    float alpha, learning_rate;
    leyline_steering_t *steering;
    leyline_trainer_t *trainer;
    leyline_seed_lifecycle_t *seed;
} network_t;

static const char *germinate(void *context, const char *slot, const char *seed, const char *blueprint) {
    network_t *n = context;
    snprintf(n->said, sizeof n->said, "%s %s %s", slot, seed, blueprint);
    return n->reason;
}
static void cull(void *context, const char *slot) {
    network_t *n = context;
    snprintf(n->said, sizeof n->said, "cull %s", slot);
}
static void alpha(void *context, const char *slot, float alpha) {
    (void)slot;
    ((network_t *)context)->alpha = alpha;
}
static void learning_rate(void *context, const char *slot, float rate) {
    (void)slot;
    ((network_t *)context)->learning_rate = rate;
}
static void pause_seed(void *context, const char *slot) {
    network_t *n = context;
    snprintf(n->said, sizeof n->said, "pause %s", slot);
}
static void resume(void *context, const char *slot) {
    network_t *n = context;
    snprintf(n->said, sizeof n->said, "resume %s", slot);
}
static void fossilize(void *context, const char *slot) {
    network_t *n = context;
    snprintf(n->said, sizeof n->said, "fossilize %s", slot);
}
static void stage(void *context, const char *slot, uint32_t from, uint32_t to) {
    (void)slot;
    CHECK(from != to && to <= LEYLINE_SEED_STAGE_RESETTING);
    ++((network_t *)context)->stages;
}
static float accuracy(void *context, const char *slot) {
    (void)slot;
    ++((network_t *)context)->accuracies;
    return 70.0f;
}
static void complete_signals(void *context, leyline_training_signals_t *signals) {
    network_t *n = context;
    signals->gpu_utilization = 0.5f;
    signals->present |= LEYLINE_SIGNALS_GPU_UTILIZATION;
    ++n->signals;
    /* Nothing may be called on the handles of the call that this is called from. */
    GIVES(LEYLINE_ERR_BUSY, leyline_steering_step(n->steering, 1, 1, 0.5f, NULL));
    GIVES(LEYLINE_ERR_BUSY, leyline_take_back(n->trainer, NULL));
    GIVES(LEYLINE_ERR_BUSY, leyline_seed_lifecycle_set_alpha(n->seed, 0.5f));
}
static void complete_telemetry(void *context, const char *slot, leyline_seed_telemetry_t *telemetry) {
    (void)slot;
    telemetry->vanishing = 1;
    ++((network_t *)context)->telemetry;
}
static void decision(void *context, uint32_t lane, const leyline_decision_t *d, uint64_t latency_ns) {
    CHECK(lane == 0 && d->observation_sequence > 0 && latency_ns > 0);
    ++((network_t *)context)->decisions;
}
static void outcome(void *context, const leyline_adaptation_command_t *c, const leyline_command_outcome_t *o) {
    CHECK(memcmp(c->id, o->command_id, sizeof c->id) == 0);
    ++((network_t *)context)->outcomes;
}

typedef struct run_t {
    leyline_action_space_t *space;
    leyline_trainer_t *trainer;
    leyline_controller_t *controller;
    leyline_steering_t *steering;
    leyline_seed_lifecycle_t *seed;
    network_t network;
    uint32_t epoch;
} run_t;

static void start(run_t *run, const char *name) {
    const leyline_options_t options = {.on_close = LEYLINE_ON_CLOSE_UNLINK};
    const leyline_steering_options_t settings = {.max_epochs = 25};
    const leyline_seed_host_t host = {
        .context = &run->network, .germinate = germinate,         .cull = cull,
        .fossilize = fossilize,   .alpha = alpha,                 .learning_rate = learning_rate,
        .pause = pause_seed,      .resume = resume,               .stage = stage,
        .accuracy = accuracy,     .signals = complete_signals,    .telemetry = complete_telemetry,
        .decision = decision,     .outcome = outcome,
    };
    OK(leyline_action_space_standard("cnn", &run->space));
    OK(leyline_trainer_create(name, run->space, NULL, &options, &run->trainer));
    OK(leyline_controller_attach(name, NULL, NULL, NULL, &run->controller));
    OK(leyline_steering_new(run->trainer, &settings, &host, &run->steering));
    OK(leyline_steering_seed(run->steering, 0, &run->seed));
    run->network.steering = run->steering;
    run->network.trainer = run->trainer;
    run->network.seed = run->seed;
}

static void end(run_t *run) {
    OK(leyline_controller_close(run->controller));
    OK(leyline_steering_close(run->steering));
    NEEDS("steering of the seed", leyline_seed_lifecycle_set_alpha(run->seed, 0.5f));
    OK(leyline_seed_lifecycle_close(run->seed));
    OK(leyline_trainer_close(run->trainer));
    OK(leyline_action_space_close(run->space));
}

static uint32_t stage_of(const run_t *run) {
    leyline_seed_lifecycle_info_t info;
    OK(leyline_seed_lifecycle_info(run->seed, &info));
    return info.stage;
}

/* A step and an update, at which the controller does an action. */
static leyline_observation_t epoch(run_t *run, uint32_t action) {
    leyline_observation_t o;
    leyline_steered_t steered;
    leyline_meta_t meta;
    const float better = 50.0f + (float)++run->epoch;
    const leyline_validation_t v = {run->epoch, run->epoch, 0.5f, 1.0f, 60.0f, better, 0};
    OK(leyline_steering_step(run->steering, run->epoch, run->epoch, 0.5f, &steered));
    CHECK(steered.sequence == 2 * run->epoch - 1 && steered.sanitized == 0);
    OK(leyline_controller_next(run->controller, NULL, o.values, LEYLINE_FEATURES, &meta, NULL));
    OK(leyline_controller_decide(run->controller, &meta, 0, NULL, NULL));
    OK(leyline_steering_update(run->steering, &v, NULL));
    OK(leyline_controller_next(run->controller, NULL, o.values, LEYLINE_FEATURES, &meta, NULL));
    OK(leyline_controller_decide(run->controller, &meta, action, NULL, NULL));
    OK(leyline_steering_await(run->steering, 0, WAIT(60000000000u), &meta));
    return o;
}

static leyline_command_outcome_t send(run_t *run, leyline_adaptation_command_t *command) {
    leyline_command_outcome_t o;
    OK(leyline_controller_send(run->controller, command, NULL, 0, NULL));
    GIVES(run->epoch == 0 ? LEYLINE_EMPTY : LEYLINE_OK, leyline_steering_await(run->steering, 0, NULL, NULL));
    OK(leyline_controller_outcome(run->controller, NULL, NULL, &o));
    return o;
}

static leyline_adaptation_command_t command(uint8_t kind) {
    leyline_adaptation_command_t c;
    OK(leyline_record_init(LEYLINE_RECORD_ADAPTATION_COMMAND, &c, sizeof c));
    c.command_type = kind;
    return c;
}

static void a_seed_is_steered_and_outlives_its_trainer(void) {
    static run_t run, again;
    leyline_command_outcome_t o;
    leyline_observation_t seen;
    leyline_training_signals_t signals;
    leyline_adaptation_command_t c;
    uint8_t bytes[8192], other[8192];
    size_t size = 0, found = 0;
    start(&run, "steering");

    run.network.reason = "no memory is left";
    (void)epoch(&run, 1);
    OK(leyline_controller_outcome(run.controller, NULL, NULL, &o));
    CHECK(o.status == LEYLINE_OUTCOME_STATUS_FAILED && o.code == LEYLINE_OUTCOME_CODE_INTERNAL);
    CHECK(strcmp(LEYLINE_TEXT(o.text), "no memory is left") == 0);
    CHECK(stage_of(&run) == LEYLINE_SEED_STAGE_DORMANT && run.network.stages == 0);
    run.network.reason = NULL;
    (void)epoch(&run, 1);
    OK(leyline_controller_outcome(run.controller, NULL, NULL, &o));
    CHECK(o.status == LEYLINE_OUTCOME_STATUS_EXECUTED && o.stage_after == LEYLINE_SEED_STAGE_GERMINATED);
    CHECK(strcmp(run.network.said, "slot_0 seed_0 norm") == 0 && run.network.stages == 1);
    CHECK(run.network.decisions == 4 && run.network.outcomes == 2 && run.network.signals == 2);

    c = command(LEYLINE_COMMAND_TYPE_PAUSE_SEED);
    CHECK(send(&run, &c).code == LEYLINE_OUTCOME_CODE_ILLEGAL_STAGE);
    OK(leyline_id_set(&c.target_seed, "seed_1"));
    CHECK(send(&run, &c).code == LEYLINE_OUTCOME_CODE_UNKNOWN_SEED);
    (void)epoch(&run, 0);
    c = command(LEYLINE_COMMAND_TYPE_PAUSE_SEED);
    CHECK(send(&run, &c).code == LEYLINE_OUTCOME_CODE_NONE && strcmp(run.network.said, "pause slot_0") == 0);
    c = command(LEYLINE_COMMAND_TYPE_RESUME_SEED);
    CHECK(send(&run, &c).code == LEYLINE_OUTCOME_CODE_NONE && strcmp(run.network.said, "resume slot_0") == 0);
    c = command(LEYLINE_COMMAND_TYPE_SET_LEARNING_RATE);
    c.learning_rate = 0.25f;
    c.present |= LEYLINE_COMMAND_LEARNING_RATE;
    CHECK(send(&run, &c).code == LEYLINE_OUTCOME_CODE_NONE && run.network.learning_rate == 0.25f);
    while (stage_of(&run) != LEYLINE_SEED_STAGE_SHADOWING) {
        CHECK(run.epoch < 20);
        OK(leyline_seed_lifecycle_record_gradient_norm(run.seed, 2.0f));
        seen = epoch(&run, 0);
    }
    CHECK(run.network.alpha == 1.0f && run.network.telemetry > 0 && run.network.accuracies == 3);
    OK(leyline_steering_read(run.steering, &seen, &signals));
    CHECK(seen.values[LEYLINE_FEATURE_SEED_STAGE] == LEYLINE_SEED_STAGE_SHADOWING && signals.active_seed_count == 1);

    /* The size first, then the bytes; too little room is refused. */
    OK(leyline_snapshot(run.steering, NULL, 0, &size));
    CHECK(size > 0 && size <= sizeof bytes);
    NEEDS("capacity", leyline_snapshot(run.steering, bytes, size - 1, &found));
    OK(leyline_snapshot(run.steering, bytes, sizeof bytes, &found));
    CHECK(found == size);
    end(&run);

    start(&again, "steering");
    CHECK(stage_of(&again) == LEYLINE_SEED_STAGE_DORMANT);
    REFUSES(LEYLINE_ERR_TRUNCATED, "snapshot", leyline_restore(again.steering, bytes, size - 1));
    NEEDS("size", leyline_restore(again.steering, bytes, size + 1));
    CHECK(stage_of(&again) == LEYLINE_SEED_STAGE_DORMANT);
    OK(leyline_restore(again.steering, bytes, size));
    CHECK(stage_of(&again) == LEYLINE_SEED_STAGE_SHADOWING && again.network.stages == 0);
    OK(leyline_snapshot(again.steering, other, sizeof other, &found));
    CHECK(found == size && memcmp(bytes, other, size) == 0);
    seen = epoch(&again, 0);
    CHECK(seen.values[LEYLINE_FEATURE_SEED_STAGE] == LEYLINE_SEED_STAGE_SHADOWING);
    c = command(LEYLINE_COMMAND_TYPE_CULL);
    CHECK(send(&again, &c).code == LEYLINE_OUTCOME_CODE_NONE && strcmp(again.network.said, "cull slot_0") == 0);
    CHECK(stage_of(&again) == LEYLINE_SEED_STAGE_CULLED);
    end(&again);
}

/* The parts by themselves: for a trainer that steps as it likes. */
static void a_life_cycle_executes_commands_and_is_saved_by_itself(void) {
    leyline_action_space_t *space = NULL;
    leyline_seed_lifecycle_t *seed = NULL, *other = NULL;
    leyline_tracker_t *tracker = NULL;
    leyline_command_outcome_t o;
    leyline_observation_t seen;
    leyline_seed_lifecycle_info_t info;
    leyline_adaptation_command_t c = command(LEYLINE_COMMAND_TYPE_GERMINATE);
    uint8_t bytes[4096];
    size_t size = 0;
    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_seed_lifecycle_new(25, NULL, &seed));
    OK(leyline_seed_lifecycle_new(25, NULL, &other));
    OK(leyline_tracker_new(0.5f, &tracker));
    OK(leyline_id_set(&c.blueprint, "norm"));
    c.present |= LEYLINE_COMMAND_BLUEPRINT;
    OK(leyline_seed_lifecycle_apply(seed, &c, 7, space, "seed_0", 50.0f, NULL, &o));
    CHECK(o.status == LEYLINE_OUTCOME_STATUS_EXECUTED && o.command_sequence == 7);
    OK(leyline_seed_lifecycle_apply(seed, &c, 8, space, "seed_1", 50.0f, NULL, &o));
    CHECK(o.status == LEYLINE_OUTCOME_STATUS_REJECTED && o.code == LEYLINE_OUTCOME_CODE_ILLEGAL_STAGE);
    OK(leyline_tracker_observe(tracker, (const leyline_seed_lifecycle_t *const[]){other, seed}, 2));
    OK(leyline_tracker_read(tracker, &seen, NULL));
    CHECK(seen.values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] == 1 && seen.values[LEYLINE_FEATURE_AVAILABLE_SLOTS] == 1);
    OK(leyline_snapshot(seed, bytes, sizeof bytes, &size));
    OK(leyline_restore(other, bytes, size));
    OK(leyline_seed_lifecycle_info(other, &info));
    CHECK(info.stage == LEYLINE_SEED_STAGE_GERMINATED && strcmp(LEYLINE_TEXT(info.seed), "seed_0") == 0);
    REFUSES(LEYLINE_ERR_TRUNCATED, "snapshot", leyline_restore(other, bytes, size - 1));
    NEEDS("snapshot", leyline_restore(other, bytes, size + 1));
    OK(leyline_snapshot(tracker, bytes, sizeof bytes, &size));
    OK(leyline_restore(tracker, bytes, size));
    NEEDS("something else", leyline_snapshot(space, bytes, sizeof bytes, &size));
    NEEDS("something else", leyline_restore(space, bytes, size));
    bytes[0] ^= 1;
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "fingerprint", leyline_restore(tracker, bytes, size));

    NEEDS("seed", leyline_seed_lifecycle_apply(NULL, &c, 1, space, "s", 50.0f, NULL, &o));
    NEEDS("command", leyline_seed_lifecycle_apply(seed, NULL, 1, space, "s", 50.0f, NULL, &o));
    NEEDS("space", leyline_seed_lifecycle_apply(seed, &c, 1, NULL, "s", 50.0f, NULL, &o));
    NEEDS("seed_id", leyline_seed_lifecycle_apply(seed, &c, 1, space, NULL, 50.0f, NULL, &o));
    NEEDS("outcome", leyline_seed_lifecycle_apply(seed, &c, 1, space, "s", 50.0f, NULL, NULL));
    NEEDS("tracker", leyline_tracker_observe(NULL, NULL, 0));
    NEEDS("seeds", leyline_tracker_observe(tracker, NULL, 1));
    NEEDS("seed", leyline_tracker_observe(tracker, (void *)&zeros, 1));
    NEEDS("handle", leyline_snapshot(NULL, bytes, sizeof bytes, &size));
    NEEDS("size", leyline_snapshot(tracker, bytes, sizeof bytes, NULL));
    NEEDS("handle", leyline_restore(NULL, bytes, size));
    NEEDS("snapshot", leyline_restore(tracker, NULL, size));
    OK(leyline_tracker_close(tracker));
    OK(leyline_seed_lifecycle_close(seed));
    OK(leyline_seed_lifecycle_close(other));
    OK(leyline_action_space_close(space));
}

static void what_cannot_steer_is_refused(void) {
    static run_t run;
    const char *twice[] = {"a", "a"};
    leyline_steering_options_t settings = {.max_epochs = 25};
    leyline_steering_t *made = NULL;
    leyline_seed_lifecycle_t *seed = NULL;
    leyline_trainer_t *trainer = NULL;
    start(&run, "refused");
    NEEDS("trainer", leyline_steering_new(NULL, &settings, NULL, &made));
    NEEDS("options", leyline_steering_new(run.trainer, NULL, NULL, &made));
    NEEDS("steering", leyline_steering_new(run.trainer, &settings, NULL, NULL));
    settings.slot_count = 2;
    NEEDS("slots", leyline_steering_new(run.trainer, &settings, NULL, &made));
    settings.slots = twice;
    NEEDS("twice", leyline_steering_new(run.trainer, &settings, NULL, &made));
    twice[1] = "b";
    settings.fossils = 2;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "fossils", leyline_steering_new(run.trainer, &settings, NULL, &made));
    settings.fossils = LEYLINE_FOSSILS_FREE_SLOT;
    settings.reserved[1] = 1;
    NEEDS("reserved", leyline_steering_new(run.trainer, &settings, NULL, &made));
    settings.reserved[1] = 0;
    settings.max_epochs = 0;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "max_epochs", leyline_steering_new(run.trainer, &settings, NULL, &made));
    settings.max_epochs = 25;
    OK(leyline_steering_new(run.trainer, &settings, NULL, &made));
    OK(leyline_steering_step(made, 1, 1, 0.5f, NULL));
    OK(leyline_steering_close(made));
    NEEDS("closed", leyline_steering_step(made, 1, 1, 0.5f, NULL));

    NEEDS("steering", leyline_steering_step(NULL, 1, 1, 0.5f, NULL));
    NEEDS("steering", leyline_steering_update(NULL, (void *)&zeros, NULL));
    NEEDS("validation", leyline_steering_update(run.steering, NULL, NULL));
    NEEDS("steering", leyline_steering_await(NULL, 0, NULL, NULL));
    REFUSES(LEYLINE_ERR_NO_SUCH_RING, "lane", leyline_steering_await(run.steering, 1, NULL, NULL));
    NEEDS("steering", leyline_steering_read(NULL, NULL, NULL));
    NEEDS("steering", leyline_steering_seed(NULL, 0, &seed));
    NEEDS("seed", leyline_steering_seed(run.steering, 0, NULL));
    REFUSES(LEYLINE_ERR_NOT_FOUND, "seed slot", leyline_steering_seed(run.steering, 1, &seed));
    OK(leyline_steering_close(NULL));
    trainer = run.trainer;
    OK(leyline_trainer_close(trainer));
    NEEDS("trainer", leyline_steering_step(run.steering, 1, 1, 0.5f, NULL));
    OK(leyline_controller_close(run.controller));
    OK(leyline_seed_lifecycle_close(run.seed));
    OK(leyline_steering_close(run.steering));
    OK(leyline_action_space_close(run.space));
}

int main(void) {
    a_seed_is_steered_and_outlives_its_trainer();
    a_life_cycle_executes_commands_and_is_saved_by_itself();
    what_cannot_steer_is_refused();
    return 0;
}
