/* Schemas, normalization, registry and migration through C: what they give, and what they refuse. */
#include "check.h"

static const leyline_field_t SMALL[] = {
    {"EPOCH", LEYLINE_FIELD_F32, 1, 0, 0, "epochs", 0, 100, "whole", "0"},
    {"LOSS", LEYLINE_FIELD_F32, 1, 4, 0, "nats", 0, 10, NULL, "10"},
    {"AGE", LEYLINE_FIELD_F32, 1, 8, 0, NULL, -INFINITY, INFINITY, "x/unit", NULL},
};

static leyline_schema_t *small(uint32_t version, double unit) {
    leyline_schema_t *bare = NULL, *schema = NULL;
    const leyline_parameter_t parameter = {"unit", unit};
    OK(leyline_schema_new("small", version, 12, SMALL, 3, &bare));
    OK(leyline_schema_with_parameters(bare, &parameter, 1, &schema));
    OK(leyline_schema_close(bare));
    return schema;
}

static leyline_schema_t *v1(void) {
    leyline_schema_t *schema = NULL;
    OK(leyline_schema_of_record(LEYLINE_RECORD_OBSERVATION, &schema));
    return schema;
}

static leyline_normalizer_t *custom(double max_slots) {
    leyline_task_t task;
    leyline_normalizer_t *normalizer = NULL;
    memset(&task, 0, sizeof task);
    OK(leyline_id_set(&task.name, "mine"));
    task.baseline_loss = 4;
    task.delta_std = 0.5;
    task.max_epochs = 7;
    task.max_steps = 123;
    task.max_slots = max_slots;
    OK(LEYLINE_CHECK(LEYLINE_RECORD_TASK, task));
    OK(leyline_normalizer_new(&task, &normalizer));
    return normalizer;
}

static void schemas(void) {
    leyline_schema_t *schema = small(1, 10), *same = NULL, *other = small(1, 11), *none = NULL;
    leyline_schema_info_t info;
    size_t index = 0;
    OK(leyline_schema_info(schema, &info));
    const char *text = info.canonical;
    CHECK(strncmp(text, "leyline-schema 1\nrecord small 1 12\nparameter unit 4024000000000000\nfield 0 EPOCH ", 79) == 0);
    OK(leyline_schema_from_canonical(text, strlen(text), &same));
    OK(leyline_schema_check_same(schema, same));
    REFUSES(LEYLINE_ERR_CORRUPT, "line 1", leyline_schema_from_canonical("x", 1, &none));
    REFUSES(LEYLINE_ERR_CORRUPT, "UTF-8", leyline_schema_from_canonical("\xff", 1, &none));
    REFUSES(LEYLINE_ERR_CORRUPT, "a canonical text", leyline_schema_from_canonical(text, strlen(text) - 1, &none));
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "parameter unit 11", leyline_schema_check_same(schema, other));
    CHECK(strcmp(info.name, "small") == 0 && info.version == 1 && info.size == 12);
    CHECK(info.fields == 3 && info.parameters == 1);
    leyline_field_t field;
    OK(leyline_schema_field(schema, 2, &field));
    CHECK(strcmp(field.name, "AGE") == 0 && strcmp(field.unit, "-") == 0 && strcmp(field.scale, "x/unit") == 0);
    CHECK(strcmp(field.missing, "none") == 0 && field.type == LEYLINE_FIELD_F32 && field.count == 1 && field.offset == 8);
    CHECK(field.low == -INFINITY && field.high == INFINITY);
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "below 3", leyline_schema_field(schema, 3, &field));
    leyline_parameter_t parameter;
    OK(leyline_schema_parameter(schema, 0, &parameter));
    CHECK(strcmp(parameter.name, "unit") == 0 && parameter.value == 10);
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "below 1", leyline_schema_parameter(schema, 1, &parameter));

    /* As rows. */
    float low[3], high[3], missing[3], worst[3], row[3] = {3.5f, NAN, 7};
    uint64_t replaced = 0;
    OK(leyline_schema_index_of(schema, "AGE", &index));
    CHECK(info.width == 3 && index == 2);
    REFUSES(LEYLINE_ERR_NOT_FOUND, "YEARS", leyline_schema_index_of(schema, "YEARS", &index));
    OK(leyline_schema_bounds(schema, 3, low, high, missing, worst));
    CHECK(low[0] == 0 && high[1] == 10 && missing[1] == 10 && isfinite(low[2]) && high[2] > 3e38f);
    CHECK(worst[0] == missing[0] && worst[1] == high[1] && worst[2] == missing[2]);
    OK(leyline_schema_bounds(schema, 3, NULL, NULL, missing, NULL));
    NEEDS("width", leyline_schema_bounds(schema, 2, low, NULL, NULL, NULL));
    REFUSES(LEYLINE_ERR_NOT_WHOLE, "EPOCH", leyline_schema_check_row(schema, row, 3));
    NEEDS("1 x 3 numbers", leyline_schema_check_row(schema, row, 2));
    NEEDS("1 x 3 numbers", leyline_schema_sanitize_row(schema, row, 2, NULL));
    OK(leyline_schema_sanitize_row(schema, row, 3, &replaced));
    CHECK(replaced == 3 && row[0] == 3 && row[1] == 10 && row[2] == 7);
    OK(leyline_schema_check_row(schema, row, 3));
    char names[16] = "?";
    size_t bytes = 0;
    OK(leyline_schema_names_of(schema, replaced | UINT64_C(1) << 3, names, sizeof names, &bytes));
    CHECK(strcmp(names, "EPOCH, LOSS") == 0 && bytes == 11);
    OK(leyline_schema_names_of(schema, 7, names, 8, &bytes));
    CHECK(strcmp(names, "EPOCH, ") == 0 && bytes == 16);
    OK(leyline_schema_names_of(schema, 0, names, 1, NULL));
    CHECK(names[0] == 0);
    NEEDS("1 or more", leyline_schema_names_of(schema, 1, names, 0, NULL));
    row[1] = 11;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "LOSS", leyline_schema_check_row(schema, row, 3));
    row[1] = INFINITY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "LOSS", leyline_schema_check_row(schema, row, 3));
    text = info.space_json;
    CHECK(strncmp(text, "{\"type\":\"Box\",\"dtype\":\"float32\",\"shape\":[3]", 43) == 0);
    CHECK(strstr(text, "\"parameters\":{\"unit\":10.0}") != NULL);
    OK(leyline_schema_close(schema));
    OK(leyline_schema_close(same));
    OK(leyline_schema_close(other));

    /* Records that are no row of floats. */
    OK(leyline_schema_of_record(LEYLINE_RECORD_DECISION, &schema));
    OK(leyline_schema_info(schema, &info));
    CHECK(info.width == 0 && info.space_json == NULL && info.size == sizeof(leyline_decision_t));
    NEEDS("row schema decision", leyline_schema_index_of(schema, "action", &index));
    NEEDS("row schema decision", leyline_registry_register(schema));
    OK(leyline_schema_close(schema));
    CHECK(none == NULL);
}

static void what_is_no_schema(void) {
    leyline_schema_t *schema = NULL, *fine = small(1, 1);
    leyline_field_t fields[2];
    memcpy(fields, SMALL, sizeof fields);
    fields[1].name = "EPOCH";
    NEEDS("\"EPOCH\" twice", leyline_schema_new("x", 1, 8, fields, 2, &schema));
    NEEDS("1 to 4096 fields", leyline_schema_new("x", 1, 8, fields, 0, &schema));
    /* Refused by the count, before fields that are not there are read. */
    NEEDS("4096 at most", leyline_schema_new("x", 1, 8, fields, 100000000, &schema));
    fields[1] = SMALL[0];
    fields[1].name = "SAME_PLACE";
    NEEDS("SAME_PLACE", leyline_schema_new("x", 1, 8, fields, 2, &schema));
    fields[0].low = 101;
    NEEDS("low <= high", leyline_schema_new("x", 1, 8, fields, 1, &schema));
    fields[0] = SMALL[0];
    fields[0].unit = "a b";
    NEEDS("white space", leyline_schema_new("x", 1, 8, fields, 1, &schema));
    fields[0].unit = "a\x01";
    NEEDS("a\\u{1}", leyline_schema_new("x", 1, 8, fields, 1, &schema));
    NEEDS("name of a schema", leyline_schema_new("0123456789012345678901234567890123456789", 1, 8, SMALL, 2, &schema));

    leyline_field_t *many = calloc(4097, sizeof *many);
    char (*names)[8] = calloc(4097, 8);
    CHECK(many != NULL && names != NULL);
    for (uint32_t i = 0; i < 4097; i++) {
        snprintf(names[i], 8, "f%u", i);
        many[i] = SMALL[1];
        many[i].name = names[i];
        many[i].offset = 4 * i;
    }
    NEEDS("found 4097", leyline_schema_new("x", 1, 4 * 4097, many, 4097, &schema));
    CHECK(schema == NULL);
    OK(leyline_schema_new("x", 1, 4 * 4096, many, 4096, &schema));
    OK(leyline_schema_close(schema));
    free(many);
    free(names);

    leyline_schema_t *with = NULL;
    leyline_parameter_t parameters[65];
    char parameter_names[65][8];
    for (uint32_t i = 0; i < 65; i++) {
        snprintf(parameter_names[i], 8, "p%u", i);
        parameters[i].name = parameter_names[i];
        parameters[i].value = 1;
    }
    NEEDS("64 at most", leyline_schema_with_parameters(fine, parameters, 65, &with));
    NEEDS("64 at most", leyline_schema_with_parameters(fine, parameters, 100000000, &with));
    parameters[1].name = "p0";
    NEEDS("\"p0\" twice", leyline_schema_with_parameters(fine, parameters, 2, &with));
    parameters[0].value = NAN;
    NEEDS("a finite number", leyline_schema_with_parameters(fine, parameters, 1, &with));
    CHECK(with == NULL);
    OK(leyline_schema_close(fine));
}

static void tasks(void) {
    leyline_task_t task, before;
    leyline_normalizer_t *normalizer = NULL;
    OK(leyline_task_preset(LEYLINE_TASK_TINYSTORIES, &task));
    CHECK(task.baseline_loss == 10.8 && task.max_steps == 50000 && strcmp((char *)task.name.bytes, "tinystories") == 0);
    OK(leyline_task_preset(LEYLINE_TASK_CIFAR10, &task));
    CHECK(task.target_loss == 0.3 && task.delta_std == 0.05 && task.max_epochs == 25 && task.max_slots == 1);
    OK(LEYLINE_CHECK(LEYLINE_RECORD_TASK, task));
    before = task;
    task.baseline_loss = task.target_loss;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "baseline_loss", leyline_normalizer_new(&task, &normalizer));
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "baseline_loss", LEYLINE_CHECK(LEYLINE_RECORD_TASK, task));
    task = before;
    task.delta_std = 0;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "delta_std", LEYLINE_CHECK(LEYLINE_RECORD_TASK, task));
    task = before;
    task.max_slots = 0.5;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "max_slots", LEYLINE_CHECK(LEYLINE_RECORD_TASK, task));
    task.max_slots = NAN;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "max_slots", LEYLINE_CHECK(LEYLINE_RECORD_TASK, task));
    task = before;
    OK(leyline_id_set(&task.name, "two words"));
    NEEDS("name of the task", LEYLINE_CHECK(LEYLINE_RECORD_TASK, task));
    CHECK(normalizer == NULL);
}

static void normalization(void) {
    leyline_normalizer_t *normalizer = custom(3);
    leyline_schema_t *schema = NULL, *version_2 = NULL;
    leyline_observation_t batch[2], back;
    leyline_normalized_t normalized;
    uint32_t replaced = 99, cut_off = 99;
    leyline_schema_info_t info;
    OK(leyline_normalizer_schema(normalizer, 1, &schema));
    OK(leyline_schema_info(schema, &info));
    CHECK(strcmp(info.name, "normalized.mine") == 0 && info.version == 1);
    OK(leyline_normalizer_schema(normalizer, 2, &version_2));
    OK(leyline_schema_info(version_2, &info));
    CHECK(strcmp(info.name, "observation.mine") == 0 && info.version == 2 && info.width == LEYLINE_VERSION_2_WIDTH);

    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, batch[0]));
    batch[0].values[LEYLINE_FEATURE_EPOCH] = 8;
    batch[0].values[LEYLINE_FEATURE_VAL_LOSS] = 2;
    batch[0].values[LEYLINE_FEATURE_LOSS_DELTA] = -0.5f * expf(1);
    batch[0].values[LEYLINE_FEATURE_AVAILABLE_SLOTS] = 2;
    batch[1] = batch[0];
    batch[1].values[LEYLINE_FEATURE_TRAIN_LOSS] = NAN;
    OK(leyline_normalizer_rows(normalizer, &batch[0], 1, normalized.values, &replaced));
    CHECK(replaced == 0 && normalized.values[LEYLINE_FEATURE_EPOCH] == 1 && normalized.values[LEYLINE_FEATURE_VAL_LOSS] == 0.5f);
    CHECK(fabsf(normalized.values[LEYLINE_FEATURE_LOSS_DELTA] + 2) < 1e-6f);
    OK(leyline_schema_check_row(schema, normalized.values, 27));
    OK(leyline_normalizer_restore(normalizer, &normalized, &back, &cut_off));
    CHECK(cut_off == 1u << LEYLINE_FEATURE_EPOCH && back.values[LEYLINE_FEATURE_EPOCH] == 7);
    CHECK(back.values[LEYLINE_FEATURE_VAL_LOSS] == 2 && back.values[LEYLINE_FEATURE_AVAILABLE_SLOTS] == 2);
    leyline_normalizer_t *of_schema = NULL;
    leyline_normalized_t again;
    OK(leyline_normalizer_of_schema(version_2, &of_schema));
    OK(leyline_normalizer_rows(of_schema, &batch[0], 1, again.values, NULL));
    CHECK(memcmp(&again, &normalized, sizeof again) == 0);
    OK(leyline_normalizer_close(of_schema));
    leyline_schema_t *raw = v1();
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "observation.TASK", leyline_normalizer_of_schema(raw, &of_schema));
    OK(leyline_schema_close(raw));
    float rows[54], wide[108];
    OK(leyline_normalizer_rows(normalizer, batch, 2, rows, &replaced));
    CHECK(replaced == 1u << LEYLINE_FEATURE_TRAIN_LOSS && memcmp(rows, normalized.values, sizeof normalized) == 0);
    CHECK(rows[27 + LEYLINE_FEATURE_TRAIN_LOSS] == 10 && rows[27 + LEYLINE_FEATURE_VAL_LOSS] == 0.5f);
    NEEDS("the address space", leyline_normalizer_rows(normalizer, batch, SIZE_MAX / 8, rows, NULL));
    normalized.values[3] = INFINITY;
    REFUSES(LEYLINE_ERR_NOT_FINITE, "VAL_LOSS", leyline_normalizer_restore(normalizer, &normalized, &back, NULL));
    normalized.values[3] = 11;
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "VAL_LOSS", leyline_normalizer_restore(normalizer, &normalized, &back, NULL));

    leyline_training_signals_t signals[2];
    OK(LEYLINE_INIT(LEYLINE_RECORD_TRAINING_SIGNALS, signals[0]));
    signals[0].metrics.epoch = 1;
    signals[0].metrics.validations = 1;
    signals[0].metrics.val_loss = 2;
    signals[0].loss_history_count = 1;
    signals[0].loss_history[0] = 2;
    signals[1] = signals[0];
    signals[1].metrics.validations = 2;
    signals[1].metrics.val_accuracy = 101;
    OK(leyline_normalizer_version_2_rows(normalizer, signals, 2, wide, &replaced));
    CHECK(replaced == 1u << LEYLINE_FEATURE_VAL_ACCURACY && wide[LEYLINE_FEATURE_VAL_LOSS] == 0.5f);
    CHECK(wide[27 + LEYLINE_FEATURE_LOSS_DELTA] == 1 && wide[54 + 27 + LEYLINE_FEATURE_LOSS_DELTA] == 0);
    CHECK(wide[27 + LEYLINE_FEATURE_LOSS_HIST_3] == 1 && wide[27 + LEYLINE_FEATURE_LOSS_HIST_4] == 0);
    CHECK(wide[27 + LEYLINE_FEATURE_EPOCH] == 0 && wide[27 + LEYLINE_FEATURE_SEED_STAGE] == 1);
    OK(leyline_schema_check_row(version_2, wide, 54));

    /* The seed, and the masks, read off any of them. */
    leyline_action_space_t *space = NULL;
    leyline_seed_state_t state;
    uint64_t masks[2], raw_masks[2];
    int8_t numbers[14];
    OK(leyline_action_space_standard("cnn", &space));
    batch[1].values[LEYLINE_FEATURE_HAS_ACTIVE_SEED] = 1;
    batch[1].values[LEYLINE_FEATURE_SEED_STAGE] = LEYLINE_SEED_STAGE_PROBATIONARY;
    OK(leyline_normalizer_rows(normalizer, batch, 2, rows, NULL));
    OK(leyline_schema_seed_state(schema, rows + 27, 27, &state));
    CHECK(state.active == 1 && state.stage == LEYLINE_SEED_STAGE_PROBATIONARY && state.slots == 2 && state.reserved == 0);
    OK(leyline_action_space_masks(space, NULL, batch[0].values, 2, raw_masks));
    OK(leyline_action_space_masks(space, schema, rows, 2, masks));
    CHECK(masks[0] == raw_masks[0] && masks[1] == raw_masks[1] && masks[1] == 0x61);
    OK(leyline_action_space_masks_i8(space, schema, rows, 2, numbers, 14));
    CHECK(numbers[0] == 1 && numbers[4] == 1 && numbers[5] == 0 && numbers[7] == 1 && numbers[8] == 0 && numbers[13] == 1);
    NEEDS("14 numbers", leyline_action_space_masks_i8(space, schema, rows, 2, numbers, 13));
    rows[LEYLINE_FEATURE_SEED_STAGE] = 0.25f;
    REFUSES(LEYLINE_ERR_NOT_FOUND, "seed", leyline_schema_seed_state(schema, rows, 27, &state));
    leyline_schema_t *bare = small(1, 1);
    NEEDS("HAS_ACTIVE_SEED", leyline_action_space_masks(space, bare, rows, 1, masks));
    NEEDS("HAS_ACTIVE_SEED", leyline_action_space_masks_i8(space, bare, rows, 1, numbers, 7));
    REFUSES(LEYLINE_ERR_NOT_FOUND, "seed", leyline_schema_seed_state(bare, rows, 3, &state));
    OK(leyline_schema_close(bare));
    OK(leyline_action_space_close(space));
    OK(leyline_schema_close(schema));
    OK(leyline_schema_close(version_2));
    OK(leyline_normalizer_close(normalizer));
}

static float halved(const float *row, size_t width, void *context) {
    *(size_t *)context = width;
    return row[1] / 2;
}

static void migration(void) {
    leyline_schema_t *old = small(1, 1), *other = small(2, 2), *raw = v1(), *found = NULL;
    leyline_migration_t *plan = NULL;
    uint32_t versions[4] = {0, 0, 0, 0};
    size_t count = 9, context = 0;
    const char *name = NULL;
    OK(leyline_registry_register(old));
    OK(leyline_registry_register(old));
    leyline_schema_t *changed = small(1, 5);
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "another version", leyline_registry_register(changed));
    OK(leyline_schema_close(changed));
    OK(leyline_registry_register(other));
    OK(leyline_registry_versions("small", 4, versions, &count));
    CHECK(count == 2 && versions[0] == 1 && versions[1] == 2);
    OK(leyline_registry_versions("small", 0, NULL, &count));
    CHECK(count == 2);
    OK(leyline_registry_find("small", 2, &found));
    OK(leyline_schema_check_same(other, found));
    OK(leyline_schema_close(found));
    found = NULL;
    REFUSES(LEYLINE_ERR_NOT_FOUND, "1, 2", leyline_registry_find("small", 3, &found));
    CHECK(found == NULL);

    /* AGE is scaled by another number. */
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "AGE", leyline_migration_plan(old, other, &plan));
    const leyline_field_t elsewhere = {"ELSEWHERE", LEYLINE_FIELD_F32, 1, 0, 0, NULL, 0, 1, NULL, NULL};
    leyline_schema_t *alien = NULL;
    OK(leyline_schema_new("alien", 1, 4, &elsewhere, 1, &alien));
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "unrelated", leyline_migration_plan(raw, alien, &plan));
    OK(leyline_schema_close(alien));
    NEEDS("YEARS", leyline_registry_add_converter(old, other, "YEARS", halved, NULL));
    NEEDS("converter", leyline_registry_add_converter(old, other, "AGE", NULL, NULL));
    NEEDS("two schemas", leyline_registry_add_converter(old, old, "AGE", halved, &context));
    CHECK(plan == NULL);
    OK(leyline_registry_add_converter(old, other, "AGE", halved, &context));
    OK(leyline_migration_plan(old, other, &plan));
    OK(leyline_migration_count(plan, LEYLINE_FATE_COPIED, &count));
    CHECK(count == 2);
    OK(leyline_migration_name(plan, LEYLINE_FATE_COPIED, 1, &name));
    CHECK(strcmp(name, "LOSS") == 0);
    OK(leyline_migration_name(plan, LEYLINE_FATE_CONVERTED, 0, &name));
    CHECK(strcmp(name, "AGE") == 0);
    REFUSES(LEYLINE_ERR_OUT_OF_RANGE, "below 0", leyline_migration_name(plan, LEYLINE_FATE_DROPPED, 0, &name));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "fate", leyline_migration_name(plan, 4, 0, &name));
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "fate", leyline_migration_count(plan, 4, &count));
    const float rows[6] = {1, 8, 5, 2, 20, 5};
    float migrated[6];
    uint64_t replaced = 9;
    OK(leyline_migration_apply(plan, rows, 2, migrated, &replaced));
    const float expected[6] = {1, 8, 4, 2, 10, 10};
    CHECK(memcmp(migrated, expected, sizeof expected) == 0 && replaced == 2 && context == 3);
    NEEDS("count", leyline_migration_apply(plan, rows, SIZE_MAX / 2, migrated, NULL));
    OK(leyline_migration_close(plan));

    /* Version 1 to version 2, by the converters that come with the library, and by those of a task. */
    leyline_normalizer_t *normalizer = custom(3), *namesake = custom(4);
    leyline_schema_t *version_2 = NULL;
    OK(leyline_normalizer_schema(normalizer, 2, &version_2));
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "EPOCH", leyline_migration_plan(raw, version_2, &plan));
    OK(leyline_normalizer_register(normalizer));
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "max_slots", leyline_normalizer_register(namesake));
    for (int preset = 0; preset < 2; preset++) {
        leyline_observation_t o;
        float wide[54];
        OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, o));
        o.values[LEYLINE_FEATURE_VAL_ACCURACY] = 50;
        if (preset) OK(leyline_registry_find("observation.cifar10", 2, &found));
        OK(leyline_migration_plan(raw, preset ? found : version_2, &plan));
        OK(leyline_migration_count(plan, LEYLINE_FATE_CONVERTED, &count));
        CHECK(count == 25);
        OK(leyline_migration_count(plan, LEYLINE_FATE_DEFAULTED, &count));
        CHECK(count == 27);
        OK(leyline_migration_apply(plan, o.values, 1, wide, &replaced));
        CHECK(replaced == 0 && wide[LEYLINE_FEATURE_VAL_ACCURACY] == 0.5f && wide[27] == 0.5f && wide[53] == 0.5f);
        OK(leyline_migration_close(plan));
    }
    OK(leyline_schema_close(found));
    OK(leyline_schema_close(version_2));
    OK(leyline_normalizer_close(normalizer));
    OK(leyline_normalizer_close(namesake));
    OK(leyline_schema_close(raw));
    OK(leyline_schema_close(old));
    OK(leyline_schema_close(other));
}

/* Two programs that disagree: the one that comes second is told who and where. */
static void another_version_is_refused(void) {
    leyline_field_t fields[3];
    leyline_schema_t *mine = NULL, *theirs = NULL;
    leyline_spec_t *spec = NULL;
    leyline_segment_t *segment = NULL;
    leyline_observer_t *observer = NULL;
    leyline_ring_options_t ring = {0};
    memcpy(fields, SMALL, sizeof fields);
    OK(leyline_schema_new("small", 1, 12, fields, 3, &mine));
    fields[1].high = 20;
    OK(leyline_schema_new("small", 2, 12, fields, 3, &theirs));
    ring.name = "rows";
    OK(leyline_spec_new(&spec));
    OK(leyline_spec_add_ring(spec, &ring, theirs));
    OK(leyline_segment_create("versions", spec, NULL, &segment));
    REFUSES(LEYLINE_ERR_SCHEMA_MISMATCH, "ring \"rows\"",
            leyline_observer_open(segment, "rows", mine, LEYLINE_START_OLDEST, 0, &observer));
    const char *said = leyline_last_error();
    CHECK(strstr(said, "expected small 1 [") != NULL && strstr(said, "found small 2 [") != NULL);
    CHECK(strstr(said, ": field 1 LOSS, 1 x f32 at byte 4, unit nats, 0 to 10, scale raw, missing 10") != NULL);
    CHECK(strstr(said, ": field 1 LOSS, 1 x f32 at byte 4, unit nats, 0 to 20, scale raw, missing 10") != NULL);
    CHECK(strstr(said, "build both sides against the same version") != NULL && observer == NULL);
    OK(leyline_segment_unlink("versions", NULL));
    OK(leyline_segment_close(segment));
    OK(leyline_spec_close(spec));
    OK(leyline_schema_close(mine));
    OK(leyline_schema_close(theirs));
}

static void a_null_is_named(void) {
    leyline_schema_t *schema = small(1, 1), *made = NULL;
    leyline_schema_t *raw = v1();
    leyline_normalizer_t *normalizer = custom(1), *another = NULL;
    leyline_migration_t *plan = NULL, *planned = NULL;
    leyline_action_space_t *space = NULL;
    leyline_task_t task;
    leyline_observation_t o;
    leyline_normalized_t normalized;
    leyline_training_signals_t signals;
    leyline_parameter_t parameter = {"p", 1};
    leyline_field_t field;
    leyline_seed_state_t state;
    float row[54] = {0};
    int8_t numbers[7];
    uint64_t mask = 0;
    size_t n = 0;
    uint32_t version = 0;
    const char *text = NULL;
    leyline_schema_t *later = small(7, 1);
    OK(leyline_action_space_standard("cnn", &space));
    OK(leyline_task_preset(LEYLINE_TASK_CIFAR10, &task));
    OK(LEYLINE_INIT(LEYLINE_RECORD_OBSERVATION, o));
    OK(LEYLINE_INIT(LEYLINE_RECORD_TRAINING_SIGNALS, signals));
    OK(leyline_migration_plan(schema, later, &plan));
    NEEDS("text", leyline_schema_from_canonical(NULL, 1, &made));
    NEEDS("schema", leyline_schema_from_canonical("x", 1, NULL));
    NEEDS("schema", leyline_schema_with_parameters(NULL, &parameter, 1, &made));
    NEEDS("parameters", leyline_schema_with_parameters(schema, NULL, 1, &made));
    NEEDS("schema", leyline_schema_with_parameters(schema, &parameter, 1, NULL));
    parameter.name = NULL;
    NEEDS("name of a parameter", leyline_schema_with_parameters(schema, &parameter, 1, &made));
    leyline_schema_info_t info;
    NEEDS("schema", leyline_schema_info(NULL, &info));
    NEEDS("info", leyline_schema_info(schema, NULL));
    NEEDS("schema", leyline_schema_field(NULL, 0, &field));
    NEEDS("field", leyline_schema_field(schema, 0, NULL));
    NEEDS("schema", leyline_schema_parameter(NULL, 0, &parameter));
    NEEDS("parameter", leyline_schema_parameter(schema, 0, NULL));
    NEEDS("schema", leyline_schema_check_same(NULL, schema));
    NEEDS("found", leyline_schema_check_same(schema, NULL));
    NEEDS("schema", leyline_schema_index_of(NULL, "LOSS", &n));
    NEEDS("name", leyline_schema_index_of(schema, NULL, &n));
    NEEDS("index", leyline_schema_index_of(schema, "LOSS", NULL));
    NEEDS("schema", leyline_schema_bounds(NULL, 3, row, row, row, row));
    NEEDS("schema", leyline_schema_names_of(NULL, 1, (char *)row, 3, NULL));
    NEEDS("text", leyline_schema_names_of(schema, 1, NULL, 3, NULL));
    NEEDS("schema", leyline_schema_check_row(NULL, row, 3));
    NEEDS("row", leyline_schema_check_row(schema, NULL, 3));
    NEEDS("schema", leyline_schema_sanitize_row(NULL, row, 3, NULL));
    NEEDS("row", leyline_schema_sanitize_row(schema, NULL, 3, NULL));
    NEEDS("schema", leyline_schema_seed_state(NULL, row, 27, &state));
    NEEDS("row", leyline_schema_seed_state(raw, NULL, 27, &state));
    NEEDS("state", leyline_schema_seed_state(raw, row, 27, NULL));
    NEEDS("space", leyline_action_space_masks(NULL, raw, row, 1, &mask));
    NEEDS("rows", leyline_action_space_masks(space, raw, NULL, 1, &mask));
    NEEDS("masks", leyline_action_space_masks(space, raw, row, 1, NULL));
    NEEDS("space", leyline_action_space_masks_i8(NULL, raw, row, 1, numbers, 7));
    NEEDS("rows", leyline_action_space_masks_i8(space, raw, NULL, 1, numbers, 7));
    NEEDS("masks", leyline_action_space_masks_i8(space, raw, row, 1, NULL, 7));
    NEEDS("task", leyline_task_preset(LEYLINE_TASK_CIFAR10, NULL));
    NEEDS("record", leyline_record_check(LEYLINE_RECORD_TASK, NULL, sizeof(leyline_task_t)));
    leyline_task_t preset;
    REFUSES(LEYLINE_ERR_INVALID_ENUM, "preset", leyline_task_preset(3, &preset));
    NEEDS("version", leyline_normalizer_schema(normalizer, 3, &made));
    NEEDS("task", leyline_normalizer_new(NULL, &another));
    NEEDS("normalizer", leyline_normalizer_new(&task, NULL));
    NEEDS("schema", leyline_normalizer_of_schema(NULL, &another));
    NEEDS("normalizer", leyline_normalizer_of_schema(schema, NULL));
    NEEDS("normalizer", leyline_normalizer_schema(NULL, 1, &made));
    NEEDS("schema", leyline_normalizer_schema(normalizer, 1, NULL));
    NEEDS("normalizer", leyline_normalizer_schema(NULL, 2, &made));
    NEEDS("schema", leyline_normalizer_schema(normalizer, 2, NULL));
    NEEDS("normalizer", leyline_normalizer_register(NULL));
    NEEDS("normalizer", leyline_normalizer_rows(NULL, &o, 1, normalized.values, NULL));
    NEEDS("normalizer", leyline_normalizer_rows(NULL, &o, 1, row, NULL));
    NEEDS("observations", leyline_normalizer_rows(normalizer, NULL, 1, row, NULL));
    NEEDS("rows", leyline_normalizer_rows(normalizer, &o, 1, NULL, NULL));
    NEEDS("normalizer", leyline_normalizer_restore(NULL, &normalized, &o, NULL));
    NEEDS("normalized", leyline_normalizer_restore(normalizer, NULL, &o, NULL));
    NEEDS("observation", leyline_normalizer_restore(normalizer, &normalized, NULL, NULL));
    NEEDS("normalizer", leyline_normalizer_version_2_rows(NULL, &signals, 1, row, NULL));
    NEEDS("signals", leyline_normalizer_version_2_rows(normalizer, NULL, 1, row, NULL));
    NEEDS("rows", leyline_normalizer_version_2_rows(normalizer, &signals, 1, NULL, NULL));
    NEEDS("schema", leyline_registry_register(NULL));
    NEEDS("name", leyline_registry_find(NULL, 1, &made));
    NEEDS("schema", leyline_registry_find("small", 1, NULL));
    NEEDS("name", leyline_registry_versions(NULL, 1, &version, &n));
    NEEDS("versions", leyline_registry_versions("small", 1, NULL, &n));
    NEEDS("count", leyline_registry_versions("small", 1, &version, NULL));
    NEEDS("from", leyline_registry_add_converter(NULL, schema, "LOSS", halved, NULL));
    NEEDS("to", leyline_registry_add_converter(raw, NULL, "LOSS", halved, NULL));
    NEEDS("field", leyline_registry_add_converter(raw, schema, NULL, halved, NULL));
    NEEDS("from", leyline_migration_plan(NULL, schema, &planned));
    NEEDS("to", leyline_migration_plan(schema, NULL, &planned));
    NEEDS("migration", leyline_migration_plan(schema, later, NULL));
    NEEDS("migration", leyline_migration_count(NULL, 0, &n));
    NEEDS("count", leyline_migration_count(plan, 0, NULL));
    NEEDS("migration", leyline_migration_name(NULL, 0, 0, &text));
    NEEDS("name", leyline_migration_name(plan, 0, 0, NULL));
    NEEDS("migration", leyline_migration_apply(NULL, row, 1, row + 3, NULL));
    NEEDS("rows", leyline_migration_apply(plan, NULL, 1, row, NULL));
    NEEDS("migrated", leyline_migration_apply(plan, row, 1, NULL, NULL));
    CHECK(made == NULL && another == NULL && planned == NULL);
    OK(leyline_schema_close(schema));
    OK(leyline_schema_close(later));
    OK(leyline_schema_close(raw));
    OK(leyline_action_space_close(space));
    OK(leyline_normalizer_close(normalizer));
    OK(leyline_migration_close(plan));
    NEEDS("closed", leyline_normalizer_close(normalizer));
    NEEDS("closed", leyline_migration_close(plan));
    NEEDS("closed", leyline_normalizer_rows(normalizer, &o, 1, normalized.values, NULL));
    OK(leyline_normalizer_close(NULL));
    OK(leyline_migration_close(NULL));
}

int main(void) {
    schemas();
    what_is_no_schema();
    tasks();
    normalization();
    migration();
    another_version_is_refused();
    a_null_is_named();
    return 0;
}
