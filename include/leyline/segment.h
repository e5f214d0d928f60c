/* Segments and the rings in them.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_SEGMENT_H
#define LEYLINE_SEGMENT_H

#include "record.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The group of root, whose number means the default. */
#define LEYLINE_GROUP_ROOT UINT32_MAX

/**
 * Ends a wait of the handle that it belongs to: the present one, or else the next one, at once.
 * That wait returns LEYLINE_CANCELLED. Nothing is lost, and the handle goes on.
 */
typedef struct leyline_canceller_t leyline_canceller_t;

/** An attached segment. Handles made from it do not need it open. */
typedef struct leyline_segment_t leyline_segment_t;

/** A segment to be made: its rings and its action space. */
typedef struct leyline_spec_t leyline_spec_t;

/** Options of creating and attaching. Zeroed: the defaults. */
typedef struct leyline_options_t {
    /** NULL: LEYLINE_DIR, or else /dev/shm. */
    const char *directory;
    /** The mode of a new segment's file, whatever the umask. 0: 0600. */
    uint32_t mode;
    /** A leyline_trust. */
    uint32_t trust;
    /** A leyline_access. */
    uint32_t access;
    /** A leyline_on_close. */
    uint32_t on_close;
    /**
     * The group of a new segment's file, one of this process's own. 0: as the directory gives it;
     * LEYLINE_GROUP_ROOT.
     */
    uint32_t group;
    /** A leyline_prefault: when page faults are taken. */
    uint32_t prefault;
    /** A leyline_pages: what pages to ask for. */
    uint32_t pages;
    /**
     * 1: role pages show this process's whole command line, which every reader of the file can
     * see, also after its end. 0: they show the program's name.
     */
    uint32_t command_line;
    /**
     * Longest wait for a role that is held, ns: when opening a handle that has one, and for all
     * roles when replacing or removing a segment. A killed process holds its roles until its
     * memory is freed and its core dumped. 0: does not wait.
     */
    uint64_t role_timeout_ns;
    /**
     * Ends the waits of opening, and those of the handle that is opened; or NULL. Give each handle
     * one of its own.
     */
    const leyline_canceller_t *canceller;
    /** 0. */
    uint32_t reserved[2];
} leyline_options_t;

/** The segments and commands that a call put an end to. */
typedef struct leyline_displaced_t {
    /** Records on its LEYLINE_POLICY_KEEP rings that their consumers had not committed. */
    uint64_t uncommitted;
    /** 1 if there was a segment of that name, else 0. */
    uint32_t segments;
    /** 0. */
    uint32_t reserved;
} leyline_displaced_t;

/** A segment. */
typedef struct leyline_segment_info_t {
    /** Its file, or "memfd:" and its label; the segment's own string. */
    const char *path;
    /**
     * Its first byte in this process, page-aligned and read-only, for what maps it onwards, such
     * as a GPU's driver; valid until this handle, its clones and all handles made from it are
     * closed. Other processes write there: read it only as docs/segment-layout.md says.
     */
    const void *pages;
    /** Its length. */
    size_t bytes;
    /** Its rings. */
    size_t rings;
    /** The time when it was made, nanoseconds since the Unix epoch. */
    int64_t created_unix_ns;
    /** Random, another one for each segment ever made. */
    uint8_t id[16];
    /** 1 if it has no name and a length that nobody can change, else 0. */
    uint32_t sealed;
    /** A leyline_name_state: where its name leads, as asked of the kernel. */
    uint32_t name_state;
    /** 0. */
    uint64_t reserved[2];
} leyline_segment_info_t;

/** A ring as it is in a segment. */
typedef struct leyline_ring_info_t {
    /** Its record's canonical schema; the segment's own string. */
    const char *schema;
    /** Its name. */
    leyline_id_t name;
    /** Its record's fingerprint. */
    uint8_t fingerprint[16];
    /** Slots. */
    uint64_t capacity;
    /** Bytes of a record. */
    uint64_t record_size;
    /** Records in a slot. */
    uint32_t rows;
    /** Declared consumers. */
    uint32_t consumers;
    /** A leyline_policy. */
    uint32_t policy;
    /** A leyline_time_source. */
    uint32_t time_source;
    /** A leyline_ring_kind. */
    uint32_t kind;
    /** The lane it belongs to. */
    uint32_t lane;
} leyline_ring_info_t;

/** A ring to be made. Zeroed but for the name: the defaults. */
typedef struct leyline_ring_options_t {
    /** Its name, 1 to 39 bytes, unique within the segment. */
    const char *name;
    /** Slots: a power of two from 2 to 2^24. 0: 4096. */
    uint64_t capacity;
    /** Records in a slot, published and read together: at most 65536. 0: 1. */
    uint32_t rows;
    /** Declared consumers, at most 8. They gate from the ring's creation. */
    uint32_t consumers;
    /** A leyline_policy: what happens while a consumer is absent. 0: LEYLINE_POLICY_KEEP. */
    uint32_t policy;
    /** A leyline_time_source. 0: LEYLINE_TIME_SOURCE_TSC. */
    uint32_t time_source;
    /** 0. */
    uint64_t reserved[4];
} leyline_ring_options_t;

/**
 * Creates a segment.
 *
 * @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
 * @param options  or NULL for the defaults
 * @return         LEYLINE_ERR_ALREADY_EXISTS, LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_NO_SPACE,
 *                 LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
 */
leyline_status_t leyline_segment_create(const char *name, const leyline_spec_t *spec,
    const leyline_options_t *options, leyline_segment_t **segment);

/**
 * Creates a segment without a name, in memory, its length sealed for good. It lasts while somebody
 * has it open; others get it by leyline_segment_send or as a descriptor.
 *
 * @param label    for /proc and errors; formed like a name, need not be unique
 * @param options  or NULL for the defaults; mode and group say who beside the owner may take roles
 *                 of a descriptor
 * @return         LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_NO_SPACE
 */
leyline_status_t leyline_segment_create_memfd(const char *label, const leyline_spec_t *spec,
    const leyline_options_t *options, leyline_segment_t **segment);

/**
 * Attaches to a segment.
 *
 * @param options  or NULL for the defaults
 * @param wait     or NULL: does not wait for the segment and its directory to appear
 * @return         LEYLINE_ERR_NOT_FOUND (wait NULL), LEYLINE_ERR_TIMEOUT;
 *                 LEYLINE_ERR_FOREIGN_OWNER,
 *                 LEYLINE_ERR_INSECURE_MODE, LEYLINE_ERR_NOT_REGULAR_FILE, LEYLINE_ERR_BAD_MAGIC,
 *                 LEYLINE_ERR_LAYOUT_VERSION, LEYLINE_ERR_TRUNCATED, LEYLINE_ERR_CORRUPT
 */
leyline_status_t leyline_segment_attach(const char *name, const leyline_options_t *options,
    const leyline_wait_t *wait, leyline_segment_t **segment);

/**
 * Attaches to a compatible segment, or creates it: what a restarting trainer does.
 *
 * @param options  or NULL for the defaults
 * @param opened   a leyline_opened; or NULL
 * @return         LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_DOMAIN_MISMATCH, those of create and
 *                 attach
 */
leyline_status_t leyline_segment_open_or_create(const char *name, const leyline_spec_t *spec,
    const leyline_options_t *options, leyline_segment_t **segment, uint32_t *opened);

/**
 * Replaces the segment of that name, if there is one, in one step, after taking all its roles. Who
 * is attached to the old one learns that it is superseded.
 *
 * @param options    or NULL for the defaults
 * @param displaced  what was replaced; or NULL
 * @return           LEYLINE_ERR_ROLE_HELD if a living process holds a role of the old one: nothing
 *                   has changed
 */
leyline_status_t leyline_segment_recreate(const char *name, const leyline_spec_t *spec,
    const leyline_options_t *options, leyline_segment_t **segment, leyline_displaced_t *displaced);

/**
 * Takes a segment's name away, if there is one. Who is attached goes on, and nobody else can attach
 * or take a role. Waits at most a second for a process that replaces or removes it.
 *
 * @param options  or NULL for the defaults
 */
leyline_status_t leyline_segment_unlink(const char *name, const leyline_options_t *options);

/** Gives another handle of the same segment and mapping. Closing a clone never removes the name. */
leyline_status_t leyline_segment_clone(const leyline_segment_t *segment, leyline_segment_t **other);

/** Describes a segment. Asks the kernel whether its name still leads to it. */
leyline_status_t leyline_segment_info(const leyline_segment_t *segment, leyline_segment_info_t *info);

/**
 * Describes a ring, by its name or by its position.
 *
 * @param ring   or NULL: the ring at index
 * @param index  from 0; ignored where ring is given
 * @return       LEYLINE_ERR_NO_SUCH_RING
 */
leyline_status_t leyline_segment_ring(const leyline_segment_t *segment, const char *ring, size_t index,
    leyline_ring_info_t *info);

/**
 * Hands a sealed segment to the process at the other end of a connected Unix socket, which calls
 * leyline_segment_receive. Sends 24 bytes and a descriptor.
 *
 * @param socket  stays the caller's
 * @param access  a leyline_access, as for leyline_segment_descriptor
 * @param wait    or NULL: does not wait for room in the socket's buffer
 * @return        LEYLINE_ERR_FULL (wait NULL), LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_PEER_GONE;
 *                LEYLINE_ERR_NOT_SEALED (attach by its name), LEYLINE_ERR_READ_ONLY
 */
leyline_status_t leyline_segment_send(const leyline_segment_t *segment, int socket, uint32_t access,
    const leyline_wait_t *wait);

/**
 * Receives a segment that another process sends, and attaches to it as
 * leyline_segment_of_descriptor does. Reads that one message and nothing beyond it.
 *
 * @param socket   a connected Unix socket; stays the caller's
 * @param options  or NULL for the defaults; trust and access only
 * @param wait     or NULL: does not wait for the message
 * @return         LEYLINE_ERR_NOT_FOUND (wait NULL), LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_PEER_GONE;
 *                 LEYLINE_ERR_BAD_MAGIC
 *                 (something else was sent), LEYLINE_ERR_CORRUPT, those of leyline_segment_of_descriptor
 */
leyline_status_t leyline_segment_receive(int socket, const leyline_options_t *options,
    const leyline_wait_t *wait, leyline_segment_t **segment);

/**
 * Makes a descriptor of a sealed segment, to be handed to another process; closed on exec. With
 * LEYLINE_ACCESS_READ_ONLY nothing can be written through it, though a process of the same user
 * may open it anew for writing. A child of fork() gets a segment of its own by it. Needs /proc.
 *
 * @param access      a leyline_access
 * @param descriptor  the caller's to close
 * @return            LEYLINE_ERR_NOT_SEALED (attach by its name), LEYLINE_ERR_READ_ONLY
 */
leyline_status_t leyline_segment_descriptor(const leyline_segment_t *segment, uint32_t access,
    int *descriptor);

/**
 * Attaches to the sealed segment that a descriptor leads to. Taking roles needs /proc and a mode
 * that lets this user write. With LEYLINE_ACCESS_READ_ONLY also attaches to a segment that has lost
 * its name, through the descriptor of a process that uses it (/proc/PID/fd/N).
 *
 * @param descriptor  stays the caller's and need not stay open
 * @param options     or NULL for the defaults; trust and access only
 * @return            LEYLINE_ERR_NOT_SEALED (its length could change), those of
 *                    leyline_segment_attach
 */
leyline_status_t leyline_segment_of_descriptor(int descriptor, const leyline_options_t *options,
    leyline_segment_t **segment);

/**
 * Ends the handle. Writers, observers and consumers made from it go on: they keep the mapping.
 *
 * @param segment  or NULL
 */
leyline_status_t leyline_segment_close(leyline_segment_t *segment);

/** Makes a spec without rings. */
leyline_status_t leyline_spec_new(leyline_spec_t **spec);

/**
 * Adds a ring. Its shape is checked when a segment is made of it.
 *
 * @param schema  what its record means
 * @return        LEYLINE_ERR_INVALID_ID (the name)
 */
leyline_status_t leyline_spec_add_ring(leyline_spec_t *spec, const leyline_ring_options_t *options,
    const leyline_schema_t *schema);

/**
 * Ends the handle.
 *
 * @param spec  or NULL
 */
leyline_status_t leyline_spec_close(leyline_spec_t *spec);

#ifdef __cplusplus
}
#endif

#endif
