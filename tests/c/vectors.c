/* The reference vectors through C. Reads them as words from the file that LEYLINE_TABLE names (made of the JSON by
 * tests/vectors/mod.rs, floats as the hexadecimal digits of their bits) and says how many of each it checked. */
#include "check.h"

#include <inttypes.h>

static FILE *table;

static void word(char *into) {
    CHECK(fscanf(table, "%63s", into) == 1);
}

static uint64_t number(void) {
    uint64_t n = 0;
    CHECK(fscanf(table, "%" SCNu64, &n) == 1);
    return n;
}

static float real(void) {
    uint32_t bits = 0;
    float x;
    CHECK(fscanf(table, "%" SCNx32, &bits) == 1);
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double wide(void) {
    uint64_t bits = 0;
    double x;
    CHECK(fscanf(table, "%" SCNx64, &bits) == 1);
    memcpy(&x, &bits, sizeof x);
    return x;
}

static bool same_bits(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool within_an_ulp(float a, float b) {
    int32_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return a == b || ((x < 0) == (y < 0) && (x - y <= 1 && y - x <= 1));
}

/* Reads a list, of which the newest that there is room for stay. */
static uint8_t history(float *list, uint32_t *dropped) {
    const uint64_t n = number();
    uint64_t kept = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (kept == LEYLINE_MAX_HISTORY) {
            memmove(list, list + 1, (LEYLINE_MAX_HISTORY - 1) * sizeof *list);
            kept--;
            ++*dropped;
        }
        list[kept++] = real();
    }
    return (uint8_t)kept;
}

static void observation(void) {
    leyline_training_signals_t s;
    leyline_observation_t o;
    OK(LEYLINE_INIT(LEYLINE_RECORD_TRAINING_SIGNALS, s));
    s.metrics.epoch = (uint32_t)number();
    s.metrics.global_step = number();
    s.metrics.plateau_epochs = (uint32_t)number();
    s.metrics.train_loss = real();
    s.metrics.val_loss = real();
    s.metrics.loss_delta = real();
    s.metrics.train_accuracy = real();
    s.metrics.val_accuracy = real();
    s.metrics.accuracy_delta = real();
    s.metrics.best_val_accuracy = real();
    s.metrics.present = number() == 0 ? 0 : 1;
    s.metrics.best_val_loss = real();
    s.metrics.grad_norm_host = real();
    s.metrics.grad_norm_seed = real();
    s.metrics.present |= 6;
    const uint64_t seeds = number();
    for (uint64_t i = 0; i < seeds; i++) {
        char id[64];
        word(id);
        if (i < LEYLINE_MAX_ACTIVE_SEEDS) {
            OK(leyline_id_set(&s.active_seeds[i], id));
            s.active_seed_count++;
        } else {
            s.active_seeds_dropped++;
        }
    }
    s.available_slots = (uint32_t)number();
    s.seed_stage = (uint8_t)number();
    s.seed_epochs_in_stage = (uint32_t)number();
    s.seed_alpha = real();
    s.seed_improvement = real();
    s.loss_history_count = history(s.loss_history, &s.loss_history_dropped);
    s.accuracy_history_count = history(s.accuracy_history, &s.accuracy_history_dropped);
    OK(leyline_training_signals_to_observation(&s, &o));
    for (int i = 0; i < LEYLINE_FEATURES; i++) CHECK(same_bits(o.values[i], real()));
}

static void telemetry(void) {
    leyline_seed_telemetry_t t;
    float features[LEYLINE_TELEMETRY_FEATURES];
    memset(&t, 0, sizeof t);
    t.vanishing = (uint8_t)number();
    t.exploding = (uint8_t)number();
    t.epochs_in_stage = (uint32_t)number();
    t.stage = (uint8_t)number();
    t.epoch = (uint32_t)number();
    t.max_epochs = (uint32_t)number();
    t.gradient_norm = real();
    t.gradient_health = real();
    t.accuracy = real();
    t.accuracy_delta = real();
    t.alpha = real();
    OK(leyline_seed_telemetry_to_features(&t, features));
    for (int i = 0; i < LEYLINE_TELEMETRY_FEATURES; i++) CHECK(within_an_ulp(features[i], real()));
}

static const struct {
    const char *kind;
    uint32_t enumeration;
} KINDS[] = {
    {"stage", LEYLINE_ENUM_SEED_STAGE}, {"command_type", LEYLINE_ENUM_COMMAND_TYPE},
    {"risk", LEYLINE_ENUM_RISK},        {"gate", LEYLINE_ENUM_GATE},
    {"event", LEYLINE_ENUM_EVENT_TYPE}, {"operation", LEYLINE_ENUM_SEED_OPERATION},
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };
static uint32_t named[KIND_COUNT];

static void enumeration(void) {
    char kind[64], name[64];
    word(kind);
    word(name);
    const uint32_t value = (uint32_t)number();
    int k = 0;
    while (k < KIND_COUNT && strcmp(KINDS[k].kind, kind) != 0) k++;
    CHECK(k < KIND_COUNT);
    CHECK(strcmp(leyline_enum_name(KINDS[k].enumeration, value), name) == 0);
    named[k]++;
}

/* The library knows the values of the vectors and no other. */
static void no_other_values(void) {
    for (int k = 0; k < KIND_COUNT; k++) {
        uint32_t known = 0;
        for (uint32_t value = 0; value < 1000; value++)
            known += leyline_enum_name(KINDS[k].enumeration, value) != NULL;
        CHECK(known == named[k]);
    }
}

static void target(void) {
    uint32_t stage = 99;
    OK(leyline_seed_operation_target((uint32_t)number(), &stage));
    CHECK(stage == number());
}

static void transitions(void) {
    leyline_seed_stage_info_t info;
    uint32_t reached = 0;
    const uint32_t from = (uint32_t)number();
    const uint64_t count = number();
    OK(leyline_seed_stage_info(from, &info));
    CHECK(info.successor_count == count);
    for (size_t i = 0; i < count; i++) {
        CHECK(info.successors[i] == number());
        reached |= 1u << info.successors[i];
    }
    CHECK(info.next_stages == reached);
}

static void predicates(void) {
    leyline_seed_stage_info_t info;
    OK(leyline_seed_stage_info((uint32_t)number(), &info));
    CHECK(info.active == (number() != 0));
    CHECK(info.failure == (number() != 0));
    CHECK(info.terminal == (number() != 0));
}

enum { MOST_TASKS = 64 };
static leyline_normalizer_t *normalizers[MOST_TASKS];
static size_t tasks;

static void task(void) {
    leyline_task_t t;
    char name[64];
    word(name);
    memset(&t, 0, sizeof t);
    OK(leyline_id_set(&t.name, name));
    t.baseline_loss = wide();
    t.target_loss = wide();
    t.delta_std = wide();
    t.max_epochs = wide();
    t.max_steps = wide();
    t.max_slots = wide();
    CHECK(tasks < MOST_TASKS);
    OK(leyline_normalizer_new(&t, &normalizers[tasks]));
    tasks++;
}

static void normalized(void) {
    leyline_observation_t o;
    leyline_normalized_t n;
    float row[LEYLINE_FEATURES];
    const uint64_t which = number();
    CHECK(which < tasks);
    for (int i = 0; i < LEYLINE_FEATURES; i++) o.values[i] = real();
    OK(leyline_normalizer_rows(normalizers[which], &o, 1, n.values, NULL));
    OK(leyline_normalizer_rows(normalizers[which], &o, 1, row, NULL));
    CHECK(memcmp(row, n.values, sizeof row) == 0);
    for (int i = 0; i < LEYLINE_FEATURES; i++) {
        const double expected = wide();
        CHECK(fabs((double)row[i] - expected) <= 1e-6 * fmax(1.0, fabs(expected)));
    }
}

static const struct {
    const char *what;
    void (*check)(void);
} CHECKS[] = {
    {"observation", observation}, {"telemetry", telemetry},   {"enum", enumeration},     {"target", target},
    {"transitions", transitions}, {"predicates", predicates}, {"task", task},            {"normalized", normalized},
};
enum { CHECK_COUNT = sizeof CHECKS / sizeof CHECKS[0] };

int main(void) {
    const char *path = getenv("LEYLINE_TABLE");
    unsigned long done[CHECK_COUNT] = {0};
    char what[64];
    CHECK(path != NULL);
    table = fopen(path, "r");
    CHECK(table != NULL);
    for (word(what); strcmp(what, "end") != 0; word(what)) {
        int c = 0;
        while (c < CHECK_COUNT && strcmp(CHECKS[c].what, what) != 0) c++;
        CHECK(c < CHECK_COUNT);
        CHECKS[c].check();
        done[c]++;
    }
    no_other_values();
    for (int c = 0; c < CHECK_COUNT; c++) printf("%s %lu\n", CHECKS[c].what, done[c]);
    for (size_t i = 0; i < tasks; i++) OK(leyline_normalizer_close(normalizers[i]));
    fclose(table);
    return 0;
}
