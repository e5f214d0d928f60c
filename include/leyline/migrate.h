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

/**
 * Turns rows of one schema into rows of another. Never changes: any number of threads may use it
 * at once.
 */
typedef struct leyline_migration_t leyline_migration_t;

/** Normalizes observations for one task. Never changes: any number of threads may use it at once. */
typedef struct leyline_normalizer_t leyline_normalizer_t;

/** The tasks that come with the library. */
enum leyline_task {
    /** A small convolutional network on CIFAR-10. */
    LEYLINE_TASK_CIFAR10 = 1,
    /** A small transformer on TinyStories. */
    LEYLINE_TASK_TINYSTORIES = 2,
};

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

/** A normalized observation: not to be published as a leyline_observation_t. */
typedef struct leyline_normalized_t {
    /** By leyline_feature; the schema is version 1 of leyline_normalizer_schema. */
    float values[27];
} leyline_normalized_t;

/**
 * Computes a number of the new row from the old row, which is width numbers long. Called from any
 * thread that applies a migration; must not unwind.
 */
typedef float (*leyline_converter_t)(const float *row, size_t width, void *context);

/**
 * Plans how rows of one schema become rows of another: fields with a converter are converted,
 * others of the same unit, bounds and scale are copied by name, the rest read as their missing
 * value.
 *
 * @return  LEYLINE_ERR_SCHEMA_MISMATCH: a field means another thing in both and has no converter,
 *          or no field comes over
 */
leyline_status_t leyline_migration_plan(const leyline_schema_t *from, const leyline_schema_t *to,
    leyline_migration_t **migration);

/**
 * Counts the fields that a migration copies, converts, defaults or drops.
 *
 * @param fate  a leyline_fate
 */
leyline_status_t leyline_migration_count(const leyline_migration_t *migration, uint32_t fate, size_t *count);

/**
 * Names a field that a migration copies, converts, defaults or drops.
 *
 * @param fate   a leyline_fate
 * @param index  in the order of the schema
 * @param name   the migration's own, valid until it is closed
 * @return       LEYLINE_ERR_OUT_OF_RANGE (index)
 */
leyline_status_t leyline_migration_name(const leyline_migration_t *migration, uint32_t fate, size_t index,
    const char **name);

/**
 * Computes new rows of old ones. Allocates nothing.
 *
 * @param rows      a (count, width of the old schema) block
 * @param migrated  a (count, width of the new schema) block
 * @param replaced  bit i if number i of any new row was brought into its bounds, bit 63 for all
 *                  from 63 on; or NULL
 */
leyline_status_t leyline_migration_apply(const leyline_migration_t *migration, const float *rows,
    size_t count, float *migrated, uint64_t *replaced);

/**
 * Ends the handle.
 *
 * @param migration  or NULL
 */
leyline_status_t leyline_migration_close(leyline_migration_t *migration);

/**
 * Fills in a task that comes with the library.
 *
 * @param preset  a leyline_task
 */
leyline_status_t leyline_task_preset(uint32_t preset, leyline_task_t *task);

/** Makes the normalizer of a task, which is checked first. */
leyline_status_t leyline_normalizer_new(const leyline_task_t *task, leyline_normalizer_t **normalizer);

/**
 * Makes the normalizer whose observations have a schema, as for a controller that accepts any.
 *
 * @return  LEYLINE_ERR_SCHEMA_MISMATCH: no task gives that schema
 */
leyline_status_t leyline_normalizer_of_schema(const leyline_schema_t *schema,
    leyline_normalizer_t **normalizer);

/**
 * Gives a schema of the task's observations as a handle of its own.
 *
 * @param version  1, or 0: normalized.TASK, 27 numbers; 2: observation.TASK, version 2,
 *                 LEYLINE_VERSION_2_WIDTH numbers
 */
leyline_status_t leyline_normalizer_schema(const leyline_normalizer_t *normalizer, uint32_t version,
    leyline_schema_t **schema);

/**
 * Makes both schemas known to the process's registry, with the converters from raw observations.
 * Those of the presets are known already.
 *
 * @return  LEYLINE_ERR_SCHEMA_MISMATCH: another task of that name is registered
 */
leyline_status_t leyline_normalizer_register(const leyline_normalizer_t *normalizer);

/**
 * Normalizes observations. Allocates nothing.
 *
 * @param observations  count of them; may hold anything
 * @param rows          a (count, 27) block, such as the values of a leyline_normalized_t
 * @param replaced      bit i if number i of any of them was out of bounds; or NULL
 */
leyline_status_t leyline_normalizer_rows(const leyline_normalizer_t *normalizer,
    const leyline_observation_t *observations, size_t count, float *rows, uint32_t *replaced);

/**
 * Makes version 2 of the observation of training signals: the 27 normalized numbers, then a flag
 * for each: 0 it is there, 1 it is missing, 0.5 unknown. Allocates nothing.
 *
 * @param signals   count of them; may hold anything
 * @param rows      a (count, LEYLINE_VERSION_2_WIDTH) block
 * @param replaced  bit i if number i of any of them was out of bounds; or NULL
 */
leyline_status_t leyline_normalizer_version_2_rows(const leyline_normalizer_t *normalizer,
    const leyline_training_signals_t *signals, size_t count, float *rows, uint32_t *replaced);

/**
 * Computes the raw observation of a normalized one, as far as it can be told.
 *
 * @param normalized  of version 2 its first 27 numbers
 * @param cut_off     bit i where number i stands at the end of a clip: it may have been beyond; or
 *                    NULL
 * @return            LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE: numbers that no normalized
 *                    observation has
 */
leyline_status_t leyline_normalizer_restore(const leyline_normalizer_t *normalizer,
    const leyline_normalized_t *normalized, leyline_observation_t *observation, uint32_t *cut_off);

/**
 * Ends the handle.
 *
 * @param normalizer  or NULL
 */
leyline_status_t leyline_normalizer_close(leyline_normalizer_t *normalizer);

/**
 * Makes an observation schema known to the process; the same once more changes nothing.
 *
 * @return  LEYLINE_ERR_SCHEMA_MISMATCH: another schema has that name and version;
 *          LEYLINE_ERR_INVALID_ARGUMENT: its records are not rows of floats
 */
leyline_status_t leyline_registry_register(const leyline_schema_t *schema);

/**
 * Finds a schema that is registered or comes with the library: observation 1; of cifar10 and
 * tinystories normalized.TASK 1 and observation.TASK 2.
 *
 * @return  LEYLINE_ERR_NOT_FOUND
 */
leyline_status_t leyline_registry_find(const char *name, uint32_t version, leyline_schema_t **schema);

/**
 * Lists the known versions of a name, ascending.
 *
 * @param capacity  room in versions
 * @param count     how many there are, of which at most capacity were written; 0 if the name is
 *                  not known
 */
leyline_status_t leyline_registry_versions(const char *name, size_t capacity, uint32_t *versions,
    size_t *count);

/**
 * Sets how rows of one schema give a field of another, for all migrations planned from now on. The
 * result of the function is brought into the field's bounds.
 *
 * @param field      a field of the new schema
 * @param converter  called from any thread that applies such a migration, until the process ends
 * @param context    handed to the function; or NULL
 */
leyline_status_t leyline_registry_add_converter(const leyline_schema_t *from, const leyline_schema_t *to,
    const char *field, leyline_converter_t converter, void *context);

#ifdef __cplusplus
}
#endif

#endif
