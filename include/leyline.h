/*
 * leyline: a shared-memory link between a training process and the controller that steers it.
 *
 * C11 and C++17. Link with libleyline.so or libleyline.a; 64-bit Linux only.
 *
 * Versions. LEYLINE_ABI_VERSION names this interface: under one number no function's meaning, no number and no struct's
 * layout changes; functions and values may be added. A program that loads the library at run time calls
 * LEYLINE_CHECK_VERSION(). The layout of segments has a version of its own, checked at attach.
 *
 * Status. Functions return a leyline_status_t: 0 (LEYLINE_OK): done; above 0 a notice, no error (LEYLINE_EMPTY,
 * LEYLINE_LAPPED, ...); below 0 an error (LEYLINE_ERR_...). Every function can return LEYLINE_ERR_INVALID_ARGUMENT (a
 * pointer is NULL that may not be, or not aligned; a string is longer than 4096 bytes or not UTF-8; a handle is closed or of
 * another type), LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_BUSY (another call uses the handle), LEYLINE_ERR_IO and
 * LEYLINE_ERR_INTERNAL (a bug of the library, stopped here); a comment lists what else. leyline_last_error() has the
 * particulars of the thread's last failure.
 *
 * Arguments come in the order handle, inputs, outputs. Outputs are written on success only, unless a comment says
 * otherwise. A pointer that may be NULL is marked "or NULL"; an array of no elements may be NULL. Strings end with a NUL and
 * are read during the call only. Outputs must not overlap inputs. Enumerations are passed as integers and checked. In a
 * struct of options zeros are the defaults: leyline_options_t options = {0};
 *
 * Waits. A call with a leyline_wait_t waits for a record or room, and ends early when the other side has ended. NULL in its
 * place: does not wait, makes no system call and does not check whether the peer lives, unless a comment says otherwise; a read that finds nothing gives LEYLINE_EMPTY,
 * one whose time ran out LEYLINE_TIMED_OUT. An act that was not done in time is LEYLINE_ERR_TIMEOUT.
 *
 * Ownership. A handle (leyline_segment_t, leyline_writer_t, ...) is an output of the function that makes it, belongs to the
 * caller, and is ended by the ..._close of its type; closing NULL does nothing. Handles do not need each other open.
 * Strings that are handed out belong to their handle, or are static. Using a handle that was closed, or one of another
 * type, is LEYLINE_ERR_INVALID_ARGUMENT for the last 64 handles closed, and undefined behaviour before that.
 *
 * Threads. A function that takes a pointer to const may be called on one handle by several threads at once, but not beside
 * one that takes it without const; those are called by one thread at a time. Functions without a handle may be called by
 * any. Segments, schemas, action spaces, normalizers and migrations never change. A call that finds another one inside
 * such a function, in another thread, a callback or a signal handler, does nothing and returns LEYLINE_ERR_BUSY: a net, no
 * lock, which may miss two calls that begin within some ten nanoseconds. No function may be called in a signal handler,
 * though it may fork. Cancelling a thread takes effect after the call; asynchronous cancellation is not supported.
 *
 * Processes. After fork() handles belong to the parent: in the child, taking a role, publishing and committing are
 * LEYLINE_ERR_FORKED, and it attaches for itself. A role is held by a descriptor of the library's own: a program that closes
 * descriptors it did not open (closefrom, daemonizing) loses its roles, which only calls that wait or ask who lives notice
 * (LEYLINE_ERR_CLOSED_DESCRIPTOR).
 *
 * Starting points. A trainer: leyline_action_space_standard, leyline_trainer_open_or_create, leyline_trainer_publish,
 * leyline_trainer_wait_decision, leyline_trainer_next_command and leyline_trainer_answer. A controller:
 * leyline_controller_attach, leyline_controller_next, leyline_controller_decide, leyline_controller_outcome. An
 * observer: leyline_segment_attach, leyline_schema_of_record, leyline_observer_open, leyline_observer_next.
 */

#ifndef LEYLINE_H
#define LEYLINE_H

#include "leyline/base.h"
#include "leyline/record.h"
#include "leyline/segment.h"
#include "leyline/ring.h"
#include "leyline/contract.h"
#include "leyline/link.h"
#include "leyline/seed.h"
#include "leyline/migrate.h"
#include "leyline/tools.h"
#include "leyline/device.h"
#include "leyline/layout.h"

#endif
