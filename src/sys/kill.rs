//! Defines points at which a test kills the process that passes them.
//!
//! Each step between which death makes a difference has a name: `point("takeover.generation")`
//! stands after the step that it names. Without `--cfg leyline_kill_points` it is nothing at all.
//! With it, a process that passes the point named by `LEYLINE_KILL_AT`, for the
//! `LEYLINE_KILL_COUNT`th time (1 unless said otherwise), sends SIGKILL to itself there; and a
//! process with `LEYLINE_KILL_TRACE` writes the names of the points that it passes to that file, a
//! line each. `tests/integration/killed_at_every_step.rs` kills a process at each of them.

/// Does nothing.
#[cfg(not(leyline_kill_points))]
#[inline(always)]
pub(crate) const fn point(_name: &'static str) {}

/// Kills this process if the environment says so.
#[cfg(leyline_kill_points)]
pub(crate) fn point(name: &'static str) {
    on::pass(name);
}

#[cfg(leyline_kill_points)]
mod on {
    use crate::sys::atomic::{AtomicU64, Relaxed};
    use crate::sys::os;
    use parking_lot::Mutex;
    use std::fs::{File, OpenOptions};
    use std::io::Write;
    use std::sync::OnceLock;

    struct Orders {
        at: Option<String>,
        count: u64,
        trace: Option<Mutex<File>>,
    }

    fn orders() -> &'static Orders {
        static ORDERS: OnceLock<Orders> = OnceLock::new();
        ORDERS.get_or_init(|| Orders {
            at: std::env::var("LEYLINE_KILL_AT").ok(),
            count: std::env::var("LEYLINE_KILL_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(1),
            trace: std::env::var_os("LEYLINE_KILL_TRACE").and_then(|path| {
                OpenOptions::new().create(true).append(true).open(path).ok().map(Mutex::new)
            }),
        })
    }

    #[cold]
    pub(super) fn pass(name: &'static str) {
        static PASSED: AtomicU64 = AtomicU64::new(0);
        let orders = orders();
        if let Some(trace) = &orders.trace {
            let _ = writeln!(trace.lock(), "{name}");
        }
        if orders.at.as_deref() == Some(name) && PASSED.fetch_add(1, Relaxed) + 1 == orders.count {
            os::kill_this_process();
        }
    }
}
