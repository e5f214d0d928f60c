//! The only folder that names libc: system calls, each a thin function with a typed error.

mod descriptor;
mod error;
mod event;
mod file;
mod futex;
mod lock;
mod memory;
mod name;
mod process;
mod socket;
mod thread;
mod time;

pub(crate) use descriptor::{
    close, duplicate, has_offset, is_file, is_path_only, is_read_only, name_of, set_offset,
};
pub(crate) use error::{address_space_limit, failed, file_size_limit};
pub(crate) use event::{clear_event, event, has_mark, mark, ring_event};
pub(crate) use file::{
    Open, Stat, allocate, open, open_directory, open_in, reopen, room, set_group, set_mode, stat, stat_fd,
    stat_in, stat_path,
};
pub(crate) use futex::{
    FutexWait, Woken, barrier_everywhere, futex_wait, futex_wait_any, futex_wake_all, register_barrier,
};
pub(crate) use lock::{Bytes, is_locked_anywhere, is_role_locked, is_write_locked, try_lock, unlock};
pub(crate) use memory::{
    Protection, core_cache, is_sealed, memfd, page_size, protect, seal, text_length, wipe_on_fork_page,
};
pub(crate) use name::{
    exchange, link_open_file, rename, rename_in, rename_to_free, rename_to_free_in, unlink, unlink_in,
};
#[cfg(leyline_kill_points)]
pub(crate) use process::kill_this_process;
pub(crate) use process::{around_fork, command_line, exit_state, program_name, random, user};
pub(crate) use socket::{Ready, receive, send, wait_ready};
pub(crate) use thread::{Signals, Uncancelled, start_thread, thread_number, yield_now};
pub(crate) use time::{monotonic_ns, unix_ns};
