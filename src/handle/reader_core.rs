//! The untyped core of a reader: reads record by record, waits, and asks about the writer.

use crate::base::error::Result;
use crate::base::position;
use crate::handle::latest_by_env::SlotCopy;
use crate::handle::peer_state::{PeerState, writer_state};
use crate::handle::read::{Read, Start};
use crate::ring::canceller::Canceller;
use crate::ring::meta::{Flags, Meta, unpack_stamp};
use crate::ring::reader::{Reader, Step};
use crate::ring::slot::Slot;
use crate::ring::state::Ring;
use crate::ring::wait::{Awaited, FIRST_CHECK, OnSignal, Wait, Waited, wait_for};
use crate::schema::canonical::Schema;
use crate::segment::attached::Segment;
use crate::segment::header::{RingInfo, SlotRows};
use crate::sys::futex::{self, Cancel, Slept};
use crate::sys::os::{self, Woken};
use crate::sys::protected_map::WritablePart;
use crate::sys::words::{Shared, Words};
use std::{sync::Arc, time::Duration};

/// The slot that a read takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The next one.
    Next,
    /// The newest one, if it was not read yet.
    Newest,
}

/// The untyped core of a reader.
#[derive(Debug)]
pub(crate) struct ReaderCore {
    pub(crate) reader: Reader<Shared>,
    pub(crate) info: RingInfo,
    pub(crate) segment: Segment,
    pub(crate) canceller: Canceller,
    /// Shared with the bells that are armed with this ring.
    pub(crate) waiters: Option<Arc<WritablePart>>,
    pub(crate) scratch: SlotCopy,
    /// The time when the kernel was last asked about the writer.
    pub(crate) checked_ns: u64,
    /// The writer's ending, as found then.
    pub(crate) ended: Option<Ended>,
    /// The ending that [`wait_any`](crate::wait_any) or a [`Bell`](crate::Bell) reported last, and that
    /// is still so.
    pub(crate) told: Option<Ended>,
}

impl ReaderCore {
    pub(crate) fn open(
        segment: &Segment,
        ring: &str,
        schema: &Schema,
        rows: SlotRows,
        start: Start,
    ) -> Result<Self> {
        let mut core = Self::over(segment, segment.ring_of(ring, schema, rows)?.clone(), start)?;
        core.scratch = SlotCopy::new(core.info.record_size, core.info.rows);
        segment.prefault(&core.info);
        Ok(core)
    }

    /// Opens a ring without a check of its schema, to be read record by record and not gathered
    /// from. Allocates nothing by the size of a slot, which the file claims.
    pub(crate) fn over(segment: &Segment, info: RingInfo, start: Start) -> Result<Self> {
        let words = segment.ring_words(&info);
        let reader = Reader::new(words, 1);
        let mut core = Self {
            reader,
            info,
            segment: segment.clone(),
            canceller: segment.canceller(),
            waiters: segment.waiters()?.map(Arc::new),
            scratch: SlotCopy::default(),
            checked_ns: 0,
            ended: None,
            told: None,
        };
        core.seek(start);
        Ok(core)
    }

    pub(crate) fn seek(&mut self, start: Start) {
        let ring = &self.reader.ring;
        let (newest, first) = (ring.newest(), ring.first_sequence);
        let next = match start {
            Start::Oldest => position::oldest(newest, ring.capacity, first),
            Start::Newest => newest.max(first),
            Start::Now => newest + 1,
            Start::At(sequence) => sequence,
        };
        self.reader = Reader::new(self.reader.ring.clone(), next);
    }

    #[inline(always)]
    pub(crate) fn try_next(&mut self, bytes: &mut [u8]) -> Read {
        self.reader.step(|slot| slot.read(bytes)).into()
    }

    /// Reads as [`Reader::fast_step`] does.
    #[inline(always)]
    pub(crate) fn try_next_fast(&mut self, bytes: &mut [u8]) -> Option<Read> {
        self.reader.fast_step(|slot| slot.read(bytes)).map(Read::from)
    }

    #[inline(always)]
    pub(crate) fn try_latest(&mut self, bytes: &mut [u8]) -> Read {
        self.reader.step_to_latest(|slot| slot.read(bytes)).into()
    }

    /// Copies a slot: its rows as one block, with their environments and flags, of as many entries
    /// each as a slot has rows.
    pub(crate) fn try_rows(
        &mut self,
        which: Which,
        rows: &mut [u8],
        env: &mut [u16],
        flags: &mut [Flags],
    ) -> Read {
        let size = self.info.record_size;
        let copy = |slot: &Slot<'_, Shared>| match env.len() {
            1 => slot.read(rows),
            _ => slot.read_rows(size, rows, env, bytemuck::cast_slice_mut(flags)),
        };
        let step = match which {
            Which::Next => self.reader.step(copy),
            Which::Newest => self.reader.step_to_latest(copy),
        };
        // A slot of one row has no columns: its metadata is the row's.
        if let (Step::Record(meta), 1) = (step, env.len()) {
            (env[0], flags[0]) = (meta.env, meta.flags);
        }
        step.into()
    }

    /// Copies a slot as [`ReaderCore::try_rows`] does, after waiting for one if there is a wait.
    pub(crate) fn read_rows(
        &mut self,
        which: Which,
        wait: Option<Wait>,
        rows: &mut [u8],
        env: &mut [u16],
        flags: &mut [Flags],
    ) -> Result<Read> {
        self.try_or_wait(wait, |core| core.try_rows(which, rows, env, flags))
    }

    /// Copies an earlier record through `copy`, if it is still in the ring, and returns its
    /// environment. Does not move the reader.
    pub(crate) fn peek(&self, sequence: u64, copy: impl FnOnce(&Slot<'_, Shared>) -> u64) -> Option<u16> {
        self.reader.ring.peek(sequence, copy).map(|stamp| unpack_stamp(stamp, 0).env)
    }

    /// Copies a record as [`ReaderCore::peek`] does, and returns its metadata.
    pub(crate) fn look_back(
        &self,
        sequence: u64,
        copy: impl FnOnce(&Slot<'_, Shared>) -> u64,
    ) -> Option<Meta> {
        match Reader::new(self.reader.ring.clone(), sequence).step(copy) {
            Step::Record(meta) if meta.sequence == sequence => Some(meta),
            _ => None,
        }
    }

    /// Returns the ending of the ring's writer, or `None` while it lives or was never there. Asks
    /// the kernel. In a forked child returns [`Read::Forked`].
    pub(crate) fn ended(&mut self) -> Result<Option<Read>> {
        if !self.reader.ring.guard.holds() {
            return Ok(Some(Read::Forked));
        }
        self.checked_ns = os::monotonic_ns();
        self.ended = ended(&self.segment, self.info.place.first_role, &self.reader.ring)?;
        Ok(self.ended.map(|ended| ended.how))
    }

    /// Returns true if the last [`ReaderCore::ended`] is longer ago than a wait is without a check.
    pub(crate) fn is_overdue(&self, now_ns: u64) -> bool {
        now_ns >= self.checked_ns.saturating_add(FIRST_CHECK.as_nanos() as u64)
    }

    /// Returns the waiter word to sleep on; `None` on a read-only segment. It is valid as long as
    /// this reader.
    pub(crate) fn waiter(&self) -> Option<Shared> {
        Some(self.waiters.as_ref()?.shared(self.segment.waiter_at(&self.info), 8))
    }

    /// Returns the longest sleep: shorter while a device writes, which wakes no reader.
    pub(crate) fn longest_sleep(&self) -> Duration {
        if self.reader.ring.device_generation() == 0 { Duration::MAX } else { futex::UNWAKEABLE_SLICE }
    }

    pub(crate) fn peer_state(&self) -> Result<PeerState> {
        writer_state(&self.segment, self.info.place.first_role, &self.reader.ring)
    }

    pub(crate) fn peer_reason(&self) -> Option<String> {
        self.segment.failure(&self.info)
    }

    /// Tries `step` once, or waits with it if there is a wait.
    #[inline(always)]
    pub(crate) fn try_or_wait(
        &mut self,
        wait: Option<Wait>,
        mut step: impl FnMut(&mut Self) -> Read,
    ) -> Result<Read> {
        match wait {
            None => Ok(step(self)),
            Some(wait) => self.wait_with(wait, step),
        }
    }

    /// Waits until `step` returns something other than [`Read::Empty`].
    pub(crate) fn wait_with(&mut self, wait: Wait, step: impl FnMut(&mut Self) -> Read) -> Result<Read> {
        struct Next<'a, F> {
            core: &'a mut ReaderCore,
            step: F,
            on_signal: OnSignal,
        }
        impl<F: FnMut(&mut ReaderCore) -> Read> Awaited for Next<'_, F> {
            type Found = Read;
            #[inline(always)]
            fn poll(&mut self) -> Option<Read> {
                let read = (self.step)(self.core);
                (read != Read::Empty).then_some(read)
            }
            fn check(&mut self) -> Result<Option<Read>> {
                self.core.ended()
            }
            fn is_cancelled(&mut self) -> bool {
                self.core.canceller.take()
            }
            fn sleep(&mut self, timeout: Duration) -> Slept<Read> {
                let canceller = self.core.canceller.clone();
                let Some(waiter) = self.core.waiter() else {
                    return Slept::Until(match canceller.nap(timeout.min(futex::UNWAKEABLE_SLICE)) {
                        Woken::Early => Woken::TimedOut,
                        woken => woken,
                    });
                };
                let is_expected = canceller.is_given();
                let mut cancel = Some(Cancel { word: canceller.word(), is_expected });
                let mut timeout = timeout;
                if self.on_signal == OnSignal::Interrupt {
                    // On several words the kernel sleeps on after a handler with SA_RESTART.
                    cancel = None;
                    timeout = if is_expected { timeout.min(futex::UNSURE_SLICE) } else { timeout };
                }
                futex::sleep(waiter.u32(0), cancel, || {
                    self.poll().ok_or_else(|| timeout.min(self.core.longest_sleep()))
                })
            }
        }
        Ok(match wait_for(&mut Next { core: self, step, on_signal: wait.on_signal }, wait)? {
            Waited::Found(read) => read,
            Waited::TimedOut => Read::TimedOut,
            Waited::Cancelled => Read::Cancelled,
            Waited::Interrupted => Read::Interrupted,
        })
    }
}

/// Gives a reader the calls about its waits and its writer.
macro_rules! about_its_writer {
    ($($core:ident).+) => {
        /// Returns what ends this handle's waits from another thread or a signal handler.
        pub fn canceller(&self) -> $crate::Canceller {
            self.$($core).+.canceller.give()
        }

        /// Asks the kernel whether the writer lives.
        pub fn peer_state(&self) -> $crate::Result<$crate::PeerState> {
            self.$($core).+.peer_state()
        }

        /// Returns why the writer failed, for people; empty if it did not say why. `None` unless
        /// the ring's last writer ended by failing ([`Ending::Failed`](crate::Ending::Failed)).
        pub fn peer_reason(&self) -> Option<String> {
            self.$($core).+.peer_reason()
        }
    };
}
pub(crate) use about_its_writer;

/// The ending of a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// [`Read::WriterGone`] or [`Read::Superseded`].
    pub(crate) how: Read,
    /// The writer's generation.
    pub(crate) generation: u64,
}

/// Returns the ending of the writer that holds or held a role, or `None` while it lives or was never
/// there. Asks the kernel.
pub(crate) fn ended(segment: &Segment, role: usize, ring: &Ring<Shared>) -> Result<Option<Ended>> {
    let generation = ring.generation();
    let how = match writer_state(segment, role, ring)? {
        PeerState::Gone(ending) => Read::WriterGone(ending),
        PeerState::Superseded => Read::Superseded,
        PeerState::Never | PeerState::Held { .. } => return Ok(None),
    };
    Ok(Some(Ended { how, generation }))
}
