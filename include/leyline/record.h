/* Records and their schemas.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_RECORD_H
#define LEYLINE_RECORD_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A schema. Never changes: any number of threads may use it at once. */
typedef struct leyline_schema_t leyline_schema_t;

/** One field of a record. Strings are read during the call only. */
typedef struct leyline_field_t {
    /** Its name: 1 to 79 bytes without white space or control characters, unique within the record. */
    const char *name;
    /** A leyline_field. */
    uint32_t type;
    /** Elements; 1 for a plain number. */
    uint32_t count;
    /** Bytes from the record's start: offsetof. */
    uint32_t offset;
    /** 0. */
    uint32_t reserved;
    /** Its unit; NULL for none ("-"). */
    const char *unit;
    /** The least value, inclusive; -INFINITY for no bound. */
    double low;
    /** The greatest value, inclusive; INFINITY for no bound. */
    double high;
    /** How the number is scaled; NULL if it is in its unit ("raw"). */
    const char *scale;
    /** What stands there when the value is not known; NULL if it always is ("none"). */
    const char *missing;
} leyline_field_t;

/** A number that belongs to the meaning of a record, such as one of a task. */
typedef struct leyline_parameter_t {
    /** Its name: 1 to 79 bytes without white space or control characters, unique within the schema. */
    const char *name;
    /** The number; finite. */
    double value;
} leyline_parameter_t;

/** What a row says about the seed: as much as decides which actions are possible. */
typedef struct leyline_seed_state_t {
    /** 1 if a seed is alive in the slot, else 0. */
    uint32_t active;
    /** A leyline_seed_stage. */
    uint32_t stage;
    /** Free slots. */
    uint32_t slots;
    /** 0. */
    uint32_t reserved;
} leyline_seed_state_t;

/**
 * Sets a record to its defaults: a new id, the present time, nothing optional. Enumerations without a default stay 0,
 * which leyline_record_check refuses.
 *
 * @param kind  a leyline_record
 * @param size  sizeof the record
 * @return      LEYLINE_ERR_INVALID_ARGUMENT (size)
 */
leyline_status_t leyline_record_init(uint32_t kind, void *record, size_t size);

/**
 * Checks that a record, which may hold anything, may be relied on. The error names the first field that may not.
 *
 * @param kind  a leyline_record
 * @param size  sizeof the record
 * @return      LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_NOT_WHOLE,
 *              LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_INVALID_ARGUMENT
 */
leyline_status_t leyline_record_check(uint32_t kind, const void *record, size_t size);

/**
 * Brings every number of a record into its bounds: saturates, replaces NaN, drops fractions of whole numbers.
 *
 * @param kind      a leyline_record; not of a decision, command, outcome or annotation, nor one that never travels
 * @param size      sizeof the record
 * @param replaced  of an observation bit i for number i, else how many were replaced; or NULL
 * @return          LEYLINE_ERR_UNSUPPORTED (kind)
 */
leyline_status_t leyline_record_sanitize(uint32_t kind, void *record, size_t size, uint64_t *replaced);

/**
 * Sets an id.
 *
 * @param text  UTF-8 of 1 to 39 bytes; NULL or "": the empty id
 * @return      LEYLINE_ERR_INVALID_ID: too long, for an id is never cut; nothing was written
 */
leyline_status_t leyline_id_set(leyline_id_t *id, const char *text);

/**
 * Sets a text, cut at a character if it is longer than 63 bytes.
 *
 * @param present  the record's: cut_bit is set in it where the text was cut, else cleared; or NULL
 * @param cut_bit  such as LEYLINE_COMMAND_REASON_CUT
 * @param text     UTF-8; NULL: the empty text
 */
leyline_status_t leyline_text_set(leyline_text_t *field, uint32_t *present, uint32_t cut_bit,
    const char *text);

/**
 * Makes the schema of a record of your own.
 *
 * @param name         the record's name: 1 to 39 bytes without white space or control characters
 * @param version      its version; another version is another meaning
 * @param size         bytes of a record: sizeof, a multiple of 4 to be carried by a ring, at most 2^24
 * @param fields       its fields in ascending order of their offsets, not overlapping
 * @param field_count  how many, 1 or more
 * @param schema       the new handle; close it with leyline_schema_close
 * @return             LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_schema_new(const char *name, uint32_t version, size_t size,
    const leyline_field_t *fields, size_t field_count, leyline_schema_t **schema);

/**
 * Gives the schema of a record that comes with the library.
 *
 * @param record  a leyline_record
 * @param schema  the new handle; close it with leyline_schema_close
 * @return        LEYLINE_ERR_INVALID_ENUM
 *
 * Any thread.
 */
leyline_status_t leyline_schema_of_record(uint32_t record, leyline_schema_t **schema);

/**
 * Makes a schema from its canonical text, which may come from anywhere.
 *
 * @param text    UTF-8; need not end with a NUL
 * @param bytes   how many bytes of it
 * @param schema  the new handle; close it with leyline_schema_close
 * @return        LEYLINE_ERR_CORRUPT unless it is the canonical text of some schema to the byte
 *
 * Any thread.
 */
leyline_status_t leyline_schema_from_canonical(const char *text, size_t bytes, leyline_schema_t **schema);

/**
 * Makes a schema from another one with parameters in the place of its own: the numbers that its formulas name, and
 * whatever else another record of this name may not differ in.
 *
 * @param schema      the schema; not changed
 * @param parameters  the parameters, in the order that the fingerprint covers
 * @param count       how many, at most 64
 * @param with        the new handle; close it with leyline_schema_close
 * @return            LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_schema_with_parameters(const leyline_schema_t *schema,
    const leyline_parameter_t *parameters, size_t count, leyline_schema_t **with);

/**
 * The record's name and version.
 *
 * @param schema   the schema
 * @param name     the name, the schema's own: valid until it is closed
 * @param version  the version; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_schema_name(const leyline_schema_t *schema, const char **name, uint32_t *version);

/**
 * How many fields and parameters a schema has.
 *
 * @param schema      the schema
 * @param fields      fields
 * @param parameters  parameters; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_schema_len(const leyline_schema_t *schema, size_t *fields, size_t *parameters);

/**
 * A field of a schema.
 *
 * @param schema  the schema
 * @param index   its position, from 0
 * @param field   the field; its strings are the schema's own: valid until it is closed
 * @return        LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_schema_field(const leyline_schema_t *schema, size_t index, leyline_field_t *field);

/**
 * A parameter of a schema.
 *
 * @param schema     the schema
 * @param index      its position, from 0
 * @param parameter  the parameter; its name is the schema's own: valid until it is closed
 * @return           LEYLINE_ERR_OUT_OF_RANGE
 *
 * Any thread.
 */
leyline_status_t leyline_schema_parameter(const leyline_schema_t *schema, size_t index,
    leyline_parameter_t *parameter);

/**
 * Whether two schemas are the same. If not, leyline_last_error() names both and the first field that differs.
 *
 * @param schema  the schema that is expected
 * @param found   the one that was found
 * @return        LEYLINE_ERR_SCHEMA_MISMATCH if they differ
 *
 * Any thread.
 */
leyline_status_t leyline_schema_check_same(const leyline_schema_t *schema, const leyline_schema_t *found);

/**
 * The fingerprint: the first 16 bytes of SHA-256 over the canonical text. Two sides agree on a record when their
 * fingerprints are equal.
 *
 * @param schema       the schema
 * @param fingerprint  16 bytes
 *
 * Any thread.
 */
leyline_status_t leyline_schema_fingerprint(const leyline_schema_t *schema, uint8_t *fingerprint);

/**
 * The canonical text: one line for the record, one for each field.
 *
 * @param schema  the schema
 * @param text    the text, the schema's own: valid until it is closed
 *
 * Any thread.
 */
leyline_status_t leyline_schema_canonical(const leyline_schema_t *schema, const char **text);

/**
 * Bytes of one record.
 *
 * @param schema  the schema
 * @param size    bytes
 *
 * Any thread.
 */
leyline_status_t leyline_schema_record_size(const leyline_schema_t *schema, size_t *size);

/**
 * Ends the handle. Rings and specs made with it are not touched.
 *
 * @param schema  the handle, or NULL
 */
leyline_status_t leyline_schema_close(leyline_schema_t *schema);

/**
 * How many numbers a row of observations has.
 *
 * @param schema  the schema: 1 to 4096 floats and nothing else
 * @param width   numbers
 * @return        LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
 *
 * Any thread.
 */
leyline_status_t leyline_schema_width(const leyline_schema_t *schema, size_t *width);

/**
 * The position of a feature in the rows of a schema.
 *
 * @param schema  the schema of rows of floats
 * @param name    the feature's name
 * @param index   its position, from 0
 * @return        LEYLINE_ERR_NOT_FOUND
 *
 * Any thread.
 */
leyline_status_t leyline_schema_index_of(const leyline_schema_t *schema, const char *name, size_t *index);

/**
 * The Box of each number of a row, and what each reads when there is no value.
 *
 * @param schema   the schema of rows of floats
 * @param width    numbers that each array has room for: the schema's width
 * @param low      the least values, inclusive; or NULL
 * @param high     the greatest values, inclusive; or NULL
 * @param missing  the values for what is missing; or NULL
 * @return         LEYLINE_ERR_INVALID_ARGUMENT
 *
 * Any thread.
 */
leyline_status_t leyline_schema_bounds(const leyline_schema_t *schema, size_t width, float *low, float *high,
    float *missing);

/**
 * Whether every number of a row is finite, in its Box, and whole where it has to be. The error names the first that is
 * not.
 *
 * @param schema  the schema of rows of floats
 * @param values  the row
 * @param width   its numbers: the schema's width
 * @return        LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_WHOLE
 *
 * Any thread.
 */
leyline_status_t leyline_schema_check_row(const leyline_schema_t *schema, const float *values, size_t width);

/**
 * Brings every number of a row into its Box: saturates, replaces NaN by the missing value, drops fractions of what has
 * to be whole.
 *
 * @param schema    the schema of rows of floats
 * @param values    the row, changed in place
 * @param width     its numbers: the schema's width
 * @param replaced  bit i for number i if it was replaced, bit 63 for any from 63 on; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_schema_sanitize_row(const leyline_schema_t *schema, float *values, size_t width,
    uint64_t *replaced);

/**
 * The Box space of a schema as JSON, in the form that RL tools read.
 *
 * @param schema  the schema of rows of floats
 * @param json    the text, the schema's own: valid until it is closed
 * @return        LEYLINE_ERR_INVALID_ARGUMENT if its records are not rows of floats
 *
 * Any thread.
 */
leyline_status_t leyline_schema_space_json(const leyline_schema_t *schema, const char **json);

/**
 * What a row says about the seed, by the names HAS_ACTIVE_SEED, SEED_STAGE and AVAILABLE_SLOTS; normalized ones too.
 *
 * @param schema  the schema of rows of floats
 * @param values  the row; may hold anything
 * @param width   its numbers: the schema's width
 * @param state   the seed's state
 * @return        LEYLINE_ERR_NOT_FOUND if the schema has not all three, or the numbers are no such state
 *
 * Any thread.
 */
leyline_status_t leyline_schema_seed_state(const leyline_schema_t *schema, const float *values, size_t width,
    leyline_seed_state_t *state);

/** leyline_record_init(), _check() and _sanitize() of a record by its name. */
#define LEYLINE_INIT(kind, record) leyline_record_init((kind), &(record), sizeof(record))
#define LEYLINE_CHECK(kind, record) leyline_record_check((kind), &(record), sizeof(record))
#define LEYLINE_SANITIZE(kind, record, replaced) \
    leyline_record_sanitize((kind), &(record), sizeof(record), (replaced))
/** The text of a leyline_id_t or leyline_text_t that passed its check. */
#define LEYLINE_TEXT(field) ((const char *)(field).bytes)

#ifdef __cplusplus
}
#endif

#endif
