/* Rings that a device writes or reads.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_DEVICE_H
#define LEYLINE_DEVICE_H

#include "link.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Where a ring lies in this process, for a device that writes or reads it. Of one that was handed over the addresses are
 * those of the writing handle's own mapping, page-aligned, and valid until that handle is closed; of one that is read
 * those of the segment's read-only mapping. What is done with it there is in leyline_device.hpp.
 */
typedef struct leyline_device_ring_t {
    /** The ring's control page, 4096 bytes. */
    void *control;
    /** Its slots: capacity times stride bytes. */
    void *data;
    /** Bytes of the slots. */
    uint64_t data_len;
    /** Slots, a power of two. */
    uint64_t capacity;
    /** The first sequence of the ring's life. */
    uint64_t first_sequence;
    /** The sequence that the device's first record will have. */
    uint64_t next_sequence;
    /** The writer generation that the device writes in: the host's own. */
    uint64_t generation;
    /** Bytes from slot to slot. */
    uint32_t stride;
    /** Bytes of a slot's payload. */
    uint32_t payload_size;
    /** Bytes of one record. */
    uint32_t record_size;
    /** Records in a slot. */
    uint32_t rows;
} leyline_device_ring_t;

/**
 * Lets a device publish the observations, until leyline_trainer_take_back: a kernel that writes its own signals into the
 * ring, with the twin in leyline_device.hpp. Meanwhile publishing here is LEYLINE_ERR_HANDED_OVER; all else goes on,
 * decisions and commands too. The ring is marked in the segment: its readers sleep for a millisecond at most, since a
 * device wakes nobody. If this process ends, or the trainer is closed, before it has taken the ring back, no trainer goes
 * on in the segment (LEYLINE_ERR_LEFT_TO_DEVICE): leyline_trainer_open_or_create and leyline_trainer_recreate make it anew.
 *
 * @param trainer  the trainer
 * @param ring     where the ring is; valid until the trainer is closed
 * @return         LEYLINE_ERR_HANDED_OVER (it is already), LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_hand_over(leyline_trainer_t *trainer, leyline_device_ring_t *ring);

/**
 * Takes the observations back, and goes on after what the device has published. Only when nothing of the device's is under
 * way any more: after its stream has been synchronized. A store that comes later spoils the observations published from
 * here on.
 *
 * @param trainer    the trainer
 * @param published  sequences that the device has published; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT (they are not handed over), LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_take_back(leyline_trainer_t *trainer, uint64_t *published);

/**
 * Whether a device may be publishing the observations.
 *
 * @param trainer      the trainer
 * @param handed_over  1 from leyline_trainer_hand_over to leyline_trainer_take_back, else 0
 *
 * One thread at a time.
 */
leyline_status_t leyline_trainer_is_handed_over(const leyline_trainer_t *trainer, uint32_t *handed_over);

/**
 * Where a device reads a ring. The addresses are in leyline_segment_pages, whose pages are read-only; the next sequence
 * follows the newest record, and the generation is the present one.
 *
 * @param segment      the segment
 * @param ring         the ring's name
 * @param device_ring  where it is; valid until this handle and its clones are closed
 * @return             LEYLINE_ERR_NO_SUCH_RING
 *
 * Any thread.
 */
leyline_status_t leyline_segment_device_ring(const leyline_segment_t *segment, const char *ring,
    leyline_device_ring_t *device_ring);

/**
 * As leyline_trainer_hand_over, of a ring of the program's own. In a segment that is no link, what was left to a device is
 * made anew by leyline_segment_recreate only.
 *
 * @param writer  the writer
 * @param ring    where the ring is; valid until the writer is closed
 * @return        LEYLINE_ERR_HANDED_OVER, LEYLINE_ERR_UNSUPPORTED (the ring has consumers, whom a device cannot ask
 *                about), LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_hand_over(leyline_writer_t *writer, leyline_device_ring_t *ring);

/**
 * As leyline_trainer_take_back, of a ring of the program's own.
 *
 * @param writer     the writer
 * @param published  sequences that the device has published; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT (it is not handed over), LEYLINE_ERR_FORKED
 *
 * One thread at a time.
 */
leyline_status_t leyline_writer_take_back(leyline_writer_t *writer, uint64_t *published);

#ifdef __cplusplus
}
#endif

#endif
