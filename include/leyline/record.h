/* Records and their schemas.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_RECORD_H
#define LEYLINE_RECORD_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The meaning of a record. Never changes. */
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
    /** The scale of the number; NULL if it is in its unit ("raw"). */
    const char *scale;
    /** The number for an unknown value; NULL if it always is ("none"). */
    const char *missing;
} leyline_field_t;

/** A number that belongs to the meaning of a record, such as one of a task. */
typedef struct leyline_parameter_t {
    /** Its name: 1 to 79 bytes without white space or control characters, unique within the schema. */
    const char *name;
    /** The number; finite. */
    double value;
} leyline_parameter_t;

/** A schema. */
typedef struct leyline_schema_info_t {
    /** The record's name; the schema's own string, as all strings here. */
    const char *name;
    /** The canonical text: a line for the record and one for each field. */
    const char *canonical;
    /**
     * The Box space of a row as JSON, as RL tools read it; NULL where the record is no row of
     * floats.
     */
    const char *space_json;
    /** Bytes of a record. */
    size_t size;
    /** Fields. */
    size_t fields;
    /** Parameters. */
    size_t parameters;
    /** Numbers in a row; 0 where the record is no row of floats. */
    size_t width;
    /**
     * The first 16 bytes of SHA-256 over the canonical text. Two sides agree on a record when
     * these are equal.
     */
    uint8_t fingerprint[16];
    /** The record's version. */
    uint32_t version;
    /** 0. */
    uint32_t reserved;
} leyline_schema_info_t;

/** The seed as a row shows it: as much as decides which actions are possible. */
typedef struct leyline_seed_state_t {
    /** 1 if a seed is alive in the seed slot, else 0. */
    uint32_t active;
    /** A leyline_seed_stage. */
    uint32_t stage;
    /** Free seed slots. */
    uint32_t slots;
    /** 0. */
    uint32_t reserved;
} leyline_seed_state_t;

/**
 * Sets a record to its defaults: a new id, the present time, nothing optional. Enumerations
 * without a default stay 0, which leyline_record_check refuses.
 *
 * @param kind  a leyline_record
 * @param size  sizeof the record
 * @return      LEYLINE_ERR_INVALID_ARGUMENT (size)
 */
leyline_status_t leyline_record_init(uint32_t kind, void *record, size_t size);

/**
 * Checks that a record, which may hold anything, may be relied on. The error names the first field
 * that may not.
 *
 * @param kind  a leyline_record
 * @param size  sizeof the record
 * @return      LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_FINITE,
 *              LEYLINE_ERR_NOT_WHOLE,
 *              LEYLINE_ERR_INVALID_ID, LEYLINE_ERR_ILLEGAL_TRANSITION, LEYLINE_ERR_INVALID_ARGUMENT
 */
leyline_status_t leyline_record_check(uint32_t kind, const void *record, size_t size);

/**
 * Brings every number of a record into its bounds: saturates, replaces NaN by the worst value of
 * its field (of a loss or gradient norm the greatest, of a change of loss or accuracy and of an
 * improvement the least, else 0), drops fractions of whole numbers.
 *
 * @param kind      a leyline_record; not of a decision, command, outcome or annotation, nor one
 *                  that never travels
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
 * @param name     1 to 39 bytes without white space or control characters
 * @param version  another version is another meaning
 * @param size     sizeof the record: a multiple of 4 to be carried by a ring, at most 2^24
 * @param fields   in ascending order of their offsets, not overlapping
 */
leyline_status_t leyline_schema_new(const char *name, uint32_t version, size_t size,
    const leyline_field_t *fields, size_t field_count, leyline_schema_t **schema);

/**
 * Gives the schema of a record that comes with the library.
 *
 * @param record  a leyline_record that travels
 * @return        LEYLINE_ERR_INVALID_ENUM
 */
leyline_status_t leyline_schema_of_record(uint32_t record, leyline_schema_t **schema);

/**
 * Makes a schema from its canonical text, which may come from anywhere.
 *
 * @param text   UTF-8; need not end with a NUL
 * @param bytes  its length
 * @return       LEYLINE_ERR_CORRUPT unless it is, to the byte, the canonical text of some schema
 */
leyline_status_t leyline_schema_from_canonical(const char *text, size_t bytes, leyline_schema_t **schema);

/**
 * Makes a schema with other parameters: the numbers that its formulas name.
 *
 * @param parameters  in the order that the fingerprint covers
 * @param count       at most 64
 */
leyline_status_t leyline_schema_with_parameters(const leyline_schema_t *schema,
    const leyline_parameter_t *parameters, size_t count, leyline_schema_t **with);

/** Describes a schema. The first call makes space_json. */
leyline_status_t leyline_schema_info(const leyline_schema_t *schema, leyline_schema_info_t *info);

/**
 * Gives a field; its strings are the schema's own.
 *
 * @param index  from 0
 * @return       LEYLINE_ERR_OUT_OF_RANGE
 */
leyline_status_t leyline_schema_field(const leyline_schema_t *schema, size_t index, leyline_field_t *field);

/**
 * Gives a parameter; its name is the schema's own.
 *
 * @param index  from 0
 * @return       LEYLINE_ERR_OUT_OF_RANGE
 */
leyline_status_t leyline_schema_parameter(const leyline_schema_t *schema, size_t index,
    leyline_parameter_t *parameter);

/**
 * Finds a number's position in a row by its name.
 *
 * @return  LEYLINE_ERR_NOT_FOUND
 */
leyline_status_t leyline_schema_index_of(const leyline_schema_t *schema, const char *name, size_t *index);

/**
 * Checks that two schemas are the same; leyline_last_error() names the first field that differs.
 *
 * @return  LEYLINE_ERR_SCHEMA_MISMATCH
 */
leyline_status_t leyline_schema_check_same(const leyline_schema_t *schema, const leyline_schema_t *found);

/**
 * Gives the bounds of each number of a row, the value for what is missing, and the worst value,
 * which replaces NaN: of a loss or gradient norm the upper bound; of an accuracy, an improvement
 * and a change of either or of a loss the lower bound; else the value for what is missing. The
 * feature's name and unit say which it is.
 *
 * @param width    the schema's: the length of each array
 * @param low      least values, inclusive; or NULL
 * @param high     greatest values, inclusive; or NULL
 * @param missing  values for what is missing; or NULL
 * @param worst    values that replace NaN; or NULL
 */
leyline_status_t leyline_schema_bounds(const leyline_schema_t *schema, size_t width, float *low, float *high,
    float *missing, float *worst);

/**
 * Checks that every number of a row is finite, in its bounds, and whole where it has to be. The
 * error names the first that is not.
 *
 * @return  LEYLINE_ERR_NOT_FINITE, LEYLINE_ERR_OUT_OF_RANGE, LEYLINE_ERR_NOT_WHOLE
 */
leyline_status_t leyline_schema_check_row(const leyline_schema_t *schema, const float *row, size_t width);

/**
 * Brings every number of a row into its bounds: saturates, replaces NaN by the worst value (see
 * leyline_schema_bounds), drops fractions of whole numbers.
 *
 * @param replaced  bit i for number i, bit 63 for any from 63 on; or NULL
 */
leyline_status_t leyline_schema_sanitize_row(const leyline_schema_t *schema, float *row, size_t width,
    uint64_t *replaced);

/**
 * Gives the names of the numbers in a mask of what was replaced, such as "TRAIN_LOSS, VAL_LOSS".
 *
 * @param mask   as of leyline_trainer_publish and leyline_schema_sanitize_row
 * @param text   room for size bytes: the names, cut at a character, and a NUL
 * @param size   1 or more
 * @param bytes  length of all names, as if they were not cut; or NULL
 */
leyline_status_t leyline_schema_names_of(const leyline_schema_t *schema, uint64_t mask, char *text,
    size_t size, size_t *bytes);

/**
 * Reads the seed's state from a row, by the names HAS_ACTIVE_SEED, SEED_STAGE and AVAILABLE_SLOTS.
 *
 * @return  LEYLINE_ERR_NOT_FOUND: the schema lacks one of the three, or the numbers are no such
 *          state
 */
leyline_status_t leyline_schema_seed_state(const leyline_schema_t *schema, const float *row, size_t width,
    leyline_seed_state_t *state);

/**
 * Ends the handle.
 *
 * @param schema  or NULL
 */
leyline_status_t leyline_schema_close(leyline_schema_t *schema);

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
