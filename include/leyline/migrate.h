/* Normalized observations, the registry of schemas, and migrations.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_MIGRATE_H
#define LEYLINE_MIGRATE_H

#include "contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Numbers in a row of version 2. */
#define LEYLINE_VERSION_2_WIDTH 54

/** How rows of one schema become rows of another. Never changes: any number of threads may use it at once. */
typedef struct leyline_migration_t leyline_migration_t;

/** Normalizes observations for one task. Never changes: any number of threads may use it at once. */
typedef struct leyline_normalizer_t leyline_normalizer_t;

/**
 * A learning task in numbers.
 *
 * The fields may be set freely; check and new
 * refuse values that make no sense.
 */
typedef struct leyline_task_t {
    /** Its name, 1 to 27 of `A-Z a-z 0-9 . _ -`. The schemas are named after it. */
    leyline_id_t name;
    /** The loss of a model that has learnt nothing, nats: reads 1. */
    double baseline_loss;
    /** The loss aimed at, nats, less than the baseline: reads 0. */
    double target_loss;
    /** A usual change of the loss between validations, nats, above 0: reads 1. */
    double delta_std;
    /** Epochs of a run, 1 or more: reads 1, as do more. */
    double max_epochs;
    /** Optimizer steps of a run, 1 or more: reads 1, as do more. */
    double max_steps;
    /** Seed slots, 1 or more: reads 1, as do more. */
    double max_slots;
} leyline_task_t;

/** A normalized observation: no observation, and not to be published as one. */
typedef struct leyline_normalized_t {
    /** The numbers, by leyline_feature; the schema is that of leyline_normalizer_schema. */
    float values[27];
} leyline_normalized_t;

/**
 * Makes a number of the new row from the old row, which is as long as its schema is wide. Called from any thread that
 * applies a migration; must not unwind.
 */
typedef float (*leyline_converter_t)(const float *row, size_t width, void *context);

/**
 * The numbers of a small convolutional network on CIFAR-10.
 *
 * @param task  the task
 *
 * Any thread.
 */
leyline_status_t leyline_task_cifar10(leyline_task_t *task);

/**
 * The numbers of a small transformer on TinyStories.
 *
 * @param task  the task
 *
 * Any thread.
 */
leyline_status_t leyline_task_tinystories(leyline_task_t *task);

/**
 * Whether a task makes sense: a name of 1 to 27 of A-Z a-z 0-9 . _ -, everything finite, the baseline above the target,
 * delta_std above 0, no maximum below 1. The error names what does not.
 *
 * @param task  the task
 * @return      LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_task_check(const leyline_task_t *task);

/**
 * Makes what normalizes for a task.
 *
 * @param task        the task
 * @param normalizer  the new handle; close it with leyline_normalizer_close
 * @return            as leyline_task_check
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_new(const leyline_task_t *task, leyline_normalizer_t **normalizer);

/**
 * The normalizer whose observations have a schema: of a controller that attached to whatever there is, it gets raw
 * observations back.
 *
 * @param schema      a schema as leyline_normalizer_schema or leyline_normalizer_version_2_schema gives it
 * @param normalizer  the new handle; close it with leyline_normalizer_close
 * @return            LEYLINE_ERR_SCHEMA_MISMATCH if no task gives that schema
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_of_schema(const leyline_schema_t *schema,
    leyline_normalizer_t **normalizer);

/**
 * The schema of normalized observations: normalized.TASK, version 1, 27 numbers.
 *
 * @param normalizer  the normalizer
 * @param schema      the new handle; close it with leyline_schema_close
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_schema(const leyline_normalizer_t *normalizer, leyline_schema_t **schema);

/**
 * The schema of version 2 of the observation: observation.TASK, version 2, 54 numbers.
 *
 * @param normalizer  the normalizer
 * @param schema      the new handle; close it with leyline_schema_close
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_version_2_schema(const leyline_normalizer_t *normalizer,
    leyline_schema_t **schema);

/**
 * Makes both schemas known to the process's registry, with the converters by which raw observations migrate to them.
 * Those of the presets are known already.
 *
 * @param normalizer  the normalizer
 * @return            LEYLINE_ERR_SCHEMA_MISMATCH if another task of that name is registered
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_register(const leyline_normalizer_t *normalizer);

/**
 * Normalizes an observation. Always in the Box of leyline_normalizer_schema.
 *
 * @param normalizer   the normalizer
 * @param observation  the raw observation; may hold anything
 * @param normalized   the normalized one
 * @param replaced     bit i for each number of index i that was not in its Box and was brought there first; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_normalize(const leyline_normalizer_t *normalizer,
    const leyline_observation_t *observation, leyline_normalized_t *normalized, uint32_t *replaced);

/**
 * Normalizes a batch. Allocates nothing.
 *
 * @param normalizer    the normalizer
 * @param observations  the raw observations; may hold anything
 * @param count         how many
 * @param rows          (count, 27) numbers, row by row
 * @param replaced      bit i if in any of them the number of index i was not in its Box; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_normalize_rows(const leyline_normalizer_t *normalizer,
    const leyline_observation_t *observations, size_t count, float *rows, uint32_t *replaced);

/**
 * The observation that a normalized one was made of, as far as it can be told.
 *
 * @param normalizer   the normalizer that made it
 * @param normalized   the normalized observation; of version 2 its first 27 numbers
 * @param observation  the raw one; in its Box
 * @param cut_off      bit i for each number of index i that stands at the end of a clip: it may have been beyond; or
 *                     NULL
 * @return             LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE for numbers that no normalized observation has
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_restore(const leyline_normalizer_t *normalizer,
    const leyline_normalized_t *normalized, leyline_observation_t *observation, uint32_t *cut_off);

/**
 * Version 2 of the observation, of a batch of training signals: the 27 normalized numbers and, in the same order, a
 * flag for each: 0 it is there, 1 it is missing, 0.5 unknown. Allocates nothing.
 *
 * @param normalizer  the normalizer
 * @param signals     the signals; may hold anything
 * @param count       how many
 * @param rows        (count, LEYLINE_VERSION_2_WIDTH) numbers, row by row
 * @param replaced    bit i if in any of them the number of index i was not in its Box; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_normalizer_version_2_rows(const leyline_normalizer_t *normalizer,
    const leyline_training_signals_t *signals, size_t count, float *rows, uint32_t *replaced);

/**
 * Ends the handle. Schemas made with it are not touched.
 *
 * @param normalizer  the handle, or NULL
 */
leyline_status_t leyline_normalizer_close(leyline_normalizer_t *normalizer);

/**
 * Makes an observation schema known to the process. Doing so again changes nothing.
 *
 * @param schema  the schema of rows of floats
 * @return        LEYLINE_ERR_SCHEMA_MISMATCH if another schema has that name and version already,
 *                LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
 *
 * Any thread.
 */
leyline_status_t leyline_registry_register(const leyline_schema_t *schema);

/**
 * The schema of a name and version: a registered one or one that comes with the library (observation 1, and of the
 * presets cifar10 and tinystories normalized.TASK 1 and observation.TASK 2).
 *
 * @param name     the name
 * @param version  the version
 * @param schema   the new handle; close it with leyline_schema_close
 * @return         LEYLINE_ERR_NOT_FOUND
 *
 * Any thread.
 */
leyline_status_t leyline_registry_find(const char *name, uint32_t version, leyline_schema_t **schema);

/**
 * The known versions of a name, ascending.
 *
 * @param name      the name
 * @param room      how many numbers there is room for
 * @param versions  the first versions, as many as there is room for
 * @param count     how many there are; 0 if the name is not known
 *
 * Any thread.
 */
leyline_status_t leyline_registry_versions(const char *name, size_t room, uint32_t *versions, size_t *count);

/**
 * Says how rows of one schema give a field of another, for all migrations planned from now on. What the function gives
 * is brought into the field's Box.
 *
 * @param from       the old schema
 * @param to         the new schema
 * @param field      a field of the new schema
 * @param converter  the function; called from any thread that applies such a migration, until the process ends
 * @param context    what it gets beside the row; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_registry_add_converter(const leyline_schema_t *from, const leyline_schema_t *to,
    const char *field, leyline_converter_t converter, void *context);

/**
 * Plans how rows of one schema become rows of another: fields with a converter are converted, others of the same unit,
 * bounds and scale copied by name, and those that the old schema has not read as their missing value.
 *
 * @param from       the old schema
 * @param to         the new schema
 * @param migration  the new handle; close it with leyline_migration_close
 * @return           LEYLINE_ERR_SCHEMA_MISMATCH if a field stands in both with another meaning and has no converter, or
 *                   if nothing of the old schema comes over into the new one
 *
 * Any thread.
 */
leyline_status_t leyline_migration_plan(const leyline_schema_t *from, const leyline_schema_t *to,
    leyline_migration_t **migration);

/**
 * How many fields a migration copies, converts, defaults or drops.
 *
 * @param migration  the migration
 * @param fate       a leyline_fate
 * @param count      fields
 * @return           LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_migration_count(const leyline_migration_t *migration, uint32_t fate, size_t *count);

/**
 * The name of a field that a migration copies, converts, defaults or drops.
 *
 * @param migration  the migration
 * @param fate       a leyline_fate
 * @param index      from 0, in the order of the schema
 * @param name       the name, the migration's own: valid until it is closed
 * @return           LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_migration_name(const leyline_migration_t *migration, uint32_t fate, size_t index,
    const char **name);

/**
 * Makes new rows of old ones. Allocates nothing.
 *
 * @param migration  the migration
 * @param rows       (count, width of the old schema) numbers, row by row
 * @param count      rows
 * @param migrated   (count, width of the new schema) numbers, row by row
 * @param replaced   bit i if in any new row number i was brought into its Box, bit 63 for any from 63 on; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_migration_apply(const leyline_migration_t *migration, const float *rows,
    size_t count, float *migrated, uint64_t *replaced);

/**
 * Ends the handle.
 *
 * @param migration  the handle, or NULL
 */
leyline_status_t leyline_migration_close(leyline_migration_t *migration);

#ifdef __cplusplus
}
#endif

#endif
