// C header: tools
//! Reads and writes role pages: who holds a role, for people, and what it measured, for any
//! attached process.
//!
//! Only a role's holder writes its page; a successor continues the counts. Readers load word by
//! word: parts of a snapshot may be one event apart while the holder counts.

use crate::base::error::{Error, ErrorKind, Result};
use crate::base::layout::{PAGE, latency, role};
use crate::ring::state::Ending;
use crate::schema::id::cut;
use crate::segment::attached::{Segment, Touch};
use crate::segment::header::RingInfo;
use crate::sys::atomic::{Acquire, Relaxed, Release, fence};
use crate::sys::words::{Shared, Words, load_bytes, store_bytes};
use crate::sys::{kill, os, protected_map::WritablePart};

/// Maps a role's page writable, for its holder.
#[derive(Debug)]
pub(crate) struct RolePage {
    words: Shared,
    _page: WritablePart,
}

impl RolePage {
    /// Maps the page.
    pub(crate) fn of(segment: &Segment, role_index: usize) -> Result<Self> {
        let page = segment.writable(segment.role_page(role_index), PAGE, Touch::Often)?;
        Ok(Self { words: page.shared(0, PAGE), _page: page })
    }

    /// Enters this process as the holder.
    pub(crate) fn enter(&self, segment: &Segment) {
        let words = &self.words;
        let mut line =
            if segment.shows_command_line() { os::command_line() } else { os::program_name().into_bytes() };
        line.truncate(role::COMMAND_MAX);
        let len = line.len() as u64;
        line.resize(role::COMMAND_MAX, 0);
        store_bytes(words, role::COMMAND, &line);
        words.u64(role::COMMAND_LEN).store(len, Relaxed);
        words.u64(role::PID).store(std::process::id().into(), Relaxed);
        words.u64(role::SINCE).store(os::unix_ns() as u64, Relaxed);
    }

    #[inline(always)]
    fn add(&self, at: usize, n: u64) {
        let word = self.words.u64(at);
        word.store(word.load(Relaxed).wrapping_add(n), Relaxed);
    }

    #[inline(always)]
    pub(crate) fn add_records(&self, n: u64) {
        self.add(role::RECORDS, n);
    }

    pub(crate) fn add_lost(&self, n: u64) {
        self.add(role::LOST, n);
    }

    #[cold]
    pub(crate) fn add_sanitized(&self, n: u64) {
        self.add(role::SANITIZED, n);
    }

    /// Returns the ranges of sequences that are noted as owed, both ends included. They are not
    /// checked.
    pub(crate) fn owed(&self) -> Vec<(u64, u64)> {
        // Acquire: a successor that sees this word sees the whole table.
        // PAIRS: segment/role_page::RolePage::set_owed.
        let word = self.words.u64(role::OWED).load(Acquire);
        let count = (word as u32 as usize).min(role::OWED_ENTRIES);
        let at = role::OWED_TABLES + (word >> 32 & 1) as usize * role::OWED_ENTRIES * 16;
        let get = |at: usize| self.words.u64(at).load(Relaxed);
        (0..count).map(|i| (get(at + i * 16), get(at + i * 16 + 8))).collect()
    }

    /// Replaces the ranges of sequences that are noted as owed, in one step: a process that dies
    /// here leaves the old ranges or the new ones. Ranges that do not fit into the table become
    /// part of its last one.
    pub(crate) fn set_owed(&self, ranges: &[(u64, u64)]) {
        let word = self.words.u64(role::OWED);
        let table = (word.load(Relaxed) >> 32 & 1) ^ 1;
        let at = role::OWED_TABLES + table as usize * role::OWED_ENTRIES * 16;
        let count = ranges.len().min(role::OWED_ENTRIES);
        for (i, &(first, last)) in ranges[..count].iter().enumerate() {
            let last = if i + 1 == count { ranges[ranges.len() - 1].1 } else { last };
            self.words.u64(at + i * 16).store(first, Relaxed);
            self.words.u64(at + i * 16 + 8).store(last, Relaxed);
        }
        kill::point("owed.noted");
        // Release: the table is whole before the word leads to it.
        // PAIRS: segment/role_page::RolePage::owed.
        word.store(table << 32 | count as u64, Release);
        kill::point("owed.switched");
    }

    /// Notes that a reading holder ends, in order or by failing. Its role is free only afterwards.
    pub(crate) fn note_end(&self, ending: Ending) {
        let at = if ending == Ending::Failed { role::FAILED } else { role::CLOSED };
        let since = self.words.u64(role::SINCE).load(Relaxed);
        self.words.u64(at).store(since, Relaxed);
    }

    /// Stores why the holder fails, cut at a character to what the field holds. The ring's word
    /// that says so is stored after it.
    pub(crate) fn set_reason(&self, reason: &str) {
        let kept = cut(reason, role::REASON_MAX);
        let mut bytes = [0; role::REASON_MAX + 1];
        bytes[..kept.len()].copy_from_slice(kept.as_bytes());
        // Release: a thread that loads a part of this reason sees the generation that it is of.
        // PAIRS: segment/role_page::Segment::failure.
        fence(Release);
        store_bytes(&self.words, role::REASON, &bytes);
        self.words.u64(role::REASON_LEN).store(kept.len() as u64, Relaxed);
        kill::point("fail.reason");
    }

    /// Sets the deadline: latencies above it count as misses. 0: no deadline.
    pub(crate) fn set_deadline(&self, ns: u64) {
        self.words.u64(role::LATENCY + latency::DEADLINE).store(ns, Relaxed);
    }

    /// Counts one latency.
    pub(crate) fn add_latency(&self, ns: u64) {
        let at = role::LATENCY;
        let deadline = self.words.u64(at + latency::DEADLINE).load(Relaxed);
        if deadline != 0 && ns > deadline {
            self.add(at + latency::MISSES, 1);
        }
        let min = self.words.u64(at + latency::MIN_PLUS_ONE);
        if min.load(Relaxed).wrapping_sub(1) > ns {
            min.store(ns.saturating_add(1), Relaxed);
        }
        let max = self.words.u64(at + latency::MAX);
        if max.load(Relaxed) < ns {
            max.store(ns, Relaxed);
        }
        self.add(at + latency::BUCKETS + 8 * bucket(ns), 1);
        self.add(at + latency::SUM, ns);
        self.add(at + latency::COUNT, 1);
    }
}

/// Returns the bucket of a value: its number of bits.
fn bucket(ns: u64) -> usize {
    (64 - ns.leading_zeros() as usize).min(63)
}

/// Latencies that a role has counted, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Latency {
    /// Measurements.
    pub count: u64,
    /// Sum of the measurements.
    pub sum: u64,
    /// Minimum; 0 without measurements.
    pub min: u64,
    /// Maximum.
    pub max: u64,
    /// Measurements above the deadline.
    pub misses: u64,
    /// Deadline; 0 for none.
    pub deadline: u64,
    /// Bucket i counts the values of i bits: from 2^(i-1) to below 2^i.
    pub buckets: [u64; 64],
}

impl Latency {
    /// Returns an upper bound of the quantile `q` (0 to 1): the end of its bucket, and never more
    /// than the maximum.
    pub fn quantile(&self, q: f64) -> u64 {
        let total = self.buckets.iter().fold(0u64, |sum, &n| sum.saturating_add(n));
        let wanted = (q.clamp(0.0, 1.0) * total as f64).ceil() as u64;
        let mut seen = 0u64;
        for (i, &n) in self.buckets.iter().enumerate() {
            seen = seen.saturating_add(n);
            if seen >= wanted && n > 0 {
                return self.max.min((1u64 << i) - 1);
            }
        }
        self.max
    }
}

/// Describes a role: its holder, its counters, and whether it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleInfo {
    /// True if the role has a live holder, according to the kernel.
    pub held: bool,
    /// Process id of the present or last holder in its own namespace; 0 before the first.
    pub pid: u32,
    /// Time at which it took the role, nanoseconds since the Unix epoch.
    pub since_unix_ns: i64,
    /// Name of its program, or its command line if [`Options::command_line`](crate::Options) was
    /// set; cut at 192 bytes.
    pub command: String,
    /// The reason why the ring's last writer failed, if it ended by failing; empty if it gave none.
    /// `None` for any other ending and for consumers.
    pub failure: Option<String>,
    /// Records that the role has read.
    pub records: u64,
    /// Records that the role has missed.
    pub lost: u64,
    /// Records in which the role, as the writer of a link's observations or reports, replaced a
    /// value that was not finite or outside its bounds. A device does not count those that it
    /// publishes.
    pub sanitized: u64,
    /// Latencies from the record that was read to the one written in answer, if the role measures
    /// them.
    pub latency: Latency,
}

/// Names the holder of a held role in an error, according to the role's page.
pub(crate) fn name_holder(e: Error, segment: &Segment, ring: &str, consumer: Option<usize>) -> Error {
    // The name of the failed system call is more useful than the role's.
    if std::error::Error::source(&e).is_some() {
        return e;
    }
    let what = consumer.map_or_else(|| "writer".to_owned(), |k| format!("consumer {k}"));
    let e = e.about(format!("{what} of ring \"{ring}\""));
    match segment.role(ring, consumer) {
        Ok(role) if e.kind() == ErrorKind::RoleHeld && e.found().is_empty() && role.held => {
            let holder = format!("held by process {} ({})", role.pid, role.command);
            match os::exit_state(role.pid) {
                Some(how) => e.expected_found("a free role", format!("{holder}, {how}")).help_for(
                    "wait for it to exit: set Options::role_timeout",
                    "wait for it to exit: set role_timeout_ns of leyline_options_t",
                ),
                None => e.expected_found("a free role", holder),
            }
        }
        _ => e,
    }
}

impl Segment {
    /// Returns why a ring's last writer failed; `None` unless it ended by failing.
    pub(crate) fn failure(&self, info: &RingInfo) -> Option<String> {
        let ring = self.ring_words(info);
        let generation = ring.generation();
        if generation == 0 || ring.ending() != Ending::Failed {
            return None;
        }
        let words = self.shared(self.role_page(info.place.first_role), PAGE);
        let mut reason = vec![0; role::REASON_MAX + 1];
        load_bytes(&words, role::REASON, &mut reason);
        reason.truncate((words.u64(role::REASON_LEN).load(Relaxed) as usize).min(role::REASON_MAX));
        // Acquire: a thread that loaded a part of a successor's reason sees that generation.
        // PAIRS: segment/role_page::RolePage::set_reason.
        fence(Acquire);
        (ring.generation() == generation).then(|| String::from_utf8_lossy(&reason).into_owned())
    }

    /// Returns how the last holder of a consuming role ended; `None` if the role was never held.
    /// Only after it has ended: its holder notes the end before the kernel frees the role.
    pub(crate) fn consumer_ending(&self, info: &RingInfo, k: usize) -> Option<Ending> {
        let words = self.shared(self.role_page(info.place.first_role + 1 + k), PAGE);
        let get = |at: usize| words.u64(at).load(Relaxed);
        match get(role::SINCE) {
            0 => None,
            since if get(role::FAILED) == since => Some(Ending::Failed),
            since if get(role::CLOSED) == since => Some(Ending::Closed),
            _ => Some(Ending::Died),
        }
    }

    /// Returns what is known of a ring's writer (`None`) or of its consumer `k`.
    pub fn role(&self, ring: &str, consumer: Option<usize>) -> Result<RoleInfo> {
        let info = self.ring(ring)?;
        let index = match consumer {
            None => 0,
            Some(k) if k < info.consumers => 1 + k,
            Some(k) => {
                return Err(Error::new(ErrorKind::NoSuchRing)
                    .about(format!("consumer {k} of ring \"{ring}\""))
                    .expected_found(format!("less than {}", info.consumers), k.to_string()));
            }
        };
        let role_index = info.place.first_role + index;
        let words = self.shared(self.role_page(role_index), PAGE);
        let get = |at: usize| words.u64(at).load(Relaxed);
        let mut command = vec![0; role::COMMAND_MAX];
        load_bytes(&words, role::COMMAND, &mut command);
        command.truncate((get(role::COMMAND_LEN) as usize).min(role::COMMAND_MAX));
        let at = role::LATENCY;
        Ok(RoleInfo {
            held: self.is_held(role_index)?,
            pid: get(role::PID) as u32,
            since_unix_ns: get(role::SINCE) as i64,
            command: String::from_utf8_lossy(&command).into_owned(),
            failure: if consumer.is_none() { self.failure(info) } else { None },
            records: get(role::RECORDS),
            lost: get(role::LOST),
            sanitized: get(role::SANITIZED),
            latency: Latency {
                count: get(at + latency::COUNT),
                sum: get(at + latency::SUM),
                min: get(at + latency::MIN_PLUS_ONE).saturating_sub(1),
                max: get(at + latency::MAX),
                misses: get(at + latency::MISSES),
                deadline: get(at + latency::DEADLINE),
                buckets: std::array::from_fn(|i| get(at + latency::BUCKETS + 8 * i)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_the_values_of_its_bits() {
        assert_eq!([0, 1, 2, 3, 4, 1023, 1024, u64::MAX].map(bucket), [0, 1, 2, 2, 3, 10, 11, 63]);
    }
}
