//! The C boundary: thin, without logic of its own. `include/leyline.h` is generated from these
//! files.
//!
//! # What a C caller promises
//!
//! The `SAFETY` comments of this module all rest on what the header asks of its callers; nothing
//! else can be had at this boundary:
//!
//! 1. A pointer is NULL or leads to as many readable (`const`) or writable objects of its type as
//!    the function's comment says, for the length of the call. Strings end with a NUL.
//! 2. A handle came from this library and is used by one thread at a time, unless its type says
//!    otherwise.
//! 3. Nobody changes a function's inputs while it runs. Blocks that are written overlap nothing
//!    else that is passed.
//!
//! Every promise that can be checked is checked: NULL, alignment, lengths, numbers, UTF-8, and
//! whether a handle is of the right type and still open and in no other call (see
//! [`boundary::handle`]). References are only made from pointers that are read; single outputs are
//! written through the pointer, after everything that can fail.

// Types have the names that C gives them.
#![allow(non_camel_case_types)]
// The functions are reached by the linker, not by path; cbindgen wants them `pub`.
#![allow(unreachable_pub)]
// What they ask of their callers stands once, above and in the header's preamble.
#![allow(clippy::missing_safety_doc)]

mod action_space;
mod any_handle;
mod bell;
mod blueprint;
mod boundary;
mod budgets;
mod canceller;
mod consumer;
mod controller;
mod controller_reads;
mod device;
mod enum_name;
mod enumerations;
mod layout;
mod library;
mod life;
mod link;
mod migration;
mod normalizer;
mod observation;
mod observer;
mod options;
mod outcome;
mod peer;
mod readers;
mod reading;
mod record;
mod record_kind;
mod registry;
mod schema;
mod seed_host;
mod seed_lifecycle;
mod segment;
mod spec;
mod stage;
mod stamp;
mod steering;
mod tools;
mod tracker;
mod trainer;
mod wait;
mod writer;
