/*
 * leyline: a shared-memory link between a training process and the controller that steers it.
 *
 * C11 and C++17. Link with libleyline.so or libleyline.a; 64-bit Linux only.
 *
 * Versions. LEYLINE_ABI_VERSION names this interface: a number that a function takes or returns, a function's meaning
 * or a struct's layout is never changed under the same number. Functions and values may be added. A program that loads
 * the library at run time compares it with leyline_abi_version(), best by LEYLINE_CHECK_VERSION(). The layout of segments
 * has a version of its own, which is checked when one is attached.
 *
 * Errors. Functions return a leyline_status_t: 0 (LEYLINE_OK) when it was done; above 0 a notice, which is no error
 * (LEYLINE_EMPTY, LEYLINE_LAPPED, ...); below 0 an error (LEYLINE_ERR_...). Beside the errors that a function's comment
 * lists, each can return LEYLINE_ERR_INVALID_ARGUMENT (a pointer is NULL that may not be, or is not aligned; a string
 * is longer than 4096 bytes or not UTF-8; a handle is closed or of another type), LEYLINE_ERR_BUSY (another call uses the
 * handle) and LEYLINE_ERR_INTERNAL (a bug of the library, stopped here). leyline_strerror() gives a few words on a status, leyline_last_error() the particulars of
 * this thread's last failure. Numbers of enumerations are passed as integers and checked: LEYLINE_ERR_INVALID_ENUM.
 *
 * Arguments come in the order handle, inputs, outputs. Outputs are written on success only, unless a comment says
 * otherwise. An output or input that may be NULL is marked "or NULL"; an array of no elements may be NULL. Strings end
 * with a NUL and are read during the call only. Outputs must not overlap inputs.
 *
 * Ownership. Handles (leyline_segment_t, leyline_writer_t, ...) are made by functions with a pointer to a handle as an
 * output, belong to the caller, and are ended by the function ..._close of their type; closing NULL does nothing.
 * Handles do not depend on each other's life: a segment may be closed while writers and readers made from it go on.
 * Strings that a function hands out belong to the handle that gave them, or to the program ("a static string").
 * Closing a handle twice, using it after it was closed, and passing one of another type are
 * LEYLINE_ERR_INVALID_ARGUMENT. That holds for the last 64 handles that the process has closed; for an older one it is
 * undefined behaviour, as with free().
 *
 * Threads. A handle is used by one thread at a time and may be handed from one to another. leyline_segment_t,
 * leyline_schema_t, leyline_action_space_t, leyline_normalizer_t and leyline_migration_t never change and may be used by
 * any number of threads at once. A function
 * whose comment says "any thread" keeps to that. Of the other handles, functions that take a pointer to const may run in
 * several threads at once, but not beside one that takes a pointer to non-const. A call that finds another one inside such a
 * function, in another thread or below itself (in a callback, in a signal handler), does nothing and returns
 * LEYLINE_ERR_BUSY. That is a net and no lock: it costs next to nothing, finds a program that shares a handle within its
 * first calls, and misses two calls that begin within some ten nanoseconds. After fork() the handles belong to the parent: in the child, taking a
 * role, publishing and committing are LEYLINE_ERR_FORKED; it attaches for itself. A role is held through a descriptor of
 * the library's own: a program that closes descriptors it did not open (closefrom, daemonizing) loses its roles, so it
 * does that first. Publishing and committing do not notice; waits and whatever asks who lives give
 * LEYLINE_ERR_CLOSED_DESCRIPTOR. A thread that is cancelled (pthread_cancel) within a function of this library ends
 * after it; threads of the asynchronous cancellation type must not call any. A signal handler may fork at any time, and
 * may call no function of this library.
 *
 * Where to start. A trainer: leyline_action_space_standard, leyline_trainer_open_or_create, leyline_trainer_publish,
 * leyline_trainer_wait_decision, leyline_trainer_next_command and leyline_trainer_answer. A controller:
 * leyline_controller_attach, leyline_controller_next, leyline_controller_decide, leyline_controller_outcome. Somebody
 * who only looks: leyline_segment_attach, leyline_schema_of_record, leyline_observer_open, leyline_observer_next.
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
