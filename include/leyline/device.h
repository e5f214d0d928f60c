/* Rings that a device writes or reads.
 * A part of leyline.h; generated, do not edit. */

#ifndef LEYLINE_DEVICE_H
#define LEYLINE_DEVICE_H

#include "ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The place of a ring in this process, for a device that writes or reads it. leyline_device.hpp
 * says what is done with it there.
 *
 * The addresses of a ring that was handed over belong to the writing handle's own mapping, and are
 * page-aligned. They are valid as long as the handle, or for good if it ends without having taken
 * the ring back. Those of a ring that is read belong to the segment's read-only mapping.
 */
typedef struct leyline_device_ring_t {
    /** Control page of the ring, 4096 bytes. */
    uint8_t *control;
    /** Slots of the ring. */
    uint8_t *data;
    /** Bytes of the slots: capacity times stride. */
    size_t data_len;
    /** Slots, a power of two. */
    uint64_t capacity;
    /** First sequence of the ring. */
    uint64_t first_sequence;
    /** Sequence of the device's first record. */
    uint64_t next_sequence;
    /** Generation that the device writes in: the host's. */
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
 * Gives a ring to a device that reads it, at its newest record. The addresses are read-only, in
 * the segment's pages.
 *
 * @param device_ring  valid until this handle and its clones are closed
 * @return             LEYLINE_ERR_NO_SUCH_RING
 */
leyline_status_t leyline_segment_device_ring(const leyline_segment_t *segment, const char *ring,
    leyline_device_ring_t *device_ring);

/**
 * Lets a device publish in a handle's place, with leyline_device.hpp, until leyline_take_back.
 * Meanwhile publishing here is LEYLINE_ERR_HANDED_OVER, and readers sleep for a millisecond at
 * most, since a device wakes nobody. If the handle ends before it took the ring back, no writer
 * goes on in the segment (LEYLINE_ERR_LEFT_TO_DEVICE); leyline_segment_recreate, and for a link
 * leyline_trainer_open_or_create and leyline_trainer_recreate, make it anew.
 *
 * @param writer  a leyline_writer_t, or a leyline_trainer_t for its observations
 * @param ring    valid until the handle is closed
 * @return        LEYLINE_ERR_HANDED_OVER (already), LEYLINE_ERR_UNSUPPORTED (a ring with
 *                consumers), LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_hand_over(void *writer, leyline_device_ring_t *ring);

/**
 * Takes a ring back, and goes on after what the device has published. Call it once the device's
 * stream is synchronized: a store that comes later spoils records published from here on.
 *
 * @param writer     a leyline_writer_t or leyline_trainer_t
 * @param published  sequences that the device has published; or NULL
 * @return           LEYLINE_ERR_INVALID_ARGUMENT (not handed over), LEYLINE_ERR_FORKED
 */
leyline_status_t leyline_take_back(void *writer, uint64_t *published);

#ifdef __cplusplus
}
#endif

#endif
