/* Segments and the rings in them.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_SEGMENT_H
#define LEYLINE_SEGMENT_H

#include "record.h"

#ifdef __cplusplus
extern "C" {
#endif

/** No group of its own for a new segment's file; as with chown(2). */
#define LEYLINE_GROUP_UNCHANGED UINT32_MAX

/**
 * An attached segment. Any number of threads may use it at once; the handles made from it do not need it open.
 */
typedef struct leyline_segment_t leyline_segment_t;

/** A segment to be made: its rings and its action space. Used by one thread at a time. */
typedef struct leyline_spec_t leyline_spec_t;

/** The actions of one topology. Never changes: any number of threads may use it at once. */
typedef struct leyline_action_space_t leyline_action_space_t;

/** Where and how to create or attach. Start with leyline_options_init. */
typedef struct leyline_options_t {
    /** The directory; NULL: LEYLINE_DIR, or else /dev/shm. */
    const char *directory;
    /** The mode of a new segment's file, exact whatever the umask. 0600. */
    uint32_t mode;
    /** A leyline_trust. LEYLINE_TRUST_OWNER. */
    uint32_t trust;
    /** A leyline_access. LEYLINE_ACCESS_READ_WRITE. */
    uint32_t access;
    /** A leyline_on_close. LEYLINE_ON_CLOSE_KEEP. */
    uint32_t on_close;
    /**
     * The group of a new segment's file, one of this process's own. LEYLINE_GROUP_UNCHANGED: as the directory gives it.
     */
    uint32_t group;
    /** A leyline_prefault: when page faults are taken. LEYLINE_PREFAULT_OPENED. */
    uint32_t prefault;
    /** A leyline_pages: what pages to ask for. LEYLINE_PAGES_USUAL. */
    uint32_t pages;
    /**
     * 1: role pages show this process's whole command line. Every reader of the file can see it, also after the process has
     * ended. 0: role pages show the program's name only. 0.
     */
    uint32_t command_line;
    /**
     * Longest wait for a role that is held, ns: when opening a writer, consumer, trainer or controller, and for all roles when
     * replacing or removing a segment. A killed process holds its roles until its memory is freed and its core is dumped. 0: do
     * not wait.
     */
    uint64_t role_timeout_ns;
    /** 0. */
    uint32_t reserved[2];
} leyline_options_t;

/** A ring to be made. Start with leyline_ring_options_init and set the name. */
typedef struct leyline_ring_options_t {
    /** Its name, 1 to 39 bytes, unique within the segment. */
    const char *name;
    /** Slots: a power of two from 2 to 2^24. 4096. */
    uint64_t capacity;
    /** Records in a slot, published and read together: 1 to 65536. 1. */
    uint32_t rows;
    /** Declared consumers, at most 8. They gate from the ring's creation. 0. */
    uint32_t consumers;
    /** A leyline_policy: what happens when a consumer is not there. LEYLINE_POLICY_KEEP. */
    uint32_t policy;
    /** A leyline_time_source. LEYLINE_TIME_SOURCE_TSC. */
    uint32_t time_source;
    /** 0. */
    uint64_t reserved[4];
} leyline_ring_options_t;

/** What leyline_segment_recreate put an end to. */
typedef struct leyline_displaced_t {
    /** Records on its LEYLINE_POLICY_KEEP rings that their consumers had not committed. */
    uint64_t uncommitted;
    /** 1 if there was a segment of that name, else 0. */
    uint32_t segments;
    /** 0. */
    uint32_t reserved;
} leyline_displaced_t;

/** A ring as it is in a segment. */
typedef struct leyline_ring_info_t {
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

/** Latencies counted by a role, in nanoseconds. */
typedef struct leyline_latency_t {
    /** Measurements. */
    uint64_t count;
    /** Their sum, ns. */
    uint64_t sum;
    /** The least, ns; 0 when there is none. */
    uint64_t min;
    /** The greatest, ns. */
    uint64_t max;
    /** How many exceeded the deadline. */
    uint64_t misses;
    /** The deadline, ns; 0 for none. */
    uint64_t deadline;
    /** buckets[i] counts the values of i bits: from 2^(i-1) to below 2^i ns. */
    uint64_t buckets[64];
} leyline_latency_t;

/** Who holds a role, and what it counted. */
typedef struct leyline_role_info_t {
    /** When the present or last holder took the role, nanoseconds since the Unix epoch. */
    int64_t since_unix_ns;
    /** Records it has read. */
    uint64_t records;
    /** Records it missed. */
    uint64_t lost;
    /** Observation to decision, where the role measures it. */
    leyline_latency_t latency;
    /** Its process id in its own namespace; 0 if there never was a holder. For people, never for liveness. */
    uint32_t pid;
    /** 1 if it has a living holder, from the kernel; else 0. */
    uint32_t held;
    /**
     * Its program's name, or its command line if its options set command_line; cut at 192 bytes, padded with NUL.
     */
    uint8_t command[200];
} leyline_role_info_t;

/**
 * Sets the defaults.
 *
 * @param options  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_options_init(leyline_options_t *options);

/**
 * Sets the defaults; the name is NULL.
 *
 * @param options  what to set
 *
 * Any thread.
 */
leyline_status_t leyline_ring_options_init(leyline_ring_options_t *options);

/**
 * Makes a spec without rings.
 *
 * @param spec  the new handle; close it with leyline_spec_close
 *
 * Any thread.
 */
leyline_status_t leyline_spec_new(leyline_spec_t **spec);

/**
 * Adds a ring. Its shape is checked when a segment is made of it.
 *
 * @param spec     the spec
 * @param options  the ring; read during the call only
 * @param schema   what its record means; not kept
 * @return         LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID (the name)
 *
 * One thread at a time.
 */
leyline_status_t leyline_spec_add_ring(leyline_spec_t *spec, const leyline_ring_options_t *options,
    const leyline_schema_t *schema);

/**
 * Stores an action space with the segment.
 *
 * @param spec   the spec
 * @param space  the action space; not kept
 *
 * One thread at a time.
 */
leyline_status_t leyline_spec_set_actions(leyline_spec_t *spec, const leyline_action_space_t *space);

/**
 * Ends the handle.
 *
 * @param spec  the handle, or NULL
 */
leyline_status_t leyline_spec_close(leyline_spec_t *spec);

/**
 * Makes a segment.
 *
 * @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
 * @param spec     what to make; not kept
 * @param options  or NULL for the defaults; read during the call only
 * @param segment  the new handle; close it with leyline_segment_close
 * @return         LEYLINE_ERR_ALREADY_EXISTS, LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_INVALID_ARGUMENT,
 *                 LEYLINE_ERR_NO_SPACE, LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
 *
 * Any thread.
 */
leyline_status_t leyline_segment_create(const char *name, const leyline_spec_t *spec,
    const leyline_options_t *options, leyline_segment_t **segment);

/**
 * Attaches to a segment that is there.
 *
 * @param name     its name
 * @param options  or NULL for the defaults; read during the call only
 * @param segment  the new handle; close it with leyline_segment_close
 * @return         LEYLINE_ERR_NOT_FOUND, LEYLINE_ERR_FOREIGN_OWNER, LEYLINE_ERR_INSECURE_MODE,
 *                 LEYLINE_ERR_NOT_REGULAR_FILE, LEYLINE_ERR_BAD_MAGIC, LEYLINE_ERR_LAYOUT_VERSION,
 *                 LEYLINE_ERR_TRUNCATED, LEYLINE_ERR_CORRUPT, ...
 *
 * Any thread.
 */
leyline_status_t leyline_segment_attach(const char *name, const leyline_options_t *options,
    leyline_segment_t **segment);

/**
 * Attaches as leyline_segment_attach does, after waiting for the segment and its directory to appear.
 *
 * @param name        its name
 * @param options     or NULL for the defaults; read during the call only
 * @param timeout_ns  how long to wait at most, ns
 * @param segment     the new handle; close it with leyline_segment_close
 * @return            LEYLINE_ERR_TIMEOUT, and those of leyline_segment_attach
 *
 * Any thread.
 */
leyline_status_t leyline_segment_attach_waiting(const char *name, const leyline_options_t *options,
    uint64_t timeout_ns, leyline_segment_t **segment);

/**
 * Attaches if there is a compatible segment, or else makes one: what a restarting trainer does.
 *
 * @param name     its name
 * @param spec     what to make, or what must be there; not kept
 * @param options  or NULL for the defaults; read during the call only
 * @param segment  the new handle; close it with leyline_segment_close
 * @param opened   a leyline_opened: what was done; or NULL
 * @return         LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_DOMAIN_MISMATCH, and those of create and attach
 *
 * Any thread.
 */
leyline_status_t leyline_segment_open_or_create(const char *name, const leyline_spec_t *spec,
    const leyline_options_t *options, leyline_segment_t **segment, uint32_t *opened);

/**
 * Replaces the segment of that name, if there is one, by a new one in one step. Takes all of the old one's roles
 * first; whoever still is attached to it learns that it is superseded.
 *
 * @param name       its name
 * @param spec       what to make; not kept
 * @param options    or NULL for the defaults; read during the call only
 * @param segment    the new handle; close it with leyline_segment_close
 * @param displaced  what was put an end to; or NULL
 * @return           LEYLINE_ERR_ROLE_HELD if anybody living holds a role of the old one: nothing has changed
 *
 * Any thread.
 */
leyline_status_t leyline_segment_recreate(const char *name, const leyline_spec_t *spec,
    const leyline_options_t *options, leyline_segment_t **segment, leyline_displaced_t *displaced);

/**
 * Takes a segment's name away. Whoever is attached goes on and learns that it is superseded. Nothing of that name is
 * no error. Waits at most a second for a process that is replacing or removing it.
 *
 * @param name     its name
 * @param options  or NULL for the defaults; read during the call only
 *
 * Any thread.
 */
leyline_status_t leyline_segment_unlink(const char *name, const leyline_options_t *options);

/**
 * Makes a segment without a name, in memory, fully allocated, its length sealed for good: no process that has it can be
 * ended by truncating it, and it takes nothing of /dev/shm. It lasts as long as somebody has it open; others get it from
 * leyline_segment_send, or as a descriptor.
 *
 * @param label    what /proc and errors call it: 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot; need not be unique
 * @param spec     what to make; not kept
 * @param options  or NULL for the defaults; read during the call only; mode and group say who beside the owner may take
 *                 roles of a descriptor handed to them, directory and on_close have no meaning here
 * @param segment  the new handle; close it with leyline_segment_close
 * @return         LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_NO_SPACE
 *
 * Any thread.
 */
leyline_status_t leyline_segment_create_memfd(const char *label, const leyline_spec_t *spec,
    const leyline_options_t *options, leyline_segment_t **segment);

/**
 * Whether it is a segment of leyline_segment_create_memfd: without a name, and of a length that nobody can change.
 *
 * @param segment  the segment
 * @param sealed   true if it is
 *
 * Any thread.
 */
leyline_status_t leyline_segment_is_sealed(const leyline_segment_t *segment, bool *sealed);

/**
 * Hands a sealed segment to the process at the other end of a connected Unix socket, which calls
 * leyline_segment_receive. Sends 24 bytes and a descriptor.
 *
 * @param segment     the segment
 * @param socket      the socket; stays the caller's
 * @param access      a leyline_access, as for leyline_segment_descriptor
 * @param timeout_ns  how long to wait for room in the socket's buffer at most, ns
 * @return            LEYLINE_ERR_NOT_SEALED (a segment with a name: attach by its name), LEYLINE_ERR_TIMEOUT,
 *                    LEYLINE_ERR_PEER_GONE, LEYLINE_ERR_READ_ONLY (attached read-only)
 *
 * Any thread.
 */
leyline_status_t leyline_segment_send(const leyline_segment_t *segment, int socket, uint32_t access,
    uint64_t timeout_ns);

/**
 * Waits for a segment that another process sends with leyline_segment_send, and attaches to it as
 * leyline_segment_of_descriptor does. Reads that one message and nothing beyond it.
 *
 * @param socket      a connected Unix socket; stays the caller's
 * @param options     or NULL for the defaults; trust and access only
 * @param timeout_ns  how long to wait at most, ns
 * @param segment     the new handle; close it with leyline_segment_close
 * @return            LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_PEER_GONE (closed before it sent one), LEYLINE_ERR_BAD_MAGIC (it
 *                    sent something else), LEYLINE_ERR_CORRUPT, and those of leyline_segment_of_descriptor
 *
 * Any thread.
 */
leyline_status_t leyline_segment_receive(int socket, const leyline_options_t *options, uint64_t timeout_ns,
    leyline_segment_t **segment);

/**
 * A descriptor of a sealed segment, to be handed to another process: sent, inherited or fetched. It is not the one that
 * the segment itself uses. With LEYLINE_ACCESS_READ_ONLY nothing can be written through it; a receiver of the same user
 * may open it anew for writing, one of another user may not unless the segment's mode says so. In a child of fork() it
 * is the way to a segment of the child's own.
 *
 * @param segment     the segment
 * @param access      a leyline_access
 * @param descriptor  the descriptor, closed on exec; the caller closes it
 * @return            LEYLINE_ERR_NOT_SEALED (a segment with a name: attach by its name), LEYLINE_ERR_READ_ONLY (attached
 *                    read-only)
 *
 * Any thread. Needs /proc.
 */
leyline_status_t leyline_segment_descriptor(const leyline_segment_t *segment, uint32_t access,
    int *descriptor);

/**
 * Attaches to the sealed segment that a descriptor leads to. Taking roles needs /proc and a mode that lets this user
 * write; reading needs neither.
 *
 * @param descriptor  the descriptor; stays the caller's and need not stay open
 * @param options     or NULL for the defaults; trust and access only
 * @param segment     the new handle; close it with leyline_segment_close
 * @return            LEYLINE_ERR_NOT_SEALED (its length could change), and those of leyline_segment_attach
 *
 * Any thread.
 */
leyline_status_t leyline_segment_of_descriptor(int descriptor, const leyline_options_t *options,
    leyline_segment_t **segment);

/**
 * Ends the handle. Writers, observers and consumers made from it go on: they keep the mapping for themselves.
 *
 * @param segment  the handle, or NULL
 */
leyline_status_t leyline_segment_close(leyline_segment_t *segment);

/**
 * The segment's file; of one without a name, "memfd:" and what it was called when it was made.
 *
 * @param segment  the segment
 * @param path     its path, the segment's own: valid until it is closed
 *
 * Any thread.
 */
leyline_status_t leyline_segment_path(const leyline_segment_t *segment, const char **path);

/**
 * The segment's id: random, another one for each segment ever made.
 *
 * @param segment  the segment
 * @param id       16 bytes
 *
 * Any thread.
 */
leyline_status_t leyline_segment_id(const leyline_segment_t *segment, uint8_t *id);

/**
 * The size of a segment and when it was made.
 *
 * @param segment          the segment
 * @param size             bytes; or NULL
 * @param created_unix_ns  nanoseconds since the Unix epoch; or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_segment_info(const leyline_segment_t *segment, size_t *size,
    int64_t *created_unix_ns);

/**
 * Returns another handle of the same segment and mapping. The mapping stays until the last handle is closed. Closing a clone
 * never removes the name, whatever LEYLINE_ON_CLOSE_UNLINK says.
 *
 * @param segment  the segment
 * @param other    the new handle; close it with leyline_segment_close
 *
 * Any thread.
 */
leyline_status_t leyline_segment_clone(const leyline_segment_t *segment, leyline_segment_t **other);

/**
 * Where this process has a segment mapped, for what maps it onwards, such as a GPU's driver. It is read-only, and other
 * processes write there: who reads it through this pointer reads atomically and validates, as docs/segment-layout.md
 * says, or is outside every guarantee.
 *
 * @param segment  the segment
 * @param pages    its first byte, page-aligned; valid until this handle, its clones and all handles made from it are
 *                 closed
 * @param bytes    its length, or NULL
 *
 * Any thread.
 */
leyline_status_t leyline_segment_pages(const leyline_segment_t *segment, const void **pages, size_t *bytes);

/**
 * Whether the name still leads to this segment. Always so for one without a name.
 *
 * @param segment  the segment
 * @param current  true if it does
 *
 * Any thread. Asks the kernel.
 */
leyline_status_t leyline_segment_is_current(const leyline_segment_t *segment, bool *current);

/**
 * How many rings there are.
 *
 * @param segment  the segment
 * @param count    rings
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring_count(const leyline_segment_t *segment, size_t *count);

/**
 * A ring by its position.
 *
 * @param segment  the segment
 * @param index    less than leyline_segment_ring_count
 * @param info     the ring
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring_at(const leyline_segment_t *segment, size_t index,
    leyline_ring_info_t *info);

/**
 * A ring by its name.
 *
 * @param segment  the segment
 * @param ring     its name
 * @param info     the ring
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring(const leyline_segment_t *segment, const char *ring,
    leyline_ring_info_t *info);

/**
 * The canonical schema text of a ring's record, as the ring's creator meant it.
 *
 * @param segment  the segment
 * @param ring     its name
 * @param schema   the text, the segment's own: valid until it is closed
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_ring_schema(const leyline_segment_t *segment, const char *ring,
    const char **schema);

/**
 * What is known of a ring's writer.
 *
 * @param segment  the segment
 * @param ring     the ring's name
 * @param info     who holds the role and what it counted
 * @return         LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread. Asks the kernel whether the role is held.
 */
leyline_status_t leyline_segment_writer_info(const leyline_segment_t *segment, const char *ring,
    leyline_role_info_t *info);

/**
 * What is known of a ring's consumer.
 *
 * @param segment   the segment
 * @param ring      the ring's name
 * @param consumer  which, from 0
 * @param info      who holds the role and what it counted
 * @return          LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread. Asks the kernel whether the role is held.
 */
leyline_status_t leyline_segment_consumer_info(const leyline_segment_t *segment, const char *ring,
    uint32_t consumer, leyline_role_info_t *info);

/**
 * An upper bound of the latency that a share of the measurements does not exceed: the end of its bucket, and never
 * more than the maximum.
 *
 * @param latency  the counters
 * @param share    0 to 1, such as 0.99
 * @param ns       nanoseconds
 *
 * Any thread.
 */
leyline_status_t leyline_latency_quantile(const leyline_latency_t *latency, double share, uint64_t *ns);

#ifdef __cplusplus
}
#endif

#endif
