//! The results of reads, and the positions at which a reader starts.

use crate::ring::meta::Meta;
use crate::ring::reader::Step;
use crate::ring::state::Ending;

/// The result of one read. Loss is not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Read {
    /// A record, with its metadata.
    Record(Meta),
    /// Nothing new.
    Empty,
    /// A wait ran out: nothing came in time.
    TimedOut,
    /// A wait was ended by its [`Canceller`](crate::Canceller).
    Cancelled,
    /// A signal ended a wait that lets it: see [`OnSignal::Interrupt`](crate::OnSignal).
    Interrupted,
    /// The writer lapped this reader. Nothing was read; the next read continues at `next`.
    Lapped {
        /// The exact number of records that were missed.
        missed: u64,
        /// The sequence that the next read tries.
        next: u64,
    },
    /// A new writer has taken over; reported before its first record. Nothing was read.
    Restarted {
        /// The new writer generation.
        generation: u64,
        /// Its first sequence.
        first_sequence: u64,
    },
    /// Nothing new, and no writer that could send more.
    WriterGone(Ending),
    /// Nothing new, and the segment's name leads to another segment now: attach again.
    Superseded,
    /// Nothing was read: this process is a forked child of the one that opened the reader. Attach
    /// again in the child.
    Forked,
}

/// The result of reading several records at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Batch {
    /// The number of records read.
    pub count: usize,
    /// The read that ended the batch; [`Read::Record`] with the last record's metadata if there was
    /// no room for more.
    pub end: Read,
}

/// The result of gathering by environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Gathered {
    /// Sequences read.
    pub read: u64,
    /// The exact number of sequences that were missed because the writer lapped this reader.
    pub missed: u64,
    /// Rows that hold a new record.
    pub changed: usize,
    /// Records of an environment that the block has no row for.
    pub outside: u64,
    /// [`Read::Restarted`]: after these records comes a new writer, whose records the next call
    /// gathers. [`Read::WriterGone`], [`Read::Superseded`], [`Read::TimedOut`]: nothing came before
    /// that. Else [`Read::Empty`].
    pub end: Read,
}

/// The position at which a reader starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// The oldest record that is still in the ring.
    Oldest,
    /// The newest record.
    Newest,
    /// The first record published from now on.
    Now,
    /// A sequence; if it has left the ring the first read reports how many records were missed.
    At(u64),
}

/// Returns [`Read::Record`] without metadata if the ring is readable, else [`Read::Empty`].
#[inline(always)]
pub(crate) fn read_if(there: bool) -> Read {
    if there { Read::Record(Meta::default()) } else { Read::Empty }
}

impl From<Step> for Read {
    #[inline(always)]
    fn from(step: Step) -> Self {
        match step {
            Step::Record(meta) => Self::Record(meta),
            Step::Empty => Self::Empty,
            Step::Lapped { missed, next } => Self::Lapped { missed, next },
            Step::Restarted { generation, first_sequence } => Self::Restarted { generation, first_sequence },
            Step::Forked => Self::Forked,
        }
    }
}
