/** leyline_record_init(), _check() and _sanitize() of a record by its name. */
#define LEYLINE_INIT(kind, record) leyline_record_init((kind), &(record), sizeof(record))
#define LEYLINE_CHECK(kind, record) leyline_record_check((kind), &(record), sizeof(record))
#define LEYLINE_SANITIZE(kind, record, replaced) \
    leyline_record_sanitize((kind), &(record), sizeof(record), (replaced))
/** The text of a leyline_id_t or leyline_text_t that passed its check. */
#define LEYLINE_TEXT(field) ((const char *)(field).bytes)
